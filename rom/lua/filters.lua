-- Filters by kind: how many rows one has, which of some ids it has, and all its ids bit by bit. Included by search.lua.
--
-- A filter is an object of the request; `prepare` adds to it
--   size        rows it has, at most
--   is_exact    whether that is no estimate
--   probe_cost  steps for asking it about one id; scan_cost: for reading one of its ids
--   scores      {id: number}, where it decides the order
--   repeats     whether `scan` may give an id more than once

local kinds = {}
local namespace

local function prepare(filter)
  kinds[filter.kind].prepare(filter)
  return filter
end

-- Truth values for ids: whether the filter has them.
local function probe(filter, ids)
  spend(#ids * filter.probe_cost)
  return kinds[filter.kind].probe(filter, ids)
end

-- Hands pieces of the filter's ids, in no order, to `emit`. Returns where to go on once the call has cost enough.
local function scan(filter, state, emit)
  return kinds[filter.kind].scan(filter, state, function(ids)
    work.scanned = work.scanned + #ids
    spend(#ids * filter.scan_cost)
    emit(ids)
  end)
end

-- The ids that pass all the filters, in their order.
local function sieve(filters, ids)
  for _, filter in ipairs(filters) do
    local kept = {}
    in_pieces(ids, function(piece)
      local passed = probe(filter, piece)
      for place, id in ipairs(piece) do
        if passed[place] then kept[#kept + 1] = id end
      end
    end)
    ids = kept
    if #ids == 0 then break end
  end
  return ids
end

local function without(filters, left_out)
  local rest = {}
  for _, filter in ipairs(filters) do
    if filter ~= left_out then rest[#rest + 1] = filter end
  end
  table.sort(rest, function(one, other) return one.size < other.size end)
  return rest
end

-- A set of ids: {key}
kinds.set = {
  prepare = function(filter)
    filter.size, filter.is_exact = call('SCARD', filter.key), true
    filter.probe_cost, filter.scan_cost, filter.repeats = 0.3, 0.3, filter.size > 10 * CHUNK
  end,

  probe = function(filter, ids)
    local passed = ask_each('SMISMEMBER', 'SISMEMBER', filter.key, ids)
    for place = 1, #ids do passed[place] = passed[place] == 1 end
    return passed
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

-- Ids of some ranks; notes their scores.
local function read_scores(filter, first, last)
  local ids, scores = unzip(call('ZRANGE', filter.key, first, last, 'WITHSCORES'))
  for place, id in ipairs(ids) do filter.scores[id] = tonumber(scores[place]) end
  return ids
end

-- Ids by score: {key, low, high}, the bounds as ZRANGEBYSCORE takes them
kinds.range = {
  prepare = function(filter)
    filter.first = rank_below(filter.key, filter.low)
    filter.size = call('ZCOUNT', filter.key, filter.low, filter.high)
    filter.last = filter.first + filter.size
    filter.is_exact, filter.probe_cost, filter.scan_cost = true, 0.6, filter.scores and 0.8 or 0.4
    filter.low_number, filter.low_open = bound_of(filter.low)
    filter.high_number, filter.high_open = bound_of(filter.high)
  end,

  probe = function(filter, ids)
    local passed, scores = ask_each('ZMSCORE', 'ZSCORE', filter.key, ids), filter.scores
    for place = 1, #ids do
      local score = passed[place] and tonumber(passed[place])
      local inside = score and score >= filter.low_number and score <= filter.high_number
        and not (filter.low_open and score == filter.low_number)
        and not (filter.high_open and score == filter.high_number)
      passed[place] = inside
      if inside and scores then scores[ids[place]] = score end
    end
    return passed
  end,

  scan = function(filter, state, emit)
    local rank = state and math.max(filter.first, rank_after(filter.key, state.score, state.id)) or filter.first
    while rank < filter.last do
      local last, ids = math.min(rank + CHUNK, filter.last) - 1, nil
      if filter.scores then
        ids = read_scores(filter, rank, last)
      else
        ids = call('ZRANGE', filter.key, rank, last)
      end
      emit(ids)
      rank = rank + #ids
      if is_exhausted() and rank < filter.last then
        return {id = ids[#ids], score = call('ZSCORE', filter.key, ids[#ids])}
      end
    end
  end,
}
