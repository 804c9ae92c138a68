#!lua flags=allow-oom
-- Takes tokens from a bucket, counted in thousandths. Returns -2 if they were taken, -1 if they never can be, else in how
-- many milliseconds they can be.
-- KEYS: bucket
-- ARGV: now, tokens a second, most tokens, cost
local now, rate, burst, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local full = burst * 1000
local parts, filled = full, now
local held = redis.call('GET', KEYS[1])
if held then
  local held_parts, held_at = string.match(held, '^(%d+) (%-?%d+)$')
  if held_parts then
    parts, filled = tonumber(held_parts), tonumber(held_at)
    -- A server whose clock was far ahead; the present one starts anew from its own.
    if filled > now + 60000 then filled = now end
    parts = math.min(full, parts + math.max(0, now - filled) * rate)
    filled = math.max(filled, now)
  end
end
local wanted = cost * 1000
local answer
if wanted <= parts then
  parts = parts - wanted
  answer = -2
elseif cost > burst or rate == 0 then
  answer = -1
else
  answer = math.ceil((wanted - parts) / rate) + math.max(0, filled - now)
end
local life = 86400000
if rate > 0 then life = math.ceil((full - parts) / rate) + 1000 end
redis.call('SET', KEYS[1], string.format('%.0f %.0f', parts, filled), 'PX', string.format('%.0f', life))
return answer
