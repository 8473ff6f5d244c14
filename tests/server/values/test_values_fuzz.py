# -*- coding: utf-8 -*-
"""Bad input by the hundred: for every column type a clear error or an exact round trip, never a half-written row."""
import datetime
import decimal
import json
import math

import pytest
import rom
import six
from rom.exceptions import ColumnError, InvalidColumnValue, ORMError

from consistency import problems, snapshot

hypothesis = pytest.importorskip('hypothesis')
from hypothesis import HealthCheck, example, given, settings, strategies as st  # noqa: E402

D = decimal.Decimal

# The fixtures are made once for all examples of a test: rows of earlier examples do not matter.
try:
    CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
except AttributeError:
    CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def fuzzed(examples):
    return settings(max_examples=examples, deadline=None, suppress_health_check=CHECKS, derandomize=False)


ANY_TEXT = st.one_of(st.text(max_size=20), st.text(alphabet=u'\0ab \xe9\u03b1\ud800\udfff\U0001f600', max_size=8))
ANY_BYTES = st.one_of(st.binary(max_size=20), st.sampled_from([b'', b'\0', b'\xff', b'a\0b', u'\u20ac'.encode('utf-8'), b'5', b'1.5', b'x']))
HUGE = [0, 1, -1, 2 ** 31, 2 ** 53, 2 ** 53 + 1, 2 ** 63, 2 ** 64, -2 ** 64, 10 ** 22, 10 ** 308, 10 ** 309, -10 ** 400, 10 ** 4200]
ANY_INT = st.one_of(st.integers(), st.integers(-10, 10), st.sampled_from(HUGE))
ANY_FLOAT = st.one_of(st.floats(), st.sampled_from([0.0, -0.0, 5e-324, -5e-324, 1.7976931348623157e308, float('nan'), float('inf'), -float('inf'), 1e16, 0.1, 1.9]))
ANY_DECIMAL = st.one_of(st.decimals(), st.sampled_from([D('0'), D('-0.00'), D('1E-400'), D('1E+400'), D('NaN'), D('-NaN123'), D('sNaN'), D('Infinity'), D('-Infinity'),
                                                        D('1.10'), D('1E+5'), D('1E-999999'), D('0.' + '0' * 50 + '1'), D('9' * 40 + '.' + '9' * 40)]))


class Zone(datetime.tzinfo):
    """An offset of some minutes."""

    def __init__(self, minutes):
        self.offset = datetime.timedelta(minutes=minutes)

    def utcoffset(self, moment):
        return self.offset

    def dst(self, moment):
        return None


ZONES = st.one_of(st.none(), st.integers(-1439, 1439).map(Zone))
ANY_DATETIME = st.builds(lambda moment, zone: moment.replace(tzinfo=zone), st.datetimes(), ZONES)
ANY_TIME = st.one_of(st.times(), st.just(datetime.time(1, tzinfo=Zone(60))))
# JSON's own kinds, and what is none of them
LEAVES = st.one_of(st.none(), st.booleans(), ANY_INT.filter(lambda n: abs(n) < 10 ** 4250), ANY_FLOAT, ANY_TEXT)
KEYS = st.one_of(ANY_TEXT, st.integers(-5, 5), st.booleans(), st.none())
ANY_JSON = st.recursive(LEAVES, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4),
                                                        st.lists(inner, max_size=3).map(tuple)), max_leaves=12)
ODD = st.one_of(st.builds(object), st.just(Ellipsis), st.sets(st.integers(), max_size=2), st.just(rom), st.complex_numbers(), st.just(datetime.timedelta(1)))
ANYTHING = st.one_of(st.none(), st.booleans(), ANY_TEXT, ANY_BYTES, ANY_INT, ANY_FLOAT, ANY_DECIMAL, ANY_DATETIME, st.dates(), ANY_TIME, ANY_JSON, ODD)

COLUMNS = {
    'Integer': (rom.Integer, ANY_INT), 'Float': (rom.Float, ANY_FLOAT), 'Decimal': (rom.Decimal, ANY_DECIMAL), 'Boolean': (rom.Boolean, st.booleans()),
    'DateTime': (rom.DateTime, ANY_DATETIME), 'SaferDateTime': (rom.SaferDateTime, ANY_DATETIME), 'Date': (rom.Date, st.one_of(st.dates(), ANY_DATETIME)),
    'Time': (rom.Time, ANY_TIME), 'String': (rom.String, st.one_of(ANY_BYTES, ANY_TEXT)), 'Text': (rom.Text, st.one_of(ANY_TEXT, ANY_BYTES)),
    'Json': (rom.Json, ANY_JSON),
}


def arguments_of(name):
    """The ways a column can be declared: [keyword arguments]."""
    if name in ('String', 'Text'):
        return [{}, {'unique': True}, {'index': True, 'keygen': rom.FULL_TEXT, 'prefix': True, 'suffix': True},
                {'index': True, 'keygen': rom.SIMPLE}, {'index': True, 'keygen': rom.IDENTITY, 'prefix': True, 'suffix': True, 'unique': True},
                {'unique': True, 'keygen': rom.IDENTITY_CI}]
    if name == 'Json':
        return [{}, {'index': True, 'keygen': lambda value: [u'len%d' % len(value)]}]
    if name == 'Integer':
        return [{}, {'index': True}, {'unique': True}, {'index': True, 'unique': True}]
    return [{}, {'index': True}]


CASES = [(name, position) for name in sorted(COLUMNS) for position in range(len(arguments_of(name)))]


def model_of(name, position):
    return type('Fuzz', (rom.Model,), {'col': COLUMNS[name][0](**arguments_of(name)[position]), 'other': rom.Integer(index=True)})


def alike(found, kept):
    """Whether a value came back exactly: its type and digits included, NaN as NaN."""
    if isinstance(kept, float) and math.isnan(kept):
        return isinstance(found, float) and math.isnan(found)
    if isinstance(kept, D):
        return str(found) == str(kept)
    if isinstance(kept, (dict, list, tuple)):
        return rom.columns.Json()._to_redis(found) == rom.columns.Json()._to_redis(kept) or _reordered(found, kept)
    if isinstance(kept, float):
        return repr(found) == repr(kept)
    return found == kept and (type(found) is type(kept) or isinstance(kept, six.integer_types + (float,)))


def _reordered(found, kept):
    # keys that were numbers come back as text and sort elsewhere
    return json.dumps(json.loads(rom.columns.Json()._to_redis(kept)), sort_keys=True) == json.dumps(found, sort_keys=True)


def check(connection, Fuzz, value):
    """Give a column a value, in the constructor and by assignment: an error that names it and changes nothing, or an exact round trip."""
    rom.session.rollback()
    connection.delete('Fuzz:col:uidx')
    before = snapshot(connection)
    try:
        entity = Fuzz(col=value)
    except (InvalidColumnValue, UnicodeEncodeError) as error:
        assert isinstance(error, UnicodeEncodeError) or ('Fuzz.col' in str(error) and error.columns == ('col',))
        assert snapshot(connection) == before
        with pytest.raises(type(error)):
            Fuzz(other=1).col = value
        return
    kept = entity.col
    entity.save()
    rom.session.rollback()
    again = Fuzz.get(entity.id)
    assert alike(again.col, kept), (again.col, kept)
    again.col = value
    assert again.save() == 0 or isinstance(value, (dict, list, tuple))
    again.other = 5
    again.save()
    assert problems(connection, Fuzz, {}) == []
    again.delete()
    left = snapshot(connection)
    left.pop(b'Fuzz:id:')
    before.pop(b'Fuzz:id:', None)
    assert left == before


@pytest.mark.parametrize('name,position', CASES, ids=lambda value: str(value))
def test_values_of_its_kind(connection, name, position):
    """Values a column is made for: exact round trips."""
    Fuzz = model_of(name, position)

    @fuzzed(20)
    @given(COLUMNS[name][1])
    def run(value):
        check(connection, Fuzz, value)
    run()


@pytest.mark.parametrize('name,position', CASES, ids=lambda value: str(value))
def test_values_of_any_kind(connection, name, position):
    """Anything at all: a clear error, or an exact round trip of what the column made of it."""
    Fuzz = model_of(name, position)

    @fuzzed(12)
    @given(ANYTHING)
    @example(u'\ud800')
    @example(10 ** 4200)
    @example(D('sNaN'))
    @example(u'1_000')
    @example(u'\uff15')
    @example(u' 5 ')
    def run(value):
        check(connection, Fuzz, value)
    run()


@pytest.mark.stress
@pytest.mark.parametrize('name,position', CASES, ids=lambda value: str(value))
def test_thousands_of_values(connection, name, position):
    Fuzz = model_of(name, position)

    @fuzzed(1500)
    @given(st.one_of(COLUMNS[name][1], ANYTHING))
    def run(value):
        check(connection, Fuzz, value)
    run()


KEYGEN_RESULTS = st.recursive(
    st.one_of(st.none(), ANY_TEXT, ANY_BYTES, ANY_INT, ANY_FLOAT, ANY_DECIMAL, st.booleans(), st.datetimes(), ODD),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.one_of(ANY_TEXT, ANY_BYTES, st.just('')), inner, max_size=4),
                            st.sets(ANY_TEXT, max_size=3), st.lists(inner, max_size=2).map(tuple)), max_leaves=6)


def test_whatever_a_keygen_returns(connection):
    """Whatever a keygen makes: index entries, or an error and nothing written."""
    made = [None]
    Fuzz = type('Fuzz', (rom.Model,), {'n': rom.Integer(index=True), 'u': rom.Text(unique=True),
                                       'only': rom.IndexOnly(keygen2=lambda attr, row: made[0], prefix=True, suffix=True)})

    @fuzzed(60)
    @given(KEYGEN_RESULTS, KEYGEN_RESULTS)
    def run(first, second):
        rom.session.rollback()
        connection.flushdb()
        made[0] = first
        entity = Fuzz(n=1, u=u'x')
        try:
            entity.save()
        except ORMError:
            assert all(key == b'Fuzz:id:' for key in snapshot(connection))
            return
        before = snapshot(connection)
        made[0], entity.n = second, 2
        try:
            entity.save()
        except ORMError:
            assert snapshot(connection) == before
        assert problems(connection, Fuzz) == []
        entity.delete()
        assert list(snapshot(connection)) == [b'Fuzz:id:']
    run()


def test_whatever_a_geo_callback_returns(connection):
    """Whatever a geo callback gives: a point, none, or an error and nothing written."""
    made = [None]
    Fuzz = type('Fuzz', (rom.Model,), {'n': rom.Integer(index=True), 'geo_index': [rom.GeoIndex('at', lambda row: made[0])]})
    number = st.one_of(ANY_FLOAT, ANY_INT, ANY_DECIMAL, ANY_TEXT, st.none(), st.floats(-180, 180))
    point = st.dictionaries(st.sampled_from(['lon', 'lat', 'x']), number, max_size=3)
    exact = st.fixed_dictionaries({'lon': number, 'lat': number})

    @fuzzed(60)
    @given(st.one_of(st.none(), point, exact, st.lists(exact, max_size=2), KEYGEN_RESULTS))
    def run(value):
        rom.session.rollback()
        connection.flushdb()
        made[0] = None
        entity = Fuzz(n=1)
        entity.save()
        before = snapshot(connection)
        made[0], entity.n = value, 2
        try:
            entity.save()
        except ColumnError:
            assert snapshot(connection) == before
        assert problems(connection, Fuzz) == []
    run()


RAW = st.one_of(ANY_BYTES, ANY_TEXT.filter(lambda text: not rom.values.codecs.has_surrogates(text)).map(lambda text: text.encode('utf-8')),
                ANY_INT.filter(lambda n: abs(n) < 10 ** 4250).map(lambda n: str(n).encode('ascii')), ANY_FLOAT.map(lambda x: repr(x).encode('ascii')),
                st.sampled_from([b'nan', b'inf', b'1e999', b'1e-999', b'-', b'[', b'{"a": NaN}', b'null', b'5', b'1_0', b' 5', b'0x10', b'1e5']))


@pytest.mark.parametrize('name,position', [case for case in CASES if case[1] < 2], ids=lambda value: str(value))
def test_whatever_stands_in_a_row(connection, name, position):
    """A row with any bytes in a field loads; what is not written stays, what is written is in step, and nothing is half-written."""
    Fuzz = model_of(name, position)

    @fuzzed(15)
    @given(RAW)
    def run(raw):
        rom.session.rollback()
        connection.flushdb()
        entity = Fuzz(other=1)
        entity.save()
        connection.hset('Fuzz:1', 'col', raw)
        rom.session.rollback()
        entity = Fuzz.get(1)
        try:
            entity.col
        except InvalidColumnValue as error:
            assert error.pk == 1 and error.columns == ('col',)
        entity.other = 2
        assert entity.save() == 1 and connection.hget('Fuzz:1', 'col') == raw
        before = snapshot(connection)
        try:
            entity.save()
        except ORMError:
            assert snapshot(connection) == before
        assert connection.zscore('Fuzz:other:idx', 1) == 2
        entity.col = None
        entity.save()
        assert not connection.hexists('Fuzz:1', 'col')
        entity.delete()
        assert not connection.exists('Fuzz:1') and not connection.exists('Fuzz:other:idx') and not connection.exists('Fuzz:col:idx')
    run()
