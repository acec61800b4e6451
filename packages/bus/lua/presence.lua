-- Which sockets of some agents count as logged in at a moment. Those that will never count again are dropped on the way.
-- KEYS: the gateways' leases, then each agent's sockets. ARGV: the moment in epoch ms; '' for now.
-- Returns for each agent { record (JSON), 1 when it is connected, ... }
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local moment = tonumber(ARGV[1]) or now
local answer = {}
for i = 2, #KEYS do
  local found = {}
  for name, record in pairs(readSockets(KEYS[i], KEYS[1], now)) do
    if record.endsAt > moment then
      found[#found + 1] = cjson.encode({ gateway = record.gateway, since = record.since })
      found[#found + 1] = record.open and 1 or 0
    end
    if record.endsAt <= now then
      redis.call('HDEL', KEYS[i], name)
    end
  end
  answer[i - 1] = found
end
return answer
