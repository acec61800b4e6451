-- Is a signed callback fresh by Redis' clock, which all processes share, and was it stored before?
-- KEYS: the mark of its webhook-id. ARGV: its timestamp in seconds, the tolerance in seconds.
-- Returns the age in seconds when it is outside the tolerance, else { 'in' or what the mark holds }
local age = redis.call('TIME')[1] - ARGV[1]
if math.abs(age) > tonumber(ARGV[2]) then
  return age
end
return { redis.call('GET', KEYS[1]) or 'in' }
