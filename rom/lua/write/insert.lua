-- New rows of one model, all at once, as long as all is well with every one of them: unique values, ids, types and rights are
-- looked at for all rows together, and what goes to the same key goes there in one call. Where anything is not as it should
-- be, nothing is written: the rows are then done as operations, which tells what it was.
--
-- What an insert writes stands here, in `write_rows`, and in `operation_of` for an insert among operations.
--
-- uses: CHUNK, ask, need, is_denied
-- gives: insert_rows, places_of

local null = cjson.null
local NOTHING = {}

-- Where the parts of a row are that the columns of the model call for: {name of the part: place}
local function places_of(batch)
  local places = {}
  for number, part in ipairs(batch.parts) do places[part] = 2 + #batch.columns + number end
  return places
end

local function in_chunks(values, size, run)
  size = CHUNK - CHUNK % size
  for first = 1, #values, size do run(unpack(values, first, math.min(first + size - 1, #values))) end
end

-- {unique key: {values, numbers of their rows}}
local function claims_of(batch, places)
  local start, found = batch.namespace .. ':', {}
  for _, unique in ipairs(batch.unique) do
    local at, values, numbers = 3 + unique[2], {}, {}
    for number, row in ipairs(batch.rows) do
      local value = row[at]
      if value ~= null and value ~= '' then
        values[#values + 1] = value
        numbers[#numbers + 1] = number
      end
    end
    found[start .. unique[1] .. ':uidx'] = {values, numbers}
  end
  for number, row in ipairs(places.claims and batch.rows or NOTHING) do
    local claims = row[places.claims]
    for at = 1, #claims, 2 do
      local key = start .. claims[at] .. ':uidx'
      if not found[key] then found[key] = {{}, {}} end
      local values, numbers = unpack(found[key])
      values[#values + 1] = claims[at + 1]
      numbers[#numbers + 1] = number
    end
  end
  return found
end

local function are_free(key, values)
  local seen, is_free = {}, true
  for _, value in ipairs(values) do
    if seen[value] then return false end
    seen[value] = true
  end
  in_chunks(values, 1, function(...)
    for _, owner in ipairs(ask('HMGET', key, ...)) do is_free = is_free and not owner end
  end)
  return is_free
end

local function are_there(batch, at)
  local keys, seen = {}, {}
  for _, row in ipairs(batch.rows) do
    for place = 2, #row[at], 2 do
      local key = row[at][place]
      if not seen[key] then
        seen[key] = true
        keys[#keys + 1] = key
      end
    end
  end
  return #keys == 0 or #keys <= CHUNK and ask('EXISTS', unpack(keys)) == #keys
end

-- The ids and keys of all rows, and how many of the ids are to be taken from the counter; nil where one of the rows is there.
local function foresee_ids(batch, counter)
  local start, fresh, ids, keys = batch.namespace .. ':', 0, {}, {}
  local last = tonumber(ask('GET', counter) or 0)
  for place, row in ipairs(batch.rows) do
    local id = row[1]
    if id == null then
      fresh = fresh + 1
      id = string.format('%.0f', last + fresh)
    end
    ids[place], keys[place] = id, start .. id
  end
  -- behind 2^53 a number of Lua's is not exact
  if last + fresh >= 2 ^ 53 or ask('EXISTS', unpack(keys)) > 0 then return nil end
  return ids, keys, fresh
end

local function list_at(lists, key)
  local list = lists[key]
  if not list then
    list = {}
    lists[key] = list
  end
  return list
end

-- {name: ids} of all words.
local function words_of(batch, at, ids)
  local sets = {}
  for number, row in ipairs(batch.rows) do
    local id = ids[number]
    for _, name in ipairs(row[at]) do
      local set = sets[name]
      if set then set[#set + 1] = id else sets[name] = {id} end
    end
  end
  return sets
end

local function add_affixes(batch, at, kind, ids, sorted)
  local lists, start = {}, batch.namespace .. ':'
  for number, row in ipairs(batch.rows) do
    local affixes, tail = row[at], '\0' .. ids[number]
    for place = 1, #affixes, 3 do
      local list = list_at(lists, affixes[place])
      local size = #list
      list[size + 1], list[size + 2] = affixes[place + 2], affixes[place + 1] .. tail
    end
  end
  for column, list in pairs(lists) do sorted[start .. column .. ':' .. kind] = list end
end

-- {key: [score, member, ...]} of all sorted sets.
local function scores_of(batch, places, ids)
  local start, sorted = batch.namespace .. ':', {}
  for _, column in ipairs(batch.scores) do
    local at, list = 3 + column[2], {}
    for number, row in ipairs(batch.rows) do
      local score = row[at]
      if score ~= null then
        local size = #list
        list[size + 1], list[size + 2] = score, ids[number]
      end
    end
    if #list > 0 then sorted[start .. column[1] .. ':idx'] = list end
  end
  for number, row in ipairs(places.scores and batch.rows or NOTHING) do
    local scores = row[places.scores]
    for place = 1, #scores, 2 do
      local list = list_at(sorted, start .. scores[place] .. ':idx')
      local size = #list
      list[size + 1], list[size + 2] = scores[place + 1], ids[number]
    end
  end
  if batch.pk_index then
    local list = list_at(sorted, start .. batch.pk .. ':idx')
    for _, id in ipairs(ids) do
      local size = #list
      list[size + 1], list[size + 2] = id, id
    end
  end
  if places.prefixes then add_affixes(batch, places.prefixes, 'pre', ids, sorted) end
  if places.suffixes then add_affixes(batch, places.suffixes, 'suf', ids, sorted) end
  return sorted
end

-- {key: [longitude, latitude, member, ...]} of all places on the map.
local function points_of(batch, at, ids)
  local start, found = batch.namespace .. ':', {}
  for number, row in ipairs(at and batch.rows or NOTHING) do
    local points = row[at]
    for place = 1, #points, 3 do
      local list = list_at(found, start .. points[place] .. ':geo')
      local size = #list
      list[size + 1], list[size + 2], list[size + 3] = points[place + 1], points[place + 2], ids[number]
    end
  end
  return found
end

-- Whether keys hold sets or nothing: SDIFF from what is not there looks at the types of all, and no further.
local function are_sets(keys)
  local fit = true
  in_chunks(keys, 1, function(...)
    local reply = redis.pcall('SDIFF', KEYS[1] .. ':', ...)
    if is_denied(reply) then
      for _, key in ipairs({...}) do ask('SCARD', key) end
    elseif reply.err then
      fit = false
    end
  end)
  return fit
end

-- Whether all keys can take what goes there; each right that this takes is asked for.
local function may_write(keys, claims, sets, sorted, points)
  local words = {}
  for key in pairs(sets) do
    if sorted[key] then return false end
    need('SADD', key)
    words[#words + 1] = key
  end
  for command, lists in pairs({ZADD = sorted, GEOADD = points}) do
    for key in pairs(lists) do
      need(command, key)
      ask('ZCARD', key)
    end
  end
  for key in pairs(claims) do need('HSET', key) end
  for _, key in ipairs(keys) do need('HSET', key) end
  return are_sets(words)
end

local function write_fields(batch, ids, keys)
  local columns, fields = batch.columns, {batch.pk}
  for number, row in ipairs(batch.rows) do
    fields[2] = ids[number]
    local size = 2
    for place, column in ipairs(columns) do
      local text = row[place + 2]
      if text ~= null then
        fields[size + 1], fields[size + 2] = column, text
        size = size + 2
      end
    end
    fields[size + 1], fields[size + 2] = '-index-data-', row[2]
    redis.call('HSET', keys[number], unpack(fields, 1, size + 2))
  end
end

local function write_rows(batch, ids, keys, claims, sets, sorted, points)
  write_fields(batch, ids, keys)
  for key, claim in pairs(claims) do
    local taken = {}
    for place, value in ipairs(claim[1]) do taken[2 * place - 1], taken[2 * place] = value, ids[claim[2][place]] end
    in_chunks(taken, 2, function(...) redis.call('HSET', key, ...) end)
  end
  for key, list in pairs(sets) do in_chunks(list, 1, function(...) redis.call('SADD', key, ...) end) end
  for key, list in pairs(sorted) do in_chunks(list, 2, function(...) redis.call('ZADD', key, ...) end) end
  for key, list in pairs(points) do in_chunks(list, 3, function(...) redis.call('GEOADD', key, ...) end) end
end

-- The ids of the rows; nil where they were not written.
local function insert(batch, try)
  if 2 * #batch.columns + 4 > CHUNK or #batch.rows > CHUNK then return nil end
  local places, counter = places_of(batch), batch.namespace .. ':' .. batch.pk .. ':'
  local claims = claims_of(batch, places)
  for key, claim in pairs(claims) do
    if not are_free(key, claim[1]) then return nil end
  end
  if places.refer and not are_there(batch, places.refer) then return nil end
  local ids, keys, fresh = foresee_ids(batch, counter)
  if not ids then return nil end
  local sets, named = {}, places.words and words_of(batch, places.words, ids) or NOTHING
  for name, members in pairs(named) do sets[batch.namespace .. ':' .. name .. ':idx'] = members end
  local sorted, points = scores_of(batch, places, ids), points_of(batch, places.geo, ids)
  if not may_write(keys, claims, sets, sorted, points) then return nil end
  if fresh > 0 then redis.call('INCRBY', counter, fresh) end
  try.is_begun = fresh > 0  -- what comes first is refused where there is no memory
  write_rows(batch, ids, keys, claims, sets, sorted, points)
  return ids
end

local function insert_rows(batch)
  local try = {}
  local ok, ids = pcall(insert, batch, try)
  if ok then return ids end
  if try.is_begun then error(type(ids) == 'table' and ids.err or ids) end
end
