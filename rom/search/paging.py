"""The half of `Query` that gives parts of its results: pages, places to go on from, single rows."""

__all__ = ['Paging']


class Paging(object):
    """Pages and single rows of a `Query`, whose attributes it has."""

    __slots__ = ()
