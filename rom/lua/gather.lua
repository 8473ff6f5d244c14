-- Ids in no order, to be sorted: read from one filter, the others asked about each. Included by search.lua.

-- The function that tells whether an id comes before another one in the wanted order; nil: as texts.
local function new_order()
  local by, is_down = scores, request.descending
  if not by then return nil end
  return function(one, other)
    local mine, theirs = by[one], by[other]
    if mine == theirs then return one < other end
    if is_down then return mine > theirs end
    return mine < theirs
  end
end

-- Reads the smallest filter and asks the others; hands ids to `take` once each. Returns where to go on.
local function gather(plan, state, take)
  report.plan, report.driver = 'gather', plan.driver.key
  return scan(plan.driver, state, function(ids)
    ids = sieve(plan.rest, ids)
    spend(#ids * 0.7)
    take(ids)
  end)
end

-- A list that takes ids, each once.
local function new_list(repeats)
  local list, seen = {ids = {}}, {}
  function list.take(ids)
    for _, id in ipairs(ids) do
      if not seen[id] then
        list.ids[#list.ids + 1] = id
        seen[id] = repeats
      end
    end
  end
  return list
end

-- Where an id stands in the order of scores, for a later call: JSON would round the number.
local function position_of(id)
  return {id = id, score = string.format('%.17g', scores[id])}
end

-- Those of some ids that come behind a position, by ascending scores or by id.
local function ids_behind(position, ids)
  local kept, score = {}, tonumber(position.score or 0)
  for _, id in ipairs(ids) do
    local own = scores and scores[id] or 0
    if own > score or own == score and id > position.id then kept[#kept + 1] = id end
  end
  return kept
end

-- The first `most` ids of those handed over, without sorting all of them.
local function new_selection(most, repeats)
  local selection, seen, comes_first = {ids = {}}, {}, new_order()
  function selection.cut()
    table.sort(selection.ids, comes_first)
    for place = #selection.ids, most + 1, -1 do selection.ids[place] = nil end
    selection.last = selection.ids[most]
  end
  function selection.take(ids)
    local chosen = selection.ids
    for _, id in ipairs(ids) do
      local last = selection.last
      if (not last or comes_first and comes_first(id, last) or not comes_first and id < last) and not seen[id] then
        chosen[#chosen + 1] = id
        seen[id] = repeats
        if #chosen > 3 * most + 50 then selection.cut() end
      end
    end
  end
  return selection
end
