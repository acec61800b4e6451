-- Begins or renews a gateway's lease in one partition, by Redis' own clock, which those who ask for it go by too.
-- KEYS: the gateways' leases. ARGV: the gateway, how long the lease lasts in ms, for how long in ms a lease that ran out
-- is remembered, so that every gateway hears of it.
-- Returns { 1 when the lease still stood, the gateways whose leases ran out }
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local stood = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '0') > now
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3])
return { stood and 1 or 0, redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now) }
