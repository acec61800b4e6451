-- Reads an agent's inbox and what stands of it, at one moment, and begins it where there is none.
-- KEYS: the inbox' epoch and last seq, the pop-ups, their claims, the inbox itself.
-- ARGV: an epoch for a new inbox, how long that is kept in ms, the id from which on entries are read; "" reads none.
-- Returns { time in ms, epoch, last seq or "", flat pop-ups, flat claims, entries: seq, body and so on }
local meta, popups, claims, inbox = unpack(KEYS)
redis.call('HSETNX', meta, 'epoch', ARGV[1])
redis.call('PEXPIRE', meta, ARGV[2])
local epoch, seq = unpack(redis.call('HMGET', meta, 'epoch', 'seq'))
local entries = {}
if ARGV[3] ~= '' then
  for _, entry in ipairs(redis.call('XRANGE', inbox, ARGV[3], '+')) do
    entries[#entries + 1] = entry[1]
    entries[#entries + 1] = entry[2][2]
  end
end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
return {
  string.format('%.0f', now),
  epoch,
  seq or '',
  redis.call('HVALS', popups),
  redis.call('HGETALL', claims),
  entries,
}
