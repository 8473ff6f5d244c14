-- Operations: each is verified, all that it writes is worked out and each right that this takes asked for, and only then is
-- written. Loaded when it is needed.
--
-- uses: CHUNK, request, ask, need, guarded, is_denied, is_wrong_type, refusal_of, places_of, is_batch
-- gives: do_all_or_none, do_one_after_another

-- include write/keys
-- include shared/next_id
-- include write/verify
-- include write/commands
-- include write/work_out
-- include write/apply
-- include write/expand

-- Calls a function for all of an atomic call, and lists what stands in the way.
local function try_all(operations, run, errors)
  for position, op in ipairs(operations) do
    local problem, refusal = guarded(run, op)
    problem = problem or refusal
    if problem then errors[#errors + 1] = {position - 1, unpack(problem)} end
  end
  return #errors == 0
end

-- An id from the counter; none that another new row of the call has, as where the counter was lost after one was told.
local function take_id(op)
  while not op.id do
    local id = next_id(op.namespace, op.namespace .. ':' .. op.pk .. ':')
    if not is_told(op.namespace .. ':' .. id) then op.id = id end
  end
end

-- Each step is taken for all operations before the next one.
do_all_or_none = function(items, reply)
  local operations = {}
  for _, item in ipairs(items) do
    for _, op in ipairs(is_batch(item) and operations_of(item) or item) do operations[#operations + 1] = op end
  end
  start_collecting()
  tell(operations)
  foresee(operations)
  if not (try_all(operations, verify, reply.errors) and try_all(operations, take_id, reply.errors)
          and try_all(operations, work_out, reply.errors)) then return end
  local _, refusal = guarded(function()
    for _, op in ipairs(operations) do release_unique(op) end
    for position, op in ipairs(operations) do reply.done[position] = apply(op) end
  end)
  if not refusal then
    run_collected()
    return
  end
  if #reply.done > 0 then error(refusal[#refusal]) end
  reply.errors[1] = {0, unpack(refusal)}  -- the first write of all, as where there is no memory
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
do_one_after_another = function(item, reply)
  local operations, before = is_batch(item) and operations_of(item) or item, #reply.done
  start_collecting()
  tell(operations)
  for position, op in ipairs(operations) do
    local problem, refusal = guarded(prepare, op)
    problem = problem or refusal
    if not problem then reply.done[before + position], problem = guarded(write, op) end
    if problem then
      reply.errors[1] = {before + position - 1, unpack(problem)}
      start_collecting()  -- without what the refused one has collected
      for earlier = 1, position - 1 do work_out(operations[earlier]) end
      break
    end
    forget(op)
  end
  run_collected()
end
