-- Counts bytes of a sender's entries for the room and for the server; none is kept below one.
-- KEYS[4]: the room's shares, KEYS[5]: all shares
local function count(sender, bytes)
  for at = 4, 5 do
    for _, whose in ipairs({sender, 'all'}) do
      if redis.call('HINCRBY', KEYS[at], whose, bytes) <= 0 then redis.call('HDEL', KEYS[at], whose) end
    end
  end
end
local function sender_of(field) return string.match(field, '^[^:]*') end
-- Which share has no place for more bytes of a sender: 'account', 'room' or 'all'; nil if all have. `most`: their limits, in
-- this order.
local function full_share(sender, bytes, most)
  local shares = {{KEYS[5], sender, 'account'}, {KEYS[4], 'all', 'room'}, {KEYS[5], 'all', 'all'}}
  for at, share in ipairs(shares) do
    if tonumber(redis.call('HGET', share[1], share[2]) or '0') + bytes > tonumber(most[at]) then return share[3] end
  end
end
