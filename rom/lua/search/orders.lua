-- Orders of several columns, alphabetical orders, and such as go the other way round.
--
-- The first column's order is that of the filter which gives the order. request.sort says the rest:
--   by        [{kind: "score", key} or {kind: "word", field, column, is_text, is_folded}, with is_down, is_missing_first]
--   ids_down  whether equal ones come by id descending
-- A position is {first, keys, id}: numbers as text, words as they are, false where there is none.
--
-- uses: request, namespace, scores, parts, reply, work, call, CHUNK, spend, is_exhausted, ask_each, in_pieces, is_of_type, sieve
-- gives: {page, parts, walk}

-- a group of more rows that are equal in the first column is left to the client, which asks for it by itself
local MOST_IN_GROUP = 1000
-- so many rows are sorted here
local MOST_SORTED = 4 * CHUNK

-- -- what rows are sorted by

local function number_text(number) return number and string.format('%.17g', number) or false end

-- The one word that a row has in the prefix index of a column; nil where it has none.
local function noted_word(row, column)
  local data = call('HGET', row, '-index-data-')
  if not data then return nil end
  spend(5 + #data / 50)
  local is_list, lists = pcall(cjson.decode, data)
  local entries = is_list and type(lists) == 'table' and lists[3]
  for _, entry in pairs(type(entries) == 'table' and entries or {}) do
    if type(entry) == 'table' and entry[1] == column then return entry[2] end
  end
end

local function word_of(column, id)
  local row = namespace .. ':' .. id
  local text = column.field and call('HGET', row, column.field)
  spend(2)
  if text and (text:find('^[\1-\127]*$') or column.is_text and not column.is_folded) then
    return text ~= '' and (column.is_folded and text:lower() or text) or nil
  end
  return (text or not column.field) and noted_word(row, column.column) or nil
end

-- Notes the values that ids have in a column.
local function note(column, ids)
  column.values = column.values or {}
  local values = column.values
  if column.kind == 'word' then
    for _, id in ipairs(ids) do values[id] = values[id] or word_of(column, id) end
    return
  end
  -- where a word has the name, each of its ids counts as 1
  if column.is_named and column.is_set == nil then column.is_set = is_of_type(column.key, 'set') end
  in_pieces(ids, function(piece)
    spend(#piece * 0.5)
    local found = column.is_set and ask_each('SMISMEMBER', 'SISMEMBER', column.key, piece)
      or ask_each('ZMSCORE', 'ZSCORE', column.key, piece)
    for place, id in ipairs(piece) do
      local number = found[place] and found[place] + 0
      values[id] = number and (number > 0 or not column.is_set) and number or nil
    end
  end)
end

-- Whether a value comes before another one that differs from it; nil for a row without one.
local function comes_before(column, mine, theirs)
  if mine == nil then return column.is_missing_first == true end
  if theirs == nil then return not column.is_missing_first end
  local is_less
  if column.kind == 'word' then is_less = parts.ranks.is_before(mine, theirs) else is_less = mine < theirs end
  return is_less ~= (column.is_down == true)
end

-- The first column as the others are: {kind, is_down, values}; without values where only the ids give the order.
local function first_column()
  local filter = request.order and request.filters[request.order]
  if not filter then return {values = {}, kind = 'score'} end
  if not filter.first_column then
    local is_word = filter.kind == 'words'
    filter.first_column = {kind = is_word and 'word' or 'score', is_down = request.descending, values = is_word and {} or scores}
  end
  return filter.first_column
end

local function new_comparison(columns)
  local ids_down = request.sort.ids_down == true
  return function(one, other)
    for place = 1, #columns do
      local values = columns[place].values
      local mine, theirs = values[one], values[other]
      if mine ~= theirs then return comes_before(columns[place], mine, theirs) end
    end
    if one == other then return false end
    return (one < other) ~= ids_down
  end
end

local function all_columns()
  local columns = {first_column()}
  for place, column in ipairs(request.sort.by) do
    column.values = column.values or {}
    columns[place + 1] = column
  end
  return columns
end

local function note_all(ids)
  for _, column in ipairs(request.sort.by) do note(column, ids) end
end

local function shown(column, id)
  local value = column.values[id]
  if value == nil then return false end
  return column.kind == 'word' and value or number_text(value + 0)
end

local function position_of(id)
  note_all({id})
  local keys = {}
  for place, column in ipairs(request.sort.by) do keys[place] = shown(column, id) end
  return {first = shown(first_column(), id), keys = keys, id = id}
end

-- The position behind which this call is to look; nil: anywhere.
local function settled()
  local before = request.after or {}
  return before.behind or before.id and before or nil
end

-- Those of some ids, whose values are noted, that come behind a position; of one that is passed, behind all of its group.
local function ids_behind(position, ids)
  local mark, kept, columns = '', {}, all_columns()
  if position.is_passed then columns = {first_column()} end
  local comparison = new_comparison(columns)
  local function put(column, text)
    if text then column.values[mark] = column.kind == 'word' and text or tonumber(text) end
  end
  put(columns[1], position.first)
  for place = 2, #columns do put(columns[place], position.keys[place - 1]) end
  local by_id = request.sort.ids_down and function(id) return id < position.id end or function(id) return id > position.id end
  for _, id in ipairs(ids) do
    local is_equal = true
    for _, column in ipairs(columns) do is_equal = is_equal and column.values[id] == column.values[mark] end
    if is_equal and not position.is_passed and by_id(id) or not is_equal and comparison(mark, id) then kept[#kept + 1] = id end
  end
  for _, column in ipairs(columns) do column.values[mark] = nil end
  return kept
end

-- -- reading, and sorting what passes

-- Leaves out what surely comes behind the first `most`, by the first column alone.
local function cut(ids, most)
  local column = first_column()
  if not request.order or column.kind == 'word' then return ids end
  local values, sign = column.values, column.is_down and -1 or 1
  table.sort(ids, function(one, other) return sign * values[one] < sign * values[other] end)
  local bound, kept = sign * values[ids[most]], {}
  for place = 1, #ids do
    if sign * values[ids[place]] <= bound then kept[place] = ids[place] else break end
  end
  return kept
end

-- Notes what ids have in the first column, where that is not known from asking about them.
local function note_first(ids)
  if first_column().kind ~= 'word' then return end
  note(request.sort.first, ids)
  first_column().values = request.sort.first.values
end

local function part(ids, state)
  local listed, column, behind = {}, first_column(), settled()
  note_first(ids)
  note_all(ids)
  if behind then ids = ids_behind(behind, ids) end
  for place, id in ipairs(ids) do
    listed[place] = {request.order and shown(column, id) or '0'}
    for number, each in ipairs(request.sort.by) do listed[place][number + 1] = shown(each, id) end
  end
  return reply('part', ids, state and {gather = state, behind = behind}, listed)
end

local function page(plan, state)
  local behind = settled()
  local skip = behind and (behind.skip or 0) or request.skip
  local most = request.wants_rest and math.huge or skip + request.count
  local found, seen, room, is_cut = {}, {}, 3 * most + 50, not behind and not request.wants_rest
  local rest = parts.gather.gather(plan, state, function(ids)
    for _, id in ipairs(ids) do
      if not seen[id] then found[#found + 1], seen[id] = id, plan.driver.repeats or nil end
    end
    if is_cut and #found > room and #found > most then
      found = cut(found, most)
      room = 3 * #found + 50
    end
  end)
  if rest or state or #found > MOST_SORTED then return part(found, rest) end
  note_first(found)
  note_all(found)
  if behind then found = ids_behind(behind, found) end
  spend(#found * 3)
  table.sort(found, new_comparison(all_columns()))
  local ids = {}
  for place = skip + 1, math.min(most, #found) do ids[#ids + 1] = found[place] end
  return reply('done', ids)
end

local function all_parts(plan, state)
  local found, seen = {}, {}
  local rest = parts.gather.gather(plan, state, function(ids)
    -- what they are sorted by is told of each, in the end
    spend(#ids * (5 + 2 * #request.sort.by))
    for _, id in ipairs(ids) do
      if not seen[id] then found[#found + 1], seen[id] = id, plan.driver.repeats or nil end
    end
  end)
  return part(found, rest)
end

-- -- walking from group to group

-- What the words have in common whose entries may stand among each other: from the eighth byte on a NUL ends it, as it ends
-- the word of an entry, whose id comes next.
local function head_of(word)
  local ending = word:find('%z', 8)
  return ending and word:sub(1, ending - 1) or word
end

local function split_entry(member) return member:match('^(.*)%z(.*)$') end

-- Whether an entry stands before where that of a word and an id would.
local function stands_before(member, word, id)
  local its_word = split_entry(member)
  if head_of(its_word) ~= head_of(word) then return parts.ranks.is_before(its_word, word) end
  return parts.ranks.is_before(member, word .. '\0' .. id)
end

-- How the entries of the filter that gives the order are read: `read(first, last)` gives ids and their first values,
-- `bounds(rank, value)` the ranks of the group of the value which stands at a rank.
local function new_reader(order)
  local key, values = order.key, first_column().values
  if order.kind == 'range' then
    return {
      read = function(first, last)
        local ids, firsts, found = {}, {}, call('ZRANGE', key, first, last, 'WITHSCORES')
        for place = 1, #found, 2 do
          local id = found[place]
          ids[#ids + 1], firsts[#firsts + 1] = id, found[place + 1]
          values[id] = found[place + 1] + 0
        end
        return ids, firsts
      end,
      same = function(one, other) return one + 0 == other + 0 end,
      bounds = function(_, value)
        spend(4)
        return math.max(order.first, call('ZCOUNT', key, '-inf', '(' .. value)),
          math.min(order.last, call('ZCOUNT', key, '-inf', value))
      end,
    }
  end
  return {
    read = function(first, last)
      local ids, firsts = {}, {}
      for place, member in ipairs(call('ZRANGE', key, first, last)) do
        local word, id = split_entry(member)
        ids[place], firsts[place], values[id] = id, word, word
      end
      return ids, firsts
    end,
    same = function(one, other) return one == other or head_of(one) == head_of(other) end,
    bounds = function(rank, value)
      local head = head_of(value)
      local function is_in_group(member) return head_of(split_entry(member)) == head end
      return parts.ranks.bisect(key, order.first, rank, function(member) return not is_in_group(member) end),
        parts.ranks.bisect(key, rank, order.last, is_in_group)
    end,
  }
end

-- Whether the index has the wanted order within groups of equal values as well: by id, the same way.
local function is_natural()
  return #request.sort.by == 0 and (request.descending == true) == (request.sort.ids_down == true)
end

-- Where to go on behind a position, whose row may be gone by now: a rank; going down, one above it.
local function start_of(order, position)
  local is_down, first, key = request.descending == true, position.first, order.key
  if order.kind == 'range' and is_natural() then
    local at = parts.ranks.after(key, first, position.id)
    local found = is_down and call('ZSCORE', key, position.id)
    if found and found + 0 == first + 0 then at = at - 1 end
    return at
  end
  if order.kind == 'range' then
    return call('ZCOUNT', key, '-inf', is_down ~= (position.is_passed == true) and first or '(' .. first)
  end
  local mark, is_group_before = first .. '\0' .. position.id, is_down ~= (position.is_passed == true)
  return parts.ranks.bisect(key, order.first, order.last, function(member)
    if is_natural() then return stands_before(member, first, position.id) or not is_down and member == mark end
    local head = head_of(split_entry(member))
    if head == head_of(first) then return is_group_before end
    return parts.ranks.is_before(head, first)
  end)
end

-- The next ranks [low, high) to look at, of complete groups, in a window that begins at a rank, going up or down; and what
-- is read of them. Nothing but the first value of a group that is too large.
local function next_window(order, reader, at, size)
  local is_down = request.descending
  local low = is_down and math.max(order.first, at - size) or at
  local high = is_down and at or math.min(order.last, at + size)
  local ids, firsts = reader.read(low, high - 1)
  if is_natural() or #ids == 0 then return low, high, ids, firsts end
  local place = is_down and 1 or #ids
  local first, last = reader.bounds(is_down and low or high - 1, firsts[place])
  if last - first > MOST_IN_GROUP then
    if is_down and last >= high or not is_down and first <= low then return low, high, nil, firsts[place] end
    if is_down then low = last else high = first end
  elseif is_down then low = first else high = last end
  ids, firsts = reader.read(low, high - 1)
  return low, high, ids, firsts
end

-- Ids of complete groups, as they come in the order; each group sorted.
local function in_order(reader, ids, firsts_of)
  local sorted, group, comparison = {}, {}, new_comparison(all_columns())
  local function finish()
    if #group > 1 then
      note_all(group)
      spend(#group * 3)
      table.sort(group, comparison)
    end
    for _, id in ipairs(group) do sorted[#sorted + 1] = id end
    group = {}
  end
  for place, id in ipairs(ids) do
    if place > 1 and not reader.same(firsts_of[id], firsts_of[ids[place - 1]]) then finish() end
    group[#group + 1] = id
  end
  finish()
  return sorted
end

local function turned(list)
  local other = {}
  for place = #list, 1, -1 do other[#other + 1] = list[place] end
  return other
end

-- Where a page without filters begins, without reading what it skips.
local function skipped(order, reader, page)
  local is_down = request.descending
  local at = is_down and order.last - page.skip or order.first + page.skip
  if at >= order.last and not is_down or at <= order.first and is_down then return nil end
  if is_natural() then
    page.skip = 0
    return at
  end
  local rank = is_down and at - 1 or at
  local _, firsts = reader.read(rank, rank)
  local first, last = reader.bounds(rank, firsts[1])
  page.skip = is_down and page.skip - (order.last - last) or page.skip - (first - order.first)
  return is_down and last or first
end

-- In front of a group that is too large: where to go on, if the page has something in it.
local function at_large(order, reader, page, rank, first)
  local last = page.ids[#page.ids]
  if not last and order.kind == 'range' then return {is_large = true, first = first} end
  if not last then
    local low, high = reader.bounds(rank, first)
    return {is_large = true, first = head_of(first), is_mixed = not parts.words.is_pure(order, head_of(first), high - low)}
  end
  local position = position_of(last)
  position.is_passed = true
  return position
end

local function walk(order, rest, page, after)
  local reader, is_down = new_reader(order), request.descending
  local at = is_down and order.last or order.first
  if after then at = math.max(order.first, math.min(order.last, start_of(order, after))) end
  if not after and #rest == 0 and page.skip > 0 then at = skipped(order, reader, page) end
  local is_first = after and not after.is_passed and not is_natural()
  while at and (is_down and at > order.first or not is_down and at < order.last) do
    local low, high, ids, firsts = next_window(order, reader, at, parts.walks.pace(page))
    if not ids then return at_large(order, reader, page, is_down and high - 1 or low, firsts) end
    local firsts_of = {}
    for place, id in ipairs(ids) do firsts_of[id] = firsts[place] end
    if is_down then ids = turned(ids) end
    work.scanned = work.scanned + #ids
    spend(#ids * 0.7 + 2)
    local kept, reached = sieve(rest, ids)
    -- what is decided about is to end with a group
    local is_cut = reached < #ids
    if is_cut and not is_natural() then
      local last = firsts_of[ids[reached]]
      while reached > 0 and reader.same(firsts_of[ids[reached]], last) do reached = reached - 1 end
      if reached == 0 then return at_large(order, reader, page, is_down and high - 1 or low, last) end
      while #kept > 0 and reader.same(firsts_of[kept[#kept]], last) do kept[#kept] = nil end
    end
    kept = is_natural() and kept or in_order(reader, kept, firsts_of)
    if is_first then
      note_all(kept)
      kept = ids_behind(after, kept)
    end
    is_first = false
    local stop = parts.walks.add_to_page(page, kept) or is_exhausted() and ids[reached]
    if stop then
      local position = position_of(stop)
      -- all of the last group has been looked at
      if #page.ids < page.count and not is_natural() then position.is_passed = true end
      return position
    end
    at = is_down and low or high
  end
end

return {page = page, parts = all_parts, walk = walk}
