-- Reads rows: the wanted columns of each, in one call, for clients of which bulk_reads.py keeps away.
--
-- KEYS[1]  key of the id counter
-- KEYS     behind it: the keys of the rows
-- ARGV     the columns
-- Reply: one entry per row: an array of values in the order of the columns (false: no such field), or false: no such
--   row. Behind them the counter; false: there is none.

-- include shared/row

local rows = {}

for place = 2, #KEYS do rows[place - 1] = row_at(KEYS[place], ARGV) end
local counter = redis.pcall('GET', KEYS[1])
rows[#KEYS] = type(counter) == 'string' and counter
return rows
