-- Walks: ids in the wanted order, bit by bit, until a page is full.
--
-- Each takes a page, the filters to ask about each id, and where to go on. It returns nothing once the page is full or
-- there is no more, otherwise where to go on: {id, score}.
--
-- uses: request, highest, parts, work, call, CHUNK, spend, is_exhausted, ask_newer, sieve
-- gives: {add_to_page, look_at, pace, up, down, common, sorted, ids, ids_down}

-- Adds ids to a page behind those it skips. Returns the last one it took, once the page is full.
local function add_to_page(page, ids)
  for place = 1, #ids do
    local id = ids[place]
    if page.skip > 0 then
      page.skip = page.skip - 1
    else
      page.ids[#page.ids + 1] = id
      if #page.ids >= page.count then return id end
    end
  end
end

-- Asks the filters about ids and adds those that pass to the page. Returns the id after which the walk is to stop, if it
-- is: as the page is full, or as the call has cost enough.
local function look_at(page, rest, ids)
  work.scanned = work.scanned + #ids
  spend(#ids * 0.5 + 2)
  local kept, reached = sieve(rest, ids)
  return add_to_page(page, kept) or is_exhausted() and ids[reached] or nil
end

-- How many ids to look at in one go: few at first, for the page may be near.
local function pace(page)
  local size = math.floor(math.min(math.max(page.stride, 10), CHUNK))
  page.stride = page.stride * 2
  return size
end

-- By score, ascending; equal scores by id.
local function walk_up(order, rest, page, after)
  local rank = after and math.max(order.first, parts.ranks.after(order.key, after.score, after.id)) or order.first
  if #rest == 0 and page.skip > 0 then
    rank, page.skip = rank + page.skip, math.max(0, page.skip - math.max(order.last - rank, 0))
  end
  while rank < order.last do
    local ids = call('ZRANGE', order.key, rank, math.min(rank + pace(page), order.last) - 1)
    local stop = look_at(page, rest, ids)
    if stop then return {id = stop, score = call('ZSCORE', order.key, stop)} end
    rank = rank + #ids
  end
end

-- The ids with the highest scores below a rank, complete groups of equal score in descending order, each group
-- ascending, as [{first, last}] of ranks.
local function group_at(order, rank)
  local score = call('ZRANGE', order.key, rank, rank, 'WITHSCORES')[2]
  spend(2)
  local first = math.max(order.first, call('ZCOUNT', order.key, '-inf', '(' .. score))
  return score, first
end

-- Hands on the ranks [first, last) of one score. Returns where to go on.
local function walk_group(order, rest, page, score, first, last)
  while first < last do
    local ids = call('ZRANGE', order.key, first, math.min(first + pace(page), last) - 1)
    local stop = look_at(page, rest, ids)
    if stop then return {id = stop, score = score} end
    first = first + #ids
  end
end

-- The alternating members and scores of a WITHSCORES reply as two lists.
local function unzip(reply)
  local members, scores = {}, {}
  for place = 1, #reply, 2 do
    members[#members + 1], scores[#scores + 1] = reply[place], reply[place + 1]
  end
  return members, scores
end

-- Ranks [low, high) that are all skipped, for which their order is of no matter: only how many pass. Returns where to go on, and
-- the new high; nil where the page begins among them, or the call has cost enough before all are asked about.
-- Gain: two thirds of a deep offset in descending order.
local function skip_window(order, rest, page, low, high)
  local score, first = group_at(order, low)
  -- the lowest group may go on below the window
  if first < low then low = call('ZCOUNT', order.key, '-inf', score) end
  if low >= high then return nil end
  local ids = call('ZRANGE', order.key, low, high - 1)
  spend(#ids * 0.5 + 2)
  local kept, reached = sieve(rest, ids)
  if #kept > page.skip or reached < #ids then return nil end
  page.skip, work.scanned = page.skip - #kept, work.scanned + #ids
  if not is_exhausted() then return nil, low end
  local lowest = call('ZSCORE', order.key, ids[1])
  local last = call('ZCOUNT', order.key, '-inf', lowest) - 1
  return {id = call('ZRANGE', order.key, last, last)[1], score = lowest}, low
end

-- Groups that lie completely within ranks [low, high), the highest first. Returns where to go on, and the new high.
local function walk_window(order, rest, page, low, high)
  if page.skip > high - low then
    local stop, new_high = skip_window(order, rest, page, low, high)
    if new_high then return stop, new_high end
  end
  spend((high - low) * 0.6)
  local ids, scores = unzip(call('ZRANGE', order.key, low, high - 1, 'WITHSCORES'))
  local turned, last = {}, #ids
  while last > 0 do
    local first = last
    -- as numbers: -0 and 0 are the same
    while first > 1 and tonumber(scores[first - 1]) == tonumber(scores[last]) do first = first - 1 end
    -- the lowest group may go on below the window
    if first == 1 and low > order.first then break end
    for place = first, last do
      turned[#turned + 1] = ids[place]
      order.scores[ids[place]] = scores[place]
    end
    last = first - 1
  end
  local stop = look_at(page, rest, turned)
  return stop and {id = stop, score = order.scores[stop]}, low + last
end

-- By score, descending; equal scores by id, ascending.
local function walk_down(order, rest, page, after)
  local high, stop = order.last
  if after then
    local rank = parts.ranks.after(order.key, after.score, after.id)
    local last = math.min(order.last, call('ZCOUNT', order.key, '-inf', after.score))
    stop = walk_group(order, rest, page, after.score, math.max(rank, order.first), last)
    if stop then return stop end
    high = math.min(order.last, call('ZCOUNT', order.key, '-inf', '(' .. after.score))
  elseif #rest == 0 and page.skip > 0 then
    if page.skip >= order.size then return nil end
    local score, first = group_at(order, order.last - 1 - page.skip)
    local last = math.min(order.last, call('ZCOUNT', order.key, '-inf', score))
    local within = page.skip - (order.last - last)
    page.skip = 0
    stop = walk_group(order, rest, page, score, first + within, last)
    if stop then return stop end
    high = first
  end
  while high > order.first do
    local low, before = math.max(order.first, high - pace(page)), high
    stop, high = walk_window(order, rest, page, low, high)
    if stop then return stop end
    if high == before then
      local score, first = group_at(order, high - 1)
      stop = walk_group(order, rest, page, score, first, high)
      if stop then return stop end
      high = first
    end
  end
end

-- By score, where the server itself gives what some sets and the order have in common. Only for a first page.
local function walk_common(common, rest, page)
  local ids = ask_newer('ZINTER', unpack(common.arguments))
  if not ids then return {is_too_far = true} end
  spend(common.cost)
  local stop = look_at(page, rest, ids)
  return stop and {id = stop, score = call('ZSCORE', common.key, stop)}
end

-- One set by id, sorted by the server. Only for a first page.
local function walk_sorted(set, _, page)
  local way = request.sort and 'DESC' or 'ASC'
  local ids = ask_newer('SORT_RO', set.key, 'ALPHA', way, 'LIMIT', page.skip, page.count)
  if not ids then return {is_too_far = true} end
  spend(0.6 * set.size)
  page.skip, work.scanned = 0, work.scanned + #ids
  local taken = add_to_page(page, ids)
  return taken and {id = taken}
end

-- The decimal number behind another one in the order of texts: 1, 10, 100, 11, 2; nil behind the last one.
local function next_in_text_order(number)
  if number * 10 <= highest then return number * 10 end
  while number >= highest or number % 10 == 9 do
    number = (number - number % 10) / 10
    if number == 0 then return nil end
  end
  return number + 1
end

-- All ids that were ever given out, in the order of their texts.
local function walk_ids(_, rest, page, after)
  local number, format = nil, string.format
  if after then number = next_in_text_order(tonumber(after.id)) else number = highest > 0 and 1 or nil end
  while number do
    local ids, count, size = {}, 0, pace(page)
    while number and count < size do
      count = count + 1
      ids[count] = format('%d', number)
      -- most often the last digit goes up: quicker told here
      if number * 10 > highest and number < highest and number % 10 ~= 9 then
        number = number + 1
      else
        number = next_in_text_order(number)
      end
    end
    local stop = look_at(page, rest, ids)
    if stop then return {id = stop} end
  end
end

-- The last one, in the order of texts, of the decimal numbers that begin as one does.
local function last_in_text_order(number)
  while number * 10 <= highest do number = math.min(number * 10 + 9, highest) end
  return number
end

-- The decimal number before another one in the order of texts; nil before the first one.
local function previous_in_text_order(number)
  if number % 10 > 0 and number > 1 then return last_in_text_order(number - 1) end
  return number > 1 and number / 10 or nil
end

-- The same the other way round.
local function walk_ids_down(_, rest, page, after)
  local number = highest > 0 and last_in_text_order(math.min(9, highest)) or nil
  if after then number = previous_in_text_order(tonumber(after.id)) end
  while number do
    local ids, size = {}, pace(page)
    while number and #ids < size do
      ids[#ids + 1], number = string.format('%d', number), previous_in_text_order(number)
    end
    local stop = look_at(page, rest, ids)
    if stop then return {id = stop} end
  end
end

return {
  add_to_page = add_to_page, look_at = look_at, pace = pace,
  up = walk_up, down = walk_down, common = walk_common, sorted = walk_sorted, ids = walk_ids,
  ids_down = walk_ids_down,
}
