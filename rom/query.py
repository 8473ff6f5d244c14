"""Query: an immutable description of what is wanted, and how its results come out."""
import datetime
import decimal

import six

from .descriptors import class_itself
from .exceptions import QueryError  # noqa: F401 (1.1.2 has it here)
from .search.describing import Describing
from .search.explanation import Explanation
from .search.figures import Figures
from .search.filters import ALLOWED_DIST, NOT_NULL, Geofilter, Pattern, Prefix, Suffix  # noqa: F401 (1.1.2 has them here)
from .search.paging import Paging
from .search.results import (_dict_data_factory, _list_data_factory, _namedtuple_data_factory, _tuple_data_factory,
                             Selection, checked_timeout, page_size, rows_of_pages)
from .search.showing import shown_query, told_filters
from .search.unfiltered import search_for
from .storage import reads, secrets
from .unitofwork.query_writes import QueryWrites
from .values.filter_forms import All

__all__ = ['Explanation', 'NOT_NULL', 'Query', '_dict_data_factory', '_list_data_factory', '_namedtuple_data_factory',
           '_tuple_data_factory']

NUMERIC_TYPES = six.integer_types + (float, decimal.Decimal, datetime.datetime, datetime.date, datetime.time)


class Query(Describing, Paging, Figures, QueryWrites):
    """What is wanted of one model. Every method that adds to it returns a new Query.

    Filters are all meant at once. Without `order_by`, results come by the score of the last numeric
    filter, after `near` by distance, and otherwise by id as text; ties by id as text.

    :param model: the Model class
    :param filters: tuple of filters, as :mod:`rom.values.filter_forms` describes them
    :param order_by: name of a column, ``'-'`` before it for descending, or a tuple of such
    :param limit: (offset, count)
    :param select: what :meth:`select` keeps
    :param is_reversed: whether all comes the other way round
    :param behind: the position behind which results begin
    :param has_distance: whether distances come along
    :param written: how the filters were asked for, see `rom.search.showing`

    Example::

        adults = User.query.filter(age=(18, None)).order_by('-age')
        adults.count(), adults.limit(0, 10).all()
    """

    __slots__ = ('_model', '_filters', '_order_by', '_limit', '_select', '_is_reversed', '_behind', '_has_distance', '_written')

    __class_getitem__ = classmethod(class_itself)

    def __init__(self, model, filters=(), order_by=None, limit=None, select=None, is_reversed=False, behind=None, has_distance=False,
                 written=()):
        self._model = model
        self._filters = filters
        self._order_by = order_by
        self._limit = limit
        self._select = select
        self._is_reversed = is_reversed
        self._behind = behind
        self._has_distance = has_distance
        self._written = written

    def __repr__(self):
        return shown_query(self)

    # -- asking ------------------------------------------------------------------------------------------------------

    def _search(self, explain=False):
        model = self._model
        return search_for(model._connection, model._rom_schema, self._filters, self._order_by, explain, self._is_reversed, self._behind)

    def _window(self):
        """(offset, count or None) of the limit."""
        offset, count = self._checked_limit(*self._limit) if self._limit is not None else (0, None)
        # True and False are integers too, but not to JSON; nor are those of thousands of digits: more rows there cannot be
        return min(int(offset), 2 ** 50), None if count is None else min(int(count), 2 ** 50)

    def _blocks(self, pagesize=None, found=None):
        """Results in lists of at most `pagesize`, or of what one call gives; `found` makes entities of rows."""
        offset, count = self._window()
        if pagesize is None:
            pagesize = reads.ROWS_PER_READ if count is None else page_size(count)
        model = self._model
        selection = self._select and Selection(model, self._select)
        fields = selection.fields if selection else model._rom_schema.fields
        make = selection.results if selection else found or model._rom_found
        search = self._search()
        if self._has_distance:
            self._check_distance()
            search.measure()
        pages = search.pages(offset, count, fields, pagesize)
        for rows in rows_of_pages(search.connection, model._rom_schema, pages, fields, pagesize):
            found = make(rows)
            yield [(entity, search.distances[entity._rom.id]) for entity in found] if self._has_distance else found

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
        blocks = list(self._blocks())
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

    def count(self, exact=False):
        """How many rows there are.

        With filters, the limit does not count. Without, this is the primary key's counter, of which
        deleted rows are not taken off, within the limit.

        :param bool exact: count the rows also without filters; the limit does not count, and it may take several calls
        :returns: int

        Example::

            User.query.filter(age=(18, None)).count()
        """
        if exact and not self._filters and not self._order_by:
            return self.replace(filters=(All(()),), behind=None)._search().count()
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

    def explain(self):
        """How this query is answered; it is run for that, without fetching rows.

        :returns: :class:`Explanation`; ``str()`` says it in words

        Example::

            print(User.query.filter(age=5).explain())
        """
        offset, count = self._window()
        search = self._search(explain=told_filters(self))
        size = reads.ROWS_PER_READ if count is None else page_size(count)
        returned = sum(len(ids) for ids, _ in search.pages(offset, size if count is None else count, None, size))
        told = dict(search.explained(), returned=returned)
        return Explanation(self._model.__name__, secrets.hidden(self._model._rom_schema, told))
