-- What a call may cost, and commands that not every server has.
--
-- uses: nothing
-- gives: call, CHUNK, GRAIN, work, spend, is_exhausted, is_to_stop, absent, ask_newer, ask_each, in_pieces

local call = redis.call
local CHUNK = 1000
-- steps between two looks at what the call has cost
local GRAIN = 2000
-- steps: about a microsecond of the server's time each; scanned: index entries and ids looked at; given_up: the column that
-- has a word for which a pattern takes too long
local work = {steps = 0, scanned = 0, allowed = 0}

local function spend(steps) work.steps = work.steps + steps end

local function is_exhausted() return work.steps > work.allowed end

-- Whether a piece of work that began at some number of steps is to end before it is done.
local function is_to_stop(began) return work.steps - began > GRAIN and is_exhausted() end

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
  for place = 1, #members do reply[place] = call(one, key, members[place]) end
  return reply
end

-- Calls a function with successive pieces of a list, short enough for unpack.
local function in_pieces(list, visit)
  if #list <= CHUNK then return visit(list) end
  for first = 1, #list, CHUNK do
    visit({unpack(list, first, math.min(first + CHUNK - 1, #list))})
  end
end
