-- New rows of a batch as operations, as write.lua describes them.
--
-- uses: places_of
-- gives: operations_of

-- {name: value} of a list of both in turn; nil where it is empty.
local function named(list)
  local found
  for place = 1, #(list or {}), 2 do
    found = found or {}
    found[list[place]] = list[place + 1]
  end
  return found
end

-- {name: [value, other value, ...]} of a list of three in turn.
local function grouped(list)
  local found = {}
  for place = 1, #(list or {}), 3 do
    local values = found[list[place]] or {}
    found[list[place]] = values
    values[#values + 1], values[#values + 2] = list[place + 1], list[place + 2]
  end
  return found
end

local function operation_of(batch, places, row)
  local function part(name) return places[name] and row[places[name]] end
  local function value_of(number)
    local value = row[3 + number]
    return value ~= cjson.null and value or nil
  end
  local op = {namespace = batch.namespace, pk = batch.pk, new = true, set = {}, index_data = row[2], pk_index = batch.pk_index,
              words = part('words') or {}, scores = named(part('scores')) or {}, claim = named(part('claims')) or {},
              prefixes = grouped(part('prefixes')), suffixes = grouped(part('suffixes')), geo = grouped(part('geo')),
              refer = named(part('refer'))}
  if row[1] ~= cjson.null then op.id = row[1] end
  for number, column in ipairs(batch.columns) do op.set[column] = value_of(number - 1) end
  for _, column in ipairs(batch.scores) do op.scores[column[1]] = value_of(column[2]) end
  for _, unique in ipairs(batch.unique) do
    local value = value_of(unique[2])
    if value ~= '' then op.claim[unique[1]] = value end
  end
  return op
end

local function operations_of(batch)
  local places, found = places_of(batch), {}
  for number, row in ipairs(batch.rows) do found[number] = operation_of(batch, places, row) end
  return found
end
