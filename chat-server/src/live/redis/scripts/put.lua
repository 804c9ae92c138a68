#!lua
-- Keeps a new entry unless its sender used the key before. Returns {'stored'}, {'held', the key's first use}, or the share that
-- is full: {'account'}, {'room'}, {'all'}.
-- KEYS: entries, ends, alive, room's shares, all shares, deleted, key, rooms
-- ARGV: now, field, value, end, key's use, key's life, room's life, room, how long a key is remembered, most bytes of an account,
-- a room, all
local now = tonumber(ARGV[1])
local used = redis.call('GET', KEYS[7])
if used then
  -- A newer server's form: its end cannot be read, so the key counts as used.
  if string.match(used, '^v%d+ ') and not string.match(used, '^v2 ') then return {'held', used} end
  local ended = tonumber(string.match((string.gsub(used, '^v2 ', '')), '^%d+ %d+ %-?%d+ (%-?%d+) '))
  if ended and now < ended + tonumber(ARGV[9]) then return {'held', used} end
end
local function trim(most)
  for _, field in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1], 'LIMIT', 0, most)) do remove(field) end
end
trim(16)
remove(ARGV[2])
local size, sender, most = #ARGV[2] + #ARGV[3], sender_of(ARGV[2]), {ARGV[10], ARGV[11], ARGV[12]}
if full_share('', sender, size, most) then
  trim(1000)
  local full = full_share('', sender, size, most)
  if full then return {full} end
end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[2])
if string.match(ARGV[3], '^%d+ %d+ (%a)') == 'm' then redis.call('ZADD', KEYS[3], ARGV[4], ARGV[2]) end
count('', sender, size)
redis.call('SET', KEYS[7], ARGV[5], 'PX', ARGV[6])
redis.call('ZADD', KEYS[8], 'GT', ARGV[4], ARGV[8])
for at, key in ipairs(KEYS) do
  if at ~= 7 then
    redis.call('PEXPIRE', key, ARGV[7], 'NX')
    redis.call('PEXPIRE', key, ARGV[7], 'GT')
  end
end
return {'stored'}
