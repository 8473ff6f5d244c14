-- Deletes keys that belong to rows, where the row does not exist.
--
-- KEYS[1]  any key of the namespace (for routing in a cluster)
-- ARGV     pairs: key of the row, key to delete
-- Reply: how many keys were deleted.

local deleted = 0
for position = 1, #ARGV, 2 do
  if redis.call('EXISTS', ARGV[position]) == 0 then deleted = deleted + redis.call('DEL', ARGV[position + 1]) end
end
return deleted
