#!lua
-- Keeps a new entry unless its sender used the key before. Returns {0}, {1, the key's first use}, or {2} if the room is full.
-- KEYS: entries, ends, alive, bytes, key, rooms
-- ARGV: now, field, value, end, key's use, key's life, room's life, most bytes, room, how long a key is remembered
local now = tonumber(ARGV[1])
local used = redis.call('GET', KEYS[5])
if used then
  -- A newer server's form: its end cannot be read, so the key counts as used.
  if string.match(used, '^v%d+ ') and not string.match(used, '^v2 ') then return {1, used} end
  local ended = tonumber(string.match((string.gsub(used, '^v2 ', '')), '^%d+ %d+ %-?%d+ (%-?%d+) '))
  if ended and now < ended + tonumber(ARGV[10]) then return {1, used} end
end
local function drop(field)
  local size = redis.call('HSTRLEN', KEYS[1], field)
  if size > 0 then
    redis.call('DECRBY', KEYS[4], size + #field)
    redis.call('HDEL', KEYS[1], field)
  end
  redis.call('ZREM', KEYS[2], field)
  redis.call('ZREM', KEYS[3], field)
end
local function trim(most)
  for _, field in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1], 'LIMIT', 0, most)) do drop(field) end
end
trim(16)
drop(ARGV[2])
local size = #ARGV[2] + #ARGV[3]
local most = tonumber(ARGV[8])
if tonumber(redis.call('GET', KEYS[4]) or '0') + size > most then
  trim(1000)
  if tonumber(redis.call('GET', KEYS[4]) or '0') + size > most then return {2} end
end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[2])
if string.match(ARGV[3], '^%d+ %d+ (%a)') == 'm' then redis.call('ZADD', KEYS[3], ARGV[4], ARGV[2]) end
redis.call('INCRBY', KEYS[4], size)
redis.call('SET', KEYS[5], ARGV[5], 'PX', ARGV[6])
redis.call('ZADD', KEYS[6], 'GT', ARGV[4], ARGV[9])
for at, key in ipairs(KEYS) do
  if at ~= 5 then
    redis.call('PEXPIRE', key, ARGV[7], 'NX')
    redis.call('PEXPIRE', key, ARGV[7], 'GT')
  end
end
return {0}
