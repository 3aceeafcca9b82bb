-- The mail with this code never left: the code dies, and the next one need not wait.
if redis.call('HGET', KEYS[1], 'challenge') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 0
