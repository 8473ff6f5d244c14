"""How much work goes into one call: a few milliseconds of the server's time."""

import itertools

from ..exceptions import InvalidOperation
from .commands import request_text

__all__ = ['BatchLayout', 'ENTRIES_AT_ONCE', 'ENTRIES_PER_WRITE', 'ROWS_AT_ONCE', 'ROWS_PER_WRITE', 'each_alone', 'in_batches', 'likely_weight',
           'refuse_too_many', 'requested', 'rows_in', 'weight']

#: operations one write call carries
ROWS_PER_WRITE = 500

#: index entries that one write call carries, unless one row has more: some twenty milliseconds of the server's time, thirty
#: among 300,000 rows
ENTRIES_PER_WRITE = 6500
CHARACTERS_PER_ENTRY = 125  # so many of a value cost the server about as much as an index entry

#: what an atomic commit writes at most, in one call: one to two seconds of the server's time, which other clients wait
ROWS_AT_ONCE = 20000
ENTRIES_AT_ONCE = 250000


def rows_in(jobs):
    """Return how many rows some jobs write."""
    return sum([job.rows for job in jobs])


def each_alone(jobs):
    """Return a job for each row that some jobs write, as a list."""
    return [each for job in jobs for each in job.alone()]


def refuse_too_many(rows, entries, instead=''):
    """Refuse what is more than one call may write.

    :param int rows: how many
    :param int entries: their weight, in index entries
    :param instead: what else could be done, for the message
    :raises InvalidOperation: telling the limit
    """
    if rows > ROWS_AT_ONCE or entries > ENTRIES_AT_ONCE:
        raise InvalidOperation('one atomic write holds %d rows, and index entries and texts that weigh %d, at most; this one has %d rows%s%s'
                               % (ROWS_AT_ONCE, ENTRIES_AT_ONCE, rows, ' that weigh %d' % entries if entries else '', instead))


def weight(operation):
    """Return what an operation costs the server, in index entries.

    :param operation: `NewRow`, or dict as `plan` makes it
    :returns: int
    """
    if not isinstance(operation, dict):
        return operation.weight
    pairs = sum(len(entries) for part in ('prefixes', 'suffixes') for entries in operation.get(part, {}).values())
    characters = sum(len(text) for text in operation.get('set', {}).values())
    return (1 + pairs // 2 + characters // CHARACTERS_PER_ENTRY
            + sum(len(operation.get(part, ())) for part in ('words', 'scores', 'claim')))


def likely_weight(raw):
    """Return what taking a row out of the indexes likely costs: the list of its entries stays on the server.

    :param raw: list of stored values or None
    :returns: int, as if all its values were texts of which each word is indexed
    """
    return 1 + sum(map(len, filter(None, raw))) // 8


def in_batches(items, weight, shard=None, most=ENTRIES_PER_WRITE):
    """Yield lists that one call carries.

    :param items: iterable
    :param weight: callable(item) -> int, what it costs in index entries
    :param shard: callable(item) -> something that all items of a list have in common
    :param most: index entries of one list
    :returns: generator of lists
    """
    batch, size = [], 0
    for item in items:
        entries = weight(item)
        if batch and (len(batch) == ROWS_PER_WRITE or size + entries > most or shard and shard(item) != shard(batch[0])):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += entries
    if batch:
        yield batch


class BatchLayout(object):
    """What the rows of one batch have in common.

    :ivar schema: `Schema` of their model
    """

    _head = None, ''

    def told_once(self):
        """Return what a batch is told of its rows together: the head of the list that write.lua takes."""
        raise NotImplementedError

    def head(self):
        """Return the same as it is sent, a list that is still open: remembered as long as the namespace is what it was."""
        namespace, text = self._head
        if namespace != self.schema.namespace:
            namespace, text = self.schema.namespace, request_text(self.told_once())[:-1]
            self._head = namespace, text
        return text


def requested(operations):
    """Return operations as they are sent: rows of a layout that follow each other in a batch, all others in lists.

    :param operations: list of `NewRow`, `AlteredRow`, `AlteredRows` and `RemovedRows`, and of dicts as `plan` makes them
    :returns: text, JSON of a list of lists
    """
    if len(operations) == 1:
        return '[%s]' % _item(operations)
    return '[%s]' % ','.join([_item(list(group)) for _, group in itertools.groupby(operations, lambda operation: getattr(operation, 'layout', None))])


def _item(operations):
    layout = getattr(operations[0], 'layout', None)
    if layout is None:
        return request_text(operations)
    rows = operations[0].said if len(operations) == 1 else [part for row in operations for part in row.said]
    return '%s,%s' % (layout.head(), request_text(rows)[1:])
