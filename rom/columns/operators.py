"""What a column answers at class access: ``User.age >= 18`` is a condition, for `Query.filter`, ``User.age + 1`` a number for `Query.update`.

What a condition means, the index of the column says. A column class of a program's own may have methods of these names: they
win, and nothing here calls them.
"""
import six

from ..exceptions import QueryError
from ..values.conditions import Comparison, Condition, Not
from ..values.expressions import Arithmetic
from . import kinds

__all__ = ['Operators']


class Operators(Arithmetic):
    """Conditions of a column; between two columns ``==`` and ``!=`` tell whether they are the same one, as no index compares columns."""

    __slots__ = ()

    def __eq__(self, other):
        if hasattr(type(other), '_rom_index'):
            return self is other
        return self._rom_compared('==', other)

    def __ne__(self, other):
        if hasattr(type(other), '_rom_index'):
            return self is not other
        return Not(self._rom_compared('!=', other))

    def _rom_compared(self, written, other):
        return Comparison(self, 'is_null' if other is None else '==', (other,), written)

    __hash__ = object.__hash__

    def __lt__(self, other):
        return Comparison(self, '<', (other,))

    def __le__(self, other):
        return Comparison(self, '<=', (other,))

    def __gt__(self, other):
        return Comparison(self, '>', (other,))

    def __ge__(self, other):
        return Comparison(self, '>=', (other,))

    def between(self, low, high):
        """Rows whose value lies between two others, ends included.

        :param low: a value of the column
        :param high: a value of the column
        :returns: a condition

        Example::

            User.query.filter(User.age.between(18, 65))
        """
        return Comparison(self, 'between', (low, high))

    def in_(self, values):
        """Rows with any of some values; with none of them, no row.

        :param values: list, or any other iterable, of values of the column
        :returns: a condition
        :raises QueryError: for what is no list, a single text among it

        Example::

            User.query.filter(User.age.in_([18, 21]))
        """
        if isinstance(values, (six.text_type, bytes)) or not hasattr(values, '__iter__'):
            raise QueryError('%s.%s.in_ takes a list of values, you provided %s' % (self._model, self._attr, self._rom_shown(values)), model=self._model,
                             columns=(self._attr,))
        return Comparison(self, 'in_', (list(values),))

    def is_null(self):
        """Rows without a value: '' and False are values, a default that a row lacks is none.

        :returns: a condition

        Example::

            User.query.filter(User.email.is_null())
        """
        return Comparison(self, 'is_null')

    def startswith(self, text):
        """Rows with a word that begins so; of FULL_TEXT with several words as :meth:`search`.

        :param text: text or bytes
        :returns: a condition

        Example::

            User.query.filter(User.name.startswith('an'))
        """
        return Comparison(self, 'startswith', (text,))

    def endswith(self, text):
        """Rows with a word that ends so.

        :param text: text or bytes
        :returns: a condition

        Example::

            User.query.filter(User.email.endswith('.org'))
        """
        return Comparison(self, 'endswith', (text,))

    def like(self, pattern):
        """Rows with a word that begins with a pattern, as `Query.like` takes it.

        :param pattern: text or bytes
        :returns: a condition

        Example::

            User.query.filter(User.name.like('a*n'))
        """
        return Comparison(self, 'like', (pattern,))

    def has_word(self, word):
        """Rows with a whole word.

        :param word: text or bytes, one word
        :returns: a condition

        Example::

            Post.query.filter(Post.body.has_word('redis'))
        """
        return Comparison(self, 'has_word', (word,))

    def search(self, text):
        """Rows with all words of a text, of which the last one need only be a beginning: what a search box asks for.

        :param text: text or bytes; the column has FULL_TEXT, and `prefix=True`
        :returns: a condition

        Example::

            City.query.filter(City.name.search('new yo'))
        """
        return Comparison(self, 'search', (text,))

    # -- alone, as a Boolean may stand ---------------------------------------------------------------------------------

    @property
    def _rom_is_number(self):
        """bool: whether it can be reckoned with: ``User.age + 1``."""
        return kinds.are_plain_numbers(kinds.kinds_of(self._allowed))

    def _rom_alone(self):
        """Return what the column means where it stands alone.

        :raises QueryError: for any but a Boolean
        """
        if not self._rom_is_boolean:
            raise QueryError('%s.%s alone is no condition, as only a Boolean is: compare it, as with ==' % (self._model, self._attr),
                             model=self._model, columns=(self._attr,))
        return Comparison(self, '==', (True,), '')

    def __and__(self, other):
        return Operators._rom_alone(self) & other if isinstance(other, (Condition, Operators)) else NotImplemented

    def __or__(self, other):
        return Operators._rom_alone(self) | other if isinstance(other, (Condition, Operators)) else NotImplemented

    def __invert__(self):
        return Not(Operators._rom_alone(self))
