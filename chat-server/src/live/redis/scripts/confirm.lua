#!lua flags=allow-oom
-- Drops the states of an entry from before a change that stands. Returns 1; 0 if there is no such change.
-- KEYS: entries, ends, alive, room's shares, all shares, deleted
-- ARGV: field, seq, changed, most bytes of tombstones of an account, a room, all
local old = redis.call('HGET', KEYS[1], ARGV[1])
local seq, changed = string.match(old or '', '^(%d+) (%d+) ')
if seq ~= ARGV[2] then return 0 end
local line = string.find(old, '\n', 1, true)
while line and changed ~= ARGV[3] do
  changed = string.match(old, '^%d+', line + 1)
  line = string.find(old, '\n', line + 1, true)
end
if changed ~= ARGV[3] then return 0 end
if line then
  set(ARGV[1], old, string.sub(old, 1, line - 1), {ARGV[4], ARGV[5], ARGV[6]})
end
return 1
