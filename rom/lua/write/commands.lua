-- Commands for index keys: what goes to the same key by the same command is collected, for one call at the end.
--
-- uses: CHUNK, need, is_wrong_type
-- gives: put, rows, collect_more, start_collecting, run_collected

local STEPS = {ZADD = 2, GEOADD = 3}
-- A list of {command: {key: values}}, of which each has to do with a row once: a second operation on it may take back what the
-- first has collected. rows: the operations whose values are in the last of these, by the keys of their rows.
local pending, collected, rows

local function collect_more()
  pending, rows = {}, {}
  collected[#collected + 1] = pending
end

local function put(command, key, ...)
  local keys = pending[command]
  if not keys then
    keys = {}
    pending[command] = keys
  end
  local values = keys[key]
  if not values then
    need(command, key)
    keys[key] = {...}
    return
  end
  local size = #values
  values[size + 1], values[size + 2], values[size + 3] = ...
end

local function start_collecting()
  collected = {}
  collect_more()
end

-- Removing from a key of another type is a no-op.
local function remove(command, ...)
  local reply = redis.pcall(command, ...)
  if type(reply) == 'table' and reply.err and not is_wrong_type(reply) then error(reply.err) end
end

local function run_collected()
  for _, commands in ipairs(collected) do
    for command, keys in pairs(commands) do
      local size = CHUNK - CHUNK % (STEPS[command] or 1)
      local call = (command == 'SREM' or command == 'ZREM') and remove or redis.call
      for key, values in pairs(keys) do
        for first = 1, #values, size do call(command, key, unpack(values, first, math.min(first + size - 1, #values))) end
      end
    end
  end
end
