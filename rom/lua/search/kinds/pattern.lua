-- Words against the patterns of `Query.like`.
--
-- A pattern arrives as a list of steps, one character each: '!' any character, '?' any or none, '*' any number of
-- any, everything else itself; `+` has become '!' and '*'. The end of the word is free: a word matches as soon as all
-- steps are done.
--
-- What stands between the '*' is a segment: literal chunks, before each of which there are from `least` to `most`
-- characters. For each segment the first place where it can end leaves most to the others.
--
-- uses: nothing
-- gives: new_matcher

-- the bytes after the first one of a character are 128 to 191
local CHARACTER = '[^\128-\191][\128-\191]*'
-- so many '!' may be part of a chunk: string.find goes one level deeper for each, and a server whose stack ends there is gone
local DEEPEST = 100
-- what comparing one word may take, in the server's microseconds: then it is given up
local MOST_SPENT = 50000

local function new_chunk(least, most)
  return {least = least, most = most, parts = {}, depth = 0}
end

-- Adds what makes a chunk a pattern of string.find; `plain` is its text, unless it has '!'.
local function finish(chunk)
  chunk.plain = chunk.depth == 0 and table.concat(chunk.parts)
  for place, part in ipairs(chunk.parts) do
    if part ~= CHARACTER then chunk.parts[place] = part == '\0' and '%z' or part:gsub('%W', '%%%0') end
  end
  chunk.pattern = table.concat(chunk.parts)
  chunk.anchored = '^' .. chunk.pattern
end

-- The segments of a pattern: lists of chunks. All but the first may begin anywhere behind the one before.
local function segments_of(steps)
  local chunk, place = new_chunk(0, 0), 1
  local segment = {chunk}
  local segments = {segment}
  while place <= #steps do
    local step, least, most = steps[place], 0, 0
    while step == '!' or step == '?' do
      least, most, place = least + (step == '!' and 1 or 0), most + 1, place + 1
      step = steps[place]
    end
    local is_between = step and step ~= '*'
    if is_between and least == most and chunk.depth + least <= DEEPEST then
      chunk.depth = chunk.depth + least
      for _ = 1, least do chunk.parts[#chunk.parts + 1] = CHARACTER end
    elseif most > 0 then
      chunk = new_chunk(least, most)
      segment[#segment + 1] = chunk
    end
    if is_between then
      chunk.parts[#chunk.parts + 1] = step
    elseif step then
      chunk = new_chunk(0, math.huge)
      segment = {chunk}
      segments[#segments + 1] = segment
    end
    place = place + 1
  end
  for _, each in ipairs(segments) do
    for _, its_chunk in ipairs(each) do finish(its_chunk) end
  end
  return segments
end

-- Numbers characters: where each begins, and the number of the one that begins at a byte, with one more at the end.
local function numbered(text)
  local bytes, numbers, count = {}, {}, 0
  for byte in text:gmatch('()[^\128-\191]') do
    count = count + 1
    bytes[count], numbers[byte] = byte, count
  end
  bytes[count + 1], numbers[#text + 1] = #text + 1, count + 1
  return bytes, numbers
end

-- Where a chunk can end, given where the one before can, ascending; each as how many characters stand before. Only the
-- first place, where others are of no use.
-- `word` has text, count, bytes, numbers, spent; without bytes each byte counts as a character.
local function next_ends(chunk, ends, word, is_first_enough)
  local reached, low, place, last_place = {}, 1, ends[1] + chunk.least, ends[#ends] + chunk.most
  if chunk.pattern == '' then return place <= word.count and {place} or {} end
  while place <= last_place and place <= word.count and word.spent < MOST_SPENT do
    local from = word.bytes and word.bytes[place + 1] or place + 1
    local pattern, is_plain = chunk.plain or chunk.pattern, chunk.plain
    local length = #word.text - from
    if place == last_place then
      pattern, is_plain, length = chunk.anchored, false, 1
    elseif not is_plain and length * #chunk.parts * 0.005 > MOST_SPENT then
      word.spent = MOST_SPENT
      return {}
    end
    local first, last = word.text:find(pattern, from, is_plain)
    if last then length = math.min(length, last - from) end
    word.spent = word.spent + 0.6 + length * (is_plain and 0.001 or 0.01 + 0.002 * #chunk.parts)
    if not first then break end
    place = word.bytes and word.numbers[first] - 1 or first - 1
    if place > last_place then break end
    while ends[low] + chunk.most < place do low = low + 1 end
    if ends[low] + chunk.least <= place then
      reached[#reached + 1] = word.bytes and word.numbers[last + 1] - 1 or last
      if is_first_enough then break end
      place = place + 1
    else
      place = ends[low] + chunk.least
    end
  end
  return reached
end

-- The first place where a segment can end that begins at `place`, or behind it; nil: nowhere.
local function first_end(segment, word, place)
  local ends = {place}
  for number, chunk in ipairs(segment) do
    local following = segment[number + 1]
    ends = next_ends(chunk, ends, word, not following or following.pattern == '')
    if #ends == 0 then return nil end
  end
  return ends[1]
end

-- A function that tells whether a text matches the steps, what that took in the server's microseconds, and whether it was
-- given up.
local function new_matcher(steps)
  local segments = segments_of(steps)
  local has_gaps = false
  for _, segment in ipairs(segments) do has_gaps = has_gaps or #segment > 1 end
  return function(text)
    local word, place = {text = text, count = #text, spent = 0.5}, 0
    if has_gaps and text:find('[\128-\255]') then
      word.spent = 0.3 * #text
      if word.spent > MOST_SPENT then return false, 0.5, true end
      word.bytes, word.numbers = numbered(text)
      word.count = #word.bytes - 1
    end
    for _, segment in ipairs(segments) do
      place = first_end(segment, word, place)
      if word.spent >= MOST_SPENT then return false, word.spent, true end
      if not place then return false, word.spent end
    end
    return true, word.spent
  end
end
