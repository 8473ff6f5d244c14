-- Filters: how many rows one has, which of some ids it has, and all its ids bit by bit. Included by search.lua.
--
-- A filter is an object of the request, its `kind` the part that knows how to ask it. `prepare` adds to it
--   size        rows it has, at most
--   is_exact    whether that is no estimate
--   probe_cost  steps for asking it about one id; scan_cost: for reading one of its ids
--   read_cost   steps after which it can tell quickly about any id, if it can; visits: about how many it will be asked
--   scores      {id: number}, where it decides the order
--   repeats     whether `scan` may give an id more than once

-- A keygen may have made a word where a number is asked for, or the other way round: then the filter changes its kind.

local function is_of_type(key, type) return call('TYPE', key).ok == type end

local function prepare(filter)
  parts[filter.kind].prepare(filter)
  return filter
end

-- Some of the filter's ids, from all over it.
local function sample(filter) return parts[filter.kind].sample(filter) end

-- Those of some ids that the filter has, in their order.
local function keep(filter, ids)
  spend(#ids * filter.probe_cost)
  return parts[filter.kind].keep(filter, ids)
end

-- Hands pieces of the filter's ids, in no order, to `emit`. Returns where to go on once the call has cost enough.
local function scan(filter, state, emit)
  return parts[filter.kind].scan(filter, state, function(ids)
    work.scanned = work.scanned + #ids
    spend(#ids * filter.scan_cost)
    emit(ids)
  end)
end

-- The ids that pass all the filters, in their order.
local function sieve(filters, ids)
  for place = 1, #filters do
    if #ids == 0 then break end
    local kept = {}
    if #ids <= CHUNK then
      kept = keep(filters[place], ids)
    else
      in_pieces(ids, function(piece)
        for _, id in ipairs(keep(filters[place], piece)) do kept[#kept + 1] = id end
      end)
    end
    ids = kept
  end
  return ids
end

-- The other filters, the smallest first.
local function without(filters, left_out)
  local rest = {}
  for place = 1, #filters do
    if filters[place] ~= left_out then rest[#rest + 1] = filters[place] end
  end
  if #rest > 1 then table.sort(rest, function(one, other) return one.size < other.size end) end
  return rest
end
