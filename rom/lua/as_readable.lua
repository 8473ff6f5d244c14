-- Runs another script that stands in its middle, and has its reply come as text that a client may decode: each byte as the
-- character of that number.
--
-- KEYS, ARGV  those of the script
-- Reply: that of the script

-- include shared/readable

local function as_readable(reply)
  if type(reply) == 'string' then return readable(reply) end
  if type(reply) ~= 'table' then return reply end
  local made = {}
  for place, part in pairs(reply) do made[place] = as_readable(part) end
  return made
end

local function script()
-- script
end

return as_readable(script())
