"""
Values and what is stored of them: numbers, scores, unique keys, texts. Pure functions.

A *score* is what a sorted set orders by: a double. Dates and times are in
:mod:`rom.timestamps`; its functions can be imported from here as well.
"""
import datetime
import decimal
import json
import math
import re
import sys
from collections import OrderedDict

import six

from .timestamps import (
    _epoch, _epochd, _shown, decode_date, decode_datetime, decode_time, dt2ts, encode_date,
    encode_datetime, encode_time, naive_utc, t2ts, ts2dt, ts2t)

__all__ = [
    '_epoch', '_epochd', 'dt2ts', 'ts2dt', 't2ts', 'ts2t', 'naive_utc',
    'encode_datetime', 'decode_datetime', 'encode_date', 'decode_date', 'encode_time', 'decode_time',
    'encode_int', 'decode_int', 'float_repr', 'check_score', '_to_score',
    '_bigint_to_float', '_prefix_score', 'prefix_range', '_encode_unique_constraint',
    'latin1_to_text', 'text_to_bytes', 'plain_string', 'word_text', 'word_forms', 'has_surrogates', 'reverse_text',
    'json_dumps', 'compact_json',
]

_NARROW = sys.maxunicode == 0xffff


# -- numbers

_DIGITS = 4000  # CPython refuses to convert many more than that at once


def encode_int(value):
    """
    The decimal text of an int of any size.

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
    """
    The int of a decimal text of any length.

    :param text: text or bytes
    :returns: int (long)
    :raises ValueError: if it is no decimal integer.

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
    """
    The shortest text from which a float comes back, the same on every Python.

    :param value: float or int
    :returns: text
    :raises OverflowError: for an int beyond the range of a double.

    Example::

        float_repr(0.1)     # '0.1'
    """
    return repr(float(value))


def check_score(value):
    """
    A value as the score of a sorted set.

    :param value: int, float, Decimal, bool, datetime, date, time, or the text of a number
    :returns: float; infinite only if `value` is
    :raises ValueError: for NaN, for a finite number beyond the range of a double, and for
        everything that is no number.

    Example::

        check_score('1.5')      # 1.5
        check_score(datetime.date(1970, 1, 2))      # 86400.0
    """
    try:
        score = _as_float(value)
    except (TypeError, ValueError, OverflowError, decimal.InvalidOperation):
        raise ValueError('%s is not a number that an index can hold' % _shown(value))
    if math.isnan(score):
        raise ValueError('NaN has no place in the order of an index')
    if math.isinf(score) and not _is_infinite(value):
        raise ValueError('%s is beyond the range of a double' % _shown(value))
    return score


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
        raise ValueError(value)  # a number to Python, but not to Redis
    return float(value)


def _is_infinite(value):
    if isinstance(value, (float, decimal.Decimal)):
        return value == float('inf') or value == -float('inf')
    text = value.decode('latin-1') if isinstance(value, bytes) else value
    return isinstance(text, six.text_type) and 'inf' in text.lower()


def _to_score(v, s=False):
    """
    A value as the text of one end of a range of scores.

    :param v: number, or text; text that begins with ``(`` comes back without it
    :param s: whether the end is to be exclusive: ``(`` before the number
    :returns: text

    Example::

        _to_score(5, True)      # '(5'
    """
    text = v if isinstance(v, six.text_type) else repr(v) if isinstance(v, float) else str(v)
    if text.startswith('('):
        return text.lstrip('(')
    return '(' + text if s else text


# -- prefixes

_BASE = 258         # 256 bytes, one place below them for "no byte", one above
_SCORED_BYTES = 7


def _bigint_to_float(v):
    """
    The double at place `v` among the positive normal doubles: order is kept, nothing else.

    :param v: int, 0 to 2**62
    :returns: float

    Example::

        _bigint_to_float(0)     # 2.2250738585072014e-308
    """
    exponent, mantissa = divmod(v, 2 ** 52)
    return math.ldexp(2 ** 52 + mantissa, exponent - 1074)


def _prefix_score(v, next=False):
    """
    The score under which a word stands in a prefix index: by its first 7 bytes.

    :param v: text or bytes
    :param next: whether to give the score just above all words that begin with `v`
    :returns: str, the score's repr

    Example::

        _prefix_score('x')      # '5.4797008793264326e-306'
    """
    head = v[:_SCORED_BYTES]  # characters, of which none is shorter than a byte
    if isinstance(head, six.text_type):
        head = head.encode('utf-8')
    head = head[:_SCORED_BYTES]
    score = _scores.get((head, next))
    if score is None:
        if len(_scores) >= _REMEMBERED_SCORES:
            _scores.clear()
        score = _scores[head, next] = _score_of_head(head, next)
    return score


# words recur, and their first bytes more so: working a score out takes longer than all else about a word
_scores = {}
_REMEMBERED_SCORES = 50000


def _score_of_head(head, next):
    place = 0
    head = bytearray(head)
    for byte in head:
        place = place * _BASE + byte + 1
    if next:
        place += 1
    return repr(_bigint_to_float(place * _BASE ** (_SCORED_BYTES - len(head))))


def prefix_range(prefix):
    """
    The scores between which all words stand that begin with `prefix`.

    :param prefix: text or bytes
    :returns: (low, high) as str; `low` inclusive, `high` exclusive

    Example::

        low, high = prefix_range('ab')
        connection.zrangebyscore('User:name:pre', low, '(' + high)
    """
    return _prefix_score(prefix), _prefix_score(prefix, True)


# -- unique keys

def _encode_unique_constraint(data):
    """
    The field under which a combination of values stands in the hash of a ``unique_together``.

    :param data: list of stored values, in the order of the sorted column names: text, bytes,
        int or None
    :returns: text; each code point stands for one byte of the values' UTF-8

    Example::

        _encode_unique_constraint(['5', u'x'])      # '\\0\\0' '5' '\\0' '\\0\\0' 'x'
    """
    return u'\0'.join(u'\0\0' + _byte_text(value) for value in data)


def _byte_text(value):
    if value is None:
        return u''
    if not isinstance(value, bytes):
        value = six.text_type(value).encode('utf-8')
    return value.decode('latin-1')


# -- text

def latin1_to_text(value):
    """
    The text in which a String column stores bytes: each byte the code point of that number.

    :param value: bytes
    :returns: text

    Example::

        latin1_to_text(b'caf\\xe9')      # u'caf\\xe9'
    """
    return value.decode('latin-1')


def text_to_bytes(value):
    """
    The bytes of a String column's text, the reverse of :func:`latin1_to_text`; bytes stay as they are.

    :param value: text or bytes
    :returns: bytes
    :raises UnicodeEncodeError: for text beyond Latin-1.

    Example::

        text_to_bytes(u'caf\\xe9')      # b'caf\\xe9'
    """
    return value if isinstance(value, bytes) else value.encode('latin-1')


def plain_string(value):
    """
    The text or bytes itself; of a subclass whose `str()` says something else, as an Enum's does, what it consists of.

    :param value: text or bytes
    :returns: exactly text or exactly bytes
    """
    if type(value) in (six.text_type, bytes):
        return value
    return (u'' if isinstance(value, six.text_type) else b'').join((value,))


def word_text(value):
    """
    The word under which a value is indexed: bytes that are UTF-8 as that text, others as Latin-1.

    :param value: bytes or text
    :returns: text

    Example::

        word_text(b'caf\\xc3\\xa9') == word_text(b'caf\\xe9') == u'caf\\xe9'
    """
    if not isinstance(value, bytes):
        return value
    try:
        text = value.decode('utf-8')
    except UnicodeDecodeError:
        return value.decode('latin-1')
    # on 2.7 the decoder lets surrogates pass
    return value.decode('latin-1') if six.PY2 and has_surrogates(text) else text


def word_forms(value):
    """
    All texts under which a word with these first (or, reversed, last) bytes may be indexed.

    More than one: bytes that are UTF-8 in themselves may go on with bytes that are not.

    :param value: bytes or text
    :returns: list of text, :func:`word_text` first

    Example::

        word_forms(b'\\xc3\\xa9')     # [u'\\xe9', u'\\xc3\\xa9']
    """
    word = word_text(value)
    if not isinstance(value, bytes):
        return [word]
    other = value.decode('latin-1')
    return [word] if word == other else [word, other]


_SURROGATES = re.compile(
    u'[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]' if _NARROW
    else u'[\ud800-\udfff]')


def has_surrogates(text):
    """
    Whether a text holds surrogates that stand for no character, so that it has no UTF-8.

    :param text: text; pairs are characters on narrow builds of Python 2.7
    :returns: bool

    Example::

        has_surrogates(u'\\ud800')       # True
    """
    return _SURROGATES.search(text) is not None


_REVERSED_PAIRS = re.compile(u'([\udc00-\udfff])([\ud800-\udbff])')


def reverse_text(value):
    """
    A word reversed, for the suffix index: text by characters, bytes by bytes.

    :param value: text or bytes
    :returns: the same type

    Example::

        reverse_text(u'h\\xe9llo')       # u'oll\\xe9h'
    """
    value = value[::-1]
    if _NARROW and isinstance(value, six.text_type):
        return _REVERSED_PAIRS.sub(r'\2\1', value)
    return value


# -- JSON

def json_dumps(value):
    """
    The stored text of a Json column: the same for equal values, whatever the order of their keys.

    :param value: dict, list, tuple, str, number, bool or None, nested as you like
    :returns: text (ASCII)
    :raises TypeError: for what JSON cannot hold
    :raises ValueError: for keys that JSON cannot tell apart, as 1 and '1', of which one would be lost

    Example::

        json_dumps({'b': 1, 'a': (2, None)})        # '{"a": [2, null], "b": 1}'
    """
    _check_keys(value)
    try:
        return json.dumps(value, sort_keys=True)
    except TypeError:
        # keys that do not compare, or a value that is refused for good
        return json.dumps(_ordered(value))


_encode_compact = json.JSONEncoder(separators=(',', ':'), ensure_ascii=False).encode


def compact_json(value):
    """
    The text that the server's own `cjson.encode` makes of lists and texts, byte for byte.

    :param value: lists, tuples and texts, nested
    :returns: text

    Example::

        compact_json([['a/b'], []])     # '[["a\\/b"],[]]'
    """
    return _encode_compact(value).replace('/', '\\/').replace('\x7f', '\\u007f')


def _check_keys(value):
    if isinstance(value, dict):
        if not all(isinstance(key, six.string_types) for key in value):
            names = set(json.loads(json.dumps(dict.fromkeys(value))))
            if len(names) < len(value):
                raise ValueError('of the keys %s some are the same in JSON' % _shown(sorted(value, key=_key_order)))
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return
    for each in value:
        _check_keys(each)


def _ordered(value):
    """`value` with dicts in order of their keys: None, numbers, texts."""
    if isinstance(value, dict):
        return OrderedDict((key, _ordered(value[key])) for key in sorted(value, key=_key_order))
    if isinstance(value, (list, tuple)):
        return [_ordered(each) for each in value]
    return value


def _key_order(key):
    if key is None:
        return 0, 0
    return (2, key) if isinstance(key, (six.text_type, bytes)) else (1, key)
