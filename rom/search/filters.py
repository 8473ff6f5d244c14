"""What a query asks for: from the names and values of its methods to filters, see :mod:`rom.values.filter_forms`.

What a value means, the index of the column says, see :mod:`rom.columns.indexes`. Here is what depends on names
(``'col:x'``), and on lists, which any column takes. Conditions are in `rom.search.meanings`.
"""
from collections import OrderedDict
import sys

import six

from ..columns.indexes import Named
from ..exceptions import QueryError, WrongQuery
from ..values import codecs, names
from ..values.filter_forms import ALLOWED_DIST, Any, NOT_NULL, Geofilter, GeoIndex, Pattern, Prefix, Suffix

__all__ = ['ALLOWED_DIST', 'BY_METHOD', 'GeoIndex', 'Geofilter', 'NOT_NULL', 'Pattern', 'Prefix', 'Suffix', 'index_named', 'refuse_columns',
           'to_any', 'to_filters', 'to_near', 'to_patterns', 'to_prefixes', 'to_suffixes']

_STRINGS = (six.text_type, bytes)
_LISTS = (list, set, frozenset)
_GROUPS = _LISTS + (tuple,)


def index_named(schema, name, clause, flag):
    """Return the index that a clause of a query asks.

    :param schema: `Schema` of the model
    :param name: the column's attribute, or ``'col:x'`` for entries that its keygen named
    :param clause: name of the method, for messages
    :param flag: 'index', 'prefix' or 'suffix'
    :returns: `rom.columns.indexes.Index`
    :raises QueryError: where there is no such column or index
    """
    attr, colon, _ = name.partition(':')
    column = schema.columns.get(attr)
    if column is None:
        raise QueryError('%s (Cannot use %s clause on a non-existent column %s of %s)' % (
            schema.no_column(attr, _what_was_meant(schema, attr)), names.quoted(clause), names.quoted(name), schema.name),
            model=schema.name, columns=(name,))
    if not getattr(column, '_' + flag, False):
        raise QueryError("Cannot use %s clause on a column defined with '%s=False': %s.%s%s" % (
            names.quoted(clause), flag, schema.name, name, _what_would_be_right(schema, column, clause, flag)), model=schema.name,
            columns=(name,))
    return Named(column, name) if colon else column._rom_index


def _what_was_meant(schema, name):
    """Return what is to be said of a name like those of Django's lookups; None of any other."""
    attr, lookup, _ = name.partition('__')
    if not lookup or attr not in schema.columns:
        return None
    column = schema.columns[attr]
    form = ('a reference is asked for by entities or ids: filter(%s=entity)' if getattr(column, 'is_reference', False) else
            'words are asked for by filter(%s=...), startswith, endswith and like' if getattr(column, 'is_text', False) else
            'a range is filter(%s=(5, None))') % attr
    return ': %s; names are taken as they are, there are no lookups or joins' % form


def _what_would_be_right(schema, column, clause, flag):
    """Return the end of a message about a column without the index that a clause asks."""
    model, attr = schema.name, column._attr
    if not hasattr(column, '_index'):
        return '; an UnsafeColumn is kept beside the row, and has no index'
    if hasattr(column, '_ftable'):
        return '; it lists the rows that refer to this one: filter those by their reference'
    if attr == schema.pk:
        return '; use %s.get(1); to order or filter by id declare %s = rom.PrimaryKey(index=True)' % (model, attr)
    keygen = 'SIMPLE' if clause == 'order_by' else 'IDENTITY'
    arguments = '%s=True' % flag + (', keygen=rom.%s' % keygen if column.is_text else '' if column.is_numeric else ', keygen=...')
    if flag == 'index' and column._unique:
        what = '%s() needs' % clause if clause.isalpha() or '_' in clause else 'a condition needs'
        return ' is unique, not indexed: %s.get_by(%s=...) finds it; %s %s' % (model, attr, what, arguments)
    if column._index:
        return '; declare it with %s=True too, then rom.util.refresh_indices(%s) once' % (flag, model)
    return '; declare it rom.%s(%s), then rom.util.refresh_indices(%s) once' % (type(column).__name__, arguments, model)


def to_filters(schema, name, value):
    """Return the filters for ``query.filter(name=value)``.

    :returns: list of filters, all of which are meant
    :raises QueryError: where the column has no index, or the value does not fit it

    Example::

        to_filters(User._rom_schema, 'age', (18, None))     # [('age', 18, None)]
    """
    index = index_named(schema, name, 'filter', 'index')
    if hasattr(type(value), '_rom_index') or isinstance(value, _GROUPS):
        refuse_columns(schema, name, value)
    if not isinstance(value, _LISTS):
        return index.filter_of(value)
    return _any_of(index.filter_of(each) for each in _not_empty(index, value))


def refuse_columns(schema, name, value):
    """Refuse a column as what another is compared with.

    :raises QueryError: where the value is one, or has one among it
    """
    for each in value if isinstance(value, _GROUPS) else (value,):
        if hasattr(type(each), '_rom_index'):
            raise QueryError('%s.%s: no index compares columns, you provided %s.%s'
                             % (schema.name, name, each._model, each._attr), model=schema.name, columns=(name,))


def to_any(schema, name, values):
    """Return the filters for ``column.in_(values)``: as those for a list, which here may be empty.

    :raises QueryError: where the column has no index, or a value does not fit it
    """
    index, parts = index_named(schema, name, 'in_', 'index'), []
    for value in values:
        if value is None:
            raise index.refuse('.in_ takes values, and not None: say .in_([...]) | %s.is_null()' % index.column.where, values)
        if isinstance(value, _LISTS + (tuple,)):
            raise index.refuse('.in_ takes values, and no lists or ranges among them', values)
        parts.append(index.filter_of(value))
    return _any_of(parts) if parts else [Any(())]


def _any_of(parts):
    """Return the filter for rows that have all filters of any part."""
    return [[part[0] if len(part) == 1 else part for part in parts]]


def _not_empty(index, values):
    if not values:
        raise index.refuse('takes lists with something in them', values)
    return values


# -- prefixes, suffixes, patterns ------------------------------------------------------------------------------------

def to_prefixes(schema, name, value):
    """Return the filter for ``query.startswith(name=value)``.

    :param value: text or bytes, or a list of them
    :returns: list of filters, all of which are meant
    :raises QueryError: where the column has no prefix index, or the value is no string
    """
    index = index_named(schema, name, 'startswith', 'prefix')
    values = _not_empty(index, value) if isinstance(value, _LISTS) else [value]
    if any(isinstance(each, _STRINGS) and index.splits(each) for each in values):
        parts = [index.searched(each) for each in values]
        return parts[0] if len(parts) == 1 else _any_of(parts)
    return _affixes(index, value, lambda text: text, Prefix)


def to_suffixes(schema, name, value):
    """As :func:`to_prefixes`, for ``query.endswith``: by :class:`Suffix`, its text reversed."""
    return _affixes(index_named(schema, name, 'endswith', 'suffix'), value, codecs.reverse_text, Suffix)


def to_patterns(schema, name, value):
    """As :func:`to_prefixes`, for ``query.like``: by :class:`Pattern`."""
    return _affixes(index_named(schema, name, 'like', 'prefix'), value, lambda text: text, Pattern)


#: what each method of a query makes of a name and a value
BY_METHOD = {'filter': to_filters, 'startswith': to_prefixes, 'endswith': to_suffixes, 'like': to_patterns}


def _affixes(index, value, turn, kind):
    found = OrderedDict()
    for each in _not_empty(index, value) if isinstance(value, _LISTS) else [value]:
        if not isinstance(each, _STRINGS):
            raise index.refuse('takes strings here', each)
        for form in index.affixes(each, turn):
            found[kind(index.name, index.checked_word(form))] = True
    return list(found) if len(found) == 1 else [list(found)]


# -- near ------------------------------------------------------------------------------------------------------------

def to_near(schema, name, lon, lat, distance, measure, count=None):
    """Return the filter for ``query.near``.

    :returns: a :class:`Geofilter`
    :raises WrongQuery: for an unknown index or unit; it is a QueryError and a ValueError
    :raises QueryError: for numbers out of range
    """
    if name not in schema.geo:
        raise WrongQuery('provided index name must be defined as a geo index: %s has no %s%s' % (
            schema.name, names.quoted(name), names.suggestion(name, schema.geo)), model=schema.name, value=name)
    if measure not in ALLOWED_DIST:
        raise WrongQuery('distance measure must be one of %s, you provided %s' % (
            ', '.join(map(names.quoted, ALLOWED_DIST)), codecs._shown(measure)), model=schema.name, value=measure)
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
