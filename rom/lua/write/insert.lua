-- New rows of one model, as long as all is well with every one of them: unique values, ids, types and rights are looked at first,
-- of many rows together, and what goes to the same key goes there in one call. Where anything is not as it should be, nothing
-- is written: the rows are then done as operations, which tells what it was. Loaded when it is needed.
--
-- What an insert writes: `put_entries` tells the unique values and index entries of a row, `write_fields` writes the row.
--
-- uses: CHUNK, ask, is_free, need, is_denied, places_of
-- gives: insert_rows

-- include write/together

local null = cjson.null

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

-- Where the rows begin; {key of a row that they refer to: true}.
local function rows_of(batch)
  local _, _, _, at = places_of(batch)
  local rows, referred, size = {}, {}, #batch
  while at <= size do
    rows[#rows + 1] = at
    at = at + 2 + batch[5]
    for _ = 1, 6 do at = at + batch[at] + 1 end
    for place = at + 2, at + batch[at], 2 do referred[batch[place]] = true end
    at = at + batch[at] + 1
  end
  return rows, referred
end

-- The ids of rows, those told that are to be taken from the counter, and how many these are.
local function ids_of(batch, rows, last)
  local ids, fresh = {}, 0
  for number, at in ipairs(rows) do
    local id = batch[at]
    if id == null then
      fresh = fresh + 1
      id = string.format('%.0f', last + fresh)
    end
    ids[number] = id
  end
  return ids, fresh
end

local function look_at_rows(batch, ids, referred)
  for key in pairs(referred) do
    if ask('EXISTS', key) == 0 then refuse() end
  end
  local found = {}
  for number, id in ipairs(ids) do
    found[number] = batch[2] .. ':' .. id
    need('HSET', found[number])
  end
  -- behind 2^53 a number of Lua's is not exact
  if 2 * batch[5] + 4 > CHUNK or #ids > CHUNK or #ids[#ids] > 15 or ask('EXISTS', unpack(found)) > 0 then refuse() end
end

-- Made for the first batch of its kind: most calls need one of them, or none.
local write_alone, write_many
local function load_alone()
-- include write/alone
end

local function load_many()
-- include write/many
end

-- The ids of the rows.
local function insert(batch, progress)
  local counter = batch[2] .. ':' .. batch[3] .. ':'
  local rows, referred = rows_of(batch)
  local last = ask('GET', counter)
  local ids, fresh = ids_of(batch, rows, tonumber(last or 0))
  look_at_rows(batch, ids, referred)
  if #rows == 1 and fresh == 1 then
    if not write_alone then load_alone() end
    if write_alone(batch, rows[1], ids[1], counter, last) then return ids end
  end
  if not write_many then load_many() end
  write_many(batch, rows, ids, progress, counter, fresh)
  return ids
end

-- The ids of the rows; nil where they were not written.
insert_rows = function(batch) return try(insert, batch) end
