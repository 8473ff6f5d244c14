# -*- coding: utf-8 -*-
"""What one library has indexed the other finds."""
import datetime
import decimal

import pytest

from naming import shown

ROWS = 12


@pytest.fixture
def rows(pair):
    """Twelve rows by the writer, every third updated by the reader: indexes of both hands."""
    writer, reader = pair
    for name in (u'one', u'two'):
        writer.create('Target', {'name': name})
    for n in range(ROWS):
        writer.create('Every', dict(
            integer=n, float=n / 2.0, decimal=decimal.Decimal(n) / 4, boolean=bool(n % 2),
            datetime=datetime.datetime(2020, 1, 1 + n), date=datetime.date(2020, 1, 1 + n), time=datetime.time(n),
            string=b'W\xe9rd w%d' % n, string_id=b'B',
            text=u'Hello World w%d é%d' % (n, n % 3), simple=u'name%02d' % (ROWS - n), case=u'NAME%02d' % n,
            identity=u'Id %d' % (n % 3), identity_ci=u'CI %d' % (n % 3), identity_prefix=u'Prefix long word %d' % n,
            json={u'k': n} if n % 2 else [n, n, n], reference=1 + n % 2))
    for id in range(3, ROWS + 1, 3):
        reader.update('Every', id, {'plain': u'touched', 'float': id * 100.0})
    return writer, reader


def both(rows, method, *args, **kwargs):
    """The ids that a query gives; the two libraries agree."""
    steps = [[method, list(args), kwargs]] if isinstance(method, str) else method
    found = [side.query('Every', steps) for side in rows]
    assert found[0] == found[1]
    return sorted(found[0])


FILTERS = [
    ({'integer': 5}, [6]), ({'integer': (3, 5)}, [4, 5, 6]), ({'integer': (None, 1)}, [1, 2]),
    ({'float': (300, None)}, [3, 6, 9, 12]), ({'float': 0.5}, [2]),
    ({'decimal': (decimal.Decimal('2.5'), None)}, [11, 12]),
    ({'boolean': True}, [2, 4, 6, 8, 10, 12]), ({'boolean': False, 'integer': (0, 3)}, [1, 3]),
    ({'datetime': datetime.datetime(2020, 1, 3)}, [3]),
    ({'datetime': (datetime.datetime(2020, 1, 3), datetime.datetime(2020, 1, 5))}, [3, 4, 5]),
    ({'date': (datetime.date(2020, 1, 11), None)}, [11, 12]), ({'time': (datetime.time(10, 30), None)}, [12]),
    ({'string': b'w7'}, [8]), ({'string_id': b'B', 'integer': 1}, [2]), ({'text': u'w7'}, [8]),
    ({'text': u'é1'}, [2, 5, 8, 11]), ({'text': u'hello', 'integer': (2, 3)}, [3, 4]),
    ({'text': [u'w1', u'w2']}, [2, 3]),
    ({'identity': u'Id 1'}, [2, 5, 8, 11]), ({'identity': u'id 1'}, []), ({'identity_ci': u'cI 1'}, [2, 5, 8, 11]),
    ({'json:size': 1}, [2, 4, 6, 8, 10, 12]), ({'json': u'any'}, list(range(1, 13))),
    ({'json': 3}, [1, 3, 5, 7, 9, 11]),
    ({'reference': 2}, [2, 4, 6, 8, 10, 12]), ({'reference': (None, None)}, list(range(1, 13))),
    ({'words': u'word-4'}, [5]), ({'both': u'both:I', 'integer': 0}, [1]), ({'sum': 1.5}, [2]),
    ({'sum:half': 2}, [5]),
]


@pytest.mark.parametrize('values,expected', FILTERS, ids=lambda value: shown(value) if isinstance(value, dict) else '')
def test_filter(rows, values, expected):
    assert both(rows, 'filter', **values) == expected
    counts = {side.count('Every', [['filter', [], values]]) for side in rows}
    assert counts == {len(expected)}


@pytest.mark.parametrize('method,values,expected', [
    ('startswith', {'text': u'w1'}, [2, 11, 12]), ('startswith', {'text': u'é'}, list(range(1, 13))),
    ('startswith', {'identity_prefix': u'Prefix long word 1'}, [2, 11, 12]),
    ('startswith', {'string': u'wé'}, list(range(1, 13))),
    ('endswith', {'text': u'11'}, [12]), ('endswith', {'identity_prefix': u'word 3'}, [4]),
    ('endswith', {'text': u'ld'}, list(range(1, 13))),
    ('like', {'text': u'w?1'}, [2, 11, 12]), ('like', {'text': u'w+0'}, [11]),
    ('like', {'text': u'*orl'}, list(range(1, 13))),
    ('like', {'identity_prefix': u'Pre!!x * 7'}, [8])])
def test_prefix_suffix_like(rows, method, values, expected):
    assert both(rows, method, **values) == expected


def test_order_and_limit(rows):
    for side in rows:
        assert side.query('Every', [['order_by', ['-integer'], {}], ['limit', [2, 3], {}]]) == [10, 9, 8]
        assert side.query('Every', [['order_by', ['simple'], {}], ['limit', [0, 3], {}]]) == [12, 11, 10]
        assert side.query('Every', [['order_by', ['case'], {}], ['limit', [0, 3], {}]]) == [1, 2, 3]
        assert side.query('Every', [['filter', [], {'text': u'hello'}], ['order_by', ['-float'], {}],
                                    ['limit', [0, 2], {}]]) == [12, 9]
        assert side.query('Every', [['filter', [], {'text': u'hello'}]]) == [1, 10, 11, 12, 2, 3, 4, 5, 6, 7, 8, 9]
        assert side.query('Every', []) == list(range(1, 13))


def test_get_by(rows):
    for side in rows:
        assert side.get_by('Every', {'integer': 5}) == [6]
        assert side.get_by('Every', {'integer': (2, 4)}) == [3, 4, 5]
        assert side.get_by('Every', {'integer': (2, None), '_limit': (1, 2)}) == [4, 5]
        assert sorted(side.get_by('Every', {'text': u'é0'})) == [1, 4, 7, 10]


def test_select(rows):
    found = [side.select('Every', [['filter', [], {'integer': (2, 3)}]], ['integer', 'date', 'reference'])
             for side in rows]
    assert found[0] == found[1] == [
        {'integer': 2, 'date': datetime.date(2020, 1, 3), 'reference': 1},
        {'integer': 3, 'date': datetime.date(2020, 1, 4), 'reference': 2}]


def test_query_delete(pair):
    writer, other = pair
    writer.create_many('Slot', [{'name': u'hello w%d' % n, 'n': n} for n in range(8)])
    other.query_delete('Slot', [['filter', [], {'n': (4, None)}]])
    for side in pair:
        assert side.query('Slot', [['filter', [], {'name': u'hello'}]]) == [1, 2, 3, 4]
        assert side.query('Slot', [['startswith', [], {'name': u'w'}]]) == [1, 2, 3, 4]


def test_geo(pair):
    writer, reader = pair
    for n in range(5):
        writer.create('Geo', {'integer': n, 'float': n * 10.0, 'name': u'n%d' % n})
    near = [['near', ['place', 3, 3, 200, 'km'], {}]]
    assert reader.query('Geo', near) == writer.query('Geo', near) == [4, 5, 3][:len(reader.query('Geo', near))]
    reader.update('Geo', 4, {'name': u'moved'})
    writer.update('Geo', 4, {'float': 500.0})
    assert 4 not in reader.query('Geo', near)
    assert reader.query('Geo', [['near', ['place', 50, 3, 10, 'km'], {}]]) == [4]
    assert reader.query('Geo', [['endswith', [], {'name': u'ed'}]]) == [4]


def test_does_not_startwith(pair):
    writer, reader = pair
    for name in (u'apple', u'apply', u'banana', u'cherry'):
        writer.create('Slot', {'name': name})
    assert set(reader.does_not_startwith('Slot', 'name', [u'app'])) >= {3, 4}


def test_reindex(rows):
    for side in rows:
        side.reindex('Every')
        assert both(rows, 'filter', text=u'é1') == [2, 5, 8, 11]


def test_clean(rows, ours, connection):
    """Ours alone finds what a row deleted from outside has left; 1.1.2 still finds the rest afterwards."""
    connection.delete('every thing:4')
    ours.clean('Every')
    assert not connection.sismember('every thing:identity:Id 0:idx', '4')
    assert both(rows, 'filter', identity=u'Id 0') == [1, 7, 10]
