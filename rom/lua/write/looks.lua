-- What is looked at before collected commands are sent: rights, types of keys, and whether unique values are free.
--
-- uses: CHUNK, ask, need, is_denied, refuse
-- gives: look_at_all

-- Refuses values of which another row has one, or two of them the same.
local function look_at_claims(key, call)
  local values, seen = {}, {}
  for place = 3, #call, 2 do
    local value = call[place]
    if seen[value] then refuse() end
    seen[value] = true
    values[#values + 1] = value
  end
  for _, owner in ipairs(ask('HMGET', key, unpack(values))) do
    if owner then refuse() end
  end
end

-- SDIFF from what is not there looks at the types of all keys, and no further.
local function look_at_sets(found)
  local reply = #found > 0 and redis.pcall('SDIFF', KEYS[1] .. ':', unpack(found)) or {}
  if is_denied(reply) then
    for _, key in ipairs(found) do ask('SCARD', key) end
  elseif reply.err then
    refuse()
  end
end

-- Looks at all keys, of which each right that this takes is asked for.
local function look_at_all(calls)
  local sets = {}
  for key, call in pairs(calls) do
    need(call[1], key)
    if call[1] == 'HSET' then
      look_at_claims(key, call)
    elseif call[1] == 'SADD' then
      sets[#sets + 1] = key
    else
      ask('ZCARD', key)
    end
  end
  if #sets > CHUNK then refuse() end
  look_at_sets(sets)
end
