-- Asks for a place at a tenant's CTI: is it asked at all, is a place free, is it time? By Redis' clock.
-- KEYS: the CTI, a hash of places under way ("in:<fence>"), pace and breaker; the CTIs of the partition that are down.
-- ARGV[1]: the question (JSON; built in cti-gate.ts).
-- Returns { in | wait | down, a number of ms: nothing, how long to wait, until when it is not asked }
local key, downs = unpack(KEYS)
local ask = cjson.decode(ARGV[1])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local flat, state, places = redis.call('HGETALL', key), {}, 0
local mine = 'in:' .. ask.fence
for i = 1, #flat, 2 do
  local field, value = flat[i], flat[i + 1]
  if string.sub(field, 1, 3) ~= 'in:' then
    state[field] = value
  elseif tonumber(string.match(value, '^%d+')) <= now then
    -- Its dialer died: nobody will give this place back.
    redis.call('HDEL', key, field)
  else
    places = places + 1
    -- A resend after a reconnect: the place is taken already.
    if field == mine then
      return { 'in', '0' }
    end
    state[field] = value
  end
end

local function number(field, otherwise)
  return tonumber(state[field] or '') or otherwise
end
local untilMs = number('until', 0)
local function answer(kind, ms)
  redis.call('PEXPIRE', key, ask.keepMs + math.max(0, untilMs - now))
  return { kind, string.format('%.0f', math.ceil(ms)) }
end
local function enter()
  local lease = string.format('%.0f %d %d', now + ask.leaseMs, number('generation', 0), ask.again and 1 or 0)
  redis.call('HSET', key, mine, lease)
  return answer('in', 0)
end

if untilMs > 0 then
  -- Whoever looks at the whole partition forgets what nobody asks for any more; who asks keeps it.
  redis.call('ZADD', downs, 'XX', 'GT', math.max(untilMs, now), ask.tenant)
  if now < untilMs then
    return answer('down', untilMs)
  end
  if state.probe and state['in:' .. state.probe] then
    return answer('down', now)
  end
  redis.call('HSET', key, 'probe', ask.fence)
  return enter()
end

-- Tokens come at the pace of the CTI, and as many as come in two seconds may be kept.
local most = math.max(1, 2 * ask.perSecond)
local since = math.max(0, now - number('tokensAt', 0))
local tokens = math.min(most, number('tokens', most) + since * ask.perSecond / 1000)

-- Whoever must wait is given a turn, one after the other: so they come back at the CTI's pace, however many they are,
-- and those who come anew stand behind them.
local turn = number('turn', 0)
if places < ask.maxDials and tokens >= 1 and (ask.waited or turn <= now) then
  redis.call('HSET', key, 'tokens', string.format('%.3f', tokens - 1), 'tokensAt', string.format('%.0f', now))
  return enter()
end
local nextTurn = math.max(now, turn) + math.max(1000 / ask.perSecond, ask.stepMs)
if nextTurn - now < ask.leftMs then
  redis.call('HSET', key, 'turn', string.format('%.0f', nextTurn))
end
return answer('wait', nextTurn - now)
