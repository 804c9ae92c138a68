#!lua flags=allow-oom
-- Sets an alive entry to a new state with the same end. Returns 1; 0 if none is alive; 2 if the end differs. The former
-- state is kept below the new one until the change is confirmed; a state that is brought back stands alone.
-- KEYS: entries, ends, alive, bytes
-- ARGV: now, field, seq, changed, kind, end ('' where the state names none), item, 1 to bring a state back
local old = redis.call('HGET', KEYS[1], ARGV[2])
if not old then return 0 end
local seq, changed, kind, ends, digest, states = string.match(old, '^(%d+) (%d+) (%a) (%-?%d+) (%x+) (.*)$')
if not seq or (kind ~= 'm' and ARGV[8] ~= '1') or tonumber(ARGV[1]) >= tonumber(ends) then return 0 end
if seq ~= ARGV[3] or (ARGV[6] ~= '' and ARGV[6] ~= ends) then return 2 end
if tonumber(ARGV[4]) <= tonumber(changed) then return 1 end
local new = table.concat({seq, ARGV[4], ARGV[5], ends, digest, ARGV[7]}, ' ')
if ARGV[8] ~= '1' then new = new .. '\n' .. changed .. ' ' .. states end
redis.call('HSET', KEYS[1], ARGV[2], new)
redis.call('INCRBY', KEYS[4], #new - #old)
if ARGV[5] ~= 'm' then redis.call('ZREM', KEYS[3], ARGV[2]) elseif kind ~= 'm' then redis.call('ZADD', KEYS[3], ends, ARGV[2]) end
return 1
