#!lua flags=allow-oom
-- Removes a post if its key still carries this number.
-- KEYS: entries, ends, alive, room's shares, all shares, key
-- ARGV: field, room, seq
local used = redis.call('GET', KEYS[6])
if not used then return 0 end
local room, seq = string.match((string.gsub(used, '^v2 ', '')), '^(%d+) (%d+) ')
if room ~= ARGV[2] or seq ~= ARGV[3] then return 0 end
redis.call('DEL', KEYS[6])
local size = redis.call('HSTRLEN', KEYS[1], ARGV[1])
if size > 0 then
  count(sender_of(ARGV[1]), -(size + #ARGV[1]))
  redis.call('HDEL', KEYS[1], ARGV[1])
end
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
return 1
