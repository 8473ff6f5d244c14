-- Finds rows by a unique value.
--
-- KEYS[1]  NS:COL:uidx
-- ARGV[1]  namespace
-- ARGV[2]  JSON list of the columns, in one argument: clients take longer for each than the server for this; then the values
-- Reply: one entry per value: {id, row}, the row an array of values in the order of the columns (false: no such
--   field), or false: no row has the value.

-- include shared/row

local columns, found = cjson.decode(ARGV[2]), {}

for place = 3, #ARGV do
  local id = redis.call('HGET', KEYS[1], ARGV[place])
  local row = id and row_at(ARGV[1] .. ':' .. id, columns)
  found[#found + 1] = row and {id, row}
end
return found
