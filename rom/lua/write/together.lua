-- What batches have in common: keys by their names, and the way out.
--
-- uses: nothing
-- gives: key_of, refuse, try

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
