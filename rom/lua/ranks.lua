-- Positions in sorted sets, and what a call may cost. Included by search.lua.

local call = redis.call
local CHUNK = 1000
-- steps: about a microsecond of the server's time each; scanned: index entries and ids looked at
local work = {steps = 0, scanned = 0, allowed = 0}

local function spend(steps) work.steps = work.steps + steps end

local function is_exhausted() return work.steps > work.allowed end

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

-- How many members stand at or before a score and member, which may be gone by now.
local function rank_after(key, score, member)
  local found = call('ZSCORE', key, member)
  if found and tonumber(found) == tonumber(score) then return call('ZRANK', key, member) + 1 end
  local low, high = call('ZCOUNT', key, '-inf', '(' .. score), call('ZCOUNT', key, '-inf', score)
  return bisect(key, low, high, function(other) return not is_before(member, other) end)
end

-- How many members have scores below a bound of ZRANGEBYSCORE.
local function rank_below(key, bound)
  if bound:sub(1, 1) == '(' then return call('ZCOUNT', key, '-inf', bound:sub(2)) end
  return call('ZCOUNT', key, '-inf', '(' .. bound)
end

-- A bound as number and whether it is exclusive.
local function bound_of(text)
  local exclusive = text:sub(1, 1) == '('
  local number = exclusive and text:sub(2) or text
  return number == '-inf' and -math.huge or number == '+inf' and math.huge or tonumber(number), exclusive
end

-- The alternating members and scores of a WITHSCORES reply as two lists.
local function unzip(reply)
  local members, scores = {}, {}
  for place = 1, #reply, 2 do
    members[#members + 1], scores[#scores + 1] = reply[place], reply[place + 1]
  end
  return members, scores
end

local absent = {}

-- What a newer command answers; nil where the server does not have it.
local function ask_newer(command, ...)
  if absent[command] then return nil end
  local reply = redis.pcall(command, ...)
  if not reply.err then return reply end
  absent[command] = true
end

-- Asks one command about many members, or another about each where the server does not have it.
local function ask_each(many, one, key, members)
  local reply = ask_newer(many, key, unpack(members))
  if reply then return reply end
  reply = {}
  for place, member in ipairs(members) do reply[place] = call(one, key, member) end
  return reply
end

-- Calls a function with successive pieces of a list, short enough for unpack.
local function in_pieces(list, visit)
  if #list <= CHUNK then return visit(list) end
  for first = 1, #list, CHUNK do
    visit({unpack(list, first, math.min(first + CHUNK - 1, #list))})
  end
end
