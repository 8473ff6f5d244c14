-- What this user may do, and how a refusal is told.
--
-- Want of a right is all that can stop a script midway: types are looked at before, and whatever else there is (no memory,
-- a full disk, a read-only replica) Redis says at the first write of a script or not at all.
--
-- uses: remembered
-- gives: is_denied, is_wrong_type, refusal_of, ask, is_free, need, need_all, guarded

local ODD = '\1rom'    -- a key unlike any other: who may write this one may write all
local everywhere = {}  -- command -> whether the user may use it on any key
local trouble          -- what keeps this server from writing more; before Redis 7
-- What needs no memory; and SET, for what is remembered, which comes behind other writes and is not refused there.
local NEEDS_NO_MEMORY = {DEL = true, HDEL = true, SREM = true, ZREM = true, SET = true}

-- Whether a reply is the refusal of a command that the user, or the server, does not have.
local function is_denied(reply)
  if type(reply) ~= 'table' or not reply.err then return false end
  local message = string.lower(reply.err)
  for _, words in ipairs({'noperm', 'acl failure', 'permissions', "can't run this command", "can't access at least",
                          'unknown redis command', 'unknown command'}) do
    if string.find(message, words, 1, true) then return true end
  end
  return false
end

local function is_wrong_type(reply)
  return type(reply) == 'table' and reply.err and string.find(reply.err, 'WRONGTYPE', 1, true)
end

-- An error as guarded() and the reply have it.
local function refusal_of(command, key, reply)
  if is_denied(reply) then return {'right', command, key} end
  if not is_wrong_type(reply) then return {'refused', command .. ' ' .. key .. ': ' .. reply.err} end
  local expected = {GET = 'string', INCRBY = 'string', SCARD = 'set', ZCARD = 'zset', ZRANGEBYSCORE = 'zset'}
  return {'type', key, redis.pcall('TYPE', key).ok or 'value of another type', expected[command] or 'hash'}
end

-- What a command answers.
local function ask(command, key, ...)
  local reply = redis.pcall(command, key, ...)
  if type(reply) == 'table' and reply.err then error(refusal_of(command, key, reply)) end
  return reply
end

local may_by_trying
local function load_trying()
-- include write/trying
end

local function may(command, key)
  if redis.acl_check_cmd then
    local ok, allowed = pcall(redis.acl_check_cmd, command, key)
    return ok and allowed
  end
  if not may_by_trying then load_trying() end
  return may_by_trying(command, key)
end

-- Whether the user may use a command on any key.
local function is_free(command)
  local answer = everywhere[command]
  if answer == nil then
    answer = may(command, ODD)
    everywhere[command] = answer
  end
  return answer
end

-- Refuses a write before it is begun.
local function need(command, key)
  if not is_free(command) and not may(command, key) then error({'right', command, key}) end
  if trouble and not NEEDS_NO_MEMORY[command] then error({'refused', trouble}) end
end

-- The same of one command on several keys.
local function need_all(command, keys)
  for _, key in ipairs(keys) do
    need(command, key)
    if is_free(command) then return end
  end
end

-- What a function gives back, or nil and {kind, detail...} where something in it was refused.
local function guarded(run, ...)
  local ok, result = pcall(run, ...)
  if ok then return result end
  if type(result) == 'table' and not result.err then return nil, result end
  return nil, {'refused', type(result) == 'table' and result.err or tostring(result)}
end
