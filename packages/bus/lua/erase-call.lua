-- Replaces a live call's events by the same events without a person, unless the call has changed since it was read.
-- KEYS: the call. ARGV: the version that was read, the events (JSON). The key lives as long as before.
if redis.call('HGET', KEYS[1], 'v') ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'v', tonumber(ARGV[1]) + 1, 'd', ARGV[2])
return 1
