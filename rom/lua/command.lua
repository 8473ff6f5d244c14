-- One command that only reads, for clients that would reply with something else, such as what a cache keeps.
--
-- KEYS[1]  its key
-- ARGV     its name, then what follows the key
-- Reply: the command's.

return redis.pcall(ARGV[1], KEYS[1], unpack(ARGV, 2))
