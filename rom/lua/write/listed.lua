-- What a row lists in its -index-data-, to be taken out.
--
-- uses: key_of
-- gives: put_listed

-- Calls put(command, key, value) for each entry.
local function put_listed(namespace, id, listing, put)
  for _, name in ipairs(listing[1]) do put('SREM', key_of(namespace, 'idx', name), id) end
  for _, name in ipairs(listing[2]) do put('ZREM', key_of(namespace, 'idx', name), id) end
  local tail = '\0' .. id
  for _, pair in ipairs(listing[3]) do put('ZREM', key_of(namespace, 'pre', pair[1]), pair[2] .. tail) end
  for _, pair in ipairs(listing[4]) do put('ZREM', key_of(namespace, 'suf', pair[1]), pair[2] .. tail) end
  for _, name in ipairs(listing[5] or {}) do put('ZREM', key_of(namespace, 'geo', name), id) end
end
