#!lua flags=allow-oom
-- Removes a room's expired entries, at most a thousand. Returns how many.
-- KEYS: entries, ends, alive, bytes
-- ARGV: now
local gone = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1], 'LIMIT', 0, 1000)
for _, field in ipairs(gone) do
  local size = redis.call('HSTRLEN', KEYS[1], field)
  if size > 0 then
    redis.call('DECRBY', KEYS[4], size + #field)
    redis.call('HDEL', KEYS[1], field)
  end
  redis.call('ZREM', KEYS[2], field)
  redis.call('ZREM', KEYS[3], field)
end
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('DEL', KEYS[4]) end
return #gone
