-- Filters of single numbers of one index, any of which a row has.
--
-- {kind: "numbers", key, numbers}, texts, each once, ascending
-- Where a word has the name, the key is a set: each of its ids counts as 1.
--
-- uses: request, parts, call, CHUNK, spend, is_exhausted, ask_each, is_of_type, prepare
-- gives: {prepare, keep, sample, scan}

-- of more numbers than this only some are asked how many rows have them
local MOST_COUNTED, SAMPLES = 1000, 200

-- How many rows have one of the numbers, about, and whether that is no estimate.
local function size_of(filter, total)
  local numbers, count, step = filter.numbers, 0, 1
  local is_asked_alone = request.mode == 'count' and #request.filters == 1
  if #numbers > MOST_COUNTED and not is_asked_alone then step = #numbers / SAMPLES end
  for place = 1, #numbers, step do
    local number = numbers[math.floor(place)]
    count = count + call('ZCOUNT', filter.key, number, number)
  end
  spend(#numbers / step * 0.6)
  if step == 1 or total == 0 then return count, true end
  return math.max(1, math.min(total, math.floor(count * step))), false
end

-- The ids of the set that stands under the key, if 1 is among the numbers.
local function prepare_set(filter)
  filter.kind, filter.of = 'any', {}
  for _, number in ipairs(filter.numbers) do
    if tonumber(number) == 1 then filter.kind = 'set' end
  end
  prepare(filter)
end

return {
  prepare = function(filter)
    local total = redis.pcall('ZCARD', filter.key)
    if type(total) ~= 'number' then
      if not is_of_type(filter.key, 'set') then return call('ZCARD', filter.key) end
      return prepare_set(filter)
    end
    filter.total, filter.wanted = total, {}
    for _, number in ipairs(filter.numbers) do filter.wanted[parts.range.number_of(number)] = true end
    filter.size, filter.is_exact = size_of(filter, total)
    filter.probe_cost, filter.scan_cost = 0.7, 0.5 + 0.8 * #filter.numbers / math.max(filter.size, 1)
  end,

  keep = function(filter, ids)
    local kept, found = {}, ask_each('ZMSCORE', 'ZSCORE', filter.key, ids)
    for place = 1, #ids do
      if found[place] and filter.wanted[found[place] + 0] then kept[#kept + 1] = ids[place] end
    end
    return kept
  end,

  sample = function(filter) return parts.ranks.sample(filter.key, 0, filter.total) end,

  -- number by number, the ids of several together
  scan = function(filter, state, emit)
    local key, ids, first = filter.key, {}, state and state.place or 1
    for place = first, #filter.numbers do
      local number, inner = filter.numbers[place], place == first and state and state.inner or nil
      local found = inner and {} or call('ZRANGEBYSCORE', key, number, number, 'LIMIT', 0, CHUNK)
      local is_many = inner or #found == CHUNK
      for _, id in ipairs(is_many and {} or found) do ids[#ids + 1] = id end
      if is_many or #ids >= CHUNK / 4 or place == #filter.numbers then
        emit(ids)
        ids = {}
      end
      if is_many then
        local rank, size = parts.ranks.below(key, number), call('ZCOUNT', key, number, number)
        inner = parts.ranks.read(key, rank, rank + size, inner, function(from, to)
          local members = call('ZRANGE', key, from, to)
          emit(members)
          return members
        end)
        if inner then return {place = place, inner = inner} end
      end
      if #ids == 0 and place < #filter.numbers and is_exhausted() then return {place = place + 1} end
    end
  end,
}
