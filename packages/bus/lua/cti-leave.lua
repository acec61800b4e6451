-- Gives a place at a tenant's CTI back and says how it went, which moves the circuit breaker.
-- KEYS: as in cti-enter.lua. ARGV[1]: what happened (JSON; built in cti-gate.ts).
-- Returns { closed | opened | unchanged, until when it is not asked }
local key, downs = unpack(KEYS)
local went = cjson.decode(ARGV[1])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local mine = 'in:' .. went.fence
local lease = redis.call('HGET', key, mine)
-- It ran out, or this is a resend after a reconnect: told once or not at all.
if not lease then
  return { 'unchanged', '0' }
end
redis.call('HDEL', key, mine)
local _, generation, again = string.match(lease, '^(%d+) (%d+) (%d)$')
local untilMs, cooldown, probe, failures, dials, current =
  unpack(redis.call('HMGET', key, 'until', 'cooldown', 'probe', 'failures', 'dials', 'generation'))

local function open(ms)
  untilMs = now + ms
  redis.call('HDEL', key, 'probe', 'failures', 'dials')
  redis.call('HINCRBY', key, 'generation', 1)
  redis.call('HSET', key, 'until', string.format('%.0f', untilMs), 'cooldown', ms)
  redis.call('PEXPIRE', key, ms + went.keepMs)
  redis.call('ZADD', downs, untilMs, went.tenant)
  redis.call('ZREMRANGEBYSCORE', downs, '-inf', now - went.keepMs)
  return { 'opened', string.format('%.0f', untilMs) }
end

if untilMs then
  if probe ~= went.fence then
    return { 'unchanged', untilMs }
  elseif went.outcome == 'failed' then
    return open(math.min(2 * cooldown, went.longestMs))
  elseif went.outcome == 'neutral' then
    redis.call('HDEL', key, 'probe')
    return { 'unchanged', untilMs }
  end
  redis.call('HDEL', key, 'until', 'cooldown', 'probe', 'failures', 'dials', 'turn')
  redis.call('HINCRBY', key, 'generation', 1)
  redis.call('ZREM', downs, went.tenant)
  return { 'closed', '0' }
end

-- What began before the breaker last moved says nothing about the CTI as it is since then.
if tonumber(generation) ~= tonumber(current or '0') then
  return { 'unchanged', '0' }
elseif went.outcome == 'ok' then
  redis.call('HDEL', key, 'failures', 'dials')
  redis.call('ZREM', downs, went.tenant)
elseif went.outcome == 'failed' then
  failures, dials = tonumber(failures or '0') + 1, tonumber(dials or '0') + (again == '0' and 1 or 0)
  if failures >= went.mostFailures and dials >= went.ofDials then
    return open(went.shortestMs)
  end
  redis.call('HSET', key, 'failures', failures, 'dials', dials)
end
return { 'unchanged', '0' }
