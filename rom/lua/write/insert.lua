-- New rows of one model, as long as all is well with every one of them: unique values, ids, types and rights are looked at first,
-- of many rows together, and what goes to the same key goes there in one call. Where anything is not as it should be, nothing
-- is written: the rows are then done as operations, which tells what it was. Loaded when it is needed.
--
-- What an insert writes: `put_entries` tells the unique values and index entries of a row, `write_fields` writes the row.
--
-- uses: CHUNK, ask, need, is_denied, places_of
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

-- -- one row ---------------------------------------------------------------------------------------------------------------

local function look(command, key, value)
  need(command, key)
  if command == 'SADD' then
    ask('SCARD', key)
  elseif command ~= 'HSET' then
    ask('ZCARD', key)
  elseif ask('HGET', key, value) then
    refuse()
  end
end

-- -- many rows -------------------------------------------------------------------------------------------------------------

-- Refuses values of which another row has one, or two of them the same.
local function look_at_claims(key, call)
  local values, seen = {}, {}
  for place = 3, #call, 2 do
    local value = call[place]
    if seen[value] then refuse() end
    seen[value] = true
    values[#values + 1] = value
  end
  for _, owner in ipairs(ask('HMGET', key, unpack(values))) do
    if owner then refuse() end
  end
end

-- SDIFF from what is not there looks at the types of all keys, and no further.
local function look_at_sets(found)
  local reply = #found > 0 and redis.pcall('SDIFF', KEYS[1] .. ':', unpack(found)) or {}
  if is_denied(reply) then
    for _, key in ipairs(found) do ask('SCARD', key) end
  elseif reply.err then
    refuse()
  end
end

local function look_at_all(calls)
  local sets = {}
  for key, call in pairs(calls) do
    need(call[1], key)
    if call[1] == 'HSET' then
      look_at_claims(key, call)
    elseif call[1] == 'SADD' then
      sets[#sets + 1] = key
    else
      ask('ZCARD', key)
    end
  end
  if #sets > CHUNK then refuse() end
  look_at_sets(sets)
end

-- -- both ------------------------------------------------------------------------------------------------------------------

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

local function insert(batch, progress)
  local counter = batch[2] .. ':' .. batch[3] .. ':'
  local rows, referred = rows_of(batch)
  local ids, fresh = ids_of(batch, rows, tonumber(ask('GET', counter) or 0))
  local is_alone = #rows == 1 and batch[rows[1] + 3 + batch[5] + batch[rows[1] + 2 + batch[5]]] == 0  -- and no names with scores
  look_at_rows(batch, ids, referred)
  if is_alone then
    put_entries(batch, rows[1], ids[1], look)
  else
    for number, at in ipairs(rows) do put_entries(batch, at, ids[number], collect) end
    look_at_all(collected())
  end
  if fresh > 0 then redis.call('INCRBY', counter, fresh) end
  progress.is_begun = fresh > 0  -- what comes first is refused where there is no memory
  for number, at in ipairs(rows) do write_fields(batch, at, ids[number]) end
  if is_alone then
    put_entries(batch, rows[1], ids[1], redis.call)
  else
    send_collected(redis.call)
  end
  return ids
end

-- The ids of the rows; nil where they were not written.
insert_rows = function(batch) return try(insert, batch) end
