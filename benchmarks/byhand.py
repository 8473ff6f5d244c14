"""The same rows with redis-py alone: what a careful programmer writes by hand, pipelines included, no library between.

The rows get the fields and index entries that rom gives them, without the list of them that rom keeps in each row.
Only the operations that have a sensible hand-written form are here.
"""

import tracemalloc

import redis

import data

OPERATIONS = {}
BATCH = 500
client = None


def operation(function):
    """Make a function known as the operation of its name."""
    OPERATIONS[function.__name__] = function
    return function


def connect(uri):
    """Work on the server at `uri`."""
    global client
    client = redis.Redis.from_url(uri)


def about():
    """There is no rom here."""
    return {}


def settle():
    """Nothing is kept between operations."""


@operation
def ping(namespace, rows, count, rng):
    """What a round trip takes a caller who asks for nothing."""
    def run():
        for _ in range(count):
            client.ping()
    return run


def prefix_score(word):
    """The score under which a word stands in a prefix index: it orders words as their first seven bytes do."""
    digits = [byte + 1 for byte in word.encode('utf-8')[:7]]
    number = 0
    for digit in digits + [0] * (7 - len(digits)):
        number = number * 258 + digit
    exponent, mantissa = divmod(number, 2 ** 52)
    return (2 ** 52 + mantissa) * 2.0 ** (exponent - 1074)


def put(pipe, namespace, pk, row):
    """Queue everything that storing one new row takes."""
    seconds = (row['created'] - data.EPOCH).total_seconds()
    pipe.hset('%s:%s' % (namespace, pk), mapping={
        'id': pk, 'email': row['email'], 'name': row['name'], 'city': row['city'], 'age': row['age'],
        'score': repr(row['score']), 'created': repr(seconds), 'active': '1' if row['active'] else ''})
    pipe.hsetnx(namespace + ':email:uidx', row['email'], pk)
    for word in row['name'].lower().split():
        pipe.sadd('%s:name:%s:idx' % (namespace, word), pk)
        pipe.zadd(namespace + ':name:pre', {'%s\0%s' % (word, pk): prefix_score(word)})
        pipe.zadd(namespace + ':name:suf', {'%s\0%s' % (word[::-1], pk): prefix_score(word[::-1])})
    pipe.sadd('%s:city:%s:idx' % (namespace, row['city']), pk)
    pipe.zadd(namespace + ':age:idx', {pk: row['age']})
    pipe.zadd(namespace + ':score:idx', {pk: row['score']})
    pipe.zadd(namespace + ':created:idx', {pk: seconds})


def put_all(namespace, values):
    """Store new rows, a pipeline for each 500."""
    for start in range(0, len(values), BATCH):
        batch = values[start:start + BATCH]
        first = client.incrby(namespace + ':id:', len(batch)) - len(batch) + 1
        with client.pipeline(transaction=False) as pipe:
            for pk, row in enumerate(batch, first):
                put(pipe, namespace, pk, row)
            pipe.execute()


def fetch(namespace, ids):
    """The rows of `ids` as dicts, in one pipeline."""
    with client.pipeline(transaction=False) as pipe:
        for pk in ids:
            pipe.hgetall('%s:%s' % (namespace, int(pk)))
        return pipe.execute()


@operation
def load(namespace, rows, count, rng):
    return lambda: put_all(namespace, data.rows(rows + 1, count))


@operation
def commit(namespace, rows, count, rng):
    values = data.rows(rows + 1, count)

    def run():
        put_all(namespace, values)
        return count
    return run


@operation
def create_save(namespace, rows, count, rng):
    values = data.rows(rows + 1, count)

    def run():
        for row in values:
            pk = client.incr(namespace + ':id:')
            with client.pipeline() as pipe:
                put(pipe, namespace, pk, row)
                pipe.execute()
    return run


@operation
def update(namespace, rows, count, rng):
    ids = data.some_ids(rows, count, rng)

    def run():
        for pk in ids:
            age = int(client.hgetall('%s:%s' % (namespace, pk))[b'age']) + 1
            with client.pipeline() as pipe:
                pipe.hset('%s:%s' % (namespace, pk), 'age', age)
                pipe.zadd(namespace + ':age:idx', {pk: age})
                pipe.execute()
    return run


@operation
def commit_changed(namespace, rows, count, rng):
    ids = data.some_ids(rows, count, rng)

    def run():
        for start in range(0, len(run.ages), BATCH):
            with client.pipeline(transaction=False) as pipe:
                for pk, age in run.ages[start:start + BATCH]:
                    pipe.hset('%s:%s' % (namespace, pk), 'age', age)
                    pipe.zadd(namespace + ':age:idx', {pk: age})
                pipe.execute()
        return len(run.ages)

    def ready():
        run.ages = [(pk, int(row[b'age']) + 1) for pk, row in zip(ids, fetch(namespace, ids))]
    run.ready = ready
    return run


def take_out(pipe, namespace, pk, row):
    """Queue everything that deleting a row takes, by what `hgetall` gave."""
    row = {name.decode(): value.decode() for name, value in row.items()}
    pipe.delete('%s:%s' % (namespace, pk))
    pipe.hdel(namespace + ':email:uidx', row['email'])
    for word in row['name'].lower().split():
        pipe.srem('%s:name:%s:idx' % (namespace, word), pk)
        pipe.zrem(namespace + ':name:pre', '%s\0%s' % (word, pk))
        pipe.zrem(namespace + ':name:suf', '%s\0%s' % (word[::-1], pk))
    pipe.srem('%s:city:%s:idx' % (namespace, row['city']), pk)
    for name in ('age', 'score', 'created'):
        pipe.zrem('%s:%s:idx' % (namespace, name), pk)


@operation
def delete_one(namespace, rows, count, rng):
    put_all(namespace, data.rows(rows + 1, count))

    def run():
        for pk in range(rows + 1, rows + count + 1):
            row = client.hgetall('%s:%s' % (namespace, pk))
            with client.pipeline() as pipe:
                take_out(pipe, namespace, pk, row)
                pipe.execute()
    return run


@operation
def delete_many(namespace, rows, count, rng):
    put_all(namespace, data.rows(rows + 1, count))
    ids = list(range(rows + 1, rows + count + 1))

    def run():
        for start in range(0, count, BATCH):
            with client.pipeline(transaction=False) as pipe:
                for pk, row in run.kept[start:start + BATCH]:
                    take_out(pipe, namespace, pk, row)
                pipe.execute()
        return count

    def ready():
        run.kept = list(zip(ids, fetch(namespace, ids)))
    run.ready = ready
    return run


@operation
def get_one(namespace, rows, count, rng):
    ids = data.some_ids(rows, count, rng)

    def run():
        return sum(bool(client.hgetall('%s:%s' % (namespace, pk))) for pk in ids)
    return run


@operation
def get_many(namespace, rows, count, rng):
    ids = data.some_ids(rows, count, rng)
    return lambda: len(fetch(namespace, ids))


@operation
def get_by(namespace, rows, count, rng):
    emails = [data.row(pk)['email'] for pk in data.some_ids(rows, count, rng)]

    def run():
        answers = []
        for email in emails:
            row = client.hgetall('%s:%s' % (namespace, int(client.hget(namespace + ':email:uidx', email))))
            answers.append(int(row[b'id']))
        return answers
    return run


@operation
def range_page(namespace, rows, count, rng):
    def run():
        answers = []
        for _ in range(count):
            ids = client.zrangebyscore(namespace + ':score:idx', *data.half(rng), start=0, num=20)
            answers.append([int(row[b'id']) for row in fetch(namespace, ids)])
        return answers
    return run


@operation
def iterate(namespace, rows, count, rng):
    def run():
        return sum(len(fetch(namespace, range(first, min(first + 100, rows + 1)))) for first in range(1, rows + 1, 100))
    return run


@operation
def entity_bytes(namespace, rows, count, rng):
    """Bytes of the dict that redis-py returns for a row."""
    ids = data.some_ids(rows, count, rng)

    def run():
        tracemalloc.start()
        fetch(namespace, ids[:1])
        before = tracemalloc.get_traced_memory()[0]
        dicts = fetch(namespace, ids)
        loaded = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        return [loaded / float(len(dicts))] * 2
    return run
