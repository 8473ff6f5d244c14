-- What a call may cost, and commands that not every server has.
--
-- uses: nothing
-- gives: call, CHUNK, GRAIN, work, spend, grant, is_exhausted, is_to_stop, absent, ask_newer, ask_each, in_pieces

local call = redis.call
local CHUNK = 1000
-- steps between two looks at what the call has cost
local GRAIN = 2000
-- steps: about a microsecond of the server's time each; scanned: index entries and ids looked at; given_up: the column that
-- has a word for which a pattern takes too long
-- look: the steps after which the clock is looked at next; finish: when the call is to end, in seconds; is_over: it was
local work = {steps = 0, scanned = 0, allowed = 0, look = GRAIN, is_over = false}
-- steps are a guess: a call ends after so many seconds, too, of the processor where the server tells those
local MOST_SECONDS = 0.03
local has_clock, clock = pcall(function() return os.clock end)

local function seconds()
  if has_clock then return clock() end
  -- from 7.2 on this would stand still; without the right to ask for it there are the steps
  local now = redis.pcall('TIME')
  return now.err and 0 or now[1] + now[2] / 1e6
end

work.finish = seconds() + MOST_SECONDS

local function spend(steps) work.steps = work.steps + steps end

-- Leaves so many steps, at least, to what comes next.
local function grant(steps)
  work.allowed = math.max(work.allowed, work.steps + steps)
  if work.steps > GRAIN then work.finish, work.is_over = math.max(work.finish, seconds() + MOST_SECONDS / 2), false end
end

local function is_exhausted()
  if work.is_over or work.steps > work.allowed then return true end
  if work.steps > work.look then
    work.look = work.steps + GRAIN / 10
    work.is_over = seconds() > work.finish
  end
  return work.is_over
end

-- Whether a piece of work that began at some number of steps is to end before it is done.
local function is_to_stop(began) return work.steps - began > GRAIN and is_exhausted() end

local absent = {}

-- What a newer command answers; nil where the server does not have it.
local function ask_newer(command, ...)
  if absent[command] then return nil end
  local reply = redis.pcall(command, ...)
  if type(reply) ~= 'table' or not reply.err then return reply end
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
