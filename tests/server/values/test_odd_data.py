# -*- coding: utf-8 -*-
"""Right answers where what is stored is odd: counters, keys of another type, bytes that are no text, edges, huge numbers."""
import decimal

import pytest
import redis
import rom
from rom.storage import keyspace
from saving import save


def ids_of(query):
    rom.session.rollback()
    return [entity.id for entity in query.all()]


def by_text(ids):
    return sorted(ids, key=str)


# -- the id counter ----------------------------------------------------------------------------------------------------

@pytest.fixture
def Word(connection):
    class Word(rom.Model):
        name = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True)
        n = rom.Integer(index=True)
        flag = rom.Boolean(index=True)
    return Word


@pytest.mark.parametrize('counter', [5, 20, 95, 550])
def test_a_counter_set_back_hides_no_row_from_a_search(Word, connection, counter):
    save(Word, [dict(name=u'pre%d all' % i, n=i % 3, flag=True) for i in range(600)])
    connection.set('Word:id:', counter)
    connection.delete('Word:%d' % (counter + 1))
    want = by_text(range(1, 601))
    query = Word.query
    for found in (query.startswith(name=u'pre'), query.like(name=u'*e!'), query.endswith(name=u'l'), query.filter(flag=True),
                  query.filter(n=[0, 1, 2]).order_by('flag:True'), query.startswith(name=u'a').filter(flag=True),
                  query.startswith(name=[u'pre', u'x'])):
        assert ids_of(found.limit(0, 7)) == [id for id in want if id != counter + 1][:7]
    assert query.startswith(name=u'pre').count() == 600


def test_all_rows_are_gone_through_whatever_the_counter_says(Word, connection):
    save(Word, [dict(n=i) for i in range(150)])
    for counter in (None, 0, 1, 99, 100, 149, 150, 10 ** 6, 2 ** 62, 'broken'):
        connection.delete('Word:id:')
        if counter is not None:
            connection.set('Word:id:', counter)
        assert ids_of(Word.query) == list(range(1, 151)), counter
        assert [word.id for word in Word.query.iter_result(pagesize=7)] == list(range(1, 151)), counter
        assert ids_of(Word.query.limit(140, 5)) == [141, 142, 143, 144, 145]


def test_rows_that_a_loop_makes_are_not_given_to_it(Word, connection):
    save(Word, [dict(n=i) for i in range(130)])
    given = 0
    for word in Word.query.iter_result(pagesize=10):
        given += 1
        Word(n=word.n).save()
    assert given == 130


def test_a_long_gap_is_crossed_in_few_calls(Word, connection, calls):
    save(Word, [dict(n=i) for i in range(5)])
    connection.set('Word:id:', 10 ** 15)
    save(Word, [dict(n=7)])
    del calls[:]
    assert ids_of(Word.query) == [1, 2, 3, 4, 5, 10 ** 15 + 1]
    assert len(calls) < 10


@pytest.mark.parametrize('kind', ['list', 'hash', 'text', 'float'])
def test_a_counter_of_another_type_is_no_crash_on_reading(Word, connection, kind):
    save(Word, [dict(name=u'a%d' % i, n=i, flag=True) for i in range(30)])
    connection.delete('Word:id:')
    {'list': lambda: connection.rpush('Word:id:', 1), 'hash': lambda: connection.hset('Word:id:', 'a', 1),
     'text': lambda: connection.set('Word:id:', b'\xffx'), 'float': lambda: connection.set('Word:id:', '1.5')}[kind]()
    assert ids_of(Word.query) == list(range(1, 31)) and Word.query.count() == 0
    assert ids_of(Word.query.filter(flag=True)) == ids_of(Word.query.startswith(name=u'a')) == by_text(range(1, 31))
    assert Word.get(3).n == 2 and len(Word.get([4, 5])) == 2
    assert list(rom.util.refresh_indices(Word, scan=False)) == []


def test_ids_beyond_doubles_are_exact(Word, connection):
    start = 2 ** 53 + 2 ** 40
    connection.set('Word:id:', start)
    early = Word(name=u'a', n=1)
    want = [start + 1 + i for i in range(20)]
    save(Word, [dict(name=u'a', n=1, flag=True) for _ in want[1:]])
    assert early.id == want[0] and Word.get(want[3]).id == want[3]
    Word(name=u'a', n=1, flag=True).save()  # an id that the write call gives
    want.append(want[-1] + 1)
    query = Word.query
    for found in (query.filter(n=1), query.startswith(name=u'a'), query.like(name=u'?'), query.order_by('-n'), query):
        assert ids_of(found) == want and ids_of(found.limit(2, 3)) == want[2:5]
    assert [word.id for word in query.filter(n=1).iter_result(pagesize=3)] == want
    Word.get(want[5]).delete()
    job = rom.util.check_indexes(Word)
    assert list(job) and job.problems == [] and ids_of(query.filter(n=1)) == want[:5] + want[6:]


# -- keys of the other type --------------------------------------------------------------------------------------------

def test_sets_and_sorted_sets_stand_for_each_other(connection):
    class Row(rom.Model):
        data = rom.Json(index=True, keygen=lambda value: value)
        flag = rom.Boolean(index=True)
    save(Row, [dict(data={'size': i - 2, 'is%d' % i: None}, flag=bool(i % 2)) for i in range(6)])
    every, odd, query = [1, 2, 3, 4, 5, 6], [2, 4, 6], Row.query
    for found, want in (
            (query.filter(data='size'), every), (query.filter(data='size', flag=True), odd), (query.filter(data=['is0', 'size']), every),
            (query.filter(data=['size', 'other']).filter(flag=[True]), odd), (query.filter(data='size').order_by('-data:size'), every[::-1]),
            (query.order_by('flag:True'), odd), (query.order_by('-flag:True'), odd), (query.filter(**{'flag:True': (1, 1)}), odd),
            (query.filter(**{'flag:True': ('(1', None)}), []), (query.filter(**{'flag:True': (0, 5)}).filter(data='size'), odd),
            (query.filter(**{'flag:True': 1}).order_by('data:size'), odd), (query.filter(**{'flag:True': [1, 2]}), odd), (query.filter(data='size').filter(**{'flag:True': [1, 2]}), odd),
            (query.filter(**{'data:is3': (None, None)}), [4])):
        assert ids_of(found) == want and found.count() == len(want) and ids_of(found.limit(1, 2)) == want[1:3]
        assert [row.id for row in found.iter_result(pagesize=1)] == want
    key = query.order_by('-flag:True').cached_result(30)
    assert connection.zrange(key, 0, -1, withscores=True) == [(b'2', -1), (b'4', -1), (b'6', -1)]
    key = query.filter(data='size').cached_result(30)
    assert set(connection.zrange(key, 0, -1, withscores=True)) == set((b'%d' % id, 0) for id in every)


def test_an_index_key_of_any_other_type_is_told(Word, connection):
    connection.set('Word:name:a:idx', 'x')
    for ask in (Word.query.filter(name=u'a').all, Word.query.filter(name=u'a').count):
        with pytest.raises(redis.ResponseError, match='WRONGTYPE'):
            ask()


# -- bytes that are no text --------------------------------------------------------------------------------------------

class Watched(redis.Redis):
    """A client that is not plain, for which nothing is put together by hand."""

    def execute_command(self, *args, **kwargs):
        return super(Watched, self).execute_command(*args, **kwargs)


@pytest.mark.parametrize('kind', [redis.Redis, Watched])
@pytest.mark.parametrize('decodes', [False, True])
def test_broken_text_is_in_the_way_of_nothing_else(server, connection, kind, decodes):
    class Row(rom.Model):
        text = rom.Text()
        flag = rom.Boolean(index=True)
        code = rom.Text(unique=True)
    save(Row, [dict(text=u't\xe9%d' % i, flag=True, code=u'c%d' % i) for i in range(20)])
    connection.hset('Row:2', 'text', b'\xff\xfe')
    rom.util.CONNECTION = client = kind(**dict(server.kwargs, decode_responses=decodes))
    for query in (Row.query, Row.query.filter(flag=True), Row.query.order_by('flag:True'), Row.query.filter(flag=[True])):
        assert sorted(ids_of(query)) == list(range(1, 21)) and client.echo('x') in (b'x', u'x')
    raw = Row.query.filter(flag=True).select('text', 'code', decode=False).all()
    assert raw[11] == {'text': b'\xff\xfe', 'code': u'c1'} and raw[0] == {'text': u't\xe90', 'code': u'c0'}
    assert [row.id for row in Row.get([1, 2, 3])] == [1, 2, 3]
    rom.session.rollback()
    row = Row.get_by(code=u'c1')
    assert row.id == 2 and Row.get_by(code=[u'c0', u'c1'])[1] is row
    with pytest.raises(rom.InvalidColumnValue):
        row.text
    row.text = u'mended'
    row.save()
    assert connection.hget('Row:2', 'text') == b'mended' and client.echo('x') in (b'x', u'x')


# -- words -------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('tails', [[u'\x001'], [u'\x001', u'\x0015', u'\x001\x002', u'1', u'\0', u'\x002x']], ids=['one', 'many'])
@pytest.mark.parametrize('stem', [u'ab', u'abcdefgh'])
def test_words_that_go_on_with_nul_and_digits(connection, stem, tails):
    class Row(rom.Model):
        word = rom.Text(index=True, keygen=rom.IDENTITY, prefix=True, suffix=True)
        flag = rom.Boolean(index=True)
    words = [stem] * 700 + [stem + tail for tail in tails]
    save(Row, [dict(word=word, flag=i % 2 == 0) for i, word in enumerate(words)])

    def where(test):
        return by_text(i + 1 for i, word in enumerate(words) if test(word))
    for start in (stem, stem + u'\0', stem + u'\x001', stem + u'1', stem + u'\x0015'):
        want = where(lambda word: word.startswith(start))
        query = Row.query.startswith(word=start)
        assert ids_of(query) == want and ids_of(query.limit(0, 5)) == want[:5] and query.count() == len(want)
        assert ids_of(Row.query.endswith(word=start)) == where(lambda word: word.endswith(start))
        both = [id for id in want if id % 2]
        assert ids_of(query.filter(flag=True)) == both and ids_of(query.filter(flag=True).limit(3, 4)) == both[3:7]
    assert ids_of(Row.query.like(word=stem + u'+1')) == where(lambda word: u'1' in word[len(stem) + 1:])
    assert ids_of(Row.query.filter(word=stem + u'\x001')) == [701]


# -- places ------------------------------------------------------------------------------------------------------------

def test_places_on_the_edges_of_the_map(connection):
    class Spot(rom.Model):
        lon, lat = rom.Float(), rom.Float()
        n = rom.Integer(index=True)
        geo_index = [rom.GeoIndex('place', lambda row: {'lon': row.lon, 'lat': row.lat})]
    north = 85.05112878
    save(Spot, [dict(lon=lon, lat=lat, n=1) for lon in (-180, 180, 0) for lat in (-north, 0, north)])
    for lon in (180, -180):
        for place, lat in enumerate((-north, 0, north)):
            want = [place + 1, place + 4]
            near = Spot.query.near('place', lon, lat, 5, 'm')
            assert sorted(ids_of(near)) == want and ids_of(near.order_by('n')) == want and near.count() == 2
    everywhere = Spot.query.near('place', 180, north, 1e300, 'km')
    assert sorted(ids_of(everywhere)) == list(range(1, 10)) and everywhere.count() == 9
    assert ids_of(Spot.query.near('place', 1, 1, 0, 'm')) == []
    job = rom.util.check_indexes(Spot)
    assert list(job) and job.problems == []


# -- numbers beyond a double -------------------------------------------------------------------------------------------

BEYOND = [10 ** 400, -10 ** 5000, decimal.Decimal('1e400'), decimal.Decimal('-1e999999'), '9' * 5000, float('nan'), decimal.Decimal('sNaN')]


@pytest.mark.parametrize('value', BEYOND, ids=[str(place) for place in range(len(BEYOND))])
def test_numbers_beyond_a_double_are_refused(connection, value):
    class Row(rom.Model):
        whole, part = rom.Integer(index=True), rom.Float(index=True)
        exact, data = rom.Decimal(index=True), rom.Json(index=True, keygen=lambda value: value)
        geo_index = [rom.GeoIndex('place', lambda row: None)]
    for name in ('whole', 'part', 'exact', 'data:x'):
        for asked in (value, (value, None), (None, value), [1, value]):
            if name == 'data:x' and isinstance(value, str) and not isinstance(asked, tuple):
                continue  # a word
            with pytest.raises(rom.QueryError):
                Row.query.filter(**{name: asked})
    for args in ((value, 0, 1), (0, value, 1), (0, 0, value)):
        with pytest.raises(rom.QueryError):
            Row.query.near('place', *args + ('m',))


def test_pages_beyond_all_numbers(Word, connection):
    save(Word, [dict(flag=True)])
    for query in (Word.query, Word.query.filter(flag=True)):
        assert ids_of(query.limit(10 ** 5000, 5)) == [] and ids_of(query.limit(0, 10 ** 5000)) == [1]
    with pytest.raises(rom.QueryError):
        Word.query.filter(flag=True).cached_result(2 ** 63)
    assert [key for key in connection.keys('*') if b'-' in key] == []


def test_ids_are_what_a_counter_can_give():
    assert [bool(keyspace.ROW_ID.match(text)) for text in (u'1', u'0', u'9' * 19, u'01', u'1\n', u'9' * 20)] == [True] * 3 + [False] * 3


def test_numbers_that_are_one_to_an_index_count_once(connection):
    class Row(rom.Model):
        n = rom.Integer(index=True)
    save(Row, [dict(n=n) for n in (5, 2 ** 53, 2 ** 53, 7)])
    query = Row.query.filter(n=[5, 2 ** 53, 2 ** 53 + 1])
    assert query.count() == 3 and ids_of(query) == [1, 2, 3]
