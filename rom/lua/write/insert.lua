-- New rows of one model, all at once, as long as all is well with every one of them: unique values, ids, types and rights are
-- looked at for all rows together, and what goes to the same key goes there in one call. Where anything is not as it should
-- be, nothing is written: the rows are then done as operations, which tells what it was.
--
-- What an insert writes: `gather` says it, and `write_rows` does it.
--
-- uses: CHUNK, ask, need, is_denied
-- gives: insert_rows, places_of

local null = cjson.null

-- Where the parts of a batch begin: columns, (column, place in a row) of scores, (unique name, place), rows.
local function places_of(batch)
  local scores = 6 + batch[4]
  local unique = scores + 2 * batch[scores - 1] + 1
  return 5, scores, unique, unique + 2 * batch[unique - 1]
end

local function add_one(lists, name, value)
  local list = lists[name]
  if list then list[#list + 1] = value else lists[name] = {value} end
end

local function add_two(lists, name, first, second)
  local list = lists[name]
  if not list then
    lists[name] = {first, second}
    return
  end
  local size = #list
  list[size + 1], list[size + 2] = first, second
end

-- All that the rows of a batch write, by name, the ids told that are to be taken from a counter; refer: keys of rows.
local function gather(batch, last)
  local _, scores_at, unique_at, at = places_of(batch)
  local start, row_width, size = batch[1] .. ':', 2 + batch[4], #batch
  local rows, ids, keys, fresh, number = {}, {}, {}, 0, 0
  local claims, sets, scores, prefixes, suffixes, points, referred = {}, {}, {}, {}, {}, {}, {}
  while at <= size do
    local id = batch[at]
    if id == null then
      fresh = fresh + 1
      id = string.format('%.0f', last + fresh)
    end
    number = number + 1
    rows[number], ids[number], keys[number] = at, id, start .. id
    for pair = scores_at, unique_at - 2, 2 do
      local score = batch[at + batch[pair + 1]]
      if score ~= null then add_two(scores, batch[pair], score, id) end
    end
    for pair = unique_at, unique_at + 2 * batch[unique_at - 1] - 2, 2 do
      local value = batch[at + batch[pair + 1]]
      if value ~= null and value ~= '' then add_two(claims, batch[pair], value, id) end
    end
    if batch[3] then add_two(scores, batch[2], id, id) end
    at = at + row_width
    for place = at + 1, at + batch[at] do add_one(sets, batch[place], id) end
    at = at + batch[at] + 1
    for place = at + 1, at + batch[at], 2 do add_two(scores, batch[place], batch[place + 1], id) end
    at = at + batch[at] + 1
    local tail = '\0' .. id
    for place = at + 1, at + batch[at], 3 do add_two(prefixes, batch[place], batch[place + 2], batch[place + 1] .. tail) end
    at = at + batch[at] + 1
    for place = at + 1, at + batch[at], 3 do add_two(suffixes, batch[place], batch[place + 2], batch[place + 1] .. tail) end
    at = at + batch[at] + 1
    for place = at + 1, at + batch[at], 3 do
      add_one(points, batch[place], batch[place + 1])
      add_two(points, batch[place], batch[place + 2], id)
    end
    at = at + batch[at] + 1
    for place = at + 1, at + batch[at], 2 do add_two(claims, batch[place], batch[place + 1], id) end
    at = at + batch[at] + 1
    for place = at + 1, at + batch[at], 2 do referred[batch[place + 1]] = true end
    at = at + batch[at] + 1
  end
  return {start = start, rows = rows, ids = ids, keys = keys, fresh = fresh, claims = claims, sets = sets, scores = scores,
          prefixes = prefixes, suffixes = suffixes, points = points, referred = referred}
end

-- Whether no row has one of the values of a list of (value, id).
local function are_free(key, claims)
  local values, seen = {}, {}
  for place = 1, #claims, 2 do
    local value = claims[place]
    if seen[value] then return false end
    seen[value] = true
    values[#values + 1] = value
  end
  for _, owner in ipairs(ask('HMGET', key, unpack(values))) do
    if owner then return false end
  end
  return true
end

local function are_there(keys)
  for key in pairs(keys) do
    if ask('EXISTS', key) == 0 then return false end
  end
  return true
end

-- Whether keys hold sets or nothing: SDIFF from what is not there looks at the types of all, and no further.
local function are_sets(keys)
  if #keys == 0 then return true end
  local reply = redis.pcall('SDIFF', KEYS[1] .. ':', unpack(keys))
  if not is_denied(reply) then return not reply.err end
  for _, key in ipairs(keys) do ask('SCARD', key) end
  return true
end

-- {command, key, values, how many of them belong together} of all that goes into indexes; nil where a key cannot take it.
local function index_calls(todo)
  local start, calls, words, is_taken = todo.start, {}, {}, {}
  for name, ids in pairs(todo.sets) do
    local key = start .. name .. ':idx'
    need('SADD', key)
    words[#words + 1] = key
    calls[#calls + 1] = {'SADD', key, ids, 1}
    is_taken[name] = true
  end
  local function add_sorted(command, lists, ending, step)
    for name, values in pairs(lists) do
      local key = start .. name .. ending
      need(command, key)
      ask('ZCARD', key)
      calls[#calls + 1] = {command, key, values, step}
    end
  end
  for name in pairs(todo.scores) do
    if is_taken[name] then return nil end
  end
  add_sorted('ZADD', todo.scores, ':idx', 2)
  add_sorted('ZADD', todo.prefixes, ':pre', 2)
  add_sorted('ZADD', todo.suffixes, ':suf', 2)
  add_sorted('GEOADD', todo.points, ':geo', 3)
  return #words <= CHUNK and are_sets(words) and calls or nil
end

local function send(command, key, values, step)
  local size = #values
  if size <= CHUNK then return redis.call(command, key, unpack(values)) end
  local most = CHUNK - CHUNK % step
  for first = 1, size, most do redis.call(command, key, unpack(values, first, math.min(first + most - 1, size))) end
end

local function write_rows(batch, todo, calls)
  local columns_at, width, fields = places_of(batch), batch[4], {batch[2]}
  for number, at in ipairs(todo.rows) do
    fields[2], fields[3], fields[4] = todo.ids[number], '-index-data-', batch[at + 1]
    local size = 4
    for place = 1, width do
      local text = batch[at + 1 + place]
      if text ~= null then
        fields[size + 1], fields[size + 2] = batch[columns_at + place - 1], text
        size = size + 2
      end
    end
    redis.call('HSET', todo.keys[number], unpack(fields, 1, size))
  end
  for name, claims in pairs(todo.claims) do send('HSET', todo.start .. name .. ':uidx', claims, 2) end
  for _, call in ipairs(calls) do send(unpack(call)) end
end

-- The ids of the rows; nil where they were not written.
local function insert(batch, try)
  local counter = batch[1] .. ':' .. batch[2] .. ':'
  local todo = gather(batch, tonumber(ask('GET', counter) or 0))
  for name, claims in pairs(todo.claims) do
    local key = todo.start .. name .. ':uidx'
    if #claims > CHUNK or not are_free(key, claims) then return nil end
    need('HSET', key)
  end
  if 2 * batch[4] + 4 > CHUNK or #todo.keys > CHUNK or not are_there(todo.referred) then return nil end
  -- behind 2^53 a number of Lua's is not exact
  if #todo.ids[#todo.ids] > 15 or ask('EXISTS', unpack(todo.keys)) > 0 then return nil end
  for _, key in ipairs(todo.keys) do need('HSET', key) end
  local calls = index_calls(todo)
  if not calls then return nil end
  if todo.fresh > 0 then redis.call('INCRBY', counter, todo.fresh) end
  try.is_begun = todo.fresh > 0  -- what comes first is refused where there is no memory
  write_rows(batch, todo, calls)
  return todo.ids
end

local function insert_rows(batch)
  local try = {}
  local ok, ids = pcall(insert, batch, try)
  if ok then return ids end
  if try.is_begun then error(type(ids) == 'table' and ids.err or ids) end
end
