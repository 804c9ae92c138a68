#!lua flags=allow-oom
-- Removes a room's entries. Their keys stay remembered.
-- KEYS: entries, ends, alive, room's shares, all shares, deleted
local held = redis.call('HGETALL', KEYS[4])
for at = 1, #held, 2 do
  if redis.call('HINCRBY', KEYS[5], held[at], -tonumber(held[at + 1])) <= 0 then redis.call('HDEL', KEYS[5], held[at]) end
end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[6])
return 1
