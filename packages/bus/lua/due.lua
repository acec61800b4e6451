-- What is due by now, the longest overdue first, by the clock of the server that it lies on.
-- KEYS: a set of members by when they are due, epoch ms. ARGV: how many at most. Returns the members.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
