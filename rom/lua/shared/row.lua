-- One row, as the calls that read rows answer it.
--
-- uses: nothing
-- gives: row_at

-- The values of some columns, each false where there is no such field; false where there is no such row: a key that is
-- no hash is somebody else's.
local function row_at(key, columns)
  local values = #columns > 0 and redis.pcall('HMGET', key, unpack(columns)) or {}
  for place = 1, #columns do
    if values[place] then return values end
  end
  if redis.call('TYPE', key).ok ~= 'hash' then return false end
  return values.err and redis.call('HMGET', key, unpack(columns)) or values
end
