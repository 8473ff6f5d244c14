-- Rows by their ids: some that are named, {kind: "ids", ids}; and all rows, which are read where the other filters only ask about
-- rows.
--
-- {kind: "rows", samples}
--   samples  keys of sorted sets whose members end with ids: whether some are behind the counter
--   is_only_asked  the other filters find out which of the ids are rows
-- They are looked for by their numbers, up to the counter; by SCAN where ids go on behind it, and where most of them are gone.
--
-- uses: parts, namespace, highest, work, call, CHUNK, spend, is_exhausted
-- gives: {prepare, keep, sample, scan, count, ids, scan_keys}

local function row_keys(ids, first, last)
  local keys = {}
  for place = first, last do keys[#keys + 1] = namespace .. ':' .. ids[place] end
  return keys
end

-- Adds those of the ids in [first, last] that are rows to a list. One question tells about many, where all are there or none.
local function add_existing(ids, first, last, kept)
  local count, size = call('EXISTS', unpack(row_keys(ids, first, last))), last - first + 1
  spend(size * 0.3 + 2)
  if count == size then
    for place = first, last do kept[#kept + 1] = ids[place] end
  elseif count > 0 then
    local middle = math.floor((first + last) / 2)
    add_existing(ids, first, middle, kept)
    add_existing(ids, middle + 1, last, kept)
  end
end

local function existing(ids)
  local kept = {}
  if #ids > 0 then add_existing(ids, 1, #ids, kept) end
  return kept
end

local function scan_keys(cursor, emit)
  local pattern, start = namespace:gsub('[%[%]*?\\^]', '\\%0') .. ':[1-9]*', #namespace + 2
  repeat
    local reply, ids = call('SCAN', cursor, 'MATCH', pattern, 'COUNT', CHUNK), {}
    cursor = reply[1]
    spend(CHUNK)
    for _, key in ipairs(reply[2]) do ids[#ids + 1] = key:match('^%d+$', start) end
    emit(ids)
  until cursor == '0' or is_exhausted()
  return cursor ~= '0' and {cursor = cursor} or nil
end

local function scan_numbers(filter, number, emit)
  while number <= highest do
    local ids = {}
    for each = number, math.min(number + CHUNK - 1, highest) do ids[#ids + 1] = string.format('%.0f', each) end
    number = number + #ids
    emit(filter.is_only_asked and ids or existing(ids))
    if is_exhausted() and number <= highest then return {number = number} end
  end
end

-- How many rows there are, and where to go on.
local function count(state)
  local number, found, start, format = state and state.number or 1, 0, namespace .. ':', string.format
  while number <= highest do
    local keys, last = {}, math.min(number + CHUNK - 1, highest)
    for each = number, last do keys[each - number + 1] = start .. format('%.0f', each) end
    found, number = found + call('EXISTS', unpack(keys)), last + 1
    work.scanned = work.scanned + #keys
    spend(#keys * 0.7)
    if is_exhausted() and number <= highest then return found, {number = number} end
  end
  return found
end

-- Rows with certain ids.
local named = {
  prepare = function(filter)
    filter.size, filter.probe_cost, filter.scan_cost, filter.named = #filter.ids, 0.2, 0.5, {}
    for _, id in ipairs(filter.ids) do filter.named[id] = true end
  end,

  keep = function(filter, ids)
    local kept = {}
    for _, id in ipairs(ids) do
      if filter.named[id] then kept[#kept + 1] = id end
    end
    return kept
  end,

  sample = function(filter) return {unpack(filter.ids, 1, 10)} end,

  scan = function(filter, state, emit)
    local place = state and state.place or 1
    while place <= #filter.ids do
      emit(existing({unpack(filter.ids, place, math.min(place + CHUNK - 1, #filter.ids))}))
      place = place + CHUNK
      if is_exhausted() and place <= #filter.ids then return {place = place} end
    end
  end,
}

return {
  ids = named, count = count, scan_keys = scan_keys,

  prepare = function(filter)
    local keys = call('DBSIZE')
    filter.size = 1
    filter.by_keys = not filter.is_only_asked and (highest > 2 * keys or not parts.planner.is_complete({filter}))
    filter.size = math.max(filter.by_keys and keys or highest, 1)
    filter.probe_cost, filter.scan_cost, filter.repeats = 0.4, 0.3, filter.by_keys
  end,

  keep = function(_, ids) return existing(ids) end,

  sample = function(filter)
    local ids = {}
    for _, key in ipairs(filter.samples) do
      local size = redis.pcall('ZCARD', key)
      for _, member in ipairs(type(size) == 'number' and parts.ranks.sample(key, 0, size) or {}) do
        ids[#ids + 1] = member:match('%d+$')
      end
    end
    return ids
  end,

  scan = function(filter, state, emit)
    if state and state.cursor or not state and filter.by_keys then return scan_keys(state and state.cursor or '0', emit) end
    return scan_numbers(filter, state and state.number or 1, emit)
  end,
}
