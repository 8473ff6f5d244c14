-- Writes and deletes rows together with their index entries and unique values: all of an operation, or nothing.
--
-- KEYS[1]  NS:once:SESSION, what this session wrote last and what it was told
-- ARGV[1]  sequence number of the call within the session
-- ARGV[2]  seconds for which a repeated call is answered from KEYS[1]
-- ARGV[3]  JSON {atomic: bool, settle: bool, operations: [...]}, each operation an object of
--   namespace, pk (the primary key's attribute), id (text; left out: a new one is taken from the counter)
--   new, delete, force, repair  booleans: what kind of write this is; repair adds index entries again that should be there
--   expect   {column: stored text or false}: where the row differs, another writer changed what this one writes
--   assume   the same: where the row differs, the plan was made from an old view and must be made again
--   guard    [[index key, id, [ids]]]: no rows but these refer to the id
--   set {column: text}, unset [column], claim {unique name: value}, release {unique name: value}
--   touched  true or [column]: whose index entries these are; touched_geo: bool
--   words ["COL:WORD"], scores {"COL" or "COL:X": score}, prefixes and suffixes [["COL", "WORD", score]],
--   geo {name: [longitude, latitude]}, rescore: only scores of entries that exist change, drop [attribute of an unsafe column]
--
-- Reply: JSON {done: [id or false per operation], errors: [[position, kind, detail...]], previous: text}
--   kinds: race (columns), stale, gone, taken, unique (name, owner), guard (index key), type (key, is, should be),
--   refused (message); the first error stops, with
--   atomic all are listed and nothing is done; false: there was nothing to delete.

if redis.replicate_commands then redis.replicate_commands() end

local CHUNK = 4000
local STEPS = {SADD = 1, SREM = 1, ZREM = 1, ZADD = 2, GEOADD = 3}
local types = {}  -- key -> its type, or the type that this call will give it
local pending = {SREM = {}, ZREM = {}, SADD = {}, ZADD = {}, GEOADD = {}}
local written = {}  -- keys of the rows that this call has written

-- Collects what goes to the same key by the same command, for one call at the end.
local function later(command, key, one, two, three)
  local values = pending[command][key]
  if not values then
    pending[command][key] = {one, two, three}
    return
  end
  local last = #values
  values[last + 1], values[last + 2], values[last + 3] = one, two, three
end

local function run_pending()
  for command, keys in pairs(pending) do
    -- what is to be taken out of a key of another type is not there
    local call = (command == 'SREM' or command == 'ZREM') and redis.pcall or redis.call
    local size = CHUNK - CHUNK % STEPS[command]
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

-- released and claimed hold what the other operations of an atomic call give back and take.
local function check_unique(op, released, claimed)
  for name, value in pairs(op.claim or {}) do
    local slot = unique_key(op, name) .. '\0' .. value
    local owner = owner_of(op, name, value)
    if owner and released[slot] == owner then owner = nil end
    if claimed[slot] then owner = claimed[slot] end
    if owner then return {'unique', name, owner} end
    claimed[slot] = op.id or '?'
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
  local kind = types[key] or redis.call('TYPE', key).ok
  if kind == 'none' then kind = wanted end
  types[key] = kind
  return kind ~= wanted and {'type', key, kind, wanted}
end

-- A key that holds something of another type would stop the write half-way.
local function check_types(op)
  local start, found = op.namespace .. ':', nil
  for _, word in ipairs(op.words or {}) do found = found or other_type(start .. word .. ':idx', 'set') end
  for name in pairs(op.scores or {}) do found = found or other_type(start .. name .. ':idx', 'zset') end
  for _, entry in ipairs(op.prefixes or {}) do found = found or other_type(start .. entry[1] .. ':pre', 'zset') end
  for _, entry in ipairs(op.suffixes or {}) do found = found or other_type(start .. entry[1] .. ':suf', 'zset') end
  for name in pairs(op.geo or {}) do found = found or other_type(start .. name .. ':geo', 'zset') end
  for name in pairs(op.release or {}) do found = found or other_type(unique_key(op, name), 'hash') end
  if op.pk_index then found = found or other_type(start .. op.pk .. ':idx', 'zset') end
  return found
end

local function verify(op, released, claimed)
  return check_row(op) or check_unique(op, released, claimed) or check_guards(op) or check_types(op)
end

-- What a function gives back, or {'refused', message} where Redis refuses something in it.
local function guarded(run, ...)
  local ok, result = pcall(run, ...)
  if ok then return result end
  return nil, {'refused', type(result) == 'table' and result.err or tostring(result)}
end

-- A fresh id from the counter; where the counter was lost, one behind the rows that are there.
local function next_id(op)
  local counter = op.namespace .. ':' .. op.pk .. ':'
  local step = 1
  while true do
    local id = string.format('%.0f', redis.call('INCRBY', counter, step))
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

-- include entries

-- Merges stored entries with new ones: keeps those of columns not touched, removes those no longer wanted.
local function merge(stored, wanted, touched, column_of, name_of, add, remove, repair)
  local names, kept, changed = {}, {}, false
  for _, entry in ipairs(wanted) do names[name_of(entry)] = entry end
  local there = {}
  for _, entry in ipairs(stored) do
    local name = name_of(entry)
    if not touched(column_of(entry)) then
      kept[#kept + 1] = entry
    elseif names[name] and not there[name] then
      there[name] = true
    elseif not names[name] then
      changed = true
      remove(entry)
    end
  end
  for _, entry in ipairs(wanted) do
    local name = name_of(entry)
    if names[name] then
      names[name] = nil
      kept[#kept + 1] = entry
      if not there[name] then changed = true end
      if repair or not there[name] then add(entry) end
    end
  end
  return kept, changed
end

local function itself(entry) return entry end
local function before_colon(name) return string.match(name, '^[^:]*') end
local function first_of(pair) return pair[1] end
local function pair_name(pair) return pair[1] .. '\0' .. pair[2] end

local function merge_pairs(op, stored, wanted, touched, kind)
  local function key(entry) return op.namespace .. ':' .. entry[1] .. ':' .. kind end
  local function member(entry) return entry[2] .. '\0' .. op.id end
  local kept, changed = merge(stored, wanted or {}, touched, first_of, pair_name,
    function(entry) later('ZADD', key(entry), entry[3], member(entry)) end,
    function(entry) later('ZREM', key(entry), member(entry)) end, op.repair)
  for position, entry in ipairs(kept) do kept[position] = {entry[1], entry[2]} end
  return kept, changed
end

local function merge_scores(op, stored, touched)
  local function key(name) return op.namespace .. ':' .. name .. ':idx' end
  local wanted = {}
  for name, score in pairs(op.scores or {}) do
    wanted[#wanted + 1] = name
    later('ZADD', key(name), score, op.id)
  end
  return merge(stored, wanted, touched, before_colon, itself, function() end,
    function(name) later('ZREM', key(name), op.id) end)
end

local function merge_geo(op, stored)
  local wanted, names, changed = op.touched_geo and (op.geo or {}) or {}, {}, false
  local function key(name) return op.namespace .. ':' .. name .. ':geo' end
  for name in pairs(stored) do
    if not op.touched_geo then
      names[#names + 1] = name
    elseif not wanted[name] then
      changed = true
      later('ZREM', key(name), op.id)
    end
  end
  for name, point in pairs(wanted) do
    names[#names + 1] = name
    if not stored[name] then changed = true end
    later('GEOADD', key(name), point[1], point[2], op.id)
  end
  return names, changed
end

-- Whether the names of all scores stand in the stored entries already: told from the text, without reading it all.
-- A quote inside a JSON string is escaped, so ["name" or ,"name" is always a whole element; columns with words never come here.
local function rescores(op)
  if not op.rescore then return false end
  local text = op.stored['-index-data-']
  for name in pairs(op.scores) do
    local quoted = '"' .. name .. '"'
    if not (string.find(text, '[' .. quoted, 1, true) or string.find(text, ',' .. quoted .. ',"', 1, true)
            or string.find(text, ',' .. quoted .. '],[[', 1, true) or string.find(text, ',' .. quoted .. '],{', 1, true)
            or string.find(text, ',' .. quoted .. '],[]', 1, true)) then return false end
  end
  for name, score in pairs(op.scores) do later('ZADD', op.namespace .. ':' .. name .. ':idx', score, op.id) end
  return true
end

local function touches_nothing(op)
  return type(op.touched) == 'table' and #op.touched == 0 and not op.touched_geo
end

local function add_pairs(op, entries, kind)
  local pairs_only = {}
  for position, entry in ipairs(entries or {}) do
    later('ZADD', op.namespace .. ':' .. entry[1] .. ':' .. kind, entry[3], entry[2] .. '\0' .. op.id)
    pairs_only[position] = {entry[1], entry[2]}
  end
  return pairs_only
end

-- The index entries of a row that was not there: nothing to compare with.
local function first_index(op)
  local start, scores, geo = op.namespace .. ':', {}, {}
  for _, name in ipairs(op.words or {}) do later('SADD', start .. name .. ':idx', op.id) end
  for name, score in pairs(op.scores or {}) do
    scores[#scores + 1] = name
    later('ZADD', start .. name .. ':idx', score, op.id)
  end
  for name, point in pairs(op.geo or {}) do
    geo[#geo + 1] = name
    later('GEOADD', start .. name .. ':geo', point[1], point[2], op.id)
  end
  return cjson.encode({op.words or {}, scores, add_pairs(op, op.prefixes, 'pre'), add_pairs(op, op.suffixes, 'suf'), geo})
end

-- Brings the indexes in step; gives back the new -index-data-, or nil where it stays as it is.
local function write_index(op)
  if op.new then return first_index(op) end
  if op.stored['-index-data-'] and (rescores(op) or touches_nothing(op)) then return end
  local stored = stored_index(op)
  local columns = type(op.touched) == 'table' and listed(op.touched)
  local function touched(column) return not columns or columns[column] end
  local function word_key(name) return op.namespace .. ':' .. name .. ':idx' end
  local words, by_words = merge(stored.words, op.words or {}, touched, before_colon, itself,
    function(name) later('SADD', word_key(name), op.id) end,
    function(name) later('SREM', word_key(name), op.id) end, op.repair)
  local scores, by_scores = merge_scores(op, stored.scores, touched)
  local prefixes, by_prefixes = merge_pairs(op, stored.prefixes, op.prefixes, touched, 'pre')
  local suffixes, by_suffixes = merge_pairs(op, stored.suffixes, op.suffixes, touched, 'suf')
  local geo, by_geo = merge_geo(op, stored.geo)
  if stored.missing or op.legacy or op.repair or by_words or by_scores or by_prefixes or by_suffixes or by_geo then
    return cjson.encode({words, scores, prefixes, suffixes, geo})
  end
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
  local released, claimed = {}, {}
  for _, op in ipairs(operations) do
    for name, value in pairs(op.release or {}) do released[unique_key(op, name) .. '\0' .. value] = op.id end
  end
  for position, op in ipairs(operations) do
    local problem, refusal = guarded(verify, op, released, claimed)
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
    local problem, refusal = guarded(verify, op, {}, {})
    problem = problem or refusal
    if not problem then reply.done[position], problem = guarded(apply, op) end
    if problem then
      reply.errors[1] = {position - 1, unpack(problem)}
      return
    end
  end
end

local request = cjson.decode(ARGV[3])
local reply = {done = {}, errors = {}}
local last = redis.call('GET', KEYS[1])
if last then
  local sequence, answer = string.match(last, '^(%d+) (.*)$')
  if tonumber(sequence) == tonumber(ARGV[1]) then return answer end
  if tonumber(sequence) > tonumber(ARGV[1]) then return redis.error_reply('ROM superseded by a later call of this session') end
  -- the call before may have settled the same doubt, and its own reply got lost
  if request.settle then reply.previous = cjson.decode(answer).previous or last end
end
if request.atomic then all_or_none(request.operations, reply) else one_after_another(request.operations, reply) end
run_pending()
local answer = cjson.encode(reply)
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. answer, 'EX', ARGV[2])
return answer
