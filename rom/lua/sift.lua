-- Goes through index keys and tells the entries that the row they point at does not list.
--
-- KEYS[1]  any key of the namespace (for routing in a cluster)
-- ARGV[1]  JSON {namespace, cursor, limit: about how many entries to look at, keys: [[key, kind, name]]}
--   kind   idx, pre, suf, geo, uidx, or old: the hash of lists that are not in their rows
--   name   as rows list it: COL:WORD, the column, the geo name; for uidx the column that keeps the value;
--          false: there is no telling by the row's list, so every entry is told
--   cursor where to go on in the first key
-- Reply: [keys done, cursor in the next key, [[position of the key, id, member] of each suspect]]; of id and member each
--   byte comes as the character of that number, so that a client that decodes can take whatever stands there

-- include shared/readable

local request = cjson.decode(ARGV[1])
local SCANS = {set = 'SSCAN', zset = 'ZSCAN', hash = 'HSCAN'}
local TYPES = {idx = {set = 1, zset = 1}, pre = {zset = 1}, suf = {zset = 1}, geo = {zset = 1},
               uidx = {hash = 1}, old = {hash = 1}}

local function row_key(id) return request.namespace .. ':' .. id end

-- A field of a row; a key that is no hash is somebody else's, and no row.
local function field_of(id, name)
  local text = redis.pcall('HGET', row_key(id), name)
  return type(text) == 'string' and text
end

-- A list is searched as text; one so long and asked for so often is taken apart. That costs as much as so many searches.
local LONG, OFTEN = 5000, 20
local CHUNK = 100  -- entries between two looks at what the call has cost
local lists, encoded, work = {}, {}, 0

-- Every element of a list: names as they are, a column and a word with a zero byte between.
local function elements(text)
  local found, ok, parts = {}, pcall(cjson.decode, text)
  for _, part in pairs(ok and type(parts) == 'table' and parts or {}) do
    for _, element in pairs(type(part) == 'table' and part or {}) do
      if type(element) == 'string' then
        found[element] = true
      elseif type(element) == 'table' and type(element[1]) == 'string' and type(element[2]) == 'string' then
        found[element[1] .. '\0' .. element[2]] = true
      end
    end
  end
  return found
end

-- Whether a row lists a name or, if there is one, a name and a word.
local function is_listed(id, name, word)
  local list = lists[id]
  if not list then
    list = {text = field_of(id, '-index-data-'), asked = 0}
    lists[id] = list
  end
  if not list.text then return false end
  list.asked = list.asked + 1
  if not list.elements and (#list.text < LONG or list.asked <= OFTEN) then
    work = work + #list.text / LONG
    encoded[name] = encoded[name] or cjson.encode(name)
    return string.find(list.text, word and cjson.encode({name, word}) or encoded[name], 1, true)
  end
  if not list.elements then
    work = work + OFTEN * #list.text / LONG
    list.elements = elements(list.text)
  end
  return list.elements[word and name .. '\0' .. word or name]
end

-- Whether the row of an entry knows of it; never wrongly yes for a row whose own list has been checked.
local function is_known(kind, name, id, member)
  if kind == 'old' then
    return redis.call('TYPE', row_key(id)).ok == 'hash' and not field_of(id, '-index-data-')
  end
  if not name then return false end
  if kind == 'uidx' then return member ~= '' and field_of(id, name) == member end
  if kind == 'pre' or kind == 'suf' then return is_listed(id, name, string.sub(member, 1, -2 - #id)) end
  return is_listed(id, name)
end

local function id_of(kind, member, value)
  if kind == 'uidx' then return value end
  if kind == 'pre' or kind == 'suf' then return string.match(member, '%z([^%z]*)$') or '' end
  return member
end

local suspects, position, cursor = {}, 1, request.cursor
while position <= #request.keys and work < request.limit do
  local key, kind, name = unpack(request.keys[position])
  local type = redis.call('TYPE', key).ok
  local step = type == 'set' and 1 or 2
  local next_cursor, found = '0', {}
  if TYPES[kind][type] then
    next_cursor, found = unpack(redis.call(SCANS[type], key, cursor, 'COUNT', math.min(request.limit, CHUNK)))
  end
  for place = 1, #found, step do
    local id = id_of(kind, found[place], found[place + 1])
    if not is_known(kind, name, id, found[place]) then
      suspects[#suspects + 1] = {position - 1, readable(id), readable(found[place])}
    end
  end
  work, cursor = work + #found / step + 1, next_cursor
  if cursor == '0' then position = position + 1 end
end
return {position - 1, cursor, suspects}
