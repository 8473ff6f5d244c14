-- New rows of one model, as long as all is well with every one of them: unique values, ids, types and rights are looked at first,
-- of many rows together, and what goes to the same key goes there in one call. Where anything is not as it should be, nothing
-- is written: the rows are then done as operations, which tells what it was. Loaded when it is needed.
--
-- uses: CHUNK, ask, need, need_all, is_denied, places_of
-- gives: insert_rows

-- include write/together

local null = cjson.null

-- include write/entries

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

-- The ids of rows, those told that are to be taken from the counter, and how many these are. Refuses one that two rows would
-- have, as where the counter was lost after an id was told.
local function ids_of(batch, rows, last)
  local ids, taken, fresh = {}, {}, 0
  for number, at in ipairs(rows) do
    local id = batch[at]
    if id == null then
      fresh = fresh + 1
      id = string.format('%.0f', last + fresh)
    end
    if taken[id] then refuse() end
    ids[number], taken[id] = id, true
  end
  return ids, fresh
end

local function look_at_rows(batch, ids, referred)
  for key in pairs(referred) do
    if ask('EXISTS', key) == 0 then refuse() end
  end
  local found = {}
  for number, id in ipairs(ids) do found[number] = batch[2] .. ':' .. id end
  need_all('HSET', found)
  -- behind 2^53 a number of Lua's is not exact
  if 2 * batch[5] + 4 > CHUNK or #ids > CHUNK or #ids[#ids] > 15 or ask('EXISTS', unpack(found)) > 0 then refuse() end
end

local write_many  -- made for the first batch
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
  if not write_many then load_many() end
  write_many(batch, rows, ids, progress, counter, fresh)
  return ids
end

-- The ids of the rows; nil where they were not written.
insert_rows = function(batch) return try(insert, batch) end
