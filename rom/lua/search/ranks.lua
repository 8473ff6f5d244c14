-- Positions in sorted sets.
--
-- uses: work, call, CHUNK, GRAIN, spend, is_exhausted
-- gives: {is_before, member_at, bisect, after, below, sample, read}

-- Whether a text comes before another by its bytes; `<` would follow the server's locale.
local function is_before(text, other)
  local first, last = 1, math.min(#text, #other)
  while first + 99 <= last and text:sub(first, first + 99) == other:sub(first, first + 99) do first = first + 100 end
  for place = first, last do
    local mine, theirs = text:byte(place), other:byte(place)
    if mine ~= theirs then return mine < theirs end
  end
  return #text < #other
end

local function member_at(key, rank)
  spend(2)
  return call('ZRANGE', key, rank, rank)[1]
end

-- The first rank in [low, high) whose member is not on the left; `high` where all are.
local function bisect(key, low, high, is_left)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if is_left(member_at(key, middle)) then low = middle + 1 else high = middle end
  end
  return low
end

-- How many members stand at or before a score and member, which may be gone by now.
local function after(key, score, member)
  local found = call('ZSCORE', key, member)
  if found and tonumber(found) == tonumber(score) then return call('ZRANK', key, member) + 1 end
  local low, high = call('ZCOUNT', key, '-inf', '(' .. score), call('ZCOUNT', key, '-inf', score)
  return bisect(key, low, high, function(other) return not is_before(member, other) end)
end

return {
  is_before = is_before, member_at = member_at, bisect = bisect, after = after,

  -- How many members have scores below a bound of ZRANGEBYSCORE.
  below = function(key, bound)
    if bound == '-inf' then return 0 end
    return call('ZCOUNT', key, '-inf', bound:sub(1, 1) == '(' and bound:sub(2) or '(' .. bound)
  end,

  -- Some members of the ranks [first, last): from the beginning, the middle and the end.
  sample = function(key, first, last)
    local found, size = {}, math.min(4, last - first)
    for part = 0, size > 0 and 2 or -1 do
      local rank = first + math.floor((last - first - size) * part / 2)
      for _, member in ipairs(call('ZRANGE', key, rank, rank + size - 1)) do found[#found + 1] = member end
    end
    return found
  end,

  -- Has `read` read the ranks [first, last) piece by piece: given the first and last rank of one, it returns its members,
  -- or the first of them, and a rank to go on from, where that is farther on. Returns where to go on once the call has cost
  -- enough. Pieces are small where entries cost much.
  read = function(key, first, last, state, read)
    local rank, size = state and math.max(first, after(key, state.score, state.member)) or first, math.min(50, CHUNK)
    while rank < last do
      local began = work.steps
      local members, farther = read(rank, math.min(rank + size, last) - 1)
      rank = farther or rank + #members
      size = farther and math.min(50, CHUNK) or work.steps - began > GRAIN and math.ceil(size / 4) or math.min(4 * size, CHUNK)
      if is_exhausted() and rank < last then
        local member = members[#members]
        return {member = member, score = call('ZSCORE', key, member)}
      end
    end
  end,
}
