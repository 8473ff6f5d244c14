-- Finds rows by a unique value.
--
-- KEYS[1]  NS:COL:uidx
-- ARGV[1]  namespace
-- ARGV[2]  number of columns, then the columns, then the values
-- Reply: one entry per value: {id, row}, the row an array of values in the order of the columns (false: no such
--   field), or false: no row has the value.

local count = tonumber(ARGV[2])
local columns = {unpack(ARGV, 3, 2 + count)}

local function row_of(id)
  local key = ARGV[1] .. ':' .. id
  local values, is_filled = count > 0 and redis.call('HMGET', key, unpack(columns)) or {}, false
  for place = 1, count do is_filled = is_filled or values[place] end
  return (is_filled or redis.call('EXISTS', key) == 1) and {id, values}
end

local found = {}
for place = 3 + count, #ARGV do
  local id = redis.call('HGET', KEYS[1], ARGV[place])
  found[#found + 1] = id and row_of(id)
end
return found
