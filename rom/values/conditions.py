"""PURE: conditions as a program writes them, ``(User.age >= 18) & ~User.name.startswith('a')``; a tree with comparisons as its leaves.

What a comparison means, the column answers (`rom.columns.indexes`); `rom.search.filters` asks it.
"""
import six

__all__ = ['AllOf', 'AnyOf', 'Comparison', 'Condition', 'Not', 'Within', 'condition_of', 'literal', 'within']


def condition_of(item):
    """Return what stands beside ``&`` or ``|`` as a condition; None where it is none.

    :param item: a condition; a column that says of itself what it means alone, as a Boolean does
    :raises QueryError: for a column that means nothing alone
    """
    if isinstance(item, Condition):
        return item
    alone = getattr(type(item), '_rom_alone', None)
    return alone(item) if alone else None


@six.python_2_unicode_compatible
class Condition(object):
    """Which rows are meant. Made by the columns of a model, and joined with ``&``, ``|`` and ``~``.

    Example::

        is_adult = User.age >= 18
        User.query.filter(is_adult & ~User.name.startswith('a'))
    """

    __slots__ = ()

    def __and__(self, other):
        return _joined(AllOf, self, other)

    def __rand__(self, other):
        return _joined(AllOf, other, self)

    def __or__(self, other):
        return _joined(AnyOf, self, other)

    def __ror__(self, other):
        return _joined(AnyOf, other, self)

    def __invert__(self):
        return Not(self)

    def __bool__(self):
        raise TypeError('%s has no truth value: join conditions with & | ~ in place of and, or, not, each in parentheses; in place '
                        'of 18 < User.age < 65 write User.age.between(18, 65)' % (self,))

    __nonzero__ = __bool__

    def __repr__(self):
        return '<%s %s>' % (type(self).__name__, self)

    def __str__(self):
        return self.text(0)

    def text(self, within):
        """Return it as it was written.

        :param within: how tightly what stands around it binds: 0 nothing, 1 ``|``, 2 ``&``, 3 ``~``
        """
        raise NotImplementedError


def _joined(kind, one, other):
    parts = ()
    for each in (one, other):
        each = condition_of(each)
        if each is None:
            return NotImplemented
        parts += each.parts if type(each) is kind else (each,)
    return kind(parts)


class Comparison(Condition):
    """What one column is asked.

    :param column: the column, as a class gives it
    :param operator: one of ``== < <= > >=``, or the name of the method that asked
    :param values: tuple of what it is compared with
    :param written: how it was written, where not so: '' for the column alone
    """

    __slots__ = ('column', 'operator', 'values', 'written')

    def __init__(self, column, operator, values=(), written=None):
        self.column, self.operator, self.values = column, operator, tuple(values)
        self.written = operator if written is None else written

    def text(self, within):
        where = '%s.%s' % (self.column._model, self.column._attr) if self.column._model else '%s' % (self.column._attr,)
        if not self.written:
            return where
        shown = u', '.join(literal(value) for value in self.values)
        if getattr(self.column, 'is_secret', False):
            shown = u"'***'" if self.values else u''
        if self.written[0].isalpha():
            return u'%s.%s(%s)' % (where, self.written, shown)
        return _parenthesized(u'%s %s %s' % (where, self.written, shown), within > 0)


class Within(Condition):
    """Rows near a point; see :func:`within`."""

    __slots__ = ('values',)

    def __init__(self, *values):
        self.values = values

    def text(self, within):
        return u'within(%s)' % u', '.join(literal(value) for value in self.values)


class _Group(Condition):
    """What several conditions are together."""

    __slots__ = ('parts',)

    def __init__(self, parts):
        self.parts = tuple(parts)

    def text(self, within):
        texts = [part.text(self._tightness) for part in self.parts]
        return _parenthesized(self._between.join(texts), within > self._tightness)


class AllOf(_Group):
    """Rows that all of some conditions mean."""

    __slots__ = ()
    _between, _tightness = u' & ', 2


class AnyOf(_Group):
    """Rows that any of some conditions mean."""

    __slots__ = ()
    _between, _tightness = u' | ', 1


class Not(Condition):
    """All other rows, those without a value among them."""

    __slots__ = ('part',)

    def __init__(self, part):
        self.part = part

    def _is_unequal(self):
        return isinstance(self.part, Comparison) and self.part.written == '!='

    def text(self, within):
        return self.part.text(within) if self._is_unequal() else u'~' + self.part.text(3)


def within(name, lon, lat, distance, measure):
    """Rows near a point, as a condition; beside others in `filter`, the nearest come first, as with `Query.near`.

    :param name: name of a GeoIndex of the model
    :param lon: float, degrees
    :param lat: float, degrees
    :param distance: float
    :param measure: its unit: 'm', 'km', 'mi' or 'ft'
    :returns: a condition

    Example::

        Airport.query.filter(rom.within('place', 8.57, 50.03, 100, 'km') & (Airport.elevation > 100))
    """
    return Within(name, lon, lat, distance, measure)


def _parenthesized(text, is_within):
    return u'(%s)' % text if is_within else text


def literal(value):
    """Return a value as a program writes it, on every Python alike.

    :returns: text
    """
    if isinstance(value, (list, tuple)):
        inner = u', '.join(literal(each) for each in value)
        return u'[%s]' % inner if isinstance(value, list) else u'(%s)' % (inner + u',' * (len(value) == 1))
    shown = repr(value)
    if six.PY2:
        shown = shown.decode('utf-8', 'replace')
        if isinstance(value, six.text_type):
            return shown[1:]
    return shown
