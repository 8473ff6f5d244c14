"""Filters as ``search.lua`` takes them: keys, bounds, ranges of prefixes, steps of patterns. Pure."""
from collections import OrderedDict
import re

import six

from ..exceptions import QueryError
from ..storage import keys
from ..storage.secrets import HIDDEN
from ..values import codecs, conditions
from ..values.codecs import reverse_text
from ..values.filter_forms import All, Any, Empty, Geofilter, Ids, Meant, Not, Null, Pattern, Prefix, Suffix

__all__ = ['Translator', 'drives', 'leaves', 'merged', 'not_to_drive', 'parse_pattern', 'pieces']

_STRINGS = (six.text_type, bytes)
_TREES = (All, Any, Meant, Not)


def parse_pattern(pattern):
    """Split a pattern of ``like`` in two parts.

    :param pattern: text; ``?`` none or one, ``*`` any number, ``+`` one or more, ``!`` exactly one
        character, everything else itself
    :returns: (text before the first wildcard, list of steps: one character each, ``!``, ``?`` or
        ``*``; the end of the word being free, without steps at the end that may match nothing)

    Example::

        parse_pattern(u'ab+c')      # ('ab', ['!', '*', 'c'])
    """
    steps, wild, literal = [], u'', []
    for character in _characters(pattern):
        if character in u'?*+!':
            wild += character
            continue
        steps += _wild_steps(wild)
        wild = u''
        (steps if steps else literal).append(character)
    return u''.join(literal), steps + [u'!'] * (wild.count(u'!') + wild.count(u'+'))


#: how many filters one query takes, lists counted once; and how deep they may be nested
MOST_FILTERS, DEEPEST = 10000, 100

#: what a pattern may have behind its first `*`, where each place of a word has to be tried
MOST_OPTIONAL_RUNS, MOST_ANY, MOST_BETWEEN = 10, 100, 1000
_TOO_WILD = ('%%s.like takes patterns with at most %d runs of ?; and behind the first * or +, where ? or ! stand between '
             'two *, with at most %d characters there, of which %d are !: you provided %%.200r'
             % (MOST_OPTIONAL_RUNS, MOST_BETWEEN, MOST_ANY))


def is_too_wild(steps):
    """Whether comparing one long word with the steps of a pattern might take the server long.

    Before the first ``*`` many single ``?`` do no harm, as a word is only looked at from its beginning.
    """
    segments = u''.join(step if step in u'!?*' else u'x' for step in steps).split(u'*')
    first, others = segments[0], segments[1:]
    runs = [sum(u'?' in run for run in _RUNS.findall(segment)) for segment in segments]
    return (runs[0] > MOST_OPTIONAL_RUNS and first.count(u'?') > MOST_ANY or sum(runs[1:]) > MOST_OPTIONAL_RUNS
            or any((u'?' in each or u'!' in each) and (len(each) > MOST_BETWEEN or each.count(u'!') > MOST_ANY)
                   for each in others))


_RUNS = re.compile(u'[!?]+')


def _wild_steps(wild):
    """Wildcards that follow each other, in the shortest form."""
    required = [u'!'] * (wild.count(u'!') + wild.count(u'+'))
    return required + ([u'*'] if u'*' in wild or u'+' in wild else [u'?'] * wild.count(u'?'))


def _characters(text):
    """Return the characters of a text; on narrow builds of Python 2.7 some are two code units."""
    found = []
    for unit in text:
        if found and u'\udc00' <= unit <= u'\udfff' and u'\ud800' <= found[-1] <= u'\udbff':
            found[-1] += unit
        else:
            found.append(unit)
    return found


class Translator(object):
    """Filters to objects of the request.

    :param namespace: text
    :param schema: `Schema` of the model, or None where it is unknown
    :param explain: whether each is to say what it is `told` as; a list of text or None: what the filters are told as
    """

    def __init__(self, namespace, schema=None, explain=False):
        self._namespace = namespace
        self._schema = schema
        self._explain = explain

    def key(self, name, kind='idx'):
        return keys.index(self._namespace, codecs.word_text(name), kind)

    def translate_all(self, items):
        """Translate filters, all of which are meant.

        :raises QueryError: where one is none, or there are too many
        """
        self._check_number(items)
        for item in items:
            for part in item if isinstance(item, list) else ():
                self._check_number(part if isinstance(part, list) else ())
        if self._explain is not False:
            return merged(self._told(items, self._explain if isinstance(self._explain, list) else [None] * len(items)))
        found = []
        for item in items:
            if isinstance(item, _TREES):
                found += self._tree(item)
            else:
                found.append(self.translate(item))
        return merged(found)

    def _told(self, items, texts):
        """Return the objects of filters, each with the text that it is told as."""
        found = []
        for item, told in zip(items, texts):
            made = self._tree(item) if isinstance(item, _TREES) else [self.translate(item)]
            found += [dict({'told': told}, **each) for each in made] if told else made
        return found

    def _check_number(self, items):
        if len(items) > MOST_FILTERS:
            raise QueryError('%s: a query takes up to %d filters, of which each word of a text is one; you provided %d'
                             % (self._namespace, MOST_FILTERS, len(items)), model=self._namespace)

    def _tree(self, item, is_negated=False, depth=0):
        """Return what is made of filters as objects, all of which are meant.

        NOT is moved down to single filters, so that those which are left without it can be read; what was `inside` gives no order.
        """
        if depth > DEEPEST:
            raise QueryError('%s: conditions may be nested up to %d deep' % (self._namespace, DEEPEST), model=self._namespace)
        if isinstance(item, Not):
            return [dict(made, inside=True) for made in self._tree(item.part, not is_negated, depth + 1)]
        if not isinstance(item, _TREES):
            made = self.translate(item)
            return [{'kind': 'none', 'of': [made]} if is_negated else made]
        self._check_number(item.of)
        parts = [self._tree(part, is_negated, depth + (not isinstance(item, Meant))) for part in item.of]
        if isinstance(item, Any) is is_negated:
            made = [each for part in parts for each in part]
        elif len(parts) == 1:
            made = parts[0]
        else:
            made = [{'kind': 'any', 'of': [_as_one(part) for part in parts], 'is_tree': True}]
        if self._explain is not False and isinstance(item, Meant):
            told = six.text_type(conditions.Not(item.condition) if is_negated else item.condition)
            for each in made:
                each['told'] = told
        return made

    def rows(self):
        """Return the filter that all rows have."""
        columns = self._schema.indexed if self._schema else ()
        samples = [self.key(column._attr) for column in columns if column._index and column._rom_index.has_order]
        samples += [self.key(column._attr, 'pre') for column in columns if column._prefix]
        return {'kind': 'rows', 'samples': samples[:8]}

    def translate(self, item):
        """One filter.

        :raises QueryError: where it is none
        """
        if isinstance(item, _STRINGS):
            return {'kind': 'set', 'key': self.key(item)}
        if isinstance(item, Geofilter):
            return self._near(item)
        if isinstance(item, (Prefix, Suffix, Pattern)):
            return self._words(item)
        if isinstance(item, tuple) and len(item) == 3:
            return {'kind': 'range', 'key': self.key(item[0]), 'low': _bound(item, item[1], u'-inf'),
                    'high': _bound(item, item[2], u'+inf')}
        if isinstance(item, list):
            return self._any(item)
        if isinstance(item, Ids):
            return {'kind': 'ids', 'ids': ['%d' % id for id in item.ids]}
        if isinstance(item, Null):
            return {'kind': 'missing', 'field': item.field}
        if isinstance(item, Empty):
            return {'kind': 'empty', 'field': item.field, 'name': item.name}
        raise QueryError("Don't know how to handle a filter of: %s" % codecs._shown(item), model=self._namespace, value=item)

    def _any(self, items):
        if _are_points(items):
            numbers = dict((float(text), text) for text in [_bound(item, item[1], u'') for item in items])  # -0.0 is 0.0
            return {'kind': 'numbers', 'key': self.key(items[0][0]), 'numbers': [numbers[each] for each in sorted(numbers)]}
        distinct = list(OrderedDict((_identity(item), item) for item in items).values())
        parts = [{'kind': 'all', 'of': [self.translate(each) for each in item]} if isinstance(item, list)
                 else self.translate(item) for item in distinct]
        return {'kind': 'any', 'of': _each_range_once(parts)}

    def _near(self, item):
        longitude, latitude = codecs.inside_map(item.lon, item.lat)
        made = {'kind': 'near', 'key': self.key(item.name, 'geo'), 'longitude': longitude, 'latitude': latitude,
                'radius': item.radius, 'unit': item.measure}
        if item.count is not None:
            made['count'] = min(item.count, 2 ** 50)
        return made

    def _words(self, item):
        if isinstance(item, Pattern):
            start, steps = parse_pattern(codecs.word_text(item.pattern))
            if is_too_wild(steps):
                raise QueryError(_TOO_WILD % (item.attr, HIDDEN if self._schema and item.attr in self._schema.secret else item.pattern),
                                 model=self._namespace, columns=(item.attr,))
        else:
            start, steps = codecs.word_text(item[1]), []
        low, high = codecs.prefix_range(start)
        kind, part = ('suf', 4) if isinstance(item, Suffix) else ('pre', 3)
        made = {'kind': 'words', 'key': self.key(item.attr, kind), 'column': item.attr, 'part': part,
                'prefix': start, 'low': low, 'high': high}
        if steps:
            made['pattern'] = steps
        literal = max(_literals(start, steps), key=len) if steps or u'?' in start else start
        made.update(self._about_words(item.attr, reverse_text(literal) if kind == 'suf' else literal))
        return made

    def _about_words(self, attr, literal):
        """Return what the schema tells about the words of a column, all of which contain a literal."""
        column = self._schema.columns.get(attr) if self._schema else None
        return {} if column is None or column._rom_index is None else column._rom_index.about_words(literal)


def merged(filters):
    """Leave out the filters that others make superfluous.

    Ranges of one index are one; of equal words or patterns one is enough. Each stands where the last of its kind stood.

    :param filters: list of objects of the request
    :returns: the same

    Example::

        merged([{'kind': 'set', 'key': u'User:name:ann:idx'}] * 2)      # one of them
    """
    if len(filters) < 2 or len(set(map(_what_only_superfluous_share, filters))) == len(filters):
        return filters
    kept = OrderedDict()
    for each in reversed(filters):
        place = _what_only_superfluous_share(each)
        if place in kept and each['kind'] == 'range':
            kept[place] = _common_range(each, kept[place])
        kept.setdefault(place, each)
    return list(kept.values())[::-1]


def _common_range(each, other):
    made = dict(each, low=max(each['low'], other['low'], key=_low_end), high=min(each['high'], other['high'], key=_high_end))
    if 'inside' not in other:
        made.pop('inside', None)
    if 'told' in each and 'told' in other:
        made['told'] = u'%s, %s' % (each['told'], other['told'])
    return made


def _what_only_superfluous_share(each):
    if each['kind'] in ('set', 'range'):
        return each['kind'], each['key']
    if each['kind'] == 'words':
        return each['kind'], each['key'], each['prefix'], tuple(each.get('pattern', ()))
    return id(each)


def _low_end(bound):
    return float(bound.lstrip(u'(')), bound.startswith(u'(')


def _high_end(bound):
    return float(bound.lstrip(u'(')), not bound.startswith(u'(')


def _as_one(parts):
    return parts[0] if len(parts) == 1 else {'kind': 'all', 'of': parts}


def drives(item):
    """Whether the rows of a filter can be read from indexes, so that others need only be asked about these.

    :param item: an object of the request
    """
    kind = item['kind']
    if kind == 'any':
        return all(map(drives, item['of']))
    return any(map(drives, item['of'])) if kind == 'all' else kind in _READ


def not_to_drive(filters):
    """Return the name of what is only answered beside a filter that drives; None where there is nothing of the kind.

    :param filters: list of objects of the request
    """
    for each in filters:
        if each['kind'] == 'empty':
            return each['name']
        found = not_to_drive(each['of']) if each['kind'] in ('any', 'all') else None
        if found:
            return found


_READ = ('set', 'range', 'numbers', 'words', 'near', 'ids')


def leaves(filters):
    """Return the filters without those made of filters.

    :param filters: list of objects of the request
    """
    found = []
    for each in filters:
        found.extend(leaves(each['of']) if 'of' in each else [each])
    return found


# how many sets or ranges others count for; of numbers so many count for one
_WEIGHTS = {'words': 20, 'near': 1000}
NUMBERS_A_PART = 10


def _weight_of(item):
    return 1 + len(item['numbers']) // NUMBERS_A_PART if 'numbers' in item else _WEIGHTS.get(item['kind'], 1)


def pieces(item, most):
    """Return a filter as a list of filters, any of which a row must have, none of which is too long for one call.

    :param item: an object of the request
    :param most: int, how many sets or ranges one of them may be made of
    """
    if item['kind'] == 'numbers':
        size = most * NUMBERS_A_PART
        return [dict(item, numbers=item['numbers'][first:first + size]) for first in range(0, len(item['numbers']), size)]
    found, room = [], 0
    for part in item['of'] if item['kind'] == 'any' else []:
        weight = sum(map(_weight_of, leaves([part])))
        if weight > room or not found:
            found.append([])
            room = most
        found[-1].append(part)
        room -= weight
    return [dict(item, of=piece) for piece in found] if len(found) > 1 else [item]


def _literals(start, steps):
    """Return the texts that are in all words which fit a pattern."""
    return u''.join([start] + [u'?' if step in u'!?*' else step for step in steps]).split(u'?')


def _bound(item, value, default):
    """One end of a range as ZRANGEBYSCORE takes it."""
    if value is None:
        return default
    if codecs.is_plain_number(value):
        return codecs.float_repr(value)
    text = codecs.word_text(value) if isinstance(value, _STRINGS) else u''
    opening = u'(' if text.startswith(u'(') else u''
    try:
        score = codecs.check_score(text[len(opening):] if text else value)
    except ValueError as error:
        raise QueryError('%s is no range of an index: %s' % (codecs._shown(item), error))
    shown = {float('inf'): u'+inf', -float('inf'): u'-inf'}.get(score) or codecs.float_repr(score)
    return opening + shown


def _identity(item):
    """Return what only equal filters have in common; a Prefix and a Suffix are equal as tuples."""
    return type(item), tuple(_identity(each) for each in item) if isinstance(item, list) else item


def _each_range_once(parts):
    """Numbers that differ may be one to an index, which holds doubles."""
    return list(OrderedDict(((part['key'], part['low'], part['high']) if part['kind'] == 'range' else id(part), part)
                            for part in parts).values())


def _are_points(items):
    """Whether the items are single numbers of one index, so that no row has two of them."""
    return all(isinstance(item, tuple) and len(item) == 3 and item[1] is not None and item[1] == item[2]
               and not isinstance(item[1], _STRINGS) for item in items) and len(set(item[0] for item in items)) == 1
