-- Reads rows: the wanted columns of each id, in one call, for clients through which wire.py cannot send commands.
--
-- KEYS[1]  key of the id counter
-- ARGV[1]  namespace
-- ARGV[2]  number of columns, then the columns, then the ids
-- Reply: one entry per id: an array of values in the order of the columns (false: no such field), or false: no such
--   row. Behind them the counter.

-- include row

local count, rows = tonumber(ARGV[2]), {}
local columns = {unpack(ARGV, 3, 2 + count)}

for place = 3 + count, #ARGV do rows[#rows + 1] = row_at(ARGV[1] .. ':' .. ARGV[place], columns) end
rows[#rows + 1] = redis.call('GET', KEYS[1])
return rows
