#!lua flags=allow-oom
-- Removes a room's expired entries, at most a thousand. Returns how many.
-- KEYS: entries, ends, alive, room's shares, all shares, deleted
-- ARGV: now
local gone = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1], 'LIMIT', 0, 1000)
local freed = {[''] = {}, ['d:'] = {}}
for _, field in ipairs(gone) do
  local size = redis.call('HSTRLEN', KEYS[1], field)
  local of = redis.call('ZREM', KEYS[6], field) == 1 and 'd:' or ''
  if size > 0 then
    local sender = sender_of(field)
    freed[of][sender] = (freed[of][sender] or 0) + size + #field
    redis.call('HDEL', KEYS[1], field)
  end
  redis.call('ZREM', KEYS[2], field)
  redis.call('ZREM', KEYS[3], field)
end
for of, senders in pairs(freed) do
  for sender, bytes in pairs(senders) do count(of, sender, -bytes) end
end
return #gone
