-- Counts bytes of a sender's entries for the room and for the server; none is kept below one. `of`: 'd:' for tombstones without a
-- former text, which are counted apart and refuse no message; else ''.
-- KEYS[1]: entries, KEYS[2]: ends, KEYS[3]: alive, KEYS[4]: the room's shares, KEYS[5]: all shares, KEYS[6]: such tombstones
local function count(of, sender, bytes)
  for at = 4, 5 do
    for _, whose in ipairs({of .. sender, of .. 'all'}) do
      if redis.call('HINCRBY', KEYS[at], whose, bytes) <= 0 then redis.call('HDEL', KEYS[at], whose) end
    end
  end
end
local function sender_of(field) return string.match(field, '^[^:]*') end
-- Which share has no place for more bytes of a sender: 'account', 'room' or 'all'; nil if all have. `most`: their limits, in
-- this order.
local function full_share(of, sender, bytes, most)
  local shares = {{KEYS[5], sender, 'account'}, {KEYS[4], 'all', 'room'}, {KEYS[5], 'all', 'all'}}
  for at, share in ipairs(shares) do
    if tonumber(redis.call('HGET', share[1], of .. share[2]) or '0') + bytes > tonumber(most[at]) then return share[3] end
  end
end
-- Removes an entry, if there is one.
local function remove(field)
  local size = redis.call('HSTRLEN', KEYS[1], field)
  local of = redis.call('ZREM', KEYS[6], field) == 1 and 'd:' or ''
  if size > 0 then
    count(of, sender_of(field), -(size + #field))
    redis.call('HDEL', KEYS[1], field)
  end
  redis.call('ZREM', KEYS[2], field)
  redis.call('ZREM', KEYS[3], field)
end
-- Removes the oldest tombstones of the room while a share of theirs is full: the sender's own where that is the account's. If
-- none is near the front, the new one goes. Their keys stay remembered.
local function drop_oldest(new, most)
  local sender = sender_of(new)
  for _ = 1, 100 do
    local full = full_share('d:', sender, 0, most)
    if not full then return end
    local oldest = new
    for _, field in ipairs(redis.call('ZRANGE', KEYS[6], 0, full == 'account' and 99 or 0)) do
      if full ~= 'account' or sender_of(field) == sender then oldest = field break end
    end
    remove(oldest)
    if oldest == new then return end
  end
end
-- Sets an entry to a new state and counts it where it belongs. `most`: the limits of tombstones.
local function set(field, old, new, most)
  local sender = sender_of(field)
  local was = redis.call('ZREM', KEYS[6], field) == 1 and 'd:' or ''
  local changed = not string.find(new, '\n', 1, true) and string.match(new, '^%d+ (%d+) d ')
  redis.call('HSET', KEYS[1], field, new)
  -- Added before it is taken away: a hash without fields would lose its end.
  count(changed and 'd:' or '', sender, #new + #field)
  count(was, sender, -(#old + #field))
  if not changed then return end
  redis.call('ZADD', KEYS[6], changed, field)
  local life = redis.call('PTTL', KEYS[1])
  if life > 0 then redis.call('PEXPIRE', KEYS[6], life) end
  drop_oldest(field, most)
end
