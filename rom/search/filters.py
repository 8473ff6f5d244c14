"""
What a query asks for: from a column and a value to filters, in the form in which 1.1.2 keeps them.

A filter is one of

- ``'col:word'``: rows with that word
- ``('col', low, high)``: rows whose number lies between, ends included; ``None`` is an open end,
  ``'(5'`` an end that is not included
- :class:`Prefix`, :class:`Suffix`, :class:`Pattern`, :class:`Geofilter`
- a list: rows that any of its filters has; a list in a list: rows that all of its filters have
"""
from collections import OrderedDict, namedtuple
import datetime
import numbers
import sys

import six

from ..exceptions import QueryError
from ..storage import keys
from ..values import codecs, keygens

__all__ = ['ALLOWED_DIST', 'GeoIndex', 'Geofilter', 'NOT_NULL', 'Pattern', 'Prefix', 'Suffix', 'indexed_column', 'to_filters', 'to_near',
           'to_number', 'to_patterns', 'to_prefixes', 'to_suffixes']


class Prefix(namedtuple('Prefix', 'attr prefix')):
    """
    Rows with a word that begins so; what `Query.startswith` makes.

    :param attr: name of a column with `prefix=True`
    :param prefix: text

    Example: ``rom.Prefix('name', u'an')``
    """

    __slots__ = ()


class Suffix(namedtuple('Suffix', 'attr suffix')):
    """
    Rows with a word that ends so; what `Query.endswith` makes.

    :param attr: name of a column with `suffix=True`
    :param suffix: text

    Example: ``rom.Suffix('email', u'.org')``
    """

    __slots__ = ()


class Pattern(namedtuple('Pattern', 'attr pattern')):
    """
    Rows with a word that begins with a pattern; what `Query.like` makes.

    :param attr: name of a column with `prefix=True`
    :param pattern: text, as `Query.like` takes it

    Example: ``rom.Pattern('name', u'a*n')``
    """

    __slots__ = ()


class Geofilter(namedtuple('Geofilter', 'name lon lat radius measure count')):
    """
    Rows near a point; what `Query.near` makes.

    :param name: name of a GeoIndex
    :param lon: float, degrees
    :param lat: float, degrees
    :param radius: float
    :param measure: its unit: 'm', 'km', 'mi' or 'ft'
    :param count: only so many of the nearest; None: all

    Example: ``rom.index.Geofilter('place', 8.57, 50.03, 100, 'km', None)``
    """

    __slots__ = ()


class GeoIndex(namedtuple('GeoIndex', 'name callback')):
    """
    An index of places, for the `geo_index` of a model; :meth:`rom.query.Query.near` asks it.

    :param name: text, the name of the index
    :param callback: callable(row) -> ``{'lon': number, 'lat': number}`` in degrees, or a list of one; None or
        an empty list for a row that has no place. A row gives its columns as attributes and as items.

    Example::

        class Airport(rom.Model):
            lat = rom.Float(required=True)
            lon = rom.Float(required=True)
            geo_index = [rom.GeoIndex('place', lambda row: {'lon': row.lon, 'lat': row.lat})]
    """

    __slots__ = ()


#: as a value of `filter` on a reference: rows that have one
NOT_NULL = (None, None)

#: units of distance
ALLOWED_DIST = ('m', 'km', 'mi', 'ft')

_STRINGS = (six.text_type, bytes)
_MOMENTS = (datetime.date, datetime.time)
_LISTS = (list, set, frozenset)

#: keygens that make words only, and those with one word per value in prefix and suffix indexes
_WORD_KEYGENS = (keygens.FULL_TEXT, keygens.IDENTITY, keygens.IDENTITY_CI, keygens.IDENTITY_STRING,
                 keygens.IDENTITY_STRING_CI)
SINGLE_WORD_KEYGENS = _WORD_KEYGENS[1:] + keygens.STRING_SORT_KEYGENS


def plain_keygen(column):
    """The column's keygen, without the arguments that functools.partial adds; None without one."""
    return keygens.plain(getattr(column, '_keygen', None))


def _error(schema, name, what, value):
    return QueryError('%s.%s %s, you provided %s' % (schema.name, name, what, codecs._shown(value)), model=schema.name,
                      columns=(name,), value=value)


def indexed_column(schema, name, clause, flag):
    """
    The column that a clause of a query names, if it has the index which that needs.

    :param schema: `Schema` of the model
    :param name: the column's attribute, also as ``'col:x'``
    :param clause: name of the method, for messages
    :param flag: 'index', 'prefix' or 'suffix'
    :raises QueryError: where there is no such column or index
    """
    column = schema.columns.get(name.partition(':')[0])
    if column is None:
        raise QueryError("Cannot use %r clause on a non-existent column %r of %s" % (clause, name, schema.name),
                         model=schema.name, columns=(name,))
    if not getattr(column, '_' + flag, False):
        raise QueryError("Cannot use %r clause on a column defined with '%s=False': %s.%s"
                         % (clause, flag, schema.name, name), model=schema.name, columns=(name,))
    return column


# -- filter() --------------------------------------------------------------------------------------------------------

def to_filters(schema, name, value):
    """
    The filters for ``query.filter(name=value)``.

    :returns: list of filters, all of which are meant
    :raises QueryError: where the column has no index, or the value does not fit it

    Example::

        to_filters(User._rom_schema, 'age', (18, None))     # [('age', 18, None)]
    """
    column = indexed_column(schema, name, 'filter', 'index')
    if isinstance(value, _LISTS):
        if not value:
            raise _error(schema, name, 'takes lists with something in them', value)
        parts = [_one_filter(schema, name, column, each) for each in value]
        return [[part[0] if len(part) == 1 else part for part in parts]]
    return _one_filter(schema, name, column, value)


def _one_filter(schema, name, column, value):
    if value is None:
        raise _error(schema, name, 'cannot be filtered by None: rows without a value are not in the index', value)
    if isinstance(value, tuple):
        return [_range(schema, name, column, value)]
    if getattr(column, 'is_boolean', False) and _is_plain(name, column):
        return [keys.entry_name(name, _boolean_word(value))]
    if isinstance(value, _STRINGS) and not (_is_plain(name, column) and _is_scored(column)):
        return keys.entry_names(name, _words(schema, name, column, value))
    if ':' not in name and not column.is_text and plain_keygen(column) in keygens.STRING_KEYGENS:
        return _by_its_text(schema, name, column, value)
    number = to_number(schema, name, column, value)
    return [(name, number, number)]


def _is_plain(name, column):
    """Whether the index asked for is the one that a column of its type has by itself."""
    return ':' not in name and column._keygen is None and column._keygen2 is None


def _is_scored(column):
    return column.is_numeric or column.is_reference


def _boolean_word(value):
    if isinstance(value, _STRINGS) and codecs.word_text(value) in (u'True', u'False'):
        return codecs.word_text(value)
    return u'True' if value else u'False'


def _words(schema, name, column, value):
    """The words that a row must have to be found by a string."""
    keygen = plain_keygen(column)
    _checked_word(schema, name, codecs.word_text(value))
    if ':' in name or keygen not in _WORD_KEYGENS:
        if ':' not in name and keygen in keygens.STRING_SORT_KEYGENS:
            raise _error(schema, name, 'is indexed by %s, which only knows order: filter by a range, or give the column '
                         'an IDENTITY keygen' % keygen.__name__, value)
        return [codecs.word_text(value)]
    try:
        made = keygens.entries(keygen(_as_stored(schema, column, value))).words
    except UnicodeEncodeError:
        raise _error(schema, name, 'takes bytes, or text that is Latin-1', value)
    return made or [codecs.word_text(value)]


def _by_its_text(schema, name, column, value):
    """The filters for a value that is no string, in an index that a keygen for strings made of its text."""
    made = keygens.entries(column._keygen(value))
    if not made.words and not made.scores:
        raise _error(schema, name, 'has no index entry for this value', value)
    return keys.entry_names(name, made.words) + [(name, score, score) for score in made.scores.values()]


def _checked_word(schema, name, word):
    if codecs.has_surrogates(word):
        raise _error(schema, name, 'takes text without lone surrogates', word)
    return word


def _as_stored(schema, column, value):
    """A string as the column, or the one that it indexes, would hold it: bytes for String, text for all others."""
    source = schema.columns.get(column._column, column) if column.is_derived else column
    if bytes not in _kinds(source):
        return codecs.word_text(value)
    if isinstance(value, bytes):
        return value
    try:
        return value.encode('latin-1')
    except UnicodeEncodeError:
        return value


def _kinds(column):
    allowed = getattr(column, '_allowed', ())
    return allowed if isinstance(allowed, tuple) else (allowed,)


# -- numbers and ranges ----------------------------------------------------------------------------------------------

def _range(schema, name, column, value):
    if value == NOT_NULL:
        if value is NOT_NULL and not getattr(column, 'is_reference', False):
            raise QueryError("Can only query for non-null column values on OneToOne or ManyToOne columns, %r is of "
                             "type %r" % (name, type(column)), model=schema.name, columns=(name,))
        return (name, None, None)
    if len(value) != 2:
        raise QueryError('Numeric ranges require 2 endpoints, you provided %d with %s on %s.%s'
                         % (len(value), codecs._shown(value), schema.name, name), model=schema.name, columns=(name,))
    return (name,) + tuple(_end(schema, name, column, end) for end in value)


def _end(schema, name, column, value):
    if value is None:
        return None
    if isinstance(value, _STRINGS):
        is_open = value.startswith(b'(' if isinstance(value, bytes) else u'(')
        return (u'(' if is_open else u'') + _score_text(schema, name, column, value[1:] if is_open else value)
    return to_number(schema, name, column, value)


def _score_text(schema, name, column, text):
    """A string as the end of a range: by the column's keygen if that gives strings a place, else as a number."""
    keygen = getattr(column, '_keygen', None)
    if keygen is not None and ':' not in name and (column.is_text or plain_keygen(column) in
                                                   keygens.STRING_SORT_KEYGENS):
        if not text:
            return codecs._prefix_score('')
        try:
            score = keygens.entries(keygen(_as_stored(schema, column, text))).scores.get('')
        except Exception as error:  # a keygen of the program's own
            six.raise_from(_error(schema, name, 'has a keygen that raised %s: %s' % (type(error).__name__, error), text), error)
        if score is None:
            raise _error(schema, name, 'has words, which have no order: ranges need a SIMPLE keygen', text)
        return codecs.float_repr(score)
    return six.text_type(codecs.float_repr(_checked_number(schema, name, text)))


def _checked_number(schema, name, value):
    try:
        return codecs.check_score(value)
    except ValueError as error:
        raise QueryError('%s.%s cannot be filtered by %s: %s' % (schema.name, name, codecs._shown(value), error),
                         model=schema.name, columns=(name,), value=value)


def to_number(schema, name, column, value):
    """
    A value as the number that an index holds for it.

    :param value: int, float, Decimal, date, datetime, time, an entity, or the text of a number
    :returns: the number as given, or of dates, texts and entities a float or int
    :raises QueryError: where it is no number, or none that the column can have
    """
    if getattr(column, 'is_reference', False) and ':' not in name:
        value = _id_of(schema, name, column, value)
    if _is_plain(name, column) and isinstance(value, bool):
        raise _error(schema, name, 'takes numbers, not True or False', value)
    if ':' not in name and plain_keygen(column) in keygens.STRING_KEYGENS:
        raise _error(schema, name, 'holds strings', value)
    if isinstance(value, _MOMENTS):
        return _moment(schema, name, column, value)
    number = _checked_number(schema, name, value)
    return value if isinstance(value, numbers.Number) else number


def _moment(schema, name, column, value):
    if not codecs.is_moment(value):
        raise _error(schema, name, 'takes dates and times, and this is one in name only', value)
    is_time = isinstance(value, datetime.time)
    if _is_plain(name, column) and is_time != (datetime.time in _kinds(column)):
        raise _error(schema, name, 'takes %s' % ' or '.join(kind.__name__ for kind in _kinds(column)), value)
    if isinstance(value, datetime.datetime):
        # of an aware one, too, a Date column takes the date that it shows
        value = value.date() if datetime.date in _kinds(column) and _is_plain(name, column) else codecs.naive_utc(value)
    elif is_time and value.tzinfo is not None:
        raise _error(schema, name, 'takes times without tzinfo', value)
    return codecs.check_score(value)


def _id_of(schema, name, column, value):
    """The id of an entity; ids as they are."""
    if isinstance(value, _STRINGS + (numbers.Number,)):
        return value
    if hasattr(value, '_rom') and hasattr(value, '_rom_schema'):
        if hasattr(column, 'takes') and not column.takes(value):
            raise _error(schema, name, 'refers to %s' % column.get_related_model().__name__, value)
        id = value._rom.id
    else:
        id = getattr(value, 'id', None)
    if id is None:
        raise _error(schema, name, 'takes saved entities and ids', value)
    return id


# -- prefixes, suffixes, patterns ------------------------------------------------------------------------------------

def to_prefixes(schema, name, value):
    """
    The filter for ``query.startswith(name=value)``.

    :param value: text or bytes, or a list of them
    :returns: a :class:`Prefix`, or a list of them
    :raises QueryError: where the column has no prefix index, or the value is no string
    """
    column = indexed_column(schema, name, 'startswith', 'prefix')
    return _affixes(schema, name, column, value, lambda text: text, Prefix)


def to_suffixes(schema, name, value):
    """As :func:`to_prefixes`, for ``query.endswith``: each a :class:`Suffix`, its text reversed."""
    column = indexed_column(schema, name, 'endswith', 'suffix')
    return _affixes(schema, name, column, value, codecs.reverse_text, Suffix)


def to_patterns(schema, name, value):
    """As :func:`to_prefixes`, for ``query.like``: each a :class:`Pattern`."""
    column = indexed_column(schema, name, 'like', 'prefix')
    return _affixes(schema, name, column, value, lambda text: text, Pattern)


def _affixes(schema, name, column, value, turn, kind):
    values = value if isinstance(value, _LISTS) else [value]
    found = OrderedDict()
    for each in values:
        if not isinstance(each, _STRINGS):
            raise _error(schema, name, 'takes strings here', each)
        for form in _folded_forms(column, _as_stored(schema, column, each), turn):
            found[kind(name, _checked_word(schema, name, form))] = True
    if not found:
        raise _error(schema, name, 'takes lists with something in them', value)
    return next(iter(found)) if len(found) == 1 else list(found)


def _folded_forms(column, value, turn):
    """The texts under which words that begin, turned, with these bytes may stand in the index."""
    keygen = plain_keygen(column)
    if keygen is keygens.FULL_TEXT:  # its words are text, whatever the column holds
        return [turn(form.lower()) for form in codecs.word_forms(value)]
    return codecs.word_forms(turn(value.lower() if keygens.casefolds(keygen) else value))


# -- near ------------------------------------------------------------------------------------------------------------

def to_near(schema, name, lon, lat, distance, measure, count=None):
    """
    The filter for ``query.near``.

    :returns: a :class:`Geofilter`
    :raises ValueError: for an unknown index or unit
    :raises QueryError: for numbers out of range
    """
    if name not in schema.geo:
        raise ValueError('provided index name must be defined as a geo index: %s has no %r' % (schema.name, name))
    if measure not in ALLOWED_DIST:
        raise ValueError('distance measure must be one of %r, you provided %r' % (ALLOWED_DIST, measure))
    for what, value, low, high in (('longitude', lon, -codecs.MAX_LONGITUDE, codecs.MAX_LONGITUDE),
                                   ('latitude', lat, -codecs.MAX_LATITUDE, codecs.MAX_LATITUDE),
                                   ('distance', distance, 0, sys.float_info.max)):
        if not _is_number(value) or not low <= value <= high:
            raise QueryError('%s.near(%r): the %s is a number from %s to %s, you provided %s'
                             % (schema.name, name, what, low, high, codecs._shown(value)), model=schema.name, value=value)
    if count is not None and (not isinstance(count, six.integer_types) or isinstance(count, bool) or count < 1):
        raise QueryError('%s.near(%r): count is a positive integer, you provided %s'
                         % (schema.name, name, codecs._shown(count)),
                         model=schema.name, value=count)
    return Geofilter(name, lon, lat, distance, measure, count)


def _is_number(value):
    return isinstance(value, six.integer_types + (float,)) and not isinstance(value, bool) and value == value
