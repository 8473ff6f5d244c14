-- Searches: filters, order and limit in; ids and their rows out, in one call. Writes nothing, unless told to store.
--
-- KEYS[1]  any key of the namespace (for routing in a cluster)
-- ARGV[1]  JSON {namespace, filters, mode, ...}; filters are described in filters.lua, words.lua and near.lua
--   mode     "page", "count", "store", "figures" as figures.lua has them, "seek" as seek.lua, or "parts": all ids with what
--            orders them, in no order
--   order    which filter gives the order, from 1; left out: by id as text. descending: bool
--   sort     orders of several columns, and others, as orders.lua describes them
--   highest  key of the id counter; left out: unknown
--   skip, count  the page; wants_rest: bool, more is asked for behind it: ids are welcome where they are known anyway
--   fields   columns of the rows to return; left out: none. rows: how many rows at most
--   steps    what the call may cost, in microseconds, roughly
--   after    where to go on, as an earlier reply said: {gather}, or behind {id, score} of a walk, which has taken `spent`
--            steps since it last filled half a page, or is_over: reading is cheaper than walking on. is_fresh: it comes from
--            a cursor, so that the way is to be chosen anew
--   lists    bool, whether several long lists may be answered by "apart"
--   distances  bool, whether scores are wanted of pages as well, which are distances
--   explain  bool, whether a report is wanted
--   into, seconds  mode store: key of the sorted set of ids, and how long it lives
-- Reply: {state, ids, rows, scores, after, report, counter}
--   state    "done": ids are in order and complete. "more": in order, go on with `after`.
--            "part": in no order, with scores; `after` leads to the others. "count": ids is a number, to which those of the
--            calls that `after` leads to are added
--            "apart": nothing was done, as each of the long lists is better asked for by itself
--            "group": in the order, a group of too many rows comes next that are equal in the first column; ids is its value
--            "long": there is no answer, as ids, the name of a column, has a word too long for the pattern
--            "shrunk": what was counted so far may have rows twice, as they become fewer meanwhile
--            "crowded": nothing was done, as the `count` of a near filter takes more than a call: send its `last`
--   rows     one per id: values in the order of the fields, or false: no such row
--   after, report  JSON; the report says what was planned and what it took
--   counter  with several pages: the id counter; 0 where it is unknown or, as far as can be told, behind the rows

-- include shared/row

local request = cjson.decode(ARGV[1])
local namespace = request.namespace

-- include search/flat

local answer = answer_flat()
if answer then return answer end

-- include search/budget

local report = {sizes = {}}
-- highest: the id counter; scores: {id: number}, where a number gives the order
local highest, scores = 0, nil
local parts

-- include search/filters

-- The id counter, unless it was set back and there are rows beyond it.
local function trusted_counter()
  local next_row = string.format('%s:%.0f', namespace, highest + 1)
  return redis.pcall('EXISTS', next_row) == 0 and string.format('%.0f', highest) or '0'
end

local function reply(state, ids, after, listed_scores)
  local rows = {}
  if work.given_up then state, ids, after = 'long', work.given_up, nil end
  if work.has_shrunk and (state == 'count' or state == 'figures') then state, ids, after = 'shrunk', {}, nil end
  if request.fields and type(ids) == 'table' and state ~= 'part' then
    for place = 1, math.min(#ids, request.rows) do rows[place] = row_at(namespace .. ':' .. ids[place], request.fields) end
  end
  report.scanned, report.steps = work.scanned, math.floor(work.steps)
  if request.distances and type(ids) == 'table' and not listed_scores then
    listed_scores = {}
    for place, id in ipairs(ids) do listed_scores[place] = string.format('%.17g', scores[id]) end
  end
  return {state, ids, rows, listed_scores or {}, after and cjson.encode(after) or false,
          request.explain and cjson.encode(report) or false, (after or request.after) and trusted_counter() or '0'}
end

-- include search/loader

-- Walks; nil where that turned out to cost more than gathering. Rows may stand all at the end of the walk: it is given up,
-- in a later call if need be, once it has cost much more than was thought, and as much as reading would.
local function walk_page(plan, gathering, after)
  local page = {ids = {}, skip = after and after.skip or request.skip, count = request.count,
                stride = math.min(plan.stride, CHUNK)}
  local began, spent = work.steps, after and after.spent or 0
  local is_begun = after and not after.is_fresh
  local allowed, can_gather = work.allowed, not is_begun and gathering.cost < work.allowed
  local has_pattern = false
  for _, filter in ipairs(plan.rest or {}) do has_pattern = has_pattern or filter.pattern ~= nil end
  -- of a pattern nobody knows how many words fit it
  local share, times = has_pattern and 12 or 2, has_pattern and 1.5 or 4
  local most = math.min(3 * gathering.cost, math.max(times * plan.cost, gathering.cost / share)) + CHUNK
  work.allowed = math.min(allowed, began + most - spent)
  for _, filter in ipairs(plan.rest or {}) do filter.visits = plan.visits end
  local driver = type(plan.driver) == 'table' and plan.driver or {}
  report.plan, report.driver, report.read = plan.name, driver.key, driver.number
  report.expected = math.ceil(plan.visits or driver.size or plan.cost)
  local stop = parts[plan.part][plan.walk](plan.driver, plan.rest, page, after)
  for _, filter in ipairs(plan.rest or {}) do filter.visits = nil end
  work.allowed = allowed
  -- too few up to the counter: there may be others behind it
  if not stop and plan.name == 'ids' and can_gather and #page.ids < page.count then return nil end
  if not stop or #page.ids >= page.count and not request.wants_rest then return reply('done', page.ids) end
  if stop.is_large and not can_gather then return reply('group', stop.first, {skip = page.skip, is_mixed = stop.is_mixed}) end
  -- where half of the page is found, the other half is as near, whatever it takes to ask about an id
  local leads_there = 2 * #page.ids >= page.count
  if stop.is_too_far or stop.is_large or can_gather and not leads_there then return nil end
  stop.skip, stop.spent = page.skip, not leads_there and spent + work.steps - began or nil
  stop.is_over = stop.spent and stop.spent >= most or nil
  return reply('more', page.ids, stop)
end

local function find_page(filters, order, total)
  local after = request.after
  if after and after.gather then
    return parts[request.sort and 'orders' or 'gather'].page(parts.gather.resumed(after.gather, filters), after.gather)
  end
  local gathering = parts.planner.gather(filters, total)
  if gathering.driver.is_range then
    local beginning, share = parts.gather.likely_beginning(gathering)
    gathering.beginning = beginning
    -- all entries are looked through, and the others asked about those that begin so
    if beginning then gathering.cost = 0.5 * gathering.driver.size + share * gathering.cost end
  end
  if after and after.is_over then return parts[request.sort and 'orders' or 'gather'].page(gathering) end
  local is_begun = after and not after.is_fresh
  local most = (is_begun or gathering.cost > 4 * work.allowed) and math.huge or gathering.cost
  local walk = parts.planner.walk(filters, order, total, most)
  if parts.planner.is_apart(filters, math.min(gathering.cost, walk and walk.cost or math.huge)) then return reply('apart', {}) end
  if walk and walk.cost <= most then
    local few = not after and gathering.cost > GRAIN and parts.planner.few(filters, total)
    local found = not few and walk_page(walk, gathering, after)
    if found then return found end
    gathering = few or gathering
  end
  return parts[request.sort and 'orders' or 'gather'].page(gathering)
end

-- The id counter; 0 where it is lost, or something else has its key.
local function counted(key)
  local found = redis.pcall('GET', key)
  return type(found) == 'string' and found:find('^%d+$') and tonumber(found) or 0
end

-- What is answered where a filter has no row.
local function nothing(filter)
  report.plan, report.driver = 'size', filter.key
  if request.mode == 'count' then return reply('count', 0) end
  return reply((request.mode == 'page' or request.mode == 'store') and 'done' or 'part', {})
end

local function search()
  work.allowed = request.steps
  highest = request.highest and counted(request.highest) or 0
  if request.mode == 'seek' then return parts.seek.seek() end
  local filters, order, total = request.filters, nil, highest
  if request.order then
    order = filters[request.order]
    order.scores, order.is_order = {}, true
    scores = order.scores
    if request.after and request.after.last then order.count, order.last = nil, request.after.last end
  end
  -- of an order, rows without an entry are left out, and ids may begin high
  local has_index = order and (order.kind == 'range' or order.kind == 'words')
  local entries = has_index and redis.pcall('ZCARD', order.key)
  if type(entries) == 'number' then total = entries end
  local trees = request.explain and parts.groups.trees(filters)
  for place, filter in ipairs(filters) do
    filter.number = place
    prepare(filter)
    total = filter.size < math.huge and math.max(total, filter.size) or total
    if trees then report.sizes[place] = parts.groups.sizes(trees[place]) end
    if filter.size == 0 then return nothing(filter) end
  end
  if work.is_crowded then return reply('crowded', {}) end
  -- that many filters cost much by themselves is not to leave nothing for the search
  grant(request.steps / 2)
  filters = smallest_first(filters)
  if order then scores = order.kind ~= 'words' and order.scores or nil end
  -- a set has no order but that of the ids
  local is_order = order and (order.kind == 'range' or order.kind == 'near' or order.kind == 'words' and request.sort)
  order = is_order and order or nil
  if request.mode == 'page' then return find_page(filters, order, total) end
  local state = request.after and request.after.gather
  local known = request.mode == 'count' and not state and parts.gather.known_count(filters)
  if known then return reply('count', known) end
  local plan = state and parts.gather.resumed(state, filters) or parts.planner.gather(filters, total)
  if parts.planner.is_apart(filters, plan.cost) then return reply('apart', {}) end
  if request.mode == 'figures' then return parts.figures.figures(plan, filters, state) end
  if request.mode == 'count' then return parts.gather.count(plan, filters, state) end
  return parts[request.sort and request.mode == 'parts' and 'orders' or 'gather'][request.mode](plan, state)
end

return search()
