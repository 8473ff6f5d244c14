#!/usr/bin/env python3
"""Whether memory stays flat: many entities committed in parts, and many rows loaded by a generator.

    python benchmarks/memory.py                      # 100,000 entities in parts of 1,000, 1,000,000 rows; some minutes
    python benchmarks/memory.py --entities 5000 --rows 50000

Rows are made by pipelines. Each line says by how much more memory Python has allocated at most in the last eight tenths than in the
second one, and how much more the process has from the system by then.
"""

import argparse
import gc
import resource
import sys
import tracemalloc

import redis
import rom
from rom import util

import contestants

PART = 1000
#: what is allowed to grow, in bytes: how much of a part is garbage when the next begins differs
MOST = 2 * 2 ** 20


class Person(rom.Model):
    """A row of seven columns, four of them indexed."""

    _namespace = 'bench-memory'
    email = rom.Text(unique=True)
    name = rom.Text(index=True, keygen=rom.FULL_TEXT)
    city = rom.Text(index=True, keygen=rom.IDENTITY)
    age = rom.Integer(index=True)
    score = rom.Float()
    created = rom.Float()
    active = rom.Boolean()


def commits(entities):
    """Commit so many entities in parts; yields how many are done."""
    for first in range(1, entities + 1, PART):
        for number in range(first, min(first + PART, entities + 1)):
            Person(email='user%d@example.com' % number, name='Ann Nr%d' % (number % 100), city='city%d' % (number % 20),
                   age=number % 90, score=number / 3., created=float(number), active=True)
        rom.session.commit()
        yield first + PART - 1


def fill(client, rows):
    """Make so many rows, with the index of age, by pipelines."""
    last = int(client.get('bench-memory:id:') or 0)
    for first in range(last + 1, last + rows + 1, 10000):
        with client.pipeline(transaction=False) as pipe:
            numbers = range(first, min(first + 10000, last + rows + 1))
            for number in numbers:
                pipe.hset('bench-memory:%d' % number, mapping={'id': number, 'name': 'Ann', 'age': number % 90, 'score': '1.5'})
            pipe.zadd('bench-memory:age:idx', {number: number % 90 for number in numbers})
            pipe.set('bench-memory:id:', numbers[-1])
            pipe.execute()


def loaded(query):
    """Go through a query; yields how many rows were given."""
    for count, entity in enumerate(query.iter_result(pagesize=PART), 1):
        assert entity.age is not None
        if count % PART == 0:
            yield count


def growth(steps, total):
    """(by how many bytes what is allocated grew behind the second tenth, the same of the process, how many were done)."""
    gc.collect()
    tracemalloc.start()
    peaks, resident, done = [], 0, 0
    try:
        for done in steps:
            if len(peaks) < 2 and done >= (len(peaks) + 1) * total / 10:
                peaks.append(tracemalloc.get_traced_memory()[1])
                resident = high_water()
                tracemalloc.reset_peak()
        return tracemalloc.get_traced_memory()[1] - peaks[-1], high_water() - resident, done
    finally:
        tracemalloc.stop()


def high_water():
    """The most bytes that the process had from the system."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == 'darwin' else 1024)


def measured(client, entities, rows):
    """Yields (what, growth in bytes, growth of the process, how many) of each."""
    yield ('commits of %d' % PART,) + growth(commits(entities), entities)
    rom.session.rollback()
    fill(client, rows - entities)
    for what, query in (('everything', Person.query), ('a range', Person.query.filter(age=(0, 100))),
                        ('in an order', Person.query.order_by('-age'))):
        yield (what,) + growth(loaded(query), rows)
        rom.session.rollback()


def main(argv=None):
    """Measure and print. Returns the exit code: 1 where memory grew."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    parser.add_argument('--entities', type=int, default=100000, help='entities to commit (%(default)s)')
    parser.add_argument('--rows', type=int, default=1000000, help='rows to load (%(default)s)')
    parser.add_argument('--server', choices=contestants.SERVERS, default='valkey')
    parser.add_argument('--uri', help='of an EMPTY Redis database to work in, in place of a server started for the run')
    options = parser.parse_args(argv)
    if options.uri:
        return told(options, options.uri)
    with contestants.server(options.server, False) as uri:
        return told(options, uri)


def told(options, uri):
    """Measure on the server at `uri`, and print."""
    client = util.CONNECTION = redis.Redis.from_url(uri)
    if client.dbsize():
        sys.exit('%s holds %d keys; give --uri an empty database' % (uri, client.dbsize()))
    most = 0
    try:
        for what, allocated, process, done in measured(client, options.entities, options.rows):
            print('%-16s %9d: grew by %6.2f MB, the process by %6.2f MB' % (what, done, allocated / 2. ** 20, process / 2. ** 20),
                  flush=True)
            most = max(most, allocated)
    finally:
        for key in client.scan_iter('bench-memory*', count=1000):
            client.unlink(key)
    return 0 if most <= MOST else 1


if __name__ == '__main__':
    sys.exit(main())
