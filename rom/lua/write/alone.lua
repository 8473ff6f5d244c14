-- One new row by itself, written without a look at the types of keys and at unique values: where one is in the way, all is taken
-- out again, which for a row that was not there before can be done without a trace.
--
-- uses: is_free, refuse, put_entries, write_fields
-- gives: write_alone

local UNDONE_BY = {SADD = 'SREM', ZADD = 'ZREM', GEOADD = 'ZREM', HSET = 'HDEL'}

local function can_undo(batch, at)
  if not redis.acl_check_cmd then return false end
  local words = at + 2 + batch[5]
  if batch[words + batch[words] + 1] > 0 then return false end  -- a word and a number may be of one name
  for _, command in ipairs({'HDEL', 'SREM', 'ZREM', 'DEL'}) do
    if not is_free(command) then return false end
  end
  return true
end

-- Takes out what a new row has written, and gives its id back.
local function undo(batch, at, id, done, counter, was_counted)
  put_entries(batch, at, id, function(command, key, first, second, third)
    if done > 0 then redis.call(UNDONE_BY[command], key, command == 'HSET' and first or third or second or first) end
    done = done - 1
  end)
  redis.call('DEL', batch[2] .. ':' .. id)
  if was_counted then redis.call('INCRBY', counter, -1) else redis.call('DEL', counter) end
end

-- Whether the row was written; false where that has to be done with more care.
write_alone = function(batch, at, id, counter, was_counted)
  if not can_undo(batch, at) then return false end
  redis.call('INCRBY', counter, 1)
  write_fields(batch, at, id)
  local done = 0
  put_entries(batch, at, id, function(command, key, ...)
    local reply = redis.pcall(command == 'HSET' and 'HSETNX' or command, key, ...)
    if type(reply) == 'table' or command == 'HSET' and reply == 0 then
      undo(batch, at, id, done, counter, was_counted)
      refuse()
    end
    done = done + 1
  end)
  return true
end
