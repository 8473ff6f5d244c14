# -*- coding: utf-8 -*-
"""What queries find, in which order, and how it comes out (docs/promises.rst: Queries)."""
import datetime
import decimal
import warnings

import pytest
import rom
import six

from rom import CASE_INSENSITIVE, FULL_TEXT, IDENTITY, IDENTITY_CI, NOT_NULL, SIMPLE, Boolean, Date, DateTime, Decimal, Float, GeoIndex, IndexOnly, Integer, Json, ManyToOne, Model, PrimaryKey, Query, String, Text, Time, UnsafeColumn, query, session
from rom.values.codecs import _prefix_score
from rom.exceptions import QueryError
from rom.index import Geofilter, Pattern, Prefix, Suffix
import oracle
from naming import shown


@pytest.fixture
def Shelf():
    class Shelf(Model):
        name = Text(unique=True)
    return Shelf


@pytest.fixture
def Book(Shelf):
    class Book(Model):
        number = Integer(index=True)
        price = Float(index=True)
        cost = Decimal(index=True)
        plain = Integer()
        sold = Boolean(index=True)
        seen = DateTime(index=True)
        day = Date(index=True)
        hour = Time(index=True)
        text = Text(index=True, keygen=FULL_TEXT, prefix=True, suffix=True)
        sort = Text(index=True, keygen=SIMPLE)
        case = Text(index=True, keygen=CASE_INSENSITIVE)
        name = Text(index=True, keygen=IDENTITY)
        folded = Text(index=True, keygen=IDENTITY_CI, prefix=True)
        data = String(index=True, keygen=IDENTITY, prefix=True, suffix=True)
        shelf = ManyToOne('Shelf', 'no action')
        code = Text(unique=True)
        json = Json(index=True, keygen=lambda value: {'x': value['a'], 'w': None, '': 1} if value else None)
        derived = IndexOnly('name', keygen=IDENTITY_CI)
        raw = UnsafeColumn()
        geo_index = [GeoIndex('place', lambda row: row.code and {'lon': row.number, 'lat': row.number})]
    return Book


@pytest.fixture
def books(Book, Shelf):
    """Twelve rows, ids 1 to 12."""
    shelves = [Shelf(name=u'shelf %d' % n) for n in range(3)]
    session.commit()
    for n in range(12):
        Book(number=n, price=n / 2.0, cost=decimal.Decimal(n) / 4, plain=n, sold=bool(n % 2),
             seen=datetime.datetime(2020, 1, 1 + n), day=datetime.date(2020, 1, 1 + n), hour=datetime.time(n),
             text=u'Hello World w%d x' % n, sort=u'name%02d' % (11 - n), case=u'NaMe%02d' % n, name=u'Id %d' % (n % 3),
             folded=u'CI%d' % (n % 3), data=b'B\xe9%d' % (n % 3), shelf=shelves[n % 3], code=u'code %d' % n,
             json={'a': n % 4})
    session.commit()
    session.rollback()
    return Book.query


def ids(entities):
    return [entity.id for entity in entities]


BY_TEXT = [1, 10, 11, 12, 2, 3, 4, 5, 6, 7, 8, 9]


# -- filter ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('values,expected', [
    ({'number': 5}, [6]), ({'number': (3, 5)}, [4, 5, 6]), ({'number': (None, 2)}, [1, 2, 3]),
    ({'number': (10, None)}, [11, 12]), ({'number': [2, 1]}, [2, 3]), ({'number': [1, (4, 5)]}, [2, 5, 6]),
    ({'number': '5'}, [6]), ({'number': ('(3', 5)}, [5, 6]), ({'number': ('(3', '(5')}, [5]), ({'number': (5, 2)}, []), ({'number': (None, None), 'text': u'w3'}, [4]),
    ({'number': 1.5}, []), ({'price': decimal.Decimal('1.5')}, [4]), ({'cost': (1, decimal.Decimal('1.25'))}, [5, 6]),
    ({'sold': True}, [10, 12, 2, 4, 6, 8]), ({'sold': 0}, [1, 11, 3, 5, 7, 9]), ({'sold': [True, False]}, BY_TEXT),
    ({'seen': datetime.datetime(2020, 1, 3)}, [3]), ({'seen': (datetime.date(2020, 1, 11), None)}, [11, 12]),
    ({'seen': [datetime.datetime(2020, 1, 3), datetime.datetime(2020, 1, 1)]}, [1, 3]),
    ({'day': datetime.date(2020, 1, 4)}, [4]), ({'day': datetime.datetime(2020, 1, 4, 5)}, [4]),
    ({'hour': (None, datetime.time(1, 30))}, [1, 2]),
    ({'text': u'hello'}, BY_TEXT), ({'text': u'Hello, WORLD! w5'}, [6]), ({'text': [u'w1', u'W2!']}, [2, 3]),
    ({'text': [u'hello w1', u'w2 nothing', u'w3']}, [2, 4]), ({'text': u'!!!'}, []),
    ({'name': u'Id 1'}, [11, 2, 5, 8]), ({'name': u'id 1'}, []), ({'folded': u'cI1'}, [11, 2, 5, 8]),
    ({'derived': u'ID 1'}, [11, 2, 5, 8]), ({'data': b'B\xe91'}, [11, 2, 5, 8]), ({'data': u'B\xe91'}, [11, 2, 5, 8]),
    ({'sort': (u'name03', u'name05')}, [9, 8, 7]), ({'sort': (u'(name03', None)}, [8, 7, 6, 5, 4, 3, 2, 1]),
    ({'case': (u'NAME09', u'name10')}, [10, 11]),
    ({'shelf': 2}, [11, 2, 5, 8]), ({'shelf': [1, 2]}, [1, 10, 4, 7, 11, 2, 5, 8]), ({'shelf': (2, None)},
                                                                                   [11, 2, 5, 8, 12, 3, 6, 9]),
    ({'shelf': NOT_NULL}, [1, 10, 4, 7, 11, 2, 5, 8, 12, 3, 6, 9]), ({'shelf': 0}, []),
    ({'json:x': 2}, [11, 3, 7]), ({'json:x': (1, 2)}, [10, 2, 6, 11, 3, 7]), ({'json': u'w'}, BY_TEXT),
    ({'number': (2, 9), 'text': u'w5'}, [6]), ({'number': (0, 20), 'text': u'hello', 'sold': True}, [2, 4, 6, 8, 10, 12]),
], ids=shown)
def test_filter(books, values, expected):
    found = books.filter(**values)
    assert ids(found.all()) == expected
    assert found.count() == len(expected)


def test_filter_by_entities(books, Shelf):
    first, second = Shelf.get([1, 2])
    assert ids(books.filter(shelf=first).all()) == [1, 10, 4, 7]
    assert ids(books.filter(shelf=[second, first]).all()) == [1, 10, 4, 7, 11, 2, 5, 8]
    assert ids(books.filter(shelf=(second, None)).all()) == [11, 2, 5, 8, 12, 3, 6, 9]


@pytest.mark.parametrize('values', [
    {'plain': 5}, {'nothing': 5}, {'nothing:x': 5}, {'code': u'code 1'}, {'id': 5}, {'raw': 1}, {'number': None},
    {'number': float('nan')}, {'number': []}, {'number': [None]}, {'number': (1, 2, 3)}, {'number': (1,)},
    {'number': (float('nan'), None)}, {'number': u'five'}, {'number': u'(5'}, {'number': True}, {'number': 10 ** 400},
    {'number': object()}, {'number': NOT_NULL}, {'number': datetime.time(1)}, {'hour': datetime.date(2020, 1, 1)},
    {'text': None}, {'text': 5}, {'text': (u'a', u'b')}, {'text': [u'a', None]}, {'name': u'\ud800'}, {'sort': u'name05'},
    {'sold': None}, {'shelf': None}, {'shelf': object()}, {'shelf': u'x'}, {'shelf': True}, {'day': u'2020-01-01'},
], ids=shown)
def test_filter_refuses(books, values):
    with pytest.raises(QueryError) as caught:
        books.filter(**values)
    assert list(values)[0].partition(':')[0] in str(caught.value)


def test_filter_refuses_entities_of_other_models_and_unsaved_ones(books, Book, Shelf):
    with pytest.raises(QueryError):
        books.filter(shelf=Book.get(1))
    with pytest.raises(QueryError):
        books.filter(shelf=Shelf(name=u'new'))
    session.rollback()


def test_inverted_ranges_are_empty(books):
    found = books.filter(number=(5, 2))
    assert (found.all(), found.count(), found.first(), list(found)) == ([], 0, None, [])
    assert books.filter(number=(5, 2), text=u'hello').all() == []


# -- words -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('method,values,expected', [
    ('startswith', {'text': u'w1'}, [11, 12, 2]), ('startswith', {'text': u'W1'}, [11, 12, 2]),
    ('startswith', {'text': u''}, BY_TEXT), ('startswith', {'text': [u'w1', u'w2']}, [11, 12, 2, 3]),
    ('startswith', {'folded': u'CI'}, BY_TEXT), ('startswith', {'data': b'B\xe9'}, BY_TEXT),
    ('startswith', {'data': b'B\xe91'}, [11, 2, 5, 8]), ('startswith', {'text': u'q'}, []),
    ('endswith', {'text': u'11'}, [12]), ('endswith', {'text': u'LD'}, BY_TEXT), ('endswith', {'data': b'\xe92'},
                                                                                  [12, 3, 6, 9]),
    ('like', {'text': u'w?1'}, [11, 12, 2]), ('like', {'text': u'*orl'}, BY_TEXT), ('like', {'text': u'w+0'}, [11]),
    ('like', {'text': u'w!'}, BY_TEXT), ('like', {'text': [u'w+0', u'w+1']}, [11, 12]),
], ids=shown)
def test_words(books, method, values, expected):
    found = getattr(books, method)(**values)
    assert ids(found.all()) == expected
    assert found.count() == len(expected)


@pytest.mark.parametrize('method,values', [
    ('startswith', {'name': u'x'}), ('startswith', {'nothing': u'x'}), ('startswith', {'text': None}),
    ('startswith', {'text': 5}), ('startswith', {'text': []}), ('endswith', {'folded': u'x'}), ('endswith', {'text': None}),
    ('like', {'name': u'x'}), ('like', {'text': 5}), ('like', {'raw': u'x'})], ids=shown)
def test_words_refuse(books, method, values):
    with pytest.raises(QueryError):
        getattr(books, method)(**values)


@pytest.mark.parametrize('words', [
    [u'abcdefg', u'abcdefgh', u'abcdefghi', u'abcdefgz'], [u'日本語テスト', u'日本語', u'日本', u'日'],
    [u'x' * 7, u'x' * 8, u'x' * 30, u'x' * 31], [u'a\0b', u'a\0', u'a', u'a\0bc', u'abcdefgh\0i', u'abcdefgh'],
    [u'\x7f', u'\x80', u'\uffff', u'\U0001F600\U0001F600']], ids=shown)
def test_prefixes_of_any_length_and_alphabet(words):
    class Word(Model):
        word = Text(index=True, keygen=IDENTITY, prefix=True, suffix=True)
    for word in words:
        Word(word=word).save()
    session.rollback()
    for word in words:
        for length in range(1, len(word) + 1):
            start = word[:length]
            expected = sorted(each for each in words if each.startswith(start))
            assert sorted(each.word for each in Word.query.startswith(word=start).all()) == expected
            end = word[-length:]
            assert sorted(each.word for each in Word.query.endswith(word=end).all()) == sorted(
                each for each in words if each.endswith(end))


def test_without_a_start_or_an_end(Book):
    for n in range(30):
        Book(text=u'good' if n % 3 else u'good bad', number=n)
    Book(number=30)
    session.commit()
    session.rollback()
    # rows with several words count by all of them, rows without any do not count
    assert ids(Book.does_not_startwith('text', u'ba', blocksize=4)) == [n for n in range(1, 31) if n % 3 != 1]
    assert ids(Book.does_not_startwith('text', [u'BA', u'GO'])) == []
    assert ids(Book.does_not_endwith('text', [u'bad', u'x'])) == [n for n in range(1, 31) if n % 3 != 1]
    seen = []
    for book in Book.does_not_startwith('text', u'ba', blocksize=4):
        seen.append(book.id)
        book.delete()
    assert seen == [n for n in range(1, 31) if n % 3 != 1]
    assert ids(Book.does_not_startwith('text', [])) == [n for n in range(1, 31) if n % 3 == 1]


# -- near ------------------------------------------------------------------------------------------------------------

def test_near(books):
    assert ids(books.near('place', 3, 3, 300, 'km').all()) == [4, 5, 3]
    assert ids(books.near('place', 3, 3, 3000, 'km', 2).all()) == [4, 5]
    assert books.near('place', 3, 3, 300, 'km').count() == 3
    assert ids(books.near('place', 3, 3, 300, 'km').limit(1, 1).all()) == [5]
    assert ids(books.near('place', 3, 3, 300, 'km').filter(text=u'hello').all()) == [4, 5, 3]
    assert ids(books.filter(number=(0, 20)).near('place', 3, 3, 300, 'km').all()) == [4, 5, 3]
    assert ids(books.near('place', 3, 3, 300, 'km').filter(number=(0, 20)).all()) == [4, 5, 3]
    assert ids(books.near('place', 3, 3, 300, 'km').order_by('-number').all()) == [5, 4, 3]
    assert ids(books.near('place', 3, 3, 3000, 'km', 3).filter(sold=True).all()) == [4]
    assert ids(books.near('place', 100, 3, 1, 'ft').all()) == []
    assert ids(books.near('place', 3, 3, 1000000, 'ft').all()) == [4, 5, 3]
    assert ids(books.near('place', 3, 3, 187, 'mi').all()) == [4, 5, 3]


def test_near_finds_all_of_a_wide_circle(connection):
    """Servers before 6.2 look in a box that is too narrow far from the equator."""
    class Far(rom.Model):
        lon = rom.Float()
        lat = rom.Float()
        geo_index = [rom.GeoIndex('at', lambda row: {'lon': row.lon, 'lat': row.lat})]

    places = [(lon, lat) for lon in range(-175, 180, 10) for lat in (-80, -60, 60, 70, 80, 84)]
    rom.session.save(*[Far(lon=lon, lat=lat) for lon, lat in places])
    for lon, lat, radius in [(147, 60, 3000), (6, 79, 990), (-170, -50, 4000), (0, 84, 1500), (30, 0, 9000)]:
        away = [(oracle.distance((lon, lat), oracle.as_kept(*place)), number) for number, place in enumerate(places, 1)]
        near = [(far, number) for far, number in away if far <= 1000 * radius]
        query = Far.query.near('at', lon, lat, radius, 'km')
        assert sorted(ids(query.all())) == sorted(number for _, number in near) and query.count() == len(near)
        first = [far for far, _ in sorted(near)[:5]]
        assert [1000 * far for _, far in query.limit(0, 5).with_distance()] == pytest.approx(first, rel=1e-6)


def test_near_ties_by_id_as_text():
    class Spot(Model):
        lon = Float()
        geo_index = [GeoIndex('at', lambda row: {'lon': row.lon, 'lat': 0})]
    for n in range(12):
        Spot(lon=1.0 if n < 11 else 1.001)
    session.commit()
    found = Spot.query.near('at', 1, 0, 10, 'km')
    expected = [1, 10, 11, 2, 3, 4, 5, 6, 7, 8, 9, 12]
    assert ids(found.all()) == expected
    assert ids(found.limit(0, 3).all()) == expected[:3]
    assert ids(found.limit(9, 3).all()) == expected[9:]
    assert ids(found.iter_result(pagesize=2)) == expected


@pytest.mark.parametrize('arguments', [('nothing', 3, 3, 1, 'km'), ('place', 3, 3, 1, 'ly')])
def test_near_refuses_names(books, arguments):
    with pytest.raises(ValueError):
        books.near(*arguments)


@pytest.mark.parametrize('arguments', [
    (181, 3, 1, 'km'), (3, 86, 1, 'km'), (None, 3, 1, 'km'), (3, float('nan'), 1, 'km'), (3, 3, -1, 'km'),
    (3, 3, float('inf'), 'km'), (3, 3, 1, 'km', 0), (3, 3, 1, 'km', 1.5)])
def test_near_refuses_numbers(books, arguments):
    with pytest.raises(QueryError):
        books.near('place', *arguments)


# -- order -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('column,expected', [
    ('number', list(range(1, 13))), ('-number', list(range(12, 0, -1))), ('sort', list(range(12, 0, -1))),
    ('case', list(range(1, 13))), ('shelf', [1, 10, 4, 7, 11, 2, 5, 8, 12, 3, 6, 9]),
    ('-shelf', [12, 3, 6, 9, 11, 2, 5, 8, 1, 10, 4, 7]), ('json:x', [1, 5, 9, 10, 2, 6, 11, 3, 7, 12, 4, 8]),
    ('-json:x', [12, 4, 8, 11, 3, 7, 10, 2, 6, 1, 5, 9])])
def test_order_by(books, column, expected):
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        ordered = books.order_by(column)
    assert ids(ordered.all()) == expected
    assert ids(ordered.limit(2, 3).all()) == expected[2:5]
    assert ids(ordered.limit(7, None).all()) == expected[7:]
    assert ids(ordered.iter_result(pagesize=5)) == expected
    assert ids(ordered.filter(text=u'hello').all()) == expected
    assert ids(ordered.filter(text=u'hello').iter_result(pagesize=2)) == expected
    assert ordered.count() == 12


def test_order_by_leaves_out_rows_without_the_column(books, Book):
    Book(number=-5).save()
    assert ids(books.order_by('price').limit(0, 2).all()) == [1, 2]
    assert books.order_by('price').count() == 12
    assert ids(books.filter(number=(None, 0)).order_by('-price').all()) == [1]


@pytest.mark.parametrize('column,told', [('text', 'IndexOnly'), ('name', 'prefix=True')])
def test_order_by_words_says_what_would_do(books, column, told):
    with pytest.raises(QueryError) as caught:
        books.order_by(column)
    assert column.lstrip('-') in str(caught.value) and told in str(caught.value)


def test_order_by_what_a_keygen_of_ones_own_makes_warns_once(connection):
    class Page(Model):
        text = Text(index=True, keygen=lambda text: text.split('/'))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        ordered = Page.query.order_by('-text')
    assert [each.category for each in caught] == [UserWarning]
    assert 'text' in str(caught[0].message)
    assert ordered.all() == []


@pytest.mark.parametrize('column', ['plain', 'nothing', 'raw', 'id', '', 'nothing:x', None, 5, 'text'])
def test_order_by_refuses(books, column):
    with pytest.raises(QueryError):
        books.order_by(column)


def test_default_order(books):
    assert ids(books.filter(text=u'hello').all()) == BY_TEXT
    assert ids(books.filter(number=(0, None)).filter(sort=(u'name00', None)).all()) == list(range(12, 0, -1))
    assert ids(books.filter(sort=(u'name00', None)).filter(number=(0, None)).all()) == list(range(1, 13))
    assert ids(books.filter(sort=(u'name00', None)).filter(text=u'hello').all()) == list(range(12, 0, -1))
    assert ids(books.filter(sort=(u'name00', None)).startswith(text=u'w').all()) == list(range(12, 0, -1))
    assert ids(books) == ids(books.all()) == ids(books.execute()) == list(range(1, 13))


def test_ties_go_by_id_as_text(Book):
    for n in range(23):
        Book(number=n // 10, text=u'word')
    session.commit()
    groups = [sorted(range(first, last), key=str) for first, last in ((1, 11), (11, 21), (21, 24))]
    up = sum(groups, [])
    down = sum(reversed(groups), [])
    for page in (None, 1, 2, 7):
        read = (lambda found: found.all()) if page is None else (lambda found: found.iter_result(pagesize=page))
        assert ids(read(Book.query.order_by('number'))) == up
        assert ids(read(Book.query.order_by('-number'))) == down
        assert ids(read(Book.query.filter(text=u'word').order_by('-number'))) == down
    for offset in range(25):
        assert ids(Book.query.order_by('-number').limit(offset, 4).all()) == down[offset:offset + 4]
        assert ids(Book.query.order_by('number').limit(offset, 4).all()) == up[offset:offset + 4]


def test_minus_zero_and_infinity_have_their_places(Book):
    for price in (0.0, -0.0, float('inf'), -float('inf'), 0.0):
        Book(price=price).save()
    assert ids(Book.query.order_by('price').all()) == [4, 1, 2, 5, 3]
    assert ids(Book.query.order_by('-price').all()) == [3, 1, 2, 5, 4]
    assert ids(Book.query.filter(price=(0, float('inf'))).all()) == [1, 2, 5, 3]
    assert ids(Book.query.filter(price=(0, '(inf')).all()) == [1, 2, 5]
    zero = Book.query.filter(price=[-0.0, 0.0, 0])
    assert zero.count() == 3 and ids(zero.all()) == [1, 2, 5] == ids(zero.order_by('price').all())


# -- limit, count, first ---------------------------------------------------------------------------------------------

def test_limit(books):
    assert ids(books.limit(0, 3).all()) == [1, 2, 3]
    assert ids(books.limit(10, 30).all()) == [11, 12]
    assert ids(books.limit(100, 30).all()) == []
    assert ids(books.filter(number=(0, None)).limit(100, 30).all()) == []
    assert ids(books.filter(number=(0, None)).limit(0, 0).all()) == ids(books.limit(0, 0).all()) == []
    assert ids(books.filter(number=(0, None)).limit(9, None).all()) == [10, 11, 12]
    assert ids(books.filter(text=u'hello').limit(9, 2).all()) == [7, 8]
    assert ids(books.filter(number=(2, 9)).limit(1, 3).iter_result(pagesize=2)) == [4, 5, 6]
    assert ids(books.filter(number=(2, 9)).limit(True, True).all()) == [4]


@pytest.mark.parametrize('limit', [(-1, 3), (0, -1), (None, 3), ('0', 2), (0, 1.5)])
def test_limit_refuses(books, limit):
    with pytest.raises(QueryError):
        books.limit(*limit)
    with pytest.raises(QueryError):
        books.replace(limit=limit).all()


def test_count(books, Book):
    assert books.count() == 12
    assert books.limit(0, 3).count() == 3
    assert books.limit(10, 30).count() == 2
    assert books.limit(20, 30).count() == 0
    assert books.filter(number=(2, 5)).count() == 4
    assert books.filter(number=(2, 5)).limit(0, 2).count() == 4
    assert books.filter(text=u'hello', sold=True).count() == 6
    Book.get(3).delete()
    assert books.count() == 12
    assert books.filter(number=(2, 5)).count() == 3


def test_first(books, connection):
    assert books.first().id == 1
    assert books.filter(number=100).first() is None
    assert books.order_by('-number').first().id == 12
    assert books.limit(3, 1).first().id == 4
    assert books.limit(0, 0).first() is None
    assert books.filter(number=(2, 4)).select('number').first() == {'number': 2}
    connection.delete('Book:3')
    assert books.filter(number=(2, 4)).first().id == 4
    connection.delete('Book:4')
    assert books.filter(number=(2, 4)).first().id == 5


def test_vanished_rows_are_left_out(books, connection):
    connection.delete('Book:3')
    assert ids(books.filter(number=(1, 4)).all()) == [2, 4, 5]
    assert books.filter(number=(1, 4)).select('number').all() == [{'number': 1}, {'number': 3}, {'number': 4}]
    assert ids(books.limit(1, 3).all()) == [2, 4, 5]


def test_filters_do_without_the_counter(books, connection):
    connection.delete('Book:id:')
    assert ids(books.filter(text=u'hello').all()) == BY_TEXT
    assert ids(books.startswith(text=u'w').all()) == BY_TEXT
    assert ids(books.order_by('number').all()) == list(range(1, 13))


def test_a_key_of_another_type_where_a_row_should_be_is_no_row(books, Book, connection):
    """An index entry leads to what somebody else keeps under the prefix: it is passed over, as a row that has vanished."""
    connection.set('Book:77', 'somebody else')
    connection.zadd('Book:number:idx', {'77': 5.5})
    connection.hset('Book:code:uidx', 'odd', '77')
    connection.zadd('Book:text:pre', {b'odd\x0077': float(_prefix_score(u'odd'))})
    assert ids(books.filter(number=(5, 6)).all()) == [6, 7]
    assert books.startswith(text=u'odd').all() == [] and Book.get_by(code=u'odd') is None and Book.get([77, 1]) == [Book.get(1)]
    assert ids(books.startswith(text=[u'odd', u'w5']).filter(number=(5, 6)).all()) == [6]


def test_filters_do_without_a_counter_that_was_lost_and_began_anew(Book, connection):
    """The rows that fit are all beyond the counter: walking by its ids looks cheap, and finds none of them."""
    for number in range(1, 3001):
        Book(number=number, sold=number > 2900)
    session.commit()
    connection.set('Book:id:', 200)
    for count in (3, 20):
        assert ids(Book.query.filter(sold=True).filter(number=(1, None)).order_by('number').limit(0, count).all()) == list(
            range(2901, 2901 + count))
        assert ids(Book.query.filter(sold=[True]).limit(0, count).all()) == list(range(2901, 2901 + count))


def test_unfiltered_follows_the_numbers_or_the_index(connection):
    class Plain(Model):
        n = Integer()

    class Indexed(Model):
        id = PrimaryKey(index=True)
        n = Integer()
    for n in range(25):
        Plain(n=n)
        Indexed(n=n)
    session.commit()
    session.rollback()
    for model in (Plain, Indexed):
        model.get(7).delete()
        session.rollback()
        expected = [n for n in range(1, 26) if n != 7]
        assert ids(model.query) == ids(model.query.all()) == ids(model.query.iter_result(pagesize=4)) == expected
        assert ids(model.query.limit(5, 3).all()) == [6, 8, 9]
    assert ids(Indexed.query.filter(id=(3, 4)).all()) == [3, 4]
    assert ids(Indexed.query.order_by('-id').limit(0, 2).all()) == [25, 24]
    connection.zrem('Indexed:id:idx', 5)
    assert 5 not in ids(Indexed.query)
    Indexed._columns['id']._index = False
    assert 5 in ids(Indexed.query)


# -- select ----------------------------------------------------------------------------------------------------------

def test_select(books, Shelf):
    some = books.filter(number=(2, 3))
    assert some.select('number', 'name').all() == [{'number': 2, 'name': u'Id 2'}, {'number': 3, 'name': u'Id 0'}]
    assert some.select('number', include_pk=True).all() == [{'number': 2, 'id': 3}, {'number': 3, 'id': 4}]
    assert some.select('id').all() == [{'id': 3}, {'id': 4}]
    assert some.select('number', 'seen', 'shelf', decode=False).all() == [
        {'number': '2', 'seen': '1578009600.0', 'shelf': '3'}, {'number': '3', 'seen': '1578096000.0', 'shelf': '1'}]
    assert some.select('number', include_pk=True, decode=False).first() == {'number': '2', 'id': '3'}
    assert some.select('number', 'id', ff=query._list_data_factory).all() == [[2, 3], [3, 4]]
    assert some.select('number', ff=query._tuple_data_factory, include_pk=True).all() == [(2, 3), (3, 4)]
    named = some.select('number', 'shelf', ff=query._namedtuple_data_factory).all()
    assert (type(named[0]).__name__, named[0].number, named[0].shelf.id) == ('number_shelf', 2, 3)
    assert some.select('plain', ff=lambda names: lambda values: (names, values)).first() == (('plain',), [2])
    assert list(some.select('number')) == list(some.select('number').iter_result()) == [{'number': 2}, {'number': 3}]
    assert books.select('number').limit(0, 2).all() == [{'number': 0}, {'number': 1}]


def test_names_that_namedtuples_cannot_have(connection):
    """A name that begins with an underscore is told without it, in the fields and not in the name of the class."""
    class Row(Model):
        _id = PrimaryKey(index=True)
        n = Integer(index=True)
        __deep = Text()
    Row(n=7, _Row__deep=u'x').save()
    make = query._namedtuple_data_factory
    row, = Row.query.select('_id', 'n', ff=make).all()
    assert (type(row).__name__, row._fields, row.id, row.n) == ('_id_n', ('id', 'n'), 1, 7)
    assert Row.query.select('_Row__deep', include_pk=True, ff=make).first()._fields == ('Row__deep', 'id')


def test_select_what_is_no_field(books):
    first = books.filter(number=5).select('plain', 'raw', 'derived').first()
    assert (first['plain'], first['derived']) == (5, None)
    assert first['raw'].rpush(b'x') == 1


def test_select_missing_values(Book):
    Book(number=1).save()
    assert Book.query.filter(number=1).select('name', 'sold', 'shelf').all() == [
        {'name': None, 'sold': None, 'shelf': None}]
    assert Book.query.filter(number=1).select('name', decode=False).all() == [{'name': None}]


@pytest.mark.parametrize('names', [('nothing',), ('number', 'number'), ()])
def test_select_refuses(books, names):
    with pytest.raises(QueryError):
        books.select(*names)


def test_select_leaves_arguments_and_session_alone(books):
    names = ['number', 'shelf']
    selected = books.filter(number=5).select(names)
    assert selected.all()[0]['number'] == 5
    assert names == ['number', 'shelf']
    assert not session.known
    assert selected._select[:3] == (('number', 'shelf', 'id'), True, True)


@pytest.mark.parametrize('factory,expected', [
    (query._dict_data_factory, {'a': 1, 'b': 2}), (query._list_data_factory, [1, 2]), (query._tuple_data_factory, (1, 2)),
    (query._namedtuple_data_factory, (1, 2))])
def test_factories(factory, expected):
    assert factory(['a', 'b'])([1, 2]) == expected


# -- pages -----------------------------------------------------------------------------------------------------------

def test_iteration_never_ends_early(Book):
    for n in range(260):
        Book(number=n, text=u'word')
    session.commit()
    session.rollback()
    for found in (Book.query, Book.query.filter(text=u'word'), Book.query.order_by('-number'), Book.query.filter(number=(0, None))):
        for page in (1, 7, 100, 1000, 0):
            assert len(ids(found.iter_result(timeout=1, pagesize=page))) == 260
        iterator = iter(found)
        next(iterator)
        assert len(list(iterator)) == 259


def test_iteration_while_rows_are_deleted(Book):
    for n in range(30):
        Book(number=n, text=u'word')
    session.commit()
    session.rollback()
    seen = []
    for book in Book.query.filter(number=(0, None)).iter_result(pagesize=4):
        seen.append(book.id)
        book.delete()
    assert seen == list(range(1, 31))
    assert Book.query.filter(number=(0, None)).count() == 0


def test_iteration_of_near_while_rows_come_and_go(connection):
    class Spot(Model):
        lon = Float()
        word = Text(index=True, keygen=IDENTITY)
        geo_index = [GeoIndex('at', lambda row: {'lon': row.lon, 'lat': 0})]

    def fill():
        Spot.query.delete()
        return [Spot(lon=n // 2 * .001, word=u'x') for n in range(60)], session.commit(), session.rollback()
    near = lambda *count: Spot.query.near('at', 0, 0, 100, 'km', *count)
    for query, size in ((near(), 60), (near().filter(word=u'x'), 60), (near(50), 50), (near(50).filter(word=u'x'), 50)):
        made = fill()[0]
        seen = []
        for spot in query.iter_result(pagesize=4):
            seen.append(spot.id)
            spot.delete()
        assert sorted(seen) == [spot.id for spot in made[:size]]
        made = fill()[0]
        seen = []
        for spot in query.iter_result(pagesize=4):
            seen.append(spot.id)
            if len(seen) <= 30:
                Spot(lon=-.00001 * len(seen), word=u'x').save()
        assert len(seen) == len(set(seen)) and set(seen) >= set(spot.id for spot in made[:size])


def test_timeout_is_checked(books):
    with pytest.raises(QueryError):
        list(books.filter(number=(0, 9)).iter_result(timeout=0))


def test_cached_result(books, connection):
    key = books.filter(number=(2, 5)).cached_result(30)
    assert key.startswith('Book:') and 0 < connection.ttl(key) <= 30
    assert connection.zrange(key, 0, -1, withscores=True) == [(b'3', 2), (b'4', 3), (b'5', 4), (b'6', 5)]
    key = books.filter(text=u'hello').order_by('-price').limit(0, 2).cached_result(30)
    assert connection.zrange(key, 0, 1, withscores=True) == [(b'12', -5.5), (b'11', -5.0)]
    assert connection.zcard(key) == 12
    key = books.filter(text=u'hello').cached_result(30)
    assert connection.zrange(key, 0, 1, withscores=True) == [(b'1', 0), (b'10', 0)]
    key = books.near('place', 3, 3, 300, 'km').cached_result(30)
    assert [id for id, _ in connection.zrange(key, 0, -1, withscores=True)] == [b'4', b'5', b'3']
    assert not connection.exists(books.filter(number=100).cached_result(30))


@pytest.mark.parametrize('timeout', [0, -1])
def test_cached_result_refuses(books, timeout):
    with pytest.raises(QueryError):
        books.filter(number=5).cached_result(timeout)
    with pytest.raises(QueryError):
        books.cached_result(30)


# -- delete ----------------------------------------------------------------------------------------------------------

def test_delete(books, Book, connection):
    assert books.filter(number=(8, 20)).delete(blocksize=3) is None
    assert ids(books) == list(range(1, 9))
    books.order_by('-number').limit(0, 2).delete()
    assert ids(books) == list(range(1, 7))
    books.select('number').filter(number=0).delete()
    assert ids(books) == list(range(2, 7))
    books.delete(blocksize=0)
    assert ids(books) == []
    assert [key for key in connection.keys('Book:*') if b':once:' not in key] == [b'Book:id:']


def test_delete_refuses_only_what_rules_depend_on(Book, Shelf):
    Shelf.query.delete()

    class Label(Model):
        shelf = ManyToOne('Shelf', 'cascade')
    with pytest.raises(QueryError):
        Shelf.query.delete()
    Label.query.delete()


# -- get_by ----------------------------------------------------------------------------------------------------------

def test_get_by(books, Book, Shelf):
    assert Book.get_by(code=u'code 5').id == 6
    assert Book.get_by(code=u'nothing') is None
    assert ids(Book.get_by(code=[u'code 1', u'nothing', u'code 2'])) == [2, 3]
    assert ids(Book.get_by(number=5)) == [6]
    assert ids(Book.get_by(number=(2, None), _limit=(1, 2))) == [4, 5]
    assert ids(Book.get_by(text=u'Hello w3')) == [4]
    assert ids(Book.get_by(shelf=Shelf.get(1))) == [1, 10, 4, 7]
    assert ids(Book.get_by(sold=True)) == [10, 12, 2, 4, 6, 8]
    assert ids(Book.get_by(number='5', _numeric=True)) == [6]
    assert ids(Book.get_by(**{'json:x': 2})) == [11, 3, 7]
    assert ids(Book.get_by(number=[1, 2])) == [2, 3]


def test_get_by_of_an_owner_that_is_gone(books, Book, connection):
    connection.delete('Book:6')
    assert Book.get_by(code=u'code 5') is None


# -- the description -------------------------------------------------------------------------------------------------

def test_queries_are_immutable(books):
    base = books.filter(number=5)
    base.filter(sold=True), base.order_by('number'), base.limit(0, 1), base.select('number'), base.startswith(text=u'x')
    assert (base._filters, base._order_by, base._limit, base._select) == ((('number', 5, 5),), None, None, None)


def test_attributes_keep_their_shape(books, Book, Shelf):
    made = (books.filter(number=5).filter(text=[u'A', u'b']).startswith(text=u'Q').endswith(text=u'ab').like(text=u'x*')
            .filter(sold=True).near('place', 1, 2, 3, 'km').order_by('-number').limit(0, 5).select('number'))
    assert made._filters == (
        ('number', 5, 5), ['text:a', 'text:b'], Prefix('text', u'q'), Suffix('text', u'ba'), Pattern('text', u'x*'),
        'sold:True', Geofilter('place', 1, 2, 3, 'km', None))
    assert (made._order_by, made._limit) == ('-number', (0, 5))
    assert made._select == (('number', 'id'), True, True, query._dict_data_factory)
    assert made._model is Book
    assert books.filter(hour=(datetime.time(3), None))._filters == (('hour', 10800.0, None),)
    assert books.filter(day=datetime.date(2020, 1, 2))._filters == (('day', 1577923200.0, 1577923200.0),)
    assert books.filter(cost=decimal.Decimal('1.10'))._filters == (('cost', decimal.Decimal('1.10'), decimal.Decimal('1.10')),)
    assert books.filter(shelf=NOT_NULL)._filters == (('shelf', None, None),)
    assert Query(Book, (('number', 1, 2),), 'number', (0, 5)).all() == Book.get([2, 3])
    assert books.replace(limit=(0, 1), filters=(('number', 5, 5),))._limit == (0, 1)
    assert type(iter(books)).__name__ == 'generator'


def test_results_are_fresh_and_known_weakly(books, Book, connection):
    book = Book.get(6)
    connection.hset('Book:6', 'name', 'changed')
    assert books.filter(number=5).first() is book
    assert book.name == u'changed'
    book.name = u'mine'
    connection.hset('Book:6', 'name', 'theirs')
    assert books.filter(number=5).first().name == u'mine'
    session.rollback()
    found = books.filter(number=(0, 3)).all()
    assert not session.known
    found[0].name = u'held'
    assert ids(session.known.values()) == [1]


# -- explain ---------------------------------------------------------------------------------------------------------

def test_explain(books):
    # one call each: keyword arguments have no order on Python 2.7
    told = books.filter(text=u'hello').filter(sold=True).order_by('-number').limit(0, 3).explain()
    assert told.returned == 3 and told.calls == 1
    assert set(told.data) >= {'plan', 'driver', 'filters', 'order', 'keys', 'scanned', 'returned', 'calls', 'steps'}
    assert [each['size'] for each in told.filters] == [12, 6, 12]
    assert told.order == 'Book:number:idx'
    assert set(told.keys) == {'Book:text:hello:idx', 'Book:sold:True:idx', 'Book:number:idx'}
    assert told.driver in told.keys and told.driver not in told.probes
    for part in ('Book:number:idx', 'descending', '3 ids returned'):
        assert part in str(told)
    for found in (books, books.filter(number=5), books.startswith(text=u'w'), books.near('place', 3, 3, 10, 'km'),
                  books.filter(number=[1, 2]), books.filter(text=u'hello')):
        assert str(found.explain()).startswith('Book: ')


def test_an_explanation_in_any_alphabet_is_text(books):
    told = books.filter(text=u'caf\xe9', sold=True).explain()
    assert u'Book:text:caf\xe9:idx' in six.text_type(told)
    assert isinstance(str(told), str)
