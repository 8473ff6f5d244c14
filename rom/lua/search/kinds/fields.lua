-- Filters that no index answers: what a row itself has.
--
-- missing  {field}: rows without it
-- empty    {field}: rows in which it is the empty text
--
-- uses: namespace, call
-- gives: {missing, empty}

local function new_kind(is_kept)
  return {
    prepare = function(filter)
      filter.size, filter.probe_cost, filter.scan_cost, filter.rate = math.huge, 1.5, 0, 0.1
    end,

    keep = function(filter, ids)
      local kept = {}
      for place = 1, #ids do
        if is_kept(namespace .. ':' .. ids[place], filter.field) then kept[#kept + 1] = ids[place] end
      end
      return kept
    end,
  }
end

return {
  missing = new_kind(function(row, field) return call('HEXISTS', row, field) == 0 end),
  empty = new_kind(function(row, field) return call('HSTRLEN', row, field) == 0 and call('HEXISTS', row, field) == 1 end),
}
