-- Filters of one number: ids by score.
--
-- {kind: "range", key, low, high}, the bounds as ZRANGEBYSCORE takes them
-- Where a word has the name, the key is a set: each of its ids counts as 1, as in 1.1.2.
--
-- uses: parts, call, ask_each, is_of_type, prepare
-- gives: {number_of, prepare, keep, sample, scan}

-- A bound as number and whether it is exclusive.
local function bound_of(text)
  local exclusive = text:sub(1, 1) == '('
  local number = exclusive and text:sub(2) or text
  return number == '-inf' and -math.huge or number == '+inf' and math.huge or tonumber(number), exclusive
end

-- A function that tells whether a score lies between the bounds.
local function new_test(filter)
  local low, is_low_open = bound_of(filter.low)
  local high, is_high_open = bound_of(filter.high)
  return function(score)
    return score >= low and score <= high and not (is_low_open and score == low) and not (is_high_open and score == high)
  end
end

-- Takes the ids of a set, each of which has the same score, or none of them.
local function prepare_set(filter)
  local score = 1
  filter.scores = filter.scores and setmetatable({}, {__index = function() return score end})
  filter.kind = new_test(filter)(score) and 'set' or 'any'
  filter.of = {}
  prepare(filter)
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
  -- What a text of a request stands for.
  number_of = function(text) return (bound_of(text)) end,

  prepare = function(filter)
    local size = redis.pcall('ZCOUNT', filter.key, filter.low, filter.high)
    if type(size) ~= 'number' then
      if not is_of_type(filter.key, 'set') then return call('ZCOUNT', filter.key, filter.low, filter.high) end
      return prepare_set(filter)
    end
    filter.first = parts.ranks.below(filter.key, filter.low)
    filter.size = size
    filter.last = filter.first + filter.size
    filter.is_exact, filter.probe_cost, filter.scan_cost = true, 0.6, filter.scores and 0.8 or 0.4
  end,

  keep = function(filter, ids)
    local low, is_low_open = bound_of(filter.low)
    local high, is_high_open = bound_of(filter.high)
    local kept, count, scores, found = {}, 0, filter.scores, ask_each('ZMSCORE', 'ZSCORE', filter.key, ids)
    -- not by `is_between`: calling that for each takes as long as all the rest
    for at = 1, #ids do
      local score = found[at]
      if score then
        -- adding makes a number of it in a third of the time that `tonumber` takes
        score = score + 0
        if score >= low and score <= high and not (is_low_open and score == low or is_high_open and score == high) then
          count = count + 1
          kept[count] = ids[at]
          if scores then scores[ids[at]] = score end
        end
      end
    end
    return kept
  end,

  sample = function(filter) return parts.ranks.sample(filter.key, filter.first, filter.last) end,

  scan = function(filter, state, emit)
    return parts.ranks.read(filter.key, filter.first, filter.last, state, function(first, last)
      local ids = filter.scores and read_scores(filter, first, last) or call('ZRANGE', filter.key, first, last)
      emit(ids)
      return ids
    end)
  end,
}
