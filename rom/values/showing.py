"""What a `repr` is made of: short, in one line, and made without raising. PURE."""

import datetime

import six
from six.moves import reprlib

from .texts import plain_string

__all__ = ['class_name', 'function_name', 'in_brackets', 'short']

#: characters of one value, and of all
LONGEST_VALUE, LONGEST = 30, 80

_abbreviated = reprlib.Repr()
_abbreviated.maxstring = _abbreviated.maxother = _abbreviated.maxlong = LONGEST_VALUE
_abbreviated.maxlevel = 2


def short(value):
    """Return a value as one would write it, cut where it is long.

    :param value: anything
    :returns: str, on Python 2.7 ASCII without ``u`` and ``L``

    Example::

        short(u'Ann')       # "'Ann'"
    """
    try:
        return _cut(_written(value))
    except Exception:  # an int with more digits than CPython prints, or an object with a broken __repr__
        return 'a %s' % type(value).__name__


def _written(value):
    if isinstance(value, (six.text_type, bytes)):
        text = repr(plain_string(value[:LONGEST_VALUE]))
        if six.PY2:
            text = text.lstrip('u')
        return text if len(value) <= LONGEST_VALUE else text[:LONGEST_VALUE - 4] + '...' + text[-1]
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return str(value)
    if isinstance(value, six.integer_types) and not isinstance(value, bool):
        return str(int(value))
    return _abbreviated.repr(value)


def _cut(text):
    return text if len(text) <= LONGEST_VALUE + 4 else text[:LONGEST_VALUE - 3] + '...'


def in_brackets(head, parts):
    """Return what an object is, and as much of it as fits.

    :param head: str
    :param parts: iterable of str

    Example::

        in_brackets('User id=3', ["name='Ann'"])        # "<User id=3 name='Ann'>"
    """
    found, end = '<' + head, '>'
    for part in parts:
        if len(found) + len(part) + 2 > LONGEST:
            end = ' ...>'
        else:
            found += ' ' + part
    return found + end


def class_name(cls):
    """Return the name of a class as a program knows it: ``rom.Text``, ``shop.Colour``."""
    package = __name__.partition('.')[0]
    module = package if cls.__module__.partition('.')[0] == package else cls.__module__
    return '%s.%s' % (module, cls.__name__)


def function_name(function):
    """Return the name of any callable; of one without a name, of its class."""
    return getattr(function, '__name__', None) or type(function).__name__
