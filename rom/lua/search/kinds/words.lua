-- Filters over words that begin with a prefix, in a prefix or suffix index.
--
-- {kind: "words", key, column, part, prefix, low, high, pattern, is_single, source}
--   low, high   the scores between which the words stand; words that share 7 bytes are told apart by their bytes
--   pattern     what follows the prefix, for pattern.lua; left out: anything
--   part, column  where a row's `-index-data-` lists its words: part 3 or 4, entries [column, word]
--   is_single   rows have one word each, so that entries can be counted
--   source      {field, is_folded, is_full_text, hint}: where the field is ASCII, what its words are; without the hint
--               in it there are none
--
-- uses: request, namespace, parts, work, call, CHUNK, spend, is_exhausted, is_to_stop, is_of_type, ask_each, new_matcher
-- gives: {walk, is_pure, prepare, keep, sample, scan}

local MOST_RUNS, SAMPLES = 32, 8
-- what stands between the words of an ASCII text
local SPACE, SPACE_HERE, NO_SPACE = '[%s\28-\31]', '^[%s\28-\31]', '[^%s\28-\31]'
-- words longer than this are not taken for few
local LONG = 500

local find, match, sub = string.find, string.match, string.sub

-- The word and the id of an index entry.
local function split_entry(member) return member:match('^(.*)%z(.*)$') end

local function fits(filter, word)
  if word:sub(1, #filter.prefix) ~= filter.prefix then return false end
  if not filter.pattern then return true end
  local is_match, steps, is_given_up = filter.matches(word:sub(#filter.prefix + 1))
  spend(steps + 1)
  work.given_up = work.given_up or is_given_up and filter.column
  return is_match
end

-- Where the entries of one word end that begin at a rank.
local function run_end(filter, rank, word)
  local mark = word .. '\0'
  return parts.ranks.bisect(filter.key, rank + 1, filter.last, function(member) return member:sub(1, #mark) == mark end)
end

-- Whether the words are likely few: most entries that are some way apart have the same.
local function has_few_words(filter)
  local others, distance = 0, math.floor(filter.size / (2 * MOST_RUNS))
  for sample = 1, SAMPLES do
    local rank = filter.first + math.floor((filter.size - distance) * (sample - 0.5) / SAMPLES)
    local word = split_entry(parts.ranks.member_at(filter.key, rank))
    local other = split_entry(parts.ranks.member_at(filter.key, rank + distance))
    if word ~= other then others = others + 1 end
    if others > SAMPLES / 2 then return false end
  end
  return true
end

-- Whether a run has no entries of a word that goes on with a NUL and a digit: among those of a word of 7 bytes or more
-- they stand by their ids. The set of the word's ids tells.
local function is_pure(filter, word, size)
  if #word < 7 then return true end
  if filter.part == 4 then word = not word:find('[\128-\255]') and word:reverse() or '' end
  return redis.pcall('SCARD', namespace .. ':' .. filter.column .. ':' .. word .. ':idx') == size
end

-- The words and where their entries are, if they are few: [{word, first, last}].
local function find_runs(filter)
  local runs, rank, visited = {}, filter.first, 0
  if not has_few_words(filter) then return nil end
  while rank < filter.last do
    visited = visited + 1
    local word = split_entry(parts.ranks.member_at(filter.key, rank))
    if visited > MOST_RUNS or #word > LONG or word:find('%z') then return nil end
    local last = run_end(filter, rank, word)
    -- a word that goes on with a NUL stands among these
    if split_entry(parts.ranks.member_at(filter.key, last - 1)) ~= word then return nil end
    if not is_pure(filter, word, last - rank) then return nil end
    if fits(filter, word) then runs[#runs + 1] = {word = word, first = rank, last = last} end
    rank = last
  end
  return runs
end

-- A field of a hash; nil where there is none: a key that is no hash is somebody else's.
local function field_of(key, field)
  local found = redis.pcall('HGET', key, field)
  if found and found.err and is_of_type(key, 'hash') then return call('HGET', key, field) end
  return type(found) == 'string' and found or nil
end

-- Whether one of a row's words fits, by what the index keeper noted in the row.
local function noted_word_fits(filter, id)
  -- rows older than rom 1.0 keep this in one hash
  local data = field_of(namespace .. ':' .. id, '-index-data-') or field_of(namespace .. '::', id)
  if not data then return false end
  spend(5 + #data / 50)
  local is_list, lists = pcall(cjson.decode, data)
  local entries = is_list and type(lists) == 'table' and lists[filter.part]
  for _, entry in pairs(type(entries) == 'table' and entries or {}) do
    if type(entry) == 'table' and entry[1] == filter.column and fits(filter, tostring(entry[2])) then return true end
  end
  return false
end

local function is_entry(filter, word, id)
  if filter.part == 4 then word = word:reverse() end
  return fits(filter, word) and call('ZSCORE', filter.key, word .. '\0' .. id)
end

-- The first and last byte of the next token with a text in it; nil where there is none.
local function next_token(text, hint, place)
  local first = find(text, hint == '' and NO_SPACE or hint, place, hint ~= '')
  if not first then return nil end
  local last = (find(text, SPACE, first) or #text + 1) - 1
  while first > place and not find(text, SPACE_HERE, first - 1) do first = first - 1 end
  return first, last
end

-- A token without the punctuation at its ends. (A pattern for both ends would try the later one at every character.)
local function stripped(token)
  local first, last = find(token, '%P') or #token + 1, #token
  while last >= first and find(token, '^%p', last) do last = last - 1 end
  return sub(token, first, last)
end

-- Whether one of the words of an ASCII text, as the keygens of rom make them, stands in the index for the row.
local function word_of_text_fits(filter, id, text)
  local source = filter.source
  local folded = text:lower()
  spend(#text * 0.012)
  if not source.is_full_text then
    return find(folded, source.hint, 1, true) and is_entry(filter, source.is_folded and folded or text, id)
  end
  -- only tokens with the hint in them are taken out of the text, and each only once
  local seen, first, last = {}, next_token(folded, source.hint, 1)
  while first and not find(source.hint, SPACE) do
    local token = sub(folded, first, last)
    spend(0.5 + #token * 0.1)
    if not seen[token] and is_entry(filter, stripped(token), id) then return true end
    seen[token] = true
    first, last = next_token(folded, source.hint, last + 1)
  end
  return false
end

-- Whether a row's words are told much shorter by what the index keeper noted: those of a long text that repeats itself.
local function is_shorter_noted(id, length)
  local noted = length > 20000 and redis.pcall('HSTRLEN', namespace .. ':' .. id, '-index-data-')
  return type(noted) == 'number' and noted > 0 and 2 * noted < length
end

local function row_fits(filter, id)
  local text = filter.source and field_of(namespace .. ':' .. id, filter.source.field)
  if text then spend(#text * 0.02) end
  if text and find(text, '^[\1-\127]*$') and not is_shorter_noted(id, #text) then
    return word_of_text_fits(filter, id, text)
  end
  return noted_word_fits(filter, id)
end

-- Adds ids that have one of the words.
local function note_runs(filter, ids, has)
  for _, run in ipairs(filter.runs) do
    local members = {}
    for place, id in ipairs(ids) do members[place] = run.word .. '\0' .. id end
    local found = ask_each('ZMSCORE', 'ZSCORE', filter.key, members)
    for place, id in ipairs(ids) do has[id] = has[id] or found[place] end
  end
end

-- The id of an index entry.
local function id_of(member) return match(member, '%z(%d+)$') end

-- About how many of the entries fit a pattern, by some from all over them.
-- Gain: a pattern that few words fit is not first looked for along the ids.
local function guess_fitting(filter)
  local looked_at, fitting = 0, 0
  for sample = 1, SAMPLES do
    local rank = filter.first + math.floor((filter.size - SAMPLES) * (sample - 0.5) / SAMPLES)
    for _, member in ipairs(call('ZRANGE', filter.key, rank, rank + SAMPLES - 1)) do
      local word = split_entry(member)
      looked_at = looked_at + 1
      if #word <= LONG and fits(filter, word) then fitting = fitting + 1 end
    end
    spend(2 + SAMPLES)
  end
  return filter.size * math.max(fitting, 0.3) / math.max(looked_at, 1)
end

-- The longest text that all words have which fit a pattern.
local function longest_literal(pattern)
  local longest, literal = '', ''
  for _, step in ipairs(pattern) do
    literal = (step == '!' or step == '?' or step == '*') and '' or literal .. step
    if #literal > #longest then longest = literal end
  end
  return longest
end

-- The ids of entries whose word fits; only those that begin with some digits, where the filter has `beginning`. Where the
-- call has cost enough, the later entries are taken off the list.
local function fitting_ids(filter, members)
  local ids, word, is_fit = {}, nil, false
  if filter.is_range then
    if not filter.beginning then
      for place = 1, #members do ids[#ids + 1] = match(members[place], '%z(%d+)$') end
      return ids
    end
    local mark = '\0' .. filter.beginning
    for place = 1, #members do
      local member = members[place]
      if find(member, mark, 1, true) then
        local id = id_of(member)
        if find(id, filter.beginning, 1, true) == 1 then ids[#ids + 1] = id end
      end
    end
    return ids
  end
  local began, literal, from = work.steps, filter.literal or '', #filter.prefix + 1
  for place = 1, #members do
    local member = members[place]
    if literal == '' or find(member, literal, from, true) then
      local its_word, id = split_entry(member)
      if its_word ~= word then word, is_fit = its_word, fits(filter, its_word) end
      if is_fit then ids[#ids + 1] = id end
      if is_to_stop(began) then
        for after = #members, place + 1, -1 do members[after] = nil end
        break
      end
    end
  end
  return ids
end

-- The rank behind all entries of the last word that was read, where it does not fit and has many more; else nil. Where words that
-- go on with a NUL may stand among these, each is looked at.
-- Gain: a pattern that no word fits looks at the words, and not at all their entries.
local function behind_misfits(filter, members, last)
  local word = filter.pattern and last + 100 < filter.last and split_entry(members[#members])
  if not word or #word > LONG or word:find('%z') or fits(filter, word) then return nil end
  local mark = word .. '\0'
  if parts.ranks.member_at(filter.key, last + 50):sub(1, #mark) ~= mark then return nil end
  local first = parts.ranks.bisect(filter.key, filter.first, last, function(member)
    return parts.ranks.is_before(member, mark)
  end)
  local behind = run_end(filter, last + 50, word)
  local is_alone = split_entry(parts.ranks.member_at(filter.key, behind - 1)) == word
  return is_alone and is_pure(filter, word, behind - first) and behind or nil
end

-- What the next `size` entries of a run are, from `run.rank` on; sorted by id, as entries of one word are.
local function read_run(filter, run, size)
  local last = math.min(run.rank + size, run.last)
  if last <= run.rank then return {}, true end
  local ids = {}
  for place, member in ipairs(call('ZRANGE', filter.key, run.rank, last - 1)) do
    ids[place] = member:sub(#run.word + 2)
  end
  spend(#ids * 0.4 + 2)
  return ids, last == run.last
end

-- Sorts ids and leaves out the ones that are there twice, or beyond a limit.
local function merged(ids, limit)
  table.sort(ids)
  local kept = {}
  for place, id in ipairs(ids) do
    if limit and limit < id then break end
    if id ~= ids[place - 1] then kept[#kept + 1] = id end
  end
  return kept
end

-- By id, from the entries of few words, each of which is in that order.
local function walk_runs(filter, rest, page, after)
  local score = {}
  for _, run in ipairs(filter.runs) do
    score[run] = call('ZRANGE', filter.key, run.first, run.first, 'WITHSCORES')[2]
  end
  while true do
    local ids, size, limit = {}, parts.walks.pace(page), nil
    for _, run in ipairs(filter.runs) do
      run.rank = after and parts.ranks.after(filter.key, score[run], run.word .. '\0' .. after.id) or run.first
      local found, is_all = read_run(filter, run, size)
      for _, id in ipairs(found) do ids[#ids + 1] = id end
      if not is_all and (not limit or found[#found] < limit) then limit = found[#found] end
    end
    ids = merged(ids, limit)
    local stop = parts.walks.look_at(page, rest, ids)
    if stop then return {id = stop} end
    if not limit then return nil end
    after = {id = limit}
    if is_exhausted() then return after end
  end
end

-- Takes the words as they are, if they are few.
-- Gain (benchmarks/clever.py): two thirds of a first page of few words among many rows, three quarters of counting one word of
-- texts. Telling from samples that words are many costs a tenth of looking at 32 of them.
local function summarize(filter)
  filter.runs = find_runs(filter)
  if not filter.runs then return end
  filter.size, filter.probe_cost, filter.read_cost, filter.fitting = 0, 1.2 * #filter.runs, nil, nil
  for _, run in ipairs(filter.runs) do filter.size = filter.size + run.last - run.first end
  filter.is_exact = filter.is_single or #filter.runs < 2
  filter.repeats = not filter.is_exact
end

return {
  walk = walk_runs, is_pure = is_pure,

  prepare = function(filter)
    local prefix = filter.prefix
    if filter.pattern then filter.matches, filter.literal = new_matcher(filter.pattern), longest_literal(filter.pattern) end
    spend(4)
    filter.first = parts.ranks.below(filter.key, filter.low)
    filter.last = filter.first + call('ZCOUNT', filter.key, filter.low, '(' .. filter.high)
    -- of many filters the last ones are left as wide as the first bytes of their words tell
    local is_late = work.steps > work.allowed / 2
    if #prefix > 7 and not is_late then
      filter.first = parts.ranks.bisect(filter.key, filter.first, filter.last, function(member)
        return parts.ranks.is_before(member, prefix)
      end)
      filter.last = parts.ranks.bisect(filter.key, filter.first, filter.last, function(member)
        return member:sub(1, #prefix) == prefix
      end)
    end
    filter.size = filter.last - filter.first
    -- whether all entries in the range fit; behind a NUL the prefix could reach into their ids
    filter.is_range = not filter.pattern and not prefix:find('%z') and not (is_late and #prefix > 7)
    filter.is_exact, filter.repeats = filter.is_single and filter.is_range, not filter.is_single
    filter.probe_cost, filter.scan_cost = filter.source and 3.5 or 12, 1
    filter.read_cost = filter.size <= 5 * CHUNK and 1.4 * filter.size or nil
    local is_size_all = filter.is_exact and request.mode == 'count' and #request.filters == 1 and request.filters[1] == filter
    if filter.pattern and filter.size > CHUNK / 2 and not is_late then filter.fitting = guess_fitting(filter) end
    if filter.size > CHUNK / 2 and not is_late and not is_size_all and not filter.is_order then summarize(filter) end
  end,

  keep = function(filter, ids)
    local has, kept, began = filter.runs and {}, {}, work.steps
    if has then note_runs(filter, ids, has) end
    for place, id in ipairs(ids) do
      if has and has[id] or not has and row_fits(filter, id) then kept[#kept + 1] = id end
      if is_to_stop(began) then return kept, place end
    end
    return kept, #ids
  end,

  sample = function(filter)
    local ids = parts.ranks.sample(filter.key, filter.first, filter.last)
    for place, member in ipairs(ids) do ids[place] = id_of(member) end
    return ids
  end,

  scan = function(filter, state, emit)
    return parts.ranks.read(filter.key, filter.first, filter.last, state, function(first, last)
      local members = call('ZRANGE', filter.key, first, last)
      local ids = fitting_ids(filter, members)
      -- the entries that do not fit cost nearly as much
      spend(#members * 0.5 + #members[1] * #members * 0.001)
      work.scanned = work.scanned + #members - #ids
      emit(ids)
      return members, behind_misfits(filter, members, last)
    end)
  end,
}
