-- Any bytes as text that a client may decode: each byte as the character of that number.
--
-- uses: nothing
-- gives: readable

local function as_character(byte)
  local number = string.byte(byte)
  return string.char(192 + math.floor(number / 64), 128 + number % 64)
end

local function readable(text)
  if not text then return false end
  local safe = string.gsub(text, '[\128-\255]', as_character)
  return safe
end
