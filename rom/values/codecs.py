"""Pure functions that convert numbers, scores and unique keys to what is stored, and back.

A *score* is the double by which a sorted set is ordered. Dates and times are in `timestamps`, texts and JSON in `texts`;
their functions can be imported from here as well.
"""
import datetime
import decimal
import math
import re
import struct

import six

from .texts import (
                    _shown, compact_json, has_surrogates, json_dumps, latin1_to_text, plain_string, reverse_text, text_to_bytes,
                    word_forms, word_text)
from .timestamps import (
                         _epoch, _epochd, decode_date, decode_datetime, decode_time, dt2ts, encode_date,
                         encode_datetime, encode_time, is_moment, naive_utc, t2ts, ts2dt, ts2t)

__all__ = [
    '_epoch', '_epochd', 'dt2ts', 'ts2dt', 't2ts', 'ts2t', 'is_moment', 'naive_utc',
    'encode_datetime', 'decode_datetime', 'encode_date', 'decode_date', 'encode_time', 'decode_time',
    'encode_int', 'decode_int', 'float_repr', 'NotANumber', 'check_score', '_to_score',
    'MAX_LATITUDE', 'MAX_LONGITUDE', 'inside_map', '_bigint_to_float', '_prefix_score', 'prefix_scores', 'prefix_range', '_encode_unique_constraint',
    'latin1_to_text', 'text_to_bytes', 'plain_string', 'word_text', 'word_forms', 'has_surrogates', 'reverse_text',
    'json_dumps', 'compact_json',
]


# -- numbers

_DIGITS = 4000  # CPython refuses to convert much longer numbers at once


def encode_int(value):
    """Return the decimal text of an int of any size.

    :param value: int (long)
    :returns: text

    Example::

        encode_int(10 ** 5000)      # '1000...'
    """
    try:
        return '%d' % value
    except ValueError:
        pass
    sign, value, parts = ('-' if value < 0 else ''), abs(value), []
    while value:
        value, part = divmod(value, 10 ** _DIGITS)
        parts.append(str(part).zfill(_DIGITS))
    return sign + ''.join(reversed(parts)).lstrip('0')


def decode_int(text):
    """Return the int that a decimal text of any length stands for.

    :param text: text or bytes
    :returns: int (long)
    :raises ValueError: if it is not a decimal integer.

    Example::

        decode_int(b'-12')      # -12
    """
    if len(text) <= _DIGITS:
        return int(text)
    text = text.decode('latin-1') if isinstance(text, bytes) else text
    if not re.match('-?[0-9]+$', text):
        raise ValueError('%s... is not an integer' % text[:20])
    value, digits = 0, text.lstrip('-')
    for start in range(0, len(digits), _DIGITS):
        part = digits[start:start + _DIGITS]
        value = value * 10 ** len(part) + int(part)
    return -value if text.startswith('-') else value


def float_repr(value):
    """Return the shortest text that reads as the same float, alike on every Python.

    :param value: float or int
    :returns: text
    :raises OverflowError: for an int beyond the range of a double.

    Example::

        float_repr(0.1)     # '0.1'
    """
    return repr(float(value))


class NotANumber(ValueError):
    """Raised by :func:`check_score` for what is neither a number nor the text of one."""


def check_score(value):
    """Return a value as the score of a sorted set.

    :param value: int, float, Decimal, bool, datetime, date, time, or the text of a number
    :returns: float; infinite only if `value` is
    :raises ValueError: for NaN, for a finite number beyond the range of a double, and for
        everything that is not a number.

    Example::

        check_score('1.5')      # 1.5
        check_score(datetime.date(1970, 1, 2))      # 86400.0
    """
    try:
        score = _as_float(value)
    except OverflowError:
        score = float('inf')
    except (TypeError, ValueError, decimal.InvalidOperation):
        raise NotANumber('%s is not a number that an index can hold' % _shown(value))
    if math.isnan(score):
        raise ValueError('NaN has no place in the order of an index')
    if math.isinf(score) and not _is_infinite(value):
        raise ValueError('%s is beyond the range of a double' % _shown(value))
    return score


def is_plain_number(value):
    """Whether a value is, as can be seen at once, a number that an index holds; of others `check_score` tells.

    :param value: anything
    :returns: bool
    """
    kind = value.__class__
    # infinity less itself is no number
    return kind is float and value - value == 0 or kind is int and -2 ** 53 <= value <= 2 ** 53


#: whether Redis takes a stored number as a score for certain: no underflow, no overflow, nothing broken; callable(text)
is_plain_score = re.compile(r'-?[0-9]{1,300}(\.[0-9]{1,300})?\Z').match


def _as_float(value):
    if isinstance(value, float):
        return value
    if isinstance(value, datetime.date):
        return dt2ts(value)
    if isinstance(value, datetime.time):
        return t2ts(value)
    if isinstance(value, bytes):
        value = value.decode('latin-1')
    if isinstance(value, six.text_type) and '_' in value:
        raise ValueError(value)  # Python reads it as a number, Redis does not
    return float(value)


def _is_infinite(value):
    if isinstance(value, (float, decimal.Decimal)):
        return value == float('inf') or value == -float('inf')
    text = value.decode('latin-1') if isinstance(value, bytes) else value
    return isinstance(text, six.text_type) and 'inf' in text.lower()


def _to_score(v, s=False):
    """Return a value as the text of one end of a range of scores.

    :param v: number, or text; text that begins with ``(`` comes back without it
    :param s: whether to exclude the end: ``(`` before the number
    :returns: text

    Example::

        _to_score(5, True)      # '(5'
    """
    text = v if isinstance(v, six.text_type) else repr(v) if isinstance(v, float) else str(v)
    if text.startswith('('):
        return text.lstrip('(')
    return '(' + text if s else text


# -- places

#: the bounds of a geo set (Web Mercator): https://redis.io/commands/geoadd/
MAX_LONGITUDE, MAX_LATITUDE = 180.0, 85.05112878


def inside_map(longitude, latitude):
    """Move a place off the eastern and northern edge of the map, where a geo set would not find it again.

    :param longitude: float, up to 180 degrees east or west
    :param latitude: float, up to 85.05112878 degrees north or south
    :returns: (longitude, latitude), moved by a millimetre at most

    Example::

        inside_map(180.0, 0.0)      # (-180.0, 0.0)
    """
    return -MAX_LONGITUDE if longitude == MAX_LONGITUDE else longitude, min(latitude, MAX_LATITUDE - 1e-9)


# -- prefixes

_BASE = 258         # 256 bytes, one digit below them for "no byte", one above
_SCORED_BYTES = 7


_as_bits, _as_double = struct.Struct('<q').pack, struct.Struct('<d').unpack


def _bigint_to_float(v):
    """Return the double number `v` among the positive normal doubles: the order of ints is kept, and nothing else.

    :param v: int, 0 to 2**62
    :returns: float

    Example::

        _bigint_to_float(0)     # 2.2250738585072014e-308
    """
    return _as_double(_as_bits(v + 2 ** 52))[0]


def _prefix_score(v, next=False):
    """Return the score of a word in a prefix index, made of its first 7 bytes.

    :param v: text or bytes
    :param next: whether to give the score just above all words that begin with `v`
    :returns: str, the score's repr

    Example::

        _prefix_score('x')      # '5.4797008793264326e-306'
    """
    return _remembered(_scores[isinstance(v, bytes) + (2 if next else 0)], v, next, _fewest_digits)


def prefix_scores(words):
    """Return the scores of :func:`_prefix_score` for many texts, as list: the same doubles, in digits that are found quicker.

    Example::

        prefix_scores(['x'])      # ['5479700879326432588e-324']
    """
    return [_entry_scores.get(word[:_SCORED_BYTES]) or _remembered(_entry_scores, word, False, _enough_digits) for word in words]


def _remembered(known, v, next, digits):
    """Return the text of a score, as `digits` makes it of the number of the double; `known` is where it is remembered."""
    head = v[:_SCORED_BYTES]  # so many characters have at least so many bytes
    score = known.get(head)
    if score is None:
        score = digits(_number_of_head(head.encode('utf-8') if isinstance(head, six.text_type) else head, next))
        if len(known) >= _REMEMBERED_SCORES:
            known.clear()
        known[head] = score
    return score


# words recur, and their first characters even more often; texts, and bytes, which Python 2 would compare with them; the same
# for the scores above; and those of entries
_scores, _entry_scores = ({}, {}, {}, {}), {}
_REMEMBERED_SCORES = 50000

# what each of the first bytes counts, and what is added for there being so many of them
_WEIGHTS = _W1, _W2, _W3, _W4, _W5, _W6, _W7 = [_BASE ** (_SCORED_BYTES - place) for place in range(1, _SCORED_BYTES + 1)]
_FOR_LENGTH = [sum(_WEIGHTS[:length]) for length in range(_SCORED_BYTES + 1)]
_seven_bytes = struct.Struct('7B').unpack


def _number_of_head(head, next):
    head = head[:_SCORED_BYTES]
    b1, b2, b3, b4, b5, b6, b7 = _seven_bytes(head.ljust(_SCORED_BYTES, b'\0'))
    number = _FOR_LENGTH[len(head)] + b1 * _W1 + b2 * _W2 + b3 * _W3 + b4 * _W4 + b5 * _W5 + b6 * _W6 + b7 * _W7
    return number + _BASE ** (_SCORED_BYTES - len(head)) if next else number


def _fewest_digits(number):
    return repr(_bigint_to_float(number))


def _enough_digits(number):
    """Return a text that stands for the double `_bigint_to_float(number)` as the one that repr finds does, which takes five times as long.

    It has 18 or 19 digits, cut off; the 17 first ones of a double are always enough to tell it from all others.
    """
    exponent, fraction = divmod(number, 2 ** 52)
    factor, power = _SCALES[exponent]
    return '%de-%d' % ((2 ** 52 + fraction) * factor >> _SCALE_BITS, power)


_SCALE_BITS = 80


def _scale(exponent):
    """Return (factor, power): 2 ** 52 and what is less than twice that, times the factor, are the digits of doubles times 10 ** power."""
    power = 320
    while 2 ** 52 * 10 ** power >> (1074 - exponent) < 5 * 10 ** 17:
        power += 1
    return 10 ** power << _SCALE_BITS >> (1074 - exponent), power


_SCALES = [_scale(exponent) for exponent in range(_BASE ** _SCORED_BYTES // 2 ** 52 + 1)]


def prefix_range(prefix):
    """Return the scores between which all words lie that begin with `prefix`.

    :param prefix: text or bytes
    :returns: (low, high) as str; `low` inclusive, `high` exclusive

    Example::

        low, high = prefix_range('ab')
        connection.zrangebyscore('User:name:pre', low, '(' + high)
    """
    return _prefix_score(prefix), _prefix_score(prefix, True)


# -- unique keys

def _encode_unique_constraint(data):
    r"""Return the field that a combination of values has in the hash of a ``unique_together``.

    :param data: list of stored values, in the order of the sorted column names: text, bytes,
        int or None
    :returns: text; each code point stands for one byte of the values' UTF-8

    Example::

        _encode_unique_constraint(['5', u'x'])      # '\0\0' '5' '\0' '\0\0' 'x'
    """
    return u'\0'.join(u'\0\0' + _byte_text(value) for value in data)


def _byte_text(value):
    if value is None:
        return u''
    if not isinstance(value, bytes):
        value = six.text_type(value).encode('utf-8')
    return value.decode('latin-1')
