-- The rows of a batch as operations, as write.lua describes them.
--
-- uses: places_of
-- gives: operations_of

-- The part of a row that begins at a place with its length: a value by each name, or a list of two; and where the next begins.
local function part_of(batch, at, width)
  local found = {}
  for place = at + 1, at + batch[at], width + 1 do
    local name = batch[place]
    if width == 0 then
      found[#found + 1] = name
    elseif width == 1 then
      found[name] = batch[place + 1]
    else
      local values = found[name] or {}
      found[name] = values
      values[#values + 1], values[#values + 2] = batch[place + 1], batch[place + 2]
    end
  end
  return found, at + batch[at] + 1
end

local function present(value)
  if value ~= cjson.null then return value end
end

local function operation_of(batch, at)
  local columns, scores, unique, rows = places_of(batch)
  local op = {namespace = batch[2], pk = batch[3], pk_index = batch[4], new = true, id = present(batch[at]),
              index_data = batch[at + 1], set = {}}
  for place = 1, batch[5] do op.set[batch[columns + place - 1]] = present(batch[at + 1 + place]) end
  local parts = at + 2 + batch[5]
  op.words, parts = part_of(batch, parts, 0)
  op.scores, parts = part_of(batch, parts, 1)
  op.prefixes, parts = part_of(batch, parts, 2)
  op.suffixes, parts = part_of(batch, parts, 2)
  op.geo, parts = part_of(batch, parts, 2)
  op.claim, parts = part_of(batch, parts, 1)
  op.refer, parts = part_of(batch, parts, 1)
  for pair = scores, unique - 3, 2 do op.scores[batch[pair]] = present(batch[at + batch[pair + 1]]) end
  for pair = unique, rows - 2, 2 do
    local value = present(batch[at + batch[pair + 1]])
    if value ~= '' then op.claim[batch[pair]] = value end
  end
  return op, parts
end

local function removal_of(batch, at)
  local op = {namespace = batch[2], pk = batch[3], id = batch[at], delete = true, touched = true, touched_geo = true,
              assume = {}, release = {}}
  for place = 1, batch[4] do op.assume[batch[4 + place]] = present(batch[at + place]) end
  at = at + batch[4]
  local _, unique = places_of(batch)
  for place = 1, batch[unique - 1] do op.release[batch[unique - 1 + place]] = present(batch[at + place]) end
  return op, at + batch[unique - 1] + 1
end

local function alteration_of(batch, at)
  local op = {namespace = batch[2], pk = batch[3], id = batch[at], touched = {}, expect = {}, set = {}, scores = {}}
  local _, scores, length, rows = places_of(batch)
  for place = 1, batch[4] do
    op.expect[batch[4 + place]] = present(batch[at + place])
    op.set[batch[4 + place]] = batch[at + batch[4] + place]
  end
  for place = scores, rows - 1 do
    local name = batch[4 + batch[place]]
    op.touched[#op.touched + 1], op.scores[name], op.rescore = name, op.set[name], true
  end
  return op, at + length
end

local function update_of(batch, at)
  local op = {namespace = batch[2], pk = batch[3], id = batch[at], touched = {}, expect = {}, set = {}, unset = {}, claim = {},
              release = {}}
  local _, touched, unique, rows = places_of(batch)
  local width = batch[4]
  for place = 1, width do
    local column, text = batch[4 + place], present(batch[at + width + place])
    op.expect[column], op.set[column] = batch[at + place], text
    if not text then op.unset[#op.unset + 1] = column end
  end
  for place = touched, unique - 2 do op.touched[#op.touched + 1] = batch[place] end
  for place = unique, rows - 1 do
    local name = batch[4 + batch[place]]
    local old, new = op.expect[name], op.set[name]
    if old ~= new and old and old ~= '' then op.release[name] = old end
    if old ~= new and new ~= '' then op.claim[name] = new end
  end
  local parts = at + 2 * width + 1
  op.words, parts = part_of(batch, parts, 0)
  op.scores, parts = part_of(batch, parts, 1)
  op.prefixes, parts = part_of(batch, parts, 2)
  op.suffixes, parts = part_of(batch, parts, 2)
  return op, parts
end

local OPERATION = {new = operation_of, delete = removal_of, change = alteration_of, update = update_of}

local function operations_of(batch)
  local operation, found = OPERATION[batch[1]], {}
  local at = select(4, places_of(batch))
  while at <= #batch do found[#found + 1], at = operation(batch, at) end
  return found
end
