"""What a column may be declared with: its arguments, checked when it is made; and which column that is, for messages."""

import dis
import sys
import warnings

import six

from ..exceptions import ColumnError, UnknownArgument
from ..values import keygens, names
from ..values.texts import _shown
from .registry import NO_ACTION_DEFAULT, NULL, ON_DELETE

__all__ = ['check_arguments', 'check_names', 'check_on_delete', 'check_table', 'frames_to_the_program', 'refused']

MISSING_KEYGEN = ('Indexed string column missing explicit keygen argument, try one of: ' + keygens.STRING_INDEX_KEYGENS_STR
                  + '. IDENTITY is for the whole value, FULL_TEXT for its words, SIMPLE for ranges and order; the _CI ones take '
                  'upper and lower case alike')

_PACKAGE = __name__.partition('.')[0]


def check_arguments(column):
    """Refuse arguments of a column that contradict each other.

    :param column: `Column`, not bound yet
    :raises ColumnError: saying what would be right
    """
    why = _contradiction(column)
    if why:
        raise refused(type(column), why)
    _warn_of_words(column)


def _contradiction(column):
    if column._keygen is not None and column._keygen2 is not None:
        return "Can only specify one of 'keygen' and 'keygen2' arguments at a time, you provided both"
    for keygen in (column._keygen, column._keygen2):
        if keygen is not None and not callable(keygen):
            return 'a keygen must be callable, you provided %r' % (keygen,)
    if column._unique and not column.can_be_unique:
        return 'Unique columns can only be strings or integers'
    if not (column._index or column._prefix or column._suffix):
        if column._keygen is not None and not column._unique:
            return 'a keygen is for an index: give one of index, prefix, suffix and unique too'
    elif column._keygen is None and column._keygen2 is None:
        if column.is_text:
            return MISSING_KEYGEN
        if column._rom_default_keygen is None:
            return ('Non-numeric/string indexed columns must provide keygen argument on creation: a callable(value) that returns '
                    'a list of words, or a dict of numbers')


def check_names(kind, given):
    """Refuse arguments that a column class does not know.

    :param kind: the class
    :param given: names
    :raises UnknownArgument: naming those that it knows; it is a ColumnError and a TypeError
    """
    code = getattr(getattr(kind.__init__, '__func__', kind.__init__), '__code__', None)
    if code is None or code.co_flags & _TAKES_ANY:
        return
    known = code.co_varnames[1:code.co_argcount + getattr(code, 'co_kwonlyargcount', 0)]
    for name in sorted(set(given).difference(known)):
        meant = names.nearest(name, known)
        raise refused(kind, '%s has no argument %s%s: it knows %s' % (
            _called(kind), names.quoted(name), ', did you mean %s' % names.quoted(meant) if meant else '', ', '.join(known)),
            UnknownArgument)


_TAKES_ANY = 8  # of a function's flags: **keywords


def check_on_delete(kind, on_delete, required, default):
    """Refuse an `on_delete` that is missing, or cannot work.

    :raises ColumnError: saying which there are
    """
    why, actions = None, ', '.join(map(names.quoted, ON_DELETE))
    if on_delete is NO_ACTION_DEFAULT:
        why = 'No on_delete action specified: it needs on_delete=, one of %s, which says what becomes of this row when the ' \
              'other is deleted' % actions
    elif on_delete not in ON_DELETE:
        why = 'on_delete argument must be one of %s, you provided %s' % (actions, names.quoted(on_delete))
    elif required and on_delete == 'set null':
        why = "on_delete action is 'set null', but this column is required"
    elif required and on_delete == 'set default' and default is NULL:
        why = "on_delete action is 'set default', but this required column has no default"
    if why:
        raise refused(kind, why)


def check_table(kind, table):
    """Refuse what is neither a model nor the name of one.

    :raises ColumnError: naming it
    """
    if not isinstance(table, six.string_types) and not hasattr(table, '_rom_schema'):
        raise refused(kind, 'the other side is a model, told by its class or its name, and %s is none' % _shown(table))


# -- which column it is ------------------------------------------------------------------------------------------------

def refused(kind, why, error=ColumnError):
    """Return the error for a column that cannot be made so, which names it as far as can be told.

    :param kind: the column's class
    :param why: text
    :param error: class of the error
    """
    model, attr = _place()
    where = '%s.%s' % (model, attr) if attr else 'a %s of %s' % (kind.__name__, model) if model else _called(kind)
    return error('%s: %s' % (where, why), model=model, columns=(attr,) if attr else ())


def _called(kind):
    return ('rom.' if kind.__module__.startswith(_PACKAGE + '.') else '') + kind.__name__


def _place():
    """Return (name of the class in whose body a column is being made, attribute), None for what cannot be told."""
    frame = sys._getframe(1)
    while frame is not None and (_is_own(frame) or frame.f_code.co_name in ('__init__', '__new__')):
        frame = frame.f_back
    if frame is None or '__module__' not in frame.f_locals or frame.f_locals is frame.f_globals:
        return None, None
    return frame.f_code.co_name, _name_to_be_assigned(frame)


def _name_to_be_assigned(frame):
    """Return the name that gets what is being called; None where that is not what comes next."""
    for step in getattr(dis, 'get_instructions', _no_steps)(frame.f_code):
        if step.offset > frame.f_lasti and step.opname != 'CACHE':
            return step.argval if step.opname == 'STORE_NAME' else None


def _no_steps(code):
    return ()


def _is_own(frame):
    return frame.f_globals.get('__name__', '').startswith(_PACKAGE + '.')


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
    warnings.warn(what, UserWarning, stacklevel=frames_to_the_program())


def frames_to_the_program():
    """How many frames up the code is that is not of this package: where a column is made, whatever class it has."""
    frame, count = sys._getframe(1), 1
    while frame.f_back is not None and _is_own(frame):
        frame, count = frame.f_back, count + 1
    return count
