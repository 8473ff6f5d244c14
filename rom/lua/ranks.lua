-- Positions in sorted sets. Included by search.lua.

-- Whether a text comes before another by its bytes; `<` would follow the server's locale.
local function is_before(text, other)
  for place = 1, math.min(#text, #other) do
    local mine, theirs = text:byte(place), other:byte(place)
    if mine ~= theirs then return mine < theirs end
  end
  return #text < #other
end

local function member_at(key, rank)
  spend(1)
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

-- The alternating members and scores of a WITHSCORES reply as two lists.
local function unzip(reply)
  local members, scores = {}, {}
  for place = 1, #reply, 2 do
    members[#members + 1], scores[#scores + 1] = reply[place], reply[place + 1]
  end
  return members, scores
end

return {
  is_before = is_before,
  member_at = member_at,
  bisect = bisect,
  unzip = unzip,

  -- How many members stand at or before a score and member, which may be gone by now.
  after = function(key, score, member)
    local found = call('ZSCORE', key, member)
    if found and tonumber(found) == tonumber(score) then return call('ZRANK', key, member) + 1 end
    local low, high = call('ZCOUNT', key, '-inf', '(' .. score), call('ZCOUNT', key, '-inf', score)
    return bisect(key, low, high, function(other) return not is_before(member, other) end)
  end,

  -- How many members have scores below a bound of ZRANGEBYSCORE.
  below = function(key, bound)
    if bound == '-inf' then return 0 end
    return call('ZCOUNT', key, '-inf', bound:sub(1, 1) == '(' and bound:sub(2) or '(' .. bound)
  end,
}
