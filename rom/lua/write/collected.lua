-- Commands of a batch, collected for one call a key.
--
-- uses: CHUNK, refuse
-- gives: collect, collected, send_collected

local calls = {}  -- {key: {command, how many values belong together, value...}}

local function collect(command, key, first, second, third)
  local call = calls[key]
  if not call then
    calls[key] = {command, third and 3 or second and 2 or 1, first, second, third}
    return
  end
  if call[1] ~= command then refuse() end
  local size = #call
  call[size + 1] = first
  if second then call[size + 2] = second end
  if third then call[size + 3] = third end
end

-- Sends all by send(command, key, value...).
local function send_collected(send)
  for key, call in pairs(calls) do
    local size, most = #call, CHUNK - CHUNK % call[2]
    for first = 3, size, most do send(call[1], key, unpack(call, first, math.min(first + most - 1, size))) end
  end
end

-- All that is collected from now on, of a batch that begins.
local function collected()
  calls = {}
  return calls
end
