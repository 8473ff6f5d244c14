-- Works out all that an operation writes: the commands for index keys are collected, and each right that it takes is asked for.
--
-- uses: request, row_key, unique_key, need, put, rows, collect_more, listed
-- gives: work_out

-- The index entries of a row that was not there: nothing to compare with.
local function add_entries(op)
  local start, id = op.namespace .. ':', op.id
  for _, name in ipairs(op.words or {}) do put('SADD', start .. name .. ':idx', id) end
  for name, score in pairs(op.scores or {}) do put('ZADD', start .. name .. ':idx', score, id) end
  for kind, columns in pairs({pre = op.prefixes, suf = op.suffixes}) do
    for column, entries in pairs(columns) do
      local key = start .. column .. ':' .. kind
      for place = 1, #entries, 2 do put('ZADD', key, entries[place + 1], entries[place] .. '\0' .. id) end
    end
  end
  for name, point in pairs(op.geo or {}) do put('GEOADD', start .. name .. ':geo', point[1], point[2], id) end
end

-- Made when the first row that was there before is written.
local change_entries
local function load_changes()
-- include write/changes
end

-- Brings the indexes in step; gives back the new -index-data-, or nil where it stays as it is.
local function write_index(op)
  if op.new then
    add_entries(op)
    return op.index_data
  end
  if not change_entries then load_changes() end
  return change_entries(op)
end

local function need_for_row(op)
  local row = row_key(op)
  for name in pairs(op.release or {}) do need('HDEL', unique_key(op, name)) end
  for name in pairs(op.claim or {}) do need('HSET', unique_key(op, name)) end
  if op.legacy then need('HDEL', op.namespace .. '::') end
  if not op.delete then need('HSET', row) end
  if op.unset and #op.unset > 0 then need('HDEL', row) end
  if op.delete then need('DEL', row) end
  for _, attribute in ipairs(op.delete and op.drop or {}) do need('DEL', row .. ':' .. attribute) end
end

local function work_out(op)
  if op.look then return need('DEL', row_key(op)) end
  local row = row_key(op)
  local earlier = rows[row]
  if earlier then
    collect_more()
    if request.atomic and not op.new then op.stored['-index-data-'] = earlier.listing or earlier.stored['-index-data-'] end
  end
  rows[row] = op
  if op.pk_index and not op.delete and (op.new or op.touched == true) then
    op.scores = op.scores or {}
    op.scores[op.pk] = op.id
  end
  op.listing = write_index(op)
  need_for_row(op)
end
