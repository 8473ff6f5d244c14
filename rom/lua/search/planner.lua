-- What a search would cost this way and that. Filters come the smallest first.
--
-- uses: request, namespace, highest, work, call, spend, ask_newer, sample, without
-- gives: {MOST_COMMON, estimate, common_cost, gather, few, walk, is_apart, is_complete}

-- So many of the smallest filters are thought of as the one to read: planning is to grow with their number, not its square.
local function some_drivers(filters) return math.max(1, math.min(#filters, 8, math.floor(4000 / #filters))) end

-- The share of some number of rows that a filter has. Those of parts are taken not to depend on each other.
local function share_of(filter, total)
  if filter.size < math.huge then return math.min(1, math.max(filter.fitting or filter.size, 0.5) / math.max(total, 1)) end
  if filter.rate then return filter.rate end
  local is_all, share = filter.kind == 'all', 1
  for _, part in ipairs(filter.of) do
    local own = share_of(part, total)
    share = share * (is_all and own or 1 - own)
  end
  return math.max(filter.kind == 'any' and 1 - share or share, 0.5 / math.max(total, 1))
end

-- What asking all filters costs for one id, and the share of ids that pass. Asked often enough, some read all they have.
local function estimate(filters, total, visits)
  local cost, share = 0, 1
  for _, filter in ipairs(filters) do
    local read_cost = visits and filter.read_cost and filter.read_cost / visits + 0.3
    cost = cost + share * math.min(filter.probe_cost, read_cost or math.huge)
    share = share * share_of(filter, total)
  end
  return cost, share
end

-- The plan that costs less; either may be missing.
local function cheaper(one, other)
  return (not other or one and one.cost <= other.cost) and one or other
end

-- of more sets than this the server is not asked what they have in common: arguments of a call are limited
local MOST_COMMON = 2000

-- What the server takes to find what sets have in common.
local function common_cost(count, smallest) return 0.2 * smallest * (count - 1) end

local function sets_and_others(filters, left_out)
  local sets, others, smallest = {}, {}, math.huge
  for _, filter in ipairs(without(filters, left_out)) do
    local is_set = filter.kind == 'set'
    if is_set then smallest = math.min(smallest, filter.size) end
    table.insert(is_set and sets or others, filter)
  end
  return sets, others, smallest
end

-- To read so many rows that sets have in common, and ask the others.
local function reading_common(sets, rest, size, total, common)
  local driver = {kind = 'common', of = sets, key = sets[1].key, size = size, scan_cost = 0.3}
  return {driver = driver, rest = rest, cost = common + size * (estimate(rest, total) + 1.6)}
end

-- Sets, where the server itself can tell quickly what they have in common.
local function plan_common(filters, total)
  local sets, rest, smallest = sets_and_others(filters)
  if #sets < 2 or #sets > MOST_COMMON or smallest > work.allowed or common_cost(#sets, smallest) > work.allowed then
    return nil
  end
  local _, share = estimate(sets, total)
  return reading_common(sets, rest, share * total, total, common_cost(#sets, smallest))
end

-- Sets that have less in common than a page takes, which the server tells: a walk would look for these rows to its end.
-- Gain: nine tenths of a search, among 60,000 rows, for two words that half of them have and none has both.
local function plan_few(filters, total)
  local sets, rest, smallest = sets_and_others(filters)
  local cost = common_cost(#sets, smallest)
  if #sets < 2 or #sets > MOST_COMMON or cost > work.allowed / 2 then return nil end
  local arguments, need = {#sets}, request.skip + request.count
  for place, set in ipairs(sets) do arguments[place + 1] = set.key end
  arguments[#arguments + 1], arguments[#arguments + 2] = 'LIMIT', need
  local found = ask_newer('SINTERCARD', unpack(arguments))
  spend(found and found < need and cost or 3)
  return found and found < need and reading_common(sets, rest, found, total, cost) or nil
end

-- The filter to read and those to ask: where that is cheapest.
local function plan_gather(filters, total)
  local best
  for place = 1, some_drivers(filters) do
    local driver = filters[place]
    if driver.size == math.huge then break end
    local rest = without(filters, driver)
    local cost, share = estimate(rest, total)
    -- as much again for each id that passes, and has to be sorted
    local plan = {driver = driver, rest = rest, cost = driver.size * (driver.scan_cost + cost + 0.3 + share)}
    -- to be counted, rows that may be met in several calls are sent to the client
    local is_counted = request.mode == 'count' or request.mode == 'figures'
    if driver.repeats and plan.cost > work.allowed and is_counted then plan.cost = 4 * plan.cost end
    best = cheaper(best, plan)
  end
  return cheaper(best, plan_common(filters, total))
end

-- Whether several long lists are better read one by one, for the client to find what they have in common, than in a
-- search of some cost, which asks each filter of one about every row of another.
local function is_apart(filters, cost)
  if not request.lists or request.after or cost < request.steps then return false end
  local count, apart = 0, 0
  for _, filter in ipairs(filters) do
    if filter.whole_cost then count, apart = count + 1, apart + filter.whole_cost + filter.size end
  end
  return count > 1 and cost > 2 * apart
end

-- Whether there are rows behind the counter, at some of the next ids and at growing distances.
local function has_rows_behind()
  local keys, distance = {}, 1
  for place = 1, 14 do
    keys[place] = string.format('%s:%.0f', namespace, highest + distance)
    distance = distance * 2
  end
  return call('EXISTS', unpack(keys)) > 0
end

-- Whether the counter leads to all ids, as far as can be seen: it may have been lost or set back, and have begun anew
-- among the ids of old rows. Behind 2^52 numbers are not told apart for sure.
local function is_complete(filters)
  if highest < 1 or highest > 2 ^ 52 then return false end
  local smallest = filters[1]
  for _, filter in ipairs(filters) do
    if filter.is_exact and filter.size > highest then return false end
    if filter.size < smallest.size then smallest = filter end
  end
  for _, id in ipairs(sample(smallest)) do
    if (tonumber(id) or 0) > highest then return false end
  end
  return not has_rows_behind()
end

-- Sets and an order without bounds, where the server itself can tell quickly what they have in common.
local function plan_common_walk(filters, order, total)
  local sets, rest, smallest = sets_and_others(filters, order)
  local cost = 0.9 * smallest + common_cost(#sets, smallest)
  if request.after or #sets < 1 or #sets > MOST_COMMON or cost > work.allowed or order.low ~= '-inf' or order.high ~= '+inf' then
    return nil
  end
  local arguments = {#sets + 1, order.key}
  for _, set in ipairs(sets) do arguments[#arguments + 1] = set.key end
  arguments[#arguments + 1] = 'WEIGHTS'
  arguments[#arguments + 1] = request.descending and -1 or 1
  for _ = 1, #sets do arguments[#arguments + 1] = 0 end
  local _, share = estimate(sets, total)
  return {name = 'common', rest = rest, cost = cost + share * total * (estimate(rest, total) + 0.5), stride = 0,
          part = 'walks', walk = 'common', driver = {key = order.key, arguments = arguments, cost = cost}}
end

-- The way to walk in the wanted order, if there is one: {part, walk, rest, cost, name, driver}. What it takes to see whether
-- it is one is only spent where it costs no more than `most`.
local function plan_walk(filters, order, total, most)
  local need = request.skip + request.count
  local function planned(name, rest, among, limit, step, part, walk, driver)
    local _, share = estimate(rest, among)
    local visits = math.min(limit, (name == 'score' and #rest == 0 and request.count or need) / share)
    local cost = estimate(rest, among, visits)
    return {name = name, rest = rest, cost = visits * (cost + step) + 10, visits = visits, stride = visits * 1.2,
            part = part, walk = walk, driver = driver}
  end
  -- of the order by id, the other way round, nothing is left to sort by
  if request.sort and request.order then
    if not order or order.kind == 'near' or order.kind == 'words' and not order.is_range then return nil end
    return planned('groups', without(filters, order), total, order.size, 2, 'orders', 'walk', order)
  end
  if order and order.kind == 'near' then
    return planned('near', without(filters, order), total, order.size, 5, 'near', 'walk', order)
  elseif order then
    return cheaper(plan_common_walk(filters, order, total), planned('score', without(filters, order), total, order.size,
      request.descending and 1 or 0.5, 'walks', request.descending and 'down' or 'up', order))
  end
  local best = planned('ids', filters, highest, highest, 1, 'walks', request.sort and 'ids_down' or 'ids')
  if best.cost > most or not is_complete(filters) then best = nil end
  for place = 1, request.sort and 0 or some_drivers(filters) do
    local filter = filters[place]
    if filter.runs then
      best = cheaper(best, planned('runs', without(filters, filter), total, filter.size, #filter.runs, 'words', 'walk', filter))
    end
  end
  local only = #filters == 1 and filters[1]
  if only and only.kind == 'set' and not request.after and 0.6 * only.size < work.allowed then
    local sorted = {name = 'sorted', cost = 0.6 * only.size + 5, stride = 0, part = 'walks', walk = 'sorted', driver = only}
    best = cheaper(sorted, best)
  end
  return best
end

return {
  MOST_COMMON = MOST_COMMON, estimate = estimate, common_cost = common_cost,
  gather = plan_gather, few = plan_few, walk = plan_walk, is_apart = is_apart, is_complete = is_complete,
}
