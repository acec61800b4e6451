-- Says when an open call is looked at again, unless a commit came in between: that one has said it already.
-- KEYS: the call, its partition's open calls. ARGV: the version that was read ('0': there is no such call), the call
-- as it is written in the set, when to look again in epoch ms ('' for never).
if (redis.call('HGET', KEYS[1], 'v') or '0') ~= ARGV[1] then
  return 0
end
if ARGV[3] == '' then
  return redis.call('ZREM', KEYS[2], ARGV[2])
end
return redis.call('ZADD', KEYS[2], 'XX', 'CH', ARGV[3], ARGV[2])
