-- Searches that read all ids of one filter, in no order, and ask the others about each.
--
-- uses: request, report, highest, scores, parts, reply, work, call, CHUNK, spend, ask_newer, in_pieces, prepare, keep, sieve,
--   scan_and_sieve, without
-- gives: {gather, resumed, once, likely_beginning, position_of, ids_behind, page, known_count, count, parts, store}

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

-- The plan that reads a filter by its number, or all ids, "rows", which are only asked about.
local function reading(number, filters)
  if number == 'rows' then
    return {driver = prepare({kind = 'rows', samples = {}, number = number, is_only_asked = true}), rest = filters}
  end
  local driver = request.filters[number]
  return {driver = driver, rest = without(filters, driver)}
end

-- The plan of an earlier call, which is gone on with whatever would be chosen now: other rows might be left out, or come twice.
local function resumed(state, filters)
  -- what sets have in common is read at once
  return state.driver and reading(state.driver, filters) or {driver = {kind = 'common', size = 0}, rest = filters}
end

-- The plan for meeting each row once, in however many calls that takes; the one that is given where there is none.
local function once(plan, filters)
  local driver, best = plan.driver, nil
  if not driver.repeats or driver.size <= 2 * CHUNK then return plan end
  for _, filter in ipairs(filters) do
    if not filter.repeats and filter.size < (best and best.size or 8 * driver.size) then best = filter end
  end
  if best then
    local other = reading(best.number, filters)
    -- to ask each row about many words may cost far more than to send ids
    local cost = best.size * (best.scan_cost + parts.planner.estimate(other.rest, highest))
    return cost <= 1.5 * plan.cost and other or plan
  end
  local cost = parts.planner.estimate(filters, highest)
  local is_cheap = cost < 2.5 and highest * (cost + 0.5) <= plan.cost
  return is_cheap and parts.planner.is_complete(filters) and reading('rows', filters) or plan
end

-- Reads one filter and asks the others; hands ids to `take`. Returns where to go on.
local function gather(plan, state, take)
  report.plan, report.driver, report.read = 'gather', plan.driver.key, plan.driver.number
  report.expected = math.ceil(plan.driver.size)
  local rest = scan_and_sieve(plan.driver, plan.rest, state, function(ids)
    spend(#ids * 0.7)
    take(ids)
  end)
  if rest then rest.driver = plan.driver.number end
  return rest
end

-- A list that takes ids, each once.
local function new_list(repeats)
  local list, seen = {ids = {}}, {}
  function list.take(ids)
    local chosen = list.ids
    for place = 1, #ids do
      local id = ids[place]
      if not seen[id] then
        chosen[#chosen + 1] = id
        if repeats then seen[id] = true end
      end
    end
  end
  return list
end

-- Where an id stands in the order of scores, for a later call: JSON would round the number.
local function position_of(id)
  return {id = id, score = string.format('%.17g', scores[id])}
end

-- Those of some ids that come behind a position in the wanted order; one without a score is of a set, all of which have the same.
local function ids_behind(position, ids)
  local kept, by = {}, position.score and scores
  local sign = by and request.descending and -1 or 1
  local score = by and sign * tonumber(position.score) or 0
  for _, id in ipairs(ids) do
    local own = by and sign * tonumber(by[id]) or 0
    if own > score or own == score and id > position.id then kept[#kept + 1] = id end
  end
  return kept
end

-- The first `most` ids of those handed over, without sorting all of them.
local function new_selection(most, repeats)
  local selection, seen, comes_first, by = {ids = {}}, {}, new_order(), scores
  local sign, room = request.descending and -1 or 1, 3 * most + 50
  -- the last of the first ones, as far as they are known, and its score
  local last, bound
  function selection.cut()
    local ids = selection.ids
    table.sort(ids, comes_first)
    for place = #ids, most + 1, -1 do ids[place] = nil end
    last = ids[most]
    bound = last and by and sign * by[last]
  end
  function selection.take(ids)
    local chosen = selection.ids
    for place = 1, #ids do
      local id = ids[place]
      local score = bound and sign * by[id]
      if (not last or by and (score < bound or score == bound and id < last) or not by and id < last) and not seen[id] then
        chosen[#chosen + 1] = id
        if repeats then seen[id] = true end
        if #chosen > room then selection.cut() end
      end
    end
  end
  return selection
end

-- How many of the ids given out begin, as texts, with the digits of a number.
local function count_beginning(number)
  local count, width = 0, 1
  while number <= highest do
    count = count + math.min(width, highest - number + 1)
    number, width = number * 10, width * 10
  end
  return count
end

-- The digits with which the first ids of a page most likely begin: 1, 10, 100, ..., and the share of the ids that do; nil if they
-- may begin with any.
-- Gain (benchmarks/clever.py), among 60,000 rows: a quarter of the first page of a prefix that one in a hundred has, half of one
-- that one in twenty has where a word is asked for as well; among 20,000 rows not more than the latter.
local function likely_beginning(plan)
  local driver, most = plan.driver, request.skip + request.count
  if scores or request.sort or request.wants_rest or request.after or not driver.is_range or highest < 10 then return nil end
  local _, share = parts.planner.estimate(plan.rest, highest)
  local each, beginning, found = share * driver.size / highest, 1, nil
  -- by chance there are fewer once in some thousand times
  while each * count_beginning(beginning) > most + 4 * math.sqrt(most) + 5 do
    found, beginning = beginning, beginning * 10
  end
  return found, found and count_beginning(found) / highest
end

-- The first ids by text, from those that begin as the first ones do: the others need not be taken out of their
-- index entries. Nil where that were too few.
local function select_beginning(plan, most)
  local driver, beginning = plan.driver, plan.beginning
  local selection, shorter = new_selection(most, driver.repeats), {}
  driver.beginning = string.format('%.0f', beginning)
  local rest = gather(plan, nil, selection.take)
  driver.beginning = nil
  if rest or #selection.ids < most then return nil end
  while beginning >= 10 do
    beginning = beginning / 10
    shorter[#shorter + 1] = string.format('%.0f', beginning)
  end
  local found = keep(driver, shorter)
  local kept, reached = sieve(plan.rest, found)
  selection.take(kept)
  return reached == #found and selection or nil
end

-- Where to go on, with what earlier pages have settled: behind what, and up to where.
local function settled(after)
  local before = request.after or {}
  after.behind, after.last = before.behind or before.id and before or nil, before.last
  return after
end

-- Ids in no order, with what they are to be sorted by.
local function part(ids, state, is_listed)
  local listed = {}
  for place, id in ipairs(ids) do
    listed[place] = scores and string.format('%.17g', tonumber(scores[id])) or '0'
  end
  return reply('part', ids, state and settled({gather = state, is_listed = is_listed}), listed)
end

local function page(plan, state)
  -- behind pages that were walked, in case walking on is not possible
  local behind = settled({}).behind
  local skip = behind and (behind.skip or 0) or request.skip
  local most = request.wants_rest and math.huge or skip + request.count
  local selection = plan.beginning and select_beginning(plan, most)
  if not selection then
    selection = new_selection(most, plan.driver.repeats)
    local rest = gather(plan, state, function(ids) selection.take(behind and ids_behind(behind, ids) or ids) end)
    if rest or state then
      -- of each call only its first ones can be among the first of all
      if not request.wants_rest then selection.cut() end
      return part(selection.ids, rest)
    end
  end
  selection.cut()
  local ids, last = {}, request.wants_rest and #selection.ids or skip + request.count
  for place = skip + 1, math.min(last, #selection.ids) do ids[#ids + 1] = selection.ids[place] end
  return reply('done', ids)
end

-- Whether a filter takes any number of an index.
local function is_any_number(filter) return filter.kind == 'range' and filter.low == '-inf' and filter.high == '+inf' end

-- Filters without the indexes of numbers that have every id which was given out.
-- Gain: four fifths of counting, among 300,000 rows, what two words have in common in an order.
local function that_choose(filters)
  local kept, is_complete = {}, nil
  for _, filter in ipairs(filters) do
    local has_all = is_any_number(filter) and filter.size == highest
    if has_all and is_complete == nil then is_complete = parts.planner.is_complete(filters) end
    if not (has_all and is_complete) then kept[#kept + 1] = filter end
  end
  return #kept > 0 and kept or filters
end

-- How many rows words, and numbers whatever they are, have in common, where the server counts that itself in a call's time.
local function count_common(filters)
  local keys, command = {}, 'SINTERCARD'
  for place, filter in ipairs(filters) do
    if is_any_number(filter) then command = 'ZINTERCARD' elseif filter.kind ~= 'set' then return nil end
    keys[place] = filter.key
  end
  if #keys > parts.planner.MOST_COMMON or 0.27 * filters[1].size * (#keys - 1) > work.allowed then return nil end
  return ask_newer(command, #keys, unpack(keys))
end

-- How many rows there are, where that is told without looking at them; else nil.
local function known_count(filters)
  filters = that_choose(filters)
  local known = #filters == 1 and filters[1].is_exact and filters[1].size or count_common(filters)
  if known then report.plan, report.driver = 'size', filters[1].key end
  return known
end

local function count(plan, filters, state)
  plan = state and plan or once(plan, filters)
  local driver = plan.driver
  if driver.kind == 'rows' and #plan.rest == 0 and not driver.by_keys then
    local found, rest = parts.rows.count(state and state.inner)
    return reply('count', found, rest and {gather = {inner = rest, driver = driver.number}})
  end
  if driver.kind == 'near' and #plan.rest == 0 and not driver.last then
    local found, rest = parts.near.count(driver, state and state.inner)
    return reply('count', found, rest and {gather = {inner = rest, driver = driver.number}})
  end
  -- a row that is met once can be counted bit by bit
  if state and not request.after.is_listed or not state and not driver.repeats then
    local found = 0
    local rest = gather(plan, state, function(ids) found = found + #ids end)
    return reply('count', found, rest and {gather = rest})
  end
  local list = new_list(driver.repeats)
  local rest = gather(plan, state, list.take)
  if rest or state then return part(list.ids, rest, true) end
  return reply('count', #list.ids)
end

local function all_parts(plan, state)
  local list = new_list(plan.driver.repeats)
  local rest = gather(plan, state, list.take)
  return part(list.ids, rest)
end

-- Stores all of an order as it stands in its index.
local function store_range(range, state)
  local sign = request.descending and '-' or ''
  return parts.ranks.read(range.key, range.first, range.last, state, function(first, last)
    local entries, ids = call('ZRANGE', range.key, first, last, 'WITHSCORES'), {}
    for place = 1, #entries, 2 do
      local id, score = entries[place], sign .. entries[place + 1]
      if score:sub(1, 2) == '--' then score = score:sub(3) end
      ids[#ids + 1], entries[place], entries[place + 1] = id, score, id
    end
    call('ZADD', request.into, unpack(entries))
    spend(#ids * 2)
    return ids
  end)
end

local function store(plan, state)
  -- servers older than 7 refuse writes after commands whose reply has no order, unless the effects are replicated
  if redis.replicate_commands then redis.replicate_commands() end
  local sign, format, driver = request.descending and -1 or 1, string.format, plan.driver
  if driver.is_order and driver.kind == 'range' and #plan.rest == 0 then
    local inner = store_range(driver, state and state.inner)
    call('EXPIRE', request.into, request.seconds)
    return reply(inner and 'more' or 'done', {}, inner and {gather = {inner = inner, driver = driver.number}})
  end
  local rest = gather(plan, state, function(ids)
    in_pieces(ids, function(piece)
      local entries = {}
      for place, id in ipairs(piece) do
        entries[2 * place - 1], entries[2 * place] = scores and format('%.17g', sign * scores[id]) or '0', id
        if scores then scores[id] = nil end
      end
      if #entries > 0 then call('ZADD', request.into, unpack(entries)) end
      spend(#piece)
    end)
  end)
  call('EXPIRE', request.into, request.seconds)
  return reply(rest and 'more' or 'done', {}, rest and {gather = rest})
end

return {
  gather = gather, resumed = resumed, once = once, likely_beginning = likely_beginning, position_of = position_of,
  ids_behind = ids_behind, page = page, known_count = known_count, count = count, parts = all_parts, store = store,
}
