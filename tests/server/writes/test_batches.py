# -*- coding: utf-8 -*-
"""Rows in batches: written together where all is well, and one by one where it is not, with the same outcome."""
import decimal
import json

import pytest
import rom
import six
from rom.exceptions import InvalidOperation, UniqueKeyViolation
from rom.storage import store
from rom.storage.store import Writer
from rom.unitofwork.jobs import Save
from rom.unitofwork.write_call import write

from consistency import problems, rows_of, snapshot


@pytest.fixture
def Thing(connection):
    class Thing(rom.Model):
        code = rom.Text(unique=True)
        words = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True)
        size = rom.Decimal(index=True)
        flag = rom.Boolean(index=True)
    return Thing


@pytest.fixture
def requests(monkeypatch):
    """The requests of write calls, as text."""
    sent, plain = [], store._call_write

    def call_write(connection, key, sequence, request, *more):
        sent.append(request)
        return plain(connection, key, sequence, request, *more)
    monkeypatch.setattr(store, '_call_write', call_write)
    return sent


def things(Thing, codes, **values):
    return [Thing(**dict({'code': u'%s' % code, 'words': u'all w%s' % code, 'size': 5, 'flag': True}, **values)) for code in codes]


def well(connection, Thing):
    job = rom.util.check_indexes(Thing)
    list(job)
    return problems(connection, Thing) + job.problems == []


def test_a_batch_is_told_its_model_once(connection, Thing, requests):
    things(Thing, range(500))
    rom.session.commit()
    request, = requests
    assert '"operations"' in request and request.count('"Thing"') == request.count('"code"') - 1 == 1  # a column, and a unique name
    assert len(request) < 500 * 400 and well(connection, Thing)


def test_a_row_alone_writes_what_a_batch_writes(connection, Thing):
    odd = [dict(words=u'h\xe9 "q" \\ /\x7f h\xe9', size=decimal.Decimal('1e-3')), dict(code=None, words=None, size=None, flag=None),
           dict(code=u'', words=u'', flag=False), dict(size=decimal.Decimal('-Infinity'))]
    for number, values in enumerate(odd):
        things(Thing, [number], **values)[0].save()
    alone = snapshot(connection)
    connection.flushdb()
    rom.session.rollback()
    kept = [things(Thing, [number], **values) for number, values in enumerate(odd)]
    rom.session.commit()
    assert snapshot(connection) == alone and len(kept) == 4 and well(connection, Thing)


def calls_of(connection, work):
    """How many commands the server ran for some work, those of scripts included."""
    connection.config_resetstat()
    work()
    return sum(told['calls'] for name, told in connection.info('commandstats').items() if 'config' not in name)


def test_a_row_alone_takes_few_commands(connection, Thing):
    """Those that write it, a look at it, and what is remembered of the call."""
    if not connection.eval('return redis.acl_check_cmd and 1 or 0', 0):
        pytest.skip('a server that does not tell scripts who may do what')
    first, second = things(Thing, range(2))
    first.save()
    Thing(words=u'of another row').save()  # the server has the script, and the client its connection
    entries = 2 + 2 + 2 + 1 + 1 + 1  # words, prefixes, suffixes, size, flag, code
    assert calls_of(connection, second.save) == entries + len(['EVALSHA', 'GET', 'INCRBY', 'EXISTS', 'HSET', 'SET'])
    first.size = 7
    assert calls_of(connection, first.save) == len(['EVALSHA', 'GET', 'HMGET', 'ZADD', 'HSET', 'SET'])
    # the two words of a prefix index go in one call, and those of a suffix index
    assert calls_of(connection, first.delete) == entries - 2 + len(['EVALSHA', 'GET', 'HMGET', 'HGET', 'DEL', 'SET'])
    assert well(connection, Thing)


@pytest.mark.parametrize('last', [0, 1, 2, 2 ** 53, 2 ** 60])
def test_a_row_alone_and_a_counter_that_is_behind(connection, Thing, last):
    """Rows that have the next ids already stay as they are."""
    for id in (last + 1, last + 2):
        connection.set('Thing:id:', id - 1)
        things(Thing, [id])[0].save()
    connection.set('Thing:id:', last)
    before = rows_of(connection, 'Thing')
    new, = things(Thing, [u'new'])
    new.save()
    assert new.id == last + 3 and dict(rows_of(connection, 'Thing'), **before) == rows_of(connection, 'Thing') and well(connection, Thing)
    assert sorted(thing.id for thing in Thing.query.filter(size=5)) == [last + 1, last + 2, last + 3]


def test_a_row_alone_with_many_words(connection, Thing):
    thing, = things(Thing, [u'a'], words=u' '.join(u'w%d' % number for number in range(2500)))
    thing.save()
    assert connection.zcard('Thing:words:pre') == connection.zcard('Thing:words:suf') == 2500
    thing.size = 7
    thing.save()
    assert well(connection, Thing)
    thing.delete()
    assert not [key for key in connection.keys('Thing:*') if not key.startswith((b'Thing:once', b'Thing:id:'))]


@pytest.mark.parametrize('way', ['new', 'changed', 'removed'])
@pytest.mark.parametrize('odd', ['idx of size', 'row', 'words', 'claim'])
def test_a_row_alone_that_meets_something_odd(connection, Thing, way, odd):
    """Keys of another type, rows that are another's by now: nothing is written, or all, and what stood there stays."""
    first, second = things(Thing, range(2))
    first.save()
    if way == 'new':
        {'idx of size': lambda: (connection.delete('Thing:size:idx'), connection.set('Thing:size:idx', 'x')),
         'row': lambda: connection.set('Thing:2', 'x'), 'words': lambda: connection.set('Thing:words:w1:idx', 'x'),
         'claim': lambda: connection.hset('Thing:code:uidx', '1', '7')}[odd]()
    else:
        {'idx of size': lambda: (connection.delete('Thing:size:idx'), connection.set('Thing:size:idx', 'x')),
         'row': lambda: connection.hset('Thing:1', 'size', '6'), 'words': lambda: connection.hdel('Thing:1', '-index-data-'),
         'claim': lambda: connection.hset('Thing:code:uidx', '0', '7')}[odd]()
    before = snapshot(connection)
    first.size = 7
    try:
        {'new': second.save, 'changed': first.save, 'removed': first.delete}[way]()
    except rom.ORMError:
        assert snapshot(connection) == before
    else:
        assert (connection.get('Thing:size:idx') if odd == 'idx of size' else None) in (None, b'x', u'x')
        assert way == 'removed' or odd in ('words', 'claim', 'row')
        assert not connection.exists('Thing:1') or way != 'removed'


@pytest.mark.parametrize('taken', ['before', 'within'])
def test_up_to_the_first_that_is_refused(connection, Thing, taken):
    """What comes before it is written with ids in a row, and what comes after it waits."""
    if taken == 'before':
        things(Thing, [u'c'])[0].save()
    new = things(Thing, [u'a', u'b', u'c' if taken == 'before' else u'a', u'd'])
    with pytest.raises(UniqueKeyViolation) as caught:
        rom.session.commit()
    first = int(taken == 'before')
    assert [thing._new for thing in new] == [False, False, True, True] and [thing.id for thing in new[:2]] == [first + 1, first + 2]
    assert 'Thing:1 has it' in str(caught.value) and well(connection, Thing)
    new[2].code = u'e'
    rom.session.commit()
    assert len(rows_of(connection, 'Thing')) == first + 4 and well(connection, Thing)


@pytest.mark.parametrize('count', [1, 3])
@pytest.mark.parametrize('key', ['Thing:words:w2:idx', 'Thing:size:idx', 'Thing:words:pre', 'Thing:code:uidx', 'Thing:id:'])
def test_a_key_of_another_type(connection, Thing, key, count):
    """Nothing of the row that would go there, nor of its id."""
    connection.lpush(key, 'x')
    before = snapshot(connection)
    new = things(Thing, [u'2', u'3', u'4'][:count])
    with pytest.raises(InvalidOperation) as caught:
        rom.session.commit()
    assert key in str(caught.value) and snapshot(connection) == before and all(thing._new for thing in new)
    connection.delete(key)
    rom.session.commit()
    assert [thing.id for thing in new] == list(range(1, count + 1)) and well(connection, Thing)


def test_one_key_for_words_and_numbers(connection):
    class Odd(rom.Model):
        one = rom.Text(index=True, keygen=lambda value: {value: None} if value < u'b' else {u'a': 1})
    Odd(one=u'a'), Odd(one=u'c')
    with pytest.raises(InvalidOperation):
        rom.session.commit()
    assert list(rows_of(connection, 'Odd')) == ['1'] and problems(connection, Odd) == []


@pytest.mark.parametrize('new', [1, 4])
@pytest.mark.parametrize('counter', [None, 3])
def test_a_counter_that_was_lost(connection, Thing, counter, new):
    """No row is overwritten, by one by itself or by several."""
    things(Thing, range(5))
    rom.session.commit()
    rom.session.rollback()
    connection.delete('Thing:id:') if counter is None else connection.set('Thing:id:', counter)
    before = rows_of(connection, 'Thing')
    things(Thing, range(10, 10 + new))
    rom.session.commit()
    rows = rows_of(connection, 'Thing')
    assert len(rows) == 5 + new and well(connection, Thing)
    assert [rows[id] for id in before] == [before[id] for id in before]


@pytest.mark.parametrize('told', [0, 1, 2])
@pytest.mark.parametrize('atomic', [False, True])
def test_a_counter_that_was_lost_after_an_id_was_told(connection, Thing, atomic, told):
    """What comes from the counter then may be that very id: no two rows of a call get it."""
    new = things(Thing, range(3))
    assert new[told].id == 1
    connection.flushall()
    rom.session.commit(atomic=atomic)
    assert new[told].id == 1 and len(set(thing.id for thing in new)) == 3
    assert [rows_of(connection, 'Thing')[str(thing.id)]['code'] for thing in new] == [b'0', b'1', b'2'] and well(connection, Thing)


@pytest.mark.parametrize('atomic', [False, True])
def test_two_new_rows_of_one_id(connection, Thing, atomic):
    """The second of them is refused; it is not written over the first."""
    first, second = things(Thing, [1, 2])
    assert first.id == 1 and second.id == 2
    rom.session.forget(second)
    second._rom.id = 1  # as of two copies of a new entity
    jobs = []
    for entity in (first, second):
        jobs.append(Save(entity))
        jobs[-1].plan()
    with pytest.raises(rom.exceptions.DataRaceError):
        write(Writer(), jobs, atomic=atomic)
    assert [row['code'] for row in rows_of(connection, 'Thing').values()] == [b'1'][atomic:] and well(connection, Thing)


def test_ids_behind_what_a_double_tells(connection, Thing):
    connection.set('Thing:id:', 2 ** 53 + 1)
    new = things(Thing, range(3))
    rom.session.commit()
    assert [thing.id for thing in new] == [2 ** 53 + 2, 2 ** 53 + 3, 2 ** 53 + 4] and well(connection, Thing)


def test_all_kinds_of_writes_of_two_models_in_one_commit(connection, Thing, requests):
    class Other(rom.Model):
        thing = rom.ManyToOne('Thing', on_delete='no action')
        a, b = rom.Integer(), rom.Integer()
        sum = rom.IndexOnly(keygen2=lambda attr, row: {'': row.a + row.b, 'word': None})
        unique_together = [('a', 'b')]
        geo_index = [rom.GeoIndex('at', lambda row: {'lon': row.a, 'lat': row.b})]
    old = things(Thing, range(4))
    rom.session.commit()
    del requests[:]
    new = things(Thing, range(4, 6))
    for thing in old:
        thing.size = 7
    old[2].words = u'other'
    others = [Other(a=number, b=1, thing=old[0] if number else new[0]) for number in range(4)]
    rom.session.commit()
    assert well(connection, Thing) and len(rows_of(connection, 'Other')) == 4
    job = rom.util.check_indexes(Other)
    list(job)
    assert job.problems == [] and Other.query.near('at', 2, 1, 1, 'km', 5).all() == [others[2]]
    assert Other.query.filter(sum=4).all() == [others[3]] and connection.hlen('Other:a:b:uidx') == 4
    kinds = [item[0] if isinstance(item[0], type(u'')) else 'list' for request in requests for item in json.loads(request)['operations']]
    assert set(kinds) == {'new', 'change', 'update'}


# Rows that change -------------------------------------------------------------------------------------------------------

@pytest.fixture
def Meter(connection):
    class Meter(rom.Model):
        value = rom.Integer(index=True)
        level = rom.Float(index=True)
        note = rom.Text()
        data = rom.Json()
        code = rom.Text(unique=True)
    return Meter


@pytest.fixture
def meters(Meter):
    kept = [Meter(value=number, level=.5, note=u'n%d' % number, data=[1], code=u'%d' % number) for number in range(6)]
    rom.session.commit()
    return kept


def kinds_of(requests):
    return [item[0] if item[0] in ('new', 'change', 'update', 'delete') else 'list' for request in requests for item in json.loads(request)['operations']]


@pytest.mark.parametrize('count', [1, 6])
@pytest.mark.parametrize('values', [dict(value=70), dict(note=u'h\xe9 "\x00'), dict(value=-8, level=2.5, note=u'')])
@pytest.mark.parametrize('atomic', [False, True])
def test_plain_values_change_in_a_batch(connection, Meter, meters, requests, values, count, atomic):
    del requests[:]
    for meter in meters[:count]:
        meter.update(data=[2], **values)
    rom.session.commit(atomic=atomic)
    assert kinds_of(requests) == ['change'] and requests[0].count('"Meter"') == 1 and well(connection, Meter)
    rom.session.rollback()
    again = Meter.get(1)
    assert dict((attr, getattr(again, attr)) for attr in values) == values and again.data == [2] and again.code == u'0'
    assert Meter.query.filter(value=again.value).count() == (count if 'value' in values else 1)


@pytest.mark.parametrize('values,kind', [(dict(code=u'x'), 'update'), (dict(note=None), 'update'), (dict(value=None), 'update'),
                                         (dict(level=float('inf')), 'list')])
def test_more_than_plain_values(connection, Meter, meters, requests, values, kind):
    del requests[:]
    meters[0].update(**values)
    meters[0].save()
    assert kinds_of(requests) == [kind] and well(connection, Meter)


@pytest.mark.parametrize('atomic', [False, True])
def test_a_row_that_another_writer_changed_among_many(connection, Meter, meters, atomic):
    """Those before it are written, or none; it names the column, and keeps what is stored."""
    connection.hset('Meter:3', 'value', 100)
    connection.zadd('Meter:value:idx', {'3': 100})
    for meter in meters:
        meter.value += 10
    with pytest.raises(rom.exceptions.BulkError if atomic else rom.exceptions.DataRaceError) as caught:
        rom.session.commit(atomic=atomic)
    assert 'value of Meter:3' in str(caught.value)
    stored = [connection.hget('Meter:%d' % id, 'value') for id in (1, 2, 3, 4)]
    assert stored == ([b'0', b'1', b'100', b'3'] if atomic else [b'10', b'11', b'100', b'3']) and well(connection, Meter)


def test_a_change_meets_a_value_that_came_or_went(connection, Meter):
    empty, full = Meter(), Meter(note=u'a')
    rom.session.commit()
    connection.hset('Meter:1', 'note', 'b')
    connection.hdel('Meter:2', 'note')
    for meter in (empty, full):
        meter.note = u'c'
        with pytest.raises(rom.exceptions.DataRaceError):
            meter.save()
    connection.delete('Meter:2')
    with pytest.raises(rom.exceptions.EntityDeletedError):
        full.save()
    full.save(force=True)
    empty.save(force=True)
    assert connection.hget('Meter:2', 'note') == connection.hget('Meter:1', 'note') == b'c' and well(connection, Meter)


def test_bytes_that_are_no_utf8_can_be_changed(connection, Meter, meters):
    connection.hset('Meter:1', 'note', b'\xff')
    meter = meters[0]
    rom.session.refresh(meter)
    meter.note = u'b'
    meter.save()
    assert connection.hget('Meter:1', 'note') == b'b'


@pytest.mark.parametrize('count', [1, 3])
@pytest.mark.parametrize('key', ['Meter:level:idx', 'Meter:value:idx'])
@pytest.mark.parametrize('values', [dict(value=50, level=7.), dict(note=u'x', value=50, level=7.), None])
def test_a_change_does_not_meet_its_index(connection, Meter, meters, count, key, values):
    """Nothing is written, of no row, where an index is a key of another type."""
    connection.delete(key)
    connection.set(key, 'x')
    before = snapshot(connection)
    for meter in meters[:count]:
        meter.update(**values or {key.split(':')[1]: 50})
    with pytest.raises(InvalidOperation) as caught:
        rom.session.commit()
    assert key in str(caught.value) and snapshot(connection) == before


@pytest.mark.parametrize('listing', [None, b'[[],["level"],[],[],[]]', b'{}'])
def test_a_row_that_lists_other_entries_than_it_has(connection, Meter, meters, listing):
    connection.hset('Meter:1', '-index-data-', listing) if listing else connection.hdel('Meter:1', '-index-data-')
    meters[0].value = 50
    meters[0].save()
    assert 'value' in json.loads(connection.hget('Meter:1', '-index-data-').decode())[1]
    assert connection.zscore('Meter:value:idx', 1) == 50


def test_two_objects_of_one_row_in_a_call(connection, Meter, meters):
    """The later one meets what the earlier has written."""
    first, second = meters[:2]
    first.value, second.value = 20, 21
    job = rom.unitofwork.jobs.Save(first)
    job.plan()
    again = rom.unitofwork.jobs.Save(first)
    again.plan()
    outcome = rom.session._writer.write([job, again]).outcome
    assert outcome.done == ['1'] and outcome.errors[0][:2] == [1, 'race']


# Rows of which words and unique values change ----------------------------------------------------------------------------

@pytest.fixture
def changed(Thing):
    """Six rows, all of them read, to be changed."""
    things(Thing, range(6))
    rom.session.commit()
    rom.session.rollback()
    return Thing.get(list(range(1, 7)))


CHANGES = [
    dict(words=u'all'), dict(words=u'h\xe9 "q" / w3 \x00'), dict(words=None), dict(words=u''), dict(size=None), dict(flag=None), dict(code=None),
    dict(code=u''), dict(flag=False, size=decimal.Decimal('-8.5'), words=u'w1 w2 new'), dict(words=u'all w9', code=u'h\xe9'),
]


def in_some_order(stored):
    """A snapshot in which what rows list is sorted: on Python 2 operations list columns in the order of a dict."""
    for row in stored.values():
        if six.PY2 and isinstance(row, dict) and '-index-data-' in row:
            row['-index-data-'] = [sorted(part) for part in json.loads(row['-index-data-'])]
    return stored


@pytest.mark.parametrize('count', [1, 6])
@pytest.mark.parametrize('values', CHANGES)
@pytest.mark.parametrize('atomic', [False, True])
def test_words_and_unique_values_change_in_a_batch(connection, Thing, changed, requests, monkeypatch, values, count, atomic):
    """What is stored is what operations, one after the other, store."""
    before = dict((key, connection.dump(key)) for key in connection.keys('Thing:*') if b':once:' not in key)

    def write():
        for number, thing in enumerate(changed[:count]):
            thing.update(**dict(values, code=u'%s%d' % (values['code'], number)) if values.get('code') else values)
        del requests[:]
        rom.session.commit(atomic=atomic)
    write()
    assert kinds_of(requests) == ['update'] and requests[0].count('"Thing"') == 1 and well(connection, Thing)
    stored = in_some_order(snapshot(connection))
    for key in connection.keys('Thing:*'):
        if b':once:' not in key:
            connection.delete(key)
    for key, content in before.items():
        connection.restore(key, 0, content)
    rom.session.rollback()
    changed[:] = Thing.get(list(range(1, 7)))
    monkeypatch.setattr(rom.storage.alteration, 'alter', lambda *arguments: None)
    write()
    assert kinds_of(requests) == ['list'] and in_some_order(snapshot(connection)) == stored


def test_values_go_from_row_to_row(connection, Thing, changed):
    """A word and a unique value that one row of the batch gives up, the next one takes; two that swap theirs stand in each other's way."""
    for number, thing in enumerate(changed):
        thing.code, thing.words = u'%d' % (number - 1), u'all w%d' % (number - 1)
    rom.session.commit()
    assert well(connection, Thing) and connection.hgetall('Thing:code:uidx') == dict(
        (b'%d' % (number - 1), b'%d' % (number + 1)) for number in range(6))
    changed[0].code, changed[1].code, changed[2].words = u'0', u'-1', u'last'
    before = snapshot(connection)
    with pytest.raises(UniqueKeyViolation):
        rom.session.commit()
    assert snapshot(connection) == before


@pytest.mark.parametrize('atomic', [False, True])
def test_a_unique_value_twice_among_changes(connection, Thing, changed, atomic):
    for thing in changed:
        thing.code = u'x%d' % (thing.id % 5)
    before = snapshot(connection)
    with pytest.raises(rom.exceptions.BulkError if atomic else UniqueKeyViolation) as caught:
        rom.session.commit(atomic=atomic)
    assert "'x1'" in str(caught.value) and well(connection, Thing)
    assert snapshot(connection) == before if atomic else connection.hget('Thing:5', 'code') == b'x0'


@pytest.mark.parametrize('odd', ['raced', 'gone', 'listing', 'owner gone', 'not its own'])
def test_one_of_many_changes_meets_something_odd(connection, Thing, changed, odd):
    if odd == 'raced':
        connection.hset('Thing:4', 'words', 'another')
    elif odd == 'gone':
        connection.delete('Thing:4')
    elif odd == 'listing':
        connection.hset('Thing:4', '-index-data-', '[["words:all"],5,[["words"]]]')
    elif odd == 'owner gone':
        connection.hset('Thing:code:uidx', 'new3', '99')
    else:
        connection.hset('Thing:code:uidx', '3', '99')
    for thing in changed:
        thing.words, thing.code = u'new', u'new%d' % (thing.id - 1)
    if odd in ('raced', 'gone'):
        with pytest.raises(rom.exceptions.DataRaceError if odd == 'raced' else rom.exceptions.EntityDeletedError):
            rom.session.commit()
    else:
        rom.session.commit()
    written = [connection.hget('Thing:%d' % id, 'words') == b'new' for id in range(1, 7)]
    assert written == ([True] * 3 + [False] * 3 if odd in ('raced', 'gone') else [True] * 6)
    assert connection.hget('Thing:code:uidx', 'new2') == b'3'
    assert connection.hget('Thing:code:uidx', '3') == {'not its own': b'99', 'raced': b'4', 'gone': b'4'}.get(odd)


@pytest.mark.parametrize('key', ['Thing:words:new:idx', 'Thing:size:idx', 'Thing:words:pre', 'Thing:words:suf', 'Thing:code:uidx'])
def test_words_that_change_do_not_meet_their_index(connection, Thing, changed, key):
    connection.delete(key)
    connection.rpush(key, 'x')
    before = snapshot(connection)
    for thing in changed:
        thing.words, thing.size, thing.code = u'new', 8, u'new%d' % thing.id
    with pytest.raises(InvalidOperation) as caught:
        rom.session.commit()
    assert key in str(caught.value) and snapshot(connection) == before


# Rows that go -----------------------------------------------------------------------------------------------------------

def test_deleting_many(connection, Thing, requests):
    many = things(Thing, range(600))
    rom.session.commit()
    del requests[:]
    rom.session.delete(many)
    assert len(requests) == 2 and all(request.count('"Thing"') == 1 for request in requests)
    assert list(snapshot(connection)) == [b'Thing:id:']


def test_what_others_did_meanwhile(connection, Thing):
    """A unique value that another row has by now stays; a row that has gone counts as deleted."""
    first, second, third = things(Thing, range(3))
    rom.session.commit()
    connection.hset('Thing:code:uidx', u'0', 77)
    connection.hset('Thing:2', 'words', 'other')
    Thing.get(3).words = u'new words'
    rom.session.commit()
    connection.delete('Thing:3')
    rom.session.delete(first, second, third)
    assert all(thing._deleted for thing in (first, second, third))
    assert connection.hgetall('Thing:code:uidx') == {b'0': b'77'} and rows_of(connection, 'Thing') == {}


def test_a_unique_value_changed_meanwhile(connection, Thing):
    """What is stored now is taken out, not what the entity remembers."""
    kept = things(Thing, range(3))
    rom.session.commit()
    connection.hset('Thing:2', 'code', 'moved')
    connection.hset('Thing:code:uidx', 'moved', 2)
    connection.hdel('Thing:code:uidx', '1')
    rom.session.delete(kept)
    assert list(snapshot(connection)) == [b'Thing:id:']


def test_a_key_of_another_type_does_not_keep_a_row(connection, Thing):
    kept = things(Thing, range(3))
    rom.session.commit()
    connection.delete('Thing:words:all:idx')
    connection.set('Thing:words:all:idx', 'x')
    rom.session.delete(kept)
    assert set(snapshot(connection)) == {b'Thing:id:', b'Thing:words:all:idx'}


@pytest.mark.parametrize('listing', [b'[["words:all"],["size"]]', b'{}', b'x', b'[[],[],[],["place"],[]]', b'[null,{},[[1,2]]]'])
def test_a_row_with_another_list(connection, Thing, listing):
    kept = things(Thing, range(2))
    rom.session.commit()
    connection.hset('Thing:1', '-index-data-', listing)
    rom.session.delete(kept)
    assert rows_of(connection, 'Thing') == {} and connection.hlen('Thing:code:uidx') == 0


# What is asked of entities, and how often -------------------------------------------------------------------------

@pytest.fixture
def Told(connection):
    class Told(rom.Model):
        size = rom.Integer(index=True)
        notes = rom.Json()
        calls = []

        def _before_update(self):
            self.calls.append(('before', self.id))

        def _after_update(self):
            self.calls.append(('after', self.id))
    return Told


@pytest.mark.parametrize('way', [{}, {'full': True}, {'force': True}], ids=lambda way: ''.join(way) or 'plain')
@pytest.mark.parametrize('write', ['commit', 'atomic', 'flush', 'save'])
@pytest.mark.parametrize('is_hooked', [True, False])
def test_what_was_assigned_and_does_not_differ_is_not_written(connection, Told, write, way, is_hooked):
    """No hook is called for what a look at the row shows to be unchanged, among those that are changed; and nothing of it is written."""
    if not is_hooked:
        del Told._before_update, Told._after_update
    [Told(size=number, notes=[number]) for number in range(6)]
    rom.session.commit()
    rom.session.rollback()
    found = Told.get([1, 2, 3, 4, 5, 6])
    for entity in found:
        entity.size = entity.size + entity.id % 2
        entity.notes.append(7)
        entity.notes.pop()
    connection.hset('Told:2', 'notes', '[7]')

    def written():
        if write == 'save':
            return rom.session.save(found, **way)
        return rom.session.flush(**way) if write == 'flush' else rom.session.commit(atomic=write == 'atomic', **way)
    assert written() == 3 * (len(Told._rom_schema.columns) if way else 1)
    assert sorted(Told.calls) == sorted((when, id) for when in ('before', 'after') for id in (1, 3, 5)) * is_hooked
    assert written() == 0 and len(Told.calls) == 6 * is_hooked and connection.hget('Told:2', 'notes') == b'[7]'


def test_a_value_is_worked_out_once_for_a_commit(connection):
    class Counted(rom.Integer):
        asked = []

        def _to_redis(self, value):
            self.asked.append(value)
            return rom.Integer._to_redis(self, value)

    class Gauge(rom.Model):
        size = Counted(index=True)
    gauges = [Gauge(size=number) for number in range(10)]
    rom.session.commit()
    for gauge in gauges:
        gauge.size += 100
    del Counted.asked[:]
    rom.session.commit()
    assert Counted.asked == list(range(100, 110))


@pytest.mark.parametrize('changes', ['size', 'words', 'nothing'])
def test_a_signal_handler_saves_what_is_planned(Told, connection, monkeypatch, changes):
    """What was saved between its plan and its write is planned anew: nothing that came later is taken back, and nothing is refused."""
    from rom.unitofwork import work
    found, plain = [Told(size=number) for number in range(4)], work.groups
    rom.session.commit()
    for entity in found:
        entity.size += 10

    def interrupted(jobs):
        monkeypatch.setattr(work, 'groups', plain)
        if changes == 'words':
            found[2].notes = ['later']
        if changes == 'size':
            found[2].size = 99
        if changes != 'nothing':
            found[2].save()
        return plain(jobs)
    monkeypatch.setattr(work, 'groups', interrupted)
    rom.session.commit()
    rom.session.rollback()
    assert [entity.size for entity in Told.get([1, 2, 3, 4])] == [10, 11, 99 if changes == 'size' else 12, 13]
    assert Told.get(3).notes == (['later'] if changes == 'words' else None)


def test_a_delete_of_its_own_is_asked_once_for_a_row(connection):
    class Kept(rom.Model):
        size = rom.Integer()
        asked = []

        def delete(self, **kwargs):
            self.asked.append(self.id)
            if self.size:
                rom.Model.delete(self, **kwargs)

    class Free(rom.Model):
        size = rom.Integer()
    kept, free = [Kept(size=number % 2) for number in range(4)], [Free(size=number) for number in range(4)]
    rom.session.commit()
    rom.session.delete(kept + free + kept[:1])
    assert Kept.asked == [1, 2, 3, 4] and [entity.id for entity in Kept.query.iter_result()] == [1, 3]
    assert list(Free.query.iter_result()) == []
