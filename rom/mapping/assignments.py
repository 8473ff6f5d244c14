"""Which columns were assigned, in which order, and which writes were planned between."""

import itertools
import operator

__all__ = ['Assignments', 'Planned', 'numbers']

#: numbers the assignments: of two to one column of a row, the later one holds
numbers = itertools.count(1)


class Assignments(dict):
    """Which columns were assigned, and when: a set of them that knows a number for each, growing with every assignment."""

    __slots__ = ()

    def add(self, attr):
        """One was assigned now."""
        self[attr] = next(numbers)

    def discard(self, attr):
        """One counts as assigned no longer."""
        self.pop(attr, None)


class Planned(object):
    """A write, and what it was made of.

    :ivar operation: dict as `storage.plan` makes it; None where there is nothing to do
    :ivar texts: {column: text or None} to be written
    :ivar filled: those of them that are defaults, to be written unless another writer was there first
    :ivar row: the raw row of the state by then, which may be changed later
    :ivar seen: what was in it
    :ivar number: int: what was assigned later has a higher one
    """

    __slots__ = ('operation', 'texts', 'filled', 'row', 'seen', 'number')

    def __init__(self, operation, texts, row, filled=(), number=None):
        self.operation, self.texts, self.row, self.filled = operation, texts, row, filled
        self.seen = tuple(row)
        self.number = next(numbers) if number is None else number

    def is_of(self, row):
        """Whether a row is what this was made of: the very same values, for equal ones may be bytes and text."""
        return all(map(operator.is_, self.seen, row))
