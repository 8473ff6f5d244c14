-- Rows of one model removed with all that they list, as long as each is there and as it was seen: what goes from the same key
-- goes in one call. Where anything is not as it should be, nothing is written: the rows are then removed by operations, which
-- tells what it was. Loaded when it is needed.
--
-- uses: CHUNK, ask, need, need_all, is_wrong_type, places_of
-- gives: remove_rows

-- include write/together
-- include write/collected
-- include write/listed

local null = cjson.null

-- What a row lists; refuses one that is not as it was seen.
local function listing_of(batch, at, key)
  local names = places_of(batch)
  local seen = ask('HMGET', key, '-index-data-', unpack(batch, names, names - 1 + batch[4]))
  for place = 1, batch[4] do
    local text = batch[at + place]
    if text ~= null and text ~= seen[place + 1] then refuse() end
  end
  return seen[1] and cjson.decode(seen[1]) or refuse()
end

-- Calls put(command, key, value) for the unique values of all rows, those aside that other rows have by now.
local function put_unique(batch, rows, put)
  local _, unique = places_of(batch)
  for number = 1, batch[unique - 1] do
    local key, values, ids = key_of(batch[2], 'uidx', batch[unique - 1 + number]), {}, {}
    for _, at in ipairs(rows) do
      local value = batch[at + batch[4] + number]
      if value ~= null then values[#values + 1], ids[#ids + 1] = value, batch[at] end
    end
    local owners = #values > 0 and ask('HMGET', key, unpack(values)) or {}
    for place, owner in ipairs(owners) do
      if owner == ids[place] then put('HDEL', key, values[place]) end
    end
  end
end

-- Removing from a key of another type is a no-op.
local function take_out(command, ...)
  local reply = redis.pcall(command, ...)
  if type(reply) == 'table' and reply.err and not is_wrong_type(reply) then error(reply.err) end
end

local function remove(batch, progress)
  local _, _, length, at = places_of(batch)
  local rows, ids, keys_of_rows, seen, calls = {}, {}, {}, {}, collected()
  for place = at, #batch, length do
    local id = batch[place]
    local key = batch[2] .. ':' .. id
    if seen[id] then refuse() end
    seen[id] = true
    rows[#rows + 1], ids[#ids + 1], keys_of_rows[#keys_of_rows + 1] = place, id, key
    put_listed(batch[2], id, listing_of(batch, place, key), collect)
  end
  if #rows > CHUNK or batch[4] > CHUNK then refuse() end
  need_all('DEL', keys_of_rows)
  put_unique(batch, rows, collect)
  for key, call in pairs(calls) do need(call[1], key) end
  redis.call('DEL', unpack(keys_of_rows))
  progress.is_begun = true
  send_collected(take_out)
  return ids
end

-- The ids of the rows; nil where they were not removed.
remove_rows = function(batch) return try(remove, batch) end
