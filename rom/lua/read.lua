-- Reads rows: the wanted columns of each id, in one call.
--
-- KEYS[1]  any key of the namespace (for routing in a cluster)
-- ARGV[1]  namespace
-- ARGV[2]  number of columns, then the columns, then the ids
-- Reply: one entry per id: an array of values in the order of the columns (false: no such field), or false: no such row;
--   a key that is no hash is somebody else's, and no row.

local namespace, count = ARGV[1], tonumber(ARGV[2])
local columns = {}
for position = 1, count do columns[position] = ARGV[2 + position] end

local function filled(values)
  for position = 1, count do
    if values[position] then return true end
  end
end

local rows = {}
for position = 3 + count, #ARGV do
  local key = namespace .. ':' .. ARGV[position]
  local values = count > 0 and redis.pcall('HMGET', key, unpack(columns)) or {}
  rows[#rows + 1] = (filled(values) or redis.call('TYPE', key).ok == 'hash') and values
end
return rows
