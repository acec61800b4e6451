-- Begins or renews a lease by Redis' own clock, which those who ask for it go by too.
-- KEYS: the agent's leases. ARGV: the socket, how long the lease lasts in ms.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
