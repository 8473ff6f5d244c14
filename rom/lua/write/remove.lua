-- Rows of one model removed with all that they list, as long as each is there and as it was seen: what goes from the same key
-- goes in one call. Where anything is not as it should be, nothing is written: the rows are then removed by operations, which
-- tells what it was. Loaded when it is needed.
--
-- uses: CHUNK, ask, need, need_all, is_free, is_wrong_type, places_of
-- gives: remove_rows

-- include write/together

local null = cjson.null

-- The parts of what a row lists in its -index-data-: the command that takes entries out, and the kind of their key. Each part
-- is a list of names; that of prefixes, and of suffixes, of {name, word}.
local PARTS = {{'SREM', 'idx'}, {'ZREM', 'idx'}, {'ZREM', 'pre'}, {'ZREM', 'suf'}, {'ZREM', 'geo'}}

-- Adds what a row lists to `gathered`: {name: values} of each part.
local function gather(gathered, id, listing)
  local tail = '\0' .. id
  for part = 1, #PARTS do
    local entries, values_of = listing[part] or {}, gathered[part] or {}
    gathered[part] = values_of
    for place = 1, #entries do
      local name, value = entries[place], id
      if part == 3 or part == 4 then name, value = name[1], name[2] .. tail end
      local values = values_of[name]
      if values then values[#values + 1] = value else values_of[name] = {value} end
    end
  end
end

-- What is gathered, by command and key: a list of {command, {key: values}}.
local function calls_of(namespace, gathered)
  local calls = {}
  for part, values_of in ipairs(gathered) do
    local command, tail, of_keys = PARTS[part][1], ':' .. PARTS[part][2], {}
    for name, values in pairs(values_of) do of_keys[namespace .. ':' .. name .. tail] = values end
    calls[part] = {command, of_keys}
  end
  return calls
end

-- Takes all out; from a key of another type that is a no-op.
local function take_out_all(calls)
  for _, call in ipairs(calls) do
    for key, values in pairs(call[2]) do
      for first = 1, #values, CHUNK do
        local reply = redis.pcall(call[1], key, unpack(values, first, math.min(first + CHUNK - 1, #values)))
        if type(reply) == 'table' and not is_wrong_type(reply) then error(reply.err) end
      end
    end
  end
end

-- Sees to it that all these calls may be made.
local function need_all_calls(calls)
  for _, call in ipairs(calls) do
    for key in pairs(call[2]) do
      need(call[1], key)
      if is_free(call[1]) then break end
    end
  end
end

-- {key: values} of the unique values of all rows, those aside that other rows have by now.
local function unique_values(batch, ids, unique, length, at)
  local of_keys = {}
  for number = 1, batch[unique - 1] do
    local key = key_of(batch[2], 'uidx', batch[unique - 1 + number])
    local values, ids_of, owned = {}, {}, {}
    for place = 1, #ids do
      local value = batch[at + (place - 1) * length + batch[4] + number]
      if value ~= null then values[#values + 1], ids_of[#ids_of + 1] = value, ids[place] end
    end
    for place, owner in ipairs(#values > 0 and ask('HMGET', key, unpack(values)) or {}) do
      if owner == ids_of[place] then owned[#owned + 1] = values[place] end
    end
    if #owned > 0 then of_keys[key] = owned end
  end
  return of_keys
end

local function remove(batch, progress)
  local _, unique, length, at = places_of(batch)
  local namespace, width = batch[2], batch[4]
  local ids, keys_of_rows, known, gathered = {}, {}, {}, {}
  if (#batch - at + 1) / length > CHUNK or width > CHUNK then refuse() end
  for place = at, #batch, length do
    local id = batch[place]
    local key = namespace .. ':' .. id
    if known[id] then refuse() end
    known[id] = true
    ids[#ids + 1], keys_of_rows[#keys_of_rows + 1] = id, key
    local seen = redis.call('HMGET', key, '-index-data-', unpack(batch, 5, 4 + width))
    for number = 1, width do
      local text = batch[place + number]
      if text ~= null and text ~= seen[number + 1] then refuse() end
    end
    gather(gathered, id, cjson.decode(seen[1] or refuse()))
  end
  local calls = calls_of(namespace, gathered)
  calls[#calls + 1] = {'HDEL', unique_values(batch, ids, unique, length, at)}
  need_all_calls(calls)
  need_all('DEL', keys_of_rows)
  redis.call('DEL', unpack(keys_of_rows))
  progress.is_begun = true
  take_out_all(calls)
  return ids
end

-- The ids of the rows; nil where they were not removed.
remove_rows = function(batch) return try(remove, batch) end
