"""The half of `Query` that writes what it finds."""

__all__ = ['QueryWrites']


class QueryWrites(object):
    """Writing by a `Query`, whose attributes it has."""

    __slots__ = ()
