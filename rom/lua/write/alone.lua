-- One row by itself, which is what most calls write: done at once, without most of the looks and functions that many rows take.
-- Where anything is not as it should be, nothing is written, and the row is done as any other: that tells what it was.
--
-- A new row is written without a look at the types of keys and at unique values: where one is in the way, all is taken out
-- again, which for a row that was not there before can be done without a trace.
--
-- uses: request, is_batch, places_of
-- gives: write_alone

local null = cjson.null
local is_begun = false  -- whether anything is written

local function refuse() error('') end

-- Refuses users who may not use a command on any key: who may write a key unlike any other may write all.
local function need(command)
  if not redis.acl_check_cmd(command, '\1rom') then refuse() end
end

local function key_of(namespace, kind, name) return namespace .. ':' .. name .. ':' .. kind end

-- What a row lists; refuses one that is not as it was seen.
local function listing_of(batch, at, key)
  local seen = redis.call('HMGET', key, '-index-data-', unpack(batch, 5, 4 + batch[4]))
  for place = 1, batch[4] do
    local text = batch[at + place]
    if text ~= null and text ~= seen[place + 1] then refuse() end
  end
  return seen[1] or refuse()
end

local function change(batch, at, scores)
-- include write/lists_score
  local id, width = batch[at], batch[4]
  local key = batch[2] .. ':' .. id
  need('HSET')
  need('ZADD')
  local listing = listing_of(batch, at, key)
  for place = scores, at - 1 do
    local name = batch[4 + batch[place]]
    if not lists_score(listing, name) then refuse() end
    if place > scores then redis.call('ZCARD', key_of(batch[2], 'idx', name)) end  -- of the first the very first write tells
  end
  for place = scores, at - 1 do
    redis.call('ZADD', key_of(batch[2], 'idx', batch[4 + batch[place]]), batch[at + width + batch[place]], id)
    is_begun = true
  end
  local fields = {}
  for place = 1, width do fields[2 * place - 1], fields[2 * place] = batch[4 + place], batch[at + width + place] end
  redis.call('HSET', key, unpack(fields))
  return id
end

local function remove(batch, at, names)
-- include write/listed
  local id, owned = batch[at], {}
  local key = batch[2] .. ':' .. id
  for _, command in ipairs({'DEL', 'HDEL', 'SREM', 'ZREM'}) do need(command) end
  local listing = cjson.decode(listing_of(batch, at, key))
  for number = 1, batch[names - 1] do
    local value, holder = batch[at + batch[4] + number], key_of(batch[2], 'uidx', batch[names - 1 + number])
    if value ~= null and redis.call('HGET', holder, value) == id then owned[holder] = value end
  end
  local calls = {}  -- made before anything is written: what the row lists may be of no shape that is known
  put_listed(batch[2], id, listing, function(command, key, value)
    local last = calls[#calls]
    if last and last[2] == key and last[1] == command and #last < 1000 then
      last[#last + 1] = value
    else
      calls[#calls + 1] = {command, key, value}
    end
  end)
  redis.call('DEL', key)
  is_begun = true
  for holder, value in pairs(owned) do redis.call('HDEL', holder, value) end
  for _, call in ipairs(calls) do
    local reply = redis.pcall(unpack(call))
    if type(reply) == 'table' and not string.find(reply.err, 'WRONGTYPE', 1, true) then error(reply.err) end  -- else a no-op
  end
  return id
end

-- Leaves the row to be written with more care, once its id is given back and nothing of it is there.
local function give_back(counter, id)
  if id == '1' then redis.call('DEL', counter) else redis.call('INCRBY', counter, -1) end
  is_begun = false
  refuse()
end

local function insert(batch, at, references)
-- include write/entries

  -- Takes out what the row has written.
  local function undo(id, done, counter)
    local undone_by = {SADD = 'SREM', ZADD = 'ZREM', GEOADD = 'ZREM', HSET = 'HDEL'}
    put_entries(batch, at, id, function(command, key, first, second, third)
      if done > 0 then redis.call(undone_by[command], key, command == 'HSET' and first or third or second or first) end
      done = done - 1
    end)
    redis.call('DEL', batch[2] .. ':' .. id)
    give_back(counter, id)
  end

  for _, command in ipairs({'EXISTS', 'HSET', 'HDEL', 'SREM', 'ZREM', 'DEL'}) do need(command) end
  for place = references + 2, #batch, 2 do
    if redis.call('EXISTS', batch[place]) == 0 then refuse() end
  end
  local counter = batch[2] .. ':' .. batch[3] .. ':'
  local id = string.format('%.0f', redis.call('INCRBY', counter, 1))
  is_begun = true
  -- behind 2^53 a number of Lua's is not exact
  if #id > 15 or redis.call('EXISTS', batch[2] .. ':' .. id) == 1 then give_back(counter, id) end
  write_fields(batch, at, id)
  local done = 0
  put_entries(batch, at, id, function(command, ...)
    local reply = redis.pcall(command == 'HSET' and 'HSETNX' or command, ...)
    if type(reply) == 'table' or command == 'HSET' and reply == 0 then undo(id, done, counter) end
    done = done + 1
  end)
  return id
end

-- The id of the only row, once it is written.
local function write_row(batch)
  local _, second, third, at = places_of(batch)
  local number = string.match(redis.call('GET', KEYS[1]) or '0 ', '^(%d+) ')
  if not number or tonumber(number) >= tonumber(ARGV[1]) then refuse() end
  need('SET')
  if batch[1] == 'new' then
    local scores = at + 2 + batch[5] + batch[at + 2 + batch[5]] + 1
    local references = scores
    for _ = 1, 5 do references = references + batch[references] + 1 end
    -- a word and a number may be of one name
    if batch[at] ~= null or batch[scores] > 0 or references + batch[references] ~= #batch then refuse() end
    return insert(batch, at, references)
  end
  if at + third - 1 ~= #batch then refuse() end
  return (batch[1] == 'change' and change or remove)(batch, at, second)
end

-- The answer, remembered already; nil where nothing was written.
write_alone = function()
  local batch = request.operations[1]
  if #request.operations ~= 1 or not is_batch(batch) or not redis.acl_check_cmd then return nil end
  local kind = batch[1]
  if kind ~= 'new' and kind ~= 'change' and kind ~= 'delete' or #batch > 1000 then return nil end
  local ok, id = pcall(write_row, batch)
  if ok then
    local answer = '{"sequence":' .. ARGV[1] .. ',"done":["' .. id .. '"],"errors":[]}'
    redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. answer, 'EX', ARGV[2])
    return answer
  end
  if is_begun then error(type(id) == 'table' and id.err or id) end
end
