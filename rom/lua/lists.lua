-- Reads what rows list of their index entries, -index-data-, wherever it stands.
--
-- KEYS[1]  any key of the namespace (for routing in a cluster)
-- ARGV[1]  namespace, then the ids
-- Reply: per id [list, old list kept beside the rows], each false where there is none. Each byte comes as the character
--   of that number, so that a client that decodes can take whatever stands there.

-- include shared/readable

local function field(key, name)
  local text = redis.pcall('HGET', key, name)
  return type(text) == 'string' and text  -- a key of another type is somebody else's
end

local reply = {}
for position = 2, #ARGV do
  local id = ARGV[position]
  reply[position - 1] = {readable(field(ARGV[1] .. ':' .. id, '-index-data-')),
                         readable(field(ARGV[1] .. '::', id))}
end
return reply
