-- Filters over places within a distance of a point.
--
-- {kind: "near", key, longitude, latitude, radius, unit, count, last}
--   count  only the nearest so many, before other filters
--   last   or up to one of them: {score: its distance as this script has worked it out, as text; id}
-- Servers older than 6.2 have no GEOSEARCH and give the same by GEORADIUS_RO.
--
-- uses: parts, work, absent, call, CHUNK, spend, is_exhausted, ask_newer, in_pieces, sieve
-- gives: {walk, prepare, keep, sample, scan}

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

-- A radius with which servers before 6.2 find all within another one: they look in a box that is as wide as the circle where its
-- middle is, and farther from the equator the circle is wider.
local function wide_enough(filter, radius)
  local unit, latitude = METRES[filter.unit] / EARTH_RADIUS, math.rad(math.abs(filter.latitude))
  local angle, width = radius * unit, math.pi
  if angle + latitude < math.pi / 2 then width = math.asin(math.sin(angle) / math.cos(latitude)) end
  return math.max(radius, 1.001 * width * math.cos(latitude) / unit)
end

local function ids_around_by_older(filter, radius, most)
  local ids, longitude, latitude = {}, filter.longitude, filter.latitude
  local wide = string.format('%.17g', wide_enough(filter, radius))
  local found = call('GEORADIUS_RO', filter.key, longitude, latitude, wide, filter.unit, 'WITHCOORD', 'COUNT', most, 'ASC')
  spend(#found)
  for _, each in ipairs(found) do
    local away = distance(longitude, latitude, tonumber(each[2][1]), tonumber(each[2][2])) / METRES[filter.unit]
    if away <= radius then ids[#ids + 1] = each[1] end
  end
  return ids
end

-- At most so many ids within a radius; the nearest ones in order, unless any will do.
local function ids_around(filter, radius, most, is_any)
  local reply = ask_newer('GEOSEARCH', filter.key, 'FROMLONLAT', filter.longitude, filter.latitude,
    'BYRADIUS', radius, filter.unit, 'COUNT', most, is_any and 'ANY' or 'ASC')
  return reply or ids_around_by_older(filter, radius, most)
end

local function is_inside(filter, away, id)
  local last = filter.last
  if not away or away > filter.radius then return false end
  return not last or away < filter.last_score or away == filter.last_score and id <= last.id
end

-- Those of some ids that the filter has; notes their distances, in the filter's unit.
local function inside(filter, ids)
  local kept, unit = {}, METRES[filter.unit]
  in_pieces(ids, function(piece)
    for place, point in ipairs(call('GEOPOS', filter.key, unpack(piece))) do
      local id = piece[place]
      local away = point and distance(filter.longitude, filter.latitude, tonumber(point[1]), tonumber(point[2])) / unit
      if away then filter.scores[id] = away end
      if is_inside(filter, away, id) then kept[#kept + 1] = id end
    end
  end)
  return kept
end

-- All ids of a reply with scores, and those of them that the filter has. A score is a place: of many at one the distance is
-- worked out once.
-- Gain (benchmarks/clever.py has none yet): of 100,000 at one point, a tenth of asking about each.
local function inside_by_place(filter, reply)
  local ids, kept, first_at, firsts, known = {}, {}, {}, {}, filter.scores
  for place = 1, #reply, 2 do
    local id, score = reply[place], reply[place + 1]
    ids[#ids + 1] = id
    if not first_at[score] then
      first_at[score] = id
      firsts[#firsts + 1] = id
    end
  end
  inside(filter, firsts)
  spend(4 * #firsts + 0.3 * #ids)
  for place = 1, #ids do
    local id, away = ids[place], known[first_at[reply[2 * place]]]
    known[id] = away
    if is_inside(filter, away, id) then kept[#kept + 1] = id end
  end
  return ids, kept
end

-- Takes ids as all there are.
local function settle(filter, ids)
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

-- Whether there are so many places within a radius that the server would take long to sort them.
-- Gain (benchmarks/clever.py): a third of finding the nearest 200 in a crowd of 40,000, and with more of them no call that holds
-- the server; among 10,000 it costs half as much again.
local function is_crowded(filter, radius, most)
  if absent.GEOSEARCH then return false end
  local found = #ids_around(filter, radius, most, true)
  spend(found * 0.3 + 5)
  return found == most
end

-- Looks at growing circles until `accept(ids)` is content; the ids come nearest first, ties by id.
-- Returns false if that costs too much.
local function widen(filter, want, accept)
  local most = 2 * want + 10
  local radius = math.min(filter.radius, 1.5 * filter.radius * math.sqrt(most / math.max(filter.total, 1)))
  -- a radius that is known to be too small
  local too_small = 0
  while most <= 3 * CHUNK and not is_exhausted() do
    while is_crowded(filter, radius, 2 * most + CHUNK) and not is_exhausted() do radius = (too_small + radius) / 2 end
    if is_exhausted() then return false end
    local ids = ids_around(filter, radius, most)
    spend(#ids * 5 + 20)
    work.scanned = work.scanned + #ids
    local kept = inside(filter, ids)
    -- one that is too far: no other is nearer than those there are
    local is_all = #kept < #ids or #ids < most and radius >= filter.radius
    local is_cut = #ids == most and not is_all
    sort_by_distance(filter, kept)
    if is_cut then drop_farthest(filter, kept) end
    if accept(kept) or is_all then return true end
    if is_cut then most = most * 4 else too_small, radius = radius, math.min(filter.radius, radius * 2) end
  end
  return false
end

-- The nearest ids, as many as the filter wants; nil where that costs too much.
local function nearest(filter)
  local found
  local is_done = widen(filter, filter.count, function(ids)
    found = ids
    return #ids >= filter.count
  end)
  if not is_done then return nil end
  for place = #found, filter.count + 1, -1 do found[place] = nil end
  return found
end

-- By distance. Each page is found anew; says so where circles with too many points would have to be looked at.
local function walk_near(order, rest, page, after)
  local want, seen, is_done, passed, last = page.skip + page.count, after and after.seen or 0, true, nil, order.last
  local is_cut = false
  local function pick(ids)
    ids = after and parts.gather.ids_behind(after, ids) or ids
    local kept, reached = sieve(rest, ids)
    passed, is_cut = kept, reached < #ids and #kept < want
    return #passed >= want or is_cut
  end
  if order.count then
    sort_by_distance(order, order.ids)
    pick(order.ids)
    -- for the pages to come: these, and no others when some of them are gone
    last = parts.gather.position_of(order.ids[#order.ids])
  else
    is_done = widen(order, seen + want, pick)
  end
  if not is_done or is_cut then return {is_too_far = true} end
  local taken = parts.walks.add_to_page(page, passed)
  if not taken then return nil end
  local stop = parts.gather.position_of(taken)
  stop.seen, stop.last = seen + want, last
  return stop
end

return {
  walk = walk_near,

  prepare = function(filter)
    filter.scores = {}
    if filter.last then filter.last_score = tonumber(filter.last.score) end
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
    local ids = ids_around(filter, filter.radius, CHUNK + 1, true)
    spend(#ids * 0.5)
    if #ids <= CHUNK then settle(filter, filter.last and inside(filter, ids) or ids) end
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
    return parts.ranks.read(filter.key, 0, filter.total, state, function(first, last)
      local ids, kept = inside_by_place(filter, call('ZRANGE', filter.key, first, last, 'WITHSCORES'))
      emit(kept)
      return ids
    end)
  end,
}
