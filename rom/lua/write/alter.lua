-- Rows of one model of which the same columns change, and no index entry but scores that they list already: as long as each is
-- there and as it was seen, and lists them. What goes to the same index goes in one call. Where anything is not as it should be,
-- nothing is written: the rows are then changed by operations, which tells what it was. Loaded when it is needed.
--
-- uses: CHUNK, ask, need, need_all, places_of
-- gives: alter_rows

-- include write/together
-- include write/collected
-- include write/lists_score

local null = cjson.null

-- Refuses a row that is not as it was seen.
local function look_at_row(batch, at, key, names)
  local seen = ask('HMGET', key, '-index-data-', unpack(batch, 5, 4 + batch[4]))
  for place = 1, batch[4] do
    local text = batch[at + place]
    if text ~= null and text ~= seen[place + 1] then refuse() end
  end
  if not seen[1] then refuse() end
  for number = 1, #names do
    if not lists_score(seen[1], names[number]) then refuse() end
  end
end

-- Writes the columns of all rows, the first of which stands at a place of the batch.
local function write_fields(batch, at, length, keys_of_rows, progress)
  local width, fields = batch[4], {}
  for place = 1, width do fields[2 * place - 1] = batch[4 + place] end
  for _, key in ipairs(keys_of_rows) do
    for place = 1, width do fields[2 * place] = batch[at + width + place] end
    redis.call('HSET', key, unpack(fields))
    progress.is_begun, at = true, at + length
  end
end

local function alter(batch, progress)
  local columns, scores, length, at = places_of(batch)
  local names, indexes, texts = {}, {}, {}  -- of the scores: their columns, keys, and places in a row
  for place = scores, at - 1 do
    local name = batch[columns - 1 + batch[place]]
    names[#names + 1], indexes[#indexes + 1], texts[#texts + 1] = name, key_of(batch[2], 'idx', name), batch[4] + batch[place]
  end
  local ids, keys_of_rows, seen, calls, count = {}, {}, {}, collected(), 0
  if 2 * batch[4] > CHUNK then refuse() end
  for place = at, #batch, length do
    local id = batch[place]
    local key = batch[2] .. ':' .. id
    if seen[id] then refuse() end
    seen[id] = true
    look_at_row(batch, place, key, names)
    count = count + 1
    ids[count], keys_of_rows[count] = id, key
    for number = 1, #names do collect('ZADD', indexes[number], batch[place + texts[number]], id) end
  end
  need_all('HSET', keys_of_rows)
  local first = next(calls)  -- of this one the very first write tells whether it is of the right type
  for key, call in pairs(calls) do
    need(call[1], key)
    if key ~= first then ask('ZCARD', key) end
  end
  send_collected(function(...)
    redis.call(...)
    progress.is_begun = true
  end)
  write_fields(batch, at, length, keys_of_rows, progress)
  return ids
end

-- The ids of the rows; nil where they were not changed.
alter_rows = function(batch) return try(alter, batch) end
