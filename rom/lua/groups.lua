-- Filters made of filters. Included by search.lua.

-- Rows that any of some filters has: {of, is_disjoint}
kinds.any = {
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

  probe = function(filter, ids)
    local passed = {}
    for place = 1, #ids do passed[place] = false end
    for _, part in ipairs(filter.of) do
      local found = probe(part, ids)
      for place = 1, #ids do passed[place] = passed[place] or found[place] end
    end
    return passed
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

-- Rows that all of some filters have: {of}
kinds.all = {
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

  probe = function(filter, ids)
    local passed, kept = {}, {}
    for _, id in ipairs(sieve(filter.of, ids)) do kept[id] = true end
    for place, id in ipairs(ids) do passed[place] = kept[id] or false end
    return passed
  end,

  scan = function(filter, state, emit)
    local rest = without(filter.of, filter.of[1])
    return scan(filter.of[1], state, function(ids) emit(sieve(rest, ids)) end)
  end,
}

-- Rows that all of some sets have, found by the server: {of}; only read
kinds.common = {
  scan = function(filter, state, emit)
    local keys = {}
    for place, set in ipairs(filter.of) do keys[place] = set.key end
    emit(call('SINTER', unpack(keys)))
  end,
}
