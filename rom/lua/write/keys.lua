-- Keys of what an operation is about.
--
-- uses: nothing
-- gives: row_key, unique_key

local function row_key(op) return op.namespace .. ':' .. op.id end

local function unique_key(op, name) return op.namespace .. ':' .. name .. ':uidx' end
