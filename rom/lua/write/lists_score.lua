-- Whether a stored -index-data- lists a score: told from the text, without reading it all.
--
-- A quote inside a JSON string is escaped, so ["name" or ,"name" is always a whole element; columns with words never come here.
-- Gain (benchmarks/clever.py): saving one number takes the server a quarter less, in a commit half; with 200 words a fifth.
--
-- uses: nothing
-- gives: lists_score

local function lists_score(text, name)
  local quoted = '"' .. name .. '"'
  local function holds(part) return string.find(text, part, 1, true) end
  return holds('[' .. quoted) or holds(',' .. quoted .. ',"') or holds(',' .. quoted .. '],[[')
         or holds(',' .. quoted .. '],{') or holds(',' .. quoted .. '],[]')
end
