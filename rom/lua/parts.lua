-- The parts of a search, each made when it is first asked for: making all their functions takes longer than most
-- searches. Included by search.lua.
--
-- Each is a table of functions: `parts.plan`, `parts.walks`, ... The kinds of filters are parts as well.

-- One function around all: Lua looks for what a function shares with the chunk itself one by one, in all that is shared.
local function new_parts()
  local loaders = {}

  function loaders.ranks()
-- include ranks
  end

  function loaders.plan()
-- include plan
  end

  function loaders.walks()
-- include walks
  end

  function loaders.gather()
-- include gather
  end

  -- kinds of filters

  function loaders.set()
-- include sets
  end

  function loaders.range()
-- include ranges
  end

  function loaders.words()
-- include like
-- include words
  end

  function loaders.near()
-- include near
  end

  function loaders.groups()
-- include groups
  end

  function loaders.any() return parts.groups.any end
  function loaders.all() return parts.groups.all end
  function loaders.common() return parts.groups.common end

  return setmetatable({}, {__index = function(loaded, name)
    local part = loaders[name]()
    loaded[name] = part
    return part
  end})
end

parts = new_parts()
