# -*- coding: utf-8 -*-
"""GeneralIndex, the requests of searches, and look-ups by unique values."""
import datetime
import json

import pytest

from rom import FULL_TEXT, Float, GeoIndex, Integer, Model, Text, session
from rom.values import codecs
from rom.exceptions import QueryError
from rom.index import (GeneralIndex, Geofilter, Pattern, Prefix, Search, Suffix, ids_without, lookup_unique)
from rom.search.request import Translator
from naming import shown
from servers import DECODE


@pytest.fixture
def Row():
    class Row(Model):
        n = Integer(index=True)
        f = Float(index=True)
        t = Text(index=True, keygen=FULL_TEXT, prefix=True, suffix=True)
        u = Text(unique=True)
        geo_index = [GeoIndex('g', lambda row: {'lon': row.n, 'lat': row.n})]
    for n in range(12):
        Row(n=n // 3, f=n / 2.0, t=u'hello w%d é' % n, u=u'u%d' % n)
    session.commit()
    session.rollback()
    return Row


def found(*ids):
    return [str(id) if DECODE else str(id).encode() for id in ids]


@pytest.mark.parametrize('arguments,expected', [
    (([('n', 0, 1)], 'n'), (1, 2, 3, 4, 5, 6)), (([('n', 0, 1)], '-n', 1, 3), (5, 6, 1)),
    (([('n', 0, 1)], None, 0, 3), (1, 2, 3)), (([('n', 0, 1)], None, 2), (3, 4, 5, 6)),
    (([('n', 0, 1)], None, None, 2), (1, 2)), ((['t:hello', ['t:w1', 't:w3']], None, 0, 20), (2, 4)),
    (([('n', '(0', 1)], None), (4, 5, 6)), (([('n', None, 0)], None), (1, 2, 3)), (([('n', '-inf', 'inf')], 'f', 0, 2), (1, 2)),
    (([Prefix('t', 'w1')], None, 0, 20), (11, 12, 2)), (([Pattern('t', 'w?1')], 'f'), (2, 11, 12)),
    (([Suffix('t', '1')], 'f'), (2, 12)), (([Suffix('t', '1w')], 'f'), (2,)), (([Suffix('t', '11w')], 'f'), (12,)),
    (([Geofilter('g', 3, 3, 100, 'km', None)], None), (10, 11, 12)), (([], None, 0, 20), ()),
    (([], '-f', 0, 2), (12, 11)), (([[['t:hello', 't:w1'], 't:w2']], None), (2, 3))], ids=shown)
def test_general_index_search(Row, rom_connection, arguments, expected):
    assert GeneralIndex('Row').search(rom_connection, *arguments) == found(*expected)


def test_general_index_count(Row, rom_connection):
    index = GeneralIndex('Row')
    assert index.count(rom_connection, [('n', 0, 1)]) == 6
    assert index.count(rom_connection, ['t:hello', 't:w1']) == 1
    assert index.count(rom_connection, [Pattern('t', 'w?1')]) == 3
    assert index.count(rom_connection, []) == 0
    assert index.namespace == 'Row'


def test_general_index_keeps_results_for_a_while(Row, rom_connection, connection):
    key = GeneralIndex('Row').search(rom_connection, [('n', 0, 0)], '-f', timeout=5)
    assert connection.zrange(key, 0, -1, withscores=True) == [(b'3', -1.0), (b'2', -.5), (b'1', 0)]
    assert 0 < connection.ttl(key) <= 5


@pytest.mark.parametrize('bad', [5, None, ('n', 1), ('n', float('nan'), 1), ('n', 'x', 1), object()])
def test_what_is_no_filter(Row, rom_connection, bad):
    with pytest.raises(QueryError):
        GeneralIndex('Row').search(rom_connection, [bad], None)


@pytest.mark.pure
@pytest.mark.parametrize('item,low,high', [
    (('n', None, None), '-inf', '+inf'), (('n', 1, 2), '1.0', '2.0'), (('n', '(1', '(2'), '(1.0', '(2.0'),
    (('n', float('-inf'), float('inf')), '-inf', '+inf'), (('n', '(-inf', '(inf'), '(-inf', '(+inf'),
    (('n', datetime.date(1970, 1, 2), 2 ** 60), '86400.0', '1.152921504606847e+18')])
def test_bounds(item, low, high):
    made = Translator('Row').translate(item)
    assert (made['kind'], made['key'], made['low'], made['high']) == ('range', 'Row:n:idx', low, high)


@pytest.mark.pure
def test_requests_are_json():
    made = Translator('Row').translate([Prefix('t', u'é\0'), 't:x', [u't:y', ('n', 1, None)], Suffix('t', b'ab')])
    assert json.loads(json.dumps(made)) == made


@pytest.mark.parametrize('length', [1, 6, 7, 8, 9, 30])
def test_prefix_ranges_are_exact(Row, connection, rng, length):
    words = sorted(set(u''.join(rng.choice(u'ab\x01\x7fé\uffff') for _ in range(rng.randint(1, 2 * length)))
                       for _ in range(120)))
    with connection.pipeline() as pipe:
        for number, word in enumerate(words, 1):
            pipe.zadd('Word:w:pre', {word.encode('utf-8') + b'\0%d' % number: codecs._prefix_score(word)})
        pipe.execute()
    index = GeneralIndex('Word')
    for word in words[::5]:
        for start in (word[:length], word[:length + 1], word):
            expected = sorted((number for number, each in enumerate(words, 1) if each.startswith(start)), key=str)
            assert [int(id) for id in index.search(connection, [Prefix('w', start)], None)] == expected
            assert index.count(connection, [Prefix('w', start)]) == len(expected)


def test_lookup_unique_is_one_call(Row, rom_connection, calls):
    lookup_unique(rom_connection, Row._rom_schema, 'u', [u'u1'])
    del calls[:]
    rows = lookup_unique(rom_connection, Row._rom_schema, 'u', [u'u1', u'nothing', u'u5'])
    assert len(calls) == 1
    assert [row and row[0] for row in rows] == [2, None, 6]
    assert rows[0][1][Row._rom_schema.position['u']] in (b'u1', u'u1')
    assert lookup_unique(rom_connection, Row._rom_schema, 'u', []) == []


def test_lookup_unique_of_rows_that_are_gone(Row, rom_connection, connection):
    connection.delete('Row:2')
    assert lookup_unique(rom_connection, Row._rom_schema, 'u', [u'u1']) == [None]


def test_ids_without(Row, rom_connection):
    assert ids_without(rom_connection, 'Row', 't', 'pre', [u'w1', u'w2']) == [1, 4, 5, 6, 7, 8, 9, 10]
    assert ids_without(rom_connection, 'Row', 't', 'pre', [u'hello']) == []
    assert ids_without(rom_connection, 'Row', 't', 'pre', []) == list(range(1, 13))
    assert ids_without(rom_connection, 'Row', 't', 'suf', [u'1w', u'2w']) == [1, 4, 5, 6, 7, 8, 9, 10, 11, 12]


def test_rows_older_than_1_0_keep_their_words_elsewhere(Row, connection):
    """A word is looked up in the row; rows of old keep the list in one hash."""
    for id in range(1, 13):
        noted = connection.hget('Row:%d' % id, '-index-data-')
        connection.hdel('Row:%d' % id, '-index-data-')
        connection.hset('Row::', str(id), noted)
    assert [row.id for row in Row.query.startswith(t=u'é').order_by('n').limit(0, 2).all()] == [1, 2]


def test_search_writes_nothing_down_for_good(Row, rom_connection):
    search = Search(rom_connection, 'Row', ['t:hello'], '-n', Row._rom_schema, explain=True)
    assert [len(ids) for ids, _ in search.pages(count=5)] == [5]
    assert search.explained()['calls'] == 1
