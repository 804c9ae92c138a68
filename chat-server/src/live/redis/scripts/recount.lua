#!lua flags=allow-oom
-- Adds the shares of rooms to those of the server. A room that ended while no server ran took its own along.
-- KEYS: all shares, rooms' shares …
-- ARGV: the life of the first
for at = 2, #KEYS do
  local held = redis.call('HGETALL', KEYS[at])
  for field = 1, #held, 2 do redis.call('HINCRBY', KEYS[1], held[field], held[field + 1]) end
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
