-- The parts of a search, each made when it is first asked for: making all their functions takes longer than most
-- searches.
--
-- Each is a table of functions: `parts.planner`, `parts.walks`, ... The kinds of filters are parts as well.
--
-- uses: request, report, namespace, highest, scores, reply, work, absent, call, CHUNK, GRAIN, spend, is_exhausted,
--   is_to_stop, ask_newer, ask_each, in_pieces, is_of_type, prepare, sample, keep, sieve, scan_and_sieve,
--   smallest_first, without
-- gives: parts

-- One function around all: Lua looks for what a function shares with the chunk itself one by one, in all that is shared.
local function new_parts()
  local loaders = {}

  function loaders.ranks()
-- include search/ranks
  end

  function loaders.planner()
-- include search/planner
  end

  function loaders.walks()
-- include search/walks
  end

  function loaders.gather()
-- include search/gather
  end

  function loaders.figures()
-- include search/figures
  end

  function loaders.orders()
-- include search/orders
  end

  -- kinds of filters

  function loaders.set()
-- include search/kinds/set
  end

  function loaders.range()
-- include search/kinds/range
  end

  function loaders.numbers()
-- include search/kinds/numbers
  end

  function loaders.words()
-- include search/kinds/pattern
-- include search/kinds/words
  end

  function loaders.near()
-- include search/kinds/near
  end

  function loaders.groups()
-- include search/kinds/groups
  end

  function loaders.fields()
-- include search/kinds/fields
  end

  function loaders.rows()
-- include search/kinds/rows
  end

  function loaders.any() return parts.groups.any end
  function loaders.all() return parts.groups.all end
  function loaders.ids() return parts.rows.ids end
  function loaders.none() return parts.groups.none end
  function loaders.common() return parts.groups.common end
  function loaders.missing() return parts.fields.missing end
  function loaders.empty() return parts.fields.empty end

  return setmetatable({}, {__index = function(loaded, name)
    local part = loaders[name]()
    loaded[name] = part
    return part
  end})
end

parts = new_parts()
