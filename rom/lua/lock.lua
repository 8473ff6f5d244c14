-- One step with a lock: a string that names its holder and expires.
--
-- KEYS[1]  the lock's key
-- KEYS[2]  'release' only: where it is remembered for a while that this holder gave the lock back
-- ARGV[1]  'acquire', 'refresh' or 'release'
-- ARGV[2]  the holder, a text that nobody else uses
-- ARGV[3]  milliseconds until the lock expires, or until the memory does
-- Reply: 1 if the lock is (or, released, was) the holder's, else 0.

local key, step, holder, expires = KEYS[1], ARGV[1], ARGV[2], ARGV[3]

if redis.call('GET', key) == holder then
  if step == 'release' then
    redis.call('SET', KEYS[2], 1, 'PX', expires)
    return redis.call('DEL', key)
  end
  return redis.call('PEXPIRE', key, expires)
end

-- a release whose reply got lost is sent again, by redis-py or by the program
if step == 'release' then return redis.call('EXISTS', KEYS[2]) end

-- only 'acquire' takes a lock: one that is refreshed too late is lost
if step == 'acquire' and redis.call('SET', key, holder, 'NX', 'PX', expires) then return 1 end
return 0
