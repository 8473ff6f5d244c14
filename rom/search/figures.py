"""The half of `Query` that gives figures of its rows in place of them: counts, sums, values."""

__all__ = ['Figures']


class Figures(object):
    """Figures of a `Query`, whose attributes it has."""

    __slots__ = ()
