-- One atomic step: checks, then writes, or nothing at all.
-- KEYS are referred to by their 1-based index in the plan. ARGV[1] is the plan (JSON; built in commit-plan.ts).
-- Returns { outcome, redis time in ms, heard, alias, intent, call }: applied | duplicate | conflict | late | early | alias;
-- after `applied`, for each agent, how many subscribers heard of it; after `alias` the id of the intent it is another name
-- of; where the plan asks to look at the intent (`intent.look`, the prefix of call keys), its fields as they are now, and its
-- call's version and events.
local plan = cjson.decode(ARGV[1])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local call, intent = plan.call, plan.intent

local function answer(outcome, heard, alias)
  local reply = { outcome, string.format('%.0f', now), heard or {}, alias or '' }
  if intent and intent.look then
    local callId = redis.call('HGET', KEYS[intent.key], 'callId')
    reply[5] = redis.call('HGETALL', KEYS[intent.key])
    -- The live calls of a tenant share its slot with the keys named in KEYS.
    reply[6] = callId and redis.call('HMGET', intent.look .. callId, 'v', 'd') or {}
  end
  return reply
end

-- A resend after a reconnect: the first one did all the work.
if plan.dedupe and redis.call('EXISTS', KEYS[plan.dedupe]) == 1 then
  return answer('duplicate')
end

if intent then
  local state, fence, deadline = unpack(redis.call('HMGET', KEYS[intent.key], 'state', 'fence', 'deadlineMs'))
  local expected = state == false and #intent.from == 0
  for _, from in ipairs(intent.from) do
    expected = expected or from == state
  end
  if not expected or (intent.fence and intent.fence ~= fence) then
    return answer('conflict')
  end
  if intent.before and now >= tonumber(deadline) then
    return answer('late')
  end
  if intent.after and now < tonumber(deadline) + intent.after then
    return answer('early')
  end
end

-- The agent's second click on a number is the first one, as long as that one has not come to nothing.
local nothing = { failed = true, expired = true, canceled = true }
if intent and intent.click then
  local click = intent.click
  local first, key = unpack(redis.call('HMGET', KEYS[click.recent], 'intentId', 'key'))
  local state = key and redis.call('HGET', key, 'state')
  if state and not nothing[state] then
    redis.call('HSET', KEYS[intent.key], 'state', 'alias', 'aliasOf', first)
    redis.call('PEXPIRE', KEYS[intent.key], intent.keepMs)
    return answer('alias', nil, first)
  end
end

if call then
  if tonumber(redis.call('HGET', KEYS[call.key], 'v') or '0') ~= call.version then
    return answer('conflict')
  end
  for _, line in ipairs(call.expected) do
    if tonumber(redis.call('ZSCORE', KEYS[line.key], '#v') or '0') ~= line.version then
      return answer('conflict')
    end
  end
  if call.external then
    local owner = redis.call('GET', KEYS[call.external])
    -- An id that outlived its call names nothing any more. All calls of a tenant share this slot.
    local prefix = string.sub(KEYS[call.key], 1, -(#call.id + 1))
    if owner and owner ~= call.id and redis.call('EXISTS', prefix .. owner) == 1 then
      return answer('conflict')
    end
  end
end

if plan.dedupe then
  redis.call('SET', KEYS[plan.dedupe], '1', 'PX', plan.dedupeMs)
end

if intent then
  redis.call('HSET', KEYS[intent.key], unpack(intent.set))
  if #intent.from == 0 then
    -- A new one. Whatever becomes of it, its id is kept for as long, from the click on.
    redis.call('PEXPIRE', KEYS[intent.key], intent.keepMs)
  end
  if intent.watch then
    redis.call('ZADD', KEYS[intent.due], intent.watch, intent.member)
  elseif intent.settled then
    redis.call('ZREM', KEYS[intent.due], intent.member)
  end
  if intent.click then
    local recent = KEYS[intent.click.recent]
    redis.call('HSET', recent, 'intentId', intent.click.intentId, 'key', KEYS[intent.key])
    redis.call('PEXPIRE', recent, intent.click.forMs)
  end
end

if plan.resolves and redis.call('HGET', KEYS[plan.resolves], 'state') == 'uncertain' then
  redis.call('HSET', KEYS[plan.resolves], 'state', 'accepted')
end

if call then
  redis.call('HSET', KEYS[call.key], 'v', call.version + 1, 'd', call.events)
  redis.call('PEXPIRE', KEYS[call.key], call.keepMs)
  for _, line in ipairs(call.lines) do
    if redis.call('ZADD', KEYS[line.key], call.startedAt, call.id) == 1 then
      redis.call('ZINCRBY', KEYS[line.key], 1, '#v')
      -- '#v' has the lowest score and stays; of the calls the newest do.
      redis.call('ZREMRANGEBYRANK', KEYS[line.key], 1, -(plan.lineLength + 1))
      redis.call('ZADD', KEYS[line.ramalCalls], call.startedAt, call.id)
      redis.call('ZREMRANGEBYRANK', KEYS[line.ramalCalls], 0, -(plan.ramalCalls + 1))
    end
    redis.call('PEXPIRE', KEYS[line.key], plan.lineMs)
    redis.call('PEXPIRE', KEYS[line.ramalCalls], plan.lineMs)
  end
  if call.external then
    redis.call('SET', KEYS[call.external], call.id, 'PX', call.keepMs)
  end
  -- Somebody will have to look at what has no end yet. Who commits may not know how long it may go without; the reaper does.
  if call.ended then
    redis.call('ZREM', KEYS[call.open], call.member)
  else
    redis.call('ZADD', KEYS[call.open], call.lookAt or now + plan.lookAfterMs, call.member)
  end
end

for _, event in ipairs(plan.events or {}) do
  redis.call('XADD', KEYS[plan.stream], '*', plan.eventField, event)
end

-- Nobody shows it any more, so nobody claims it.
local function dropPopup(agent, popupId)
  redis.call('HDEL', KEYS[agent.claims], popupId)
  return redis.call('HDEL', KEYS[agent.popups], popupId) == 1
end

-- The one socket that brings a new pop-up to the front; '~' with nobody connected.
local function claim(agent, popupId)
  local sockets = readSockets(KEYS[agent.presence], KEYS[agent.gateways], now)
  local holder = redis.call('HGET', KEYS[agent.claims], popupId)
  if not (holder and sockets[holder] and sockets[holder].open) then
    holder = lastFocused(sockets, KEYS[agent.focus])
  end
  if not holder then
    return '~'
  end
  redis.call('HSET', KEYS[agent.claims], popupId, holder)
  redis.call('PEXPIRE', KEYS[agent.claims], plan.popupsMs)
  return holder
end

-- True when the message is still of interest: an update or hide of a pop-up nobody shows any more is not.
local function applyPopup(agent, message)
  local key = KEYS[agent.popups]
  if message.change == 'show' then
    redis.call('HSET', key, message.popupId, message.popup)
    redis.call('PEXPIRE', key, plan.popupsMs)
    return true
  elseif message.change == 'update' then
    local shown = redis.call('HGET', key, message.popupId)
    if not shown then
      return false
    end
    if cjson.decode(shown).expiresAt <= now then
      dropPopup(agent, message.popupId)
      return false
    end
    redis.call('HSET', key, message.popupId, message.popup)
    return true
  elseif message.change == 'hide' then
    return dropPopup(agent, message.popupId)
  end
  return true
end

-- Pop-ups that ran out without being hidden: nobody shows them, so nobody needs them. And nobody looks at
-- more than `mostPopups`: of those that are left the ones that run out first go. All of them have to be read for it,
-- so it waits until there are `tidyPopupsAbove`.
local function tidyPopups(agent)
  local key = KEYS[agent.popups]
  if redis.call('HLEN', key) <= plan.tidyPopupsAbove then
    return
  end
  local all, live = redis.call('HGETALL', key), {}
  for i = 1, #all, 2 do
    local popup = cjson.decode(all[i + 1])
    if popup.expiresAt <= now then
      dropPopup(agent, all[i])
    else
      live[#live + 1] = { id = all[i], expiresAt = popup.expiresAt }
    end
  end
  table.sort(live, function(a, b)
    return a.expiresAt > b.expiresAt
  end)
  for i = plan.mostPopups + 1, #live do
    dropPopup(agent, live[i].id)
  end
end

local heard = {}
for i, agent in ipairs(plan.agents) do
  heard[i] = 0
  local told, shown = {}, false
  for _, message in ipairs(agent.messages) do
    if applyPopup(agent, message) then
      told[#told + 1] = message
      if message.change == 'show' then
        shown = true
        -- Here, and not when it is told: a later message may hide it again, and its claim with it.
        message.claimed = claim(agent, message.popupId) .. ' '
      end
    end
  end
  if #told > 0 then
    local epoch = redis.call('HGET', KEYS[agent.meta], 'epoch')
    if not epoch then
      epoch = plan.epoch
      redis.call('HSET', KEYS[agent.meta], 'epoch', epoch)
    end
    local before = redis.call('HINCRBY', KEYS[agent.meta], 'seq', #told) - #told
    if before == 0 then
      -- The first of its epoch: what an older one left would refuse it, half-way through this step.
      redis.call('DEL', KEYS[agent.inbox])
    end
    for j, message in ipairs(told) do
      local seq = before + j
      redis.call('XADD', KEYS[agent.inbox], 'MAXLEN', '~', plan.inboxLength, seq .. '-0', 'm', message.body)
      told[j] = epoch .. ' ' .. seq .. ' ' .. (message.claimed or '') .. message.body
    end
    -- Bodies are JSON and have no line breaks.
    heard[i] = redis.call('SPUBLISH', KEYS[agent.channel], table.concat(told, '\n'))
    redis.call('PEXPIRE', KEYS[agent.inbox], plan.inboxMs)
    redis.call('PEXPIRE', KEYS[agent.meta], plan.metaMs)
  end
  if shown then
    tidyPopups(agent)
  end
end

return answer('applied', heard)
