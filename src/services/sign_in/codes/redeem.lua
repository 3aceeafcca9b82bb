-- Tries a code: -2 right, -1 not there (any more), else the tries that are left.
local kept = redis.call('HMGET', KEYS[1], 'challenge', 'seal', 'expires_at_ms', 'attempts_left')
-- A foreign challenge must not cost the real person a try.
if not kept[1] or kept[1] ~= ARGV[1] then return -1 end
-- The time of the next send stays.
local function forget() redis.call('HDEL', KEYS[1], 'challenge', 'seal', 'expires_at_ms', 'attempts_left') end
if tonumber(ARGV[3]) > tonumber(kept[3]) then
  forget()
  return -1
end
if tonumber(kept[4]) <= 0 then return 0 end
if kept[2] == ARGV[2] then
  forget()
  return -2
end
return redis.call('HINCRBY', KEYS[1], 'attempts_left', -1)
