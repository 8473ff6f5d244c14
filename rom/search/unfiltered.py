"""All rows of a model: what a query without filter and order asks for, by the ids that were given out or by their index.

`search_for` chooses the object that answers a query. All of them answer `pages`, `count`, `store` and `explained`.
"""

import itertools

from ..exceptions import QueryError
from ..storage import keys, keyspace, reads, searches
from .orders import Order
from .search import STEPS_PER_CALL, Search

__all__ = ['Everything', 'EverythingIndexed', 'search_for']

#: how many ids behind the counter are looked at, and how many behind a row found there: the counter may have been set back
BEHIND_COUNTER, BEHIND_ROW = 20, 1000

#: more rows than this are not read to be left out: the server is asked for the place behind them
MOST_LEFT_OUT = 50

#: how many ids are listed behind a gap, at least; how many rows one walk passes by; up to which numbers scripts tell ids apart
LISTED, MOST_PASSED, MOST_EXACT = 100, 10 ** 12, 2 ** 52


class _Walk(object):
    """Which ids to look at: from 1 to a little behind the counter, or down to 1; behind a long gap, those that the server lists."""

    def __init__(self, connection, schema, number=None, step=1):
        self._connection, self._schema, self._step = connection, schema, step
        self._number = 0 if number is None and step > 0 else number  # the last id handed out; None: above the counter
        self._counter = None    # what it was when the walk began
        self._end = None        # the last id to look at
        self._listed = None     # ids behind a gap
        self._is_all = False    # whether these are all
        self._gaps = 0
        self.is_lost = step < 0  # whether the next row may be far
        self.calls = self.scanned = 0

    def next_ids(self, size):
        """List of about as many ids; empty at the end."""
        if self._listed is not None:
            ids = list(itertools.islice(self._listed, size))
            if ids or self._is_all:
                self._number = ids[-1] if ids else self._number
                return ids
            self._listed = None
        if self._step < 0:
            last = max(0, self._number - size)
            ids = list(range(self._number - 1, last - 1, -1)) if last else list(range(self._number - 1, 0, -1))
        else:
            ids = list(range(self._number + 1, self._last_of(size) + 1))
        self._number = ids[-1] if ids else self._number
        return ids

    def _last_of(self, size):
        last = self._number + size
        if self._end is None:
            return last + (BEHIND_COUNTER if size >= 5 * BEHIND_COUNTER else 0)  # so that one call sees all of a full page
        return self._end if last >= self._counter else last

    def rows_there(self, ids, rows, counter):
        """[(id, row)] of those that count, by what was read: rows made since the walk began do not."""
        there = [(id, row) for id, row in zip(ids, rows) if row is not None]
        self.is_lost = not there or abs(ids[-1] - there[-1][0]) > LISTED and self._listed is None
        if self._step > 0:
            self._begin(counter)
            if there and there[-1][0] > self._counter:
                there = [(id, row) for id, row in there if id <= self._counter or id > counter]
                self._end = max(self._end, there[-1][0] + BEHIND_ROW) if there else self._end
        return there

    def _begin(self, counter):
        if self._counter is None:
            self._counter, self._end = counter, counter + BEHIND_COUNTER

    # -- what the server is asked for ----------------------------------------------------------------------------------

    def pass_by(self, skip, most):
        """Go to the next row behind some others, over gaps of any length; at most so many ids are listed there.

        :returns: int, how many of the others are still to be passed by
        """
        number, is_up = self._number or 0, self._step > 0
        if self._listed is None and not is_up and number > MOST_EXACT:
            return self._list_all(skip)
        if self._listed is not None or number > MOST_EXACT or is_up and self._counter is not None and number >= self._counter:
            return skip
        asked = min(skip, MOST_PASSED)
        place, found = {'step': self._step, 'skip': asked, 'most': most}, []
        place.update((name, '%d' % value) for name, value in (
            ('number', self._number), ('last', self._counter if is_up else 1)) if value is not None)
        while True:
            ids, after = self._ask(place)
            state, place = after.pop('state'), dict(place, **after)
            self._number, left = int(after['number']), int(after['skip']) + skip - asked
            if state == 'found':
                return left
            if state == 'scan' and after['cursor'] == '0':
                self._gaps += 1
                if self._gaps > 1:
                    return self._list_all(left)
            found = sorted(set(found).union(ids), reverse=not is_up)[:most]
            if state == 'listed':
                place.pop('cursor')
                if self._take(found, most, left):
                    return left
                place['number'], found = '%d' % (found[0] - self._step), []

    def _ask(self, place):
        schema = self._schema
        counter = keys.counter(schema.namespace, schema.pk)
        reply = searches.ask(self._connection, counter, {
            'namespace': schema.namespace, 'mode': 'seek', 'filters': [], 'steps': STEPS_PER_CALL, 'highest': counter, 'seek': place,
            'explain': True})
        self.calls, self.scanned = self.calls + 1, self.scanned + reply.report['scanned']
        if self._step > 0:
            self._begin(int(reply.after['highest']))
        return [int(id) for id in reply.ids], reply.after

    def _take(self, found, most, skip):
        """Go on by ids that were found behind a gap; return False where by their numbers, as others are to be passed by."""
        self._is_all = len(found) < most
        if not self._is_all and self._step > 0 and found[-1] > self._counter:
            self._list_all(skip)  # behind the counter, numbers lead nowhere
        elif self._is_all or not skip:
            self._listed = iter(found)
        return self._listed is not None

    def _list_all(self, skip):
        """Go on by all ids there are, of a keyspace with many gaps; return the number given."""
        ids = keyspace.row_ids(self._connection, self._schema.namespace)[1]
        number, self._is_all = self._number, True
        self._listed = (id for id in ids if id > number) if self._step > 0 else (
            id for id in reversed(list(ids)) if number is None or id < number)
        return skip


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
        raise QueryError('You are missing filter or order criteria', model=self.namespace)


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
        self._walk = None
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
        number = int(self._behind['id']) if self._behind else None
        walk, size, most = _Walk(self.connection, self.schema, number, -1 if self._is_reversed else 1), first, reads.ROWS_PER_READ
        self._walk = walk
        while count is None or count > 0:
            if walk.is_lost or skip > MOST_LEFT_OUT:
                skip = walk.pass_by(skip, max(size, LISTED))
            ids = walk.next_ids(min(size + skip, most))
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

    def _read(self, fields, ids):
        self._walk.scanned += len(ids)
        self._walk.calls += 1
        return reads.read_batch(self.connection, self.schema, fields, ids)

    def explained(self):
        """Tell as a dict what was looked at, as :meth:`rom.index.Search.explained` tells it."""
        scanned, calls = (self._walk.scanned, self._walk.calls) if self._walk else (0, 0)
        return {'plan': 'rows', 'driver': None, 'filters': [], 'order': None, 'descending': False, 'keys': [],
                'read': None, 'expected': None, 'hints': [], 'scanned': scanned, 'steps': 2 * scanned, 'calls': calls}
