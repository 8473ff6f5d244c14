-- Hands out ids of rows to come.
--
-- KEYS[1]  NS:PK:, the counter
-- ARGV[1]  namespace
-- ARGV[2]  how many
-- Reply: the ids, as text; never one whose row is there already, even if the counter was lost.

if redis.replicate_commands then redis.replicate_commands() end

local ask = redis.call
-- include shared/next_id

local ids = {}
for position = 1, tonumber(ARGV[2]) do ids[position] = next_id(ARGV[1], KEYS[1]) end
return ids
