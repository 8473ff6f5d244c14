-- Filters of one word: the set of its ids.
--
-- {kind: "set", key}
-- Where a keygen gave the word a number, the key is a sorted set, and the filter a range over all of it.
--
-- uses: request, work, call, CHUNK, is_exhausted, ask_each, is_of_type, prepare
-- gives: {prepare, keep, sample, scan}

return {
  prepare = function(filter)
    local size = redis.pcall('SCARD', filter.key)
    if type(size) ~= 'number' then
      if not is_of_type(filter.key, 'zset') then return call('SCARD', filter.key) end
      filter.kind, filter.low, filter.high = 'range', '-inf', '+inf'
      return prepare(filter)
    end
    filter.size, filter.is_exact = size, true
    filter.probe_cost, filter.scan_cost = 0.3, 0.3
    -- SSCAN gives an id twice only where the set has become much smaller in between, which is told when rows are counted
    local is_counted = request.mode == 'count' or request.mode == 'figures'
    filter.repeats = not is_counted and filter.size > 10 * CHUNK
  end,

  keep = function(filter, ids)
    local kept, found = {}, ask_each('SMISMEMBER', 'SISMEMBER', filter.key, ids)
    for place = 1, #ids do
      if found[place] == 1 then kept[#kept + 1] = ids[place] end
    end
    return kept
  end,

  sample = function(filter) return call('SRANDMEMBER', filter.key, 10) end,

  scan = function(filter, state, emit)
    if not state and filter.size <= 10 * CHUNK then
      return emit(call('SMEMBERS', filter.key))
    end
    local cursor, size = state and state.cursor or '0', math.max(filter.size, state and state.size or 0)
    work.has_shrunk = work.has_shrunk or 2 * filter.size < size
    repeat
      local reply = call('SSCAN', filter.key, cursor, 'COUNT', CHUNK)
      cursor = reply[1]
      emit(reply[2])
    until cursor == '0' or is_exhausted()
    return cursor ~= '0' and {cursor = cursor, size = size} or nil
  end,
}
