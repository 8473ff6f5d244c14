-- Rows of one model of which the same columns change, with the index entries and unique values that follow from these; or that
-- have all of these anew, also those that they list and that are not there. As long as each row is there and as it was seen: what
-- goes to the same key goes in one call, and in another what goes from it. Where anything is not as it should be, nothing is
-- written: the rows are then changed by operations, which tells what it was. Loaded when it is needed.
--
-- uses: CHUNK, ask, need, is_denied, is_wrong_type, places_of
-- gives: update_rows

-- include write/together
-- include write/collected
-- include write/looks

local null = cjson.null
local is_refresh  -- whether nothing but entries and unique values is written
local gone  -- {command: {key: values}} of what is taken out

local function take_out(command, key, value)
  local values = gone[command][key]
  if not values then
    need(command, key)
    gone[command][key] = {value}
  else
    values[#values + 1] = value
  end
end

-- What a row lists; refuses one that is not as it was seen.
local function listing_of(batch, at, key)
  local seen = ask('HMGET', key, '-index-data-', unpack(batch, 5, 4 + batch[4]))
  for place = 1, batch[4] do
    if batch[at + place] ~= seen[place + 1] then refuse() end
  end
  return seen[1] and cjson.decode(seen[1]) or refuse()
end

-- What a row lists of one kind from now on, and whether that is something else: entries of columns that are not touched stay, of
-- those that are, the wanted ones. `name_of` gives an entry's name, and its column.
local function exchange(stored, wanted, touched, name_of, add, remove)
  local kept, places, is_there, is_changed = {}, {}, {}, false
  for place, entry in ipairs(wanted) do places[name_of(entry)] = place end
  for _, entry in ipairs(stored) do
    local name, column = name_of(entry)
    if not (is_refresh or touched[column]) then
      kept[#kept + 1] = entry
    elseif places[name] then
      is_there[name] = true
    else
      remove(entry)
      is_changed = true
    end
  end
  for _, entry in ipairs(wanted) do
    local name = name_of(entry)
    kept[#kept + 1] = entry
    if is_refresh or not is_there[name] then add(entry) end
    is_changed = is_changed or not is_there[name]
  end
  return kept, is_changed
end

local function name_of_word(name) return name, string.match(name, '^[^:]*') end
local function name_of_pair(pair) return pair[1] .. '\0' .. pair[2], pair[1] end

local function no_entry() end

-- Collects what happens to index entries. Gives what the row is to list; nil where that stays as it is.
local function exchange_all(batch, at, touched, listing)
  local namespace, id, tail = batch[2], batch[at], '\0' .. batch[at]
  local function key(name) return key_of(namespace, 'idx', name) end
  at = at + (is_refresh and 1 or 2) * batch[4] + 1
  local words = {unpack(batch, at + 1, at + batch[at])}
  local by_words, by_scores
  listing[1], by_words = exchange(listing[1], words, touched, name_of_word,
    function(name) collect('SADD', key(name), id) end, function(name) take_out('SREM', key(name), id) end)
  at = at + batch[at] + 1
  local scores = {}
  for place = at + 1, at + batch[at], 2 do
    scores[#scores + 1] = batch[place]
    collect('ZADD', key(batch[place]), batch[place + 1], id)
  end
  listing[2], by_scores = exchange(listing[2], scores, touched, name_of_word,
    no_entry, function(name) take_out('ZREM', key(name), id) end)
  at = at + batch[at] + 1
  local is_changed = by_words or by_scores
  for part, kind in ipairs({'pre', 'suf'}) do
    local pairs_of_part, score_of, by_pairs = {}, {}, nil
    for place = at + 1, at + batch[at], 3 do
      local pair = {batch[place], batch[place + 1]}
      pairs_of_part[#pairs_of_part + 1], score_of[pair] = pair, batch[place + 2]
    end
    listing[part + 2], by_pairs = exchange(listing[part + 2], pairs_of_part, touched, name_of_pair,
      function(pair) collect('ZADD', key_of(namespace, kind, pair[1]), score_of[pair], pair[2] .. tail) end,
      function(pair) take_out('ZREM', key_of(namespace, kind, pair[1]), pair[2] .. tail) end)
    is_changed = is_changed or by_pairs
    at = at + batch[at] + 1
  end
  listing[5] = listing[5] or {}
  if is_refresh and #listing[5] > 0 then refuse() end
  return is_changed and cjson.encode(listing) or nil, at
end

-- Collects the unique values that rows take and give back, those aside that other rows have by now; of rows that stay as they
-- are, those that nobody has.
local function exchange_unique(batch, rows)
  local _, _, unique, first = places_of(batch)
  for number = unique, first - 1 do
    local key, values, ids = key_of(batch[2], 'uidx', batch[4 + batch[number]]), {}, {}
    for _, at in ipairs(rows) do
      local before, after = batch[at + batch[number]], not is_refresh and batch[at + batch[4] + batch[number]]
      if before ~= after then
        if before and before ~= '' then values[#values + 1], ids[#ids + 1] = before, batch[at] end
        if after and after ~= null and after ~= '' then collect('HSET', key, after, batch[at]) end
      end
    end
    for place, owner in ipairs(#values > 0 and ask('HMGET', key, unpack(values)) or {}) do
      local is_own = owner == ids[place]
      if not is_refresh then
        if is_own then take_out('HDEL', key, values[place]) end
      elseif not owner then
        collect('HSET', key, values[place], ids[place])
      elseif not is_own then
        refuse()
      end
    end
  end
end

local function write_fields(batch, at, key, listing)
  local fields, empty, width = {batch[3], batch[at]}, {}, batch[4]
  for place = 1, width do
    local text = batch[at + width + place]
    if text == null then
      empty[#empty + 1] = batch[4 + place]
    else
      fields[#fields + 1] = batch[4 + place]
      fields[#fields + 1] = text
    end
  end
  if listing then
    fields[#fields + 1] = '-index-data-'
    fields[#fields + 1] = listing
  end
  redis.call('HSET', key, unpack(fields))
  if #empty > 0 then redis.call('HDEL', key, unpack(empty)) end
end

-- Removing from a key of another type is a no-op.
local function send_gone()
  for command, keys_of_command in pairs(gone) do
    for key, values in pairs(keys_of_command) do
      for first = 1, #values, CHUNK do
        local reply = redis.pcall(command, key, unpack(values, first, math.min(first + CHUNK - 1, #values)))
        if type(reply) == 'table' and reply.err and not is_wrong_type(reply) then error(reply.err) end
      end
    end
  end
end

local function update(batch, progress)
  local _, touched_at, unique, at = places_of(batch)
  local rows, ids, keys_of_rows, listings, touched, seen, calls = {}, {}, {}, {}, {}, {}, collected()
  gone, is_refresh = {SREM = {}, ZREM = {}, HDEL = {}}, batch[1] == 'refresh'
  if 2 * batch[4] + 4 > CHUNK then refuse() end
  for place = touched_at, unique - 2 do touched[batch[place]] = true end
  while at <= #batch do
    local id, number = batch[at], #rows + 1
    local key = batch[2] .. ':' .. id
    if seen[id] or number > CHUNK then refuse() end
    seen[id] = true
    need('HSET', key)
    need('HDEL', key)
    rows[number], ids[number], keys_of_rows[number] = at, id, key
    local listing
    listing, at = exchange_all(batch, at, touched, listing_of(batch, at, key))
    listings[number] = listing or false
  end
  exchange_unique(batch, rows)
  look_at_all(calls)
  for number, place in ipairs(rows) do
    if not is_refresh then
      write_fields(batch, place, keys_of_rows[number], listings[number])
    elseif listings[number] then
      redis.call('HSET', keys_of_rows[number], '-index-data-', listings[number])
    end
    progress.is_begun = progress.is_begun or not is_refresh or listings[number]
  end
  send_collected(function(...)
    redis.call(...)
    progress.is_begun = true
  end)
  send_gone()
  return ids
end

-- The ids of the rows; nil where they were not changed.
update_rows = function(batch) return try(update, batch) end
