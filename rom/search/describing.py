"""What a query asks for: each method returns a new query with more in it. `rom.query` asks it."""
import warnings

import six

from ..exceptions import QueryError, WrongQuery
from ..values import codecs, keygens
from ..values.filter_forms import Any, Not
from . import filters, meanings
from .results import Selection

__all__ = ['Describing']

_UNSORTED = ("You are trying to order by a non-numeric column %r. Unless you have provided your own keygen or are using "
             "one of the sortable keygens: (%s), this probably won't work the way you expect it to.")

_NOT_GIVEN = object()


class Describing(object):
    """The describing half of `Query`, whose attributes it has."""

    __slots__ = ()

    def replace(self, **kwargs):
        """Return a copy with other parts.

        :param kwargs: any argument of Query

        Example::

            query.replace(order_by=None, limit=(0, 10))
        """
        parts = {'model': self._model, 'filters': self._filters, 'order_by': self._order_by, 'limit': self._limit,
                 'select': self._select, 'is_reversed': self._is_reversed, 'behind': self._behind,
                 'has_distance': self._has_distance, 'written': () if 'filters' in kwargs else self._written}
        parts.update(kwargs)
        return type(self)(**parts)

    def _and(self, filters, *call):
        """Return the query with more filters, and the call that asked for them: its method, arguments and keywords."""
        before = tuple(self._filters)
        filters = before + tuple(filters)
        return self.replace(filters=filters, written=self._written + (call + (len(before), len(filters)),))

    def _meant(self, conditions, keywords):
        schema = self._model._rom_schema
        found = meanings.meant_by_all(self._model, conditions) if conditions else []
        for name, value in keywords.items():
            found += filters.to_filters(schema, name, value)
        return found

    def filter(self, *conditions, **kwargs):
        """Only rows that all conditions mean, and with certain values.

        :param conditions: made by columns, such as ``User.age >= 18``, joined with ``&``, ``|`` and ``~``
        :param kwargs: column=value. A number, date or boolean: rows with that value. A pair: a range,
            ends included, None as an open end, ``'(5'`` an end left out. A string: rows with that
            word; with FULL_TEXT with all of its words. A list: rows with any of it. On references
            an entity, an id, or NOT_NULL. ``**{'col:x': value}``: entry ``x`` that the keygen named.
        :returns: Query
        :raises QueryError: where a column has no such index, or a value does not fit it

        Example::

            User.query.filter((User.age >= 18) | User.age.is_null(), name=u'ann')
        """
        return self._and(self._meant(conditions, kwargs), 'filter', conditions, kwargs)

    def exclude(self, *conditions, **kwargs):
        """Only rows that a `filter` by the same would not find, those without a value among them.

        :param conditions: as for :meth:`filter`
        :param kwargs: as for :meth:`filter`
        :returns: Query
        :raises QueryError: as :meth:`filter` does, and without anything to exclude

        Example::

            User.query.exclude(User.age < 18, name=u'ann')      # all but those that are both
        """
        found = self._meant(conditions, kwargs)
        if not found:
            raise QueryError('%s.query.exclude takes conditions or keywords' % self._model.__name__, model=self._model.__name__)
        return self._and([Not(meanings.all_of(found))], 'exclude', conditions, kwargs)

    def __or__(self, other):
        """Rows of either query, of one model; without limit, order and select."""
        return self._joined(other, '|')

    def __and__(self, other):
        """Rows of both queries, of one model; without limit, order and select."""
        return self._joined(other, '&')

    def _joined(self, other, sign):
        if not isinstance(other, Describing):
            return NotImplemented
        for query in (self, other):
            if (query._limit, query._order_by, query._select, query._behind) != (None,) * 4 or query._is_reversed or query._has_distance:
                raise QueryError('%s.query: queries are joined with %s before limit, order_by and select'
                                 % (query._model.__name__, sign), model=query._model.__name__)
        if other._model is not self._model:
            raise QueryError('queries of one model can be joined with %s: these are of %s and %s'
                             % (sign, self._model.__name__, other._model.__name__), model=self._model.__name__)
        if sign == '&':
            return self._and(other._filters, sign, (other,), {})
        sides = [tuple(query._filters) for query in (self, other)]
        # without filters it is all rows
        found = [Any(tuple(map(meanings.all_of, sides)))] if all(sides) else []
        return self.replace(filters=())._and(found, sign, (self, other), {})

    def startswith(self, **kwargs):
        """Only rows with a word that begins so.

        :param kwargs: column=text, or a list of texts of which one will do
        :returns: Query
        :raises QueryError: where the column has no prefix index

        Example::

            User.query.startswith(name=u'an')
        """
        return self._affixed('startswith', kwargs)

    def _affixed(self, method, kwargs):
        made = filters.BY_METHOD[method]
        return self._and([each for name, text in kwargs.items() for each in made(self._model._rom_schema, name, text)], method, (), kwargs)

    def endswith(self, **kwargs):
        """Only rows with a word that ends so.

        :param kwargs: column=text, or a list of texts of which one will do
        :returns: Query
        :raises QueryError: where the column has no suffix index

        Example::

            User.query.endswith(email=u'@example.com')
        """
        return self._affixed('endswith', kwargs)

    def like(self, **kwargs):
        """Only rows with a word that begins with a pattern.

        In a pattern ``?`` is one character or none, ``*`` any number, ``+`` one or more, ``!`` exactly
        one; all others are themselves. A pattern that begins with a wildcard reads the whole index.

        :param kwargs: column=pattern, or a list of patterns of which one will do
        :returns: Query
        :raises QueryError: where the column has no prefix index

        Example::

            User.query.like(name=u'a*n')
        """
        return self._affixed('like', kwargs)

    def near(self, name, lon, lat, distance, measure, count=None):
        """Only rows near a point; without `order_by` the nearest first.

        :param name: name of a GeoIndex of the model
        :param lon: float, degrees
        :param lat: float, degrees
        :param distance: float
        :param measure: its unit: 'm', 'km', 'mi' or 'ft'
        :param count: only so many of the nearest, before other filters are asked
        :returns: Query
        :raises ValueError: for an unknown index or unit
        :raises QueryError: for numbers out of range

        Example::

            Airport.query.near('place', 8.57, 50.03, 100, 'km')
        """
        given = (name, lon, lat, distance, measure) + (() if count is None else (count,))
        return self._and([filters.to_near(self._model._rom_schema, *given)], 'near', given, {})

    def order_by(self, column=_NOT_GIVEN, *more):
        """Results in the order of columns: later ones break ties, then the id as text, in the direction of the last column.

        Of one column with a numeric index equal ones come by id ascending either way. Rows without a value in the first column
        are left out, those without one in a later column come last. A further `order_by` replaces this one.

        :param column: a name, or the column; ``'-col'`` for descending; it has a numeric index (also ``'col:x'``), or one word a row
            and `prefix=True`, which is ordered alphabetically, by the bytes of the word. Left out: no order but that of the filters
        :param more: further ones
        :returns: Query
        :raises QueryError: where there is no such column or index

        Example::

            User.query.order_by('-age', 'name')
        """
        names = () if column is _NOT_GIVEN else tuple(meanings.named(self._model, name) for name in (column,) + more)
        for name in names:
            if not isinstance(name, six.string_types):
                raise QueryError('%s.query.order_by takes the names of columns, you provided %s'
                                 % (self._model.__name__, codecs._shown(name)), model=self._model.__name__, value=name)
            plain = name[1:] if name.startswith('-') else name
            index = filters.index_named(self._model._rom_schema, plain, 'order_by', 'index')
            if index.order_kind() == 'score' and not index.has_order:
                warnings.warn(_UNSORTED % (plain, keygens.STRING_SORT_KEYGENS_STR), UserWarning, stacklevel=2)
        self._refuse_position('order_by')
        return self.replace(order_by=names[0] if len(names) == 1 else names or None, is_reversed=False)

    def reverse(self):
        """Return the same results the other way round, in exactly the opposite order.

        :returns: Query
        :raises QueryError: behind a limit, whose rows would be others

        Example::

            User.query.order_by('-age', 'name').reverse()
        """
        self._refuse_position('reverse')
        if self._limit is not None:
            raise QueryError('%s.query.reverse comes before limit: reverse().limit(...)' % self._model.__name__, model=self._model.__name__)
        return self.replace(is_reversed=not self._is_reversed)

    def _refuse_position(self, method):
        if self._behind is not None:
            raise QueryError('%s.query.%s comes before after(), whose place is one in the order' % (self._model.__name__, method),
                             model=self._model.__name__)

    def limit(self, offset, count=_NOT_GIVEN):
        """Only a part of the results.

        :param offset: how many to leave out
        :param count: how many at most; None: all the rest
        :returns: Query
        :raises QueryError: for anything but numbers from 0

        Example::

            User.query.limit(20, 10)
        """
        return self.replace(limit=self._checked_limit(offset, count))

    def _checked_limit(self, offset, count):
        name = self._model.__name__
        if count is _NOT_GIVEN:
            raise WrongQuery('%s.query.limit takes two numbers, limit(offset, count): the first %s are limit(0, %s)' % (
                (name,) + 2 * (codecs._shown(offset),)), model=name, value=offset)
        for value in (offset, count):
            if not isinstance(value, six.integer_types) and not (value is None and value is count):
                raise QueryError('%s.query.limit takes integers, you provided %s: limit(offset, count)'
                                 % (name, codecs._shown(value)), model=name, value=value)
            if value is not None and value < 0:
                raise QueryError('%s.query.limit takes numbers from 0, you provided %s: limit(offset, count)'
                                 % (name, codecs._shown((offset, count))), model=name, value=value)
        return offset, count

    def select(self, *column_names, **kwargs):
        """Values instead of entities.

        :param column_names: names of columns, or the columns
        :param include_pk: bool, the primary key as well, at the end
        :param decode: bool, Python values; False: the text that the row holds
        :param ff: factory of what one row becomes: called with the tuple of names, it returns a function
            of a list of values. There are `_dict_data_factory` (the default), `_list_data_factory`,
            `_tuple_data_factory` and `_namedtuple_data_factory` in `rom.query`.
        :returns: Query
        :raises QueryError: for unknown names, or one given twice

        Example::

            User.query.filter(age=5).select('name', 'age').all()      # [{'name': 'Ann', 'age': 5}]
        """
        if len(column_names) == 1 and isinstance(column_names[0], (list, tuple)):
            column_names = column_names[0]
        return self.replace(select=Selection.checked(self._model, tuple(column_names), **kwargs))
