-- Looks up index entries of rows, and takes out those that should not be, of each row only while it is as it was read.
--
-- KEYS[1]  any key of the namespace (for routing in a cluster)
-- ARGV[1]  JSON {remove: bool, rows: [...]}, each row an object of
--   id, row (its key; left out: there can be no such row), gone: bool, assume {column: stored text or false}
--   wanted  [[key, member]]: entries to look up
--   stray   [[key, member, [[row key, name]]]]: entries to take out, if they are there and belong to the id; not where
--           one of the rows exists (name false) or lists the name: it then is the entry's, in another model
-- Reply: per row false where it has changed, else [text or false per wanted entry, 1 or false per stray entry];
--   a text: the score, the longitude and latitude, the id that has the unique value, or 1 in a set; 1: it was there.

local request = cjson.decode(ARGV[1])

local function type_of(key) return redis.call('TYPE', key).ok end

-- A key that is no hash is somebody else's, and no row.
local function unchanged(row)
  if not row.row then return true end
  local is_there = type_of(row.row) == 'hash'
  if row.gone or not is_there then return row.gone and not is_there end
  for column, text in pairs(row.assume) do
    if redis.call('HGET', row.row, column) ~= text then return false end
  end
  return true
end

local function look_up(key, member)
  local type = type_of(key)
  if type == 'hash' then return redis.call('HGET', key, member) end
  if type == 'set' then return redis.call('SISMEMBER', key, member) == 1 and '1' end
  if type ~= 'zset' then return false end
  if string.sub(key, -4) ~= ':geo' then return redis.call('ZSCORE', key, member) end
  local point = redis.call('GEOPOS', key, member)[1]
  return point and point[1] .. ' ' .. point[2]
end

local function is_anothers(rows)
  for _, other in ipairs(rows) do
    local key, name = other[1], other[2]
    if name then
      local listed = type_of(key) == 'hash' and redis.call('HGET', key, '-index-data-')
      if listed and string.find(listed, cjson.encode(name), 1, true) then return true end
    elseif redis.call('EXISTS', key) == 1 then
      return true
    end
  end
end

local REMOVE = {set = 'SREM', zset = 'ZREM', hash = 'HDEL'}

local function take_out(id, key, member, others)
  local found = look_up(key, member)
  local type = type_of(key)
  local is_unique = string.sub(key, -5) == ':uidx'
  if not found or (type == 'hash' and is_unique and found ~= id) or is_anothers(others) then return false end
  if request.remove then redis.call(REMOVE[type], key, member) end
  return 1
end

local reply = {}
for place, row in ipairs(request.rows) do
  if unchanged(row) then
    local wanted, stray = {}, {}
    for position, entry in ipairs(row.wanted) do wanted[position] = look_up(entry[1], entry[2]) end
    for position, entry in ipairs(row.stray) do stray[position] = take_out(row.id, entry[1], entry[2], entry[3]) end
    reply[place] = {wanted, stray}
  else
    reply[place] = false
  end
end
return reply
