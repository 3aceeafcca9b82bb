-- Makes a code, unless too many were made: 0, or the milliseconds to wait.
-- KEYS: the address's code, its sends, the network's sends, everybody's sends.
local now, day_limit, hour_limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local network_limit, everybody_limit = tonumber(ARGV[4]), tonumber(ARGV[5])
local lasts, hour, day = tonumber(ARGV[11]), tonumber(ARGV[12]), tonumber(ARGV[13])

-- Drops what is older than the window, then says how long to wait if the window is full.
local function wait(key, limit, window)
  local oldest = redis.call('LINDEX', key, 0)
  while oldest and tonumber(oldest) + window <= now do
    redis.call('LPOP', key)
    oldest = redis.call('LINDEX', key, 0)
  end
  if limit == 0 or redis.call('LLEN', key) < limit then return 0 end
  return tonumber(oldest) + window - now
end

local longest = tonumber(redis.call('HGET', KEYS[1], 'resend_at_ms') or 0) - now
longest = math.max(longest, wait(KEYS[2], day_limit, day))
if hour_limit > 0 then
  local place = redis.call('LLEN', KEYS[2]) - hour_limit
  if place >= 0 then
    longest = math.max(longest, tonumber(redis.call('LINDEX', KEYS[2], place)) + hour - now)
  end
end
if network_limit > 0 then longest = math.max(longest, wait(KEYS[3], network_limit, hour)) end
if everybody_limit > 0 then longest = math.max(longest, wait(KEYS[4], everybody_limit, hour)) end
if longest > 0 then return longest end

-- A limit that is off is not counted. A minute more than needed, because clocks differ.
local function count(key, limit, window)
  if limit > 0 then
    redis.call('RPUSH', key, ARGV[1])
    redis.call('PEXPIRE', key, window + 60000)
  end
end
redis.call('HSET', KEYS[1], 'challenge', ARGV[6], 'seal', ARGV[7], 'expires_at_ms', ARGV[8],
  'attempts_left', ARGV[9], 'resend_at_ms', ARGV[10])
redis.call('PEXPIRE', KEYS[1], lasts + 60000)
count(KEYS[2], math.max(day_limit, hour_limit), day)
count(KEYS[3], network_limit, hour)
count(KEYS[4], everybody_limit, hour)
return 0
