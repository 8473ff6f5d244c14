-- Writes and deletes rows together with their index entries and unique values: all of an operation, or nothing.
--
-- KEYS[1]  NS:once:SESSION, what this session wrote last and what it was told; in a cluster there are more: see store.py
-- ARGV[1]  sequence number of the call within the session
-- ARGV[2]  seconds for which a repeated call is answered from KEYS[1]
-- ARGV[3]  JSON {atomic: bool, about: sequence number of a call that got no answer, operations: [...]}, each operation an
--   object of
--   namespace, pk (the primary key's attribute), id (text; left out: a new one is taken from the counter)
--   new, delete, force, repair  booleans: what kind of write this is; repair adds index entries again that should be there
--   expect   {column: stored text or false}: where the row differs, another writer changed what this one writes
--   assume   the same: where the row differs, the plan was made from an old view and must be made again
--   refer    {column: key of a row}: where the row gets another value of the column, that row has to be there
--   guard    [[index key, id, [ids]]]: no rows but these refer to the id
--   look     bool: only see to the guards, and whether the user may delete the row
--   was      -index-data- as it was, for a row that has vanished with what it listed
--   set {column: text}, unset [column], claim {unique name: value}, release {unique name: value}
--   touched  true or [column]: whose index entries these are; touched_geo: bool
--   words ["COL:WORD"], scores {"COL" or "COL:X": score}, prefixes and suffixes {"COL": [word, score, word, score...]},
--   geo {name: [longitude, latitude]}; index_data: all of these, as the row is to keep them, where `touched` is true or
--   the row is new; rescore: only scores of entries that exist change, drop [attribute of an unsafe column]
--
-- Reply: JSON {sequence: that of the call, done: [id or false per operation], errors: [[position, kind, detail...]],
--   about: {answer: the reply to the call asked about, or remembers: bool, whether its not being done is known}}
--   kinds: race (columns), stale, gone, taken, unique (name, owner), reference (column, key), guard (index key),
--   type (key, is, should be), right (command, key), refused (message). The first error stops; with atomic all are listed,
--   and nothing is done. A done of false: there was nothing to delete.

if redis.replicate_commands then redis.replicate_commands() end

local CHUNK = 4000  -- values in one call
local request = cjson.decode(ARGV[3])
local remembered    -- what KEYS[1] holds

-- include write/rights
-- include write/keys
-- include shared/next_id

-- The steps of an operation: it is verified, all that it writes is worked out and each right that this takes asked for, and
-- only then is written.

-- include write/verify
-- include write/commands
-- include write/work_out
-- include write/apply
-- include write/once

-- Calls a function for all of an atomic call, and lists what stands in the way.
local function try_all(operations, run, errors)
  for position, op in ipairs(operations) do
    local problem, refusal = guarded(run, op)
    problem = problem or refusal
    if problem then errors[#errors + 1] = {position - 1, unpack(problem)} end
  end
  return #errors == 0
end

local function take_id(op) op.id = op.id or next_id(op.namespace, op.namespace .. ':' .. op.pk .. ':') end

-- Each step is taken for all operations before the next one.
local function all_or_none(operations, reply)
  foresee(operations)
  if not (try_all(operations, verify, reply.errors) and try_all(operations, take_id, reply.errors)
          and try_all(operations, work_out, reply.errors)) then return start_collecting() end
  local _, refusal = guarded(function()
    for _, op in ipairs(operations) do release_unique(op) end
    for position, op in ipairs(operations) do reply.done[position] = apply(op) end
  end)
  if not refusal then return end
  if #reply.done > 0 then error(refusal[#refusal]) end
  reply.errors[1] = {0, unpack(refusal)}  -- the first write of all, as where there is no memory
  start_collecting()
end

local function prepare(op)
  local problem = verify(op)
  if problem then return problem end
  take_id(op)
  work_out(op)
end

local function write(op)
  release_unique(op)
  return apply(op)
end

-- Up to the first that is refused.
local function one_after_another(operations, reply)
  for position, op in ipairs(operations) do
    local problem, refusal = guarded(prepare, op)
    problem = problem or refusal
    if not problem then reply.done[position], problem = guarded(write, op) end
    if problem then
      reply.errors[1] = {position - 1, unpack(problem)}
      start_collecting()  -- without what the refused one has collected
      for earlier = 1, position - 1 do work_out(operations[earlier]) end
      return
    end
    forget(op)
  end
end

-- A call that was answered before is answered the same.

local number = tonumber(ARGV[1])
local reply = {sequence = number, done = {}, errors = {}}
local refusal
remembered, refusal = guarded(ask, 'GET', KEYS[1])
if refusal then return failed(refusal) end
local sequence, answer = string.match(remembered or '', '^(%d+) (.*)$')
sequence = tonumber(sequence)
if sequence == number then return answer end
if sequence and sequence > number then return redis.error_reply('ROM superseded by a later call of this session') end
if request.about then reply.about = what_became(request.about, sequence, answer) end

refusal = select(2, guarded(need, 'SET', KEYS[1]))
if refusal then
  if request.about then return failed(refusal) end  -- it could arrive later, and be done
  reply.errors[1] = {0, unpack(refusal)}
  return cjson.encode(reply)
end
start_collecting()
if request.atomic then all_or_none(request.operations, reply) else one_after_another(request.operations, reply) end
run_collected()
answer = cjson.encode(reply)
local kept = redis.pcall('SET', KEYS[1], ARGV[1] .. ' ' .. answer, 'EX', ARGV[2])
-- without memory nothing was done: that need not be remembered
if kept.err and (request.about or not is_out_of_memory(reply)) then return failed({'refused', kept.err}) end
return answer
