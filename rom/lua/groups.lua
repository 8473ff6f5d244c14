-- Filters made of filters. Included by search.lua.

local groups = {}

-- Rows that any of some filters has: {of, is_disjoint}
groups.any = {
  prepare = function(filter)
    filter.size, filter.probe_cost, filter.scan_cost, filter.repeats = 0, 0, 0, true
    filter.is_exact = filter.is_disjoint or #filter.of < 2
    for _, part in ipairs(filter.of) do
      prepare(part)
      filter.size = filter.size + part.size
      filter.probe_cost = filter.probe_cost + part.probe_cost
      filter.scan_cost = math.max(filter.scan_cost, part.scan_cost)
      filter.is_exact = filter.is_exact and part.is_exact
    end
  end,

  keep = function(filter, ids)
    local has, kept = {}, {}
    for _, part in ipairs(filter.of) do
      for _, id in ipairs(keep(part, ids)) do has[id] = true end
    end
    for _, id in ipairs(ids) do
      if has[id] then kept[#kept + 1] = id end
    end
    return kept
  end,

  scan = function(filter, state, emit)
    for place = state and state.place or 1, #filter.of do
      local inner = scan(filter.of[place], state and state.inner, emit)
      if inner or (is_exhausted() and place < #filter.of) then
        return {place = inner and place or place + 1, inner = inner}
      end
      state = nil
    end
  end,
}

-- Some ids of some of the filters.
function groups.any.sample(filter)
  local found = {}
  for place = 1, #filter.of, math.max(1, math.ceil(#filter.of / 5)) do
    for _, id in ipairs(sample(filter.of[place])) do found[#found + 1] = id end
  end
  return found
end

-- Rows that all of some filters have: {of}
groups.all = {
  prepare = function(filter)
    filter.size, filter.probe_cost, filter.scan_cost = math.huge, 0, 0
    for _, part in ipairs(filter.of) do
      prepare(part)
      filter.size = math.min(filter.size, part.size)
      filter.probe_cost = filter.probe_cost + part.probe_cost
    end
    filter.of = without(filter.of)
    filter.scan_cost, filter.repeats = filter.probe_cost, filter.of[1].repeats
  end,

  keep = function(filter, ids) return sieve(filter.of, ids) end,

  scan = function(filter, state, emit)
    local rest = without(filter.of, filter.of[1])
    return scan(filter.of[1], state, function(ids) emit(sieve(rest, ids)) end)
  end,
}

function groups.all.sample(filter) return sample(filter.of[1]) end

-- Rows that all of some sets have, found by the server: {of}; only read
groups.common = {
  scan = function(filter, state, emit)
    local keys = {}
    for place, set in ipairs(filter.of) do keys[place] = set.key end
    emit(call('SINTER', unpack(keys)))
  end,
}

return groups
