-- Fresh ids.
--
-- uses: ask
-- gives: next_id

-- A fresh id from the counter; where the counter was lost, one behind the rows that are there.
local function next_id(namespace, counter)
  local step = 1
  while true do
    local number = ask('INCRBY', counter, step)
    -- behind 2^53 a number of Lua's is not exact
    local id = number < 2 ^ 53 and string.format('%.0f', number) or ask('GET', counter)
    if ask('EXISTS', namespace .. ':' .. id) == 0 then return id end
    step = step * 2
  end
end
