"""What a column shows of itself and of its values, and how it raises."""

import six

from ..storage import secrets
from ..values import showing
from ..values.codecs import _shown

__all__ = ['Showing']

_FLAGS = ('required', 'unique', 'index', 'prefix', 'suffix')


class Showing(object):
    """The part of a column that messages and `repr` ask; the values of a secret one are shown as ``'***'``."""

    __slots__ = ()

    #: whether its model names it in `_secret`: then its values are not shown
    is_secret = False

    def __repr__(self):
        where = '%s.%s' % (self._model, self._attr) if getattr(self, '_attr', None) else 'of no model yet'
        return showing.in_brackets('%s %s' % (showing.class_name(type(self)), where), self._rom_traits())

    def _rom_traits(self):
        """Return what it was declared with, as far as that tells what it is."""
        traits = [name for name in _FLAGS if getattr(self, '_' + name, False)]
        for name in ('keygen', 'keygen2'):
            if getattr(self, '_' + name, None) is not None:
                traits.append('%s=%s' % (name, showing.function_name(getattr(self, '_' + name))))
        return traits + ['secret'] * self.is_secret

    def _rom_shown(self, value):
        """Return a value of this column as a message shows it."""
        return secrets.HIDDEN if self.is_secret else _shown(value)

    def _rom_told(self, value):
        """Return what `.value` of an error tells of a value of this column."""
        return secrets.HIDDEN if self.is_secret else value

    def _rom_why(self, error):
        """Return what another error says, as a message of this column may: it could well have the value in it."""
        return type(error).__name__ if self.is_secret else error

    def _rom_raise(self, problem, cause):
        """Raise an error of this column, chained to what caused it.

        A secret's leads nowhere, as that may tell it; so this is to be called when `cause` is handled already.
        """
        six.raise_from(problem, None if self.is_secret else cause)
