-- The kinds of filters that most searches do without. Included by search.lua.

-- Made when they are first needed: most searches need none of them.
local function load_groups()
-- include groups
end

local function load_words()
-- include like
-- include words
end

local function load_near()
-- include near
end

local loaders = {any = load_groups, all = load_groups, common = load_groups,
                 words = load_words, near = load_near}
setmetatable(kinds, {__index = function(_, kind)
  loaders[kind]()
  return rawget(kinds, kind)
end})
