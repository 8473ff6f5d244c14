-- What a user may do, found out on servers without redis.acl_check_cmd, those before Redis 7.
--
-- uses: remembered, trouble, is_denied
-- gives: may_by_trying

local NOTHING = KEYS[1] .. ':'  -- a key in the namespace that is never there
-- calls that are as they should not be, or take out what is not there
local HARMLESS = {
  SET = {'a', 'a'}, DEL = {}, EXISTS = {}, INCRBY = {'a'}, HSET = {'a', 'a', 'a'}, HDEL = {'a'}, SREM = {'a'}, ZREM = {'a'},
  ZADD = {'a', 'a'}, GEOADD = {'a', 'a', 'a'},
}
local usable = {}  -- command -> whether the user may use it at all

-- No call of SADD is harmless but one with a key of another type.
local function try_adding()
  local kept = redis.pcall('SET', KEYS[1], remembered or '0 {}', 'EX', ARGV[2])
  return kept.err and {} or redis.pcall('SADD', KEYS[1], 'a')
end

local function is_usable(command)
  if usable[command] == nil then
    local reply = command == 'SADD' and try_adding() or redis.pcall(command, NOTHING, unpack(HARMLESS[command] or {}))
    usable[command] = not is_denied(reply)
    -- a server out of memory says so here, before the trying of another command passes for the script's first write
    if command == 'SET' and usable.SET and not string.find(reply.err, 'syntax', 1, true) then trouble = reply.err end
  end
  return usable[command]
end

may_by_trying = function(command, key)
  if not is_usable('EXISTS') then error({'right', 'EXISTS', KEYS[1]}) end
  return is_usable(command) and not is_denied(redis.pcall('EXISTS', key))
end
