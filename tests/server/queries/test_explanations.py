# -*- coding: utf-8 -*-
"""What `explain` tells: each filter as it was written, sizes inside trees, orders, hints; and that a query shows itself."""
import datetime
import functools
import operator

import pytest
import rom

@pytest.fixture
def Hike(connection):
    class Guide(rom.Model):
        name = rom.Text()

    class Hike(rom.Model):
        age = rom.Integer(index=True)
        name = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True)
        code = rom.Text(index=True, keygen=rom.IDENTITY_CI, prefix=True)
        title = rom.Text(index=True, keygen=rom.SIMPLE)
        born = rom.Date(index=True)
        ok = rom.Boolean(index=True)
        guide = rom.ManyToOne('Guide', on_delete='no action')
        lat = rom.Float()
        geo_index = [rom.GeoIndex('place', lambda row: {'lat': row.lat, 'lon': 0} if row.lat is not None else None)]

    guide = Guide(name=u'ann')
    guide.save()
    for n in range(60):
        Hike(age=n % 20, name=u'Trail %d of the Grand Canyon' % n, code=u'C%d' % n, title=u't%d' % n, ok=n % 2, lat=n / 10.,
             born=datetime.date(2000, 1, 1) + datetime.timedelta(n), guide=guide if n % 3 else None)
    rom.session.commit()
    return Hike


@pytest.mark.parametrize('written, others', [
    ("filter(age=5)", []), ("filter(age=(18, None))", []), ("filter(age=[1, 2, (3, 4)])", []), ("filter(name='Grand Canyon!')", []),
    ("filter(code='C5')", []), ("filter(ok=True)", []), ("filter(born=datetime.date(2000, 1, 5))", []), ("filter(title=('a', 't2'))", []),
    ("filter(guide=1)", []), ("filter(guide=NOT_NULL)", []), ("startswith(name='gra')", []), ("startswith(name='Grand ca')", []),
    ("endswith(name='yon')", []), ("like(name='ca*n')", []), ("near('place', 0, 3, 100, 'km')", []), ("near('place', 0, 3, 100, 'km', 5)", []),
    ("exclude(age=5)", []), ("exclude(Hike.age < 5, ok=True)", ["~(Hike.age < 5)"]), ("filter(code='').filter(age=4)", ["filter(code='')"]),
    ("filter(age=5).filter(ok=True).startswith(name='g')", ["filter(ok=True)"]),
    ("filter(Hike.age > 5, Hike.ok, code='C7')", ["Hike.age > 5", "Hike.ok", "filter(code='C7')"]),
    ("filter((Hike.age > 5) & Hike.ok | Hike.guide.is_null())", ["    Hike.guide.is_null(): missing", "      Hike.age > 5: range"]),
    ("filter(within('place', 0, 3, 100, 'km') | (Hike.age == 3))", ["within('place', 0, 3, 100, 'km') | (Hike.age == 3): any", "at most 3"]),
    ("filter(age=5) | Hike.query.filter(name='the', ok=True)", ["Hike.query.filter(age=5) | Hike.query.filter(name='the', ok=True): any"]),
    ("filter(age=5) & Hike.query.exclude(ok=True)", ["exclude(ok=True)"]),
    ("filter(Hike.age > 3, age=(None, 9))", ["Hike.age > 3, filter(age=(None, 9)): range"])])
def test_explanations_name_each_filter_as_it_was_written(Hike, written, others):
    names = {'Hike': Hike, 'within': rom.within, 'datetime': datetime, 'NOT_NULL': rom.NOT_NULL}
    query = eval('Hike.query.' + written, names)
    told = str(query.explain())
    expected = others or [written.replace('().', '')]
    assert [each for each in expected if each + ':' not in told and each not in told] == [], told
    assert [each['told'] for each in query.explain().filters if each['kind'] != 'rows' and each['told'] is None] in ([], [None])
    assert query.replace(filters=query._filters).explain().returned == query.explain().returned


def test_explanations_have_sizes_inside_trees(Hike):
    query = Hike.query.filter((Hike.age > 17) | ~(Hike.ok & (Hike.code == u'c1')))
    tree = query.explain().filters[0]
    assert (tree['kind'], tree['size'], [each['size'] for each in tree['of']]) == ('any', None, [6, None])
    negated = tree['of'][1]
    assert [[part['size'] for part in each['of']] for each in negated['of']] == [[30], [1]]
    assert sum('Hike.age > 17: range Hike:age:idx, rows: at most 6' in line for line in str(query.explain()).split('\n')) == 1
    wide = Hike.query.filter(functools.reduce(operator.or_, [Hike.age == n for n in range(30)])).explain()
    assert 'and 22 more' in str(wide) and wide.filters[0]['size'] == 60


def test_explanations_of_orders(Hike):
    told = Hike.query.order_by('-age', 'code').explain()
    assert 'in descending order of Hike:age:idx, then code' in str(told) and told.scanned == told.returned == 60
    assert repr(Hike.query.order_by('-age', 'code').reverse()) == "<Query Hike.query.order_by('-age', 'code').reverse()>"
    behind = Hike.query.order_by('age').after(Hike.query.order_by('age').first())
    assert repr(behind[:5]) == "<Query Hike.query.order_by('age').after(...).limit(0, 5)>"
    assert repr(Hike.query.near('place', 0, 3, 9, 'km').with_distance()) == "<Query Hike.query.near('place', 0, 3, 9, 'km').with_distance()>"
    assert 'then -code' in str(Hike.query.order_by('-age', 'code').reverse().explain())


def test_explanations_of_nothing_and_of_all_rows(Hike):
    assert str(Hike.query.filter(Hike.age.in_([])).explain()).startswith('Hike: the size of a filter that no row has is the answer')
    told = Hike.query.filter(~(Hike.code == u'C7')).limit(0, 3).explain()
    assert 'hint: row after row is looked at' in str(told) and told.returned == 3


def test_hints_name_what_is_declared(Hike):
    assert 'with its suffix=True there is .endswith()' in str(Hike.query.like(name='*yon').explain())
    assert 'with suffix=True there is .endswith()' in str(Hike.query.like(code='*5').explain())


@pytest.mark.parametrize('method, text', [('endswith', u'grand canyon'), ('like', u'grand ca*'), ('like', u'*d canyon'), ('endswith', u' canyon')])
def test_each_word_of_a_text_is_looked_at_by_itself(Hike, method, text):
    """So that no word has a blank, as in 1.1.2; a hint says what finds several words."""
    query = getattr(Hike.query, method)(name=text)
    assert query.all() == [] == Hike.query.filter(getattr(Hike.name, method)(text)).all()
    assert 'has a blank in it, which no word of Hike.name has: several words are found by .search()' in str(query.explain())
    assert 'blank' not in str(getattr(Hike.query, method)(name=u'canyon').explain())
