"""PURE: numbers that `Query.update` works out from rows, as a program writes them: ``User.visits + 1``."""
import decimal

import six

from ..exceptions import QueryError
from .conditions import literal

__all__ = ['Arithmetic', 'Expression', 'increased']

_NUMBERS = six.integer_types + (float, decimal.Decimal)
_TIGHTNESS = {'+': 1, '-': 1, '*': 2}


class Arithmetic(object):
    """What stands for a number of a row: a numeric column, or an expression."""

    __slots__ = ()

    def __add__(self, other):
        return _expression('+', self, other)

    def __radd__(self, other):
        return _expression('+', other, self)

    def __sub__(self, other):
        return _expression('-', self, other)

    def __rsub__(self, other):
        return _expression('-', other, self)

    def __mul__(self, other):
        return _expression('*', self, other)

    def __rmul__(self, other):
        return _expression('*', other, self)


def _expression(sign, left, right):
    columns = [side for side in (left, right) if isinstance(side, Arithmetic)]
    for side in (left, right):
        if isinstance(side, Arithmetic) and not getattr(side, '_rom_is_number', True):
            return NotImplemented
        if not isinstance(side, Arithmetic) and (isinstance(side, bool) or not isinstance(side, _NUMBERS)):
            return NotImplemented
    found = Expression(sign, left, right)
    if len(columns) > 1:
        raise QueryError('%s: an expression is of one column and constants' % found)
    return found


def increased(column, by):
    """Return a column and a constant added up.

    :param column: a numeric column
    :param by: a number
    :returns: `Expression`
    """
    return Expression('+', column, by)


@six.python_2_unicode_compatible
class Expression(Arithmetic):
    """A number that is worked out from one numeric column and constants.

    :param sign: ``+``, ``-`` or ``*``
    :param left: a column, an expression or a number
    :param right: the same

    Example::

        User.query.filter(active=True).update(visits=User.visits + 1)
    """

    __slots__ = ('sign', 'left', 'right')

    def __init__(self, sign, left, right):
        self.sign, self.left, self.right = sign, left, right

    @property
    def column(self):
        """The column that it is worked out from."""
        side = self.left if isinstance(self.left, Arithmetic) else self.right
        return side.column if isinstance(side, Expression) else side

    def of(self, number):
        """Return what it comes to.

        :param number: what the column holds
        :raises TypeError: for numbers that Python does not join, as a Decimal and a float
        """
        left, right = [side.of(number) if isinstance(side, Expression) else number if isinstance(side, Arithmetic) else side
                       for side in (self.left, self.right)]
        return left + right if self.sign == '+' else left - right if self.sign == '-' else left * right

    def __repr__(self):
        return '<Expression %s>' % self

    def __str__(self):
        return self.text(0)

    def text(self, within):
        """Return it as it was written.

        :param within: how tightly what stands around it binds
        """
        tightness = _TIGHTNESS[self.sign]
        shown = u'%s %s %s' % (self._shown(self.left, tightness), self.sign, self._shown(self.right, tightness + 1))
        return u'(%s)' % shown if within > tightness else shown

    def _shown(self, side, within):
        if isinstance(side, Expression):
            return side.text(within)
        if isinstance(side, Arithmetic):
            return u'%s.%s' % (side._model, side._attr) if side._model else u'%s' % (side._attr,)
        return u"'***'" if getattr(self.column, 'is_secret', False) else literal(side)
