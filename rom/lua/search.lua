-- Searches: filters, order and limit in; ids and their rows out, in one call. Writes nothing, unless told to store.
--
-- KEYS[1]  any key of the namespace (for routing in a cluster)
-- ARGV[1]  JSON {namespace, filters, mode, ...}; filters are described in filters.lua, words.lua and near.lua
--   mode     "page", "count", "store", or "parts": all ids with what orders them, in no order
--   order    which filter gives the order, from 1; left out: by id as text. descending: bool
--   highest  key of the id counter; left out: unknown. all_rows: bool, no filter and in the order of the numbers
--   skip, count  the page; wants_rest: bool, ids behind it are welcome where they are known anyway
--   fields   columns of the rows to return; left out: none. rows: how many rows at most
--   steps    what the call may cost, in microseconds, roughly
--   after    where to go on, as an earlier reply said
--   explain  bool, whether a report is wanted
--   into, seconds  mode store: key of the sorted set of ids, and how long it lives
-- Reply: {state, ids, rows, scores, after, report}
--   state    "done": ids are in order and complete. "more": in order, go on with `after`.
--            "part": in no order, with scores; `after` leads to the others. "count": ids is a number
--            "crowded": nothing was done, as the `count` of a near filter takes more than a call: send its `last`
--   rows     one per id: values in the order of the fields, or false: no such row
--   after, report  JSON; the report says what was planned and what it took

-- include ranks
-- include filters
-- include walks

local request = cjson.decode(ARGV[1])
local report = {sizes = {}}
local scores

-- include gather
-- include kinds
-- include plan

-- include row

local function rows_of(ids)
  local rows = {}
  if not request.fields then return rows end
  for place = 1, math.min(#ids, request.rows) do rows[place] = row_at(namespace .. ':' .. ids[place], request.fields) end
  return rows
end

local function reply(state, ids, after, listed_scores)
  local rows = type(ids) == 'table' and state ~= 'part' and rows_of(ids) or {}
  report.scanned, report.steps = work.scanned, math.floor(work.steps)
  return {state, ids, rows, listed_scores or {}, after and cjson.encode(after) or false,
          request.explain and cjson.encode(report) or false}
end

-- Where to go on, with what earlier pages have settled: behind what, and up to where.
local function settled(after)
  local before = request.after or {}
  after.behind, after.last = before.behind or before.id and before or nil, before.last
  return after
end

-- Ids in no order, with what they are to be sorted by.
local function part(ids, state)
  local listed = {}
  for place, id in ipairs(ids) do
    listed[place] = scores and string.format('%.17g', tonumber(scores[id])) or '0'
  end
  return reply('part', ids, state and settled({gather = state}), listed)
end

local function gather_page(plan, state)
  -- behind pages that were walked, in case walking on is not possible
  local behind = settled({}).behind
  local skip = behind and 0 or request.skip
  local selection = new_selection(request.wants_rest and math.huge or skip + request.count, plan.driver.repeats)
  local rest = gather(plan, state, function(ids) selection.take(behind and ids_behind(behind, ids) or ids) end)
  if rest or state then return part(selection.ids, rest) end
  selection.cut()
  local ids, last = {}, request.wants_rest and #selection.ids or skip + request.count
  for place = skip + 1, math.min(last, #selection.ids) do ids[#ids + 1] = selection.ids[place] end
  return reply('done', ids)
end

-- How many rows sets have in common, where the server counts that itself.
local function count_common(filters, smallest)
  local keys = {}
  for place, filter in ipairs(filters) do
    if filter.kind ~= 'set' then return nil end
    keys[place] = filter.key
  end
  if #keys > 100 or smallest > 2 * work.allowed or common_cost(#keys, smallest) > work.allowed then return nil end
  local common = redis.pcall('SINTERCARD', #keys, unpack(keys))
  return type(common) == 'number' and common
end

local function count(plan, filters, state)
  local known = #filters == 1 and filters[1].is_exact and filters[1].size or count_common(filters, plan.driver.size)
  if known and not state then
    report.plan, report.driver = 'size', filters[1].key
    return reply('count', known)
  end
  local list = new_list(plan.driver.repeats)
  local rest = gather(plan, state, list.take)
  if rest or state then return part(list.ids, rest) end
  return reply('count', #list.ids)
end

local function parts(plan, state)
  local list = new_list(plan.driver.repeats)
  local rest = gather(plan, state, list.take)
  return part(list.ids, rest)
end

local function store(plan, state)
  -- servers older than 7 refuse writes after commands whose reply has no order, unless the effects are replicated
  if redis.replicate_commands then redis.replicate_commands() end
  local sign = request.descending and -1 or 1
  local rest = gather(plan, state, function(ids)
    in_pieces(ids, function(piece)
      local entries = {}
      for _, id in ipairs(piece) do
        entries[#entries + 1] = scores and string.format('%.17g', sign * scores[id]) or '0'
        entries[#entries + 1] = id
      end
      if #entries > 0 then
        call('ZADD', request.into, unpack(entries))
        call('EXPIRE', request.into, request.seconds)
      end
      spend(#piece)
    end)
  end)
  return reply(rest and 'more' or 'done', {}, rest and {gather = rest})
end

-- Walks; nil where that turned out to cost more than gathering.
local function walk_page(plan, gathering, after)
  local page = {ids = {}, skip = after and after.skip or request.skip, count = request.count,
                stride = math.min(plan.stride, CHUNK)}
  local allowed, can_gather = work.allowed, not after and gathering.cost < work.allowed
  if can_gather then work.allowed = math.min(allowed, work.steps + 3 * gathering.cost + CHUNK) end
  report.plan, report.driver = plan.name, type(plan.driver) == 'table' and plan.driver.key or nil
  local stop = plan.walk(plan.driver, plan.rest, page, after)
  work.allowed = allowed
  if not stop then return reply('done', page.ids) end
  if stop.is_too_far or can_gather and #page.ids < page.count then return nil end
  stop.skip = page.skip
  return reply('more', page.ids, stop)
end

local function find_page(filters, order, highest, total)
  local after = request.after
  local gathering = plan_gather(filters, total)
  if after and after.gather then return gather_page(gathering, after.gather) end
  local walk = plan_walk(filters, order, highest, total)
  if walk and (after or (walk.cost <= gathering.cost or gathering.cost > 4 * work.allowed)) then
    local found = walk_page(walk, gathering, after)
    if found then return found end
  end
  return gather_page(gathering)
end

local function all_rows(highest)
  local after = request.after
  local page = {ids = {}, skip = after and after.skip or request.skip, count = request.count, stride = request.count}
  report.plan = 'rows'
  local stop = walk_rows(highest, page, after)
  if not stop then return reply('done', page.ids) end
  stop.skip = page.skip
  return reply('more', page.ids, stop)
end

local function search()
  namespace, work.allowed = request.namespace, request.steps
  local highest = request.highest and tonumber(call('GET', request.highest) or 0)
  if request.all_rows then return all_rows(highest) end
  local filters, order, total = request.filters, nil, highest or 0
  if request.order then
    order = filters[request.order]
    order.scores, order.is_order = {}, true
    scores = order.scores
    if request.after and request.after.last then order.count, order.last = nil, request.after.last end
  end
  for place, filter in ipairs(filters) do
    prepare(filter)
    total, report.sizes[place] = math.max(total, filter.size), filter.size
  end
  if work.is_crowded then return reply('crowded', {}) end
  if order then scores = order.scores end
  if request.mode == 'page' then return find_page(filters, order, highest, total) end
  local plan = plan_gather(filters, total)
  local state = request.after and request.after.gather
  if request.mode == 'count' then return count(plan, filters, state) end
  if request.mode == 'parts' then return parts(plan, state) end
  return store(plan, state)
end

return search()
