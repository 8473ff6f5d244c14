# -*- coding: utf-8 -*-
"""Maintenance jobs and locks as rom 1.1.2 has them."""
import types

import pytest
import rom
from rom import util

from against import better_than_old


@pytest.fixture
def Item(connection):
    class Item(rom.Model):
        n = rom.Integer(index=True)
        t = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True)
        log = rom.UnsafeColumn()
    for n in range(25):
        Item(n=n, t=u'word%d' % n)
    rom.session.commit()
    rom.session.rollback()
    return Item


@pytest.mark.parametrize('arguments', [{}, {'block_size': 10}, {'scan': False}])
def test_refresh_indices(Item, connection, arguments):
    connection.delete('Item:n:idx', 'Item:t:pre', 'Item:t:word3:idx')
    job = util.refresh_indices(Item, **arguments)
    assert isinstance(job, types.GeneratorType)
    steps = list(job)
    assert steps and all(len(step) == 2 for step in steps)
    assert connection.zcard('Item:n:idx') == 25 == connection.zcard('Item:t:pre')
    assert connection.smembers('Item:t:word3:idx') == {b'4'}
    assert not rom.session.known and not rom.session.wknown


@better_than_old
def test_refresh_indices_tells_how_far_it_is(Item):
    steps = list(util.refresh_indices(Item, block_size=10))
    assert steps == sorted(steps) and steps[-1] == (25, 25)


def test_refresh_indices_of_new_indexes(connection):
    class Grown(rom.Model):
        n = rom.Integer()
    Grown(n=5).save()
    rom.session.rollback()
    rom.MODELS.pop('Grown')

    class Grown(rom.Model):  # noqa: F811 (the model as it is in the next release of a program)
        n = rom.Integer(index=True)
    assert Grown.query.filter(n=5).all() == []
    list(util.refresh_indices(Grown))
    assert [found.id for found in Grown.query.filter(n=5).all()] == [1]


def test_refresh_indices_writes_defaults(connection):
    """How a new column with a default gets into rows that were written before."""
    class Grown(rom.Model):
        n = rom.Integer()
    Grown(n=5).save()
    rom.session.rollback()
    rom.MODELS.pop('Grown')

    class Grown(rom.Model):  # noqa: F811 (the model as it is in the next release of a program)
        n = rom.Integer()
        kind = rom.Integer(default=7, index=True)
        name = rom.Text(default=u'x', index=True, keygen=rom.IDENTITY)
    list(util.refresh_indices(Grown))
    assert [found.id for found in Grown.query.filter(kind=7).all()] == [1]
    assert [found.id for found in Grown.query.filter(name=u'x').all()] == [1]
    assert connection.hmget('Grown:1', 'kind', 'name') == [b'7', b'x']


@pytest.mark.parametrize('arguments', [{}, {'block_size': 10}])
def test_clean_old_index(Item, connection, arguments):
    before = {key: connection.type(key) for key in connection.keys('*') if connection.ttl(key) < 0}
    job = util.clean_old_index(Item, **arguments)
    assert isinstance(job, types.GeneratorType) and all(len(step) == 2 for step in job)
    assert before == {key: connection.type(key) for key in connection.keys('*') if connection.ttl(key) < 0}


@better_than_old
def test_clean_old_index_of_rows_deleted_outside(Item, connection):
    connection.delete('Item:4')
    list(util.clean_old_index(Item))
    assert connection.zscore('Item:n:idx', '4') is None and not connection.exists('Item:t:word3:idx')
    assert connection.zcard('Item:n:idx') == 24 == connection.zcard('Item:t:pre') == connection.zcard('Item:t:suf')


def test_clean_unsafe_cols(Item, connection):
    for id in (1, 2):
        Item.get(id).log.rpush('x')
    connection.delete('Item:2')
    rom.session.rollback()
    examined, deleted = util.clean_unsafe_cols(Item)
    assert examined >= 1 and deleted == 1
    assert connection.exists('Item:1:log') and not connection.exists('Item:2:log')
    assert util.clean_unsafe_cols(Item)[1] == 0
    with pytest.raises(ValueError):
        util.clean_unsafe_cols()


def test_show_progress(Item, capsys):
    assert util.show_progress(util.refresh_indices(Item)) is None
    printed, errors = capsys.readouterr()
    assert '100.0% complete' in printed and printed.endswith('\n') and not errors
    assert util.show_progress(iter([])) is None


def test_refresh_all_indexes(Item, connection, capsys):
    connection.delete('Item:n:idx')
    assert util.refresh_all_indexes() is None
    assert connection.zcard('Item:n:idx') == 25
    printed = capsys.readouterr()[0]
    assert 'Item' in printed and '100.0% complete' in printed


# Locks -----------------------------------------------------------------------------------------------------------

def test_entity_lock(Item, connection):
    item = Item.get(1)
    lock, other = util.EntityLock(item, 1, 5), util.EntityLock(item, .1, 5)
    assert isinstance(lock, util.Lock) and lock.lockname == 'lock:Item:1'
    assert lock.acquire() is True
    assert 0 < connection.pttl('lock:Item:1') <= 5000
    assert other.acquire() is False
    assert lock.refresh() and not other.refresh() and not other.release()
    assert lock.release() is True and not connection.exists('lock:Item:1')
    assert not lock.release() and not lock.refresh()


def test_entity_lock_as_a_context_manager(Item, connection):
    item = Item.get(1)
    with util.EntityLock(item, 1, 5) as lock:
        assert isinstance(lock, util.Lock) and connection.exists('lock:Item:1')
        with pytest.raises(rom.DataRaceError):
            with util.EntityLock(item, .1, 5):
                pass
    assert not connection.exists('lock:Item:1')
    with pytest.raises(KeyError):
        with util.EntityLock(item, 1, 5):
            raise KeyError(5)
    assert not connection.exists('lock:Item:1')


def test_lock_by_name(connection):
    lock = util.Lock(util.get_connection(), 'anything', 1, 5)
    assert lock.acquire() and connection.exists('lock:anything')
    assert lock.release()
