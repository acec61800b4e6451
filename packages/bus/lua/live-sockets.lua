-- Laid in front of the scripts that ask who of an agent is connected; see load-script.ts.
-- An agent's sockets are a hash of their names to {gateway, tab, since, until}: an open one (`until` null) lasts as
-- long as the lease of its gateway, one that broke until its own end.

-- All sockets of the hash by name. `endsAt`: when it stops counting as logged in; `open`: it is connected now.
local function readSockets(presence, gateways, now)
  -- A script that fails half-way has written half: what can't be read counts as gone.
  local flat, sockets, leases = redis.pcall('HGETALL', presence), {}, {}
  for i = 1, #flat, 2 do
    local read, record = pcall(cjson.decode, flat[i + 1])
    if not read or type(record) ~= 'table' or type(record.gateway) ~= 'string' then
      record = { gateway = '' }
    end
    if type(record['until']) == 'number' then
      record.endsAt, record.open = record['until'], false
    else
      local lease = leases[record.gateway]
        or tonumber(redis.call('ZSCORE', gateways, record.gateway) or '0')
      leases[record.gateway] = lease
      record.endsAt, record.open = lease, lease > now
    end
    sockets[flat[i]] = record
  end
  return sockets
end

-- The connected socket that a person looked at last, or nil.
local function lastFocused(sockets, focus)
  for _, name in ipairs(redis.call('ZREVRANGE', focus, 0, -1)) do
    if sockets[name] and sockets[name].open then
      return name
    end
  end
end
