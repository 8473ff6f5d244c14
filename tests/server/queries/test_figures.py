# -*- coding: utf-8 -*-
"""Figures of rows in place of them: values, sums, counts by value, some by chance, distances; against plain Python."""
import collections
import datetime
import decimal

import pytest
import rom
from rom.search import search as searches
from saving import save


@pytest.fixture
def User(connection):
    class Team(rom.Model):
        name = rom.Text()

    class User(rom.Model):
        age = rom.Integer(index=True)
        big = rom.Integer()
        height = rom.Float(index=True)
        cost = rom.Decimal(index=True)
        name = rom.Text(index=True, keygen=rom.IDENTITY, prefix=True)
        folded = rom.Text(index=True, keygen=rom.IDENTITY_CI, prefix=True)
        bio = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True)
        words = rom.Text(index=True, keygen=rom.FULL_TEXT)
        active = rom.Boolean(index=True)
        born = rom.Date(index=True)
        seen = rom.DateTime(index=True)
        wakes = rom.Time()
        raw = rom.String()
        json = rom.Json()
        team = rom.ManyToOne('Team', on_delete='no action')
        lon = rom.Float()
        geo_index = [rom.GeoIndex('place', lambda row: {'lon': row.lon, 'lat': 0} if row.lon is not None else None)]
    return User


def random_rows(rng, count, teams):
    return [{
        'age': rng.choice([None, 1, 2, 2 ** 60 + rng.randrange(3), -2 ** 70, 5]), 'big': rng.choice([10 ** 40, 3, None]),
        'height': rng.choice([None, rng.random(), .5, 1e300]),
        'cost': rng.choice([None, decimal.Decimal('1.10'), decimal.Decimal('1.1'), decimal.Decimal('12345678901234567890.123456789'),
                            decimal.Decimal('1E-20')]),
        'name': rng.choice([None, u'a', u'b', u'', u'\xc9a']), 'folded': rng.choice([u'Bob', u'bob', u'a']),
        'bio': rng.choice([None, u'new york', u'New', u'Paris, new']), 'words': rng.choice([u'x y', u'x']),
        'active': rng.choice([True, False, None]), 'born': rng.choice([None, datetime.date(2000, 1, 2), datetime.date(1960, 3, 4)]),
        'seen': rng.choice([None, datetime.datetime(2000, 1, 2, 3, 4, 5, 678901), datetime.datetime(1960, 1, 1)]),
        'wakes': rng.choice([None, datetime.time(6, 30), datetime.time(23, 0, 0, 5)]), 'raw': rng.choice([b'\xff', b'', None]),
        'team': rng.choice([None] + teams), 'lon': rng.choice([None, rng.random()])} for _ in range(count)]


@pytest.mark.parametrize('steps,count', [(20000, 120), (200, 120), (20000, 20)])
def test_figures_against_plain_python(User, rng, monkeypatch, steps, count):
    save(rom.MODELS['Team'], [{}] * 3)
    given = random_rows(rng, count, rom.MODELS['Team'].query.all())
    save(User, given)
    monkeypatch.setattr(searches, 'STEPS_PER_CALL', steps)
    for query, is_found in [
            (User.query, lambda row: True), (User.query.filter(User.active), lambda row: row['active'] is True),
            (User.query.filter((User.active == True) | (User.name == 'a')), lambda row: row['active'] is True or row['name'] == 'a'),  # noqa: E712
            (User.query.exclude(name=u'b'), lambda row: row['name'] != 'b'), (User.query.filter(age=77), lambda row: False),
            (User.query.filter(age=(1, 5)).order_by('-height'), lambda row: row['age'] in (1, 2, 5) and row['height'] is not None)]:
        check(query, [row for row in given if is_found(row)])


def check(query, rows):
    for name in ('age', 'big', 'height', 'cost'):
        values = [row[name] for row in rows if row[name] is not None]
        with decimal.localcontext() as context:
            context.prec = 200
            total = sum(values)
        assert query.sum(name) == (pytest.approx(total) if name == 'height' else total) and type(query.sum(name)) is type(total)
        average = query.avg(name)
        assert average is None if not values else float(average) == pytest.approx(float(total) / len(values))
        assert not values or type(average) is (decimal.Decimal if name == 'cost' else float)
    for name in ('age', 'big', 'height', 'cost', 'born', 'seen', 'wakes'):
        values = [row[name] for row in rows if row[name] is not None]
        assert (query.min(name), query.max(name)) == ((min(values), max(values)) if values else (None, None))
    for name in ('age', 'big', 'height', 'cost', 'name', 'folded', 'bio', 'active', 'born', 'seen', 'wakes', 'raw'):
        assert query.count_by(name) == collections.Counter(row[name] for row in rows)
        assert query.distinct(name) == sorted(set(row[name] for row in rows if row[name] is not None))
    assert query.count_by('team') == collections.Counter(row['team'] and row['team'].id for row in rows)
    for name in ('bio', 'words'):
        assert query.count_by(name, words=True) == collections.Counter(
            word.strip(u',') for row in rows for word in (row[name] or u'').lower().split())
    found = query.sample(7)
    assert len(found) == min(7, len(rows)) == len(set(found)) and set(found) <= set(query.all())
    assert sorted(user.id for user in query.sample(10 ** 4)) == sorted(user.id for user in query.all())
    part = query[2:9]
    assert part.sum('age') == sum(user.age or 0 for user in part) and part.count_by('active') == collections.Counter(user.active for user in part)
    assert query.values_list('id', flat=True).all() == [user.id for user in query]


def test_sums_and_averages_are_of_the_type_of_the_column(User):
    big = decimal.Decimal('1e30')
    save(User, [{'height': 1, 'age': 2 ** 53 + 1, 'cost': big}, {'height': 2.0, 'age': -2 ** 53, 'cost': decimal.Decimal('1e-10')}])
    for query in (User.query, User.query.filter(User.age.is_null() | ~User.age.is_null())):
        assert query.sum('height') == 3 and type(query.sum('height')) is float and type(query.max('height')) is float
        assert query.sum('age') == 1 and query.avg('age') == .5
        with decimal.localcontext() as context:
            context.prec = 5  # a program's own precision is for its own calculations
            assert query.sum('cost') == decimal.Decimal('1000000000000000000000000000000.0000000001')
            assert query.avg('cost') == decimal.Decimal('500000000000000000000000000000.00000000005')
    save(User, [{'cost': decimal.Decimal(1)}])
    assert User.query.filter(cost=(0, 1)).avg('cost') == decimal.Decimal('0.50000000005')
    assert User.query.filter(User.cost <= 1).exclude(User.cost < 1).avg('cost') == 1


def test_averages_of_decimals_without_an_end_have_28_digits(User):
    save(User, [{'cost': decimal.Decimal(n)} for n in (1, 0, 0)])
    assert User.query.avg('cost') == decimal.Decimal(1) / 3


def test_nan_is_neither_least_nor_greatest(connection):
    class Measure(rom.Model):
        exact = rom.Decimal()
        rough = rom.Float()

    save(Measure, [{'exact': decimal.Decimal(text), 'rough': float(text)} for text in ('NaN', '1', '-3', 'Infinity')])
    for name, kind in (('exact', decimal.Decimal), ('rough', float)):
        assert (Measure.query.min(name), Measure.query.max(name)) == (kind(-3), kind('inf'))
        assert Measure.query.distinct(name)[:3] == [kind(-3), kind(1), kind('inf')] and len(Measure.query.distinct(name)) == 4
        assert Measure.query.sum(name) != Measure.query.sum(name)


def test_rows_that_are_gone_are_not_counted(User, connection):
    save(User, [{'age': 1, 'big': 5}, {'age': 1}, {'age': 1}])
    connection.delete('User:3')
    assert User.query.filter(age=1).count_by('big') == {5: 1, None: 1} and User.query.filter(age=1).count_by('words') == {None: 2}


def test_counts_of_values_of_a_type_of_the_programs_own(connection):
    class Tag(object):
        def __init__(self, text):
            self.text = text

        def __eq__(self, other):
            return self.text == other.text

        def __ne__(self, other):
            return not self == other

        def __hash__(self):
            return hash(self.text)

        def __lt__(self, other):
            raise TypeError('tags have no order')

    class Tags(rom.Column):
        _allowed = Tag

        def _to_redis(self, value):
            return value.text

        def _from_redis(self, text):
            return Tag(rom.columns.base.as_text(text))

    class Sets(rom.Column):
        _allowed = set

        def _to_redis(self, value):
            return u','.join(sorted(value))

        def _from_redis(self, text):
            return set(rom.columns.base.as_text(text).split(u','))

    class Tagged(rom.Model):
        tag = Tags()
        words = Sets()

    save(Tagged, [{'tag': Tag(u'b'), 'words': {u'a'}}, {'tag': Tag(u'a')}, {'tag': Tag(u'b')}, {}])
    assert Tagged.query.count_by('tag') == {Tag(u'a'): 1, Tag(u'b'): 2, None: 1}
    assert [tag.text for tag in Tagged.query.distinct('tag')] == [u'a', u'b']
    with pytest.raises(rom.QueryError):
        Tagged.query.count_by('words')


def test_figures_of_nothing(User):
    for query in (User.query, User.query.filter(age=5), User.query.filter(User.age.in_([]))):
        assert (query.sum('age'), query.min('age'), query.max('age'), query.avg('age')) == (0, None, None, None)
        assert query.sum('cost') == 0 and query.max('born') is None and query.count_by('name') == {} and query.distinct('name') == []
        assert query.sample(3) == [] and query.values('age').all() == []


def test_least_and_greatest_of_an_index_are_one_command(User, calls):
    save(User, [{'age': n, 'height': n / 2.0, 'born': datetime.date(2000, 1, 1 + n)} for n in range(9)])
    del calls[:]
    assert User.query.min('age') == 0 and User.query.max('height') == 4.0 and User.query.max('born') == datetime.date(2000, 1, 9)
    assert len(calls) == 3


@pytest.mark.parametrize('ask', [
    lambda query: query.sum('name'), lambda query: query.sum('born'), lambda query: query.avg('seen'), lambda query: query.max('active'),
    lambda query: query.sum('team'), lambda query: query.min('nothing'), lambda query: query.count_by('json'), lambda query: query.count_by('id'),
    lambda query: query.count_by('name', words=True), lambda query: query.distinct('nothing'), lambda query: query.values('nothing'),
    lambda query: query.values_list('age', 'name', flat=True), lambda query: query.values_list(flat=True), lambda query: query.sample(-1),
    lambda query: query.sample('3'), lambda query: query.with_distance(), lambda query: query.sum(5),
    lambda query: query.near('place', 1, 1, 1, 'km').select('age').with_distance(), lambda query: query.sample(2).cursor(None)])
def test_what_has_no_figures(User, ask):
    with pytest.raises(rom.QueryError):
        ask(User.query)


# -- values --------------------------------------------------------------------------------------------------------------

def test_values(User, monkeypatch):
    team = rom.MODELS['Team'](name=u'x')
    team.save()
    save(User, [{'age': 5, 'team': team, 'born': datetime.date(2000, 1, 2), 'json': {'a': 1}}, {'name': u'Ann'}])
    monkeypatch.setattr(User, '_rom_adopt', None)
    assert User.query.values('age', 'team').all() == [{'age': 5, 'team': team.id}, {'age': None, 'team': None}]
    assert User.query.values_list('id', 'born', 'json').all() == [(1, datetime.date(2000, 1, 2), {'a': 1}), (2, None, None)]
    assert list(User.query.values_list('name', flat=True)) == [None, u'Ann'] and User.query.values_list('age', flat=True).first() == 5
    assert User.query.filter(age=5).values().one() == dict(
        dict.fromkeys(['id'] + list(User._rom_schema.stored)), id=1, age=5, team=team.id, born=datetime.date(2000, 1, 2), json={'a': 1})
    assert User.query.order_by('age').values('age')[:5].all() == [{'age': 5}]


# -- by chance -----------------------------------------------------------------------------------------------------------

def test_each_row_is_as_likely(User):
    save(User, [{'age': n, 'active': n % 2 == 0} for n in range(60)])
    for query, among in ((User.query, 60), (User.query.filter(active=True), 30), (User.query.filter(age=(10, 39)), 30),
                         (User.query.exclude(active=True), 30), (User.query.filter(age=(10, 39), active=True), 15)):
        counts = collections.Counter(user.id for _ in range(80) for user in query.sample(among // 4))
        assert len(counts) == among and max(counts.values()) < 50, query


def test_samples_over_gaps(User, connection):
    connection.set('User:id:', 10 ** 6)
    save(User, [{'age': n} for n in range(50)])
    assert len(User.query.sample(20)) == 20 and len(set(User.query.sample(60))) == 50


@pytest.mark.parametrize('counter', [3, 10 ** 6, None])
def test_figures_and_samples_whatever_the_counter_says(User, connection, counter):
    save(User, [{'age': n, 'active': n % 2 == 0, 'name': u'ab'[n % 2]} for n in range(60)])
    if counter is None:
        connection.delete('User:id:')
    else:
        connection.set('User:id:', counter)
    for query, right in ((User.query, range(60)), (User.query.exclude(active=True), range(1, 60, 2)),
                         (User.query.filter((User.active == True) | (User.age < 30)), sorted(set(range(30)) | set(range(0, 60, 2))))):  # noqa: E712
        assert query.sum('age') == sum(right) and sorted(query.distinct('age')) == list(right)
        assert query.count_by('name') == collections.Counter(u'ab'[n % 2] for n in right)
        found = set(age for _ in range(30) for age in query.values_list('age', flat=True).sample(len(right) // 3))
        assert found == set(right)


# -- distances -----------------------------------------------------------------------------------------------------------

def test_distances(User):
    save(User, [{'lon': n / 100.0, 'age': n} for n in range(30)])
    near = User.query.near('place', 0, 0, 10, 'km')
    found = near.with_distance().all()
    assert [user.age for user, _ in found] == list(range(9)) and found[0][1] < .001
    for user, away in found:
        assert away == pytest.approx(user.lon * 111.19, abs=.02)
    assert [(user.age, away) for user, away in near.filter(age=(3, None)).with_distance().limit(1, 2)] == [(user.age, away) for user, away in found[4:6]]
    assert [away for _, away in near.with_distance().iter_result(pagesize=2)] == [away for _, away in found]
    assert near.with_distance().first()[0].age == 0 and near.reverse().with_distance().first()[0].age == 8
    assert User.query.filter(rom.within('place', 0, 0, 10000, 'm')).with_distance().all()[5][1] == pytest.approx(1000 * found[5][1])


@pytest.mark.parametrize('ask', [
    lambda query: query.order_by('age').all(), lambda query: query.select('age').first(), lambda query: query.values('age').all(),
    lambda query: query | query, lambda query: query.page(1, 5).items[0][0] and query.order_by('-age').page(1, 5)])
def test_distances_are_those_of_near_to_entities(User, ask):
    save(User, [{'lon': n / 100.0, 'age': n} for n in range(5)])
    with pytest.raises(rom.QueryError):
        ask(User.query.near('place', 0, 0, 10, 'km').with_distance())


def test_what_a_query_with_distances_gives_besides(User):
    save(User, [{'lon': n / 100.0, 'age': n} for n in range(5)])
    query = User.query.filter(rom.within('place', 0, 0, 10, 'km') & (User.age > 0)).with_distance()
    assert query.count() == 4 and query.sum('age') == 10 and query.in_bulk([1, 2, 3]) == {2: User.get(2), 3: User.get(3)}
    assert [user.age for user, _ in query.page(2, 3).items] == [4] and query[1][0].age == 2 and query.last()[0].age == 4


def test_figures_are_cut_into_calls(User, calls, monkeypatch):
    save(User, [{'age': n % 1000, 'height': n, 'cost': decimal.Decimal(n), 'name': u'n%d' % (n % 20), 'active': n % 2 == 0} for n in range(3000)])
    monkeypatch.setattr(searches, 'STEPS_PER_CALL', 1000)
    query, asked = User.query.filter(height=(None, None)), searches.searches.ask

    def count(ask):
        del calls[:]
        return ask(), len(calls)
    for ask, right in ((lambda: query.sum('height'), sum(range(3000))), (lambda: query.sum('cost'), sum(range(3000))),
                       (lambda: len(query.count_by('age')), 1000), (lambda: len(User.query.distinct('height')), 3000)):
        found, needed = count(ask)
        assert found == right and needed > 2
    for query in (User.query, query, User.query.filter((User.active == True) | (User.name == u'n1')), User.query.exclude(name=u'n2'),  # noqa: E712
                  User.query.startswith(name=u'n').filter(User.height > 5), User.query.filter(name=[u'n1', u'n2', u'n3', u'n4'] * 5)):
        rows = query.values_list('height', 'age', flat=False).all()
        heights, ages = zip(*rows)
        assert len(set(heights)) == len(rows) and query.sum('height') == sum(heights) and query.max('height') == max(heights)
        assert query.count_by('age') == collections.Counter(ages) and query.sum('cost') == sum(heights)
    monkeypatch.setattr(searches, 'STEPS_PER_CALL', 20000)
    either = User.query.filter((User.active == True) | (User.height < 2500))  # noqa: E712
    got = []
    monkeypatch.setattr(searches.searches, 'ask', lambda *args, **named: got.append(asked(*args, **named)) or got[-1])
    assert either.sum('height') == sum(range(2500)) + sum(range(2500, 3000, 2)) and len(either.count_by('age')) == 1000
    assert all(reply.state == 'figures' for reply in got)  # no id was sent
    assert count(lambda: (len(User.query.distinct('name')), User.query.count_by('name')[u'n3'])) == ((20, 150), 4)
    assert count(lambda: User.query.count_by('active')) == ({True: 1500, False: 1500}, 3)


@pytest.mark.parametrize('name', ['whole', 'text'])
def test_words_that_go_on_with_a_nul_are_counted_by_themselves(connection, name):
    """From the index, where their entries stand among those of the words that they go on from."""
    class Row(rom.Model):
        whole = rom.Text(index=True, keygen=rom.IDENTITY, prefix=True)
        text = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True)
    expected = {}
    for word in [u'a', u'a\0b', u'a\x005', u'abcdefg', u'abcdefg\x005', u'abcdefg\x007', u'abcdefg\0b', u'b', u'a\0b\x001']:
        expected[word] = 3 + len(word)
        rom.session.save(*[Row(**{name: word}) for _ in range(expected[word])])
    assert Row.query.count_by(name, words=name == 'text') == expected
    assert name == 'text' or Row.query.distinct(name) == sorted(expected)
