# -*- coding: utf-8 -*-
"""Orders of several columns, alphabetical and reversed ones; slices, pages, cursors and single rows of results."""
import decimal

import pytest
import rom
from rom.search import search as searches
from rom.storage import searches as asked
from rom.storage.scripts import Script
from saving import save

WORDS = [None, u'', u'ann', u'Ann', u'Bob', u'a b', u'abcdefgh', u'abcdefgi', u'\xe9a', u'\xc9a', u'zz', u'ann.', u'a', u'a\0b', u'abcdefgh\0i']


@pytest.fixture
def User(connection):
    class User(rom.Model):
        age = rom.Integer(index=True)
        height = rom.Float(index=True)
        cost = rom.Decimal(index=True)
        active = rom.Boolean(index=True)
        name = rom.Text(index=True, keygen=rom.IDENTITY, prefix=True)
        folded = rom.Text(index=True, keygen=rom.IDENTITY_CI, prefix=True)
        raw = rom.String(index=True, keygen=rom.IDENTITY_STRING, prefix=True)
        whole = rom.Text(index=True, keygen=rom.IDENTITY)
        bio = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True)
        title = rom.Text(index=True, keygen=rom.SIMPLE_CI, prefix=True)
        over = rom.IndexOnly('bio', keygen=rom.IDENTITY_CI, prefix=True)
        lon = rom.Float()
        geo_index = [rom.GeoIndex('place', lambda row: {'lon': row.lon, 'lat': 0} if row.lon is not None else None)]
    return User


def ids(query):
    return [entity.id for entity in query]


KEYS = {
    'age': lambda row: row['age'], 'height': lambda row: row['height'],
    'name': lambda row: row['name'].encode('utf-8') if row['name'] else None,
    'folded': lambda row: row['folded'].lower().encode('utf-8') if row['folded'] else None}


def expected(rows, names, is_reversed=False, is_found=lambda row: True):
    """Ids as docs say: stable sorts by the last column first; {id: row} of what there is."""
    last, plain = names[-1].startswith('-'), len(names) == 1 and names[0].lstrip('-') in ('age', 'height')
    found = sorted((id for id in rows if is_found(rows[id])), key=str, reverse=last and not plain)
    for number, name in reversed(list(enumerate(names))):
        key = KEYS[name.lstrip('-')]
        having = [id for id in found if key(rows[id]) is not None]
        missing = [id for id in found if key(rows[id]) is None]
        found = sorted(having, key=lambda id: key(rows[id]), reverse=name.startswith('-')) + (missing if number else [])
    return found[::-1] if is_reversed else found


def random_rows(rng, count):
    return [{'age': rng.choice([None, 1, 2, 50]), 'height': rng.choice([None, .5, rng.random()]), 'name': rng.choice(WORDS),
             'folded': rng.choice(WORDS), 'active': rng.choice([True, False, None])} for _ in range(count)]


def cut_search(monkeypatch, largest, chunk):
    """Let groups be too large with more than `largest` rows, and `chunk` entries be read at once."""
    text = Script('search').text
    for before, after in ((b'local MOST_IN_GROUP = 1000', b'local MOST_IN_GROUP = %d' % largest), (b'local CHUNK = 1000', b'local CHUNK = %d' % chunk)):
        assert text.count(before) == 1
        text = text.replace(before, after)
    monkeypatch.setattr(asked, '_search', Script('search', text))


@pytest.mark.parametrize('steps,largest,chunk', [(20000, 1000, 1000), (200, 1000, 7), (20000, 5, 1000), (100, 3, 7)])
def test_orders_against_plain_python(User, rng, monkeypatch, steps, largest, chunk):
    cut_search(monkeypatch, largest, chunk)
    given = random_rows(rng, 100)
    save(User, given)
    rows = dict(enumerate(given, 1))
    monkeypatch.setattr(searches, 'STEPS_PER_CALL', steps)
    for _ in range(12):
        names = [rng.choice([u'', u'-']) + name for name in rng.sample(sorted(KEYS), rng.choice([1, 2, 2, 3, 4]))]
        is_reversed = rng.random() < .4
        query, is_found = rng.choice([
            (User.query, lambda row: True), (User.query.filter(User.active), lambda row: row['active'] is True),
            (User.query.filter(~User.active), lambda row: row['active'] is not True),
            (User.query.filter(age=(2, None)), lambda row: row['age'] is not None and row['age'] >= 2)]).__iter__()
        query = query.order_by(*names)
        query = query.reverse() if is_reversed else query
        right, told = expected(rows, names, is_reversed, is_found), '%r reversed: %s' % (query, is_reversed)
        assert ids(query.all()) == right, told
        assert ids(query.iter_result(pagesize=rng.choice([1, 3, 30]))) == right, told
        skip, count = rng.choice([0, 1, 7, 60]), rng.choice([1, 5, 20])
        assert ids(query.limit(skip, count)) == right[skip:skip + count], told
        assert query.count() == len(right)
        if right:
            place = rng.randrange(len(right))
            entity = User.get(right[place])
            assert ids(query.after(query.cursor(entity)).limit(0, 10)) == right[place + 1:place + 11], told
            assert ids(query.after(entity)[2:5]) == right[place + 3:place + 6], told
            assert query.last().id == right[-1]


@pytest.mark.parametrize('largest', [1000, 4])
@pytest.mark.parametrize('names', [('name', 'age'), ('-name', 'age'), ('name', '-age'), ('-name', '-folded', 'age')])
def test_words_whose_entries_stand_among_each_other(User, monkeypatch, names, largest):
    cut_search(monkeypatch, largest, largest + 3)
    monkeypatch.setattr(searches, 'STEPS_PER_CALL', 20 * largest)
    words = [u'abcdefgh', u'abcdefgh\x001', u'abcdefgh\x0019', u'abcdefg', u'a', u'a\x001', u'b']
    given = [{'name': words[number % 7], 'folded': words[number % 5], 'age': number % 3 or None} for number in range(70)]
    save(User, given)
    query, right = User.query.order_by(*names), expected(dict(enumerate(given, 1)), names)
    assert ids(query.all()) == right and ids(query.iter_result(pagesize=3)) == right
    assert ids(query.limit(25, None)) == right[25:] and ids(query[13:30]) == right[13:30]
    for place in range(0, 70, 9):
        assert ids(query.after(query.cursor(User.get(right[place])))[:8]) == right[place + 1:place + 9]


def test_default_orders_reversed(User):
    save(User, [{'age': n % 4, 'lon': n / 1000.0 + .5} for n in range(25)])
    for query in (User.query, User.query.filter(age=(1, 2)), User.query.filter(age=[1, 2]), User.query.filter(~(User.age == 3)), User.query.filter(User.age >= 1),
                  User.query.near('place', .5, 0, 2, 'km'), User.query.order_by('age'), User.query.order_by('-age')):
        assert ids(query.reverse().all()) == ids(query.all())[::-1] and len(ids(query)) > 5
        assert ids(query.reverse().reverse()) == ids(query) and ids(query.reverse().limit(2, 3)) == ids(query)[::-1][2:5]
        assert query.last().id == ids(query)[-1] and ids(query.reverse().iter_result(pagesize=4)) == ids(query)[::-1]


def test_the_end_of_what_has_no_order_costs_a_page(User):
    rows = [{'age': n % 4, 'active': n % 3 == 0, 'name': u'n%d' % (n % 9), 'bio': u'all of them'} for n in range(1, 3001)]
    save(User, rows)
    gone = list(range(7, 3000, 13)) + [999, 99, 2999]
    for id in gone:
        User.get(id).delete()
    rom.session.rollback()
    for query in (User.query.filter(User.bio.has_word('them')), User.query.filter(User.active | (User.bio.has_word('all'))),
                  User.query.exclude(User.name == 'n3'), User.query.filter(active=True), User.query.exclude(active=True, name='n4')):
        forth = ids(query)
        back = query.reverse()
        assert ids(back) == forth[::-1] and len(forth) > 700
        told = back[:5].explain()
        assert told.calls == 1 and told.scanned < 200 and u'walks the ids in the order of their texts' in str(told), str(told)
        assert ids(back[5:25]) == forth[::-1][5:25] and query.last().id == forth[-1]
        for place in (0, 1, len(forth) // 2, len(forth) - 2, len(forth) - 1):
            user = User.get(forth[place])
            assert ids(back.after(back.cursor(user))[:4]) == forth[:place][::-1][:4]


def test_the_last_one_of_what_goes_on_to_the_end_is_asked_for_alone(User, connection):
    save(User, [{'age': n, 'name': u'%04d' % n} for n in range(1, 1201)])
    for query in (User.query.order_by('age'), User.query.order_by('-name'), User.query.filter(age=(5, None)).order_by('name', 'age'), User.query):
        last = ids(query)[-1]
        for part in (query[700:], query.after(query[300]), query.after(query[300])[5:]):
            assert part.last().id == last
        assert query[1200:].last() is None is query.after(query.last()).last()
        sent = connection.info('stats')['total_net_output_bytes']
        query[100:].last()
        # the 1,100 rows themselves are more than 40,000 bytes, and what INFO tells some 7,000
        assert connection.info('stats')['total_net_output_bytes'] - sent < 20000


def test_reverse_behind_the_counter_and_by_an_index_of_ids(User, connection):
    save(User, [{'age': n} for n in range(30)])
    connection.set('User:id:', 20)
    assert ids(User.query.reverse()) == list(range(30, 0, -1))

    connection.set('User:id:', 2 ** 53 - 30)
    save(User, [{'age': n} for n in range(5)])
    high = list(range(2 ** 53 - 29, 2 ** 53 - 24))
    assert ids(User.query) == list(range(1, 31)) + high and ids(User.query.reverse()) == ids(User.query)[::-1]
    assert ids(User.query.reverse()[3:8]) == [high[1], high[0], 30, 29, 28] and User.query.last().id == high[-1]

    class Keyed(rom.Model):
        id = rom.PrimaryKey(index=True)
    save(Keyed, [{}] * 12)
    assert ids(Keyed.query.reverse()) == ids(Keyed.query)[::-1] == list(range(12, 0, -1))
    assert ids(Keyed.query.after(Keyed.get(3)).limit(0, 2)) == [4, 5] and ids(Keyed.query.reverse().after(Keyed.get(3))) == [2, 1]


def test_alphabetical_orders(User):
    save(User, [{'name': word, 'folded': word, 'raw': word and word.encode('utf-8'), 'bio': word, 'title': word} for word in WORDS])
    words = [word for word in WORDS if word]
    assert [user.name for user in User.query.order_by('name')] == sorted(words, key=lambda word: word.encode('utf-8'))
    assert [user.folded.lower() for user in User.query.order_by('-folded')] == sorted(
        [word.lower() for word in words], key=lambda word: word.encode('utf-8'), reverse=True)
    assert [user.raw for user in User.query.order_by('raw')] == sorted(word.encode('utf-8') for word in words)
    assert len(ids(User.query.order_by('over', 'age'))) == len(words)
    assert [user.name for user in User.query.startswith(name=u'a').order_by('-name')] == [
        u'ann.', u'ann', u'abcdefgi', u'abcdefgh\0i', u'abcdefgh', u'a b', u'a\0b', u'a']
    told = User.query.startswith(name=u'ab').order_by('name').limit(0, 1).explain()
    assert told.scanned < 12 and told.order == 'User:name:pre'


def test_what_cannot_be_ordered_by(User):
    for names, told in ((['bio'], 'IndexOnly'), (['whole'], 'prefix=True'), (['-age', 'whole'], 'User.whole'), (['active'], 'active:True'),
                        (['age', 'lon'], 'lon'), (['age', 5], '5'), (['nothing'], 'nothing')):
        with pytest.raises(rom.QueryError) as caught:
            User.query.order_by(*names)
        assert told in str(caught.value)


def test_orders_replace_each_other(User):
    save(User, [{'age': n, 'height': -n} for n in range(3)])
    query = User.query.order_by('age', 'name')
    assert ids(query.order_by('-height')) == [1, 2, 3] and ids(query.order_by('height')) == [3, 2, 1]
    assert query.order_by()._order_by is None and ids(query.order_by(column='-age')) == [3, 2, 1]
    assert ids(User.query.filter(height=(None, None)).order_by('age').order_by()) == [3, 2, 1]
    with pytest.raises(TypeError):
        query.order_by(columns='age')


def test_scores_of_kept_results_keep_the_order(User, connection):
    save(User, [{'age': n % 3, 'name': u'n%d' % (n % 5)} for n in range(30)])
    for query in (User.query.order_by('-age', 'name'), User.query.order_by('name'), User.query.order_by('age').reverse()):
        key = query.cached_result(30)
        assert [int(id) for id in connection.zrange(key, 0, -1)] == ids(query) or query._order_by == 'name'
        assert sorted(int(id) for id in connection.zrange(key, 0, -1)) == sorted(ids(query))


# -- slices, pages -------------------------------------------------------------------------------------------------------

def test_slices(User):
    save(User, [{'age': n} for n in range(30)])
    query = User.query.order_by('age')
    assert ids(query[20:25]) == [21, 22, 23, 24, 25] and ids(query[28:40]) == [29, 30] and ids(query[5:5]) == [] and ids(query[7:3]) == []
    assert ids(query[25:]) == [26, 27, 28, 29, 30] and ids(query[:2]) == [1, 2] and query[3].id == 4 and ids(query[10:20][5:7]) == [16, 17]
    assert ids(query[10:20][5:]) == [16, 17, 18, 19, 20] and ids(query.limit(10, 5)[3:9]) == [14, 15] and ids(query[10:20].limit(0, 2)) == [1, 2]
    assert query[10:20][9].id == 20 and bool(query[5:5]) and bool(query)
    for past in (lambda: query[30], lambda: query[10:20][10], lambda: User.query.filter(age=99)[0]):
        with pytest.raises(IndexError):
            past()
    for wrong in (-1, slice(-5, None), slice(0, -1), slice(0, 9, 2), slice(None, None, -1), 'age', 1.5, None):
        with pytest.raises(rom.QueryError):
            query[wrong]
    with pytest.raises(TypeError):
        len(query)


def test_pages(User):
    save(User, [{'age': n, 'active': n % 3 == 0} for n in range(25)])
    query = User.query.order_by('-age')
    page = query.page(2, 10)
    assert (ids(page.items), page.total, page.pages, page.has_next) == (list(range(15, 5, -1)), 25, 3, True)
    assert ids(query.after(page.cursor).limit(0, 3)) == [5, 4, 3]
    page = query.page(3, 10)
    assert (len(page.items), page.has_next) == (5, False) and query.after(page.cursor).all() == []
    page = query.page(4, 10)
    assert (page.items, page.total, page.pages, page.has_next, page.cursor) == ([], 25, 3, False, None)
    page = query.page(1, 10, total=False)
    assert (page.total, page.pages, page.has_next, len(page.items)) == (None, None, True, 10)
    User.get(5).delete()
    assert User.query.page(1, 10).total == 24 and User.query.exclude(active=True).page(1, 5).total == 15
    assert User.query.filter(age=99).page(1, 5).pages == 0
    for wrong in ((0, 10), (1, 0), (-1, 5), (1.5, 5), (True, 5), ('1', 5)):
        with pytest.raises(rom.QueryError):
            query.page(*wrong)
    assert User.query.filter(active=True).select('age').page(1, 3).items == [{'age': 0}, {'age': 9}, {'age': 12}]


def test_exact_counts(User, connection):
    save(User, [{'age': n % 5} for n in range(40)])
    for id in (3, 17, 40):
        User.get(id).delete()
    assert User.query.count() == 40 and User.query.count(exact=True) == 37 and User.query.filter(age=1).count(exact=True) == 7
    connection.set('User:id:', 7)
    assert User.query.count(exact=True) == 37
    assert User.query.order_by('age').count(exact=True) == 37


# -- cursors -------------------------------------------------------------------------------------------------------------

def test_cursors_are_bound_to_their_query(User):
    save(User, [{'age': n % 7, 'name': u'n%d' % n} for n in range(30)])
    query, user = User.query.filter(age=(1, None)).order_by('-age'), User.get(5)
    cursor = query.cursor(user)
    assert cursor == query.limit(3, 4).cursor(user) and cursor.replace('-', '').replace('_', '').replace('.', '').isalnum()
    assert ids(query.after(cursor)) == ids(query.after(user)) == ids(query)[ids(query).index(5) + 1:]
    others = [User.query.filter(age=(2, None)).order_by('-age'), User.query.filter(age=(1, None)), User.query.order_by('-age'), query.reverse(),
              query.order_by('-age', 'name'), query.order_by('name'), User.query]
    for other in others:
        with pytest.raises(rom.QueryError):
            other.after(cursor)
    text, _, digest = cursor.partition('.')
    for wrong in (cursor[:-1], cursor + 'a', text, '', '.', u'\xe9', text[:-2] + 'AA.' + digest, cursor.replace('.', '')):
        with pytest.raises(rom.QueryError):
            query.after(wrong)


def test_a_cursor_whose_row_is_gone_or_moved(User):
    save(User, [{'age': n // 2} for n in range(20)])
    query = User.query.order_by('age')
    user = User.get(10)
    cursor = query.cursor(user)
    user.delete()
    assert ids(query.after(cursor).limit(0, 2)) == [9, 11]
    user = User.get(12)
    cursor = query.cursor(user)
    user.update(age=100).save()
    assert ids(query.after(cursor).limit(0, 2)) == [13, 14] and ids(query)[-1] == 12


def test_cursors_of_queries_without_an_order(User):
    save(User, [{'active': n % 2 == 0, 'cost': decimal.Decimal(n)} for n in range(30)])
    for query in (User.query, User.query.filter(active=True), User.query.exclude(active=True), User.query.filter(User.cost > 5),
                  User.query.filter(active=True).reverse(), User.query.reverse()):
        found = ids(query)
        for place in (0, 4, len(found) - 1):
            assert ids(query.after(query.cursor(User.get(found[place])))) == found[place + 1:]


@pytest.mark.parametrize('steps', [20000, 60, 20])
def test_cursors_in_an_order_by_a_set(User, monkeypatch, steps):
    """All its rows have the same place in the order, and stand by id; a walk that is given up is no exception."""
    save(User, [{'active': n % 3 > 0, 'age': n % 5, 'bio': u'a%d' % (n * 79 % 307)} for n in range(300)])
    cut_search(monkeypatch, 1000, 7)
    monkeypatch.setattr(searches, 'STEPS_PER_CALL', steps)
    for query in (User.query, User.query.filter(age=(1, 3)), User.query.like(bio=u'a*7'), User.query.like(bio=u'a*77')):
        for ordered in (query.order_by('active:True'), query.order_by('-active:True')):
            found = ids(ordered)
            for place in (0, len(found) // 2, len(found) - 1):
                behind = ordered.after(ordered.cursor(User.get(found[place])))
                assert ids(behind) == found[place + 1:] and ids(behind[:5]) == found[place + 1:place + 6]


def test_no_cursor_behind_near_or_for_others(User):
    save(User, [{'lon': 1.0, 'age': 5}, {'lon': 1.0}])
    near, user = User.query.near('place', 1, 0, 5, 'km'), User.get(1)
    for wrong in (lambda: near.cursor(user), lambda: near.after(user), lambda: User.query.order_by('age').cursor(User.get(2)),
                  lambda: User.query.cursor(5), lambda: User.query.after(None), lambda: User.query.after(user).reverse(),
                  lambda: User.query.after(user).order_by('age')):
        with pytest.raises(rom.QueryError):
            wrong()
    assert near.page(1, 1).cursor is None and ids(near.order_by('age').after(user)) == []


def test_the_nearest_of_a_crowd_in_orders_of_several_columns(User, monkeypatch):
    save(User, [{'lon': n / 1000.0, 'age': n % 3, 'height': n % 5} for n in range(60)])
    cut_search(monkeypatch, 1000, 6)
    monkeypatch.setattr(searches, 'STEPS_PER_CALL', 25)
    query = User.query.near('place', 0, 0, 50, 'km', 12)
    right = sorted(range(12), key=lambda n: (-(n % 3), n % 5, str(n + 1)))
    assert ids(query.order_by('-age', 'height')) == [n + 1 for n in right]
    assert ids(query.order_by('-age', 'height').reverse()) == [n + 1 for n in reversed(right)]
    assert [user.id for user in query.reverse()] == list(range(12, 0, -1))
    for near in (query, query.filter(User.age < 3)):
        found = [(user.id, away) for user, away in near.reverse().with_distance()]
        assert [id for id, _ in found] == list(range(12, 0, -1)) and all(abs(away - (id - 1) * .1112) < .01 for id, away in found)


def test_cursors_cost_a_page_at_any_depth(User):
    save(User, [{'age': n % 10, 'height': n, 'name': u'%04d' % n, 'active': n % 2 == 0} for n in range(4000)])
    user = User.get(3501)
    for query in (User.query.order_by('height'), User.query.order_by('-height'), User.query.order_by('name'), User.query.filter(active=True).order_by('-height'),
                  User.query.order_by('age', 'height'), User.query.exclude(active=False)):
        told = query.after(query.cursor(user)).limit(0, 10).explain()
        assert told.returned == 10 and told.scanned < 1300 and told.calls < 3, str(told)


# -- single rows -----------------------------------------------------------------------------------------------------------

def test_single_rows(User):
    save(User, [{'age': n} for n in range(5)])
    query = User.query.filter(age=3)
    assert query.exists() is True and User.query.filter(age=9).exists() is False and User.query.exists() is True
    assert query[1:].exists() is False and query.limit(0, 0).exists() is False
    assert query.one().id == query.one_or_none().id == 4 and User.query.filter(age=9).one_or_none() is None
    with pytest.raises(rom.exceptions.NoResultFound) as caught:
        User.query.filter(age=9).one()
    assert 'User' in str(caught.value) and isinstance(caught.value, rom.QueryError)
    for wrong in (User.query.one, User.query.one_or_none):
        with pytest.raises(rom.exceptions.MultipleResultsFound):
            wrong()
    assert User.query[2:3].one().id == 3 and User.query.select('age')[2:3].one() == {'age': 2}
    assert User.query.filter(age=9).last() is None and User.query.order_by('-age').last().id == 1 and User.query.order_by('age')[1:3].last().id == 3


def test_in_bulk(User):
    save(User, [{'age': n} for n in range(10)])
    assert {id: user.age for id, user in User.query.in_bulk([3, 5, 99, 3]).items()} == {3: 2, 5: 4}
    assert sorted(User.query.filter(age=(3, None)).order_by('-age').in_bulk(['3', 5, 6])) == [5, 6]
    assert User.query.in_bulk([]) == {} and sorted(User.query.exclude(age=4).in_bulk(range(1, 11))) == [1, 2, 3, 4, 6, 7, 8, 9, 10]
    assert User.query.filter(age=99).in_bulk([1]) == {}
    for wrong in ('x', None, 1.5, True):
        with pytest.raises(rom.exceptions.InvalidOperation) as raised:
            User.query.in_bulk([1, wrong])
        assert repr(wrong) in str(raised.value)
    for wrong in (None, 5, u'12', b'12'):
        with pytest.raises(rom.WrongArgument) as raised:
            User.query.in_bulk(wrong)
        assert 'User.query.in_bulk takes a list of ids' in str(raised.value) and repr(wrong).lstrip('u') in str(raised.value)
    with pytest.raises(rom.QueryError):
        User.query[:5].in_bulk([1])


def test_orders_by_the_rows_that_have_a_word(User):
    """``flag:True`` counts as 1, as it does alone: such rows stand together, others are left out or come last."""
    rom.session.save(*[User(age=n % 4, active=(True, False, None)[n % 3], name=u'n%d' % (n % 2)) for n in range(1, 13)])
    for order, expected in [(('active:True', '-age'), [3, 6, 9, 12]), (('name', 'active:True', 'age'), [12, 6, 4, 8, 2, 10, 9, 3, 1, 5, 7, 11])]:
        query = User.query.order_by(*order)
        found = ids(query)
        assert sorted(found) == sorted(expected) and ids(query.reverse()) == found[::-1]
        assert [user.active for user in query[:2]] == [True, True] == [user.active for user in User.query.filter(age=(0, 3)).order_by(*order)[:2]]
        assert ids(query.after(query.cursor(User.get(found[2])))) == found[3:]
