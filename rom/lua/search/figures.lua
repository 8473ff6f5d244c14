-- Figures of the rows that a search finds, in place of their ids.
--
-- request.figure says of what:
--   {kind: "numbers", key}      of a numeric index: {count, high part of the sum, low part, least, greatest}; numbers beyond
--                               2^53, which doubles do not tell apart, are left to the client, by their ids
--   {kind: "texts", field}      how many rows have which text in a field: texts and counts; false for rows without it
--   {kind: "runs", key, is_word}  without filters: the different scores, or words, of an index and how many rows each has
--   {kind: "sample", count, seed}  so many rows, each as likely
-- Reply: "figures" with the figures; "ids" where a row may be met in several calls, so that the client is to ask by ids
--
-- uses: request, reply, parts, namespace, call, CHUNK, spend, is_exhausted, ask_each, in_pieces, sieve
-- gives: {figures}

local EXACT, HALF = 2 ^ 53, 2 ^ 26

local function text_of(number) return string.format('%.17g', number) end

-- -- numbers

local function new_numbers()
  local count, high, low, least, greatest, large = 0, 0, 0, nil, nil, {}
  local function add(id, number)
    if number >= EXACT or number <= -EXACT then
      large[#large + 1] = id
      return
    end
    count = count + 1
    if number % 1 == 0 then
      local rest = number % HALF
      high, low = high + (number - rest) / HALF, low + rest
    else
      low = low + number
    end
    if not least or number < least then least = number end
    if not greatest or number > greatest then greatest = number end
  end
  return {
    take = function(ids)
      in_pieces(ids, function(piece)
        spend(#piece * 0.8)
        local found = ask_each('ZMSCORE', 'ZSCORE', request.figure.key, piece)
        for place, id in ipairs(piece) do
          if found[place] then add(id, found[place] + 0) end
        end
      end)
    end,
    result = function()
      local ends = {least and text_of(least) or false, greatest and text_of(greatest) or false}
      return {{text_of(count), text_of(high), text_of(low), ends[1], ends[2]}, large}
    end,
  }
end

-- -- texts

local function new_texts()
  local texts, counts, place_of, missing, size = {}, {}, {}, 0, 0
  return {
    take = function(ids)
      for _, id in ipairs(ids) do
        local text = call('HGET', namespace .. ':' .. id, request.figure.field)
        spend(1.5)
        if not text then
          missing = missing + 1
        else
          local place = place_of[text]
          if not place then
            spend(#text * 0.01)
            place, size = #texts + 1, size + #text
            texts[place], counts[place], place_of[text] = text, 0, place
          end
          counts[place] = counts[place] + 1
        end
      end
    end,
    result = function() return {texts, counts, missing} end,
  }
end

-- -- what an index tells without its rows

local function runs(state)
  local figure, values, counts = request.figure, {}, {}
  local size = call('ZCARD', figure.key)
  local rank = state and state.rank or 0
  while rank < size do
    local found = call('ZRANGE', figure.key, rank, rank, 'WITHSCORES')
    local value, last = found[2], nil
    if figure.is_word then
      value = found[1]:match('^(.*)%z%d+$')
      local mark = value .. '\0'
      local function has_mark(member) return member:sub(1, #mark) == mark end
      -- most often the next few entries are others already
      local step = 1
      while rank + step < size and has_mark(parts.ranks.member_at(figure.key, rank + step)) do step = step * 4 end
      last = parts.ranks.bisect(figure.key, rank + 1, math.min(rank + step, size), has_mark)
    else
      last = call('ZCOUNT', figure.key, '-inf', value)
      spend(3)
    end
    values[#values + 1], counts[#counts + 1] = value, last - rank
    rank = last
    spend(4)
    if is_exhausted() and rank < size then return reply('figures', {values, counts, 0}, {gather = {rank = rank}}) end
  end
  return reply('figures', {values, counts, 0})
end

-- -- some rows, by chance

-- The ids at some ranks of a sorted set, no rank twice; all of it where these are not fewer.
local function at_random_ranks(key, first, last, count)
  local ids, seen = {}, {}
  if count >= (last - first) / 2 then return call('ZRANGE', key, first, last - 1), true end
  while #ids < count do
    local rank = first + math.floor(math.random() * (last - first))
    if not seen[rank] then
      seen[rank] = true
      ids[#ids + 1] = call('ZRANGE', key, rank, rank)[1]
      spend(2)
    end
  end
  return ids, false
end

local function sample(plan)
  local driver, wanted = plan.driver, request.figure.count
  math.randomseed(request.figure.seed)
  local tried = math.min(driver.size, 2 * wanted + 20)
  if driver.kind ~= 'set' and driver.kind ~= 'range' then return reply('ids', {}) end
  while tried <= 10 * CHUNK do
    local ids, is_all
    if driver.kind == 'set' then
      ids, is_all = call('SRANDMEMBER', driver.key, tried), tried >= driver.size
    else
      ids, is_all = at_random_ranks(driver.key, driver.first, driver.last, tried)
    end
    spend(#ids)
    local kept, reached = sieve(plan.rest, ids)
    if reached < #ids then return reply('ids', {}) end
    if #kept >= wanted or is_all then return reply('figures', kept) end
    tried = math.min(tried * 4, driver.size)
    if is_exhausted() then return reply('ids', {}) end
  end
  return reply('ids', {})
end

-- -- all of them

local function figures(plan, state)
  local figure = request.figure
  if figure.kind == 'runs' then return runs(state) end
  if figure.kind == 'sample' then return sample(plan) end
  local taker, seen = figure.kind == 'numbers' and new_numbers() or new_texts(), plan.driver.repeats and {}
  local rest = parts.gather.gather(plan, state, function(ids)
    if seen then
      local new_ones = {}
      for _, id in ipairs(ids) do
        if not seen[id] then new_ones[#new_ones + 1], seen[id] = id, true end
      end
      ids = new_ones
    end
    taker.take(ids)
  end)
  if rest and seen then return reply('ids', {}) end
  return reply('figures', taker.result(), rest and {gather = rest})
end

return {figures = figures}
