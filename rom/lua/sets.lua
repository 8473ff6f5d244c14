-- Filters of one word: the set of its ids. Included by search.lua.
--
-- {kind: "set", key}

return {
  prepare = function(filter)
    filter.size, filter.is_exact = call('SCARD', filter.key), true
    filter.probe_cost, filter.scan_cost, filter.repeats = 0.3, 0.3, filter.size > 10 * CHUNK
  end,

  keep = function(filter, ids)
    local kept, found = {}, ask_each('SMISMEMBER', 'SISMEMBER', filter.key, ids)
    for place = 1, #ids do
      if found[place] == 1 then kept[#kept + 1] = ids[place] end
    end
    return kept
  end,

  scan = function(filter, state, emit)
    if not state and filter.size <= 10 * CHUNK then
      return emit(call('SMEMBERS', filter.key))
    end
    local cursor = state and state.cursor or '0'
    repeat
      local reply = call('SSCAN', filter.key, cursor, 'COUNT', CHUNK)
      cursor = reply[1]
      emit(reply[2])
    until cursor == '0' or is_exhausted()
    return cursor ~= '0' and {cursor = cursor} or nil
  end,
}
