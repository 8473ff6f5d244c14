-- Reads what rows list of their index entries, -index-data-, wherever it stands.
--
-- KEYS[1]  any key of the namespace (for routing in a cluster)
-- ARGV[1]  namespace, then the ids
-- Reply: per id [list, old list kept beside the rows], each false where there is none. Each byte comes as the character
--   of that number, so that a client that decodes can take whatever stands there.

local function as_character(byte)
  local number = string.byte(byte)
  return string.char(192 + math.floor(number / 64), 128 + number % 64)
end

local function readable(text)
  if not text then return false end
  local safe = string.gsub(text, '[\128-\255]', as_character)
  return safe
end

local reply = {}
for position = 2, #ARGV do
  local id = ARGV[position]
  reply[position - 1] = {readable(redis.call('HGET', ARGV[1] .. ':' .. id, '-index-data-')),
                         readable(redis.call('HGET', ARGV[1] .. '::', id))}
end
return reply
