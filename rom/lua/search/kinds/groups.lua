-- Filters made of filters.
--
-- uses: request, call, CHUNK, is_exhausted, prepare, sample, keep, sieve, scan_and_sieve, smallest_first, without
-- gives: {any, all, none, common, trees, sizes}

-- of so many filters at most each row is met once, by asking those before
local MOST_ONCE = 8

-- {id: true} of those of some ids that any of some filters has, and the ids that this is decided about: the first ones.
local function having(filters, ids)
  local has, left = {}, ids
  for place, part in ipairs(filters) do
    if #left == 0 then break end
    local found, reached = keep(part, left)
    if reached < #left then
      local last = left[reached]
      left = {unpack(left, 1, reached)}
      local decided = 0
      repeat decided = decided + 1 until ids[decided] == last
      ids = {unpack(ids, 1, decided)}
    end
    for _, id in ipairs(found) do has[id] = true end
    if filters[place + 1] and #found > 0 then
      local others = {}
      for _, id in ipairs(left) do
        if not has[id] then others[#others + 1] = id end
      end
      left = others
    end
  end
  return has, ids
end

-- A function that hands on pieces of ids, small ones together, and one that hands on the last of them.
local function gathered(emit)
  local waiting = {}
  local function finish()
    local ids = waiting
    waiting = {}
    if #ids > 0 then emit(ids) end
  end
  return function(ids)
    if #ids >= CHUNK / 4 then return emit(ids) end
    for place = 1, #ids do waiting[#waiting + 1] = ids[place] end
    if #waiting >= CHUNK / 4 then finish() end
  end, finish
end

-- The filter for rows that none of the first parts has.
local function before(filter, number)
  local cost = 0.1
  for place = 1, number - 1 do cost = cost + filter.of[place].probe_cost end
  return {kind = 'none', of = {unpack(filter.of, 1, number - 1)}, probe_cost = cost}
end

-- Rows that any of some filters has: {of}
local any = {
  prepare = function(filter)
    local full, read_cost = {}, 0
    filter.size, filter.probe_cost, filter.scan_cost = 0, 0, 0
    -- where rows are counted, those of one part that others had are left out, as long as these are few
    filter.is_once = (request.mode == 'count' or request.mode == 'figures') and #filter.of <= MOST_ONCE
    filter.repeats, filter.is_exact = not filter.is_once, #filter.of < 2
    for place, part in ipairs(filter.of) do
      prepare(part)
      part.place = place
      if part.size > 0 then full[#full + 1] = part end
      filter.size = filter.size + part.size
      filter.probe_cost = filter.probe_cost + (part.size > 0 and part.probe_cost or 0)
      filter.scan_cost = math.max(filter.scan_cost, part.scan_cost)
      filter.is_exact = filter.is_exact and part.is_exact
      filter.repeats = filter.repeats or part.repeats
      read_cost = read_cost + part.size * (part.scan_cost + 0.2) + 2
    end
    filter.of, filter.whole_cost = full, read_cost
    if read_cost < request.steps / 2 then filter.read_cost = read_cost end
  end,

  keep = function(filter, ids)
    local kept, has = {}, nil
    has, ids = having(filter.of, ids)
    for _, id in ipairs(ids) do
      if has[id] then kept[#kept + 1] = id end
    end
    return kept, #ids
  end,

  -- `place` in the state is that in the request: filters without rows may get some, and the other way round
  scan = function(filter, state, emit)
    local take, finish = gathered(emit)
    for number, part in ipairs(filter.of) do
      if not state or part.place >= state.place then
        local others = not filter.repeats and number > 1 and {before(filter, number)} or {}
        local inner = scan_and_sieve(part, others, state and part.place == state.place and state.inner or nil, take)
        local next_part = filter.of[number + 1]
        if inner or is_exhausted() and next_part then
          finish()
          return {place = (inner and part or next_part).place, inner = inner}
        end
      end
    end
    finish()
  end,
}

-- Some ids of some of the filters.
function any.sample(filter)
  local found = {}
  for place = 1, #filter.of, math.max(1, math.ceil(#filter.of / 5)) do
    for _, id in ipairs(sample(filter.of[place])) do found[#found + 1] = id end
  end
  return found
end

-- Rows that all of some filters have: {of}
local all = {
  prepare = function(filter)
    filter.size, filter.probe_cost, filter.scan_cost = math.huge, 0, 0
    for place, part in ipairs(filter.of) do
      prepare(part)
      part.place = place
      filter.size = math.min(filter.size, part.size)
      filter.probe_cost = filter.probe_cost + part.probe_cost
      if part.size == 0 then return end
    end
    if not filter.of[1] then return end
    filter.of = smallest_first(filter.of)
    filter.scan_cost, filter.repeats = filter.probe_cost, filter.of[1].repeats
  end,

  keep = function(filter, ids) return sieve(filter.of, ids) end,

  -- what was begun with goes on, whichever is the smallest now
  scan = function(filter, state, emit)
    local driver = filter.of[1]
    for _, part in ipairs(filter.of) do
      if state and part.place == state.place then driver = part end
    end
    local rest = scan_and_sieve(driver, without(filter.of, driver), state, emit)
    if rest then rest.place = driver.place end
    return rest
  end,
}

function all.sample(filter) return sample(filter.of[1]) end

-- Rows that none of some filters has: {of}; only asked
local none = {
  prepare = function(filter)
    local full = {}
    filter.size, filter.probe_cost, filter.scan_cost = math.huge, 0.1, 0
    for _, part in ipairs(filter.of) do
      prepare(part)
      if part.size > 0 then
        full[#full + 1], filter.probe_cost = part, filter.probe_cost + part.probe_cost
      end
    end
    filter.of = full
  end,

  keep = function(filter, ids)
    local kept, has = {}, nil
    has, ids = having(filter.of, ids)
    for _, id in ipairs(ids) do
      if not has[id] then kept[#kept + 1] = id end
    end
    return kept, #ids
  end,
}

-- Rows that all of some sets have, found by the server: {of}; only read
local common = {
  scan = function(filter, state, emit)
    local keys = {}
    for place, set in ipairs(filter.of) do keys[place] = set.key end
    emit(call('SINTER', unpack(keys)))
  end,
}

-- Filters with what they are made of, before some of that is left out: [{filter, of}].
local function trees(filters)
  local found = {}
  for place, filter in ipairs(filters) do
    local is_tree = filter.is_tree or filter.kind == 'all' or filter.kind == 'none'
    found[place] = {filter = filter, of = is_tree and trees(filter.of) or nil}
  end
  return found
end

-- The size of a filter, -1 where it is unknown; of what is made of others a list, in which theirs follow.
local function sizes(tree)
  local size = (tree.filter.size or math.huge) < math.huge and tree.filter.size or -1
  if not tree.of then return size end
  local found = {size}
  for place, each in ipairs(tree.of) do found[place + 1] = sizes(each) end
  return found
end

return {any = any, all = all, none = none, common = common, trees = trees, sizes = sizes}
