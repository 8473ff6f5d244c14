-- Writes the rows and unique values of an operation.
--
-- uses: CHUNK, row_key, unique_key
-- gives: release_unique, apply

local function release_unique(op)
  for name, value in pairs(op.release or {}) do redis.call('HDEL', unique_key(op, name), value) end
end

local function write_fields(op, index_data)
  local fields = {op.pk, op.id}
  for column, text in pairs(op.set or {}) do
    fields[#fields + 1] = column
    fields[#fields + 1] = text
  end
  if index_data then
    fields[#fields + 1] = '-index-data-'
    fields[#fields + 1] = index_data
  end
  for first = 1, #fields, CHUNK do
    redis.call('HSET', row_key(op), unpack(fields, first, math.min(first + CHUNK - 1, #fields)))
  end
  for _, column in ipairs(op.unset or {}) do redis.call('HDEL', row_key(op), column) end
end

local function remove_row(op)
  redis.call('DEL', row_key(op))
  for _, attribute in ipairs(op.drop or {}) do redis.call('DEL', row_key(op) .. ':' .. attribute) end
end

local function apply(op)
  if op.look then return op.id end
  for name, value in pairs(op.claim or {}) do redis.call('HSET', unique_key(op, name), value, op.id) end
  if op.delete then remove_row(op) else write_fields(op, op.listing) end
  if op.legacy then redis.call('HDEL', op.namespace .. '::', op.id) end
  if op.delete and op.gone then return false end
  return op.sum or op.id
end
