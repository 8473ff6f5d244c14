-- Hands out ids of rows to come.
--
-- KEYS[1]  NS:PK:, the counter
-- ARGV[1]  namespace
-- ARGV[2]  how many
-- Reply: the ids, as text; never one whose row is there already, even if the counter was lost.

if redis.replicate_commands then redis.replicate_commands() end
local ids, step = {}, 1
while #ids < tonumber(ARGV[2]) do
  local number = redis.call('INCRBY', KEYS[1], step)
  -- behind 2^53 a number of Lua's is not exact
  local id = number < 2 ^ 53 and string.format('%.0f', number) or redis.call('GET', KEYS[1])
  if redis.call('EXISTS', ARGV[1] .. ':' .. id) == 0 then
    ids[#ids + 1] = id
    step = 1
  else
    step = step * 2
  end
end
return ids
