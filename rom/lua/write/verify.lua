-- Whether an operation may be done: its row, the rows it refers to, unique values, guards and types of keys. Nothing is written.
--
-- uses: CHUNK, row_key, unique_key, ask, is_denied, refusal_of
-- gives: listed, verify, tell, is_told, foresee, forget

local SIZE_OF = {set = 'SCARD', zset = 'ZCARD', hash = 'HLEN'}

local types = {}  -- key -> its type, or the type that this call will give it
local there = {}  -- key of a row that others refer to -> whether it is there, or will be
local told = {}   -- key of a new row of which the call tells the id -> its operation
-- What the other operations of an atomic call give back and take: unique key, NUL, value -> id; nil in any other call.
local released, claimed

local function listed(values)
  local set = {}
  for _, value in ipairs(values or {}) do set[value] = true end
  return set
end

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
  if op.add then columns[#columns + 1] = op.add.column end
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

local add_up
local function load_add()
-- include write/add
end

local function check_row(op)
  if op.new then
    if op.id and (told[row_key(op)] ~= op or ask('EXISTS', row_key(op)) == 1) then return {'taken'} end
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
  if op.add then
    if not add_up then load_add() end
    return add_up(op)
  end
end

-- To the byte: all columns that the entity has seen, also those that are not written.
local function check_match(op)
  if not op.match then return end
  if ask('EXISTS', row_key(op)) == 0 then return {'changed', {}} end
  local columns, changed = {}, {}
  for column in pairs(op.match) do columns[#columns + 1] = column end
  for first = 1, #columns, CHUNK do
    local values = ask('HMGET', row_key(op), unpack(columns, first, math.min(first + CHUNK - 1, #columns)))
    for position, value in ipairs(values) do
      local column = columns[first + position - 1]
      if (value and redis.sha1hex(value)) ~= op.match[column] then changed[#changed + 1] = column end
    end
  end
  if #changed > 0 then return {'changed', changed} end
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
      claimed[slot] = owner or '?' .. op.place
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
  if op.look then return check_match(op) or check_guards(op) end
  return check_match(op) or check_row(op) or check_references(op) or check_unique(op) or check_releases(op) or check_guards(op)
         or check_types(op)
end

-- Takes note of the ids that new rows are to have; where two have the same, of the first.
local function tell(operations)
  for _, op in ipairs(operations) do
    if op.new and op.id then told[row_key(op)] = told[row_key(op)] or op end
  end
end

local function is_told(key) return told[key] ~= nil end

-- Takes note of what all operations of an atomic call give back and take, before one of them is verified.
local function foresee(operations)
  released, claimed = {}, {}
  for place, op in ipairs(operations) do
    op.place = place
    for name, value in pairs(op.release or {}) do released[unique_key(op, name) .. '\0' .. value] = op.id end
    if op.id and (op.new or op.delete) then there[row_key(op)] = op.new or false end
  end
end

-- What was seen of a row is old once it is written.
local function forget(op) there[row_key(op)] = nil end
