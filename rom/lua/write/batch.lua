-- How a batch of rows is told: see write.lua.
--
-- uses: nothing
-- gives: is_batch, places_of

-- A batch begins with its kind, a list of operations with an operation.
local function is_batch(item) return type(item[1]) == 'string' end

-- Where the parts of a batch begin. Of new rows: columns, (column, place in a row) of scores, (unique name, place), rows; of
-- those that go: columns, unique names, how long a row is, rows; of those that change: columns, places of scores, and the same;
-- of those that change with other entries, or have theirs anew: columns, names of these, places of unique values, rows.
local function places_of(batch)
  if batch[1] == 'new' then
    local scores = 7 + batch[5]
    local unique = scores + 2 * batch[scores - 1] + 1
    return 6, scores, unique, unique + 2 * batch[unique - 1]
  end
  local unique = 6 + batch[4]
  if batch[1] == 'update' or batch[1] == 'refresh' then
    local places = unique + batch[unique - 1] + 1
    return 5, unique, places, places + batch[places - 1]
  end
  local more = batch[1] == 'change' and batch[4] or batch[unique - 1]
  return 5, unique, 1 + batch[4] + more, unique + batch[unique - 1]
end
