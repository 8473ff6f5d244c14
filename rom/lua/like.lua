-- Words against the patterns of `Query.like`. Included by search.lua.
--
-- A pattern arrives as a list of steps, one character each: '!' any character, '?' any or none, '*' any number of
-- any, everything else itself; `+` has become '!' and '*'. The end of the word is free: a word matches as soon as all
-- steps are done.

local ANY = {['!'] = true, ['?'] = true, ['*'] = true}
-- the bytes after the first one of a character are 128 to 191
local CHARACTER = '[^\128-\191][\128-\191]*'
local DEEPEST = 100

-- Adds a position in the steps, and those behind it as far as steps may match nothing. True when all steps are done.
local function enter(steps, active, position)
  while not active.has[position] do
    if position > #steps then return true end
    active.has[position] = true
    active[#active + 1] = position
    if steps[position] ~= '?' and steps[position] ~= '*' then return false end
    position = position + 1
  end
  return false
end

-- Follows all ways through the steps at once: the work, which it returns too, is at most characters times steps.
local function follows(steps, text)
  local active, visited = {has = {}}, 0
  if enter(steps, active, 1) then return true, visited end
  for character in text:gmatch(CHARACTER) do
    local reached = {has = {}}
    for _, position in ipairs(active) do
      local step = steps[position]
      if (ANY[step] or step == character) and enter(steps, reached, step == '*' and position or position + 1) then
        return true, visited
      end
    end
    visited, active = visited + #active, reached
    if #active == 0 then break end
  end
  return false, visited
end

-- What stands between the '*', as patterns of string.find; nil where a '?' makes their lengths vary, or where there are
-- many '!': string.find goes one level deeper for each, and a server whose stack ends there is gone.
local function pieces_of(steps)
  local pieces, piece, depth = {}, {}, 0
  for _, step in ipairs(steps) do
    if step == '?' or depth > DEEPEST then return nil end
    if step == '*' then
      pieces[#pieces + 1] = table.concat(piece)
      piece, depth = {}, 0
    else
      if step == '!' then depth = depth + 1 end
      piece[#piece + 1] = step == '!' and CHARACTER or step == '\0' and '%z' or step:gsub('%W', '%%%0')
    end
  end
  pieces[#pieces + 1] = table.concat(piece)
  return pieces
end

-- A function that tells whether a text matches the steps, and what that took in the server's microseconds.
local function new_matcher(steps)
  local pieces = pieces_of(steps)
  if not pieces then
    return function(text)
      local is_match, visited = follows(steps, text)
      return is_match, 0.5 * visited
    end
  end
  pieces[1] = '^' .. pieces[1]
  return function(text)
    local from, last = 1, nil
    for _, piece in ipairs(pieces) do
      -- the first place for a piece leaves most to the others
      _, last = text:find(piece, from)
      if not last then break end
      from = last + 1
    end
    return last ~= nil, 0.05 * #pieces * #text
  end
end
