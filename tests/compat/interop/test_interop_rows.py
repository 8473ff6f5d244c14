# -*- coding: utf-8 -*-
"""Each library reads, updates and deletes the rows of the other."""
import datetime

import pytest

from samples import EDGES, FULL, OTHER, SPARSE
from sides import RemoteError, keyspace


@pytest.fixture
def targets(connection, ours):
    for name in (u'one', u'two'):
        ours.create('Target', {'name': name})


def expected(values):
    """What `to_dict` says of a row of Every that was made with these values."""
    blank = dict.fromkeys(FULL)
    blank.update(words=None, both=None, sum=None, plain_int=3)
    blank.update(values)
    return blank


def read_back(side, id):
    row = side.read('Every', id)
    assert row.pop('key') == id
    return row


@pytest.mark.parametrize('values', [FULL, OTHER, SPARSE, {}] + EDGES)
def test_read(pair, targets, values):
    writer, reader = pair
    id, _ = writer.create('Every', values)
    assert read_back(reader, id) == expected(values)


@pytest.mark.parametrize('first,second', [(FULL, OTHER), (OTHER, FULL), (SPARSE, FULL), ({}, OTHER)])
def test_update(pair, targets, first, second):
    writer, other = pair
    id, _ = writer.create('Every', first)
    other.update('Every', id, second)
    assert read_back(writer, id) == expected(dict(first, **second))
    assert read_back(other, id) == expected(dict(first, **second))


def test_update_in_turns(pair, targets):
    writer, other = pair
    id, _ = writer.create('Every', FULL)
    for name in sorted(OTHER):
        other.update('Every', id, {name: OTHER[name]})
        writer, other = other, writer
    assert read_back(writer, id) == expected(OTHER)


def test_clear(pair, targets):
    writer, other = pair
    id, _ = writer.create('Every', FULL)
    other.clear('Every', id, sorted(FULL))
    assert read_back(writer, id) == dict(expected({}), plain_int=3)


def test_delete_leaves_nothing(pair, targets, connection):
    writer, other = pair
    before = keyspace(connection)
    for values in (FULL, OTHER):
        id, _ = writer.create('Every', values)
        writer.unsafe('Every', id, 'log', 'rpush', [u'a'])
        writer.update('Every', id, {'integer': 99, 'text': u'changed words'})
        other.delete('Every', id)
        assert other.read('Every', id) is None and writer.read('Every', id) is None
    after = keyspace(connection)
    after.pop(b'every thing:key:')
    assert after == before


def test_session_delete(pair, connection):
    writer, other = pair
    id_list, _ = writer.create_many('Slot', [{'name': u'n%d' % n, 'n': n} for n in range(5)])
    other.session_delete('Slot', id_list[:3])
    assert writer.query('Slot', [['filter', [], {'n': (0, None)}]]) == id_list[3:]
    assert writer.read('Slot', id_list[0]) is None
    assert {key for key in keyspace(connection) if b'n0' in key} == set()


def test_ids_come_from_one_counter(ours, theirs):
    made = [side.create('Slot', {'n': n})[0] for n, side in enumerate([ours, theirs, ours, theirs, theirs, ours])]
    assert made == [1, 2, 3, 4, 5, 6]


def test_unique_is_kept_between_the_two(pair):
    writer, other = pair
    values = dict(unique_int=3, unique_text=u'Ünique', unique_bytes=b'\x00\xff', unique_indexed=u'bob@x',
                  text=u'é', integer=1, plain=u'p', string=b'\xe9', boolean=True)
    id, _ = writer.create('Every', values)
    for taken in ({'unique_int': 3}, {'unique_text': u'Ünique'}, {'unique_bytes': b'\x00\xff'},
                  {'unique_indexed': u'bob@x'}, {'text': u'é', 'integer': 1},
                  {'plain': u'p', 'string': b'\xe9', 'boolean': True}):
        with pytest.raises(RemoteError) as caught:
            other.create('Every', taken)
        assert caught.value.type == 'UniqueKeyViolation'
    other.update('Every', id, {'unique_int': 4, 'unique_text': None, 'integer': 2})
    writer.create('Every', {'unique_int': 3, 'unique_text': u'Ünique', 'text': u'é', 'integer': 1})
    with pytest.raises(RemoteError):
        writer.create('Every', {'unique_int': 4})


def test_keyed_unique(pair):
    """1.1.2 stores the keygen's result in the row, ours the value; either way the entry is the keygen's."""
    writer, other = pair
    writer.create('Keyed', {'email': u'Ann@X'})
    with pytest.raises(RemoteError) as caught:
        other.create('Keyed', {'email': u'ANN@x'})
    assert caught.value.type == 'UniqueKeyViolation'
    assert other.get_by('Keyed', {'email': u'ann@x'}) == 1
    other.update('Keyed', 1, {'n': 5})
    other.delete('Keyed', 1)
    writer.create('Keyed', {'email': u'ann@X'})


def test_get_by_unique(pair):
    writer, reader = pair
    id, _ = writer.create('Every', {'unique_int': -3, 'unique_text': u'Ünique', 'unique_bytes': b'\x00\xff'})
    for values in ({'unique_int': -3}, {'unique_text': u'Ünique'}, {'unique_bytes': b'\x00\xff'}):
        assert reader.get_by('Every', values) == id
    assert reader.get_by('Every', {'unique_text': u'no'}) is None
    assert reader.get_by('Every', {'unique_text': [u'no', u'Ünique']}) == [id]


def test_unsafe_column(pair):
    writer, other = pair
    id, _ = writer.create('Every', {})
    writer.unsafe('Every', id, 'log', 'rpush', [u'a', u'b'])
    other.unsafe('Every', id, 'log', 'rpush', [u'c'])
    assert other.unsafe('Every', id, 'log', 'lrange', [0, -1]) == [b'a', b'b', b'c']
    assert writer.unsafe('Every', id, 'log', 'llen', []) == 3


def test_references_and_their_other_side(pair, targets):
    writer, reader = pair
    made = [writer.create('Every', {'reference': 1 + n % 2, 'foreign': n})[0] for n in range(4)]
    assert sorted(reader.attribute('Target', 1, 'pointers')) == [made[0], made[2]]
    assert reader.read('Every', made[1])['reference'] == 2
    reader.update('Every', made[1], {'reference': 1})
    assert sorted(writer.attribute('Target', 1, 'pointers')) == made[:3]
    reader.delete('Target', 1)
    assert writer.read('Every', made[0])['reference'] is None


def test_on_delete(pair):
    writer, other = pair
    for n in range(4):
        writer.create('Owner', {'name': u'o%d' % n})
    writer.create('Restricted', {'owner': 1})
    writer.create('Cascaded', {'owner': 2, 'n': 5})
    writer.create('Nulled', {'owner': 3})
    with pytest.raises(RemoteError) as caught:
        other.delete('Owner', 1)
    assert caught.value.type == 'RestrictError'
    other.delete('Owner', 2)
    assert writer.read('Cascaded', 1) is None
    assert writer.query('Cascaded', [['filter', [], {'n': 5}]]) == []
    other.delete('Owner', 3)
    assert writer.read('Nulled', 1) == {'id': 1, 'owner': None}


def test_stale_writer_of_another_column(pair):
    writer, other = pair
    id, _ = writer.create('Every', {'integer': 1, 'text': u'one two'})
    writer.hold('Every', id)
    other.update('Every', id, {'plain': u'theirs', 'float': 2.5})
    writer.update('Every', id, {'integer': 5})
    row = other.read('Every', id)
    assert (row['integer'], row['plain'], row['float']) == (5, u'theirs', 2.5)
    assert other.query('Every', [['filter', [], {'integer': 5}]]) == [id]
    assert other.query('Every', [['filter', [], {'integer': 1}]]) == []


def test_stale_writer_of_the_same_column(pair):
    writer, other = pair
    id, _ = writer.create('Every', {'integer': 1})
    writer.hold('Every', id)
    other.update('Every', id, {'integer': 2})
    with pytest.raises(RemoteError) as caught:
        writer.update('Every', id, {'integer': 3})
    assert caught.value.type == 'DataRaceError'
    assert other.read('Every', id)['integer'] == 2
    writer.update('Every', id, {'integer': 4}, False, True)
    assert other.read('Every', id)['integer'] == 4


def test_row_that_the_other_deleted(pair):
    writer, other = pair
    id, _ = writer.create('Every', {'integer': 1})
    writer.hold('Every', id)
    other.delete('Every', id)
    with pytest.raises(RemoteError) as caught:
        writer.update('Every', id, {'integer': 3})
    assert caught.value.type == 'EntityDeletedError'


def test_transfer(pair):
    writer, other = pair
    for n in (10, 1):
        writer.create('Slot', {'n': n})
    for n in range(2):
        other.create('Owner', {})
    other.transfer('Slot', 1, 2, 'n', 4, 1)
    assert [writer.read('Slot', id)['n'] for id in (1, 2)] == [6, 5]
    assert writer.query('Slot', [['filter', [], {'n': 6}]]) == [1]
    with pytest.raises(RemoteError):
        writer.transfer('Slot', 1, 2, 'n', 4, 1)
    writer.transfer('Slot', 1, 2, 'n', 6, 2)
    assert [other.read('Slot', id)['n'] for id in (1, 2)] == [0, 11]


def test_dates_around_the_epoch(pair):
    writer, reader = pair
    for day in (-1, 0, 1):
        moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(days=day, microseconds=1)
        id, _ = writer.create('Every', {'datetime': moment, 'date': moment.date()})
        row = reader.read('Every', id)
        assert (row['datetime'], row['date']) == (moment, moment.date())


def test_safer_datetime(pair):
    writer, reader = pair
    moments = [datetime.datetime(1969, 12, 31, 23, 59, 58, 500000), datetime.datetime(2000, 2, 29)]
    id, _ = writer.create('Moment', {'safer': moments[0]})
    assert reader.read('Moment', id)['safer'] == moments[0]
    reader.update('Moment', id, {'safer': moments[1]})
    assert writer.query('Moment', [['filter', [], {'safer': moments[1]}]]) == [id]
