-- What a new row writes, of a batch as write.lua describes it.
--
-- uses: key_of, null, places_of
-- gives: put_entries, write_fields

-- Calls put(command, key, value...) for all that a row writes beside itself.
local function put_entries(batch, at, id, put)
  local _, scores, unique, rows = places_of(batch)
  for pair = unique, rows - 2, 2 do
    local value = batch[at + batch[pair + 1]]
    if value ~= null and value ~= '' then put('HSET', key_of(batch[2], 'uidx', batch[pair]), value, id) end
  end
  for pair = scores, unique - 3, 2 do
    local score = batch[at + batch[pair + 1]]
    if score ~= null then put('ZADD', key_of(batch[2], 'idx', batch[pair]), score, id) end
  end
  if batch[4] then put('ZADD', key_of(batch[2], 'idx', batch[3]), id, id) end
  at = at + 2 + batch[5]
  for place = at + 1, at + batch[at] do put('SADD', key_of(batch[2], 'idx', batch[place]), id) end
  at = at + batch[at] + 1
  for place = at + 1, at + batch[at], 2 do put('ZADD', key_of(batch[2], 'idx', batch[place]), batch[place + 1], id) end
  at = at + batch[at] + 1
  local tail = '\0' .. id
  for place = at + 1, at + batch[at], 3 do
    put('ZADD', key_of(batch[2], 'pre', batch[place]), batch[place + 2], batch[place + 1] .. tail)
  end
  at = at + batch[at] + 1
  for place = at + 1, at + batch[at], 3 do
    put('ZADD', key_of(batch[2], 'suf', batch[place]), batch[place + 2], batch[place + 1] .. tail)
  end
  at = at + batch[at] + 1
  for place = at + 1, at + batch[at], 3 do
    put('GEOADD', key_of(batch[2], 'geo', batch[place]), batch[place + 1], batch[place + 2], id)
  end
  at = at + batch[at] + 1
  for place = at + 1, at + batch[at], 2 do put('HSET', key_of(batch[2], 'uidx', batch[place]), batch[place + 1], id) end
end

local function write_fields(batch, at, id)
  local width, columns, size = batch[5], places_of(batch) - 1, 4
  local fields = {batch[3], id, '-index-data-', batch[at + 1], '', '', '', '', '', '', '', '', '', '', '', ''}
  for place = 1, width do
    local text = batch[at + 1 + place]
    if text ~= null then
      fields[size + 1], fields[size + 2] = batch[columns + place], text
      size = size + 2
    end
  end
  redis.call('HSET', batch[2] .. ':' .. id, unpack(fields, 1, size))
end
