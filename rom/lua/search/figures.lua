-- Figures of the rows that a search finds, in place of their ids.
--
-- request.figure says of what:
--   {kind: "numbers", key}      of a numeric index: {count, high part of the sum, low part, least, greatest}; numbers beyond
--                               2^53, which doubles do not tell apart, are left to the client, by their ids
--   {kind: "texts", field}      how many rows have which text in a field: texts and counts, and how many rows have none
--   {kind: "scores", key}       the same of numbers in an index, and how many rows have none
--   {kind: "runs", key, is_word}  without filters, or with one of that index: the different scores, or words, of an index and
--                               how many rows each has
--   {kind: "common", keys}      how many of the rows that some words have are in each of some sets
--   {kind: "complete"}          how many ids were given out; -1 where there may be others
--   {kind: "sample", count, seed}  so many rows, each as likely
-- Reply: "figures" with the figures; "ids" where a row may be met in several calls, so that the client is to ask by ids, and
-- where looking at the rows costs less
-- In `after`: waiting, ids that are found and not yet taken in
--
-- uses: request, reply, parts, namespace, highest, call, CHUNK, spend, is_exhausted, ask_newer, ask_each, in_pieces, sieve
-- gives: {figures}

local EXACT, HALF = 2 ^ 53, 2 ^ 26

local function text_of(number) return string.format('%.17g', number) end

-- -- numbers

-- Calls see(id, number) for each id, with what the index has for it, if anything; `cost` is that of one whose number is known.
local function each_number(ids, known, cost, see)
  in_pieces(ids, function(piece)
    spend(#piece * (known and cost or cost + 0.4))
    local found = known or ask_each('ZMSCORE', 'ZSCORE', request.figure.key, piece)
    for place, id in ipairs(piece) do see(id, found[known and id or place]) end
  end)
end

local function new_numbers()
  local count, high, low, least, greatest, large = 0, 0, 0, nil, nil, {}
  local function add(id, number)
    if number >= EXACT or number <= -EXACT then
      large[#large + 1] = id
      return
    end
    count = count + 1
    if number % 1 == 0 then
      local rest = number % HALF
      high, low = high + (number - rest) / HALF, low + rest
    else
      low = low + number
    end
    if not least or number < least then least = number end
    if not greatest or number > greatest then greatest = number end
  end
  return {
    take = function(ids, known)
      each_number(ids, known, 0.8, function(id, number)
        if number then add(id, number + 0) end
      end)
    end,
    result = function()
      local ends = {least and text_of(least) or false, greatest and text_of(greatest) or false}
      return {{text_of(count), text_of(high), text_of(low), ends[1], ends[2]}, large}
    end,
  }
end

-- -- values

-- Counts values, in the order in which they come up.
local function new_tally()
  local values, counts, place_of = {}, {}, {}
  return {values = values, counts = counts, add = function(value)
    local place = place_of[value]
    if not place then
      spend(1.5 + #value * 0.01)
      place = #values + 1
      values[place], counts[place], place_of[value] = value, 0, place
    end
    counts[place] = counts[place] + 1
  end}
end

local function new_scores()
  local tally, missing = new_tally(), 0
  return {
    take = function(ids, known)
      each_number(ids, known, 1, function(id, number)
        -- an index may lead to rows that are gone
        if number then tally.add(known and text_of(number) or number)
        else missing = missing + call('EXISTS', namespace .. ':' .. id) end
      end)
    end,
    result = function() return {tally.values, tally.counts, missing} end,
  }
end

local function new_texts()
  local tally, missing = new_tally(), 0
  local function take_one(id)
    local row = namespace .. ':' .. id
    local text = call('HGET', row, request.figure.field)
    spend(2)
    if text then tally.add(text) else missing = missing + call('EXISTS', row) end
  end
  return {
    take = function(ids)
      for _, id in ipairs(ids) do take_one(id) end
    end,
    result = function() return {tally.values, tally.counts, missing} end,
  }
end

local new_taker = {numbers = new_numbers, scores = new_scores, texts = new_texts}

-- -- what an index tells without its rows

-- Lists of the values of some entries, and of how many follow each other.
local function values_in(entries, is_word)
  local values, counts = {}, {}
  for place = 1, #entries, 2 do
    local value = is_word and entries[place]:match('^(.*)%z%d+$') or entries[place + 1]
    if value == values[#values] then counts[#counts] = counts[#counts] + 1
    else values[#values + 1], counts[#counts + 1] = value, 1 end
  end
  return values, counts
end

-- The rank behind the entries of a value, which begin at `first` and are read up to `known`. Where other words go on with
-- a NUL, whose entries may stand among these, it is `known`: they are read.
local function behind(value, first, known, size)
  local key, mark, last = request.figure.key, value .. '\0', known + 1
  spend(3)
  if not request.figure.is_word then return call('ZCOUNT', key, '-inf', value) end
  local function is_left(member) return member:sub(1, #mark) == mark end
  -- most often the end is near
  while last < size and is_left(parts.ranks.member_at(key, last)) do last = known + 4 * (last - known) end
  last = parts.ranks.bisect(key, known, math.min(last, size), is_left)
  if last == known then return known end
  local is_pure = parts.ranks.member_at(key, last - 1):match('^(.*)%z') == value
    and (#value < 7 or redis.pcall('SCARD', key:gsub('pre$', '') .. value .. ':idx') == last - first)
  return is_pure and last or known
end

local function runs(state)
  local figure, values, counts, only = request.figure, {}, {}, request.filters[1]
  local is_part = only.key == figure.key and only.first
  local first, size, step = is_part and only.first or 0, is_part and only.last or call('ZCARD', figure.key), 1
  local rank = state and math.max(first, parts.ranks.after(figure.key, state.score, state.member)) or first
  while rank < size and not is_exhausted() do
    local entries = call('ZRANGE', figure.key, rank, math.min(rank + step, size) - 1, 'WITHSCORES')
    local found, lengths = values_in(entries, figure.is_word)
    local before = rank
    for place, value in ipairs(found) do
      values[#values + 1], counts[#counts + 1] = value, lengths[place]
      rank = rank + lengths[place]
    end
    spend((rank - before) * 0.6 + #found * 1.5 + 4)
    -- of the last value there may be more
    local last = rank < size and math.min(size, behind(values[#values], rank - counts[#counts], rank, size)) or rank
    counts[#counts], rank, step = counts[#counts] + last - rank, last, math.min(2 * #found, CHUNK / 2)
  end
  if rank >= size then return reply('figures', {values, counts, 0}) end
  local entry = call('ZRANGE', figure.key, rank - 1, rank - 1, 'WITHSCORES')
  return reply('figures', {values, counts, 0}, {gather = {member = entry[1], score = entry[2]}})
end

-- How many rows that the filters have, which are words, are in each of some sets, where that is less than looking at these rows.
local function common(filters, state)
  local keys, counts, smallest = {}, {}, filters[1].size
  for place, filter in ipairs(filters) do keys[place] = filter.key end
  local sets = request.figure.keys
  if 0.3 * #keys * math.min(#sets * smallest, highest) > 2.5 * smallest then return reply('ids', {}) end
  for place = state and state.place or 1, #sets do
    local cost = 0.27 * #keys * math.min(smallest, call('SCARD', sets[place]))
    keys[#filters + 1] = sets[place]
    local count = cost < request.steps and ask_newer('SINTERCARD', #keys, unpack(keys))
    if not count then return reply('ids', {}) end
    keys[#filters + 1], counts[#counts + 1] = nil, count
    spend(cost + 3)
    if is_exhausted() and place < #sets then return reply('figures', counts, {gather = {place = place + 1}}) end
  end
  return reply('figures', counts)
end

-- -- some rows, by chance

-- Different numbers of [first, last), each as likely; all of them where not many more are there.
local function at_random(first, last, count)
  local numbers, seen = {}, {}
  if count >= (last - first) / 2 then
    for number = first, last - 1 do numbers[#numbers + 1] = number end
    return numbers, true
  end
  while #numbers < count do
    local number = first + math.floor(math.random() * (last - first))
    if not seen[number] then numbers[#numbers + 1], seen[number] = number, true end
  end
  return numbers, false
end

-- Some ids by chance that a filter has, or nearly all that are known by their numbers; and whether these are all.
local function candidates(driver, count)
  if driver.kind == 'set' then return call('SRANDMEMBER', driver.key, count), count >= driver.size end
  local is_range = driver.kind == 'range'
  local ids, is_all = at_random(is_range and driver.first or 1, is_range and driver.last or highest + 1, count)
  for place, number in ipairs(ids) do
    ids[place] = is_range and call('ZRANGE', driver.key, number, number)[1] or string.format('%.0f', number)
  end
  spend(#ids * (is_range and 2 or 0.5))
  return ids, is_all
end

local function sample(plan, filters)
  local driver, rest, wanted = plan.driver, plan.rest, request.figure.count
  math.randomseed(request.figure.seed)
  if driver.kind ~= 'set' and driver.kind ~= 'range' then
    if not parts.planner.is_complete(filters) then return reply('ids', {}) end
    driver, rest = {size = highest}, filters
  end
  local _, share = parts.planner.estimate(rest, math.max(highest, driver.size))
  local tried = 1.2 * (wanted + 2 * math.sqrt(wanted)) / share + 10
  while tried <= 10 * CHUNK and not is_exhausted() do
    local ids, is_all = candidates(driver, math.min(math.ceil(tried), driver.size))
    local kept, reached = sieve(rest, ids)
    if reached == #ids and (#kept >= wanted or is_all) then return reply('figures', kept) end
    tried = 4 * tried
  end
  return reply('ids', {})
end

-- -- all of them

-- Hands ids to a taker until the call has cost enough; the others wait.
local function hand_over(taker, ids, known, waiting)
  for first = 1, #ids, 100 do
    local piece = {unpack(ids, first, math.min(first + 99, #ids))}
    if is_exhausted() then
      for _, id in ipairs(piece) do waiting[#waiting + 1] = id end
    else
      taker.take(piece, known)
    end
  end
end

local function figures(given, filters, state)
  local figure, after = request.figure, request.after or {}
  if figure.kind == 'runs' then return runs(state) end
  if figure.kind == 'sample' then return sample(given, filters) end
  if figure.kind == 'common' then return common(filters, state) end
  if figure.kind == 'complete' then return reply('figures', text_of(parts.planner.is_complete(filters) and highest or -1)) end
  local plan = state and given or parts.gather.once(given, filters)
  local driver, waiting = plan.driver, {}
  local taker, seen = new_taker[figure.kind](), driver.repeats and {}
  -- of the index itself the numbers come with the ids
  local has_numbers = figure.key and driver.kind == 'range' and driver.key == figure.key
  if has_numbers then driver.scores = {} end
  local rest = state
  if after.waiting then hand_over(taker, after.waiting, nil, waiting) end
  if #waiting == 0 then
    rest = parts.gather.gather(plan, state, function(ids)
      local new_ones = seen and {} or ids
      for place = 1, seen and #ids or 0 do
        if not seen[ids[place]] then new_ones[#new_ones + 1], seen[ids[place]] = ids[place], true end
      end
      hand_over(taker, new_ones, has_numbers and driver.scores, waiting)
      if has_numbers then driver.scores = {} end
    end)
  end
  if not rest and #waiting == 0 then return reply('figures', taker.result()) end
  if seen then return reply('ids', {}) end
  rest = rest or {is_read = true, driver = driver.number}
  return reply('figures', taker.result(), {gather = rest, waiting = waiting[1] and waiting})
end

return {figures = figures}
