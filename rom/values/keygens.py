"""Key generators: pure functions from the value of a column to its index entries.

A keygen returns words (a list, tuple or set of them), or a dict of numbers by name, where
``''`` is the column's own numeric index, or nothing. :func:`entries` reads all these forms.
"""
from collections import namedtuple
import datetime
import functools
import numbers
import string

import six

from .codecs import (_prefix_score, _shown, check_score, dt2ts, float_repr, has_surrogates, latin1_to_text,
                     plain_string, reverse_text, t2ts, word_text)

try:
    from collections.abc import Mapping
except ImportError:  # Python 2.7
    from collections import Mapping

__all__ = [
    'FULL_TEXT', 'SIMPLE', 'SIMPLE_CI', 'CASE_INSENSITIVE', 'IDENTITY', 'IDENTITY_CI',
    'IDENTITY_STRING', 'IDENTITY_STRING_CI',
    '_string_keygen', '_numeric_keygen', '_boolean_keygen', '_many_to_one_keygen',
    'STRING_KEYGENS', 'STRING_INDEX_KEYGENS', 'STRING_INDEX_KEYGENS_STR', 'STRING_SORT_KEYGENS', 'STRING_SORT_KEYGENS_STR',
    'Entries', 'entries', 'casefolds',
]

_STRINGS = (six.text_type, bytes)


def _string(val):
    """Return text and bytes as they are, anything else as its text."""
    if isinstance(val, _STRINGS):
        return val
    return six.text_type(float_repr(val) if isinstance(val, float) else val)


# -- keygens for strings

def FULL_TEXT(val):
    """Split a text into words: at whitespace, without punctuation at their ends, in lower case.

    :param val: text, bytes, or anything that has a text; None for no value
    :returns: sorted list of text; None for no value

    Example::

        FULL_TEXT(u'Hello, World! foo-bar')     # ['foo-bar', 'hello', 'world']
    """
    if val is None or isinstance(val, (six.text_type, str)) and not val:
        return None
    text = word_text(_string(val)).lower()
    words = set(word.strip(string.punctuation) for word in text.split())
    words.discard(u'')
    return sorted(words)


_string_keygen = FULL_TEXT


def SIMPLE(val):
    """Index a text by a score made of its first 7 bytes, for ``order_by`` and ranges.

    :param val: text or bytes; None or '' for no value
    :returns: ``{'': score}``, the score as its repr; None for no value

    Example::

        SIMPLE('x')     # {'': '5.4797008793264326e-306'}
    """
    if not val:
        return None
    val = _string(val)
    # not word_text(), which would not keep the order of bytes: as Latin-1, each byte is a character
    return {'': _prefix_score(latin1_to_text(val) if isinstance(val, bytes) else val)}


def SIMPLE_CI(val):
    """Do as :func:`SIMPLE` in lower case (of bytes: the ASCII letters).

    :param val: text or bytes; None or '' for no value
    :returns: ``{'': score}``, the score as its repr; None for no value

    Example::

        SIMPLE_CI('X') == SIMPLE('x')       # True
    """
    return SIMPLE(_string(val).lower()) if val else None


def CASE_INSENSITIVE(val):
    """Do the same as :func:`SIMPLE_CI`.

    :param val: text or bytes; None or '' for no value
    :returns: ``{'': score}``, the score as its repr; None for no value

    Example::

        CASE_INSENSITIVE('X') == SIMPLE('x')        # True
    """
    return SIMPLE_CI(val)


def IDENTITY(val):
    """Index the whole value as one word.

    :param val: text or bytes, or anything that has a text; None or '' for no value
    :returns: list of one text or bytes; None for no value

    Example::

        IDENTITY(u'Hello, World!')      # ['Hello, World!']
    """
    return [_string(val)] if val else None


def IDENTITY_CI(val):
    """Do as :func:`IDENTITY` in lower case (of bytes: the ASCII letters).

    :param val: text or bytes, or anything that has a text; None or '' for no value
    :returns: list of one text or bytes; None for no value

    Example::

        IDENTITY_CI(u'Hello, World!')       # ['hello, world!']
    """
    return [_string(val).lower()] if val else None


def IDENTITY_STRING(val):
    r"""Index the whole value as one word of bytes, text as its Latin-1.

    :param val: bytes or text; None or '' for no value
    :returns: list of one bytes; None for no value
    :raises UnicodeEncodeError: for text beyond Latin-1.

    Example::

        IDENTITY_STRING(u'caf\xe9')     # [b'caf\xe9']
    """
    if not val:
        return None
    val = _string(val)
    return [val if isinstance(val, bytes) else val.encode('latin-1')]


def IDENTITY_STRING_CI(val):
    r"""Do as :func:`IDENTITY_STRING`, the ASCII letters in lower case.

    :param val: bytes or text; None or '' for no value
    :returns: list of one bytes; None for no value
    :raises UnicodeEncodeError: for text beyond Latin-1.

    Example::

        IDENTITY_STRING_CI(u'Caf\xe9')     # [b'caf\xe9']
    """
    return [word.lower() for word in IDENTITY_STRING(val)] if val else None


# -- keygens for other columns

def _numeric_keygen(val):
    """Index a number, datetime, date or time by its number.

    :returns: ``{'': number}``, the number as text; None for None
    """
    if val is None:
        return None
    if isinstance(val, datetime.date):
        val = dt2ts(val)
    elif isinstance(val, datetime.time):
        val = t2ts(val)
    return {'': float_repr(val) if isinstance(val, float) else str(val)}


def _boolean_keygen(val):
    """Index a boolean by a word: ``['True']`` or ``['False']``. None counts as False: callers leave it out."""
    return ['True' if val else 'False']


def _many_to_one_keygen(val):
    """Index an entity by its id: ``{'': id}``; ``[]`` for None."""
    return [] if val is None else {'': val.id}


STRING_INDEX_KEYGENS = (FULL_TEXT, SIMPLE, SIMPLE_CI, IDENTITY, IDENTITY_CI, CASE_INSENSITIVE)
STRING_SORT_KEYGENS = (SIMPLE, SIMPLE_CI, CASE_INSENSITIVE)
STRING_INDEX_KEYGENS_STR = ', '.join(keygen.__name__ for keygen in STRING_INDEX_KEYGENS)
STRING_SORT_KEYGENS_STR = ', '.join(keygen.__name__ for keygen in STRING_SORT_KEYGENS)

#: all keygens that take strings
STRING_KEYGENS = STRING_INDEX_KEYGENS + (IDENTITY_STRING, IDENTITY_STRING_CI)

_FOLDING = (FULL_TEXT, SIMPLE_CI, CASE_INSENSITIVE, IDENTITY_CI, IDENTITY_STRING_CI)


def casefolds(keygen):
    """Whether a keygen indexes lower case, so that the values in queries have to be folded as well.

    :param keygen: a callable, ``functools.partial`` of one included
    :returns: bool

    Example::

        casefolds(IDENTITY_CI)      # True
    """
    return plain(keygen) in _FOLDING


def plain(keygen):
    """Return the keygen itself, without any ``functools.partial`` around it."""
    while isinstance(keygen, functools.partial):
        keygen = keygen.func
    return keygen


def whole_word(keygen, value):
    """Return the one word that a keygen for sorting puts into prefix and suffix indexes: the whole value, in its case.

    :param keygen: a callable, ``functools.partial`` of one included
    :param value: text or bytes
    :returns: text or bytes; None for other keygens, and where there is no value

    Example::

        whole_word(SIMPLE_CI, u'La Paz')      # u'la paz'
    """
    if not value or plain(keygen) not in STRING_SORT_KEYGENS:
        return None
    return value.lower() if casefolds(keygen) else value


# -- what keygens return

class Entries(namedtuple('Entries', 'words scores')):
    """The index entries that a keygen made: a pair.

    ``words`` is a list of text, ``scores`` a dict of float by name, ``''`` the column itself.
    ``prefixes`` and ``suffixes`` are the words for those indexes, the latter reversed; a keygen
    that returns a dict makes none.
    """

    _affixed = ()  # the words as the keygen gave them, because bytes are reversed as bytes

    @property
    def prefixes(self):
        """List of text: the words of the prefix index."""
        return [word_text(word) for word in self._affixed]

    @property
    def suffixes(self):
        """List of text: the words of the suffix index, reversed."""
        return [word_text(reverse_text(word)) for word in self._affixed]


def entries(result, whole=None):
    """Read the index entries in a keygen's result, whatever its form.

    :param result: iterable of words (text, bytes or numbers), or dict of name to number (int,
        float, Decimal, bool, datetime, date, time, or the text of a number) or, for a word, to
        None; or None, or anything empty
    :param whole: text or bytes, the word of the prefix and suffix indexes where the result is a dict
    :returns: :class:`Entries`
    :raises ValueError: for anything else, NaN and numbers beyond the range of a double included.

    Example::

        words, scores = entries({'': 5, 'x': '1.5', 'word': None})      # ['word'], {'': 5.0, 'x': 1.5}
    """
    if not result:
        return Entries([], {})
    if isinstance(result, Mapping):
        return _named_entries(result, whole)
    if isinstance(result, _STRINGS):
        raise ValueError(_UNFIT % _shown(result))
    try:
        words = [_plain_word(word) for word in result if word is not None]
    except TypeError:
        raise ValueError(_UNFIT % _shown(result))
    if isinstance(result, (set, frozenset)):
        words.sort(key=word_text)
    return _word_entries(words)


_UNFIT = "Don't know how to turn %s into a sequence of keys: a keygen returns a list of strings, or a dict"


def _word_entries(given):
    """Make entries of words as given, each once."""
    words, affixed, seen = [], [], set()
    for word in given:
        text = word_text(word)
        if text not in seen:
            seen.add(text)
            words.append(text)
            affixed.append(word)
    _check_words(words)
    made = Entries(words, {})
    made._affixed = affixed
    return made


def _named_entries(result, whole):
    """Make entries of a dict: a name with a number is a score, one without is a word."""
    words, scores = [], {}
    for name, number in result.items():
        name = word_text(_plain_word(name))
        if not (number is None or isinstance(number, _STRINGS) and not number):
            try:
                scores[name] = check_score(number)
            except ValueError as error:
                raise ValueError('index entry %r: %s' % (name, error))
        elif name:
            words.append(name)
    _check_words(words + list(scores))
    made = Entries(words, scores)
    made._affixed = [whole] if whole else []
    return made


def _plain_word(word):
    """Return a word as text or bytes: those of a number or date are its text."""
    if isinstance(word, _STRINGS):
        return plain_string(word)
    if isinstance(word, (numbers.Number, datetime.date, datetime.time)):
        return _string(word)
    raise ValueError('%s is no index entry: words are strings' % _shown(word))


def _check_words(words):
    # all in one search: a long text has many words, and surrogates are rare
    if has_surrogates(u'\0'.join(words)):
        raise ValueError('index entries %r hold a lone surrogate, which is no character' % (
            [word for word in words if has_surrogates(word)],))
