#!lua flags=allow-oom
-- Sets an alive entry to a new state with the same end. Returns 'stored'; 'missing' if none is alive; 'ends' if the end differs;
-- 'account', 'room' or 'all' if an edit has no place in that share. The former state is kept below the new one until the change
-- is confirmed; a state that is brought back stands alone.
-- KEYS: entries, ends, alive, room's shares, all shares, deleted
-- ARGV: now, field, seq, changed, kind, end ('' where the state names none), item, 1 to bring a state back, most bytes of an
-- account, a room, all, and of their tombstones
local old = redis.call('HGET', KEYS[1], ARGV[2])
if not old then return 'missing' end
local seq, changed, kind, ends, digest, states = string.match(old, '^(%d+) (%d+) (%a) (%-?%d+) (%x+) (.*)$')
if not seq or (kind ~= 'm' and ARGV[8] ~= '1') or tonumber(ARGV[1]) >= tonumber(ends) then return 'missing' end
if seq ~= ARGV[3] or (ARGV[6] ~= '' and ARGV[6] ~= ends) then return 'ends' end
if tonumber(ARGV[4]) <= tonumber(changed) then return 'stored' end
local new = table.concat({seq, ARGV[4], ARGV[5], ends, digest, ARGV[7]}, ' ')
if ARGV[8] ~= '1' then new = new .. '\n' .. changed .. ' ' .. states end
local sender, more = sender_of(ARGV[2]), #new - #old
-- A deletion holds the former state for a moment only, and is what helps when there is no space.
if more > 0 and ARGV[5] == 'm' and ARGV[8] ~= '1' then
  local full = full_share('', sender, more, {ARGV[9], ARGV[10], ARGV[11]})
  if full then return full end
end
if ARGV[5] ~= 'm' then redis.call('ZREM', KEYS[3], ARGV[2]) elseif kind ~= 'm' then redis.call('ZADD', KEYS[3], ends, ARGV[2]) end
set(ARGV[2], old, new, {ARGV[12], ARGV[13], ARGV[14]})
return 'stored'
