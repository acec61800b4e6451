-- What becomes of one socket of an agent and, at the same moment, which socket brings the agent's pop-ups to the front.
-- KEYS: the gateways' leases; the agent's sockets, focus, claims, pop-ups and channel.
-- ARGV: the step (JSON; built in socket-registry.ts): what (join | renew | focus | break | logout), socket, gateway, ...
-- Returns the time in ms.
local gateways, presence, focus, claims, popups, channel = unpack(KEYS)
local step = cjson.decode(ARGV[1])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local sockets = readSockets(presence, gateways, now)

local function write(since, endsAt)
  local record = { gateway = step.gateway, tab = step.tab, since = since, ['until'] = endsAt or cjson.null }
  redis.call('HSET', presence, step.socket, cjson.encode(record))
  -- The gateway that asks is alive, whatever became of its lease.
  record.open, record.endsAt = endsAt == nil, endsAt or math.huge
  sockets[step.socket] = record
end

-- A tab that comes back stands where it stood, and its former socket, which may not be known to be gone, comes last.
local function succeed()
  local score = 1
  for name, record in pairs(sockets) do
    if step.tab and record.tab == step.tab and name ~= step.socket then
      local former = tonumber(redis.call('ZSCORE', focus, name) or '0')
      score = math.max(score, former)
      redis.call('ZADD', focus, 'XX', 0, name)
    end
  end
  return score
end

if step.what == 'join' then
  write(now)
  local inherited = succeed()
  redis.call('ZADD', focus, step.focused and now or inherited, step.socket)
elseif step.what == 'renew' then
  write(step.sinceMs)
  redis.call('ZADD', focus, 'NX', step.focusedMs, step.socket)
elseif step.what == 'focus' then
  redis.call('ZADD', focus, now, step.socket)
elseif step.what == 'break' and sockets[step.socket] then
  write(step.sinceMs, now + step.graceMs)
elseif step.what == 'logout' then
  redis.call('HDEL', presence, step.socket)
  redis.call('ZREM', focus, step.socket)
  sockets[step.socket] = nil
end

for name, record in pairs(sockets) do
  if record.endsAt <= now then
    redis.call('HDEL', presence, name)
    redis.call('ZREM', focus, name)
  end
end
redis.call('PEXPIRE', presence, step.keepMs)
redis.call('PEXPIRE', focus, step.keepMs)

local function give(popupId, to, from)
  redis.call('HSET', claims, popupId, to)
  redis.call('PEXPIRE', claims, step.claimsMs)
  redis.call('SPUBLISH', channel, string.format('claim %s %s %s %.0f', popupId, to, from or '~', now))
end

-- May be the same page, which came back before its former socket was noticed to be gone.
local function isFormerOf(joined, holder)
  local former = sockets[holder]
  return step.what == 'join' and holder ~= joined and former ~= nil and former.tab == step.tab
end

-- Each pop-up that stands has one claimer as long as anybody is connected: nobody's and those of who is gone pass on.
local function settleClaims()
  local flat = redis.call('HGETALL', popups)
  if #flat == 0 then
    redis.call('DEL', claims)
    return
  end
  local first, standing = lastFocused(sockets, focus), {}
  for i = 1, #flat, 2 do
    local popupId = flat[i]
    if cjson.decode(flat[i + 1]).expiresAt > now then
      standing[popupId] = true
      local holder = redis.call('HGET', claims, popupId)
      if holder and isFormerOf(step.socket, holder) then
        give(popupId, step.socket, holder)
      elseif first and not (holder and sockets[holder] and sockets[holder].open) then
        give(popupId, first, holder)
      end
    end
  end
  for _, popupId in ipairs(redis.call('HKEYS', claims)) do
    if not standing[popupId] then
      redis.call('HDEL', claims, popupId)
    end
  end
end

if step.what ~= 'focus' then
  settleClaims()
end
return string.format('%.0f', now)
