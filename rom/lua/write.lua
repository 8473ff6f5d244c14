-- Writes and deletes rows together with their index entries and unique values: all of an operation, or nothing.
--
-- KEYS[1]  NS:once:SESSION, what this session wrote last and what it was told; in a cluster there are more: see store.py
-- ARGV[1]  sequence number of the call within the session
-- ARGV[2]  seconds for which a repeated call is answered from KEYS[1]
-- ARGV[3]  JSON {atomic: bool, about: sequence number of a call that got no answer, operations: [...]}, each operation an object of
--   namespace, pk (the primary key's attribute), id (text; left out: a new one is taken from the counter)
--   new, delete, force, repair  booleans: what kind of write this is; repair adds index entries again that should be there
--   expect   {column: stored text or false}: where the row differs, another writer changed what this one writes
--   assume   the same: where the row differs, the plan was made from an old view and must be made again
--   refer    {column: key of a row}: where the row gets another value of the column, that row has to be there
--   guard    [[index key, id, [ids]]]: no rows but these refer to the id
--   look     bool: only see to the guards, and whether the user may delete the row
--   was      -index-data- as it was, for a row that has vanished with what it listed
--   set {column: text}, unset [column], claim {unique name: value}, release {unique name: value}
--   touched  true or [column]: whose index entries these are; touched_geo: bool
--   words ["COL:WORD"], scores {"COL" or "COL:X": score}, prefixes and suffixes {"COL": [word, score, word, score...]},
--   geo {name: [longitude, latitude]}; index_data: all of these, as the row is to keep them, where `touched` is true or
--   the row is new; rescore: only scores of entries that exist change, drop [attribute of an unsafe column]
--
-- Reply: JSON {sequence: that of the call, done: [id or false per operation], errors: [[position, kind, detail...]],
--   about: {answer: the reply to the call asked about, or remembers: bool, whether its not being done is known}}
--   kinds: race (columns), stale, gone, taken, unique (name, owner), reference (column, key), guard (index key),
--   type (key, is, should be), right (command, key), refused (message). The first error stops; with atomic all are listed,
--   and nothing is done. A done of false: there was nothing to delete.

if redis.replicate_commands then redis.replicate_commands() end

local CHUNK = 4000
local STEPS = {ZADD = 2, GEOADD = 3}
local SIZE_OF = {set = 'SCARD', zset = 'ZCARD', hash = 'HLEN'}

local remembered  -- what KEYS[1] holds
-- include rights

local request = cjson.decode(ARGV[3])
local types = {}    -- key -> its type, or the type that this call will give it
local there = {}    -- key of a row that others refer to -> whether it is there, or will be
-- What goes to the same key by the same command, for one call at the end: a list of {command: {key: values}}, of which
-- each has to do with a row once. A second operation on it may take back what the first has collected.
local pending, collected, rows

local function collect_more()
  pending, rows = {}, {}
  collected[#collected + 1] = pending
end

local function put(command, key, ...)
  local keys = pending[command]
  if not keys then
    keys = {}
    pending[command] = keys
  end
  local values = keys[key]
  if not values then
    need(command, key)
    keys[key] = {...}
    return
  end
  local size = #values
  values[size + 1], values[size + 2], values[size + 3] = ...
end

-- Removing from a key of another type is a no-op.
local function remove(command, ...)
  local reply = redis.pcall(command, ...)
  if type(reply) == 'table' and reply.err and not is_wrong_type(reply) then error(reply.err) end
end

local function run_collected()
  for _, commands in ipairs(collected) do
    for command, keys in pairs(commands) do
      local size = CHUNK - CHUNK % (STEPS[command] or 1)
      local call = (command == 'SREM' or command == 'ZREM') and remove or redis.call
      for key, values in pairs(keys) do
        for first = 1, #values, size do call(command, key, unpack(values, first, math.min(first + size - 1, #values))) end
      end
    end
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
  local owner = ask('HGET', unique_key(op, name), value)
  if owner and owner ~= op.id and ask('EXISTS', op.namespace .. ':' .. owner) == 1 then return owner end
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
    local values = ask('HMGET', row_key(op), unpack(columns, first, last))
    for position, value in ipairs(values) do stored[columns[first + position - 1]] = value end
  end
  return stored
end

-- Rows older than 1.0 keep what they put into which index outside, in NS::.
local function read_legacy(op)
  if op.stored['-index-data-'] then return end
  local key = op.namespace .. '::'
  local found = redis.pcall('HGET', key, op.id)
  op.legacy = type(found) == 'string' and found  -- a key of another type is somebody else's
  if is_denied(found) then error(refusal_of('HGET', key, found)) end
end

local function check_row(op)
  if op.new then
    if op.id and ask('EXISTS', row_key(op)) == 1 then return {'taken'} end
    op.stored = {}
    return
  end
  op.stored = stored_fields(op)
  if not op.stored['-index-data-'] and ask('EXISTS', row_key(op)) == 0 then
    if not (op.delete or op.force) then return {'gone'} end
    op.gone = true
  end
  read_legacy(op)
  if op.gone then
    op.stored = {['-index-data-'] = not op.legacy and op.was}
    return
  end
  local raced = differing(op.stored, op.expect, {})
  if #raced > 0 then return {'race', raced} end
  if #differing(op.stored, op.assume, {}) > 0 then return {'stale'} end
end

local function is_there(key)
  if there[key] == nil then there[key] = ask('EXISTS', key) == 1 end
  return there[key]
end

local function check_references(op)
  for column, key in pairs(op.refer or {}) do
    if op.set[column] ~= op.stored[column] and not is_there(key) then return {'reference', column, key} end
  end
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

-- A unique value that another row has by now is not for this one to give back.
local function check_releases(op)
  for name, value in pairs(op.release or {}) do
    if ask('HGET', unique_key(op, name), value) ~= op.id then op.release[name] = nil end
  end
end

local function check_guards(op)
  for _, guard in ipairs(op.guard or {}) do
    local expected = listed(guard[3])
    for _, id in ipairs(ask('ZRANGEBYSCORE', guard[1], guard[2], guard[2])) do
      if not expected[id] then return {'guard', guard[1]} end
    end
  end
end

local function other_type(key, wanted)
  if types[key] == wanted then return end
  if types[key] then return {'type', key, types[key], wanted} end
  ask(SIZE_OF[wanted], key)
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
  if op.pk_index then found = found or other_type(start .. op.pk .. ':idx', 'zset') end
  return found
end

local function verify(op)
  if op.look then return check_guards(op) end
  return check_row(op) or check_references(op) or check_unique(op) or check_releases(op) or check_guards(op) or check_types(op)
end

-- What a function gives back, or nil and {kind, detail...} where something in it was refused.
local function guarded(run, ...)
  local ok, result = pcall(run, ...)
  if ok then return result end
  if type(result) == 'table' and not result.err then return nil, result end
  return nil, {'refused', type(result) == 'table' and result.err or tostring(result)}
end

-- A fresh id from the counter; where the counter was lost, one behind the rows that are there.
local function next_id(op)
  local counter = op.namespace .. ':' .. op.pk .. ':'
  local step = 1
  while true do
    local number = ask('INCRBY', counter, step)
    -- behind 2^53 a number of Lua's is not exact
    local id = number < 2 ^ 53 and string.format('%.0f', number) or ask('GET', counter)
    if ask('EXISTS', op.namespace .. ':' .. id) == 0 then return id end
    step = step * 2
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

local function need_for_row(op)
  local row = row_key(op)
  for name in pairs(op.release or {}) do need('HDEL', unique_key(op, name)) end
  for name in pairs(op.claim or {}) do need('HSET', unique_key(op, name)) end
  if op.legacy then need('HDEL', op.namespace .. '::') end
  if not op.delete then need('HSET', row) end
  if op.unset and #op.unset > 0 then need('HDEL', row) end
  if op.delete then need('DEL', row) end
  for _, attribute in ipairs(op.delete and op.drop or {}) do need('DEL', row .. ':' .. attribute) end
end

-- Works out all that is to be written, and whether this user may: nothing is by then.
local function collect(op)
  if op.look then return need('DEL', row_key(op)) end
  local row = row_key(op)
  local earlier = rows[row]
  if earlier then
    collect_more()
    if request.atomic and not op.new then op.stored['-index-data-'] = earlier.listing or earlier.stored['-index-data-'] end
  end
  rows[row] = op
  if op.pk_index and not op.delete and (op.new or op.touched == true) then
    op.scores = op.scores or {}
    op.scores[op.pk] = op.id
  end
  op.listing = write_index(op)
  need_for_row(op)
end

local function release_unique(op)
  for name, value in pairs(op.release or {}) do redis.call('HDEL', unique_key(op, name), value) end
end

local function apply(op)
  if op.look then return op.id end
  for name, value in pairs(op.claim or {}) do redis.call('HSET', unique_key(op, name), value, op.id) end
  if op.delete then remove_row(op) else write_fields(op, op.listing) end
  if op.legacy then redis.call('HDEL', op.namespace .. '::', op.id) end
  if op.delete and op.gone then return false end
  return op.id
end

local function start_collecting()
  collected = {}
  collect_more()
end

-- Calls a function for all of an atomic call, and lists what stands in the way.
local function try_all(operations, run, errors)
  for position, op in ipairs(operations) do
    local problem, refusal = guarded(run, op)
    problem = problem or refusal
    if problem then errors[#errors + 1] = {position - 1, unpack(problem)} end
  end
  return #errors == 0
end

local function take_id(op) op.id = op.id or next_id(op) end

local function all_or_none(operations, reply)
  released, claimed = {}, {}
  for _, op in ipairs(operations) do
    for name, value in pairs(op.release or {}) do released[unique_key(op, name) .. '\0' .. value] = op.id end
    if op.id and (op.new or op.delete) then there[row_key(op)] = op.new or false end
  end
  if not (try_all(operations, verify, reply.errors) and try_all(operations, take_id, reply.errors)
          and try_all(operations, collect, reply.errors)) then return start_collecting() end
  local _, refusal = guarded(function()
    for _, op in ipairs(operations) do release_unique(op) end
    for position, op in ipairs(operations) do reply.done[position] = apply(op) end
  end)
  if not refusal then return end
  if #reply.done > 0 then error(refusal[#refusal]) end
  reply.errors[1] = {0, unpack(refusal)}  -- the first write of all, as where there is no memory
  start_collecting()
end

local function prepare(op)
  local problem = verify(op)
  if problem then return problem end
  take_id(op)
  collect(op)
end

local function write(op)
  release_unique(op)
  return apply(op)
end

local function one_after_another(operations, reply)
  for position, op in ipairs(operations) do
    local problem, refusal = guarded(prepare, op)
    problem = problem or refusal
    if not problem then reply.done[position], problem = guarded(write, op) end
    if problem then
      reply.errors[1] = {position - 1, unpack(problem)}
      start_collecting()  -- without what the refused one has collected
      for earlier = 1, position - 1 do collect(operations[earlier]) end
      return
    end
    there[row_key(op)] = nil
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

local function is_out_of_memory(reply)
  local first = reply.errors[1]
  return #reply.done == 0 and first and first[2] == 'refused' and string.find(first[3], 'OOM ', 1, true)
end

-- An error in place of an answer.
local function failed(refusal)
  local kind, first, second = unpack(refusal)
  if kind == 'refused' then first = string.gsub(first, '^@user_script: ?%d+: %-?', '') end
  return redis.error_reply(kind == 'right' and 'NOPERM this user lacks the right to ' .. first .. ' ' .. second
                           or kind == 'type' and 'WRONGTYPE the key ' .. first .. ' holds a ' .. second .. ' and not a string' or first)
end

local number = tonumber(ARGV[1])
local reply = {sequence = number, done = {}, errors = {}}
local refusal
remembered, refusal = guarded(ask, 'GET', KEYS[1])
if refusal then return failed(refusal) end
local sequence, answer = string.match(remembered or '', '^(%d+) (.*)$')
sequence = tonumber(sequence)
if sequence == number then return answer end
if sequence and sequence > number then return redis.error_reply('ROM superseded by a later call of this session') end
if request.about then reply.about = what_became(request.about, sequence, answer) end

refusal = select(2, guarded(need, 'SET', KEYS[1]))
if refusal then
  if request.about then return failed(refusal) end  -- it could arrive later, and be done
  reply.errors[1] = {0, unpack(refusal)}
  return cjson.encode(reply)
end
start_collecting()
if request.atomic then all_or_none(request.operations, reply) else one_after_another(request.operations, reply) end
run_collected()
answer = cjson.encode(reply)
local kept = redis.pcall('SET', KEYS[1], ARGV[1] .. ' ' .. answer, 'EX', ARGV[2])
-- without memory nothing was done: that need not be remembered
if kept.err and (request.about or not is_out_of_memory(reply)) then return failed({'refused', kept.err}) end
return answer
