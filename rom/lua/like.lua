-- Words against the patterns of `Query.like`. Included by search.lua.
--
-- A pattern arrives as a list of steps, one character each: '!' any character, '?' any or none, '*' any number of
-- any, everything else itself; `+` has become '!' and '*'. The end of the word is free: a word matches as soon as all
-- steps are done.

local ANY = {['!'] = true, ['?'] = true, ['*'] = true}
-- the bytes after the first one of a character are 128 to 191
local CHARACTER = '[^\128-\191][\128-\191]*'

-- Adds to a set of positions those behind steps that may match nothing; true when all steps are done.
local function pass_optional(steps, active)
  for position, step in ipairs(steps) do
    if active[position] and (step == '?' or step == '*') then active[position + 1] = true end
  end
  return active[#steps + 1]
end

-- The positions that a character leads to; nil where there are none.
local function advance(steps, active, character)
  local reached
  for position, step in ipairs(steps) do
    if active[position] and (ANY[step] or step == character) then
      reached = reached or {}
      reached[step == '*' and position or position + 1] = true
    end
  end
  return reached
end

-- Follows all ways through the steps at once: the work is at most characters times steps.
local function follows(steps, text)
  local active = {true}
  if pass_optional(steps, active) then return true end
  for character in text:gmatch(CHARACTER) do
    active = advance(steps, active, character)
    if not active then return false end
    if pass_optional(steps, active) then return true end
  end
  return false
end

-- What stands between the '*', as patterns of string.find; nil where a '?' makes their lengths vary.
local function pieces_of(steps)
  local pieces, piece = {}, {}
  for _, step in ipairs(steps) do
    if step == '?' then return nil end
    if step == '*' then
      pieces[#pieces + 1] = table.concat(piece)
      piece = {}
    else
      piece[#piece + 1] = step == '!' and CHARACTER or step == '\0' and '%z' or step:gsub('%W', '%%%0')
    end
  end
  pieces[#pieces + 1] = table.concat(piece)
  return pieces
end

-- A function that tells whether a text matches the steps, and what a character of it costs.
local function new_matcher(steps)
  local pieces = pieces_of(steps)
  if not pieces then return function(text) return follows(steps, text) end, 0.5 * #steps end
  pieces[1] = '^' .. pieces[1]
  return function(text)
    local from, last = 1, nil
    for _, piece in ipairs(pieces) do
      -- the first place for a piece leaves most to the others
      _, last = text:find(piece, from)
      if not last then return false end
      from = last + 1
    end
    return true
  end, 0.05 * #pieces
end
