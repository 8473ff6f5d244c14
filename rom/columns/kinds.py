"""What the allowed types of a column say about it: pure functions."""

import datetime
import decimal

import six

__all__ = ['are_booleans', 'are_immutable', 'are_numbers', 'are_plain_numbers', 'are_strings', 'are_unique', 'kinds_of']

_STRINGS = six.string_types + (bytes,)
_NUMBERS = six.integer_types + (float, decimal.Decimal, datetime.datetime, datetime.date, datetime.time)

#: types whose values cannot change without being assigned
_IMMUTABLE = _NUMBERS + _STRINGS + (complex, bool, type(None), datetime.timedelta)


def kinds_of(allowed):
    """Return the types in `_allowed`, which is anything that isinstance() takes.

    :returns: tuple of types
    """
    if isinstance(allowed, (tuple, list)):
        return tuple(kind for each in allowed for kind in kinds_of(each))
    if not isinstance(allowed, type):
        allowed = getattr(allowed, '__args__', ())  # int | str
        return kinds_of(tuple(allowed))
    return (allowed,)


def are_strings(kinds):
    """Whether strings are among the values."""
    return any(issubclass(kind, _STRINGS) for kind in kinds)


def are_numbers(kinds):
    """Whether the values are numbers, dates and times, or may be."""
    return not are_strings(kinds) and any(issubclass(number, kind) for kind in kinds for number in _NUMBERS)


def are_plain_numbers(kinds):
    """Whether the values are numbers that can be reckoned with: neither dates nor booleans."""
    return bool(kinds) and all(issubclass(kind, six.integer_types + (float, decimal.Decimal)) and kind is not bool for kind in kinds)


def are_booleans(kinds):
    """Whether the values are booleans, or other things that have no place in an index."""
    return bool in kinds and not are_numbers(kinds)


def are_unique(kinds):
    """Whether no two rows may be asked to share a value: strings and whole numbers."""
    return are_strings(kinds) or bool(kinds) and all(issubclass(kind, six.integer_types) for kind in kinds)


def are_immutable(kinds):
    """Whether no value can change without being assigned."""
    return all(issubclass(kind, _IMMUTABLE) for kind in kinds)
