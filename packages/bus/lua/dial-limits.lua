-- May one more dial be recorded, and if not, may its refusal? By Redis' clock, counted in one step.
-- KEYS: counts of the agent, the tenant, the destination, the tenant's refusals; the new intent's mark; the agent's last
-- click on the number; the intent; the CTI. ARGV: 1 when it is denied whatever the counts are; three pairs of limits, a
-- minute's and an hour's, in the order of the first three keys, 0 for none; refusals that are recorded in a minute.
-- Returns { verdict, redis time in ms }: 'known' for an intent that is recorded already, which nothing is counted for; 'in',
-- 'exceeded', or 'flood' for a refusal that is one too many; 'denied' for one that is not; 'down' for one that is let in
-- and counted, at a CTI that is not asked for the moment.
local clock = redis.call('TIME')
local now = tonumber(clock[1])
local nowMs = now * 1000 + math.floor(clock[2] / 1000)
local function answer(verdict)
  return { verdict, string.format('%.0f', nowMs) }
end
if redis.call('EXISTS', KEYS[7]) == 1 then
  return answer('known')
end

local steps = { m = { seconds = 5, of = 60 }, h = { seconds = 300, of = 3600 } }
local KEEP_SECONDS = 3900

-- How much a minute and an hour hold, up to one step more of each; what is older goes.
local function used(key)
  local sums = { m = 0, h = 0 }
  local fields = redis.call('HGETALL', key)
  for i = 1, #fields, 2 do
    local unit = string.sub(fields[i], 1, 1)
    local step = steps[unit]
    local endsAt = (tonumber(string.sub(fields[i], 2)) + 1) * step.seconds
    if endsAt > now - step.of then
      sums[unit] = sums[unit] + tonumber(fields[i + 1])
    else
      redis.call('HDEL', key, fields[i])
    end
  end
  return sums
end

local function count(key)
  for unit, step in pairs(steps) do
    redis.call('HINCRBY', key, unit .. string.format('%.0f', math.floor(now / step.seconds)), 1)
  end
  redis.call('EXPIRE', key, KEEP_SECONDS)
end

local function refuse(verdict)
  if used(KEYS[4]).m >= tonumber(ARGV[8]) then
    return answer('flood')
  end
  count(KEYS[4])
  return answer(verdict)
end

if ARGV[1] == '1' then
  return refuse('denied')
end

-- The same intent at the same moment, or a second click: the first one was counted.
if redis.call('EXISTS', KEYS[5]) == 1 then
  return answer('in')
end
local first = redis.call('HGET', KEYS[6], 'key')
local state = first and redis.call('HGET', first, 'state')
if state and state ~= 'failed' and state ~= 'expired' and state ~= 'canceled' then
  return answer('in')
end

for i = 1, 3 do
  local perMinute, perHour = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  if perMinute > 0 then
    local sums = used(KEYS[i])
    if sums.m >= perMinute or sums.h >= perHour then
      return refuse('exceeded')
    end
  end
end
for i = 1, 3 do
  if tonumber(ARGV[2 * i]) > 0 then
    count(KEYS[i])
  end
end
redis.call('SET', KEYS[5], '1', 'EX', 60)
-- Until then nobody is let in; from then on the gate in front of the CTI chooses who tries it (see cti-enter.lua).
return answer(tonumber(redis.call('HGET', KEYS[8], 'until') or '0') > nowMs and 'down' or 'in')
