"""What a column may be declared with: its arguments, checked when it is made."""

import sys
import warnings

from ..exceptions import ColumnError
from ..values import keygens

__all__ = ['check_arguments']

MISSING_KEYGEN = ('Indexed string column missing explicit keygen argument, try one of: '
                  + keygens.STRING_INDEX_KEYGENS_STR)

_PACKAGE = __name__.partition('.')[0]


def check_arguments(column):
    """Refuse arguments of a column that contradict each other.

    :param column: `Column`, not bound yet
    :raises ColumnError: saying what would be right
    """
    if column._keygen is not None and column._keygen2 is not None:
        raise ColumnError("Can only specify one of 'keygen' and 'keygen2' arguments at a time, you provided both")
    for keygen in (column._keygen, column._keygen2):
        if keygen is not None and not callable(keygen):
            raise ColumnError('a keygen must be callable, you provided %r' % (keygen,))
    if column._unique and not column.can_be_unique:
        raise ColumnError('Unique columns can only be strings or integers')
    if not (column._index or column._prefix or column._suffix):
        if column._keygen is not None and not column._unique:
            raise ColumnError('a keygen is for an index: give one of index, prefix, suffix and unique too')
        return
    if column._keygen is None and column._keygen2 is None:
        if column.is_text:
            raise ColumnError(MISSING_KEYGEN)
        if column._rom_default_keygen is None:
            raise ColumnError('Non-numeric/string indexed columns must provide keygen argument on creation')
    _warn_of_words(column)


def _warn_of_words(column):
    """Programs in use have columns that are no strings with an index of words, which answers little: say so."""
    if column.is_text or column.is_reference or column.is_derived:
        return
    name, keygen = type(column).__name__, keygens.plain(column._keygen)
    if keygen in keygens.STRING_KEYGENS:
        what = ('keygen %s is for strings: it indexes the text of this %s column, so that neither ranges nor order_by go '
                'by its values; leave it out, or give one that takes such values' % (keygen.__name__, name))
    elif (column._prefix or column._suffix) and column._keygen is None and column._keygen2 is None:
        what = ('prefix and suffix are for strings: this %s column %s' % (
            name, 'has none of them beside its numbers' if column._index and column.is_numeric else
            'indexes the words of its text; give a keygen to choose others'))
    else:
        return
    warnings.warn(what, UserWarning, stacklevel=_frames_to_the_program())


def _frames_to_the_program():
    """How many frames up the code is that is not of this package: where a column is made, whatever class it has."""
    frame, count = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get('__name__', '').startswith(_PACKAGE + '.'):
        frame, count = frame.f_back, count + 1
    return count
