# -*- coding: utf-8 -*-
"""Memory: a loop that creates and commits entities in parts stays flat, and so does one that reads and saves them."""
import gc

import pytest
import rom


def objects_alive(Thing):
    gc.collect()
    return sum(1 for found in gc.get_objects() if type(found) is Thing)


def used():
    """Bytes that this process holds, or None where the system does not tell."""
    try:
        with open('/proc/self/statm') as file:
            return int(file.read().split()[1]) * 4096
    except (IOError, OSError):
        return None


@pytest.fixture
def Thing(connection):
    class Thing(rom.Model):
        n = rom.Integer(index=True)
        name = rom.Text(unique=True)
        words = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True)
        data = rom.Json()
        to = rom.ManyToOne('Thing', 'no action')
    return Thing


def create_in_parts(Thing, count, part):
    """Create and commit; returns the memory in use at the end of each part."""
    seen = []
    for first in range(0, count, part):
        for n in range(first, first + part):
            Thing(n=n, name=u'name %d' % n, words=u'some words %d' % (n % 100), data={u'n': n})
        rom.session.commit()
        seen.append(used())
    return seen


def check_flat(seen, rows):
    if seen[0] is None:
        return
    settled = seen[len(seen) // 4:]
    growth = max(settled) - settled[0]
    assert growth < max(4e6, rows * 40), 'grew by %.1f MB over %d rows' % (growth / 1e6, rows)


def test_creating_in_parts_stays_flat(Thing):
    """A loop that creates and commits entities in parts keeps memory flat."""
    check_flat(create_in_parts(Thing, 20000, 1000), 20000)
    assert objects_alive(Thing) == 0 and rom.session.known == {} and len(rom.session.wknown) == 0


@pytest.mark.stress
def test_creating_100000_in_parts_stays_flat(Thing):
    """A loop that creates and commits 100,000 entities in parts keeps memory flat."""
    check_flat(create_in_parts(Thing, 100000, 1000), 100000)
    assert objects_alive(Thing) == 0


@pytest.mark.parametrize('commit', ['commit', 'atomic', 'flush and rollback', 'save and rollback'])
def test_each_way_lets_go(Thing, commit):
    """Nothing of what was written is held on to: not by the session, not by what writes."""
    for part in range(3):
        things = [Thing(n=n, data=[n]) for n in range(50)]
        if commit == 'atomic':
            rom.session.commit(atomic=True)
        elif commit == 'commit':
            rom.session.commit()
        else:
            rom.session.flush() if commit.startswith('flush') else rom.session.save(things)
            rom.session.rollback()
        del things
        assert objects_alive(Thing) == 0


def test_reading_and_saving_lets_go(Thing):
    """Rows that were read, changed and committed are let go; their references and pages too."""
    first = Thing(n=0)
    for n in range(1, 300):
        Thing(n=n, to=first, data=[n])
    rom.session.commit()
    del first
    rom.session.rollback()
    for thing in Thing.query.filter(n=(1, 300)):
        assert thing.to.n == 0
        thing.data.append(1)
    rom.session.commit()
    del thing
    assert objects_alive(Thing) == 0
    list(Thing.query.order_by('n'))
    assert sum(thing.data is not None for thing in Thing.get(list(range(1, 300)))) == 298
    rom.session.rollback()
    assert objects_alive(Thing) == 0


def test_deleting_lets_go(Thing):
    """A deleted entity is held by nobody."""
    things = [Thing(n=n) for n in range(50)]
    rom.session.commit()
    rom.session.delete(things[:25])
    for thing in things[25:]:
        thing.delete()
    del things, thing
    assert objects_alive(Thing) == 0


def test_a_loaded_entity_is_small(connection):
    """Memory of a loaded entity (7 columns) at most 1.5 x that of the dict redis-py would return."""
    tracemalloc = pytest.importorskip('tracemalloc')

    class Row(rom.Model):
        a = rom.Text()
        b = rom.Text()
        c = rom.Integer()
        d = rom.Integer()
        e = rom.Float()
        f = rom.Text()
        g = rom.Text()

    for n in range(1000):
        Row(a=u'text %d' % n, b=u'more text', c=n, d=n * 1000, e=n + .5, f=u'%d' % n, g=u'the last of them')
    rom.session.commit()
    rom.session.rollback()
    Row.get([1, 2])
    connection.hgetall('Row:1')

    def measured(read):
        gc.collect()
        tracemalloc.start()
        held = read()
        size, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(held) == 1000
        return size
    keys = ['Row:%d' % n for n in range(1, 1001)]
    pipeline = connection.pipeline(False)
    for key in keys:
        pipeline.hgetall(key)
    dicts = measured(pipeline.execute)
    rom.session.null_session = True
    entities = measured(lambda: Row.get(list(range(1, 1001))))
    print('a dict %d bytes, an entity %d' % (dicts / 1000, entities / 1000))
    assert entities < 1.5 * dicts
