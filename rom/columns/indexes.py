"""The index of a column: what it holds of a row, and how it is asked. Its kinds are in `rom.columns.index_kinds`.

What the entries are made from, the column class says (`Column._rom_generated`): its own value, the id that it keeps, or
another column.
"""

import datetime
import numbers

import six

from ..exceptions import ColumnError, InvalidColumnValue, QueryError
from ..storage import keys
from ..values import codecs, keygens
from ..values.filter_forms import NOT_NULL
from . import kinds

__all__ = ['Index', 'Named']

_STRINGS = (six.text_type, bytes)
_MOMENTS = (datetime.date, datetime.time)
_GROUPS = (list, tuple, set, frozenset, dict)


class Index(object):
    """The index of one column; here one of which nothing is known but what a keygen of the program's own puts into it.

    :param column: the bound `Column`
    :param name: text, as a query names it
    """

    #: the keygen of a column that is given none
    keygen = None
    #: whether it may have entries of any name, words above all, beside the one of the column itself
    has_names = True
    #: whether the text that a row keeps is the score that it holds, so that the keygen need not be asked
    scores_texts = False
    #: why `order_by` cannot go by it, for messages; None where it can, as far as is known
    no_order = None

    def __init__(self, column, name):
        self.column = column
        self.name = name

    def __repr__(self):
        return '<index %s of %s.%s>' % (type(self).__name__, self.column._model, self.name)

    # -- what it holds -----------------------------------------------------------------------------------------------

    def add_entries(self, found, row):
        """Add the entries of a row to those of its other columns.

        :param found: `Entries` of `rom.storage.plan`
        :param row: `Row`
        :raises InvalidColumnValue: for what Redis would refuse
        """
        column, attr = self.column, self.name
        if column._rom_is_missing(row):
            return
        made = self._entries(row)
        if column._index:
            found.add_words(attr, made.words)
            for name, score in made.scores.items():
                found.add_score(keys.entry_name(attr, name) if name else attr, repr(score))
        if column._prefix:
            found.add_prefixes(attr, made.prefixes)
        if column._suffix:
            found.add_suffixes(attr, made.suffixes)

    def step(self):
        """Return the step by which a new row is indexed, chosen once.

        :returns: (callable(found, row, texts), with texts as they are stored; whether it reads the row, which may be None else)
        """
        return lambda found, row, texts: self.add_entries(found, row), True

    def _entries(self, row):
        column = self.column
        try:
            return keygens.entries(column._rom_generated(row), column._rom_whole_word(row))
        except InvalidColumnValue:
            raise  # a field that cannot be read, which it names
        except Exception as error:  # whatever a keygen of the program's own may raise
            cause = error
        column._rom_raise(self._not_indexed(row, cause), cause)

    def _not_indexed(self, row, error):
        """Return an InvalidColumnValue for a row of which the keygen makes no entries."""
        column, pk = self.column, None if callable(row._id) else row._id
        value = row.get(column._rom_source._attr)
        what = column._rom_why(error)
        if type(error) is not ValueError and what is error:
            what = '%s: %s' % (type(error).__name__, error)
        return InvalidColumnValue('%s of %s cannot be indexed: %s (value: %s)' % (
            column.where, 'a new row' if pk is None else 'row %s' % pk, what, column._rom_shown(value)), model=column._model,
            pk=pk, columns=(column._attr,), value=column._rom_told(value))

    @property
    def claims_text(self):
        """bool: whether what a unique column claims is the text that the row keeps, if it is not empty."""
        return not (self.column._rom_claims_words or self.column._keygen2 is not None)

    def claim(self, row):
        """Return the text that a unique column claims for a row; None where it claims nothing."""
        column = self.column
        if column._rom_is_missing(row):
            return None
        return row.text(column._attr) or None if self.claims_text else self._claimed(self._entries(row), row.text)

    def claim_of(self, value):
        """Return the text under which a value of a unique column is looked up; None where it claims nothing.

        :param value: a Python value that the column has accepted
        """
        column = self.column
        if column._keygen is not None and column._rom_claims_words:
            return self._claimed(keygens.entries(column._keygen(value)), lambda attr: column.encode(value))
        return column.encode(value) or None

    def _claimed(self, made, text_of):
        """Return what is claimed by a keygen: the first word; the text itself where the keygen makes nothing of it."""
        column = self.column
        if made.scores and not made.words:
            raise ColumnError('%s is unique: its keygen must give a list of strings, and gave numbers only; or set '
                              '`index` as well' % column.where, model=column._model, columns=(column._attr,))
        if made.words:
            return made.words[0] or None
        return text_of(column._attr) or None if column.is_stored else None

    # -- how it is asked ---------------------------------------------------------------------------------------------

    def filter_of(self, value):
        """Return the filters for ``filter(column=value)``, all of which are meant.

        :param value: anything but a list of values
        :returns: list of filters, as :mod:`rom.values.filter_forms` describes them
        :raises QueryError: where the value does not fit
        """
        if value is None:
            raise self.refuse('cannot be filtered by None: rows without a value are not in the index, and found by .is_null()', value)
        return [self._range(value)] if isinstance(value, tuple) else self._having(value)

    def _having(self, value):
        """Return the filters for one value that is neither None nor a range."""
        if isinstance(value, _STRINGS):
            return self._with_words(self._words(value))
        return self._at(self.number(value))

    def _with_words(self, words):
        return keys.entry_names(self.name, words)

    def _at(self, number):
        return [(self.name, number, number)]

    def _words(self, value):
        """Return the words that a row must have to be found by a string."""
        return [self.checked_word(codecs.word_text(value))]

    def checked_word(self, word):
        """Return a word as it is.

        :raises QueryError: where no index can hold it
        """
        if codecs.has_surrogates(word):
            raise self.refuse('takes text without lone surrogates', word)
        return word

    def _range(self, value):
        if value == NOT_NULL:
            if value is NOT_NULL and not self.column.is_reference:
                raise QueryError("Can only query for non-null column values on OneToOne or ManyToOne columns, %r is of "
                                 "type %r" % (self.name, type(self.column)), model=self.column._model, columns=(self.name,))
            return (self.name, None, None)
        if len(value) != 2:
            raise QueryError('Numeric ranges require 2 endpoints, you provided %d with %s on %s.%s'
                             % (len(value), self.column._rom_shown(value), self.column._model, self.name), model=self.column._model,
                             columns=(self.name,))
        low, high = value
        return self.name, self.range_end(low), self.range_end(high)

    def range_end(self, value):
        """One end of a range.

        :param value: as for :meth:`number`; None for an open end; text that begins with ``(`` for one left out
        :returns: a number, or its text, behind ``(`` if it is left out; None
        :raises QueryError: where the value has no place in the order of the index
        """
        if value is None:
            return None
        if not isinstance(value, _STRINGS):
            return self.number(value)
        is_open = value.startswith(b'(' if isinstance(value, bytes) else u'(')
        return (u'(' if is_open else u'') + six.text_type(self._place_of(value[1:] if is_open else value))

    def _place_of(self, text):
        """Return the text of the number that a string has in the index: by the keygen, if it is one for strings."""
        if self.column.is_text and self.column._keygen is not None:
            return self._place_by_keygen(text)
        return codecs.float_repr(self._checked_number(text))

    def _place_by_keygen(self, text):
        if not text:
            return codecs._prefix_score('')
        try:
            score = keygens.entries(self.column._keygen(self._as_stored(text))).scores.get('')
        except Exception as error:  # a keygen of the program's own
            cause = error
        else:
            if score is None:
                raise self.refuse('has words, which have no order: ranges need a SIMPLE keygen', text)
            return codecs.float_repr(score)
        self.column._rom_raise(self.refuse('has a keygen that raised %s: %s' % (
            type(cause).__name__, self.column._rom_why(cause)), text), cause)

    def equal_to(self, value):
        """Return the filters for ``column == value``.

        :param value: one value, not None
        :returns: list of filters
        :raises QueryError: where the index cannot tell, or the value does not fit
        """
        if isinstance(value, _GROUPS) and not (self.column.is_reference and value == NOT_NULL):
            raise self.refuse('== takes one value: .in_([...]) takes several, .between(low, high) the ends of a range', value)
        return self.filter_of(value)

    def compared(self, operator, value):
        """Return the filters for ``column < value`` and its like.

        :param operator: '<', '<=', '>' or '>='
        :param value: one value
        :returns: list of filters
        :raises QueryError: where the index has no order, or the value does not fit
        """
        if value is None:
            raise self.refuse('%s takes a value: rows without one are .is_null()' % operator, value)
        end = (u'' if operator.endswith('=') else u'(') + self._end(value)
        return [(self.name, None, end) if operator.startswith('<') else (self.name, end, None)]

    def between(self, low, high):
        """Return the filters for the values between two others, ends included.

        :returns: list of filters
        :raises QueryError: where the index has no order, or a value does not fit
        """
        return [(self.name, self._end(low), self._end(high))]

    def _end(self, value):
        if value is None:
            raise self.refuse('.between takes two values: a range with one end is <= or >=, rows without a value are .is_null()', value)
        if isinstance(value, _STRINGS):
            return six.text_type(self._place_of(value))
        return six.text_type(codecs.float_repr(codecs.check_score(self.number(value))))

    def with_word(self, value):
        """Return the filters for rows that have one whole word.

        :returns: list of filters
        :raises QueryError: where the index has no words, or the value is not one
        """
        if not isinstance(value, _STRINGS):
            raise self.refuse('.has_word takes a string', value)
        words = self._words(value)
        if len(words) != 1:
            raise self.refuse('.has_word takes one word, .search several', value)
        return self._with_words(words)

    def splits(self, text):
        """Whether a text that words are to begin with is several words, or one that is whole."""
        return False

    def searched(self, value):
        """Return the filters for rows with all words of a text, the last one as a beginning.

        :returns: list of filters
        :raises QueryError: where the index does not have the words of texts
        """
        raise self.refuse('has no words to search in: that takes keygen=FULL_TEXT, index=True and prefix=True', value)

    def number(self, value):
        """Return a value as the number that the index holds for it.

        :param value: int, float, Decimal, date, datetime, time, an entity, or the text of a number
        :returns: the number as given, or of dates, texts and entities a float or int
        :raises QueryError: where it is no number, or none that the column can have
        """
        if isinstance(value, _MOMENTS):
            return codecs.check_score(self._moment(value))
        number = self._checked_number(value)
        return value if isinstance(value, numbers.Number) else number

    def _checked_number(self, value):
        try:
            return codecs.check_score(value)
        except ValueError as error:
            cause = error
        made = self._takes_types(value) if isinstance(cause, codecs.NotANumber) else self._unfit(value, cause)
        self.column._rom_raise(made, cause)

    def _unfit(self, value, error):
        column = self.column
        return QueryError('%s.%s cannot be filtered by %s: %s' % (
            column._model, self.name, column._rom_shown(value), column._rom_why(error)), model=column._model,
            columns=(self.name,), value=column._rom_told(value))

    def _takes_types(self, value):
        """Return a QueryError for what is no number."""
        return self._unfit(value, '%s is not a number that an index can hold' % self.column._rom_shown(value))

    def _moment(self, value):
        """Return a date or time as the index holds it."""
        if not codecs.is_moment(value):
            raise self.refuse('takes dates and times, and this is one in name only', value)
        if isinstance(value, datetime.datetime):
            return codecs.naive_utc(value)
        if isinstance(value, datetime.time) and value.tzinfo is not None:
            raise self.refuse('takes times without tzinfo', value)
        return value

    def order_kind(self):
        """Return what `order_by` goes by: 'score', the numeric index, or 'word', the words in the prefix index.

        :raises QueryError: where it can go by neither
        """
        if self.no_order:
            raise self.unordered(self.no_order.format(self.column._rom_source._attr))
        return 'score'

    @property
    def has_order(self):
        """bool: whether `order_by` goes by the values, as far as can be told."""
        return not self.column.is_text

    # -- words that begin or end so ----------------------------------------------------------------------------------

    def affixes(self, value, turn):
        """Return the texts under which words that begin, turned, with a string may stand in a prefix or suffix index.

        :param value: text or bytes
        :param turn: callable(string) -> string, as the index turns its words
        :returns: list of text
        """
        return self._folded(self._as_stored(value), turn)

    def _folded(self, value, turn):
        return codecs.word_forms(turn(value.lower() if keygens.casefolds(self.column._keygen) else value))

    def about_words(self, literal):
        """Return what is known of the words of its prefix or suffix index, all of which contain a text, as search.lua takes it."""
        return {}

    def _as_stored(self, value):
        """Return a string as the column, or the one that it indexes, would hold it: bytes for String, text for all others."""
        if bytes not in kinds.kinds_of(self.column._rom_source._allowed):
            return codecs.word_text(value)
        try:
            return value if isinstance(value, bytes) else value.encode('latin-1')
        except UnicodeEncodeError:
            return value

    def unordered(self, why):
        """Return a QueryError for an order that the index does not have."""
        return QueryError('%s %s' % (self.column.where, why), model=self.column._model, columns=(self.name,))

    def refuse(self, what, value):
        """Return a QueryError for `value`, naming model, column and value."""
        column = self.column
        return QueryError('%s.%s %s, you provided %s' % (column._model, self.name, what, column._rom_shown(value)),
                          model=column._model, columns=(self.name,), value=column._rom_told(value))


class Named(Index):
    """The entries of one name, ``col:x``, that a keygen has made: words and numbers as they are."""

    has_order = True

    def _place_of(self, text):
        return codecs.float_repr(self._checked_number(text))

    def _folded(self, value, turn):
        return self.column._rom_index._folded(value, turn)

