-- Adds to a number that a row holds, as Python does, and writes the sum as that does. Loaded when it is needed.
--
-- uses: nothing
-- gives: add_up

local LARGEST = 2 ^ 53  -- up to here doubles tell all whole numbers

local function whole(text)
  local number = string.match(text, '^%-?%d+$') and tonumber(text)
  if number and math.abs(number) <= LARGEST then return number end
end

local function double(text)
  local is_plain = string.match(text, '^%-?%d+%.?%d*$') or string.match(text, '^%-?%d+%.?%d*e[-+]?%d+$')
  return is_plain and tonumber(text)
end

-- The repr() of Python: as few digits as lead back to the number; nil where that is not certain.
local function float_text(number)
  if number ~= number or math.abs(number) == math.huge then return nil end
  if number == 0 then return 1 / number < 0 and '-0.0' or '0.0' end
  local digits, text = 0, nil
  repeat
    digits = digits + 1
    text = string.format('%.' .. digits - 1 .. 'e', number)
  until tonumber(text) == number
  -- below a power of two doubles lie closer: other digits, as few, may do
  if digits > 15 and math.abs((math.frexp(number))) == 0.5 then return nil end
  local exponent = tonumber(string.match(text, 'e([-+]%d+)$'))
  if exponent < -4 or exponent >= 16 then return text end
  return string.format('%.' .. math.max(digits - 1 - exponent, 1) .. 'f', number)
end

-- Has an operation write the sum; gives a problem where Python has to work it out.
add_up = function(op)
  local add = op.add
  local read = add.kind == 'whole' and whole or double
  local number, by = read(op.stored[add.column] or add.default), read(add.by)
  local sum = number and by and number + by
  local text
  if sum and add.kind == 'float' then text = float_text(sum) end
  local is_exact = sum and math.abs(sum) <= LARGEST and sum - by == number
  if add.kind == 'whole' and is_exact then text = sum == 0 and '0' or string.format('%.0f', sum) end
  if not text then return {'stale'} end
  op.sum, op.set = text, {[add.column] = text}
  if #op.touched > 0 then op.scores, op.rescore = {[add.column] = text}, true end
end
