# -*- coding: utf-8 -*-
"""Values: each promise of docs/promises.rst (Values), in its order; the docstrings quote it."""
import datetime
import decimal
import functools
import warnings

import pytest
import rom
from rom.exceptions import ColumnError, InvalidColumnValue
from naming import shown

D = decimal.Decimal
NAN = float('nan')


class Zone(datetime.tzinfo):
    """A fixed offset; 2.7 has none."""

    def __init__(self, hours):
        self.offset = datetime.timedelta(hours=hours)

    def utcoffset(self, moment):
        return self.offset

    def dst(self, moment):
        return None


def model(**attributes):
    return type('Holder', (rom.Model,), attributes)


def reloaded(entity):
    """The same row, read again into a new object."""
    entity.save()
    id = entity.id
    rom.session.rollback()
    return type(entity).get(id)


def stored(connection, entity, attr='col'):
    value = connection.hget('%s:%s' % (entity._namespace, entity.id), attr)
    return None if value is None else value.decode('utf-8')


# Refused ---------------------------------------------------------------------------------------------------------

REFUSED = [
    (rom.Integer, {}, True), (rom.Integer, {}, False), (rom.Float, {}, True), (rom.Float, {}, False),
    (rom.Integer, {}, 1.9), (rom.Integer, {}, NAN), (rom.Integer, {}, float('inf')), (rom.Integer, {}, D('1.5')),
    (rom.Decimal, {}, 1.5), (rom.Decimal, {}, NAN),
    (rom.Float, {}, 2 ** 53 + 1), (rom.Float, {}, 10 ** 400),
    (rom.Float, {'index': True}, NAN), (rom.Decimal, {'index': True}, D('NaN')), (rom.Decimal, {'index': True}, D('sNaN')),
    (rom.Integer, {'index': True}, 10 ** 400), (rom.Decimal, {'index': True}, D('1e400')),
    (rom.Decimal, {}, 'x'), (rom.Decimal, {}, '1.2.3'), (rom.Decimal, {}, ''),
    (rom.DateTime, {}, 5), (rom.DateTime, {}, 5.5), (rom.DateTime, {'index': True}, NAN), (rom.Date, {}, 5), (rom.Time, {}, 5),
    (rom.Text, {}, u'\ud800'), (rom.Text, {'unique': True}, u'a\udfffb'),
    (rom.Text, {'index': True, 'keygen': rom.FULL_TEXT}, u'a \udfffb'),
    (rom.Time, {}, datetime.time(1, 2, 3, tzinfo=Zone(0))), (rom.Time, {'index': True}, datetime.time(1, tzinfo=Zone(5))),
]


@pytest.mark.parametrize('column,arguments,value', REFUSED, ids=shown)
def test_refused_before_anything_is_sent(connection, column, arguments, value):
    """Refused with InvalidColumnValue before anything is sent, naming model, column and value."""
    Holder = model(col=column(**arguments))
    entity = Holder()
    for attempt in (lambda: Holder(col=value), lambda: setattr(entity, 'col', value)):
        with pytest.raises(InvalidColumnValue) as caught:
            attempt()
        error = caught.value
        assert error.model == 'Holder' and error.columns == ('col',) and error.value is value
        assert 'Holder.col' in str(error) and repr(value)[:97] in str(error)
    assert entity.col is None
    assert connection.keys('*') == []


@pytest.mark.parametrize('column', [rom.Integer(index=True), rom.Integer(unique=True), rom.Integer()], ids=['index', 'unique', 'plain'])
def test_integers_have_any_size(connection, column):
    """Only in an index an Integer is bound to the range of a double."""
    Holder = model(col=column)
    for value in (0, -1, 2 ** 53 + 1, 2 ** 64, -10 ** 300):
        assert reloaded(Holder(col=value)).col == value
    if not (column._index or column._unique):
        assert reloaded(Holder(col=-10 ** 5000)).col == -10 ** 5000


@pytest.mark.parametrize('column', [
    rom.Integer(index=True), rom.Float(), rom.Float(index=True), rom.Decimal(index=True), rom.DateTime(), rom.Date(), rom.Time(), rom.Text(), rom.String(), rom.Json(),
    rom.ManyToOne('Holder', 'no action')], ids=lambda column: type(column).__name__)
def test_a_number_too_long_to_be_shown(connection, column):
    """Refused with InvalidColumnValue, also where Python refuses to print the value."""
    Holder = model(col=column)
    with pytest.raises(InvalidColumnValue) as caught:
        Holder(col=10 ** 5000)
    assert 'Holder.col' in str(caught.value)
    only = type('Only', (rom.Model,), {'only': rom.IndexOnly(keygen2=lambda attr, row: {'': 10 ** 5000})})
    with pytest.raises(InvalidColumnValue):
        only().save()


def test_float_nan_without_index(connection):
    """Float NaN without an index is stored, and equals itself."""
    Holder = model(col=rom.Float())
    entity = Holder(col=NAN)
    entity.save()
    entity.col = float('nan')
    assert not entity._modified and entity.save() == 0
    entity = reloaded(entity)
    assert entity.col != entity.col
    entity.col = NAN
    assert entity.save() == 0


@pytest.mark.parametrize('column,value', [
    (rom.Float, float('inf')), (rom.Float, -float('inf')), (rom.Float, 5e-324), (rom.Float, 1.7976931348623157e308), (rom.Float, -0.0),
    (rom.Decimal, D('Infinity')), (rom.Decimal, D('1E-400')), (rom.Decimal, D('-1E-4000')), (rom.Decimal, D('0E-5000')),
    (rom.Decimal, D('1.' + '1' * 6000)), (rom.Decimal, D('1E+308')), (rom.Integer, -10 ** 308), (rom.Integer, 10 ** 308 + 1),
], ids=lambda value: shown(value)[:30])
def test_what_an_index_can_hold_is_held(connection, column, value):
    """What Redis would refuse is refused before; the rest is indexed and found."""
    Holder = model(col=column(index=True))
    entity = Holder(col=value)
    entity.save()
    assert connection.zscore('Holder:col:idx', entity.id) == float(value)
    assert repr(reloaded(entity).col) == repr(value)


# Dates -----------------------------------------------------------------------------------------------------------

def test_date_takes_the_date_of_a_datetime(connection):
    """Date takes the date part of a datetime."""
    Holder = model(col=rom.Date(index=True))
    entity = Holder(col=datetime.datetime(2020, 1, 2, 23, 59))
    assert type(entity.col) is datetime.date and entity.col == datetime.date(2020, 1, 2)
    entity = reloaded(entity)
    assert entity.col == datetime.date(2020, 1, 2)
    entity.col = datetime.datetime(2020, 1, 2, 7)
    assert entity.save() == 0


def test_aware_datetimes_are_stored_as_utc(connection):
    """An aware datetime is stored as UTC, naive."""
    Holder = model(col=rom.DateTime(index=True))
    entity = Holder(col=datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=Zone(5)))
    assert entity.col == datetime.datetime(2020, 1, 1, 22, 4, 5) and entity.col.tzinfo is None
    assert reloaded(entity).col == datetime.datetime(2020, 1, 1, 22, 4, 5)
    with pytest.raises(InvalidColumnValue):
        Holder(col=datetime.datetime.max.replace(tzinfo=Zone(-5)))


@pytest.mark.parametrize('year', [1, 2, 1582, 1899, 1969, 1970, 2001, 2038, 5000, 9999])
def test_moments_are_exact_to_the_microsecond(connection, year, rng):
    """DateTime and Time come back exact to the microsecond, for every year."""
    Holder = model(moment=rom.DateTime(index=True), time=rom.Time(index=True))
    entities = []
    for micros in (0, 1, 9, 10, 123456, 678901, 999999, rng.randrange(10 ** 6)):
        moment = datetime.datetime(year, 12, 31, rng.randrange(24), 59, 59, micros)
        entities.append(Holder(moment=moment, time=moment.time()))
    expected = [(entity.moment, entity.time) for entity in entities]
    rom.session.commit()
    rom.session.rollback()
    assert [(e.moment, e.time) for e in Holder.get([e.id for e in entities])] == expected


def test_stored_moments_are_those_of_1_1_2(connection):
    """The stored text stays 1.1.2's wherever that is exact: the repr of the seconds."""
    Holder = model(col=rom.DateTime(), time=rom.Time(), date=rom.Date())
    entity = Holder(col=datetime.datetime(2020, 1, 2, 3, 4, 5, 678901), time=datetime.time(1, 0, 0, 500000),
                    date=datetime.date(2020, 1, 2))
    entity.save()
    assert stored(connection, entity) == '1577934245.678901'
    assert stored(connection, entity, 'time') == '3600.5'
    assert stored(connection, entity, 'date') == '1577923200.0'


def test_safer_datetime(connection):
    """SaferDateTime may be None or have a default."""
    moment = datetime.datetime(2020, 1, 2)
    Holder = model(a=rom.SaferDateTime(), b=rom.SaferDateTime(default=moment), c=rom.SaferDateTime(default=lambda: moment))
    entity = reloaded(Holder(a=None))
    assert (entity.a, entity.b, entity.c) == (None, moment, moment)
    entity.a = moment
    entity = reloaded(entity)
    entity.a = None
    assert reloaded(entity).a is None
    with pytest.raises(InvalidColumnValue):
        Holder(a='2020')


# String ----------------------------------------------------------------------------------------------------------

def test_string_takes_bytes_or_latin_1(connection):
    """String takes bytes or Latin-1 text, in the constructor and in assignment alike."""
    Holder = model(col=rom.String())
    entity = Holder(col=u'caf\xe9')
    assert entity.col == b'caf\xe9'
    entity.col = u'\xff\x00'
    assert reloaded(entity).col == b'\xff\x00'
    for attempt in (lambda: Holder(col=u'\u20ac'), lambda: setattr(entity, 'col', u'\u20ac')):
        with pytest.raises(UnicodeEncodeError):
            attempt()


@pytest.mark.parametrize('value', [b'\xff\xfe', b'\x00', b'caf\xe9', u'caf\xe9'.encode('utf-8'), bytes(bytearray(range(256))), b'\xc3', b'a:b'],
                         ids=shown)
def test_any_bytes_are_indexed_found_and_prefix_searched(connection, value):
    """Any byte string can be indexed, found and prefix-searched."""
    Holder = model(col=rom.String(index=True, keygen=rom.IDENTITY, prefix=True, suffix=True, unique=True))
    entity = Holder(col=value)
    Holder(col=b'other')
    rom.session.commit()
    assert Holder.query.filter(col=value).all() == [entity]
    assert Holder.query.startswith(col=value[:1]).all() == [entity]
    assert Holder.query.startswith(col=value).all() == [entity]
    assert Holder.query.endswith(col=value[-1:]).all() == [entity]
    assert Holder.get_by(col=value) is entity
    entity.delete()
    assert connection.zcard('Holder:col:pre') == connection.zcard('Holder:col:suf') == connection.hlen('Holder:col:uidx') == 1


# Unique with a keygen --------------------------------------------------------------------------------------------

def test_unique_with_a_keygen_stores_the_value_as_given(connection):
    """A unique column with a keygen stores the value as given (1.1.2 overwrote it with the keygen's result)."""
    Holder = model(col=rom.Text(unique=True, keygen=rom.IDENTITY_CI))
    entity = reloaded(Holder(col=u'Ann@X'))
    assert entity.col == u'Ann@X'
    assert connection.hgetall('Holder:col:uidx') == {b'ann@x': b'1'}
    with pytest.raises(rom.UniqueKeyViolation):
        Holder(col=u'ANN@x').save()


# Mutable values --------------------------------------------------------------------------------------------------

def test_mutable_defaults_are_copied(connection):
    """Mutable defaults are copied per entity."""
    default = {u'a': [1]}
    Holder = model(col=rom.Json(default=default))
    first, second = Holder(), Holder()
    first.col[u'a'].append(2)
    assert second.col == default == {u'a': [1]}
    rom.session.commit()
    assert reloaded(first).col == {u'a': [1, 2]}


@pytest.mark.parametrize('read_again', [False, True])
def test_changes_in_place_are_noticed(connection, read_again):
    """In-place changes of a Json value are noticed by `commit()`."""
    Holder = model(col=rom.Json(), other=rom.Integer())
    entity = Holder(col={u'a': [1]})
    rom.session.commit()
    if read_again:
        rom.session.rollback()
        entity = Holder.get(1)
    entity.col[u'a'].append(2)
    assert entity._modified
    assert rom.session.commit() == 1
    assert stored(connection, entity) == '{"a": [1, 2]}'
    entity.col[u'b'] = None
    assert rom.session.commit() == 1 and rom.session.commit() == 0
    assert reloaded(entity).col == {u'a': [1, 2], u'b': None}


@pytest.mark.parametrize('read', ['query', 'get', 'save', 'race'])
def test_a_value_that_the_program_holds(connection, read):
    """In-place changes of a Json value are noticed by `commit()`: also where the row was read again since the program took it."""
    Holder = model(col=rom.Json(), n=rom.Integer(index=True), twice=rom.IndexOnly(keygen2=lambda attr, row: {'': 2 * (row['n'] or 0)}))
    entity = Holder(col=[1], n=1)
    rom.session.commit()
    entity = Holder.get(1)
    held = entity.col
    if read == 'query':
        assert Holder.query.filter(n=1).all() == [entity]
    elif read == 'get':
        rom.session.commit()
        assert Holder.get(1) is entity and entity.col is held
    else:
        held.append(0)
        entity.save()
        if read == 'race':
            connection.hset('Holder:1', 'n', 2)
        entity.save()
    held[1:] = [2]
    assert rom.session.commit() == 1
    assert stored(connection, entity) == '[1, 2]'


def test_a_value_that_others_changed_is_read_again(connection):
    """A query refreshes an unmodified live object: a Json value as well."""
    Holder = model(col=rom.Json(), n=rom.Integer(index=True))
    entity = Holder(col=[1], n=1)
    rom.session.commit()
    assert entity.col == [1]
    connection.hset('Holder:1', 'col', '[1, 2]')
    assert Holder.query.filter(n=1).all() == [entity] and entity.col == [1, 2]
    entity.col.append(3)
    entity.refresh(force=True)
    assert entity.col == [1, 2]


def test_a_change_in_place_that_cannot_be_stored(connection):
    """A value that does not fit is refused before anything is sent, by the save and not by a read that meets the entity."""
    Holder = model(col=rom.Json(), n=rom.Integer(index=True))
    entity = Holder(col={}, n=1)
    entity.save()
    entity.col[u'x'] = object()
    assert Holder.query.filter(n=1).all() == [entity] and Holder.get(1) is entity and entity._modified
    for write in (entity.save, rom.session.commit):
        with pytest.raises(InvalidColumnValue) as caught:
            write()
        assert 'Holder.col' in str(caught.value) and stored(connection, entity) == '{}'
    entity.col[u'x'] = 1
    assert rom.session.commit() == 1


def test_changes_in_place_after_a_query(connection):
    """In-place changes of a Json value are noticed by `commit()`: of a row that a query gave as well."""
    Holder = model(col=rom.Json(), n=rom.Integer(index=True))
    Holder(col=[1], n=1)
    rom.session.commit()
    rom.session.rollback()
    Holder.query.filter(n=1).first().col.append(2)
    assert rom.session.commit() == 1
    rom.session.rollback()
    assert Holder.get(1).col == [1, 2]


@pytest.mark.parametrize('value', [(1, (2, 3)), {1: 2, u'x': (1,)}, {u'a': NAN}, [NAN, float('inf')], [], {}, [1.0, 10 ** 30], {None: 1, True: 2}],
                         ids=shown)
def test_an_unchanged_json_value_counts_as_no_change(connection, value):
    """An unchanged value counts as no change (tuples, int keys, NaN, references included)."""
    Holder = model(col=rom.Json())
    entity = Holder(col=value)
    rom.session.commit()
    assert entity.col is value and not entity._modified and rom.session.commit() == 0
    entity.col = value
    assert entity.save() == 0
    rom.session.rollback()
    again = Holder.get(entity.id)
    assert again.col is not None and not again._modified and rom.session.commit() == 0
    again.col = value
    assert not again._modified and again.save() == 0


@pytest.mark.parametrize('column,value,same', [
    (rom.Integer, 5, 5), (rom.Integer, 5, 5.0), (rom.Float, 1.5, D('1.5')), (rom.Decimal, D('1.50'), D('1.50')), (rom.Boolean, True, 1),
    (rom.Boolean, False, ''), (rom.Text, u'\xe9', u'\xe9'.encode('utf-8')), (rom.String, b'\xe9', u'\xe9'), (rom.Text, u'', u''),
    (rom.DateTime, datetime.datetime(1, 1, 1, 1, 1, 1, 1), datetime.datetime(1, 1, 1, 3, 1, 1, 1, tzinfo=Zone(2))), (rom.Float, 1e16, 10 ** 16),
], ids=shown)
def test_an_unchanged_value_counts_as_no_change(connection, column, value, same):
    """An unchanged value counts as no change."""
    Holder = model(col=column())
    entity = Holder(col=value)
    entity.save()
    for _ in range(2):
        entity.col = value
        assert not entity._modified and entity.save() == 0
        if column is not rom.Float:
            entity.col = same
            assert not entity._modified and entity.save() == 0
        entity = reloaded(entity)


def test_an_unchanged_reference_counts_as_no_change(connection):
    """An unchanged value counts as no change (references included)."""
    Owner = type('Owner', (rom.Model,), {})
    Holder = model(col=rom.ManyToOne('Owner', 'no action'))
    owner = Owner()
    entity = Holder(col=owner)
    rom.session.commit()
    entity.col = owner
    assert not entity._modified and entity.save() == 0
    entity.col = owner.id
    assert entity.save() == 0


# Subclasses ------------------------------------------------------------------------------------------------------

class OddText(type(u'')):
    def __str__(self):
        return 'odd'
    __format__ = lambda self, how: 'odd'
    __repr__ = __unicode__ = __str__


class OddBytes(bytes):
    def __str__(self):
        return 'odd'
    __repr__ = __str__


class OddFloat(float):
    def __repr__(self):
        return 'odd'
    __str__ = __repr__


class OddInt(int):
    def __repr__(self):
        return 'odd'
    __str__ = __repr__


@pytest.mark.parametrize('column,value,text', [
    (rom.Text, OddText(u'x'), 'x'), (rom.String, OddBytes(b'x'), 'x'), (rom.Float, OddFloat(1.5), '1.5'), (rom.Float, OddInt(2), '2'),
    (rom.Integer, OddInt(3), '3'), (rom.Json, [OddText(u'x')], '["x"]')], ids=shown)
def test_values_of_subclasses(connection, column, value, text):
    """Values of subclasses (an Enum, a number of numpy) are stored and indexed as what they are, whatever their str and repr say."""
    words = {'index': True, 'keygen': rom.IDENTITY, 'prefix': True, 'suffix': True} if text == 'x' else {} if column is rom.Json else {'index': True}
    Holder = model(col=column(unique=text == 'x', **words), n=rom.Integer(), unique_together=[('col', 'n')])
    entity = Holder(col=value, n=1)
    entity.save()
    assert stored(connection, entity) == text and entity.save() == 0
    assert connection.hgetall('Holder:col:n:uidx') == {rom.util._encode_unique_constraint([text, '1']).encode('utf-8'): b'1'}
    if text == 'x':
        assert connection.exists('Holder:col:x:idx') and connection.zrange('Holder:col:pre', 0, -1) == [b'x\x001']
        assert connection.hgetall('Holder:col:uidx') == {b'x': b'1'}
    assert reloaded(entity).col == value


# Broken rows -----------------------------------------------------------------------------------------------------

BROKEN = [
    (rom.Integer, b'x'), (rom.Integer, b''), (rom.Float, b'x'), (rom.Decimal, b'1.2.3'), (rom.DateTime, b'x'), (rom.DateTime, b'1e99'), (rom.Date, b''),
    (rom.Time, b'86400.5'), (rom.Time, b'-1'), (rom.Json, b'{'), (rom.Text, b'\xff'), (rom.String, b'\xff'), (rom.String, u'\u20ac'.encode('utf-8')),
]


@pytest.mark.parametrize('column,raw', BROKEN, ids=shown)
def test_a_row_with_a_broken_field_loads(connection, column, raw):
    """A row with one broken field loads; reading that field raises InvalidColumnValue naming model, pk and column."""
    Holder = model(col=column(), fine=rom.Integer(index=True))
    connection.hset('Holder:7', 'col', raw)
    connection.hset('Holder:7', 'fine', 5)
    connection.hset('Holder:7', 'id', 7)
    for _ in range(2):
        entity = Holder.get(7)
        assert entity.fine == 5
        with pytest.raises(InvalidColumnValue) as caught:
            entity.col
        error = caught.value
        assert (error.model, error.pk, error.columns) == ('Holder', 7, ('col',))
        assert 'Holder.col' in str(error) and '7' in str(error)
    entity.fine = 6
    assert entity.save() == 1 and entity.save() == 0
    assert connection.hget('Holder:7', 'col') == raw
    assert connection.zscore('Holder:fine:idx', 7) == 6


@pytest.mark.parametrize('column,raw', [(rom.Integer, b'x'), (rom.Integer, b'x1'), (rom.Float, b'1e1 2'), (rom.Decimal, b'nan1'),
                                        (rom.DateTime, b'x1'), (rom.Integer, b'')], ids=shown)
def test_a_broken_indexed_field_breaks_nothing_else(connection, column, raw):
    """A broken field that is indexed: other columns are saved, refreshing all entries is refused, nothing is half-written."""
    Holder = model(col=column(index=True), fine=rom.Integer(index=True))
    entity = Holder(fine=1)
    entity.save()
    connection.hset('Holder:1', 'col', raw)
    rom.session.rollback()
    entity = Holder.get(1)
    entity.fine = 2
    assert entity.save() == 1
    before = dump(connection)
    with pytest.raises(InvalidColumnValue):
        entity.save(full=True)
    with pytest.raises(InvalidColumnValue):
        entity.save()
    assert dump(connection) == before
    entity.col = {rom.DateTime: datetime.datetime(2020, 1, 1)}.get(column, 5)
    assert entity.save() == 1 and connection.zcard('Holder:col:idx') == 1


def dump(connection):
    return dict((key, connection.dump(key)) for key in connection.keys('*') if b':once:' not in key)


@pytest.mark.parametrize('force', [False, True])
def test_a_broken_unique_field_can_be_mended(connection, force):
    """A row with one broken field loads: and giving that column a new value mends it."""
    Holder = model(col=rom.String(unique=True, keygen=rom.IDENTITY_CI), n=rom.Integer(unique=True))
    Holder(col=b'A', n=1).save()
    rom.session.rollback()
    connection.hset('Holder:1', 'col', u'\u1234'.encode('utf-8'))
    entity = Holder.get(1)
    entity.col = b'B'
    entity.save(force=force)
    assert stored(connection, entity) == 'B' and connection.hget('Holder:col:uidx', 'b') == b'1'
    rom.session.rollback()
    connection.hset('Holder:1', 'col', u'\u1234'.encode('utf-8'))
    Holder.get(1).delete()
    assert not connection.exists('Holder:1')


def test_fields_that_are_no_columns_are_ignored(connection):
    """Fields that are no columns are ignored, whatever bytes they hold."""
    Holder = model(n=rom.Integer(index=True))
    Holder(n=1).save()
    connection.hset('Holder:1', b'\xff\x00', b'\xfe')
    connection.hset('Holder:1', 'old', b'\xff')
    rom.session.rollback()
    entity = Holder.get(1)
    assert entity.n == 1 and entity.to_dict() == {'id': 1, 'n': 1}
    assert Holder.query.filter(n=1).all() == [entity]
    entity.n = 2
    entity.save()
    entity.save(force=True)
    assert connection.hget('Holder:1', b'\xff\x00') == b'\xfe' and connection.hget('Holder:1', 'old') == b'\xff'
    entity.delete()
    assert not connection.exists('Holder:1')


# Columns and classes ---------------------------------------------------------------------------------------------

def test_a_column_object_used_twice_is_copied(connection):
    """A column object used twice is copied."""
    column = rom.Integer(index=True)
    First = type('First', (rom.Model,), {'a': column, 'b': column})
    Second = type('Second', (rom.Model,), {'c': column})
    first, second = First(a=1, b=2), Second(c=3)
    rom.session.commit()
    assert (first.a, first.b, second.c) == (1, 2, 3)
    assert len(set([First.a, First.b, Second.c])) == 3
    assert [c._attr for c in (First.a, First.b, Second.c)] == ['a', 'b', 'c']
    assert (First.a._model, Second.c._model) == ('First', 'Second')
    assert connection.zscore('First:b:idx', 1) == 2 and connection.zscore('Second:c:idx', 1) == 3


def test_class_access_gives_the_column():
    """`User.email` is the column."""
    Holder = model(col=rom.Text(), extra=rom.UnsafeColumn(), only=rom.IndexOnly('col', keygen=rom.SIMPLE))
    for attr in ('col', 'extra', 'only', 'id'):
        assert getattr(Holder, attr) is Holder._columns[attr]


@pytest.mark.parametrize('name', ['save', 'query', '_pk', 'get'])
def test_a_column_named_like_a_method_warns(name):
    """A column named like a Model method warns."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        model(**{name: rom.Integer()})
    assert len(caught) == 1 and 'Holder.%s' % name in str(caught[0].message)


@pytest.mark.parametrize('make', [
    lambda: rom.Text(index=True, keygen=5), lambda: rom.Text(index=True, keygen=rom.FULL_TEXT, keygen2=lambda attr, row: []),
], ids=['no callable', 'both'])
def test_columns_that_cannot_work_are_refused(make):
    with pytest.raises(ColumnError):
        model(col=make())


def _shortened(length, value):
    return [value[:length]]


class _Shortener(object):
    def __call__(self, value):
        return [value[:2]]


@pytest.mark.parametrize('keygen', [functools.partial(_shortened, 2), _Shortener(), lambda value: [value[:2]]], ids=['partial', 'object', 'lambda'])
def test_any_callable_is_a_keygen(connection, keygen):
    """Any callable is a keygen, `functools.partial` included."""
    Holder = model(col=rom.Text(index=True, keygen=keygen, prefix=True), only=rom.IndexOnly('col', keygen=keygen))
    entity = Holder(col=u'hello')
    rom.session.commit()
    assert Holder.query.filter(col=u'he').all() == Holder.query.filter(only=u'he').all() == [entity]


def test_a_partial_of_a_folding_keygen_folds_the_query(connection):
    """Any callable is a keygen, `functools.partial` included: one of FULL_TEXT is FULL_TEXT to queries too."""
    Holder = model(col=rom.Text(index=True, keygen=functools.partial(rom.FULL_TEXT)))
    entity = Holder(col=u'Hello, World!')
    rom.session.commit()
    assert Holder.query.filter(col=u'HELLO').all() == [entity]


def test_constraints_and_geo_indexes_are_inherited(connection):
    """Subclasses inherit unique_together and geo_index."""
    class Base(rom.Model):
        a = rom.Integer()
        b = rom.Integer()
        unique_together = [('a', 'b')]
        geo_index = [rom.GeoIndex('place', lambda row: {'lon': row.a, 'lat': row.b})]

    class Sub(Base):
        c = rom.Integer()

    Base(a=1, b=2).save()
    Sub(a=1, b=2).save()
    for Each in (Base, Sub):
        with pytest.raises(rom.UniqueKeyViolation):
            Each(a=1, b=2).save()
    rom.session.rollback()
    assert connection.zcard('Sub:place:geo') == 1
    assert [e.id for e in Sub.query.near('place', 1, 2, 10, 'km').all()] == [1]


def test_a_subclass_may_name_its_own_primary_key(connection):
    """Subclasses may name their own PrimaryKey."""
    class Base(rom.Model):
        key = rom.PrimaryKey()
        a = rom.Integer()

    class Sub(Base):
        number = rom.PrimaryKey(index=True)

    sub = Sub(a=1)
    sub.save()
    assert (Base._pkey, Sub._pkey, sub.number) == ('key', 'number', 1)
    assert 'key' not in Sub._columns
    assert connection.get('Sub:number:') == b'1' and not connection.exists('Sub:key:')
    with pytest.raises(ColumnError):
        type('Two', (rom.Model,), {'a': rom.PrimaryKey(), 'b': rom.PrimaryKey()})


def test_no_warning_of_pythons_is_raised(run_python):
    """No warning of Python's is raised on any version."""
    assert run_python(u'''
import datetime, pickle, copy, warnings
import redis, six, decimal, json, uuid, pkgutil
warnings.simplefilter('error')
import rom

class Thing(rom.Model):
    name = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True, unique=True)
    made = rom.DateTime(default=datetime.datetime.now, index=True)
    day = rom.Date(index=True)
    data = rom.Json(default={})
    raw = rom.String()
    flag = rom.Boolean(index=True)
    other = rom.ManyToOne('Thing', 'set null')
    n = rom.Decimal(index=True)

thing = Thing(name=u'a b', day=datetime.date.today(), raw=b'x', flag=True, n=5)
rom.session.commit()
thing.other = thing
thing.data[u'x'] = 1
thing.save()
assert Thing.get_by(name=u'a b') is thing
assert Thing.query.filter(name=u'a', n=(1, 9)).order_by('-made').all() == [thing]
copy.copy(thing)
thing.refresh()
thing.delete()
print('done')
''').strip() == 'done'
