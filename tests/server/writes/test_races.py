# -*- coding: utf-8 -*-
"""Racing writers (docs/promises.rst: Writes): processes and threads on the same rows, and writers killed at any moment."""
import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest
import rom
from rom.exceptions import DataRaceError, EntityDeletedError, ORMError, UniqueKeyViolation

from consistency import entries_of, problems, rows_of
from repository import ROOT

# What the processes have in common with each other and with this one.
PRELUDE = u'''
import os, random, sys
import redis, rom
sys.path.insert(1, %r)
rom.util.CONNECTION = redis.Redis.from_url(sys.argv[1])
number = int(sys.argv[2])
random.seed(number * 7919 + int(sys.argv[3]))

class Row(rom.Model):
    n = rom.Integer(default=0, index=True)
    name = rom.Text(unique=True)
    words = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True)
    a = rom.Integer(index=True)
    b = rom.Integer(index=True)
    both = rom.IndexOnly(keygen2=lambda attr, row: [u'%%s-%%s' %% (row['a'], row['b'])])
    unique_together = [('a', 'b', 'n')]
    geo_index = [rom.GeoIndex('at', lambda row: {'lon': row.a, 'lat': row.b} if row.a is not None and row.b is not None else None)]

''' % os.path.join(ROOT, 'tests', 'support')


def the_model():
    names = {'__name__': 'race_rows'}
    body = PRELUDE[PRELUDE.index(u'class Row'):]
    exec(body, dict(names, rom=rom), names)
    return names['Row']


class Processes(object):
    """Python processes that run the same code, each with a number."""

    def __init__(self, server, tmpdir, seed):
        self.server, self.tmpdir, self.seed = server, tmpdir, seed
        self.running = []

    def start(self, code, count):
        script = self.tmpdir.join('racer.py')
        script.write_binary((PRELUDE + code).encode('utf-8'))
        env = dict(os.environ, ROM_REDIS_URI=self.server.uri)
        if os.environ.get('ROM_TEST_SOURCE') == '1':
            env['PYTHONPATH'] = ROOT
        started = [subprocess.Popen([sys.executable, str(script), self.server.uri, str(number), str(self.seed)], env=env, cwd=str(self.tmpdir),
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE) for number in range(count)]
        self.running.extend(started)
        return started

    def run(self, code, count):
        """What they print, once all are done."""
        outputs = []
        for process in self.start(code, count):
            output, errors = process.communicate()
            assert process.returncode == 0, errors.decode('utf-8', 'replace')
            outputs.append(output.decode('utf-8').split())
        return outputs

    def stop(self):
        for process in self.running:
            if process.poll() is None:
                process.kill()
                process.communicate()


@pytest.fixture
def processes(server, connection, tmpdir, rng):
    found = Processes(server, tmpdir, rng.randrange(10 ** 6))
    yield found
    found.stop()


def together(row):
    values = [row.get(attr) for attr in ('a', 'b', 'n')]
    return None if None in values else rom.util._encode_unique_constraint([value.decode('ascii') for value in values])


UNIQUES = {'name': lambda row: row.get('name', b'').decode('utf-8') or None, 'a:b:n': together}


def wrong_with(connection, Row):
    """What is not in step: indexes, unique values, and the entries that derive from several columns."""
    found = problems(connection, Row, UNIQUES)
    entries, _ = entries_of(connection, 'Row')
    wanted = set()
    for id, row in rows_of(connection, 'Row').items():
        text = [row[attr].decode('ascii') if attr in row else 'None' for attr in ('a', 'b')]
        wanted.add(('Row:both:%s-%s:idx' % tuple(text), id))
        wanted.update(('Row:words:%s:idx' % word, id) for word in rom.FULL_TEXT(row.get('words', b'').decode('utf-8')) or ())
        if 'None' not in text:
            wanted.add(('Row:at:geo', id))
    derived = set(entry for entry in entries if entry[0].startswith(('Row:both:', 'Row:words:', 'Row:at:')) and entry[0].endswith((':idx', ':geo')))
    found += ['derived entries differ: %r' % (entry,) for entry in sorted(wanted ^ derived)]
    return found


def test_increments_with_retry_lose_none(processes, connection):
    """Increments with retry lose none."""
    Row = the_model()
    Row(name=u'counter').save()
    outputs = processes.run(u'''
races = 0
row = Row.get(1)
for _ in range(100):
    while True:
        try:
            row.n += 1
            row.save()
            break
        except rom.DataRaceError:
            races += 1
            row.refresh(force=True)
print(races)
''', 4)
    assert connection.hget('Row:1', 'n') == b'400', outputs
    assert wrong_with(connection, Row) == []


def test_200_unique_values_are_won_once_each(processes, connection):
    """4 processes claiming the same 200 unique values win each once."""
    Row = the_model()
    outputs = processes.run(u'''
names = [u'name %d' % n for n in range(200)]
random.shuffle(names)
for name in names:
    try:
        Row(name=name).save()
        print(name.split()[1])
    except rom.UniqueKeyViolation:
        rom.session.rollback()
''', 4)
    won = [int(number) for output in outputs for number in output]
    assert sorted(won) == list(range(200))
    assert len(rows_of(connection, 'Row')) == 200
    assert wrong_with(connection, Row) == []


WORK = u'''
words = [u'alpha beta', u'beta gamma', u'\\u03b1\\u03b2', u'gamma', None]
done = 0
while True:
    rows = Row.get(random.sample(range(1, 21), random.choice([1, 3, 8])))
    for row in rows:
        for attr, value in (('a', random.randrange(-5, 5)), ('b', random.choice([None, 1, 2, 3])), ('n', random.randrange(9)),
                            ('words', random.choice(words)), ('name', random.choice([None, u'x%d' % random.randrange(40)]))):
            if random.random() < .5:
                setattr(row, attr, value)
    if random.random() < .3:
        Row(n=done, name=u'new %d %d %d' % (number, done, random.randrange(10 ** 9)), words=u'fresh one')
    try:
        if rows and random.random() < .2:
            rows[0].delete()
        rom.session.commit(atomic=random.random() < .3, force=random.random() < .1)
    except rom.ORMError:
        pass
    rom.session.rollback()
    done += 1
    if not done % 10:
        sys.stdout.write('.')
        sys.stdout.flush()
'''


def killed_at_any_moment(processes, connection, times):
    Row = the_model()
    for n in range(20):
        Row(n=n, name=u'x%d' % n, words=u'alpha beta', a=n % 5, b=1)
    rom.session.commit()
    for _ in range(times):
        started = processes.start(WORK.replace('done = 0', 'done = %d' % random.randrange(10 ** 6)), 2)
        for process in started:
            assert process.stdout.read(1) == b'.'
        time.sleep(random.random() * .3)
        for process in started:
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
        assert wrong_with(connection, Row) == []


@pytest.mark.skipif(not hasattr(signal, 'SIGKILL'), reason='there is no SIGKILL here')
def test_a_writer_killed_at_any_moment(processes, connection):
    """A writer killed with SIGKILL at any moment leaves rows and indexes in step."""
    killed_at_any_moment(processes, connection, 3)


@pytest.mark.stress
@pytest.mark.skipif(not hasattr(signal, 'SIGKILL'), reason='there is no SIGKILL here')
def test_writers_killed_at_many_moments(processes, connection):
    """A writer killed with SIGKILL at any moment leaves rows and indexes in step."""
    killed_at_any_moment(processes, connection, 60)


def shared_rows(connection, seconds, seed):
    """Threads that save random columns of the same rows; returns how often each outcome was seen."""
    Row = the_model()
    for n in range(12):
        Row(n=n, name=u'x%d' % n, words=u'alpha beta', a=n % 5, b=n)
    rom.session.commit()
    deadline, seen, unexpected = time.time() + seconds, [], []

    def work(number):
        rng = random.Random(seed + number)
        names, words = [u'x%d' % n for n in range(20)] + [None], [u'alpha beta', u'beta gamma', u'\u03b1\u03b2 x', None]
        values = {'a': lambda: rng.randrange(5), 'b': lambda: rng.choice([None] + list(range(12))), 'n': lambda: rng.randrange(5),
                  'words': lambda: rng.choice(words), 'name': lambda: rng.choice(names)}
        while time.time() < deadline:
            try:
                for row in Row.get([rng.randrange(1, 13) for _ in range(rng.randrange(1, 4))]):
                    for attr in rng.sample(sorted(values), rng.randrange(1, 3)):
                        setattr(row, attr, values[attr]())
                rom.session.commit(atomic=rng.random() < .2, force=rng.random() < .1)
                seen.append('saved')
            except (DataRaceError, UniqueKeyViolation, EntityDeletedError, rom.exceptions.BulkError) as error:
                seen.append(type(error).__name__)
            except Exception as error:
                unexpected.append(error)
                return
            finally:
                if rng.random() < .7:
                    rom.session.rollback()
                else:
                    for entity in list(rom.session.known.values()):
                        try:
                            entity.refresh(force=True)
                        except ORMError:
                            rom.session.forget(entity)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert unexpected == []
    assert wrong_with(connection, Row) == []
    counts = dict((name, seen.count(name)) for name in set(seen))
    assert counts.get('saved', 0) > seconds and counts.get('UniqueKeyViolation', 0) > 0
    return counts


def test_threads_on_shared_rows(connection, rng):
    """4 threads saving random columns of shared rows leave not one stale index or unique entry."""
    print(shared_rows(connection, 2, rng.randrange(10 ** 6)))


@pytest.mark.stress
def test_threads_on_shared_rows_for_long(connection, rng):
    """4 threads saving random columns of shared rows for 10 s leave not one stale index or unique entry."""
    print(shared_rows(connection, 10, rng.randrange(10 ** 6)))


def test_saving_what_another_deletes(connection, rng):
    """Deletes and saves of the same rows: each row is there with all its entries, or gone without any."""
    Row = the_model()
    unexpected = []
    for n in range(60):
        Row(n=n, name=u'x%d' % n, words=u'alpha', a=1, b=n)
    rom.session.commit()

    def work(delete):
        order = list(range(1, 61))
        random.Random(delete).shuffle(order)
        for id in order:
            row = Row.get(id)
            try:
                if row is None:
                    continue
                if delete:
                    row.delete()
                else:
                    row.words, row.a = u'beta gamma', 2
                    row.save()
            except (DataRaceError, EntityDeletedError):
                pass
            except Exception as error:
                unexpected.append(error)
            rom.session.rollback()
    threads = [threading.Thread(target=work, args=(number,)) for number in (0, 1, 0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert unexpected == [] and rows_of(connection, 'Row') == {}
    assert wrong_with(connection, Row) == []


@pytest.mark.skipif(not hasattr(os, 'fork'), reason='there is no fork here')
def test_a_forked_child_writes_under_its_own_name(connection, server):
    """Exactly once: a child does not continue the numbers of its parent."""
    Row = the_model()
    Row(name=u'parent 1').save()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            rom.util.CONNECTION = server.client()
            rom.session.rollback()
            for n in range(5):
                Row(name=u'child %d' % n).save()
            status = 0
        finally:
            os._exit(status)
    for n in range(2, 6):
        Row(name=u'parent %d' % n).save()
    assert os.waitpid(pid, 0)[1] == 0
    assert len(rows_of(connection, 'Row')) == 10 and wrong_with(connection, Row) == []
