-- What batches have in common: keys by their names, commands collected for one call a key, and the way out.
--
-- uses: CHUNK
-- gives: key_of, refuse, try, collect, collected, send_collected

local keys = {idx = {}, pre = {}, suf = {}, geo = {}, uidx = {}}  -- of one namespace, by kind and name
local of_namespace

local function key_of(namespace, kind, name)
  if namespace ~= of_namespace then
    keys, of_namespace = {idx = {}, pre = {}, suf = {}, geo = {}, uidx = {}}, namespace
  end
  local key = keys[kind][name]
  if not key then
    key = namespace .. ':' .. name .. ':' .. kind
    keys[kind][name] = key
  end
  return key
end

-- Leaves the batch to be done as operations.
local function refuse() error({'refused', 'in a batch'}) end

-- What run(batch, progress) gives; nil where anything was refused, before progress.is_begun.
local function try(run, batch)
  local progress = {}
  local ok, found = pcall(run, batch, progress)
  if ok then return found end
  if progress.is_begun then error(type(found) == 'table' and found.err or found) end
end

local calls  -- {key: {command, how many values belong together, value...}}

local function collect(command, key, first, second, third)
  calls = calls or {}
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

local function collected() return calls or {} end

-- Sends by send(command, key, value...).
local function send_collected(send)
  for key, call in pairs(calls or {}) do
    local size, most = #call, CHUNK - CHUNK % call[2]
    for first = 3, size, most do send(call[1], key, unpack(call, first, math.min(first + most - 1, size))) end
  end
end
