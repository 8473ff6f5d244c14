-- Changes the index entries of a row that was there before. Loaded when it is needed.
--
-- What the row has put into which index stands in its -index-data-; that is compared with what the operation wants, and
-- only the difference is written.
--
-- uses: put, listed
-- gives: change_entries

-- include write/lists_score

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

-- Merges stored entries with new ones: keeps those of columns not touched, removes those no longer wanted.
local function merge(stored, wanted, touched, column_of, name_of, add, remove, repair)
  local names, kept, changed = {}, {}, false
  for _, entry in ipairs(wanted) do names[name_of(entry)] = entry end
  local there = {}
  for _, entry in ipairs(stored) do
    local name = name_of(entry)
    if not touched(column_of(entry)) then
      kept[#kept + 1] = entry
    elseif names[name] and not there[name] then
      there[name] = true
    elseif not names[name] then
      changed = true
      remove(entry)
    end
  end
  for _, entry in ipairs(wanted) do
    local name = name_of(entry)
    if names[name] then
      names[name] = nil
      kept[#kept + 1] = entry
      if not there[name] then changed = true end
      if repair or not there[name] then add(entry) end
    end
  end
  return kept, changed
end

local function itself(entry) return entry end
local function before_colon(name) return string.match(name, '^[^:]*') end
local function first_of(pair) return pair[1] end
local function pair_name(pair) return pair[1] .. '\0' .. pair[2] end

-- {COL: [word, score, word, score...]} as [[COL, word, score]].
local function triples(columns)
  local found = {}
  for column, entries in pairs(columns or {}) do
    for place = 1, #entries, 2 do found[#found + 1] = {column, entries[place], entries[place + 1]} end
  end
  return found
end

local function merge_pairs(op, stored, wanted, touched, kind)
  local function key(entry) return op.namespace .. ':' .. entry[1] .. ':' .. kind end
  local function member(entry) return entry[2] .. '\0' .. op.id end
  local kept, changed = merge(stored, triples(wanted), touched, first_of, pair_name,
    function(entry) put('ZADD', key(entry), entry[3], member(entry)) end,
    function(entry) put('ZREM', key(entry), member(entry)) end, op.repair)
  for position, entry in ipairs(kept) do kept[position] = {entry[1], entry[2]} end
  return kept, changed
end

local function merge_scores(op, stored, touched)
  local function key(name) return op.namespace .. ':' .. name .. ':idx' end
  local wanted = {}
  for name, score in pairs(op.scores or {}) do
    wanted[#wanted + 1] = name
    put('ZADD', key(name), score, op.id)
  end
  return merge(stored, wanted, touched, before_colon, itself, function() end,
    function(name) put('ZREM', key(name), op.id) end)
end

local function merge_geo(op, stored)
  local wanted, names, changed = op.touched_geo and (op.geo or {}) or {}, {}, false
  local function key(name) return op.namespace .. ':' .. name .. ':geo' end
  for name in pairs(stored) do
    if not op.touched_geo then
      names[#names + 1] = name
    elseif not wanted[name] then
      changed = true
      put('ZREM', key(name), op.id)
    end
  end
  for name, point in pairs(wanted) do
    names[#names + 1] = name
    if not stored[name] then changed = true end
    put('GEOADD', key(name), point[1], point[2], op.id)
  end
  return names, changed
end

-- Whether the names of all scores stand in the stored entries already.
local function rescores(op)
  if not op.rescore then return false end
  for name in pairs(op.scores) do
    if not lists_score(op.stored['-index-data-'], name) then return false end
  end
  for name, score in pairs(op.scores) do put('ZADD', op.namespace .. ':' .. name .. ':idx', score, op.id) end
  return true
end

local function touches_nothing(op)
  return type(op.touched) == 'table' and #op.touched == 0 and not op.touched_geo
end

change_entries = function(op)
  if op.stored['-index-data-'] and (rescores(op) or touches_nothing(op)) then return end
  local stored = stored_index(op)
  local columns = type(op.touched) == 'table' and listed(op.touched)
  local function touched(column) return not columns or columns[column] end
  local function word_key(name) return op.namespace .. ':' .. name .. ':idx' end
  local words, by_words = merge(stored.words, op.words or {}, touched, before_colon, itself,
    function(name) put('SADD', word_key(name), op.id) end,
    function(name) put('SREM', word_key(name), op.id) end, op.repair)
  local scores, by_scores = merge_scores(op, stored.scores, touched)
  local prefixes, by_prefixes = merge_pairs(op, stored.prefixes, op.prefixes, touched, 'pre')
  local suffixes, by_suffixes = merge_pairs(op, stored.suffixes, op.suffixes, touched, 'suf')
  local geo, by_geo = merge_geo(op, stored.geo)
  if op.delete then return end
  if stored.missing or op.legacy or op.repair or by_words or by_scores or by_prefixes or by_suffixes or by_geo then
    return op.index_data or cjson.encode({words, scores, prefixes, suffixes, geo})
  end
end
