-- Writes and deletes rows together with their index entries and unique values: all of an operation, or nothing.
--
-- KEYS[1]  NS:once:SESSION, what this session wrote last and what it was told
-- ARGV[1]  sequence number of the call within the session
-- ARGV[2]  seconds for which a repeated call is answered from KEYS[1]
-- ARGV[3]  JSON {atomic: bool, about: sequence number of a call that got no answer, operations: [...]}, each operation an object of
--   namespace, pk (the primary key's attribute), id (text; left out: a new one is taken from the counter)
--   new, delete, force, repair  booleans: what kind of write this is; repair adds index entries again that should be there
--   expect   {column: stored text or false}: where the row differs, another writer changed what this one writes
--   assume   the same: where the row differs, the plan was made from an old view and must be made again
--   guard    [[index key, id, [ids]]]: no rows but these refer to the id
--   set {column: text}, unset [column], claim {unique name: value}, release {unique name: value}
--   touched  true or [column]: whose index entries these are; touched_geo: bool
--   words ["COL:WORD"], scores {"COL" or "COL:X": score}, prefixes and suffixes {"COL": [word, score, word, score...]},
--   geo {name: [longitude, latitude]}; index_data: all of these, as the row is to keep them, where `touched` is true or
--   the row is new; rescore: only scores of entries that exist change, drop [attribute of an unsafe column]
--
-- Reply: JSON {sequence: that of the call, done: [id or false per operation], errors: [[position, kind, detail...]],
--   about: {answer: the reply to the call asked about, or remembers: bool, whether its not being done is known}}
--   kinds: race (columns), stale, gone, taken, unique (name, owner), guard (index key), type (key, is, should be),
--   refused (message). The first error stops; with atomic all are listed, and nothing is done. A done of false: there was
--   nothing to delete.

if redis.replicate_commands then redis.replicate_commands() end

local CHUNK = 4000
local STEPS = {SADD = 1, SREM = 1, ZREM = 1, ZADD = 2, GEOADD = 3}
local SIZE_OF = {set = 'SCARD', zset = 'ZCARD', hash = 'HLEN'}
local REMOVES = {SREM = true, ZREM = true}

local request = cjson.decode(ARGV[3])
local types = {}    -- key -> its type, or the type that this call will give it
local written = {}  -- keys of the rows that this call has written
-- What goes to the same key by the same command, for one call at the end. One operation alone has nothing to collect.
local pending = #request.operations > 1 and {SREM = {}, ZREM = {}, SADD = {}, ZADD = {}, GEOADD = {}}

-- What is to be taken out of a key of another type is not there.
local function call_of(command) return REMOVES[command] and redis.pcall or redis.call end

local function put(command, key, ...)
  if not pending then return call_of(command)(command, key, ...) end
  local values = pending[command][key]
  if not values then
    pending[command][key] = {...}
    return
  end
  local last = #values
  values[last + 1], values[last + 2], values[last + 3] = ...
end

local function run_pending()
  for command, keys in pairs(pending or {}) do
    local call, size = call_of(command), CHUNK - CHUNK % STEPS[command]
    for key, values in pairs(keys) do
      if #values <= size then
        call(command, key, unpack(values))
      else
        for first = 1, #values, size do
          call(command, key, unpack(values, first, math.min(first + size - 1, #values)))
        end
      end
    end
    pending[command] = {}
  end
end

local function listed(values)
  local set = {}
  for _, value in ipairs(values or {}) do set[value] = true end
  return set
end

local function row_key(op) return op.namespace .. ':' .. op.id end

local function unique_key(op, name) return op.namespace .. ':' .. name .. ':uidx' end

-- The id of the row that holds a unique value; nil where it is free, its owner's row gone.
local function owner_of(op, name, value)
  local owner = redis.call('HGET', unique_key(op, name), value)
  if owner and owner ~= op.id and redis.call('EXISTS', op.namespace .. ':' .. owner) == 1 then return owner end
end

local function differing(stored, wanted, found)
  for column, text in pairs(wanted or {}) do
    if stored[column] ~= text then found[#found + 1] = column end
  end
  return found
end

local function stored_fields(op)
  local columns = {'-index-data-'}
  for column in pairs(op.expect or {}) do columns[#columns + 1] = column end
  for column in pairs(op.assume or {}) do columns[#columns + 1] = column end
  local stored = {}
  for first = 1, #columns, CHUNK do
    local last = math.min(first + CHUNK - 1, #columns)
    local values = redis.call('HMGET', row_key(op), unpack(columns, first, last))
    for position, value in ipairs(values) do stored[columns[first + position - 1]] = value end
  end
  return stored
end

-- Rows older than 1.0 keep what they put into which index outside, in NS::.
local function read_legacy(op)
  if op.stored['-index-data-'] then return end
  local found = redis.pcall('HGET', op.namespace .. '::', op.id)
  op.legacy = type(found) == 'string' and found  -- a key of another type is somebody else's
end

local function check_row(op)
  if op.new then
    if op.id and redis.call('EXISTS', row_key(op)) == 1 then return {'taken'} end
    op.stored = {}
    return
  end
  op.stored = stored_fields(op)
  if not op.stored['-index-data-'] and redis.call('EXISTS', row_key(op)) == 0 then
    if not (op.delete or op.force) then return {'gone'} end
    op.gone = true
  end
  read_legacy(op)
  if op.gone then return end
  local raced = differing(op.stored, op.expect, {})
  if #raced > 0 then return {'race', raced} end
  if #differing(op.stored, op.assume, {}) > 0 then return {'stale'} end
end

-- What the other operations of an atomic call give back and take: unique key, NUL, value -> id; nil in any other call.
local released, claimed

local function owner_by_then(slot, owner)
  if claimed[slot] then return claimed[slot] end
  if released[slot] ~= owner then return owner end
end

local function check_unique(op)
  for name, value in pairs(op.claim or {}) do
    local owner = owner_of(op, name, value)
    if claimed then
      local slot = unique_key(op, name) .. '\0' .. value
      owner = owner_by_then(slot, owner)
      claimed[slot] = owner or op.id or '?'
    end
    if owner then return {'unique', name, owner} end
  end
end

local function check_guards(op)
  for _, guard in ipairs(op.guard or {}) do
    local expected = listed(guard[3])
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', guard[1], guard[2], guard[2])) do
      if not expected[id] then return {'guard', guard[1]} end
    end
  end
end

local function other_type(key, wanted)
  if types[key] == wanted then return end
  if types[key] then return {'type', key, types[key], wanted} end
  if type(redis.pcall(SIZE_OF[wanted], key)) == 'table' then return {'type', key, redis.call('TYPE', key).ok, wanted} end
  types[key] = wanted
end

-- A key that holds something of another type would stop the write half-way.
local function check_types(op)
  local start, found = op.namespace .. ':', nil
  for _, word in ipairs(op.words or {}) do found = found or other_type(start .. word .. ':idx', 'set') end
  for name in pairs(op.scores or {}) do found = found or other_type(start .. name .. ':idx', 'zset') end
  for column in pairs(op.prefixes or {}) do found = found or other_type(start .. column .. ':pre', 'zset') end
  for column in pairs(op.suffixes or {}) do found = found or other_type(start .. column .. ':suf', 'zset') end
  for name in pairs(op.geo or {}) do found = found or other_type(start .. name .. ':geo', 'zset') end
  for name in pairs(op.release or {}) do found = found or other_type(unique_key(op, name), 'hash') end
  if op.pk_index then found = found or other_type(start .. op.pk .. ':idx', 'zset') end
  return found
end

local function verify(op)
  return check_row(op) or check_unique(op) or check_guards(op) or check_types(op)
end

-- What a function gives back, or {'refused', message} where Redis refuses something in it.
local function guarded(run, op)
  local ok, result = pcall(run, op)
  if ok then return result end
  return nil, {'refused', type(result) == 'table' and result.err or tostring(result)}
end

-- A fresh id from the counter; where the counter was lost, one behind the rows that are there.
local function next_id(op)
  local counter = op.namespace .. ':' .. op.pk .. ':'
  local step = 1
  while true do
    local number = redis.call('INCRBY', counter, step)
    -- behind 2^53 a number of Lua's is not exact
    local id = number < 2 ^ 53 and string.format('%.0f', number) or redis.call('GET', counter)
    if redis.call('EXISTS', op.namespace .. ':' .. id) == 0 then return id end
    step = step * 2
  end
end

local function release_unique(op)
  for name, value in pairs(op.release or {}) do
    local key = unique_key(op, name)
    if redis.call('HGET', key, value) == op.id then redis.call('HDEL', key, value) end
  end
end

-- The index entries of a row that was not there: nothing to compare with.
local function add_entries(op)
  local start, id = op.namespace .. ':', op.id
  for _, name in ipairs(op.words or {}) do put('SADD', start .. name .. ':idx', id) end
  for name, score in pairs(op.scores or {}) do put('ZADD', start .. name .. ':idx', score, id) end
  for kind, columns in pairs({pre = op.prefixes, suf = op.suffixes}) do
    for column, entries in pairs(columns) do
      local key = start .. column .. ':' .. kind
      for place = 1, #entries, 2 do put('ZADD', key, entries[place + 1], entries[place] .. '\0' .. id) end
    end
  end
  for name, point in pairs(op.geo or {}) do put('GEOADD', start .. name .. ':geo', point[1], point[2], id) end
end

-- Made when the first row that was there before is written.
local change_entries

local function load_changes()
-- include changes
end

-- Brings the indexes in step; gives back the new -index-data-, or nil where it stays as it is.
local function write_index(op)
  if op.new then
    add_entries(op)
    return op.index_data
  end
  if not change_entries then load_changes() end
  return change_entries(op)
end

local function write_fields(op, index_data)
  local fields = {op.pk, op.id}
  for column, text in pairs(op.set or {}) do
    fields[#fields + 1] = column
    fields[#fields + 1] = text
  end
  if index_data then
    fields[#fields + 1] = '-index-data-'
    fields[#fields + 1] = index_data
  end
  for first = 1, #fields, CHUNK do
    redis.call('HSET', row_key(op), unpack(fields, first, math.min(first + CHUNK - 1, #fields)))
  end
  for _, column in ipairs(op.unset or {}) do redis.call('HDEL', row_key(op), column) end
end

local function remove_row(op)
  redis.call('DEL', row_key(op))
  for _, attribute in ipairs(op.drop or {}) do redis.call('DEL', row_key(op) .. ':' .. attribute) end
end

local function apply(op)
  op.id = op.id or next_id(op)
  -- a second operation on one row may take back what the first has collected
  if written[row_key(op)] then run_pending() end
  written[row_key(op)] = true
  release_unique(op)
  for name, value in pairs(op.claim or {}) do redis.call('HSET', unique_key(op, name), value, op.id) end
  if op.pk_index and not op.delete and (op.new or op.touched == true) then
    op.scores = op.scores or {}
    op.scores[op.pk] = op.id
  end
  local index_data = write_index(op)
  if op.delete then remove_row(op) else write_fields(op, index_data) end
  if op.legacy then redis.call('HDEL', op.namespace .. '::', op.id) end
  if op.delete and op.gone then return false end
  return op.id
end

local function all_or_none(operations, reply)
  released, claimed = {}, {}
  for _, op in ipairs(operations) do
    for name, value in pairs(op.release or {}) do released[unique_key(op, name) .. '\0' .. value] = op.id end
  end
  for position, op in ipairs(operations) do
    local problem, refusal = guarded(verify, op)
    problem = problem or refusal
    if problem then reply.errors[#reply.errors + 1] = {position - 1, unpack(problem)} end
  end
  if #reply.errors > 0 then return end
  for _, op in ipairs(operations) do op.id = op.id or next_id(op) end
  for _, op in ipairs(operations) do release_unique(op) end
  for position, op in ipairs(operations) do
    op.release = nil
    reply.done[position] = apply(op)
  end
end

local function one_after_another(operations, reply)
  for position, op in ipairs(operations) do
    local problem, refusal = guarded(verify, op)
    problem = problem or refusal
    if not problem then reply.done[position], problem = guarded(apply, op) end
    if problem then
      reply.errors[1] = {position - 1, unpack(problem)}
      return
    end
  end
end

-- What became of the call in question: its answer where it was done; whether anything is remembered where it was not.
local function what_became(about, sequence, answer)
  if not sequence then return {remembers = false} end
  if sequence == about then return {answer = answer} end
  -- an earlier call has asked the same, and its own reply got lost
  if sequence > about then return cjson.decode(answer).about or {remembers = true} end
  return {remembers = true}
end

local number = tonumber(ARGV[1])
local reply = {sequence = number, done = {}, errors = {}}
local sequence, answer = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (.*)$')
sequence = tonumber(sequence)
if sequence == number then return answer end
if sequence and sequence > number then return redis.error_reply('ROM superseded by a later call of this session') end
if request.about then reply.about = what_became(request.about, sequence, answer) end
if request.atomic then all_or_none(request.operations, reply) else one_after_another(request.operations, reply) end
run_pending()
answer = cjson.encode(reply)
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. answer, 'EX', ARGV[2])
return answer
