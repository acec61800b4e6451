-- Reads, at one moment, all that a commit about a call is planned on.
-- KEYS: the lists of calls (lines, an extension's calls), then, each optional (see ARGV), the external id's key,
-- the call's key and the intent's key.
-- ARGV: number of lists, 1|0 external id, 1|0 call, 1|0 intent, prefix of call keys, most calls per list. The call that
-- an intent is about is read with it.
-- Returns { redis time ms, versions of the lists, { callId, version, events }..., flat intent }
local lists = tonumber(ARGV[1])
local next = lists
local function optional(flag)
  if flag == '1' then
    next = next + 1
    return KEYS[next]
  end
end
local external, callKey, intentKey = optional(ARGV[2]), optional(ARGV[3]), optional(ARGV[4])
local prefix, most = ARGV[5], tonumber(ARGV[6])

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local calls, seen = {}, {}
-- The live calls of a tenant share its slot with the keys named in KEYS.
local function read(id)
  if not id or seen[id] then
    return
  end
  seen[id] = true
  local found = redis.call('HMGET', prefix .. id, 'v', 'd')
  if found[1] then
    calls[#calls + 1] = { id, found[1], found[2] }
  end
end

local versions = {}
for i = 1, lists do
  versions[i] = redis.call('ZSCORE', KEYS[i], '#v') or '0'
  for _, id in ipairs(redis.call('ZREVRANGE', KEYS[i], 0, most - 1)) do
    if id ~= '#v' then
      read(id)
    end
  end
end
if external then
  read(redis.call('GET', external))
end
if callKey then
  read(string.sub(callKey, #prefix + 1))
end
if intentKey then
  read(redis.call('HGET', intentKey, 'callId'))
end

return { string.format('%.0f', now), versions, calls, intentKey and redis.call('HGETALL', intentKey) or {} }
