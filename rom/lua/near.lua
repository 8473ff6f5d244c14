-- Filters over places within a distance of a point. Included by search.lua.
--
-- {kind: "near", key, longitude, latitude, radius, unit, count}; count: only the nearest so many, before other filters
-- Servers older than 6.2 have no GEOSEARCH and give the same by GEORADIUS_RO.

local METRES = {m = 1, km = 1000, mi = 1609.34, ft = 0.3048}
-- as the server has it, whose distances these are to equal
local EARTH_RADIUS = 6372797.560856

-- The distance of two points in metres.
local function distance(longitude, latitude, other_longitude, other_latitude)
  local from, to = math.rad(latitude), math.rad(other_latitude)
  local up = math.sin((to - from) / 2)
  local along = math.sin((math.rad(other_longitude) - math.rad(longitude)) / 2)
  return 2 * EARTH_RADIUS * math.asin(math.sqrt(up * up + math.cos(from) * math.cos(to) * along * along))
end

-- At most so many ids within a radius; the nearest ones in order, unless any will do.
local function ids_around(filter, radius, most, is_any)
  if not absent.GEOSEARCH then
    local reply = redis.pcall('GEOSEARCH', filter.key, 'FROMLONLAT', filter.longitude, filter.latitude,
      'BYRADIUS', radius, filter.unit, 'COUNT', most, is_any and 'ANY' or 'ASC')
    if not reply.err then return reply end
    absent.GEOSEARCH = true
  end
  return call('GEORADIUS_RO', filter.key, filter.longitude, filter.latitude, radius, filter.unit, 'COUNT', most, 'ASC')
end

-- Notes the distances of ids, in the filter's unit. Returns for each whether it is a place within the radius.
local function measure(filter, ids)
  local passed, unit = {}, METRES[filter.unit]
  in_pieces(ids, function(piece)
    for place, point in ipairs(call('GEOPOS', filter.key, unpack(piece))) do
      local away = point and distance(filter.longitude, filter.latitude, tonumber(point[1]), tonumber(point[2])) / unit
      if away then filter.scores[piece[place]] = away end
      passed[#passed + 1] = away and away <= filter.radius or false
    end
  end)
  return passed
end

-- Keeps ids as all there are.
local function keep(filter, ids)
  filter.ids, filter.kept = ids, {}
  filter.size, filter.is_exact, filter.probe_cost = #ids, true, 0.1
  for _, id in ipairs(ids) do filter.kept[id] = true end
end

local function sort_by_distance(filter, ids)
  local scores = filter.scores
  table.sort(ids, function(one, other)
    if scores[one] ~= scores[other] then return scores[one] < scores[other] end
    return one < other
  end)
end

-- Leaves out the farthest ids: others, equally far, may have been cut off.
local function drop_farthest(filter, ids)
  local farthest = filter.scores[ids[#ids]]
  while #ids > 0 and filter.scores[ids[#ids]] == farthest do ids[#ids] = nil end
end

-- Looks at growing circles until `accept(ids)` is content; the ids come nearest first, ties by id.
-- Returns false if that costs too much.
local function widen(filter, want, accept)
  local most = 2 * want + 10
  local radius = math.min(filter.radius, 1.5 * filter.radius * math.sqrt(most / math.max(filter.total, 1)))
  while true do
    local ids = ids_around(filter, radius, most)
    spend(#ids * 5 + 20)
    work.scanned = work.scanned + #ids
    local is_all = #ids < most and radius >= filter.radius
    measure(filter, ids)
    sort_by_distance(filter, ids)
    local is_cut = #ids == most
    if is_cut then drop_farthest(filter, ids) end
    if accept(ids) or is_all then return true end
    if is_exhausted() or most > 3 * CHUNK then return false end
    if is_cut then most = most * 4 else radius = math.min(filter.radius, radius * 2) end
  end
end

-- The nearest ids, as many as the filter wants.
local function nearest(filter)
  local found
  local is_done = widen(filter, filter.count, function(ids)
    found = ids
    return #ids >= filter.count
  end)
  if not is_done then
    found = ids_around(filter, filter.radius, filter.count)
    measure(filter, found)
  end
  for place = #found, filter.count + 1, -1 do found[place] = nil end
  return found
end

-- By distance. Each page is found anew; says so where circles with too many points would have to be looked at.
local function walk_near(order, rest, page)
  local skip, passed = page.skip, order.count and order.ids
  local is_done = true
  if passed then
    sort_by_distance(order, passed)
    passed = sieve(rest, passed)
  else
    is_done = widen(order, skip + page.count, function(ids)
      passed = sieve(rest, ids)
      return #passed >= skip + page.count
    end)
  end
  if not is_done then return {is_too_far = true} end
  return add_to_page(page, passed) and {skip = skip + page.count}
end

kinds.near = {
  walk = walk_near,

  prepare = function(filter)
    filter.scores = {}
    filter.total = call('ZCARD', filter.key)
    filter.size, filter.probe_cost, filter.scan_cost = filter.total, 4, 0.5
    if filter.count then return keep(filter, nearest(filter)) end
    local ids = ids_around(filter, filter.radius, CHUNK + 1, true)
    spend(#ids * 0.5)
    if #ids <= CHUNK then keep(filter, ids) end
  end,

  probe = function(filter, ids)
    if not filter.kept then return measure(filter, ids) end
    local passed, unmeasured = {}, {}
    for place, id in ipairs(ids) do
      passed[place] = filter.kept[id] or false
      if passed[place] and not filter.scores[id] then unmeasured[#unmeasured + 1] = id end
    end
    if filter.is_order then measure(filter, unmeasured) end
    return passed
  end,

  scan = function(filter, state, emit)
    if filter.ids then
      if filter.is_order then measure(filter, filter.ids) end
      return emit(filter.ids)
    end
    local rank = state and rank_after(filter.key, state.score, state.id) or 0
    while rank < filter.total do
      local ids, scores = unzip(call('ZRANGE', filter.key, rank, rank + CHUNK - 1, 'WITHSCORES'))
      if #ids == 0 then return nil end
      spend(4 * #ids)
      local inside, passed = {}, measure(filter, ids)
      for place, id in ipairs(ids) do
        if passed[place] then inside[#inside + 1] = id end
      end
      emit(inside)
      rank = rank + #ids
      if is_exhausted() and rank < filter.total then return {id = ids[#ids], score = scores[#ids]} end
    end
  end,
}
