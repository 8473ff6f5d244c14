"""The same with redis-py and scripts written by hand: one call each, over the indexes that are stored, in the ways that page 7 of the spec names.

Also here: members by the hundred thousand, stored by pipelines in the very format that rom has them in.
"""

import collections
import itertools
import json

import byhand
import data

OPERATIONS = {}
FIELDS = data.COLUMNS + data.MORE_COLUMNS
CHUNK = 2000
scripts = {}


def evaluate(text, namespace, *arguments):
    """Call a script, which has ARGV[1] for the namespace."""
    if text not in scripts:
        scripts[text] = byhand.client.register_script(text)
    return scripts[text](keys=[namespace], args=(namespace,) + arguments)


# -- storing

class Entries(object):
    """What rows put into indexes, gathered by key: one command for each key."""

    def __init__(self):
        self.words, self.scores, self.points = collections.defaultdict(list), collections.defaultdict(dict), collections.defaultdict(list)
        self.unique = collections.defaultdict(dict)

    def queue(self, pipe):
        for key, ids in self.words.items():
            pipe.sadd(key, *ids)
        for key, scores in self.scores.items():
            pipe.zadd(key, scores)
        for key, points in self.points.items():
            pipe.geoadd(key, points)
        for key, owners in self.unique.items():
            pipe.hset(key, mapping=owners)


def put(pipe, entries, namespace, pk, row):
    """Queue a row of a member, and gather what it puts into indexes."""
    seconds = (row['created'] - data.EPOCH).total_seconds()
    names = list(dict.fromkeys(row['name'].lower().split()))
    words = [('name', word) for word in names] + [
        ('city', row['city']), ('active', str(row['active'])), ('handle', row['handle']), ('half', row['half'])]
    beginnings = [('name', word) for word in names] + [('city', row['city']), ('handle', row['handle'])]
    scores = dict((name, row[name]) for name in ('age', 'score', 'stock', 'rank', 'visits'))
    scores['created'] = seconds
    kept = [['%s:%s' % pair for pair in words], sorted(scores), beginnings, [('name', word[::-1]) for word in names], ['place', 'centre']]
    stored = dict((name, row[name]) for name in ('email', 'name', 'city', 'age', 'handle', 'half', 'stock', 'rank', 'visits'))
    stored.update(id=pk, score=repr(row['score']), created=repr(seconds), active='1' if row['active'] else '', lon=repr(row['lon']),
                  lat=repr(row['lat']))
    stored['-index-data-'] = json.dumps(kept)
    pipe.hset('%s:%s' % (namespace, pk), mapping=stored)
    for pair in words:
        entries.words['%s:%s:%s:idx' % ((namespace,) + pair)].append(pk)
    for name, score in scores.items():
        entries.scores['%s:%s:idx' % (namespace, name)][pk] = score
    for name, word in beginnings:
        entries.scores['%s:%s:pre' % (namespace, name)]['%s\0%s' % (word, pk)] = byhand.prefix_score(word)
    for word in names:
        entries.scores[namespace + ':name:suf']['%s\0%s' % (word[::-1], pk)] = byhand.prefix_score(word[::-1])
    entries.points[namespace + ':place:geo'] += [row['lon'], row['lat'], pk]
    entries.points[namespace + ':centre:geo'] += list(data.CENTRE) + [pk]
    for name in ('email', 'handle'):
        entries.unique['%s:%s:uidx' % (namespace, name)][row[name]] = pk


def store(namespace, ids):
    """Store the members of some ids, in pipelines."""
    ids = list(ids)
    for start in range(0, len(ids), CHUNK):
        entries = Entries()
        with byhand.client.pipeline(transaction=False) as pipe:
            for pk in ids[start:start + CHUNK]:
                put(pipe, entries, namespace, pk, data.member(pk))
            entries.queue(pipe)
            pipe.set(namespace + ':id:', ids[-1])
            pipe.execute()


def load_members(namespace, rows, count, rng):
    """`count` members after the first `rows`."""
    return lambda: store(namespace, range(rows + 1, rows + count + 1))


def load_gap(namespace, rows, count, rng):
    """`count` members at the end of `rows` ids, of which all others are gone."""
    return lambda: store(namespace, range(rows - count + 1, rows + 1))


OPERATIONS['load_members'], OPERATIONS['load_gap'] = load_members, load_gap


# -- asking

def asked(name, text, arguments):
    """An operation that calls a script with what `arguments(rng, rows)` says, `count` times, and answers with ids or a number."""
    def prepare(namespace, rows, count, rng):
        def run():
            return [read(evaluate(text, namespace, *arguments(rng, rows))) for _ in range(count)]
        return run
    OPERATIONS[name] = prepare


def read(reply):
    """What a script answered: rows become ids, as a program would read the columns of each, a sum a number."""
    if isinstance(reply, bytes):
        return int(float(reply))
    if not isinstance(reply, list):
        return reply
    rows = [dict(zip(each[::2], each[1::2])) if isinstance(each, list) else each for each in reply]
    return [int(row[b'id']) if isinstance(row, dict) else row for row in rows]


ROWS = '''
local ns = ARGV[1]
local function rows(ids, from, count)
  local found = {}
  for place = from + 1, math.min(from + count, #ids) do found[#found + 1] = redis.call('HGETALL', ns .. ':' .. ids[place]) end
  return found
end
'''
# walk(key, command, most, is_in): the members of a sorted set in its order, in chunks that grow, for which `is_in` gives a list of booleans
WALK = ROWS + '''
local function walk(key, command, most, is_in)
  local found, at, step = {}, 0, 64
  while #found < most do
    local ids = redis.call(command, key, at, at + step - 1)
    if #ids == 0 then break end
    local kept = is_in(ids)
    for place, id in ipairs(ids) do
      if kept[place] and #found < most then found[#found + 1] = id end
    end
    at, step = at + step, math.min(2 * step, 2000)
  end
  return found
end
local function in_set(key, ids)
  local kept = redis.call('SMISMEMBER', key, unpack(ids))
  for place = 1, #kept do kept[place] = kept[place] == 1 end
  return kept
end
'''

asked('or_page', WALK + '''
local low = tonumber(ARGV[2])
return rows(walk(ns .. ':created:idx', 'ZREVRANGE', 20, function(ids)
  local kept, scores = in_set(ns .. ':city:' .. ARGV[3] .. ':idx', ids), redis.call('ZMSCORE', ns .. ':score:idx', unpack(ids))
  for place = 1, #ids do kept[place] = kept[place] or scores[place] and tonumber(scores[place]) >= low end
  return kept
end), 0, 20)
''', lambda rng, rows: (rng.uniform(850000, 950000), rng.choice(data.CITIES)))

asked('not_page', WALK + '''
return rows(walk(ns .. ':created:idx', 'ZREVRANGE', 20, function(ids)
  local kept = in_set(ns .. ':city:' .. ARGV[2] .. ':idx', ids)
  for place = 1, #ids do kept[place] = not kept[place] end
  return kept
end), 0, 20)
''', lambda rng, rows: (rng.choice(data.CITIES),))

asked('orders_page', ROWS + '''
local key, top, found = ns .. ':age:idx', ARGV[2], {}
while #found < 20 do
  local first = redis.call('ZREVRANGEBYSCORE', key, top, '-inf', 'WITHSCORES', 'LIMIT', 0, 1)
  if #first == 0 then break end
  local ids = redis.call('ZRANGEBYSCORE', key, first[2], first[2])
  local group = {}
  for start = 1, #ids, 5000 do
    local some = {unpack(ids, start, math.min(start + 4999, #ids))}
    for place, score in ipairs(redis.call('ZMSCORE', ns .. ':score:idx', unpack(some))) do
      group[#group + 1] = {some[place], tonumber(score)}
    end
  end
  table.sort(group, function(one, other) return one[2] < other[2] or one[2] == other[2] and one[1] < other[1] end)
  for place = 1, math.min(20 - #found, #group) do found[#found + 1] = group[place][1] end
  top = '(' .. first[2]
end
return rows(found, 0, 20)
''', lambda rng, rows: (rng.randint(40, 90),))

asked('alphabetical_page', ROWS + '''
local ids = redis.call('ZRANGEBYSCORE', ns .. ':handle:pre', ARGV[2], ARGV[3], 'LIMIT', 0, 20)
for place, entry in ipairs(ids) do ids[place] = entry:match('%z(.*)$') end
return rows(ids, 0, 20)
''', lambda rng, rows: beginning(rng.choice(data.PREFIXES)))

asked('search_page', ROWS + '''
local found = {}
for _, id in ipairs(redis.call('SMEMBERS', ns .. ':name:' .. ARGV[2] .. ':idx')) do
  if (' ' .. redis.call('HGET', ns .. ':' .. id, 'name'):lower()):find(' ' .. ARGV[3], 1, true) then found[#found + 1] = id end
end
table.sort(found)
return rows(found, 0, 20)
''', lambda rng, rows: data.typed(rng, rows))

asked('numbered_page', WALK + '''
local city, half = ns .. ':city:' .. ARGV[2] .. ':idx', ns .. ':half:' .. ARGV[3] .. ':idx'
local ids = walk(ns .. ':created:idx', 'ZREVRANGE', 60, function(ids)
  local kept, other = in_set(city, ids), in_set(half, ids)
  for place = 1, #ids do kept[place] = kept[place] and other[place] end
  return kept
end)
local found = rows(ids, 40, 20)
table.insert(found, 1, redis.call('SINTERCARD', 2, city, half))
return found
''', lambda rng, rows: (rng.choice(data.CITIES), rng.choice('ab')))

COUNTED = ROWS + '''
local found, last = {}, '-inf'
while true do
  local entry = redis.call('ZRANGEBYSCORE', ns .. ':city:pre', last, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  if #entry == 0 then return found end
  local word = entry[1]:match('^(.*)%z')
  local key = ns .. ':city:' .. word .. ':idx'
  found[#found + 1], found[#found + 2] = word, {count}
  last = '(' .. entry[2]
end
'''
CITIES, CITIES_OF_HALF = (COUNTED.replace('{count}', count) for count in (
    "redis.call('SCARD', key)", "redis.call('SINTERCARD', 2, key, ns .. ':half:' .. ARGV[2] .. ':idx')"))


def counted(text, arguments):
    def prepare(namespace, rows, count, rng):
        def run():
            replies = [evaluate(text, namespace, *arguments(rng)) for _ in range(count)]
            return [[[word.decode(), number] for word, number in zip(reply[::2], reply[1::2])] for reply in replies]
        return run
    return prepare


OPERATIONS['cities_counted'] = counted(CITIES, lambda rng: ())
OPERATIONS['cities_of_half'] = counted(CITIES_OF_HALF, lambda rng: (rng.choice('ab'),))

ADDED = '''
local total = 0
for place = 2, #found, 2 do total = total + tonumber(found[place]) end
return string.format('%.0f', total)
'''
asked('sum_of_half', ROWS + '''
local found = redis.call('ZINTER', 2, ns .. ':half:' .. ARGV[2] .. ':idx', ns .. ':stock:idx', 'WEIGHTS', 0, 1, 'WITHSCORES')
''' + ADDED, lambda rng, rows: (rng.choice('ab'),))
asked('sum_of_all', ROWS + '''
local found = redis.call('ZRANGE', ns .. ':stock:idx', 0, -1, 'WITHSCORES')
''' + ADDED, lambda rng, rows: ())


BEHIND = ROWS + '''
local ids, found = redis.call('ZRANGEBYSCORE', ns .. ':score:idx', ARGV[2], '+inf', 'LIMIT', 0, 40), {}
for place, id in ipairs(ids) do
  if id == ARGV[3] then return rows(ids, place, 20) end
end
'''


def cursor_page(namespace, rows, count, rng):
    """Pages behind (score, id) of a row at the same depth."""
    key, offset = namespace + ':score:idx', data.depth(rows)

    def run():
        return [read(evaluate(BEHIND, namespace, run.places[number % 20][1], run.places[number % 20][0])) for number in range(count)]

    def ready():
        run.places = [(pk, repr(score)) for pk, score in byhand.client.zrange(key, offset, offset + 19, withscores=True)]
    run.ready = ready
    return run


OPERATIONS['cursor_page'] = cursor_page

VISIT = '''
local ns = ARGV[1]
for place = 2, #ARGV do
  local key = ns .. ':' .. ARGV[place]
  local visits = (redis.call('HGET', key, 'visits') or 0) + 1
  redis.call('HSET', key, 'visits', visits)
  redis.call('ZADD', ns .. ':visits:idx', visits, ARGV[place])
end
'''


def update_many(namespace, rows, count, rng):
    """The first `count` rows of an order get one more visit each, 500 in a call."""
    def run():
        ids = byhand.client.zrangebyscore(namespace + ':score:idx', 0, '+inf', start=0, num=count)
        for start in range(0, len(ids), 500):
            evaluate(VISIT, namespace, *ids[start:start + 500])
        return len(ids)
    return run


OPERATIONS['update_many'] = update_many

GET_OR_MAKE = '''
local ns = ARGV[1]
local id = redis.call('HGET', ns .. ':handle:uidx', ARGV[2])
if id then return redis.call('HGETALL', ns .. ':' .. id) end
id = redis.call('INCR', ns .. ':id:')
local commands = cjson.decode(ARGV[3])
for _, command in ipairs(commands) do
  for place = 2, #command do command[place] = tostring(command[place]):gsub('{id}', id) end
  redis.call(unpack(command))
end
return id
'''


class Commands(list):
    """What a pipeline would be told, as lists."""

    def hset(self, key, mapping):
        self.append(['HSET', key] + list(itertools.chain.from_iterable(mapping.items())))

    def sadd(self, key, *values):
        self.append(['SADD', key] + list(values))

    def zadd(self, key, scores):
        self.append(['ZADD', key] + list(itertools.chain.from_iterable((repr(score), name) for name, score in scores.items())))

    def geoadd(self, key, points):
        self.append(['GEOADD', key] + list(points))


def get_or_create(namespace, rows, count, rng):
    """Members got by their unique names; every second one has to be made: one call, which gets all that making takes."""
    values = list(data.wanted(namespace, rows, count, rng))

    def run():
        answers = []
        for handle, others in values:
            commands, entries = Commands(), Entries()
            put(commands, entries, namespace, '{id}', dict(others, handle=handle))
            entries.queue(commands)
            answers.append(not isinstance(evaluate(GET_OR_MAKE, namespace, handle, json.dumps(commands)), list))
        return answers
    return run


OPERATIONS['get_or_create'] = get_or_create


# -- the cliffs

def beginning(text):
    """The scores of the words that begin with a text of at most seven bytes: from, to."""
    return repr(byhand.prefix_score(text)), '(' + repr(byhand.prefix_score(text + '\U0010ffff'))


AROUND = "local ids = redis.call('GEOSEARCH', ns .. ':centre:geo', 'FROMLONLAT', ARGV[2], ARGV[3], 'BYRADIUS', 5, 'km'{more})\n"


def around(rng, rows):
    return data.CENTRE


asked('near_one_point', ROWS + AROUND.replace('{more}', ", 'ASC', 'COUNT', 20") + 'return #rows(ids, 0, 20)', around)
asked('near_count', ROWS + AROUND.replace('{more}', '') + 'return #ids', around)

asked('list_count', '''
local count = 0
for place = 2, #ARGV do count = count + redis.call('ZCOUNT', ARGV[1] .. ':rank:idx', ARGV[place], ARGV[place]) end
return count
''', lambda rng, rows: data.numbers(rng, 100))

asked('two_words_count', '''
return redis.call('SINTERCARD', 2, ARGV[1] .. ':active:True:idx', ARGV[1] .. ':half:' .. ARGV[2] .. ':idx')
''', lambda rng, rows: (rng.choice('ab'),))

asked('half_range_count', ROWS + '''
local ids, count = redis.call('ZRANGEBYSCORE', ns .. ':score:idx', ARGV[3], ARGV[4]), 0
for start = 1, #ids, 5000 do
  local kept = redis.call('SMISMEMBER', ns .. ':half:' .. ARGV[2] .. ':idx', unpack(ids, start, math.min(start + 4999, #ids)))
  for place = 1, #kept do count = count + kept[place] end
end
return count
''', lambda rng, rows: (rng.choice('ab'),) + data.half(rng))

asked('ranges_count', ROWS + '''
local ids, count = redis.call('ZRANGEBYSCORE', ns .. ':score:idx', ARGV[2], ARGV[3]), 0
for start = 1, #ids, 5000 do
  for _, age in ipairs(redis.call('ZMSCORE', ns .. ':age:idx', unpack(ids, start, math.min(start + 4999, #ids)))) do
    age = age and age + 0
    if age and age >= 30 and age <= 70 then count = count + 1 end
  end
end
return count
''', lambda rng, rows: data.half(rng))

# the entries of a prefix index whose words match a pattern
MATCHING = ROWS + '''
local key, ids = ns .. ':' .. ARGV[2] .. ':pre', {}
local at = ARGV[4] == '-inf' and 0 or redis.call('ZCOUNT', key, '-inf', '(' .. ARGV[4])
local past = at + redis.call('ZCOUNT', key, ARGV[4], ARGV[5])
while at < past and #ids < 20 do
  for _, entry in ipairs(redis.call('ZRANGE', key, at, math.min(at + 2000, past) - 1)) do
    local word, id = entry:match('^(.*)%z(.*)$')
    if word:find(ARGV[3]) then ids[#ids + 1] = id end
  end
  at = at + 2000
end
return rows(ids, 0, 20)
'''
asked('like_nothing', MATCHING, lambda rng, rows: ('name', '%dx' % rng.randint(1, 9), '-inf', '+inf'))
asked('like_beginning', MATCHING, lambda rng, rows: ('handle', '^m.*x%dx' % rng.randint(1, 9)) + beginning('m'))

asked('two_lists', ROWS + '''
local wanted, ids, places = cjson.decode(ARGV[3]), {}, {}
for place, number in ipairs(cjson.decode(ARGV[2])) do places[tostring(number)] = true end
for _, number in ipairs(wanted) do
  local some = redis.call('ZRANGEBYSCORE', ns .. ':rank:idx', number, number)
  if #some > 0 then
    for place, stock in ipairs(redis.call('ZMSCORE', ns .. ':stock:idx', unpack(some))) do
      if stock and places[stock] then ids[#ids + 1] = some[place] end
    end
  end
end
return rows(ids, 0, 20)
''', lambda rng, rows: (json.dumps(data.numbers(rng, 4000)), json.dumps(sorted(data.numbers(rng, 4000)))))

asked('word_far_page', WALK + '''
local key = ns .. ':active:True:idx'
local ids = walk(ns .. ':score:idx', 'ZRANGE', ARGV[2] + 20, function(ids) return in_set(key, ids) end)
return rows(ids, tonumber(ARGV[2]), 20)
''', lambda rng, rows: (rows * 2 // 5,))

asked('unfiltered_far_page', ROWS + '''
local left, at, ids = tonumber(ARGV[2]), 1, {}
local last = tonumber(redis.call('GET', ns .. ':id:'))
while at <= last and #ids < 20 do
  local keys = {}
  for id = at, math.min(at + 999, last) do keys[#keys + 1] = ns .. ':' .. id end
  local count = redis.call('EXISTS', unpack(keys))
  if count > left then
    for place, key in ipairs(keys) do
      if redis.call('EXISTS', key) == 1 then
        if left <= 0 then ids[#ids + 1] = at + place - 1 end
        left = left - 1
      end
    end
  else
    left = left - count
  end
  at = at + 1000
end
return rows(ids, 0, 20)
''', lambda rng, rows: (rows // 2,))

asked('long_list_page', ROWS + '''
local ids = {}
for _, number in ipairs(cjson.decode(ARGV[2])) do
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', ns .. ':rank:idx', number, number, 'LIMIT', 0, 20)) do ids[#ids + 1] = id end
end
return rows(ids, 0, 20)
''', lambda rng, rows: (json.dumps(sorted(rng.sample(range(2 * data.NUMBERS), data.NUMBERS))),))

asked('ranges_cached', ROWS + '''
local score, age, both = ns .. ':hand:1', ns .. ':hand:2', ns .. ':hand:3'
redis.call('ZRANGESTORE', score, ns .. ':score:idx', ARGV[2], ARGV[3], 'BYSCORE')
redis.call('ZRANGESTORE', age, ns .. ':age:idx', 30, 70, 'BYSCORE')
local count = redis.call('ZINTERSTORE', both, 2, score, age)
redis.call('DEL', score, age)
redis.call('EXPIRE', both, 30)
return count
''', lambda rng, rows: data.half(rng))
