-- One step with a lock: a string that names its holder and expires.
-- KEYS[1]  the lock's key
-- ARGV[1]  'acquire', 'refresh' or 'release'
-- ARGV[2]  the holder, a text that nobody else uses
-- ARGV[3]  milliseconds until the lock expires (not for 'release')
-- Reply    1 if the lock is (or, released, was) the holder's, else 0
local key, step, holder, expires = KEYS[1], ARGV[1], ARGV[2], ARGV[3]

if redis.call('GET', key) == holder then
    if step == 'release' then
        return redis.call('DEL', key)
    end
    return redis.call('PEXPIRE', key, expires)
end

-- only 'acquire' takes a lock: one that is refreshed too late is lost
if step == 'acquire' and redis.call('SET', key, holder, 'NX', 'PX', expires) then
    return 1
end
return 0
