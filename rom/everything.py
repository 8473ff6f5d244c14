"""All rows of a model, in the order of their numbers: what a query without filter and order asks for."""

from . import store

__all__ = ['Everything']


class Everything(object):
    """
    The rows there are, found by going through the ids that were given out.

    It is asked as :class:`rom.index.Search` is.

    :param connection: redis-py client
    :param schema: `Schema` of the model

    Example::

        for ids, rows in Everything(connection, User._rom_schema).pages(count=20, fields=[b'name']):
            ...
    """

    def __init__(self, connection, schema):
        self.connection = connection
        self.schema = schema
        self._scanned = self._calls = 0

    def pages(self, skip=0, count=None, fields=None, first=store.ROWS_PER_READ):
        """
        The ids in order, with their rows.

        :param skip: how many rows to leave out
        :param count: how many at most; None: all
        :param fields: columns of the rows, as bytes; None: no rows
        :param first: how many rows to ask for in one call
        :returns: generator of (list of ids, list of their rows: values in the order of the fields)
        """
        number, highest, size, most = 0, None, first, store.ROWS_PER_READ
        while (highest is None or number < highest) and (count is None or count > 0):
            is_skipped = skip >= most
            size = most if is_skipped else min(size + skip, most)
            ids = list(range(number + 1, number + 1 + (size if highest is None else min(size, highest - number))))
            rows, last = self._read([] if is_skipped else fields or [], ids)
            highest = last if highest is None else highest  # rows made meanwhile are not given
            found = [(id, row) for id, row in zip(ids, rows) if row is not None]
            # where many are gone, more are asked for at once
            number, size = ids[-1], first if 2 * len(found) >= len(ids) else min(2 * size, most)
            found, skip = found[skip:], max(0, skip - len(found))
            found = found if count is None else found[:count]
            count = None if count is None else count - len(found)
            yield [id for id, _ in found], [] if fields is None else [row for _, row in found]

    def _read(self, fields, ids):
        self._scanned += len(ids)
        self._calls += 1
        return store.read_page(self.connection, self.schema, fields, ids)

    def explained(self):
        """dict: what was looked at, as :meth:`rom.index.Search.explained` tells it."""
        return {'plan': 'rows', 'driver': None, 'filters': [], 'order': None, 'descending': False, 'keys': [],
                'scanned': self._scanned, 'steps': 2 * self._scanned, 'calls': self._calls}
