# -*- coding: utf-8 -*-
"""The column types as rom 1.1.2 has them, and where they do better (docs/promises.rst: Values)."""
import datetime
import decimal
import functools

import pytest
import rom
from rom.exceptions import ColumnError, InvalidColumnValue, InvalidOperation

from against import OLD, better_than_old
from naming import shown

D = decimal.Decimal
MOMENT = datetime.datetime(2020, 1, 2, 3, 4, 5, 678901)


def model(**attributes):
    """A model of its own for one test."""
    return type('Holder', (rom.Model,), attributes)


def reloaded(entity):
    """The same row, read again."""
    entity.save()
    rom.session.rollback()
    return type(entity).get(entity.id)


# Values ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('column,given,kept', [
    (rom.Integer, 5, 5), (rom.Integer, 10 ** 40, 10 ** 40), (rom.Integer, '5', 5), (rom.Integer, 5.0, 5),
    (rom.Integer, D(3), 3),
    (rom.Float, 1.5, 1.5), (rom.Float, 5, 5), (rom.Float, '1.5', 1.5), (rom.Float, 1e300, 1e300),
    (rom.Float, D(1), 1.0),
    (rom.Decimal, D('1.10'), D('1.10')), (rom.Decimal, 5, D(5)), (rom.Decimal, '1.50', D('1.50')),
    (rom.Boolean, True, True), (rom.Boolean, 0, False), (rom.Boolean, 'x', True), (rom.Boolean, '', False),
    (rom.DateTime, MOMENT, MOMENT), (rom.Date, MOMENT.date(), MOMENT.date()),
    (rom.Time, datetime.time(3, 4, 5, 500000), datetime.time(3, 4, 5, 500000)),
    (rom.SaferDateTime, MOMENT, MOMENT),
    (rom.String, b'\x00W\xe9\xff', b'\x00W\xe9\xff'), (rom.Text, u'H\xe9 \U0001f600', u'H\xe9 \U0001f600'),
    (rom.Text, u'', u''), (rom.Text, b'ascii', u'ascii'),
    (rom.Json, {u'a': [1, None]}, {u'a': [1, None]}), (rom.Json, [], []), (rom.Json, (1, u'x'), (1, u'x')),
], ids=shown)
def test_values_are_kept(connection, column, given, kept):
    Holder = model(col=column())
    entity = Holder(col=given)
    assert entity.col == kept and type(entity.col) is type(kept)
    other = Holder(col=kept)
    other.col = given
    assert other.col == kept
    again = reloaded(entity).col
    assert again == (list(kept) if isinstance(kept, tuple) else kept)


@pytest.mark.parametrize('column,wrong', [
    (rom.Integer, 'x'), (rom.Integer, ''), (rom.Float, 'x'), (rom.Date, 'x'), (rom.Time, 'x'),
    (rom.DateTime, object()),
    (rom.Text, 5), (rom.Text, b'\xff'), (rom.Json, 5), (rom.Json, 'x'), (rom.DateTime, datetime.date(2020, 1, 1)),
], ids=shown)
def test_wrong_values_are_refused(connection, column, wrong):
    Holder = model(col=column())
    with pytest.raises(InvalidColumnValue):
        Holder(col=wrong)
    entity = Holder()
    with pytest.raises(InvalidColumnValue):
        entity.col = wrong
    assert entity.col is None


@better_than_old
@pytest.mark.parametrize('column,wrong', [
    (rom.Integer, True), (rom.Integer, 1.9), (rom.Float, False), (rom.Float, 2 ** 53 + 1),
    (rom.Decimal, 1.5), (rom.Decimal, 'x'),
    (rom.DateTime, 5), (rom.DateTime, 5.5), (rom.SaferDateTime, 5), (rom.Text, u'\ud800'), (rom.String, 5),
], ids=shown)
def test_inexact_values_are_refused(connection, column, wrong):
    Holder = model(col=column())
    with pytest.raises(InvalidColumnValue) as caught:
        Holder(col=wrong)
    assert 'Holder.col' in str(caught.value)
    with pytest.raises(InvalidColumnValue):
        Holder().col = wrong


@better_than_old
def test_times_are_exact_to_the_microsecond(connection):
    Holder = model(dt=rom.DateTime(), ti=rom.Time())
    for moment in (MOMENT, datetime.datetime(1, 1, 1, 0, 0, 0, 1), datetime.datetime.max,
                   datetime.datetime(1900, 2, 3, 4, 5, 6, 7)):
        entity = reloaded(Holder(dt=moment, ti=moment.time()))
        assert (entity.dt, entity.ti) == (moment, moment.time())


@better_than_old
def test_string_takes_latin_1_text(connection):
    Holder = model(col=rom.String())
    entity = Holder(col=u'\xe9')
    assert entity.col == b'\xe9'
    entity.col = u'\xff'
    assert entity.col == b'\xff'
    with pytest.raises(UnicodeEncodeError):
        Holder(col=u'\u65e5')


def test_string_text_beyond_latin_1(connection):
    with pytest.raises(UnicodeEncodeError):
        model(col=rom.String())(col=u'\u65e5')


@pytest.mark.parametrize('column', [
    rom.Integer, rom.Float, rom.Decimal, rom.Boolean, rom.DateTime, rom.Date, rom.Time, rom.String, rom.Text,
    rom.Json])
def test_none_and_del_remove_the_value(connection, column):
    value = {'Integer': 1, 'Float': 1.5, 'Decimal': D(1), 'Boolean': True, 'DateTime': MOMENT, 'Date': MOMENT.date(),
             'Time': MOMENT.time(), 'String': b'x', 'Text': u'x', 'Json': {}}[column.__name__]
    Holder = model(col=column())
    assert Holder().col is None
    entity = Holder(col=value)
    entity.save()
    entity.col = None
    assert entity.col is None and entity.save() == 1
    assert not connection.hexists(entity._pk, 'col')
    entity.col = value
    entity.save()
    del entity.col
    entity.save()
    assert entity.col is None and not connection.hexists(entity._pk, 'col')


def test_required(connection):
    Holder = model(col=rom.Integer(required=True))
    entity = Holder(col=5)
    for remove in (functools.partial(setattr, entity, 'col', None), functools.partial(delattr, entity, 'col')):
        with pytest.raises(InvalidOperation) as caught:
            remove()
        assert 'Holder.col' in str(caught.value)
    assert entity.col == 5


def test_defaults(connection):
    made = []
    Holder = model(a=rom.Integer(default=7), b=rom.Integer(default=lambda: made.append(1) or len(made)),
                   c=rom.Integer(required=True, default=1), d=rom.Text())
    first, second = Holder(), Holder(a=None if OLD else 7)
    assert (first.a, first.b, first.c, first.d) == (7, 1, 1, None) and second.b == 2
    first.save()
    # A default also fills a value that is missing on load.
    connection.hdel('Holder:1', 'a')
    rom.session.rollback()
    assert Holder.get(1).a == 7


@better_than_old
def test_a_save_writes_the_defaults_that_the_row_lacks(connection):
    """How a column that is new to a model gets into rows written before: a save fills it in, its index entries included."""
    Holder = model(a=rom.Integer(default=7, index=True), b=rom.Text(default=u'x', index=True, keygen=rom.IDENTITY, unique=True),
                   c=rom.Json(default={}), d=rom.Integer(default=lambda: 8), e=rom.Integer())
    Holder(e=1).save()
    for save, columns in ((lambda entity: entity.save(), 4), (lambda entity: entity.update(e=2).save(), 5),
                          (lambda entity: entity.update(e=3) and rom.session.commit(), 5), (lambda entity: rom.session.commit(all=True), 4)):
        connection.hdel('Holder:1', 'a', 'b', 'c', 'd')
        connection.hset('Holder:1', '-index-data-', '[[],[],[],[]]')
        connection.delete('Holder:a:idx', 'Holder:b:x:idx', 'Holder:b:uidx')
        rom.session.rollback()
        entity = Holder.get(1)
        assert not entity._modified and rom.session.commit() == 0 and not connection.hexists('Holder:1', 'a')
        entity = Holder.get(1)
        assert save(entity) == columns
        row = connection.hgetall('Holder:1')
        assert (row[b'a'], row[b'b'], row[b'c'], row[b'd']) == (b'7', b'x', b'{}', b'8')
        assert connection.zscore('Holder:a:idx', 1) == 7 and connection.smembers('Holder:b:x:idx') == {b'1'}
        assert connection.hget('Holder:b:uidx', 'x') == b'1'
    entity.a = None
    assert entity.save() == 1
    entity.e = 9
    assert entity.save() == 1 and not connection.hexists('Holder:1', 'a')


def test_primary_key_is_never_assignable(connection):
    Holder = model(key=rom.PrimaryKey())
    entity = Holder()
    with pytest.raises(InvalidOperation):
        entity.key = 5
    with pytest.raises(InvalidColumnValue):
        Holder(key=5)


@better_than_old
def test_class_access_gives_the_column():
    Holder = model(col=rom.Integer())
    assert Holder.col is Holder._columns['col']


# Declarations ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('make', [
    lambda: rom.Text(index=True), lambda: rom.Text(prefix=True), lambda: rom.String(suffix=True),
    lambda: rom.String(index=True, unique=True), lambda: rom.Json(index=True), lambda: rom.Float(unique=True),
    lambda: rom.Json(unique=True), lambda: rom.Text(index=True, keygen=rom.FULL_TEXT, keygen2=lambda attr, row: []),
    lambda: rom.ManyToOne('X'), lambda: rom.ManyToOne('X', 'foo'),
    lambda: rom.ManyToOne('X', 'set null', required=True),
])
def test_bad_declarations(make):
    with pytest.raises(ColumnError):
        model(col=make())


@pytest.mark.parametrize('make', [lambda: rom.Text(index=True), lambda: rom.Text(prefix=True)])
def test_error_names_the_keygens(make):
    with pytest.raises(ColumnError) as caught:
        model(col=make())
    assert 'FULL_TEXT, SIMPLE, SIMPLE_CI, IDENTITY, IDENTITY_CI, CASE_INSENSITIVE' in str(caught.value)


@better_than_old
def test_declarations_that_cannot_work():
    with pytest.raises(ColumnError):
        model(col=rom.Integer(index=True, keygen=5))


@pytest.mark.parametrize('arguments', [{}, {'column': 'b'}, {'keygen': rom.IDENTITY}])
def test_bad_index_only(arguments):
    with pytest.raises((ValueError, ColumnError)):
        model(b=rom.Text(), col=rom.IndexOnly(**arguments))


# Keygens ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('result,words,scores', [
    (['a', 'b'], {'a', 'b'}, {}), (('a',), {'a'}, {}), ({'a'}, {'a'}, {}), ([b'x'], {'x'}, {}),
    ({'': 5}, set(), {'': 5}),
    ({'': '5'}, set(), {'': 5}), ({'x': 1.5}, set(), {'x': 1.5}), ({'word': None}, {'word'}, {}),
    ({'': 1, 'n': 2, 'w': None}, {'w'}, {'': 1, 'n': 2}), ([], set(), {}), ({}, set(), {}), (None, set(), {}),
], ids=shown)
def test_keygen_results(connection, result, words, scores):
    Holder = model(col=rom.Integer(index=True, keygen=lambda value: result))
    Holder(col=1).save()
    for word in words:
        assert connection.smembers('Holder:col:%s:idx' % word) == {b'1'}
    for name, score in scores.items():
        assert connection.zscore('Holder:col:%s:idx' % name if name else 'Holder:col:idx', '1') == score
    assert len(connection.keys('Holder:col:*idx')) == len(words) + len(scores)


def test_keygen_is_asked_about_values_only(connection):
    seen = []
    Holder = model(t=rom.Text(index=True, keygen=lambda value: seen.append(value) or []))
    Holder().save()
    Holder(t=u'x').save()
    Holder(t=u'').save()
    assert set(seen) == {u'x', u''}


def test_keygen2_sees_the_row(connection):
    seen = []

    def keygen2(attr, row):
        seen.append((attr, dict(row)))
        return [u'%s' % row['n']]
    Target = type('Target', (rom.Model,), {})
    Holder = model(n=rom.Integer(), t=rom.Text(), r=rom.ManyToOne('Target', 'no action'),
                   extra=rom.IndexOnly(keygen2=keygen2), u=rom.UnsafeColumn())
    target = Target()
    target.save()
    Holder(n=5, r=target).save()
    attr, row = seen[-1]
    assert attr == 'extra' and row['n'] == 5 and row['r'] is target and row['t'] is None and row['id'] == 1
    assert 'u' not in row
    assert [entity.id for entity in Holder.query.filter(extra='5').all()] == [1]


@better_than_old
def test_any_callable_is_a_keygen(connection):
    class Callable(object):
        def __call__(self, value):
            return [value[:1]]
    Holder = model(a=rom.Text(index=True, keygen=Callable()),
                   b=rom.Text(index=True, keygen=functools.partial(lambda n, value: [value[:n]], 2)))
    Holder(a=u'xyz', b=u'xyz').save()
    assert connection.exists('Holder:a:x:idx') and connection.exists('Holder:b:xy:idx')


# IndexOnly, UnsafeColumn, geo ------------------------------------------------------------------------------------

def test_index_only(connection):
    Holder = model(name=rom.Text(), words=rom.IndexOnly('name', keygen=rom.FULL_TEXT, prefix=True, suffix=True),
                   exact=rom.IndexOnly('name', keygen=rom.IDENTITY))
    entity = Holder(name=u'Hello World')
    assert entity.save() == 4
    assert entity.to_dict() == {'id': 1, 'name': u'Hello World', 'words': None, 'exact': None}
    for query in (Holder.query.filter(words='hello'), Holder.query.startswith(words='wor'),
                  Holder.query.endswith(words='llo'), Holder.query.filter(exact='Hello World')):
        assert [found.id for found in query.all()] == [1]
    entity.name = u'other'
    assert entity.save() == 1
    assert Holder.query.filter(words='hello').all() == [] == Holder.query.startswith(words='wor').all()
    assert connection.smembers('Holder:words:other:idx') == {b'1'}


def test_unsafe_column(connection):
    Holder = model(log=rom.UnsafeColumn(), n=rom.Integer())
    entity = Holder(n=1)
    entity.save()
    assert entity.log.rpush('a', 'b') == 2 and entity.log.llen() == 2
    assert [item if isinstance(item, bytes) else item.encode() for item in entity.log.lrange(0, -1)] == [b'a', b'b']
    assert connection.lrange('Holder:1:log', 0, -1) == [b'a', b'b']
    assert entity.log.ping(skip_key=True)
    assert not entity._modified and entity.to_dict() == {'id': 1, 'n': 1}
    with pytest.raises(AttributeError):
        entity.log.no_such_command()
    with pytest.raises(AttributeError):
        entity.log = 5
    entity.delete()
    assert not connection.exists('Holder:1:log')
    with pytest.raises(ValueError):
        entity.log.rpush('c')


def test_del_of_an_unsafe_column(connection):
    Holder = model(log=rom.UnsafeColumn())
    entity = Holder()
    entity.save()
    entity.log.set('x')
    del entity.log
    assert not connection.exists('Holder:1:log')


def test_geo_index(connection):
    rows = []

    def where(row):
        rows.append((row['n'], row.n, row.no_such_name))
        return [] if row.n is None else {'lon': row.n, 'lat': row['n']}
    Holder = model(n=rom.Integer(), geo_index=[rom.GeoIndex('g', where)])
    for n in (1, 2, 3, None):
        Holder(n=n).save()
    assert rows[-1] == (None, None, None) and rows[0] == (1, 1, None)
    assert sorted(entity.id for entity in Holder.query.near('g', 2, 2, 200, 'km').all()) == [1, 2, 3]
    assert [entity.id for entity in Holder.query.near('g', 2, 2, 10, 'mi').all()] == [2]
    assert connection.zcard('Holder:g:geo') == 3


@better_than_old
def test_geo_entries_go_with_the_location(connection):
    Holder = model(n=rom.Integer(), geo_index=[
        rom.GeoIndex('g', lambda row: None if row.n is None else [{'lon': row.n, 'lat': 0}])])
    first, second = Holder(n=1), Holder(n=2)
    rom.session.commit()
    first.n = None
    first.save()
    assert connection.zrange('Holder:g:geo', 0, -1) == [b'2']
    second.delete()
    assert not connection.exists('Holder:g:geo')


@pytest.mark.parametrize('geo_index', [[5], rom.GeoIndex('g', None), [rom.GeoIndex('g', len), rom.GeoIndex('g', len)]])
def test_bad_geo_index(geo_index):
    with pytest.raises(rom.ORMError):
        model(geo_index=geo_index)


@better_than_old
def test_unique_with_keygen_keeps_the_value(connection):
    Holder = model(email=rom.Text(unique=True, keygen=rom.IDENTITY_CI))
    entity = reloaded(Holder(email=u'Ann@X'))
    assert entity.email == u'Ann@X'
    assert Holder.get_by(email=u'aNN@x') is entity
    with pytest.raises(rom.UniqueKeyViolation):
        Holder(email=u'ann@x').save()
    entity.email = u'ANN@x'
    assert entity.save() == 1


# Defaults of missing values -----------------------------------------------------------------------------------------

@pytest.fixture
def bare(connection):
    """A model with defaults, and a row that was written before it had them."""
    numbers = iter(range(5, 100))
    Holder = model(a=rom.Integer(default=lambda: next(numbers), index=True), n=rom.Integer(),
                   t=rom.Text(default=u'x', index=True, keygen=rom.IDENTITY))
    connection.set('Holder:id:', 1)
    connection.hset('Holder:1', 'id', 1)
    return Holder


def test_a_save_writes_defaults_into_an_older_row(bare, connection):
    """The way to fill in and index a new column."""
    entity = bare.get(1)
    assert (entity.a, entity.t, entity._modified) == (5, u'x', False)
    assert rom.session.commit() == 0 and connection.hgetall('Holder:1') == {b'id': b'1'}
    assert entity.save() == 2 and entity.save() == 0
    assert connection.hmget('Holder:1', 'a', 't') == [b'5', b'x']
    assert bare.query.filter(a=5).count() == bare.query.filter(t=u'x').count() == 1


def test_a_commit_of_changes_writes_defaults_too(bare, connection):
    entity = bare.get(1)
    entity.n = 1
    assert rom.session.commit() == 3
    assert connection.hmget('Holder:1', 'a', 't', 'n') == [b'5', b'x', b'1']


@pytest.mark.parametrize('how', ['full', 'force'])
def test_a_default_is_called_once(bare, connection, how):
    entity = bare.get(1)
    assert entity.a == 5
    entity.save(**{how: True})
    assert connection.hget('Holder:1', 'a') == b'5' and entity.a == 5


def test_refresh_indices_indexes_defaults(bare, connection):
    list(rom.util.refresh_indices(bare))
    assert bare.query.filter(a=(0, None)).count() == bare.query.filter(t=u'x').count() == 1


@better_than_old
def test_a_default_gives_way_to_another_writer(bare, connection):
    entity = bare.get(1)
    entity.n = 1
    connection.hset('Holder:1', 'a', 77)
    assert entity.save() == 2
    assert connection.hmget('Holder:1', 'a', 't', 'n') == [b'77', b'x', b'1'] and entity.a == 77
    entity = bare.get(1)
    connection.hdel('Holder:1', 't')
    entity.refresh()
    connection.hset('Holder:1', 't', 'y')
    assert entity.save() == 0 and entity.t == u'y'
    assert bare.query.filter(t=u'y').count() == 1 and bare.query.filter(t=u'x').count() == 0


def test_a_value_that_was_removed_stays_removed_for_its_entity(bare, connection):
    entity = bare(a=1)
    entity.save()
    entity.a = None
    entity.save()
    entity.n = 1
    assert entity.save() == 1 and entity.a is None and connection.hget('Holder:2', 'a') is None


# Column classes of a program's own ---------------------------------------------------------------------------------

class Colour(object):
    def __init__(self, name):
        self.name = name


class ColourColumn(rom.Column):
    _allowed = Colour

    def _to_redis(self, value):
        return value.name

    def _from_redis(self, value):
        return Colour(value)


class Words(rom.Text):
    _allowed = list

    def _to_redis(self, value):
        return u','.join(value)

    def _from_redis(self, value):
        return value.split(u',')


class Even(rom.Integer):
    def _validate(self, value):
        super(Even, self)._validate(value)
        if value % 2:
            raise InvalidColumnValue('odd')


class Cents(rom.Integer):
    def _to_redis(self, value):
        return super(Cents, self)._to_redis(value * 100)

    def _from_redis(self, value):
        return super(Cents, self)._from_redis(value) // 100


def test_validate_only_checks(connection):
    """What `_validate` returns is no value: in 1.1.2 it returns nothing."""
    Holder = model(even=Even(index=True), other=Even(unique=True, default=2))
    entity = Holder(even=u'4')
    assert (entity.even, entity.other) == (4, 2)
    for wrong in (3, u'5'):
        with pytest.raises(InvalidColumnValue):
            Holder(even=wrong)
        with pytest.raises(InvalidColumnValue):
            entity.even = wrong
    entity.even = 6
    again = reloaded(entity)
    assert (again.even, again.other) == (6, 2)
    assert Holder.query.filter(even=6).all() == [again] and Holder.get_by(other=2) is again


def test_values_of_another_type(connection):
    """A value that is none of `_allowed` is read by `_from_redis`, and then checked."""
    Holder = model(colour=ColourColumn(required=True), other=ColourColumn(default=Colour(u'red')))
    entity = Holder(colour=u'blue')
    assert (entity.colour.name, entity.other.name) == (u'blue', u'red')
    entity.colour = u'pink'
    assert reloaded(entity).colour.name == u'pink'
    with pytest.raises(rom.exceptions.MissingColumn):
        Holder()


def test_allowed_types_of_a_builtin_column_can_be_others(connection):
    Holder = model(words=Words(index=True, keygen=lambda words: words))
    entity = Holder(words=[u'a', u'b'])
    entity.save()
    entity.words.append(u'c')
    assert entity.save() == 1
    assert reloaded(entity).words == [u'a', u'b', u'c']
    assert Holder.query.filter(words=u'c').count() == 1


def test_index_has_the_value_and_not_its_text(connection):
    Holder = model(price=Cents(index=True))
    entity = reloaded(Holder(price=5))
    assert entity.price == 5 and connection.hget('Holder:1', 'price') in (b'500', u'500')
    assert Holder.query.filter(price=5).all() == [entity] and Holder.query.filter(price=500).all() == []


@pytest.mark.parametrize('allowed,value,given', [(int, 5, u'5'), (float, 0.1, u'0.1'), (complex, 1 + 2j, u'(1+2j)')])
def test_a_column_class_may_say_no_more_than_its_type(connection, allowed, value, given):
    Holder = model(col=type('Mine', (rom.Column,), {'_allowed': allowed})())
    assert Holder(col=given).col == value and reloaded(Holder(col=value)).col == value


@better_than_old
def test_converting_loses_nothing():
    Holder = model(col=type('Mine', (rom.Column,), {'_allowed': int})())
    with pytest.raises(InvalidColumnValue):
        Holder(col=1.5)


@pytest.mark.parametrize('allowed', [None, ()])
def test_a_column_class_says_what_it_takes(allowed):
    attributes = {} if allowed is None else {'_allowed': allowed}
    with pytest.raises(ColumnError):
        type('Mine', (rom.Column,), attributes)()


def test_init_of_a_column_is_told_the_namespace(connection):
    told = []

    class Slug(rom.Text):
        def _init_(self, obj, model, attr, value, loading):
            told.append((model, attr, value, loading))
            super(Slug, self)._init_(obj, model, attr, value or u'slug', loading)
    Holder = model(slug=Slug(), _namespace='held')
    assert Holder().slug == u'slug'
    assert told == [('held', 'slug', None, False)]


@pytest.mark.parametrize('column', [rom.Text, rom.Integer])
def test_keygen_without_an_index(column):
    with pytest.raises(ColumnError):
        column(keygen=lambda value: [])


def test_index_only_holds_nothing(connection):
    Holder = model(name=rom.Text(), index=rom.IndexOnly('name', keygen=rom.IDENTITY))
    with pytest.raises(InvalidColumnValue):
        Holder(index=u'x')
    entity = Holder(name=u'a', index=None)
    with pytest.raises(InvalidColumnValue):
        entity.index = u'x'
    entity.index = None
    assert entity.index is None


def test_unique_needs_words(connection):
    """A keygen that gives numbers only would make no value unique."""
    Holder = model(name=rom.Text(unique=True, keygen=rom.SIMPLE))
    with pytest.raises(TypeError if OLD else ColumnError):
        Holder(name=u'x').save()
    assert not connection.exists('Holder:1')
