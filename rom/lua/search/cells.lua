-- Places of a geo index by cells: the four quarters of the map, their quarters, and so on down to single places. A score is the
-- number of its place, 26 bits each of latitude and longitude by turns, so that a cell is a range of scores.
--
-- A cell is {code, size, count, nearest, farthest, lon, lat, width, height}: its scores are [code, code + size); its places are
-- between the nearest and the farthest distance.
-- A filter has longitude, latitude, radius, unit, key, total, and `places`: distances by score.
--
-- uses: parts, call, spend, is_exhausted
-- gives: {away_of, whole, quarters, new_bounds, visit}

local METRES = {m = 1, km = 1000, mi = 1609.34, ft = 0.3048}
-- as the server has it, whose distances these are to equal
local EARTH_RADIUS, NORTH = 6372797.560856, 85.05112878
local STEPS = 2 ^ 26

local abs, floor, max, min = math.abs, math.floor, math.max, math.min
local asin, cos, rad, sin, sqrt = math.asin, math.cos, math.rad, math.sin, math.sqrt
local band, bor, rshift = bit.band, bit.bor, bit.rshift

local function text_of(number) return string.format('%.0f', number) end

-- Every other of 28 bits, together.
local function squashed(bits)
  bits = band(bits, 0x5555555)
  bits = band(bor(bits, rshift(bits, 1)), 0x3333333)
  bits = band(bor(bits, rshift(bits, 2)), 0xf0f0f0f)
  bits = band(bor(bits, rshift(bits, 4)), 0xff00ff)
  return band(bor(bits, rshift(bits, 8)), 0xffff)
end

-- How many steps a place is from the west and from the south of the map.
local function steps_of(score)
  local high = floor(score / 2 ^ 28)
  local low = score - high * 2 ^ 28
  return squashed(rshift(high, 1)) * 2 ^ 14 + squashed(rshift(low, 1)), squashed(high) * 2 ^ 14 + squashed(low)
end

-- The middle of a step, by the same sums as the server.
local function middle(step, edge)
  local low, high = -edge + step / STEPS * (2 * edge), -edge + (step + 1) / STEPS * (2 * edge)
  return max(-edge, min(edge, (low + high) / 2))
end

-- The distance of a place in the filter's unit.
local function away_of(filter, score)
  local known = filter.places[score]
  if known then return known end
  local east, north = steps_of(tonumber(score))
  local from, to = rad(filter.latitude), rad(middle(north, NORTH))
  local up, along = sin((to - from) / 2), sin((rad(middle(east, 180)) - rad(filter.longitude)) / 2)
  local away = 2 * EARTH_RADIUS * asin(sqrt(up * up + cos(from) * cos(to) * along * along)) / METRES[filter.unit]
  filter.places[score] = away
  spend(2.5)
  return away
end

-- The least and the greatest difference between a longitude and those of a cell, around the map.
local function between(lon, west, east)
  local to_west, to_east = abs(lon - west), abs(lon - east)
  to_west, to_east = min(to_west, 360 - to_west), min(to_east, 360 - to_east)
  local other_side = lon > 0 and lon - 180 or lon + 180
  return west <= lon and lon <= east and 0 or min(to_west, to_east),
    west <= other_side and other_side <= east and 180 or max(to_west, to_east)
end

-- A function that tells between which distances the places of a cell are, by what each part of the formula can be.
local function new_bounds(filter)
  local lon, lat, unit = filter.longitude, filter.latitude, METRES[filter.unit]
  local own = cos(rad(lat))
  local function away(up, along, other)
    local u, v = sin(rad(up) / 2), sin(rad(along) / 2)
    return 2 * EARTH_RADIUS * asin(min(1, sqrt(u * u + own * other * v * v)))
  end
  return function(cell)
    spend(3)
    local south, north = cell.lat, cell.lat + cell.height
    local least, greatest = between(lon, cell.lon, cell.lon + cell.width)
    local low, high = cos(rad(south)), cos(rad(north))
    local nearest = away(max(south - lat, lat - north, 0), least, min(low, high))
    local farthest = away(max(abs(lat - south), abs(lat - north)), greatest, south < 0 and north > 0 and 1 or max(low, high))
    -- wider than any rounding
    return ((1 - 1e-9) * nearest - 1e-3) / unit, ((1 + 1e-9) * farthest + 1e-3) / unit
  end
end

-- Hands those quarters of a cell to `take` that have members and are near enough, in the order of their scores; returns what
-- it returns, if that is anything.
local function quarters(filter, cell, bounds, take)
  local size, width, height = cell.size / 4, cell.width / 2, cell.height / 2
  for quarter = 0, 3 do
    local code, east, north = cell.code + quarter * size, quarter > 1, quarter % 2 == 1
    local child = {code = code, size = size, width = width, height = height,
                   lon = east and cell.lon + width or cell.lon, lat = north and cell.lat + height or cell.lat}
    child.nearest, child.farthest = bounds(child)
    if child.nearest <= filter.radius then
      spend(1.5)
      child.count = call('ZCOUNT', filter.key, text_of(code), '(' .. text_of(code + size))
      local stop = child.count > 0 and take(child)
      if stop then return stop end
    end
  end
end

-- The whole map, and what stands at its eastern and northern end, which has numbers beyond the others.
local function whole(filter)
  local behind = call('ZCOUNT', filter.key, text_of(STEPS * STEPS), '+inf')
  local map = {code = 0, size = STEPS * STEPS, count = filter.total - behind, nearest = 0, farthest = math.huge,
               lon = -180, lat = -NORTH, width = 360, height = 2 * NORTH}
  return {map, behind > 0 and {code = map.size, size = math.huge, count = behind, nearest = 0, farthest = math.huge,
                               is_read = true} or nil}
end

-- Hands the ranks of cells within the radius to `take(first, last, is_inside, state)`, where the cell is wholly inside, has
-- no more than `leaf` members or is a single place; it returns where to go on in it. Returns where to go on.
local function visit(filter, state, leaf, take)
  local from, inner = state and tonumber(state.from) or 0, state and state.inner
  local bounds = new_bounds(filter)
  local function go(cell)
    if cell.code + cell.size <= from then return nil end
    -- each call gets on
    if cell.code > from and is_exhausted() then return {from = text_of(cell.code)} end
    local is_inside = cell.farthest <= filter.radius
    local is_large = cell.count > leaf and cell.size > 1 and not cell.is_read
    if is_large and not is_inside then return quarters(filter, cell, bounds, go) end
    local first = parts.ranks.below(filter.key, text_of(cell.code))
    local last = first + cell.count
    if from > cell.code then first = parts.ranks.below(filter.key, text_of(from)) end
    spend(2)
    local stop = take(first, last, is_inside, inner)
    inner = nil
    return stop and {from = stop.score, inner = stop}
  end
  for _, cell in ipairs(whole(filter)) do
    local stop = go(cell)
    if stop then return stop end
  end
end

return {away_of = away_of, whole = whole, quarters = quarters, new_bounds = new_bounds, visit = visit}
