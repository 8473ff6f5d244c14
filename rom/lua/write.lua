-- Writes and deletes rows together with their index entries and unique values: all of an operation, or nothing.
--
-- KEYS[1]  NS:once:SESSION, what this session wrote last and what it was told; in a cluster there are more: see store.py
-- ARGV[1]  sequence number of the call within the session
-- ARGV[2]  seconds for which a repeated call is answered from KEYS[1]
-- ARGV[3]  JSON {atomic: bool, about: sequence number of a call that got no answer, operations: [...]}, in which each item is
--   a batch of new rows of one model (below), or a list of operations. An operation is an object of
--   namespace, pk (the primary key's attribute), id (text; left out: a new one is taken from the counter)
--   new, delete, force, repair  booleans: what kind of write this is; repair adds index entries again that should be there
--   expect   {column: stored text or false}: where the row differs, another writer changed what this one writes
--   match    {column: SHA-1 of the stored text or false}: where the row differs, it is not what an etag stands for
--   assume   the same as expect: where the row differs, the plan was made from an old view and must be made again
--   refer    {column: key of a row}: where the row gets another value of the column, that row has to be there
--   guard    [[index key, id, [ids]]]: no rows but these refer to the id
--   look     bool: only see to the guards, and whether the user may delete the row
--   was      -index-data- as it was, for a row that has vanished with what it listed
--   add      {column, by, default, kind}: add to the number of the row, a 'whole' one or a 'float'; stale where that takes Python
--   set {column: text}, unset [column], claim {unique name: value}, release {unique name: value}
--   touched  true or [column]: whose index entries these are; touched_geo: bool
--   words ["COL:WORD"], scores {"COL" or "COL:X": score}, prefixes and suffixes {"COL": [word, score, word, score...]},
--   geo {name: [longitude, latitude]}; index_data: all of these, as the row is to keep them, where `touched` is true or
--   the row is new; rescore: only scores of entries that exist change, drop [attribute of an unsafe column]
--
-- A batch is one flat list, which the server reads quickest:
--   'new', namespace, pk, whether ids are indexed, number of columns, columns...
--   length of what follows / 2, (column, its place in a row)...  those of which the stored text is the score
--   the same of those of which the stored text, if not empty, is the unique value: (unique name, place)...
--   the rows, each: id or null, index_data, a text or null per column, and seven parts, each behind its length:
--   "COL:WORD"... | ("COL:X", score)... | prefixes: (COL, word, score)... | suffixes: the same |
--   (name, longitude, latitude)... | (unique name, value)... | (column, key of the row that it refers to)...
--
-- A batch of rows to be removed is a flat list as well:
--   'delete', namespace, pk, number of columns that are to be as they were seen, these..., number of unique names, these..., the
--   rows, each: id, what was seen of a column (false: no value; null: it is not looked at)..., a unique value or null...
--
-- A batch of rows to be changed, of which nothing but scores that they have already follows:
--   'change', namespace, pk, number of columns, columns..., number of scores, places among the columns of those of which the
--   stored text is the score..., the rows, each: id, what was seen of a column (as above)..., its text from now on...
--
-- A batch of rows to be changed of which other index entries follow, of these columns alone:
--   'update', namespace, pk, number of columns, columns..., number of indexed columns whose entries these are, these..., number
--   of unique columns of which the stored text, if not empty, is the unique value, their places among the columns..., the rows,
--   each: id, what was seen of a column (text, or false: no value)..., its text from now on (null: none)..., and the first four
--   parts of a new row, which hold all entries of these columns: words | scores | prefixes | suffixes
--
-- A batch of rows that stay as they are and have all their index entries and unique values anew:
--   'refresh', and the rest as of an update, without the texts from now on
--
-- Reply: JSON {sequence: that of the call, done: [id or false per operation], errors: [[position, kind, detail...]],
--   about: {answer: the reply to the call asked about, or remembers: bool, whether its not being done is known}}
--   kinds: changed (columns; none: the row is gone), race (columns), stale, gone, taken, unique (name, owner),
--   reference (column, key), guard (index key), type (key, is, should be), right (command, key), refused (message).
--   The first error stops; with atomic all are listed, and nothing is done. A done of false: there was nothing
--   to delete; of what was added to, it is the sum.

if not redis.acl_check_cmd then redis.replicate_commands() end  -- from Redis 7 on, which has the one, the other is always so

local request = cjson.decode(ARGV[3])

-- What a call does not need is not loaded: making its functions takes longer than running them.

-- include write/batch

local write_alone
do
-- include write/alone
end

local answer = write_alone()
if answer then return answer end

local CHUNK = 4000  -- values in one call
local remembered    -- what KEYS[1] holds

-- include write/rights
-- include write/once

local insert_rows
local function load_insert()
-- include write/insert
end

local remove_rows
local function load_remove()
-- include write/remove
end

local alter_rows
local function load_alter()
-- include write/alter
end

local update_rows
local function load_update()
-- include write/update
end

local do_all_or_none, do_one_after_another
local function load_operations()
-- include write/operations
end

-- The ids of a batch that was written all at once; nil otherwise.
local function write_batch(item)
  if not is_batch(item) then return nil end
  if item[1] == 'new' then
    if not insert_rows then load_insert() end
    return insert_rows(item)
  elseif item[1] == 'change' then
    if not alter_rows then load_alter() end
    return alter_rows(item)
  elseif item[1] == 'update' or item[1] == 'refresh' then
    if not update_rows then load_update() end
    return update_rows(item)
  elseif item[1] == 'delete' then
    if not remove_rows then load_remove() end
    return remove_rows(item)
  end
end

-- Writes all items, or up to the first that is refused. Gives the JSON of the reply, where that is at hand already.
local function write_all(items, reply)
  local ids = #items == 1 and write_batch(items[1])  -- all or none of it in any case
  if ids then return '{"sequence":' .. ARGV[1] .. ',"done":["' .. table.concat(ids, '","') .. '"],"errors":[]}' end
  if #items > 0 then load_operations() end
  if request.atomic then return do_all_or_none(items, reply) end
  for _, item in ipairs(items) do
    ids = #items > 1 and write_batch(item)
    for _, id in ipairs(ids or {}) do reply.done[#reply.done + 1] = id end
    if item[1] == 'refresh' and not ids then
      reply.errors[1] = {#reply.done, 'stale'}  -- where not all is as it should be, each row is planned by itself
    elseif not ids then
      do_one_after_another(item, reply)
    end
    if #reply.errors > 0 then return end
  end
end

-- A call that was answered before is answered the same.

local number = tonumber(ARGV[1])
local refusal
remembered, refusal = guarded(ask, 'GET', KEYS[1])
if refusal then return failed(refusal) end
local sequence
sequence, answer = string.match(remembered or '', '^(%d+) (.*)$')
sequence = tonumber(sequence)
if sequence == number then return answer end
if sequence and sequence > number then return redis.error_reply('ROM superseded by a later call of this session') end
local reply = {sequence = number, done = {}, errors = {}}
if request.about then reply.about = what_became(request.about, sequence, answer) end

refusal = select(2, guarded(need, 'SET', KEYS[1]))
if refusal then
  if request.about then return failed(refusal) end  -- it could arrive later, and be done
  reply.errors[1] = {0, unpack(refusal)}
  return cjson.encode(reply)
end
answer = write_all(request.operations, reply) or cjson.encode(reply)
local kept = redis.pcall('SET', KEYS[1], ARGV[1] .. ' ' .. answer, 'EX', ARGV[2])
-- without memory nothing was done: that need not be remembered
if kept.err and (request.about or not is_out_of_memory(reply)) then return failed({'refused', kept.err}) end
return answer
