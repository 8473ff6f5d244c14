-- Filters over places within a distance of a point.
--
-- {kind: "near", key, longitude, latitude, radius, unit, count, last}
--   count  only the nearest so many, before other filters
--   last   or up to one of them: {score: its distance as this script has worked it out, as text; id}
--
-- uses: request, parts, work, call, CHUNK, spend, is_exhausted, ask_each, in_pieces
-- gives: {walk, prepare, keep, sample, scan, count}

-- a cell of no more members is read at once; where not all are wanted, of fewer
local FEW, FEWEST = 100, 16

local function is_inside(filter, away, id)
  local last = filter.last
  if not away or away > filter.radius then return false end
  return not last or away < filter.last_score or away == filter.last_score and id <= last.id
end

-- Those of some ids that the filter has; notes their distances, in the filter's unit.
local function inside(filter, ids)
  local kept = {}
  in_pieces(ids, function(piece)
    local found = ask_each('ZMSCORE', 'ZSCORE', filter.key, piece)
    for place, id in ipairs(piece) do
      local away = found[place] and parts.cells.away_of(filter, found[place])
      if away then filter.scores[id] = away end
      if is_inside(filter, away, id) then kept[#kept + 1] = id end
    end
  end)
  return kept
end

-- All ids of some ranks, and those of them that the filter has.
local function read_ranks(filter, first, last)
  local ids, kept, reply, scores = {}, {}, call('ZRANGE', filter.key, first, last, 'WITHSCORES'), filter.scores
  for place = 1, #reply, 2 do
    local id, away = reply[place], parts.cells.away_of(filter, reply[place + 1])
    ids[#ids + 1], scores[id] = id, away
    if is_inside(filter, away, id) then kept[#kept + 1] = id end
  end
  spend(0.4 * #ids)
  return ids, kept
end

-- Takes ids as all there are.
local function settle(filter, ids)
  filter.ids, filter.kept = ids, {}
  filter.size, filter.is_exact, filter.probe_cost = #ids, true, 0.1
  for _, id in ipairs(ids) do filter.kept[id] = true end
end

-- -- the nearest first

local function comes_first(one, other)
  if one.bound ~= other.bound then return one.bound < other.bound end
  return one.cell and not other.cell
end

local function push(heap, item)
  local place = #heap + 1
  while place > 1 do
    local above = math.floor(place / 2)
    if not comes_first(item, heap[above]) then break end
    heap[place], place = heap[above], above
  end
  heap[place] = item
end

local function pop(heap)
  local first, item = heap[1], table.remove(heap)
  if #heap == 0 then return first end
  local place = 1
  while true do
    local below = 2 * place
    if below > #heap then break end
    if below < #heap and comes_first(heap[below + 1], heap[below]) then below = below + 1 end
    if not comes_first(heap[below], item) then break end
    heap[place], place = heap[below], below
  end
  heap[place] = item
  return first
end

-- Replaces a cell by its places, or by its quarters; `reached` is a distance up to which all are known.
local function open(filter, heap, cell, bounds, reached)
  if cell.size > 1 and cell.count > FEWEST and not cell.is_read then
    parts.cells.quarters(filter, cell, bounds, function(child)
      if child.farthest >= reached then push(heap, {bound = child.nearest, cell = child}) end
    end)
    return
  end
  local rank, last = parts.ranks.below(filter.key, string.format('%.0f', cell.code)), nil
  local size = cell.size == 1 and 1 or cell.count
  local reply = call('ZRANGE', filter.key, rank, rank + size - 1, 'WITHSCORES')
  spend(#reply * 0.5)
  for place = 1, #reply, 2 do
    local score = reply[place + 1]
    if not last or last.score ~= score then
      last = {bound = parts.cells.away_of(filter, score), score = score, rank = rank, count = 0}
      if last.bound <= filter.radius and last.bound >= reached then push(heap, last) end
    end
    rank, last.count = rank + 1, cell.size == 1 and cell.count or last.count + 1
  end
end

-- The next ids of places that are equally far, in order; notes up to where they are taken.
local function take_from(filter, places, size)
  local ids, place_of = {}, {}
  for _, place in ipairs(places) do
    local found = place.count > 0 and call('ZRANGE', filter.key, place.rank, place.rank + math.min(size, place.count) - 1) or {}
    for _, id in ipairs(found) do
      ids[#ids + 1], place_of[id], filter.scores[id] = id, place, place.bound
    end
  end
  spend(#ids * 0.7 + 2 * #places)
  if #places > 1 then table.sort(ids) end
  for number = #ids, size + 1, -1 do ids[number] = nil end
  for _, id in ipairs(ids) do
    local place = place_of[id]
    place.rank, place.count = place.rank + 1, place.count - 1
  end
  return ids
end

-- A function that gives up to so many of the next ids, the nearest first, ties by id; none at the end.
local function new_walk(filter, after)
  local bounds, reached, heap, places = parts.cells.new_bounds(filter), after and tonumber(after.score) or 0, {}, {}
  for _, cell in ipairs(parts.cells.whole(filter)) do push(heap, {bound = 0, cell = cell}) end
  local function next_places()
    while heap[1] and heap[1].cell do open(filter, heap, pop(heap).cell, bounds, reached) end
    local found = {heap[1] and pop(heap)}
    while heap[1] and heap[1].bound == found[1].bound do found[#found + 1] = pop(heap) end
    for _, place in ipairs(after and found or {}) do
      if place.bound == reached then
        local rank = parts.ranks.after(filter.key, place.score, after.id)
        place.rank, place.count = rank, math.max(0, place.rank + place.count - rank)
      end
    end
    return found
  end
  return function(size)
    local ids = {}
    repeat
      local more = take_from(filter, places, size - #ids)
      for _, id in ipairs(more) do
        if is_inside(filter, filter.scores[id], id) then ids[#ids + 1] = id end
      end
      if #more == 0 then places = next_places() end
    until #ids >= size or #places == 0 or #ids > 0 and is_exhausted()
    return ids
  end
end

-- The nearest ids, as many as the filter wants; nil where that costs too much.
local function nearest(filter)
  local next_ids, found = new_walk(filter), {}
  while #found < filter.count do
    local ids = next_ids(math.min(CHUNK, filter.count - #found))
    if #ids == 0 then break end
    for _, id in ipairs(ids) do found[#found + 1] = id end
    work.scanned = work.scanned + #ids
    if is_exhausted() then return nil end
  end
  return found
end

-- By distance, from those that are settled.
local function walk_settled(order, rest, page, after)
  table.sort(order.ids, function(one, other)
    local mine, theirs = order.scores[one], order.scores[other]
    if mine ~= theirs then return mine < theirs end
    return one < other
  end)
  local ids = after and parts.gather.ids_behind(after, order.ids) or order.ids
  local stop = #ids > 0 and parts.walks.look_at(page, rest, ids)
  if not stop then return nil end
  stop = parts.gather.position_of(stop)
  -- for the pages to come: these, and no others when some of them are gone
  stop.last = parts.gather.position_of(order.ids[#order.ids])
  return stop
end

-- By distance.
local function walk_near(order, rest, page, after)
  if order.count then return walk_settled(order, rest, page, after) end
  local next_ids = new_walk(order, after)
  while true do
    local ids = next_ids(parts.walks.pace(page))
    if #ids == 0 then return nil end
    local stop = parts.walks.look_at(page, rest, ids)
    if stop then
      stop = parts.gather.position_of(stop)
      stop.last = order.last
      return stop
    end
  end
end

-- Whether there are few ids: the nearest cells first, which soon tells that there are many.
local function has_few(filter)
  local bounds, heap, count = parts.cells.new_bounds(filter), {}, 0
  for _, cell in ipairs(parts.cells.whole(filter)) do push(heap, {bound = 0, cell = cell}) end
  while heap[1] and count <= CHUNK do
    local cell = pop(heap).cell
    if cell.farthest <= filter.radius or cell.count <= FEW or cell.size == 1 or cell.is_read then
      count = count + cell.count
    else
      parts.cells.quarters(filter, cell, bounds, function(child) push(heap, {bound = child.nearest, cell = child}) end)
    end
  end
  return count <= CHUNK
end

-- All ids of the filter; nil where that costs too much.
local function all_ids(filter)
  local found = {}
  local rest = parts.cells.visit(filter, nil, FEW, function(first, last)
    local _, kept = read_ranks(filter, first, last - 1)
    for _, id in ipairs(kept) do found[#found + 1] = id end
  end)
  return not rest and found or nil
end

return {
  walk = walk_near,

  prepare = function(filter)
    filter.scores, filter.places = {}, {}
    if filter.last then
      filter.last_score = tonumber(filter.last.score)
      filter.radius = math.min(filter.radius, filter.last_score)
    end
    filter.total = call('ZCARD', filter.key)
    filter.size, filter.probe_cost, filter.scan_cost = filter.total, 4, 0.5
    if filter.count then
      local found = nearest(filter)
      if found then return settle(filter, found) end
      -- the client asks in parts: longer in all, but the longest call for 10,000 of 40,000 is a fourth of what one alone would be
      work.is_crowded = true
      return
    end
    -- of many filters the last ones are left as wide as they are
    if work.steps > work.allowed / 2 then return end
    if request.mode == 'count' and #request.filters == 1 and not filter.last or not has_few(filter) then return end
    local ids = all_ids(filter)
    if ids then settle(filter, ids) end
  end,

  keep = function(filter, ids)
    if not filter.kept then return inside(filter, ids) end
    local kept, unmeasured = {}, {}
    for _, id in ipairs(ids) do
      if filter.kept[id] then
        kept[#kept + 1] = id
        if not filter.scores[id] then unmeasured[#unmeasured + 1] = id end
      end
    end
    if filter.is_order then inside(filter, unmeasured) end
    return kept
  end,

  sample = function(filter) return filter.ids or parts.ranks.sample(filter.key, 0, filter.total) end,

  scan = function(filter, state, emit)
    if filter.ids and not state then
      if filter.is_order then inside(filter, filter.ids) end
      return emit(filter.ids)
    end
    local function read(first, last, is_whole, inner)
      return parts.ranks.read(filter.key, first, last, inner, function(low, high)
        if is_whole and not filter.is_order and not filter.last then
          local ids = call('ZRANGE', filter.key, low, high)
          emit(ids)
          return ids
        end
        local ids, kept = read_ranks(filter, low, high)
        emit(kept)
        return ids
      end)
    end
    return parts.cells.visit(filter, state, FEW, read)
  end,

  -- How many ids there are, without reading those of cells that are wholly inside; and where to go on.
  count = function(filter, state)
    local found = 0
    local rest = parts.cells.visit(filter, state, FEWEST, function(first, last, is_whole)
      local kept = not is_whole and select(2, read_ranks(filter, first, last - 1))
      found = found + (kept and #kept or last - first)
    end)
    return found, rest
  end,
}
