-- Reads an agent's inbox at one moment; begins it if there is none.
-- KEYS: inboxmeta, popups, claims, inbox. ARGV: an epoch for a new inbox, how long its meta is kept (ms), the first entry's
-- id, or '' where none are wanted.
-- Returns: epoch, seq, pop-ups, Redis time (s, us), claims (name, value, ...), entries.
redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'seq')
local entries = {}
if ARGV[3] ~= '' then entries = redis.call('XRANGE', KEYS[4], ARGV[3], '+') end
return {
  meta[1],
  meta[2] or '0',
  redis.call('HVALS', KEYS[2]),
  redis.call('TIME'),
  redis.call('HGETALL', KEYS[3]),
  entries,
}
