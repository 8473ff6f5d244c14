"""What search.lua answers about the rows of a query in place of their ids, and what is worked out from that."""
from __future__ import division

import decimal

import six

from ..columns import kinds
from ..values import keygens
from ..values.filter_forms import Ids

__all__ = ['Totals', 'asked', 'counted_texts', 'told_by_index', 'totals_of_numbers', 'totals_of_texts', 'value_kept']

#: how many rows are asked about at once where each is named
ROWS_NAMED = 5000

#: digits of an average of Decimals that has no end, as Python has them; and of a sum at most: there may be numbers of 10 ** 12 digits
DIGITS, MOST_DIGITS = 28, 10 ** 6


def asked(search, figure, ids=None):
    """Yield what is answered about the rows of a search, call by call.

    :param search: `Search`
    :param figure: dict, as ``lua/search/figures.lua`` describes it
    :param ids: the ids of the rows, where they are known; None: all that the search finds
    """
    if ids is None:
        request, after, found = dict(search.counted, mode='figures', figure=figure), None, []
        while not search.is_apart:
            reply = search.call(dict(request, after=after) if after else request)
            if reply.state == 'figures':
                found.append(reply.ids)
            if reply.state not in ('figures', 'part'):
                break
            after = reply.after
            if after is None:
                for each in found:
                    yield each
                return
        # a row may be met in several calls: they are told apart by their ids
        ids = search.all_ids()
    ids = sorted(ids)
    for first in range(0, len(ids), ROWS_NAMED):
        for found in asked(search.of_rows([Ids(tuple(ids[first:first + ROWS_NAMED]))]), figure):
            yield found


def counted_texts(search, field, ids=None):
    """Return how many rows have which text in a field.

    :returns: ({text: rows}, how many have none)
    """
    counts, missing = {}, 0
    for texts, numbers, without in asked(search, {'kind': 'texts', 'field': field}, ids):
        missing += int(without)
        for text, number in zip(texts, numbers):
            counts[text] = counts.get(text, 0) + int(number)
    return counts, missing


def has_only_words(search):
    """Whether all filters of a search are for words."""
    return all(each['kind'] == 'set' for each in search.request['filters'])


def is_of_one_index(search, key):
    """Whether a search asks for a part of an index and nothing else: its numbers between two, or words with a beginning."""
    filters = search.request['filters']
    only = filters[0] if len(filters) == 1 else {}
    is_part = only.get('kind') == 'range' or only.get('kind') == 'words' and not only.get('pattern') and u'\0' not in only['prefix']
    return is_part and only['key'] == key


def counted_scores(search, kind, key):
    """Return which numbers the rows of a search have in an index.

    :param kind: 'runs', of a whole index or a part of it, or 'scores'
    :returns: (texts of numbers, how many rows have each, how many rows have none)
    """
    counts, missing = {}, 0
    for texts, numbers, without in asked(search, {'kind': kind, 'key': key}):
        missing += int(without)
        for text, number in zip(texts, numbers):
            counts[text] = counts.get(text, 0) + int(number)
    return list(counts), list(counts.values()), missing


def in_common(search, keys):
    """Return how many rows of a search, which asks for words only, are in each of some sets; None where rows tell it with less."""
    counts, request = [], dict(search.counted, mode='figures', figure={'kind': 'common', 'keys': keys})
    while keys:
        reply = search.call(request)
        if reply.state != 'figures':
            # a word that no row has
            return [0] * len(keys) if reply.state == 'part' else None
        counts.extend(map(int, reply.ids))
        if reply.after is None:
            break
        request['after'] = reply.after
    return counts


def rows_at_most(search):
    """Return how many ids were given out to rows, -1 where there may be others."""
    return int(float(search.call(dict(search.counted, mode='figures', figure={'kind': 'complete'})).ids))


class Totals(object):
    """Count, sum, least and greatest of numbers, or of dates, which have no sum."""

    def __init__(self):
        self.count, self.sum, self.least, self.greatest = 0, 0, None, None

    def add(self, value, count=1):
        """Take in a value that so many rows have."""
        self.count += count
        if isinstance(value, six.integer_types + (float, decimal.Decimal)):
            self.sum = _sum_of(self.sum, value, count)
        self.stretch(value)

    def stretch(self, value):
        """Take in a value as one of the least or greatest; NaN, which is neither, and None are left out."""
        if value is None or value != value:
            return
        if self.least is None or value < self.least:
            self.least = value
        if self.greatest is None or value > self.greatest:
            self.greatest = value

    @property
    def average(self):
        """float, of Decimals a Decimal, exact where it ends; None of nothing."""
        if not self.count:
            return None
        if not isinstance(self.sum, decimal.Decimal) or not self.sum.is_finite():
            return self.sum / self.count
        digits = len(self.sum.as_tuple().digits)
        # what a power of two divides ends after as many digits more as that has bits
        exact = decimal.Context(prec=digits + 4 * len(str(self.count)))
        found = exact.divide(self.sum, decimal.Decimal(self.count))
        if not exact.flags[decimal.Inexact]:
            return found
        return decimal.Context(prec=max(DIGITS, digits)).divide(self.sum, decimal.Decimal(self.count))


def _sum_of(total, value, count):
    """Return total + value * count: of Decimals with as many digits as that takes."""
    if not isinstance(value, decimal.Decimal) or not value.is_finite() or not decimal.Decimal(total).is_finite():
        return total + value * count
    total, count = decimal.Decimal(total), decimal.Decimal(count)
    highest = max(total.adjusted(), value.adjusted() + count.adjusted()) + 3
    lowest = min(total.as_tuple().exponent, value.as_tuple().exponent)
    return decimal.Context(prec=min(max(DIGITS, highest - lowest), MOST_DIGITS)).fma(value, count, total)


def totals_of_texts(search, column, ids=None):
    """Return the totals of a column of which rows keep texts.

    :param column: `Column`
    """
    totals = Totals()
    for text, count in counted_texts(search, column._attr, ids)[0].items():
        totals.add(column.decode(text), count)
    return totals


def totals_of_numbers(search, column, key, ids=None):
    """Return the totals of a column whose index holds its numbers: of those that doubles cannot tell apart the rows are asked.

    :param column: `Column`
    :param key: text, of its numeric index
    """
    totals, large = Totals(), set()
    search = search if ids is not None else search.that_have(column._attr)
    for (count, high, low, least, greatest), beyond in asked(search, {'kind': 'numbers', 'key': key}, ids):
        large.update(int(id) for id in beyond)
        if not int(float(count)):
            continue
        part = float(low) if not float(low).is_integer() else int(float(low))
        totals.count += int(float(count))
        totals.sum += int(float(high)) * 2 ** 26 + part
        for each in (least, greatest):
            totals.stretch(column.decode(_plain(each)))
    if large:
        others = totals_of_texts(search, column, large)
        totals.count, totals.sum = totals.count + others.count, totals.sum + others.sum
        totals.stretch(others.least)
        totals.stretch(others.greatest)
    if totals.count and float in kinds.kinds_of(column._allowed):
        totals.sum = float(totals.sum)
    return totals


def _plain(text):
    """Return the text of a double as a row would keep it."""
    number = float(text)
    return '%d' % number if number.is_integer() else repr(number)


def value_kept(column, number):
    """Return (the value that a column has for a number in its index,); None where doubles do not tell it from others.

    :param column: `Column`
    :param number: float, or the text of one, as a row keeps it; of a broken text it is None as well
    """
    try:
        is_told = abs(float(number)) < 2 ** 53
    except (TypeError, ValueError):
        return None
    return (column.decode(_plain(number)),) if is_told else None


def told_by_index(column):
    """Return 'number', 'boolean' or 'word', where the index of a column tells the values that rows have; else None."""
    allowed = kinds.kinds_of(column._allowed)
    if not column._index or column._keygen2 is not None:
        return None
    if column.text_is_score and (column.is_reference or not set(allowed) - set(six.integer_types + (float,))):
        return 'number'
    if column._overrides('_from_redis'):
        return None
    if column._rom_is_boolean and not column._keygen:
        return 'boolean'
    is_word = column._prefix and keygens.plain(column._keygen) is keygens.IDENTITY and column.is_text
    return 'word' if is_word and bytes not in allowed else None
