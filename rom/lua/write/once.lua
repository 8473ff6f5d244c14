-- What this session was told last, so that a call that arrives twice is done once.
--
-- uses: nothing
-- gives: what_became, is_out_of_memory, failed

-- What became of the call in question: its answer where it was done; whether anything is remembered where it was not.
local function what_became(about, sequence, answer)
  if not sequence then return {remembers = false} end
  if sequence == about then return {answer = answer} end
  -- an earlier call has asked the same, and its own reply got lost
  if sequence > about then return cjson.decode(answer).about or {remembers = true} end
  return {remembers = true}
end

local function is_out_of_memory(reply)
  local first = reply.errors[1]
  return #reply.done == 0 and first and first[2] == 'refused' and string.find(first[3], 'OOM ', 1, true)
end

-- An error in place of an answer.
local function failed(refusal)
  local kind, first, second = unpack(refusal)
  if kind == 'refused' then first = string.gsub(first, '^@user_script: ?%d+: %-?', '') end
  if kind == 'right' then first = 'NOPERM this user lacks the right to ' .. first .. ' ' .. second end
  if kind == 'type' then first = 'WRONGTYPE the key ' .. first .. ' holds a ' .. second .. ' and not a string' end
  return redis.error_reply(first)
end
