"""The least that the server can be asked for: for each operation one short script, called by redis-py's `execute_command`.

Nothing is checked, converted or remembered, and nobody else is reckoned with: what this takes no library can do without. Where a
promise is missed, it tells how much of that lies in redis-py, the server and the way between them. Reading many rows is not here:
redis-py's pipelines are not the least that takes.
"""

import itertools


import byhand
import data
from byhand import about, settle  # noqa: F401

OPERATIONS = {'load': byhand.OPERATIONS['load']}
FIELDS = list(data.COLUMNS)
client = None
shas = {}


def connect(uri):
    """Work on the server at `uri`."""
    global client
    byhand.connect(uri)
    client = byhand.client
    shas.clear()


def script(text):
    """The SHA1 of a script that the server has."""
    if text not in shas:
        shas[text] = client.script_load(text)
    return shas[text]


def operation(function):
    """Make a function known as the operation of its name."""
    OPERATIONS[function.__name__] = function
    return function


PUT = '''
local ns, place, made = ARGV[1], 2, {}
local function next_one() place = place + 1 return ARGV[place - 1] end
while place <= #ARGV do
  local id, fields, words = redis.call('INCR', ns .. ':id:'), {}, {}
  for at = 1, 14 do fields[at] = next_one() end
  if redis.call('HSETNX', ns .. ':email:uidx', fields[2], id) == 0 then return redis.error_reply('taken') end
  redis.call('HSET', ns .. ':' .. id, 'id', id, unpack(fields))
  for _ = 1, 2 do
    local word, reversed = next_one(), next_one()
    redis.call('SADD', ns .. ':name:' .. word .. ':idx', id)
    redis.call('ZADD', ns .. ':name:pre', next_one(), word .. '\\0' .. id)
    redis.call('ZADD', ns .. ':name:suf', next_one(), reversed .. '\\0' .. id)
  end
  redis.call('SADD', ns .. ':city:' .. fields[6] .. ':idx', id)
  redis.call('ZADD', ns .. ':age:idx', fields[8], id)
  redis.call('ZADD', ns .. ':score:idx', fields[10], id)
  redis.call('ZADD', ns .. ':created:idx', fields[12], id)
  made[#made + 1] = id
end
return made
'''


def flat(row):
    """A row as the arguments of PUT."""
    created = repr((row['created'] - data.EPOCH).total_seconds())
    values = [row['email'], row['name'], row['city'], row['age'], repr(row['score']), created, '1' if row['active'] else '']
    arguments = list(itertools.chain.from_iterable(zip(FIELDS, values)))
    for word in row['name'].lower().split():
        turned = word[::-1]
        arguments += [word, turned, byhand.prefix_score(word), byhand.prefix_score(turned)]
    return arguments


@operation
def create_save(namespace, rows, count, rng):
    values, sha = data.rows(rows + 1, count), script(PUT)

    def run():
        for row in values:
            client.execute_command('EVALSHA', sha, 1, namespace, namespace, *flat(row))
    return run


@operation
def commit(namespace, rows, count, rng):
    values, sha = data.rows(rows + 1, count), script(PUT)

    def run():
        for start in range(0, count, 250):
            arguments = [argument for row in values[start:start + 250] for argument in flat(row)]
            client.execute_command('EVALSHA', sha, 1, namespace, namespace, *arguments)
        return count
    return run


CHANGE = '''
for place = 2, #ARGV, 2 do
  redis.call('HSET', ARGV[1] .. ':' .. ARGV[place], 'age', ARGV[place + 1])
  redis.call('ZADD', ARGV[1] .. ':age:idx', ARGV[place + 1], ARGV[place])
end
'''


@operation
def update(namespace, rows, count, rng):
    ids, sha = data.some_ids(rows, count, rng), script(CHANGE)

    def run():
        for pk in ids:
            age = int(client.execute_command('HMGET', '%s:%s' % (namespace, pk), *FIELDS)[3]) + 1
            client.execute_command('EVALSHA', sha, 1, namespace, namespace, pk, age)
    return run


@operation
def commit_changed(namespace, rows, count, rng):
    ids, sha = data.some_ids(rows, count, rng), script(CHANGE)

    def run():
        for start in range(0, len(run.ages), 500):
            arguments = list(itertools.chain.from_iterable(run.ages[start:start + 500]))
            client.execute_command('EVALSHA', sha, 1, namespace, namespace, *arguments)
        return len(run.ages)

    def ready():
        run.ages = [(pk, int(row[b'age']) + 1) for pk, row in zip(ids, byhand.fetch(namespace, ids))]
    run.ready = ready
    return run


TAKE_OUT = '''
local ns = ARGV[1]
for place = 2, #ARGV do
  local id = ARGV[place]
  local row = redis.call('HMGET', ns .. ':' .. id, 'email', 'name', 'city')
  redis.call('HDEL', ns .. ':email:uidx', row[1])
  for word in row[2]:lower():gmatch('%S+') do
    redis.call('SREM', ns .. ':name:' .. word .. ':idx', id)
    redis.call('ZREM', ns .. ':name:pre', word .. '\\0' .. id)
    redis.call('ZREM', ns .. ':name:suf', word:reverse() .. '\\0' .. id)
  end
  redis.call('SREM', ns .. ':city:' .. row[3] .. ':idx', id)
  redis.call('ZREM', ns .. ':age:idx', id)
  redis.call('ZREM', ns .. ':score:idx', id)
  redis.call('ZREM', ns .. ':created:idx', id)
  redis.call('DEL', ns .. ':' .. id)
end
'''


@operation
def delete_one(namespace, rows, count, rng):
    byhand.put_all(namespace, data.rows(rows + 1, count))
    sha = script(TAKE_OUT)

    def run():
        for pk in range(rows + 1, rows + count + 1):
            client.execute_command('HMGET', '%s:%s' % (namespace, pk), *FIELDS)
            client.execute_command('EVALSHA', sha, 1, namespace, namespace, pk)
    return run


@operation
def delete_many(namespace, rows, count, rng):
    byhand.put_all(namespace, data.rows(rows + 1, count))
    sha = script(TAKE_OUT)

    def run():
        for start in range(rows + 1, rows + count + 1, 500):
            client.execute_command('EVALSHA', sha, 1, namespace, namespace, *range(start, min(start + 500, rows + count + 1)))
        return count
    return run


@operation
def get_one(namespace, rows, count, rng):
    ids = data.some_ids(rows, count, rng)

    def run():
        return sum(client.execute_command('HMGET', '%s:%s' % (namespace, pk), *FIELDS)[0] is not None for pk in ids)
    return run


BY_EMAIL = '''
local id = redis.call('HGET', KEYS[1], ARGV[2])
return {id, redis.call('HMGET', ARGV[1] .. ':' .. id, unpack(ARGV, 3))}
'''


@operation
def get_by(namespace, rows, count, rng):
    emails, sha = [data.row(pk)['email'] for pk in data.some_ids(rows, count, rng)], script(BY_EMAIL)

    def run():
        return [int(client.execute_command('EVALSHA', sha, 1, namespace + ':email:uidx', namespace, email, *FIELDS)[0])
                for email in emails]
    return run


def page_of(ids):
    """A script that finds ids, and returns the rows of the first twenty."""
    return ids + '''
local found = {}
for place = 1, math.min(20, #ids) do
  found[place] = {ids[place], redis.call('HMGET', ARGV[1] .. ':' .. ids[place], unpack(ARGV, 5))}
end
return found
'''


def asked(question, text):
    """An operation that calls a script with (key, three arguments) that `question` tells, `count` times."""
    def prepare(namespace, rows, count, rng):
        sha = script(text)

        def run():
            answers = []
            for _ in range(count):
                arguments = question(namespace, rng)
                reply = client.execute_command('EVALSHA', sha, 1, arguments[0], namespace, *(arguments[1:] + FIELDS))
                answers.append(reply if isinstance(reply, int) else [int(each[0]) for each in reply])
            return answers
        return run
    return prepare


def between(namespace, rng):
    """The arguments for a range of scores."""
    low, high = data.half(rng)
    return [namespace + ':score:idx', repr(low), repr(high), '']


def city_and_ages(namespace, rng):
    """The arguments for a word and a range."""
    key = '%s:city:%s:idx' % (namespace, rng.choice(data.CITIES))
    low, high = data.ages(rng)
    return [key, namespace + ':age:idx', low, high]


def beginning(namespace, rng):
    """The arguments for a prefix."""
    prefix = rng.choice(data.PREFIXES)
    return [namespace + ':name:pre', repr(byhand.prefix_score(prefix)), '(' + repr(byhand.prefix_score(prefix + '\U0010ffff')), '']


def city(namespace, rng):
    """The arguments for a word, ordered by score."""
    return ['%s:city:%s:idx' % (namespace, rng.choice(data.CITIES)), namespace + ':score:idx', '', '']


OPERATIONS['range_page'] = asked(between, page_of('''
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[2], ARGV[3], 'LIMIT', 0, 20)
'''))
OPERATIONS['word_range_count'] = asked(city_and_ages, '''
local ids, count = redis.call('SMEMBERS', KEYS[1]), 0
local low, high = tonumber(ARGV[3]), tonumber(ARGV[4])
for _, score in ipairs(redis.call('ZMSCORE', ARGV[2], unpack(ids))) do
  score = score and score + 0
  if score and score >= low and score <= high then count = count + 1 end
end
return count
''')
OPERATIONS['prefix_page'] = asked(beginning, page_of('''
local seen, ids = {}, {}
for _, entry in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[2], ARGV[3])) do
  local id = entry:match('%z(.*)$')
  if not seen[id] then ids[#ids + 1], seen[id] = id, true end
end
table.sort(ids)
'''))
OPERATIONS['word_order_page'] = asked(city, page_of('''
local ids = redis.call('ZINTER', 2, KEYS[1], ARGV[2], 'WEIGHTS', 0, 1)
'''))
