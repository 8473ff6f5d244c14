-- The next row by its id, up or down, behind so many others and over gaps of any length; only numbers go to the client.
--
-- request.seek  {number, last, step, skip, most, cursor}, ids as texts
--   number  behind which id, and up to which `last`; left out: from above the counter, up to the counter
--   step    1 or -1
--   skip    how many rows to pass by
--   most    how many ids to list where they are found by SCAN
--   cursor  of SCAN; left out: ids are looked for by their numbers
-- Reply "seek", with the ids that SCAN has found, the nearest first, which may be others in the next call, and in `after`
--   {state, number, skip, cursor, highest}: "found": a row comes next behind the number, or it is the last one; "on": go on from
--   there; "scan": go on by SCAN from there, as what is left of a gap is longer than that; "listed": SCAN is through
--
-- uses: request, reply, parts, namespace, highest, work, call, CHUNK, spend, is_exhausted
-- gives: {seek}

-- how many ids without a row pass before the number of keys is asked
local PATIENCE = 2 * CHUNK
-- so far above the counter rows are looked for
local ABOVE = 1020

local function text_of(number) return string.format('%.0f', number) end

local function count_rows(keys, first, last)
  spend((last - first + 1) * 0.8 + 2)
  work.scanned = work.scanned + last - first + 1
  return call('EXISTS', unpack(keys, first, last))
end

-- The keys of the next ids.
local function next_keys(seek)
  local keys, format, number, step, key = {}, string.format, seek.number, seek.step, namespace .. ':%.0f'
  for place = 1, math.min(CHUNK, (seek.last - number) * step) do keys[place] = format(key, number + place * step) end
  return keys
end

-- How many of some keys come before the one of a row that follows `skip` others.
local function place_before(keys, skip)
  local low, high = 1, #keys
  while low < high do
    local middle = math.floor((low + high) / 2)
    local count = count_rows(keys, low, middle)
    if count > skip then high = middle else skip, low = skip - count, middle + 1 end
  end
  return low - 1
end

-- Whether there are fewer keys than ids ahead, and none of these within as many ids, as far as is seen at growing distances.
local function is_scan_shorter(seek)
  local size, left = redis.pcall('DBSIZE'), (seek.last - seek.number) * seek.step
  if type(size) ~= 'number' or left < PATIENCE or left < size then return false end
  local ahead, distance = {}, 1
  while distance <= math.max(size, PATIENCE) and distance <= left do
    ahead[#ahead + 1] = namespace .. ':' .. text_of(seek.number + distance * seek.step)
    distance = distance * 2
  end
  return count_rows(ahead, 1, #ahead) == 0
end

-- Passes by rows, and by the ids in front of the next one.
local function pass(seek)
  local gap = 0
  while (seek.last - seek.number) * seek.step > 0 do
    local keys = next_keys(seek)
    local count = count_rows(keys, 1, #keys)
    if count > seek.skip then
      seek.number, seek.skip = seek.number + place_before(keys, seek.skip) * seek.step, 0
      return 'found'
    end
    seek.number, seek.skip = seek.number + #keys * seek.step, seek.skip - count
    gap = count == 0 and gap + #keys or 0
    if gap >= PATIENCE and is_scan_shorter(seek) then return 'scan' end
    if is_exhausted() then return 'on' end
  end
  return 'found'
end

-- Lists the nearest ids behind the number.
local function list(seek)
  local found, numbers, bound = {}, {}, math.huge
  local function cut()
    table.sort(found, function(one, other) return (numbers[one] - numbers[other]) * seek.step < 0 end)
    for place = #found, seek.most + 1, -1 do found[place] = nil end
    bound = found[seek.most] and (numbers[found[seek.most]] - seek.number) * seek.step or bound
  end
  local rest = parts.rows.scan_keys(seek.cursor or '0', function(ids)
    for _, id in ipairs(ids) do
      local number = tonumber(id)
      local distance = (number - seek.number) * seek.step
      if distance > 0 and distance < bound and not numbers[id] then
        found[#found + 1], numbers[id] = id, number
        if #found > 2 * seek.most + 50 then cut() end
      end
    end
    work.scanned = work.scanned + #ids
  end)
  cut()
  return found, rest and rest.cursor
end

return {
  seek = function()
    local seek, found, state = request.seek, {}, nil
    seek.number = tonumber(seek.number) or highest + ABOVE + 1
    seek.last = tonumber(seek.last) or highest
    if seek.cursor then
      found, seek.cursor = list(seek)
      state = seek.cursor and 'scan' or 'listed'
    else
      state = pass(seek)
      seek.cursor = state == 'scan' and '0' or nil
    end
    return reply('seek', found, {state = state, number = text_of(seek.number), skip = seek.skip, cursor = seek.cursor,
                                 highest = text_of(highest)})
  end,
}
