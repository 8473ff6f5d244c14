"""Loops over queries that are under way, and what this process writes meanwhile."""

__all__ = ['Loop', 'note']

#: how many ids are kept one by one, and how many places a block has beyond that
RECENT, BLOCK = 20000, 512

#: the loops that have more pages to come, by their id
running = {}


def _server_of(connection):
    """Something to compare: programs may make a new client on one pool for each call."""
    return getattr(connection, 'connection_pool', connection)


def note(connection, namespace, id, is_new):
    """Let the loops know that a row was written.

    :param connection: redis-py client
    :param namespace: text
    :param id: int
    :param is_new: bool, whether the row was made just now
    """
    for loop in list(running.values()):
        loop.note(connection, namespace, id, is_new)


class Ids(object):
    """A set of ids that only grows: a million of them that lie close together take less than a megabyte."""

    __slots__ = ('_recent', '_blocks')

    def __init__(self):
        self._recent, self._blocks = set(), {}

    def update(self, numbers):
        """Take in some ids."""
        self._recent.update(numbers)
        if len(self._recent) > RECENT:
            self._fold()

    def _fold(self):
        blocks = self._blocks
        for number in self._recent:
            place, bit = divmod(number, BLOCK)
            block = blocks.get(place)
            if block is None:
                block = blocks[place] = bytearray(BLOCK // 8)
            block[bit >> 3] |= 1 << (bit & 7)
        self._recent = set()

    def __contains__(self, number):
        if number in self._recent:
            return True
        place, bit = divmod(number, BLOCK)
        return place in self._blocks and bool(self._blocks[place][bit >> 3] & 1 << (bit & 7))

    def isdisjoint(self, numbers):
        """Whether none of a list of ids is among these."""
        return self._recent.isdisjoint(numbers) and not (self._blocks and any(number in self for number in numbers))


class Loop(object):
    """Which rows a loop over many pages gives: those that were there when it began, each once.

    Rows made since are told by the id counter, as it was then; where rows have ids beyond the counter, as where that was
    lost, by what this process has made.

    :param connection: redis-py client
    :param namespace: text
    :param counter: int, the id counter as the loop begins
    """

    def __init__(self, connection, namespace, counter):
        self._server, self._namespace, self._first_counter = _server_of(connection), namespace, counter
        self._is_counter_behind = False
        self._given, self._made = Ids(), Ids()
        self._waiting = set()  # what was written and not yet given

    def begin(self):
        """Learn from now on what is written."""
        running[id(self)] = self

    def end(self):
        """Learn no more."""
        running.pop(id(self), None)

    def note(self, connection, namespace, id, is_new):
        """Note that this process has written a row."""
        if namespace == self._namespace and _server_of(connection) is self._server:
            if is_new:
                self._made.update([id])
            elif id not in self._given:
                self._waiting.add(id)

    def choose(self, ids, rows, counter, count=None):
        """Return what to give of a page that was found.

        :param ids: list of ids, as bytes or text
        :param rows: list of the rows of the first of them
        :param counter: int, the id counter as the page was found
        :param count: how many to give at most; None: all
        :returns: (ids, rows)
        """
        numbers = [int(id) for id in ids]
        highest = max(numbers) if numbers else 0
        self._is_counter_behind = self._is_counter_behind or highest > counter
        if highest > self._first_counter or not (self._given.isdisjoint(numbers) and self._made.isdisjoint(numbers)):
            places = [place for place, number in enumerate(numbers) if self._is_due(number)]
            numbers, ids = [numbers[place] for place in places], [ids[place] for place in places]
            rows = [rows[place] for place in places if place < len(rows)]
        self._given.update(numbers[:count])
        if self._waiting:
            self._waiting.difference_update(numbers[:count])
        return ids[:count], rows[:count]

    def _is_due(self, number):
        return (number not in self._given and number not in self._made
                and (self._is_counter_behind or number <= self._first_counter))

    def passed_by(self):
        """Return the ids of rows that were there but not given, and were written: they may have moved behind the place reached."""
        return set(number for number in self._waiting if number not in self._made)
