#!lua flags=allow-oom
-- Removes the state that a refused change made. Returns 1; 0 if there is none, or none before it.
-- KEYS: entries, ends, alive, room's shares, all shares, deleted
-- ARGV: field, seq, changed, most bytes of tombstones of an account, a room, all
local old = redis.call('HGET', KEYS[1], ARGV[1])
local seq, changed, kind, ends, digest, states = string.match(old or '', '^(%d+) (%d+) (%a) (%-?%d+) (%x+) (.*)$')
if seq ~= ARGV[2] then return 0 end
local new
if changed == ARGV[3] then
  local before, rest = string.match(states, '\n(%d+) (.*)$')
  if not before then return 0 end
  -- A tombstone is never changed: the state before a change is a message.
  new = table.concat({seq, before, 'm', ends, digest, rest}, ' ')
  if kind ~= 'm' then redis.call('ZADD', KEYS[3], ends, ARGV[1]) end
else
  local from = string.find(old, '\n' .. ARGV[3] .. ' ', 1, true)
  if not from then return 0 end
  local to = string.find(old, '\n', from + 1, true)
  new = string.sub(old, 1, from - 1) .. (to and string.sub(old, to) or '')
end
set(ARGV[1], old, new, {ARGV[4], ARGV[5], ARGV[6]})
return 1
