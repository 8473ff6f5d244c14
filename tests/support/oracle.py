# -*- coding: utf-8 -*-
"""A table in plain Python that answers the queries that rom answers: what the differential test compares with.

It is written from what the documentation promises, imports nothing of rom, and looks at every row for every query. Rows are dicts of Python
values, references in them ids. `Table.query` takes the same calls as `Model.query`.
"""
import datetime
import decimal
import math
import string

import six

STRINGS = (six.text_type, bytes)
LISTS = (list, set, frozenset)
EARTH = 6372797.560856
METRES = {'m': 1.0, 'km': 1000.0, 'mi': 1609.34, 'ft': 0.3048}
HIGHEST_LATITUDE = 85.05112878


# -- numbers -----------------------------------------------------------------------------------------------------------

def to_score(value):
    """The double that an index holds for a number, date, time, text of a number, or object with an id."""
    if isinstance(value, datetime.datetime):
        since = value - datetime.datetime(1970, 1, 1)
        # summed up so, for this is what 1.1.2 writes
        return since.days * 86400 + since.seconds + since.microseconds / 1e6
    if isinstance(value, datetime.date):
        return float((value - datetime.date(1970, 1, 1)).days * 86400)
    if isinstance(value, datetime.time):
        return datetime.timedelta(hours=value.hour, minutes=value.minute, seconds=value.second,
                                  microseconds=value.microsecond).total_seconds()
    if isinstance(value, bytes):
        value = value.decode('ascii')
    if isinstance(value, six.integer_types + (float, decimal.Decimal, six.text_type)):
        return float(value)
    return float(value.id)


def prefix_score(word):
    """The prefix score: the first bytes of a word as a number."""
    data = bytearray(word.encode('utf-8')[:7])
    number = 0
    for place in range(7):
        number = number * 258 + (data[place] + 1 if place < len(data) else 0)
    exponent, mantissa = divmod(number, 2 ** 52)
    return (2 ** 52 + mantissa) * 2.0 ** (exponent - 1074)


# -- words -------------------------------------------------------------------------------------------------------------

def as_word(value):
    """Text as it is, bytes that are UTF-8 as that text, others as Latin-1."""
    if isinstance(value, six.text_type):
        return value
    try:
        return value.decode('utf-8')
    except UnicodeDecodeError:
        return value.decode('latin-1')


def forms_of(value):
    return [value] if isinstance(value, six.text_type) else [as_word(value), value.decode('latin-1')]


def characters_of(text):
    """The characters of a text, also where Python keeps some of them as two."""
    encoded = text.encode('utf-32-le')
    return [encoded[place:place + 4].decode('utf-32-le') for place in range(0, len(encoded), 4)]


def reverse(value):
    return value[::-1] if isinstance(value, bytes) else u''.join(reversed(characters_of(value)))


def is_like(pattern, word):
    """Whether a word begins with a pattern: `?` 0 or 1, `*` 0 or more, `+` 1 or more, `!` exactly 1 character."""
    pattern, word = characters_of(pattern), characters_of(word)
    ends = set([0])  # how many characters of the word the pattern so far may have taken
    for step in pattern:
        if step == u'?':
            ends |= set(end + 1 for end in ends)
        elif step in u'*+':
            ends = set(range(min(ends) + (step == u'+'), len(word) + 1))
        else:
            ends = set(end + 1 for end in ends if end < len(word) and step in (u'!', word[end]))
        ends = set(end for end in ends if end <= len(word))
        if not ends:
            return False
    return True


class Entries(object):
    """What one row has in the indexes of one column."""

    def __init__(self, words=(), scores=None, affixed=()):
        self.words = set(as_word(word) for word in words)
        self.scores = scores or {}
        self.starts = set(as_word(word) for word in affixed)
        self.ends = set(as_word(reverse(word)) for word in affixed)
        self.is_empty = False   # whether the value is the empty text


class Column(object):
    """
    One column, or index of its own, of a table.

    :param kind: 'number', 'day', 'reference', 'boolean', 'text', 'bytes' or 'any'
    :param keygen: name of a keygen of rom; or callable(value, row) -> Entries
    :param source: the column whose value it indexes, if that is another
    """

    def __init__(self, kind, keygen=None, prefix=False, suffix=False, source=None):
        self.kind, self.keygen, self.prefix, self.suffix, self.source = kind, keygen, prefix, suffix, source
        self.folds = keygen in ('FULL_TEXT', 'SIMPLE_CI', 'CASE_INSENSITIVE', 'IDENTITY_CI', 'IDENTITY_STRING_CI')
        self.is_sorting = keygen in ('SIMPLE', 'SIMPLE_CI', 'CASE_INSENSITIVE')

    def entries(self, value, row):
        if callable(self.keygen):
            return self.keygen(value, row)
        if value is None or self.kind in ('text', 'bytes') and not value:
            entries = Entries()
            entries.is_empty = value is not None
            return entries
        if self.kind == 'boolean':
            return Entries([u'True' if value else u'False'])
        if self.kind in ('number', 'day', 'reference'):
            return Entries(scores={'': to_score(value)})
        if self.keygen == 'FULL_TEXT':
            tokens = self.tokens(value)
            return Entries(tokens, affixed=tokens)
        if self.is_sorting:
            # no such words for an index of another column
            return Entries(scores={'': self.place_of(value)}, affixed=[] if self.source else [self.fold(value)])
        return Entries([self.fold(value)], affixed=[self.fold(value)])

    def fold(self, value):
        return value.lower() if self.folds else value

    def tokens(self, value):
        words = as_word(value).lower().split()
        return set(word.strip(string.punctuation) for word in words) - set([u''])

    def place_of(self, value):
        value = self.fold(value)
        return prefix_score(value.decode('latin-1') if isinstance(value, bytes) else value)

    def as_stored(self, value):
        """A string of a query as the column would hold it."""
        if self.kind != 'bytes':
            return as_word(value)
        try:
            return value if isinstance(value, bytes) else value.encode('latin-1')
        except UnicodeEncodeError:
            return value

    def is_numeric(self, value):
        """Whether a filter by this value is one by a number."""
        if isinstance(value, LISTS):
            return all(self.is_numeric(each) for each in value)
        if self.kind in ('number', 'day', 'reference'):
            return True
        return self.kind != 'boolean' and not isinstance(value, STRINGS)

    def accepts(self, entries, name, value):
        """Whether a row with these entries passes `filter(name=value)`."""
        if isinstance(value, LISTS):
            return any(self.accepts(entries, name, each) for each in value)
        if self.kind == 'boolean':
            return (u'True' if value else u'False') in entries.words
        if self.is_numeric(value):
            score = entries.scores.get(name.partition(':')[2])
            return score is not None and self.is_within(score, value if isinstance(value, tuple) else (value, value))
        if self.is_only_in_rows(value):
            return entries.is_empty
        value = self.as_stored(value)
        if self.keygen == 'FULL_TEXT':
            return (self.tokens(value) or set([as_word(value)])) <= entries.words
        return as_word(self.fold(value)) in entries.words

    def is_only_in_rows(self, value):
        """Whether a filter by this value is one that no index answers."""
        if isinstance(value, LISTS):
            return any(self.is_only_in_rows(each) for each in value)
        return isinstance(value, STRINGS) and not value and self.kind in ('text', 'bytes') and not callable(self.keygen)

    def is_within(self, score, ends):
        (low, is_low_open), (high, is_high_open) = [self.end_of(end) for end in ends]
        above = low is None or score > low or score == low and not is_low_open
        return above and (high is None or score < high or score == high and not is_high_open)

    def end_of(self, value):
        """(score or None, whether it is left out)"""
        if value is None:
            return None, False
        is_open = isinstance(value, STRINGS) and as_word(value).startswith(u'(')
        value = value[1:] if is_open else value
        if self.is_sorting:
            return self.place_of(self.as_stored(value)), is_open
        if self.kind == 'day' and isinstance(value, datetime.datetime):
            value = value.date()
        return to_score(value), is_open

    def query_forms(self, value, is_reversed=False):
        """The texts that a query for the beginning or the end of words stands for."""
        value = self.as_stored(value)
        if self.keygen == 'FULL_TEXT':  # its words are text, whatever the column holds
            forms = [form.lower() for form in forms_of(value)]
            return [reverse(form) for form in forms] if is_reversed else forms
        value = self.fold(value)
        return forms_of(reverse(value) if is_reversed else value)


# -- places ------------------------------------------------------------------------------------------------------------

def as_kept(longitude, latitude):
    """A point as a geo set keeps it: the middle of one of 2**26 steps each way; 180 degrees east are 180 west."""
    kept = []
    for value, most in ((-180.0 if longitude == 180 else longitude, 180.0), (latitude, HIGHEST_LATITUDE)):
        step = min(math.floor((value + most) / (2 * most) * 2 ** 26), 2 ** 26 - 1)
        kept.append(-most + (step + 0.5) / 2 ** 26 * 2 * most)
    return kept


def distance(one, other):
    """Metres between two points (longitude, latitude)."""
    (west, south), (east, north) = [[math.radians(each) for each in point] for point in (one, other)]
    up, along = math.sin((north - south) / 2), math.sin((east - west) / 2)
    return 2 * EARTH * math.asin(math.sqrt(up * up + math.cos(south) * math.cos(north) * along * along))


# -- tables and queries ------------------------------------------------------------------------------------------------

class Table(object):
    """
    Rows and what is asked about them.

    :param columns: {name: Column}, all that are indexed
    :param place_of: callable(row) -> (longitude, latitude) or None
    """

    def __init__(self, columns, place_of):
        self.columns, self.place_of = columns, place_of
        self.rows, self.index, self.places = {}, {}, {}
        self.highest = 0

    def put(self, id, row):
        self.remove(id)
        self.highest = max(self.highest, id)
        self.rows[id] = row
        self.index[id] = dict((name, column.entries(id if name == 'id' else row.get(column.source or name), row))
                              for name, column in self.columns.items())
        place = self.place_of(row)
        if place is not None:
            self.places[id] = as_kept(*place)

    def remove(self, id):
        for kept in (self.rows, self.index, self.places):
            kept.pop(id, None)

    @property
    def query(self):
        return Query(self)

    def distances(self, longitude, latitude, unit):
        """{id: distance} of all rows that have a place."""
        return dict((id, distance((longitude, latitude), place) / METRES[unit]) for id, place in self.places.items())


class Query(object):
    """The calls of rom's Query, one name a call."""

    def __init__(self, table, tests=(), deciding=None, order=None, window=(0, None), drives=False, is_only_in_rows=False,
                 is_reversed=False):
        self.table, self.tests = table, tests    # tests: functions(id) -> bool
        self.deciding = deciding                 # ('near' or 'number', function(id) -> score)
        self.order, self.window = order, window
        self.drives, self.is_only_in_rows = drives, is_only_in_rows
        self.is_reversed = is_reversed

    @property
    def is_refused(self):
        """Whether it asks for empty texts, and for nothing else that an index has."""
        return self.is_only_in_rows and not self.drives

    def _with(self, **changes):
        parts = dict(table=self.table, tests=self.tests, deciding=self.deciding, order=self.order, window=self.window,
                     drives=self.drives, is_only_in_rows=self.is_only_in_rows, is_reversed=self.is_reversed)
        parts.update(changes)
        return Query(**parts)

    def _score(self, name):
        attr, _, part = name.partition(':')
        index = self.table.index
        return lambda id: index[id][attr].scores.get(part, 1.0 if part and part in index[id][attr].words else None)

    def _decided(self, deciding):
        return deciding if deciding and (deciding[0] == 'near' or (self.deciding or [''])[0] != 'near') else self.deciding

    def filter(self, *trees, **condition):
        query = self
        for tree in trees:
            query = query._with(tests=query.tests + (tree.test,), drives=query.drives or tree.drives(),
                                is_only_in_rows=query.is_only_in_rows or tree.is_only_in_rows())
            for deciding in tree.deciding():
                query = query._with(deciding=query._decided(deciding))
        return query._equal(**condition) if condition else query

    def _equal(self, **condition):
        (name, value), = condition.items()
        attr = name.partition(':')[0]
        column, index = self.table.columns[attr], self.table.index
        deciding = self._decided(('number', self._score(name)) if column.is_numeric(value) else None)
        is_only_in_rows = column.is_only_in_rows(value)
        return self._with(tests=self.tests + (lambda id: column.accepts(index[id][attr], name, value),), deciding=deciding,
                          drives=self.drives or not is_only_in_rows, is_only_in_rows=self.is_only_in_rows or is_only_in_rows)

    def exclude(self, *trees, **condition):
        inside = self.table.query._equal(**condition) if condition else self.table.query
        tests = inside.tests + tuple(tree.test for tree in trees)
        # NOT of all is any of the NOTs: each of them has to drive; what no index has, an empty text, is fine beside NOT
        return self._with(tests=self.tests + (lambda id: not all(test(id) for test in tests),),
                          drives=self.drives or not condition and all(tree.drives(True) for tree in trees),
                          is_only_in_rows=self.is_only_in_rows or any(tree.is_only_in_rows(True) for tree in trees))

    def __or__(self, other):
        if not self.tests or not other.tests:
            return self.table.query
        return self.table.query._with(
            tests=(lambda id: any(all(test(id) for test in each.tests) for each in (self, other)),),
            drives=self.drives and other.drives, is_only_in_rows=self.is_only_in_rows or other.is_only_in_rows)

    def __and__(self, other):
        return self._with(tests=self.tests + other.tests, deciding=self._decided(other.deciding), drives=self.drives or other.drives,
                          is_only_in_rows=self.is_only_in_rows or other.is_only_in_rows)

    def _affixed(self, condition, forms_of_value, fits):
        (name, value), = condition.items()
        values = value if isinstance(value, LISTS) else [value]
        forms = [form for each in values for form in forms_of_value(self.table.columns[name], each)]
        index = self.table.index
        return self._with(tests=self.tests + (lambda id: any(fits(index[id][name], form) for form in forms),), drives=True)

    def startswith(self, **condition):
        return self._affixed(condition, lambda column, value: column.query_forms(value),
                             lambda entries, form: any(word.startswith(form) for word in entries.starts))

    def endswith(self, **condition):
        return self._affixed(condition, lambda column, value: column.query_forms(value, True),
                             lambda entries, form: any(word.startswith(form) for word in entries.ends))

    def like(self, **condition):
        return self._affixed(condition, lambda column, value: column.query_forms(value),
                             lambda entries, form: any(is_like(form, word) for word in entries.starts))

    def near(self, name, longitude, latitude, radius, unit, count=None):
        distances = self.table.distances(longitude, latitude, unit)
        inside = sorted((away, str(id)) for id, away in distances.items() if away <= radius)[:count]
        inside = set(int(id) for _, id in inside)
        return self._with(tests=self.tests + (inside.__contains__,), deciding=('near', distances.get), drives=True)

    def order_by(self, *names):
        return self._with(order=names)

    def reverse(self):
        return self._with(is_reversed=not self.is_reversed)

    def limit(self, offset, count):
        return self._with(window=(offset, count))

    @property
    def is_unfiltered(self):
        return not self.tests and not self.order

    def _cut(self, found):
        offset, count = self.window
        return found[offset:] if count is None else found[offset:offset + count]

    def scores(self):
        """{id: score as it sorts} of all results, whatever the limit."""
        sign, score = 1, lambda id: 0.0
        if self.order:
            sign, score = -1 if self.order[0].startswith('-') else 1, self._score(self.order[0].lstrip('-'))
        elif self.deciding:
            score = self.deciding[1]
        found = [id for id in self.table.rows if all(test(id) for test in self.tests)]
        return dict((id, sign * score(id)) for id in found if score(id) is not None)

    def found(self):
        """The ids of all results, whatever the limit."""
        found = [id for id in self.table.rows if all(test(id) for test in self.tests)]
        return [id for id in found if self._key(self.order[0], id) is not None] if self.order else found

    def all_found(self):
        """The ids of all rows that the filters find, whatever the order."""
        return [id for id in self.table.rows if all(test(id) for test in self.tests)]

    @property
    def is_near(self):
        """Whether distances give the order."""
        return not self.order and bool(self.deciding) and self.deciding[0] == 'near'

    def _key(self, name, id):
        """What a row is sorted by in a column: a number, or the bytes of its word; None where it has neither."""
        name = name.lstrip('-')
        if self.is_alphabetical(name):
            words = list(self.table.index[id][name].starts)
            return words[0].encode('utf-8') if words else None
        return self._score(name)(id)

    def is_alphabetical(self, name):
        return self.table.columns[name.partition(':')[0]].keygen in ('IDENTITY', 'IDENTITY_CI', 'IDENTITY_STRING', 'IDENTITY_STRING_CI')

    @property
    def is_plain(self):
        """Whether the order is one that 1.1.2 has."""
        return not self.is_reversed and (not self.order or len(self.order) == 1 and not self.is_alphabetical(self.order[0].lstrip('-')))

    def ids(self):
        """Ids in order, within the limit."""
        if self.is_unfiltered:
            found = sorted(self.table.rows)
        elif not self.order or self._with(is_reversed=False).is_plain:
            scores = self.scores()
            found = sorted(scores, key=lambda id: (scores[id], str(id)))
        else:
            found = sorted(self.found(), key=str, reverse=self.order[-1].startswith('-'))
            for name in reversed(self.order):
                missing = [id for id in found if self._key(name, id) is None]
                found = sorted([id for id in found if self._key(name, id) is not None], key=lambda id: self._key(name, id),
                               reverse=name.startswith('-')) + missing
        return self._cut(found[::-1] if self.is_reversed else found)

    def count(self):
        return len(self._cut(range(self.table.highest))) if self.is_unfiltered else len(self.found())
