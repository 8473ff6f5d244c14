-- Filters of one number: ids by score. Included by search.lua.
--
-- {kind: "range", key, low, high}, the bounds as ZRANGEBYSCORE takes them

-- A bound as number and whether it is exclusive.
local function bound_of(text)
  local exclusive = text:sub(1, 1) == '('
  local number = exclusive and text:sub(2) or text
  return number == '-inf' and -math.huge or number == '+inf' and math.huge or tonumber(number), exclusive
end

-- Ids of some ranks; notes their scores.
local function read_scores(filter, first, last)
  local ids, scores, known = {}, call('ZRANGE', filter.key, first, last, 'WITHSCORES'), filter.scores
  for place = 1, #scores, 2 do
    local id = scores[place]
    ids[#ids + 1], known[id] = id, scores[place + 1] + 0
  end
  return ids
end

return {
  -- The single numbers that some filters are, as a set.
  numbers_of = function(filters)
    local numbers = {}
    for _, filter in ipairs(filters) do numbers[bound_of(filter.low)] = true end
    return numbers
  end,

  -- Those of some ids that have one of a set of numbers.
  keep_numbers = function(key, numbers, ids)
    local kept, found = {}, ask_each('ZMSCORE', 'ZSCORE', key, ids)
    for place = 1, #ids do
      if found[place] and numbers[found[place] + 0] then kept[#kept + 1] = ids[place] end
    end
    return kept
  end,

  prepare = function(filter)
    filter.first = parts.ranks.below(filter.key, filter.low)
    filter.size = call('ZCOUNT', filter.key, filter.low, filter.high)
    filter.last = filter.first + filter.size
    filter.is_exact, filter.probe_cost, filter.scan_cost = true, 0.6, filter.scores and 0.8 or 0.4
  end,

  keep = function(filter, ids)
    local low, is_low_open = bound_of(filter.low)
    local high, is_high_open = bound_of(filter.high)
    local kept, found, scores = {}, ask_each('ZMSCORE', 'ZSCORE', filter.key, ids), filter.scores
    for place = 1, #ids do
      -- adding makes a number of it in a third of the time that `tonumber` takes
      local score = found[place] and found[place] + 0
      if score and score >= low and score <= high
          and not (is_low_open and score == low) and not (is_high_open and score == high) then
        local id = ids[place]
        kept[#kept + 1] = id
        if scores then scores[id] = score end
      end
    end
    return kept
  end,

  scan = function(filter, state, emit)
    return parts.ranks.read(filter.key, filter.first, filter.last, state, function(first, last)
      local ids = filter.scores and read_scores(filter, first, last) or call('ZRANGE', filter.key, first, last)
      emit(ids)
      return ids
    end)
  end,
}
