#!lua flags=allow-oom
-- Removes expired leases. Returns how many.
-- KEYS: leases
-- ARGV: now
local all = redis.call('HGETALL', KEYS[1])
local gone = 0
for at = 1, #all, 2 do
  local ended = tonumber(string.match(all[at + 1], '(%-?%d+)$'))
  if not ended or ended <= tonumber(ARGV[1]) then
    redis.call('HDEL', KEYS[1], all[at])
    gone = gone + 1
  end
end
return gone
