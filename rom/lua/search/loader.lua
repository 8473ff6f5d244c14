-- The parts of a search, each made when it is first asked for: making all their functions takes longer than most
-- searches.
--
-- Each is a table of functions: `parts.planner`, `parts.walks`, ... The kinds of filters are parts as well.
--
-- uses: request, report, namespace, highest, scores, reply, work, call, CHUNK, GRAIN, spend, is_exhausted,
--   is_to_stop, ask_newer, ask_each, in_pieces, is_of_type, prepare, sample, keep, sieve, scan_and_sieve,
--   smallest_first, without
-- gives: parts

-- One function around all, and in it no function until its part is asked for: each that is made shows in the time of every call.
local function load_part(known, name)
  local part
  if name == 'ranks' then
    part = (function()
-- include search/ranks
    end)()
  elseif name == 'planner' then
    part = (function()
-- include search/planner
    end)()
  elseif name == 'walks' then
    part = (function()
-- include search/walks
    end)()
  elseif name == 'gather' then
    part = (function()
-- include search/gather
    end)()
  elseif name == 'figures' then
    part = (function()
-- include search/figures
    end)()
  elseif name == 'orders' then
    part = (function()
-- include search/orders
    end)()

  elseif name == 'cells' then
    part = (function()
-- include search/cells
    end)()

  elseif name == 'seek' then
    part = (function()
-- include search/seek
    end)()

  -- kinds of filters
  elseif name == 'set' then
    part = (function()
-- include search/kinds/set
    end)()
  elseif name == 'range' then
    part = (function()
-- include search/kinds/range
    end)()
  elseif name == 'numbers' then
    part = (function()
-- include search/kinds/numbers
    end)()
  elseif name == 'words' then
    part = (function()
-- include search/kinds/pattern
-- include search/kinds/words
    end)()
  elseif name == 'near' then
    part = (function()
-- include search/kinds/near
    end)()
  elseif name == 'groups' then
    part = (function()
-- include search/kinds/groups
    end)()
  elseif name == 'fields' then
    part = (function()
-- include search/kinds/fields
    end)()
  elseif name == 'rows' then
    part = (function()
-- include search/kinds/rows
    end)()
  elseif name == 'ids' then
    part = parts.rows.ids
  elseif name == 'missing' or name == 'empty' then
    part = parts.fields[name]
  else
    part = parts.groups[name]
  end
  known[name] = part
  return part
end

parts = setmetatable({}, {__index = load_part})
