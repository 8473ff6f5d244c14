"""The kinds of index, by the type of the values and by the keygen; and which of them a column has."""

import datetime
import numbers
import string

import six

from ..values import codecs, keygens
from ..values.filter_forms import Empty, Prefix
from ..values.texts import is_spelt_alike, reverse_text
from . import kinds
from .indexes import Index
from .registry import if_replaced

__all__ = ['Booleans', 'Dates', 'FullText', 'Numbers', 'Order', 'References', 'Times', 'Words', 'index_of', 'kind_for']

_STRINGS = (six.text_type, bytes)


# -- by the type of the values ---------------------------------------------------------------------------------------------

class Numbers(Index):
    """Numbers, and dates and times as seconds: what a column of numbers has by itself."""

    has_names, scores_texts = False, True

    @staticmethod
    def keygen(value):
        return keygens._numeric_keygen(value)

    def add_entries(self, found, row):
        if self.column.text_is_score:
            text = row.text(self.name)
            if text is None:
                return
            if codecs.is_plain_score(text):
                found.add_score(self.name, text)
                return
        Index.add_entries(self, found, row)

    def _having(self, value):
        return self._at(self.number(value))

    def number(self, value):
        if codecs.is_plain_number(value):
            return value
        if isinstance(value, bool):
            raise self.refuse('takes numbers, not True or False', value)
        return Index.number(self, value)

    def with_word(self, value):
        raise self.refuse('has no words: that takes a keygen that makes them, as FULL_TEXT and IDENTITY do', value)

    def _moment(self, value):
        if isinstance(value, datetime.time) and codecs.is_moment(value):
            raise self._takes_types(value)
        return Index._moment(self, value)

    def _takes_types(self, value):
        allowed = kinds.kinds_of(self.column._allowed)
        takes = getattr(self.column, '_takes', None) or ' or '.join(kind.__name__ for kind in allowed)
        return self.refuse('takes %s' % takes, value)


class Dates(Numbers):
    """Dates: of a datetime, with or without a time zone, the date that it shows."""

    def _moment(self, value):
        is_datetime = isinstance(value, datetime.datetime) and codecs.is_moment(value)
        return value.date() if is_datetime else Numbers._moment(self, value)


class Times(Numbers):
    """Times of day, and no dates."""

    def _moment(self, value):
        if not isinstance(value, datetime.time) and codecs.is_moment(value):
            raise self._takes_types(value)
        return Index._moment(self, value)


class Booleans(Numbers):
    """True and False, as words."""

    scores_texts = False
    no_order = "has no order: it is True or False; order_by('{0}:True') takes the rows with True"

    @staticmethod
    def keygen(value):
        return keygens._boolean_keygen(value)

    def _having(self, value):
        if isinstance(value, _STRINGS) and codecs.word_text(value) in (u'True', u'False'):
            return self._with_words([codecs.word_text(value)])
        return self._with_words([u'True' if value else u'False'])

    def _end(self, value):
        raise self.refuse('is True or False, which have no order: use ==', value)


class References(Numbers):
    """Ids of other rows; asked by entities, too."""

    @staticmethod
    def keygen(value):
        return keygens._many_to_one_keygen(value)

    def number(self, value):
        return Numbers.number(self, value if isinstance(value, _STRINGS + (numbers.Number,)) else self._id_of(value))

    def _takes_types(self, value):
        return self.refuse('takes %s entities, ids, NOT_NULL or lists of them' % self._target(), value)

    def _target(self):
        """Return the name of what it refers to."""
        table = getattr(self.column, '_ftable', None) or self.column._fmodel
        return getattr(table, '__name__', table)

    def _id_of(self, value):
        is_entity = hasattr(value, '_rom') and hasattr(value, '_rom_schema')
        if is_entity and not self.column._rom_may_refer_to(value):
            model = self.column.get_related_model()
            raise self.refuse('refers to %s%s' % (model.__name__, if_replaced(value, model)), value)
        id = value._rom.id if is_entity else getattr(value, 'id', None)
        if id is None:
            raise self.refuse('takes saved entities and ids', value) if is_entity else self._takes_types(value)
        return id


#: keygens that make of a text words that are text, each once
_TEXT_KEYGENS = (keygens.FULL_TEXT, keygens.IDENTITY, keygens.IDENTITY_CI)


# -- by the keygen ---------------------------------------------------------------------------------------------------------

class _Strings(Index):
    """What a keygen for strings makes, be it of strings or of the texts of other values."""

    def _having(self, value):
        if isinstance(value, _STRINGS) or self.column.is_text:
            return Index._having(self, value)
        made = keygens.entries(self.column._keygen(value))
        if not made.words and not made.scores:
            raise self.refuse('has no index entry for this value', value)
        return self._with_words(made.words) + [at for score in made.scores.values() for at in self._at(score)]

    def number(self, value):
        raise self.refuse('holds strings', value)


class Words(_Strings):
    """Words of which each value has one: IDENTITY and its kind."""

    is_single, is_full_text = True, False

    def order_kind(self):
        if not (self.no_order or self.column._prefix):
            raise self.unordered('has words, and no order of them: prefix=True gives it an alphabetical one')
        return Index.order_kind(self) and 'word'

    def step(self):
        column, attr, keygen, place = self.column, self.name, self.column._keygen, self.column._position
        if not column._rom_is_stock_text or keygen not in _TEXT_KEYGENS:
            return Index.step(self)
        has_plain_name = is_spelt_alike(attr)

        def add(found, row, texts):
            text = texts[place]
            words = text and keygen(text)
            if not words:
                return
            is_plain = has_plain_name and is_spelt_alike(text)  # so are its words, then
            if column._index:
                found.add_words(attr, words, is_plain)
            if column._prefix:
                found.add_prefixes(attr, words, is_plain)
            if column._suffix:
                found.add_suffixes(attr, [reverse_text(word) for word in words], is_plain)
        return add, False

    def _having(self, value):
        if isinstance(value, _STRINGS) and not value and self.column._rom_source.is_text:
            return [Empty('%s.%s' % (self.column._model, self.name), self.column._rom_source._attr)]
        return _Strings._having(self, value)

    def _words(self, value):
        text, keygen = self.checked_word(codecs.word_text(value)), keygens.plain(self.column._keygen)
        try:
            stored = self._as_stored(value)
            if six.PY3 and stored.__class__ is six.text_type and keygen in _TEXT_KEYGENS:
                return keygen(stored) or [text]
            return keygens.entries(keygen(stored)).words or [text]
        except UnicodeEncodeError as error:
            cause = error
        self.column._rom_raise(self.refuse('takes bytes, or text that is Latin-1', value), cause)

    def about_words(self, literal):
        told, source, keygen = {'is_single': self.is_single}, self.column._rom_source, self.column._keygen
        if source.is_text and keygens.plain(keygen) is keygen:
            told['source'] = {'field': source._attr, 'hint': literal.lower(), 'is_folded': keygens.casefolds(keygen),
                              'is_full_text': self.is_full_text}
        return told


class FullText(Words):
    """The words of a text, in lower case: they are text, whatever the column holds."""

    is_single, is_full_text = False, True
    no_order = ('has words, which have no order; give it the keygen rom.SIMPLE_CI, or the model an index beside it: '
                "rom.IndexOnly('{0}', keygen=rom.SIMPLE_CI)")

    def equal_to(self, value):
        if isinstance(value, _STRINGS) and value:
            raise self.refuse('has the words of its texts, and not the texts: use .has_word(word), or .search(text)', value)
        return Words.equal_to(self, value)

    def splits(self, text):
        text = codecs.word_text(text)
        return bool(text) and text.split() != [text]

    def searched(self, value):
        tokens = self.checked_word(codecs.word_text(value)).lower().split()
        if not tokens:
            return [Prefix(self.name, u'')]
        words, start = keygens.FULL_TEXT(u' '.join(tokens[:-1])), tokens[-1].lstrip(string.punctuation)
        whole = start.rstrip(string.punctuation)
        if (words or whole != start) and not self.column._index:
            raise self.refuse('needs index=True to find whole words', value)
        if whole == start:
            last = [Prefix(self.name, start)] if start else []
        else:  # of "foo-" both "foo" and "foo-bar" may be meant
            last = [[Prefix(self.name, start)] + self._with_words([whole])]
        return (self._with_words(words or []) + last) or self._with_words([tokens[-1]])

    def _folded(self, value, turn):
        return [turn(form.lower()) for form in codecs.word_forms(value)]


class Order(Words):
    """The order of texts by their first bytes: SIMPLE. Its prefix and suffix indexes hold whole values."""

    has_order = True

    def order_kind(self):
        return 'score'

    def _words(self, value):
        self.checked_word(codecs.word_text(value))
        raise self.refuse('is indexed by %s, which only knows order: filter by a range, or give the column an IDENTITY '
                          'keygen' % keygens.plain(self.column._keygen).__name__, value)

    def _place_of(self, text):
        return self._place_by_keygen(text)


# -- which kind a column has -----------------------------------------------------------------------------------------------

_BY_KEYGEN = (
    (FullText, (keygens.FULL_TEXT,)),
    (Words, (keygens.IDENTITY, keygens.IDENTITY_CI, keygens.IDENTITY_STRING, keygens.IDENTITY_STRING_CI)),
    (Order, keygens.STRING_SORT_KEYGENS),
)


def kind_for(allowed):
    """Return the kind of index that values have by themselves.

    :param allowed: tuple of the types of the values
    :returns: `Index` or a subclass
    """
    if kinds.are_numbers(allowed):
        return Times if datetime.time in allowed else Dates if datetime.date in allowed else Numbers
    return Booleans if kinds.are_booleans(allowed) else Index


def index_of(column):
    """Return the index of a bound column: by its keygen, or, where it has none, as its class says.

    :param column: `Column`
    :returns: `Index`
    """
    kind = column._rom_index_kind if column._keygen is None and column._keygen2 is None else Index
    for each, known in _BY_KEYGEN:
        if keygens.plain(column._keygen) in known:
            kind = each
    return kind(column, column._attr)
