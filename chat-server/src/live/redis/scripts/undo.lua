#!lua flags=allow-oom
-- Removes a post if its key still carries this number.
-- KEYS: entries, ends, alive, room's shares, all shares, deleted, key
-- ARGV: field, room, seq
local used = redis.call('GET', KEYS[7])
if not used then return 0 end
local room, seq = string.match((string.gsub(used, '^v2 ', '')), '^(%d+) (%d+) ')
if room ~= ARGV[2] or seq ~= ARGV[3] then return 0 end
redis.call('DEL', KEYS[7])
remove(ARGV[1])
return 1
