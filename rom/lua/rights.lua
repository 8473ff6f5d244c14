-- What this user may do, and how a refusal is told. Included by write.lua, which has `remembered`, what KEYS[1] holds.
--
-- Want of a right is all that can stop a script midway: types are looked at before, and whatever else there is (no memory,
-- a full disk, a read-only replica) Redis says at the first write of a script or not at all.

local ODD = '\1rom'  -- a key unlike any other: who may write this one may write all
local NOTHING = KEYS[1] .. ':'  -- a key in the namespace that is never there
local EXPECTED = {GET = 'string', INCRBY = 'string', HGET = 'hash', HMGET = 'hash', HLEN = 'hash', SCARD = 'set', ZCARD = 'zset',
                  ZRANGEBYSCORE = 'zset'}

-- How servers without redis.acl_check_cmd are asked: calls that are as they should not be, or take out what is not there.
local HARMLESS = {SET = {'a', 'a'}, DEL = {}, INCRBY = {'a'}, HSET = {'a', 'a', 'a'}, HDEL = {'a'}, SREM = {'a'}, ZREM = {'a'},
                  ZADD = {'a', 'a'}, GEOADD = {'a', 'a', 'a'}}

local GROWS = {INCRBY = true, HSET = true, SADD = true, ZADD = true, GEOADD = true}

local trouble          -- what keeps this server from writing more; before Redis 7
local usable = {}      -- command -> whether the user may use it at all; before Redis 7
local everywhere = {}  -- command -> whether the user may use it on any key

local function is_denied(reply)
  local message = type(reply) == 'table' and reply.err
  return message and (string.find(message, 'NOPERM', 1, true) or string.find(message, "can't run this command", 1, true)
                      or string.find(message, "can't access at least one", 1, true) or string.find(message, 'no permissions', 1, true)
                      or string.find(string.lower(message), 'unknown redis command', 1, true)
                      or string.find(string.lower(message), 'unknown command', 1, true)) and true
end

local function is_wrong_type(reply) return type(reply) == 'table' and reply.err and string.find(reply.err, 'WRONGTYPE', 1, true) end

-- An error as guarded() and the reply have it.
local function refusal_of(command, key, reply)
  if is_denied(reply) then return {'right', command, key} end
  if is_wrong_type(reply) then return {'type', key, redis.pcall('TYPE', key).ok or 'value of another type', EXPECTED[command]} end
  return {'refused', reply.err}
end

-- What a command answers.
local function ask(command, key, ...)
  local reply = redis.pcall(command, key, ...)
  if type(reply) == 'table' and reply.err then error(refusal_of(command, key, reply)) end
  return reply
end

-- No call of SADD is harmless but to a key of another type.
local function try_adding()
  local kept = redis.pcall('SET', KEYS[1], remembered or '0 {}', 'EX', ARGV[2])
  return kept.err and {} or redis.pcall('SADD', KEYS[1], 'a')
end

local function may_by_trying(command, key)
  if usable[command] == nil then
    local reply = command == 'SADD' and try_adding() or redis.pcall(command, NOTHING, unpack(HARMLESS[command] or {}))
    usable[command] = not is_denied(reply)
    -- a server out of memory says so here, before the trying of another command passes for the script's first write
    if command == 'SET' and usable.SET and not string.find(reply.err, 'syntax', 1, true) then trouble = reply.err end
  end
  return usable[command] and not is_denied(redis.pcall('EXISTS', key))
end

local function may(command, key)
  if not redis.acl_check_cmd then return may_by_trying(command, key) end
  local ok, allowed = pcall(redis.acl_check_cmd, command, key)
  return ok and allowed
end

-- Refuses a write before it is begun.
local function need(command, key)
  if everywhere[command] == nil then everywhere[command] = may(command, ODD) end
  if not everywhere[command] and not may(command, key) then error({'right', command, key}) end
  if trouble and GROWS[command] then error({'refused', trouble}) end
end
