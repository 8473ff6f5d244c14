-- Filters: how many rows one has, which of some ids it has, and all its ids bit by bit.
--
-- A filter is an object of the request, its `kind` the part that knows how to ask it. `prepare` adds to it
--   size        rows it has, at most; 0: none; infinite: it cannot be read, only asked about ids
--   rate        of one that cannot be read: the share of rows that it has, where that is not told by what it is made of
--   fitting     about how many of those fit, where that is less
--   is_exact    whether that is no estimate
--   probe_cost  steps for asking it about one id; scan_cost: for reading one of its ids
--   read_cost   steps after which it can tell quickly about any id, if it can; visits: about how many it will be asked
--   all_ids     {id: true}, once it has been read for that
--   scores      {id: number}, where it decides the order
--   repeats     whether `scan` may give an id more than once
-- A keygen may have made a word where a number is asked for, or the other way round: then the filter changes its kind.
--
-- uses: parts, work, call, CHUNK, GRAIN, spend, is_exhausted
-- gives: is_of_type, prepare, sample, scan, keep, sieve, scan_and_sieve, smallest_first, without

local function is_of_type(key, type) return call('TYPE', key).ok == type end

local function prepare(filter)
  spend(1.5)
  parts[filter.kind].prepare(filter)
  return filter
end

-- Some of the filter's ids, from all over it.
local function sample(filter) return parts[filter.kind].sample(filter) end

-- Hands pieces of the filter's ids, in no order, to `emit`. Returns where to go on once the call has cost enough.
local function scan(filter, state, emit)
  return parts[filter.kind].scan(filter, state, function(ids)
    -- what a filter is made of has counted them
    if filter.kind ~= 'any' and filter.kind ~= 'all' then work.scanned = work.scanned + #ids end
    spend(#ids * filter.scan_cost)
    emit(ids)
  end)
end

-- Reads all ids of a filter, unless that turns out to cost more than was thought.
local function read_all(filter)
  local found, state = {}, nil
  repeat
    state = scan(filter, state, function(ids)
      for _, id in ipairs(ids) do found[id] = true end
    end)
  until not state or is_exhausted()
  if state then filter.read_cost = nil else filter.all_ids = found end
end

-- Those of some ids, few enough for unpack, that the filter has, in their order; and how many of the ids it has decided
-- about: the first ones, all unless the call has cost enough.
local function keep(filter, ids)
  filter.asked = (filter.asked or 0) + #ids
  local cost, asked = filter.read_cost, math.max(filter.asked, filter.visits or 0)
  if not filter.all_ids and cost and cost <= asked * filter.probe_cost and work.steps + cost <= work.allowed then
    read_all(filter)
  end
  if not filter.all_ids then
    -- what a group is made of spends for itself
    spend(filter.of and 3 or #ids * filter.probe_cost + 3)
    local kept, decided = parts[filter.kind].keep(filter, ids)
    return kept, decided or #ids
  end
  spend(#ids * 0.1)
  local kept = {}
  for _, id in ipairs(ids) do
    if filter.all_ids[id] then kept[#kept + 1] = id end
  end
  return kept, #ids
end

-- What `sieve` does with few ids.
local function sieve_piece(filters, ids)
  local kept, reached = ids, #ids
  for place = 1, #filters do
    if #kept == 0 then break end
    local found, decided = keep(filters[place], kept)
    if decided < #kept then
      reached = 1
      while ids[reached] ~= kept[decided] do reached = reached + 1 end
    end
    kept = found
  end
  return kept, reached
end

-- The ids that pass all the filters, in their order; and how many of the ids that is decided about: the first ones, all
-- unless the call has cost enough.
local function sieve(filters, ids)
  if #filters == 0 then return ids, #ids end
  local cost, kept, reached = 0.1, {}, 0
  for place = 1, #filters do cost = cost + filters[place].probe_cost end
  local size = math.max(1, math.min(math.floor(GRAIN / cost), CHUNK))
  if #ids <= size then return sieve_piece(filters, ids) end
  repeat
    local piece = {unpack(ids, reached + 1, math.min(reached + size, #ids))}
    local found, decided = sieve_piece(filters, piece)
    for place = 1, #found do kept[#kept + 1] = found[place] end
    reached = reached + decided
  until reached == #ids or is_exhausted()
  return kept, reached
end

-- A function that leaves out the ids it was given before.
local function unseen()
  local seen = {}
  return function(ids)
    local kept = {}
    for place = 1, #ids do
      if not seen[ids[place]] then kept[#kept + 1], seen[ids[place]] = ids[place], true end
    end
    return kept
  end
end

-- Reads one filter, asks others about its ids, and hands those that pass to `take`. Returns where to go on: `left` are ids
-- that are read and not yet asked about.
local function scan_and_sieve(driver, rest, state, take)
  local left, at = {}, state or {}
  local new_ones = driver.repeats and #rest > 0 and unseen()
  local function ask(ids)
    ids = new_ones and new_ones(ids) or ids
    local kept, reached = sieve(rest, ids)
    for place = reached + 1, #ids do left[#left + 1] = ids[place] end
    take(kept)
  end
  if at.left then ask(driver.scores and keep(driver, at.left) or at.left) end
  if #left == 0 and not at.is_read then
    local inner = scan(driver, at.inner, ask)
    at = {inner = inner, is_read = not inner}
  end
  if #left == 0 and at.is_read then return nil end
  return {left = #left > 0 and left or nil, inner = at.inner, is_read = at.is_read}
end

-- Filters in the order of their sizes; of a great many only the smallest is put first.
local function smallest_first(filters)
  local sorted, smallest = {}, 1
  for place = 1, #filters do
    sorted[place] = filters[place]
    if sorted[place].size < sorted[smallest].size then smallest = place end
  end
  if #sorted > 2 * CHUNK then
    sorted[1], sorted[smallest] = sorted[smallest], sorted[1]
  elseif #sorted > 1 then table.sort(sorted, function(one, other) return one.size < other.size end) end
  return sorted
end

-- The other filters, in their order.
local function without(filters, left_out)
  local rest = {}
  for place = 1, #filters do
    if filters[place] ~= left_out then rest[#rest + 1] = filters[place] end
  end
  return rest
end
