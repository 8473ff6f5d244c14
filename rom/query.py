"""Query: an immutable description of what is wanted, and how its results come out."""
import datetime
import decimal
import warnings

import six

from .descriptors import class_itself
from .exceptions import QueryError, WrongQuery
from .search import filters as _filters_of
from .search.explanation import Explanation
from .search.filters import ALLOWED_DIST, NOT_NULL, Geofilter, Pattern, Prefix, Suffix  # noqa: F401 (1.1.2 has them here)
from .search.results import (_dict_data_factory, _list_data_factory, _namedtuple_data_factory, _tuple_data_factory,
                             Selection, checked_timeout, page_size, rows_of_pages)
from .search.showing import shown_query
from .search.unfiltered import search_for
from .storage import reads, secrets
from .unitofwork import ondelete, session as sessions
from .values import codecs, keygens

__all__ = ['Explanation', 'NOT_NULL', 'Query', '_dict_data_factory', '_list_data_factory', '_namedtuple_data_factory',
           '_tuple_data_factory']

NUMERIC_TYPES = six.integer_types + (float, decimal.Decimal, datetime.datetime, datetime.date, datetime.time)

_UNSORTED = ("You are trying to order by a non-numeric column %r. Unless you have provided your own keygen or are using "
             "one of the sortable keygens: (%s), this probably won't work the way you expect it to.")

_NOT_GIVEN = object()


class Query(object):
    """What is wanted of one model. Every method that adds to it returns a new Query.

    Filters are all meant at once. Without `order_by`, results come by the score of the last numeric
    filter, after `near` by distance, and otherwise by id as text; ties by id as text.

    :param model: the Model class
    :param filters: tuple of filters, as :mod:`rom.values.filter_forms` describes them
    :param order_by: name of a column, ``'-'`` before it for descending
    :param limit: (offset, count)
    :param select: what :meth:`select` keeps

    Example::

        adults = User.query.filter(age=(18, None)).order_by('-age')
        adults.count(), adults.limit(0, 10).all()
    """

    __slots__ = ('_model', '_filters', '_order_by', '_limit', '_select')

    __class_getitem__ = classmethod(class_itself)

    def __init__(self, model, filters=(), order_by=None, limit=None, select=None):
        self._model = model
        self._filters = filters
        self._order_by = order_by
        self._limit = limit
        self._select = select

    # -- describing --------------------------------------------------------------------------------------------------

    def replace(self, **kwargs):
        """Return a copy with other parts.

        :param kwargs: any argument of Query

        Example::

            query.replace(order_by=None, limit=(0, 10))
        """
        parts = {'model': self._model, 'filters': self._filters, 'order_by': self._order_by, 'limit': self._limit,
                 'select': self._select}
        parts.update(kwargs)
        return type(self)(**parts)

    def _and(self, filters):
        return self.replace(filters=tuple(self._filters) + tuple(filters))

    def filter(self, **kwargs):
        """Only rows with certain values.

        :param kwargs: column=value. A number, date or boolean: rows with that value. A pair: a range,
            ends included, None as an open end, ``'(5'`` an end left out. A string: rows with that
            word; with FULL_TEXT with all of its words. A list: rows with any of it. On references
            an entity, an id, or NOT_NULL. ``**{'col:x': value}``: entry ``x`` that the keygen named.
        :returns: Query
        :raises QueryError: where a column has no such index, or a value does not fit it

        Example::

            User.query.filter(age=(18, None), name=u'ann')
        """
        schema = self._model._rom_schema
        return self._and(each for name, value in kwargs.items()
                         for each in _filters_of.to_filters(schema, name, value))

    def startswith(self, **kwargs):
        """Only rows with a word that begins so.

        :param kwargs: column=text, or a list of texts of which one will do
        :returns: Query
        :raises QueryError: where the column has no prefix index

        Example::

            User.query.startswith(name=u'an')
        """
        return self._and(_filters_of.to_prefixes(self._model._rom_schema, *item) for item in kwargs.items())

    def endswith(self, **kwargs):
        """Only rows with a word that ends so.

        :param kwargs: column=text, or a list of texts of which one will do
        :returns: Query
        :raises QueryError: where the column has no suffix index

        Example::

            User.query.endswith(email=u'@example.com')
        """
        return self._and(_filters_of.to_suffixes(self._model._rom_schema, *item) for item in kwargs.items())

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
        return self._and(_filters_of.to_patterns(self._model._rom_schema, *item) for item in kwargs.items())

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
        return self._and([_filters_of.to_near(self._model._rom_schema, name, lon, lat, distance, measure, count)])

    def order_by(self, column):
        """Results in the order of a column; rows without a value are left out, ties come by id as text.

        :param column: name of a column with a numeric index, also ``'col:x'``; ``'-col'`` for descending
        :returns: Query
        :raises QueryError: where there is no such column or index

        Example::

            User.query.order_by('-age')
        """
        if not isinstance(column, six.string_types):
            raise QueryError('%s.query.order_by takes the name of a column, you provided %s'
                             % (self._model.__name__, codecs._shown(column)), model=self._model.__name__, value=column)
        name = column[1:] if column.startswith('-') else column
        index = _filters_of.index_named(self._model._rom_schema, name, 'order_by', 'index')
        if index.no_order:
            raise QueryError('%s %s' % (index.column.where, index.no_order.format(index.column._rom_source._attr)), model=self._model.__name__, columns=(name,))
        if not index.has_order:
            warnings.warn(_UNSORTED % (name, keygens.STRING_SORT_KEYGENS_STR), UserWarning, stacklevel=2)
        return self.replace(order_by=column)

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
        if count is _NOT_GIVEN:
            raise WrongQuery('%s.query.limit takes two numbers, limit(offset, count): the first %s are limit(0, %s)' % (
                (self._model.__name__,) + 2 * (codecs._shown(offset),)), model=self._model.__name__, value=offset)
        for value in (offset, count):
            if not isinstance(value, six.integer_types) and not (value is None and value is count):
                raise QueryError('%s.query.limit takes integers, you provided %s: limit(offset, count)'
                                 % (self._model.__name__, codecs._shown(value)), model=self._model.__name__, value=value)
            if value is not None and value < 0:
                raise QueryError('%s.query.limit takes numbers from 0, you provided %s: limit(offset, count)' % (
                    self._model.__name__, codecs._shown((offset, count))), model=self._model.__name__, value=value)
        return offset, count

    def select(self, *column_names, **kwargs):
        """Values instead of entities.

        :param column_names: names of columns
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

    def __repr__(self):
        return shown_query(self)

    # -- asking ------------------------------------------------------------------------------------------------------

    def _search(self, explain=False):
        return search_for(self._model._connection, self._model._rom_schema, self._filters, self._order_by, explain)

    def _window(self):
        """(offset, count or None) of the limit."""
        offset, count = self._checked_limit(*self._limit) if self._limit is not None else (0, None)
        # True and False are integers too, but not to JSON; nor are those of thousands of digits: more rows there cannot be
        return min(int(offset), 2 ** 50), None if count is None else min(int(count), 2 ** 50)

    def _blocks(self, pagesize, found=None):
        """Results in lists of at most `pagesize`; `found` makes entities of rows."""
        offset, count = self._window()
        model = self._model
        selection = self._select and Selection(model, self._select)
        fields = selection.fields if selection else model._rom_schema.fields
        make = selection.results if selection else found or model._rom_found
        search = self._search()
        pages = search.pages(offset, count, fields, pagesize)
        for rows in rows_of_pages(search.connection, model._rom_schema, pages, fields, pagesize):
            yield make(rows)

    def _iter_blocks(self, pagesize, found=None):
        for block in self._blocks(pagesize, found):
            for result in block:
                yield result

    def __iter__(self):
        """All results, page by page; a loop that ends early has read no more than it needed."""
        return self.iter_result()

    def iter_result(self, timeout=30, pagesize=100, no_hscan=False):
        """All results, page by page.

        Each page is a call of its own. Rows that others add, move or delete in between may be found
        or not; all others are, once, whatever the loop writes; those that it makes are not.

        :param timeout: seconds, at least 1; of no consequence, as nothing is kept on the server
        :param pagesize: rows in one call, at most 1,000
        :param no_hscan: of no consequence
        :returns: generator of entities, or of what :meth:`select` says
        :raises QueryError: for a timeout below 1

        Example::

            for user in User.query.filter(age=(18, None)).iter_result(pagesize=500):
                print(user.name)
        """
        checked_timeout(timeout)
        return self._iter_blocks(page_size(pagesize))

    def all(self):
        """All results, within the limit.

        :returns: list of entities, or of what :meth:`select` says

        Example::

            User.query.filter(name=u'ann').all()
        """
        offset, count = self._window()
        size = reads.ROWS_PER_READ if count is None else page_size(count)
        blocks = list(self._blocks(size))
        return blocks[0] if len(blocks) == 1 else [result for block in blocks for result in block]

    def execute(self):
        """Do the same as :meth:`all`."""
        return self.all()

    def first(self):
        """Return the first result, within the limit.

        :returns: an entity, or what :meth:`select` says; None where there is none

        Example::

            oldest = User.query.order_by('-age').first()
        """
        offset, count = self._window()
        if count == 0:
            return None
        # a vanished row is skipped: the next one is at hand
        for result in self._iter_blocks(1 if count is None else min(count, 2), self._model._rom_found_each):
            return result

    def count(self):
        """How many rows there are.

        With filters, the limit does not count. Without, this is the primary key's counter, of which
        deleted rows are not taken off, within the limit.

        :returns: int

        Example::

            User.query.filter(age=(18, None)).count()
        """
        return self._search().count(*self._window())

    def cached_result(self, timeout):
        """Keep the ids of all results in a sorted set for a while.

        Its scores keep the order: those of the column ordered by (negative for descending), of the last
        numeric filter, the distance, or 0. The limit does not count. Without results there is no key.

        :param timeout: seconds until it expires, at least 1
        :returns: its key
        :raises QueryError: for a timeout below 1 or above 10 ** 12, or without filter and order

        Example::

            key = User.query.filter(age=5).cached_result(30)
            connection.zrange(key, 0, 9)
        """
        return self._search().store(checked_timeout(timeout))

    def delete(self, blocksize=100):
        """Delete the results, page by page.

        :param blocksize: rows to delete in one call
        :raises QueryError: for models on which an on_delete rule other than 'no action' depends

        Example::

            User.query.filter(active=False).delete()
        """
        ondelete.refuse_rules([self._model])
        query = self.replace(select=None)
        offset, count = query._window()
        search = query._search()
        # all ids are read before the first is deleted: pages would shift
        ids = [int(id) for page, _ in search.pages(offset, count) for id in page]
        size = page_size(blocksize)
        for first in range(0, len(ids), size):
            block = ids[first:first + size]
            rows = reads.read_rows(self._model._connection, self._model._rom_schema, block)
            entities = self._model._rom_adopt(list(zip(block, rows)))
            if entities:
                sessions.session.delete(*entities)

    def explain(self):
        """How this query is answered; it is run for that, without fetching rows.

        :returns: :class:`Explanation`; ``str()`` says it in words

        Example::

            print(User.query.filter(age=5).explain())
        """
        offset, count = self._window()
        search = self._search(explain=True)
        size = reads.ROWS_PER_READ if count is None else page_size(count)
        returned = sum(len(ids) for ids, _ in search.pages(offset, size if count is None else count, None, size))
        told = dict(search.explained(), returned=returned)
        return Explanation(self._model.__name__, secrets.hidden(self._model._rom_schema, told))
