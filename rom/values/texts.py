"""Pure functions between texts and what is stored of them: words, bytes, JSON."""
import json
import re
import sys
from collections import OrderedDict

import six

__all__ = [
    'latin1_to_text', 'text_if_utf8', 'text_to_bytes', 'plain_string', 'word_text', 'word_forms', 'has_surrogates',
    'reverse_text', 'json_dumps', 'compact_json', 'is_spelt_alike', 'spelt_names', 'spelt_pairs',
]

_NARROW = sys.maxunicode == 0xffff


# -- text, bytes and words

def latin1_to_text(value):
    r"""Return the text in which a String column stores bytes: each byte as the code point of the same number.

    :param value: bytes
    :returns: text

    Example::

        latin1_to_text(b'caf\xe9')      # u'caf\xe9'
    """
    return value.decode('latin-1')


def text_to_bytes(value):
    r"""Return the bytes of a String column's text, the reverse of :func:`latin1_to_text`; bytes stay as they are.

    :param value: text or bytes
    :returns: bytes
    :raises UnicodeEncodeError: for text beyond Latin-1.

    Example::

        text_to_bytes(u'caf\xe9')      # b'caf\xe9'
    """
    return value if isinstance(value, bytes) else value.encode('latin-1')


def plain_string(value):
    """Return text or bytes as a plain object: the value of a subclass whose `str()` is something else, as an Enum's is.

    :param value: text or bytes
    :returns: exactly text or exactly bytes
    """
    if type(value) in (six.text_type, bytes):
        return value
    return (u'' if isinstance(value, six.text_type) else b'').join((value,))


def text_if_utf8(value):
    r"""Return stored bytes as text where they are UTF-8, and everything else as it is.

    :param value: bytes, text or None
    :returns: text, bytes or None

    Example::

        text_if_utf8(b'caf\xe9')       # b'caf\xe9'
    """
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode('utf-8')
    except UnicodeDecodeError:
        return value


def word_text(value):
    r"""Return the word under which a value is indexed: bytes as UTF-8 if they are that, else as Latin-1.

    :param value: bytes or text
    :returns: text

    Example::

        word_text(b'caf\xc3\xa9') == word_text(b'caf\xe9') == u'caf\xe9'
    """
    if not isinstance(value, bytes):
        return value
    try:
        text = value.decode('utf-8')
    except UnicodeDecodeError:
        return value.decode('latin-1')
    # the decoder of Python 2.7 accepts surrogates
    return value.decode('latin-1') if six.PY2 and has_surrogates(text) else text


def word_forms(value):
    r"""Return all texts under which a word that begins (or, reversed, ends) with these bytes may be indexed.

    There may be two: bytes that are UTF-8 can be followed by bytes that are not, and then the whole word is Latin-1.

    :param value: bytes or text
    :returns: list of text, :func:`word_text` first

    Example::

        word_forms(b'\xc3\xa9')     # [u'\xe9', u'\xc3\xa9']
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
    r"""Whether a text holds lone surrogates, which UTF-8 cannot encode.

    :param text: text; on narrow builds of Python 2.7 a pair of them is a character
    :returns: bool

    Example::

        has_surrogates(u'\ud800')       # True
    """
    return not (six.PY3 and text.isascii()) and _SURROGATES.search(text) is not None


_REVERSED_PAIRS = re.compile(u'([\udc00-\udfff])([\ud800-\udbff])')


def reverse_text(value):
    r"""Reverse a word for the suffix index: text by characters, bytes by bytes.

    :param value: text or bytes
    :returns: the same type

    Example::

        reverse_text(u'h\xe9llo')       # u'oll\xe9h'
    """
    value = value[::-1]
    if _NARROW and isinstance(value, six.text_type):
        return _REVERSED_PAIRS.sub(r'\2\1', value)
    return value


# -- JSON

def json_dumps(value):
    """Return the stored text of a Json column, the same for equal values whatever the order of their keys.

    :param value: dict, list, tuple, str, number, bool or None, nested as you like
    :returns: text (ASCII)
    :raises TypeError: for what JSON cannot hold
    :raises ValueError: for keys that are the same in JSON, such as 1 and '1': one of them would be lost

    Example::

        json_dumps({'b': 1, 'a': (2, None)})        # '{"a": [2, null], "b": 1}'
    """
    _check_keys(value)
    if six.PY2:
        value = _with_plain_numbers(value)
    try:
        return json.dumps(value, sort_keys=True)
    except TypeError:
        # keys that cannot be sorted; or a value that JSON refuses, and will again
        return json.dumps(_ordered(value))


_encode_compact = json.JSONEncoder(separators=(',', ':'), ensure_ascii=False).encode


def compact_json(value):
    r"""Encode lists and texts exactly as the server's `cjson.encode` does, byte for byte.

    :param value: lists, tuples and texts, nested
    :returns: text

    Example::

        compact_json([['a/b'], []])     # '[["a\/b"],[]]'
    """
    return _encode_compact(value).replace('/', '\\/').replace('\x7f', '\\u007f')


def is_spelt_alike(text):
    """Whether :func:`compact_json` writes a text as it is, between quotes."""
    return six.PY3 and text.isascii() and text.isprintable() and not ('"' in text or '/' in text or '\\' in text)


def spelt_names(before, words):
    r"""Return words behind something as :func:`compact_json` spells the items of a list, where all of it is spelt alike.

    Example::

        spelt_names('a:', ['b', 'c'])       # '"a:b","a:c"'
    """
    return '"%s%s"' % (before, ('","' + before).join(words))


def spelt_pairs(first, words):
    r"""Return words, each in a pair with something, as :func:`compact_json` spells the items of a list, where all of it is spelt alike.

    Example::

        spelt_pairs('a', ['b', 'c'])        # '["a","b"],["a","c"]'
    """
    return '["%s","%s"]' % (first, ('"],["%s","' % first).join(words))


def _check_keys(value):
    if isinstance(value, dict):
        if not all(isinstance(key, six.string_types) for key in value):
            if len(set(map(_key_name, value))) < len(value):
                raise ValueError('of the keys %s some are the same in JSON' % _shown(sorted(value, key=_key_order)))
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return
    for each in value:
        _check_keys(each)


def _key_name(key):
    """Return a key as JSON spells it."""
    return next(iter(json.loads(json.dumps({key: None}, sort_keys=True))))


def _with_plain_numbers(value):
    """Replace subclasses of int and float, for Python 2.7: its json writes what their `str()` returns."""
    if isinstance(value, dict):
        return dict((key, _with_plain_numbers(each)) for key, each in value.items())
    if isinstance(value, (list, tuple)):
        return [_with_plain_numbers(each) for each in value]
    if isinstance(value, six.integer_types) and not isinstance(value, bool):
        return int(value)
    return float(value) if isinstance(value, float) else value


def _ordered(value):
    """Return `value` with its dicts in the order of their keys: None, numbers, texts."""
    if isinstance(value, dict):
        return OrderedDict((key, _ordered(value[key])) for key in sorted(value, key=_key_order))
    if isinstance(value, (list, tuple)):
        return [_ordered(each) for each in value]
    return value


def _key_order(key):
    if key is None:
        return 0, 0
    return (2, key) if isinstance(key, (six.text_type, bytes)) else (1, key)


# -- messages

def _shown(value):
    """Show a value in a message: never at length, and without raising whatever it is."""
    try:
        text = repr(value)
    except Exception:  # an int with more digits than CPython prints, or an object with a broken __repr__
        text = 'a %s' % type(value).__name__
    return text if len(text) <= 100 else text[:97] + '...'
