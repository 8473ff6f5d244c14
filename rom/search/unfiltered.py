"""All rows of a model: what a query without filter and order asks for, by the ids that were given out or by their index.

`search_for` chooses the object that answers a query. All of them answer `pages`, `count`, `store` and `explained`.
"""

import itertools

from ..exceptions import QueryError
from ..storage import keyspace, reads
from .orders import Order
from .search import Search

__all__ = ['Everything', 'EverythingIndexed', 'search_for']

#: how many ids behind the counter are looked at, and how many behind a row found there: the counter may have been set back
BEHIND_COUNTER, BEHIND_ROW = 20, 1000

#: how many ids without a row pass before the number of keys is asked, in case looking for those that are there is less
PATIENCE = 2000


class _Walk(object):
    """Which ids to look at: 1, 2, 3 ... up to a little behind the counter; behind a long gap, those that SCAN finds."""

    def __init__(self, connection, namespace, number=0):
        self._connection, self._namespace = connection, namespace
        self._number = number  # the last id handed out
        self._counter = None   # what it was when the walk began
        self._end = None       # the last id to look at
        self._gap = 0          # ids without a row, up to here
        self._keys = None      # how many keys there are
        self._listed = None    # ids that SCAN found

    def next_ids(self, size):
        """List of about as many ids; empty at the end."""
        if self._listed is None and self._is_scan_shorter():
            _, ids = keyspace.row_ids(self._connection, self._namespace)
            self._listed = (id for id in ids if id > self._number)
        if self._listed is not None:
            return list(itertools.islice(self._listed, size))
        last = self._number + size
        if self._end is None:
            last += BEHIND_COUNTER if size >= 5 * BEHIND_COUNTER else 0  # so that one call sees all of a full page
        elif last >= self._counter:
            last = self._end
        ids = list(range(self._number + 1, last + 1))
        self._number = max(last, self._number)
        return ids

    def _is_scan_shorter(self):
        left = 0 if self._end is None else self._end - self._number
        if self._gap < PATIENCE or left < PATIENCE:
            return False
        if self._keys is None:
            self._keys = keyspace.number_of_keys(self._connection)
        return min(4 * self._gap, left) > self._keys

    def rows_there(self, ids, rows, counter):
        """[(id, row)] of those that count, by what was read: rows made since the walk began do not."""
        if self._counter is None:
            self._counter, self._end = counter, counter + BEHIND_COUNTER
        there = [(id, row) for id, row in zip(ids, rows) if row is not None]
        self._gap = ids[-1] - there[-1][0] if there else self._gap + len(ids)
        if there and there[-1][0] > self._counter:
            there = [(id, row) for id, row in there if id <= self._counter or id > counter]
            self._end = max(self._end, there[-1][0] + BEHIND_ROW) if there else self._end
        return there


class _WalkDown(object):
    """Which ids to look at the other way round: from a little behind the counter down to 1."""

    def __init__(self, counter, number=None):
        self._is_first = number is None
        self._number = counter + BEHIND_COUNTER + BEHIND_ROW + 1 if number is None else number

    def next_ids(self, size):
        """List of as many ids; empty at the end."""
        if self._is_first:  # behind the counter there is hardly any
            size, self._is_first = size + BEHIND_COUNTER + BEHIND_ROW, False
        ids = list(range(self._number - 1, max(0, self._number - 1 - size), -1))
        self._number -= len(ids)
        return ids

    def rows_there(self, ids, rows, counter):
        """[(id, row)] of those that are there."""
        return [(id, row) for id, row in zip(ids, rows) if row is not None]


def search_for(connection, schema, filters=(), order_by=None, explain=False, is_reversed=False, behind=None):
    """Return what answers a query.

    :param connection: redis-py client
    :param schema: `Schema` of the model
    :param filters: list of filters, as :mod:`rom.values.filter_forms` describes them
    :param order_by: name of a column, ``'-'`` before it for descending
    :param bool explain: whether `explained` will be asked for
    :param bool is_reversed: whether all comes the other way round
    :param behind: the position behind which results begin
    :returns: :class:`Search`, or one of all rows: :class:`Everything`, :class:`EverythingIndexed`
    :raises QueryError: for what is no filter, and for too many
    """
    if filters or order_by:
        order = Order.of(schema, order_by, is_reversed) if is_reversed or order_by else None
        return Search(connection, schema.namespace, filters, order or order_by, schema, explain, behind)
    return (EverythingIndexed if schema.columns[schema.pk]._index else Everything)(connection, schema, explain, is_reversed, behind)


class _AllRows(object):
    """What a query without filter and order answers alike, whichever way it goes through the rows."""

    def count(self, skip=0, count=None):
        """Return the id counter, from which deleted rows are not subtracted, within the limit.

        :param skip: how many are left out
        :param count: how many at most; None: all
        :returns: int
        """
        total = max(0, reads.highest_id(self.connection, self.schema) - skip)
        return total if count is None else min(total, count)

    def store(self, seconds):
        """Refused: such ids are not kept.

        :raises QueryError: always
        """
        raise QueryError('You are missing filter or order criteria')


class EverythingIndexed(_AllRows, Search):
    """The rows that the index of the primary key has, in its order; it is asked as any :class:`Search`."""

    def __init__(self, connection, schema, explain=False, is_reversed=False, behind=None):
        order = Order.of(schema, schema.pk, True) if is_reversed else schema.pk
        Search.__init__(self, connection, schema.namespace, (), order, schema, explain, behind)
        self.schema = schema


class Everything(_AllRows):
    """The rows there are, found by going through the ids that were given out; it is asked as a :class:`Search` is.

    :param connection: redis-py client
    :param schema: `Schema` of the model

    Example::

        for ids, rows in Everything(connection, User._rom_schema).pages(count=20, fields=[b'name']):
            ...
    """

    def __init__(self, connection, schema, explain=False, is_reversed=False, behind=None):
        self.connection = connection
        self.schema = schema
        self._is_reversed, self._behind = is_reversed, behind
        self._scanned = self._calls = 0
        self.namespace, self.request, self.order = schema.namespace, {}, None

    def identity(self):
        """Return what tells this search from all others, as JSON takes it."""
        return [self.namespace, self._is_reversed]

    def pages(self, skip=0, count=None, fields=None, first=reads.ROWS_PER_READ):
        """Return the ids in order, with their rows.

        :param skip: how many rows to leave out
        :param count: how many at most; None: all
        :param fields: columns of the rows, as bytes; None: no rows
        :param first: how many rows to ask for in one call
        :returns: generator of (list of ids, list of their rows: values in the order of the fields)
        """
        walk, size, most = self._walk(), first, reads.ROWS_PER_READ
        while count is None or count > 0:
            is_skipped = skip >= most
            ids = walk.next_ids(most if is_skipped else min(size + skip, most))
            if not ids:
                return
            is_skipped = skip >= len(ids)
            found = walk.rows_there(ids, *self._read([] if is_skipped else fields or [], ids))
            # where many are gone, more are asked for at once
            size = first if 2 * len(found) >= len(ids) else min(2 * size, most)
            found, skip = found[skip:], max(0, skip - len(found))
            found = found if count is None else found[:count]
            count = None if count is None else count - len(found)
            yield [id for id, _ in found], [] if fields is None else [row for _, row in found]

    def _walk(self):
        number = int(self._behind['id']) if self._behind else None
        if self._is_reversed:
            return _WalkDown(reads.highest_id(self.connection, self.schema), number)
        return _Walk(self.connection, self.schema.namespace, number or 0)

    def _read(self, fields, ids):
        self._scanned += len(ids)
        self._calls += 1
        return reads.read_batch(self.connection, self.schema, fields, ids)

    def explained(self):
        """Tell as a dict what was looked at, as :meth:`rom.index.Search.explained` tells it."""
        return {'plan': 'rows', 'driver': None, 'filters': [], 'order': None, 'descending': False, 'keys': [],
                'read': None, 'expected': None, 'hints': [], 'scanned': self._scanned, 'steps': 2 * self._scanned, 'calls': self._calls}
