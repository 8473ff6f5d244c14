"""What a query shows of itself: the calls that make it, as a program would write them; and how each of its filters was written.

A query keeps the calls that its filters come from: (method, arguments, keywords, place of the first filter, place behind the last).
"""

import datetime

import six

from ..columns import kinds
from ..storage import secrets
from ..values import codecs
from ..values import conditions
from ..values.filter_forms import NOT_NULL, All, Any, Empty, Geofilter, Meant, Not, Null, Pattern, Prefix, Suffix
from ..values.showing import short
from . import filters as asking

__all__ = ['shown_query', 'told_filters']

_AFFIXES = ((Prefix, 'startswith'), (Suffix, 'endswith'), (Pattern, 'like'))


def shown_query(query):
    """Return the `repr` of a query; values of secret columns are not in it.

    Example::

        shown_query(User.query.filter(age=5).limit(0, 10))      # '<Query User.query.filter(age=5).limit(0, 10)>'
    """
    try:
        calls = [_shown_filter(query._model._rom_schema, item) for item in query._filters]
        if query._order_by is not None:
            names = (query._order_by,) if isinstance(query._order_by, six.string_types) else query._order_by
            calls.append('order_by(%s)' % ', '.join(short(name) for name in names))
        if query._is_reversed:
            calls.append('reverse()')
        if query._behind is not None:
            calls.append('after(...)')
        if query._limit is not None:
            calls.append('limit(%s, %s)' % tuple(query._limit))
        if query._select is not None:
            calls.append('select(...)')
        if query._has_distance:
            calls.append('with_distance()')
        return '<Query %s>' % '.'.join([query._model.__name__, 'query'] + calls)
    except Exception:  # filters of a program's own making
        return '<Query of %s>' % getattr(query._model, '__name__', query._model)


# -- as it was written -------------------------------------------------------------------------------------------------

def told_filters(query):
    """Return what each filter of a query was written as.

    :returns: list of text; None for conditions, which tell it themselves, and for what no call has made

    Example::

        told_filters(User.query.filter(age=5).startswith(name=u'An'))      # ["filter(age=5)", "startswith(name='An')"]
    """
    told = [None] * len(query._filters)
    for method, arguments, keywords, first, last in query._written:
        if method == '&':
            told[first:last] = told_filters(arguments[0])
        elif method == '|':
            told[first:last] = [u' | '.join(_written_query(each) for each in arguments)] * (last - first)
        elif method == 'near' or method == 'exclude' and (keywords or len(arguments) > 1):
            told[first:last] = [_written_call(query, method, arguments, keywords)]
        elif method in asking.BY_METHOD:
            place = first + sum(isinstance(each, Meant) for each in query._filters[first:last])
            for name, value in keywords.items():
                count = len(asking.BY_METHOD[method](query._model._rom_schema, name, value)) if len(keywords) > 1 else last - place
                told[place:place + count] = [_written_call(query, method, (), {name: value})] * count
                place += count
    return told


def _written_query(query):
    """Return the calls that made the filters of a query, as text."""
    calls = [_written_call(query, method, arguments, keywords) for method, arguments, keywords, _, _ in query._written]
    return u'.'.join([u'%s.query' % query._model.__name__] + calls)


def _written_call(query, method, arguments, keywords):
    if method in ('|', '&'):
        return u'filter(%s)' % (u' %s ' % method).join(_written_query(each) for each in arguments)
    secret = query._model._rom_schema.secret
    shown = [six.text_type(conditions.literal(each) if method == 'near' else conditions.condition_of(each)) for each in arguments]
    for name, value in sorted(keywords.items()):
        text = conditions.literal(secrets.HIDDEN if name.partition(':')[0] in secret else value) if value is not NOT_NULL else u'NOT_NULL'
        shown.append(u'%s=%s' % (name, text) if u':' not in name else u"**{'%s': %s}" % (name, text))
    return u'%s(%s)' % (method, u', '.join(shown))


# -- as its filters tell -----------------------------------------------------------------------------------------------

def _shown_filter(schema, item):
    condition = getattr(item, 'condition', None)
    if condition is not None:
        return 'filter(%s)' % condition
    if isinstance(item, Not):
        return 'exclude(%s)' % _arguments(schema, item.part)
    if isinstance(item, (All, Any)):
        return 'filter(%s)' % _arguments(schema, item)
    if isinstance(item, (Empty, Null)):
        return 'filter(%s.%s)' % (schema.name, "%s == ''" % item.field if isinstance(item, Empty) else '%s.is_null()' % item.field)
    if isinstance(item, Geofilter):
        return 'near(%s)' % ', '.join(short(part) for part in item if part is not None)
    parts = item if isinstance(item, list) else [item]
    for kind, method in _AFFIXES:
        if parts and all(isinstance(part, kind) for part in parts):
            return _call(schema, method, parts[0].attr, [_turned(kind, part[1]) for part in parts], isinstance(item, list))
    asked = [_asked(schema, part) for part in parts]
    return _call(schema, 'filter', asked[0][0], [value for _, value in asked], isinstance(item, list))


def _arguments(schema, item):
    """Return what is joined in a filter, as arguments."""
    if isinstance(item, Any):
        return ' | '.join('(%s)' % _arguments(schema, part) for part in item.of)
    if isinstance(item, All):
        return ', '.join(_arguments(schema, part) for part in item.of)
    shown = _shown_filter(schema, item)
    return shown[len('filter('):-1] if shown.startswith('filter(') else shown


def _turned(kind, text):
    return short(codecs.reverse_text(text) if kind is Suffix else text)


def _call(schema, method, name, values, is_list):
    if name.partition(':')[0] in schema.secret:
        values, is_list = [repr(secrets.HIDDEN)], False
    shown = '[%s]' % ', '.join(values) if is_list else values[0]
    return '%s(%s=%s)' % (method, name, shown) if ':' not in name else "%s(**{'%s': %s})" % (method, name, shown)


def _asked(schema, item):
    """(column, value as it was asked for) of one filter."""
    if isinstance(item, six.string_types):
        attr, _, word = item.partition(':')
        return attr, word if word in ('True', 'False') and kinds.are_booleans(_kinds(schema, attr)) else short(word)
    if isinstance(item, list):
        attr = item[0].partition(':')[0]
        return attr, short(u' '.join(word.partition(':')[2] for word in item))
    name, low, high = item
    if low is None and high is None:
        return name, 'NOT_NULL'
    ends = [_end(schema, name, end) for end in (low, high)]
    return name, ends[0] if low == high else '(%s, %s)' % tuple(ends)


def _end(schema, name, number):
    """Return a number of an index as the value that it stands for."""
    if isinstance(number, float):
        for kind, back in ((datetime.datetime, codecs.ts2dt), (datetime.date, lambda seconds: codecs.ts2dt(seconds).date()),
                           (datetime.time, codecs.ts2t)):
            if kind in _kinds(schema, name):
                return short(back(number))
    return short(number)


def _kinds(schema, name):
    column = schema.columns.get(name)
    return () if column is None else kinds.kinds_of(column._rom_source._allowed)
