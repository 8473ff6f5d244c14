"""What was assigned: which columns have values, in which order they got them, and which writes were planned between."""

import itertools

__all__ = ['NONE_YET', 'Assignments', 'Planned', 'assigned_after', 'numbers']

#: numbers the assignments: of two to one column of a row, the later one holds
numbers = itertools.count(1)


class _NoneYet(dict):
    """The values of a state before the first one, shared by all: most rows that are loaded are hardly read."""

    __slots__ = ()

    def __setitem__(self, attr, value):
        raise TypeError('values are put in by State.know')


NONE_YET = _NoneYet()


class Assignments(dict):
    """Which columns were assigned, and when: a set of them that knows a number for each, growing with every assignment."""

    __slots__ = ()

    def add(self, attr):
        """One was assigned now."""
        self[attr] = next(numbers)

    def discard(self, attr):
        """One counts as assigned no longer."""
        self.pop(attr, None)


def assigned_after(assigned, number):
    """Return those of some assignments that are later, as `Assignments`; () where there are none.

    :param assigned: `Assignments` or (), to which others may add meanwhile
    :param int number: of a `Planned`
    """
    if not assigned or max(assigned.values()) < number:
        return ()
    return Assignments((attr, when) for attr, when in list(assigned.items()) if when > number)


class Planned(object):
    """A write, and what it was made of.

    :ivar operation: dict as `storage.plan` makes it; None where there is nothing to do
    :ivar texts: {column: text or None} to be written
    :ivar filled: those of them that are defaults, to be written unless another writer was there first
    :ivar row: the raw row of the state by then
    :ivar number: int: what was assigned later has a higher one
    """

    __slots__ = ('operation', 'texts', 'filled', 'row', 'number')

    def __init__(self, operation, texts, row, filled=(), number=None):
        self.operation, self.texts, self.row, self.filled = operation, texts, row, filled
        self.number = next(numbers) if number is None else number
