-- Part of write.lua: reads what a row has put into which index. Whatever stands there, this does not fail.

-- The names and the [name, word] pairs in one part of a stored -index-data-; what is neither is no entry of an index.
local function entries_in(part)
  local names, named = {}, {}
  for _, entry in ipairs(type(part) == 'table' and part or {}) do
    if type(entry) == 'string' then
      names[#names + 1] = entry
    elseif type(entry) == 'table' and type(entry[1]) == 'string' then
      local word = type(entry[2]) == 'number' and tostring(entry[2]) or entry[2]
      if type(word) == 'string' then named[#named + 1] = {entry[1], word} end
    end
  end
  return names, named
end

-- What the row has put into which index; its parts may be missing, {} or [], and 1.1.2 left geo names in the fourth.
local function stored_index(op)
  local text = op.stored['-index-data-'] or op.legacy
  local ok, parts = pcall(cjson.decode, text or '[]')
  if not ok or type(parts) ~= 'table' then parts = {} end
  local words, scores, geo = entries_in(parts[1]), entries_in(parts[2]), listed((entries_in(parts[5])))
  local _, prefixes = entries_in(parts[3])
  local bare, suffixes = entries_in(parts[4])
  for _, name in ipairs(bare) do geo[name] = true end
  return {words = words, scores = scores, prefixes = prefixes, suffixes = suffixes, geo = geo, missing = not text}
end
