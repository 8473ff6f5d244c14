# -*- coding: utf-8 -*-
"""Random trees of conditions, as rom takes them and as plain Python tests rows: for random_queries.py."""
import rom

import oracle

NO_ORDER = ('flag',)


class Tree(object):
    """A condition, and what it means.

    :param kind: 'and', 'or', 'not'; of a leaf None
    :param parts: list of Tree
    :param condition: what rom is given
    :param test: function(id) -> bool
    :param decides: of a leaf, (kind, function(id) -> score) of the order that it gives where it is all that is asked
    :param is_read: of a leaf, whether an index has its rows; True, 'rows' for what only rows tell, or 'only' for what is refused
        where nothing else is asked
    """

    def __init__(self, kind, parts=(), condition=None, test=None, decides=None, is_read=True):
        self.kind, self.parts, self.condition = kind, parts, condition
        self.decides, self.is_read = decides, is_read
        if kind == 'and':
            self.test = lambda id: all(part.test(id) for part in parts)
        elif kind == 'or':
            self.test = lambda id: any(part.test(id) for part in parts)
        elif kind == 'not':
            self.test = lambda id: not parts[0].test(id)
        else:
            self.test = test

    def drives(self, is_negated=False):
        if self.kind == 'not':
            return self.parts[0].drives(not is_negated)
        if self.kind is None:
            return self.is_read is True and not is_negated
        found = [part.drives(is_negated) for part in self.parts]
        return all(found) if (self.kind == 'or') != is_negated else any(found)

    def is_only_in_rows(self, is_negated=False):
        if self.kind is None:
            return self.is_read == 'only' and not is_negated
        return any(part.is_only_in_rows(is_negated != (self.kind == 'not')) for part in self.parts)

    def deciding(self):
        """What gives an order, in the order in which it is asked."""
        if self.kind == 'and':
            return [each for part in self.parts for each in part.deciding()]
        return [self.decides] if self.kind is None and self.decides else []

    def __repr__(self):
        return str(self.condition)


class Conditions(object):
    """Makes trees.

    :param world: `AskedWorld`
    """

    def __init__(self, world):
        self.world, self.rng, self.Row, self.table = world, world.rng, world.Row, world.table

    def tree(self, depth=4):
        kind = self.rng.choice(['and', 'or', 'not', None, None]) if depth else None
        if kind is None:
            return self.leaf()
        parts = [self.tree(depth - 1) for _ in range(1 if kind == 'not' else self.rng.choice([2, 2, 3]))]
        condition = parts[0].condition
        for part in parts[1:]:
            condition = condition & part.condition if kind == 'and' else condition | part.condition
        return Tree(kind, parts, ~condition if kind == 'not' else condition)

    def leaf(self):
        make = self.rng.choice([self.order, self.order, self.equal, self.equal, self.chosen, self.null, self.null, self.empty,
                                self.affix, self.flag, self.word, self.search, self.within])
        return make()

    def entries(self, name):
        index = self.table.index
        return lambda id: index[id][name]

    def by_number(self, name, condition, is_within, decides=True):
        entries = self.entries(name)

        def score(id):
            return entries(id).scores.get('')
        return Tree(None, condition=condition, test=lambda id: score(id) is not None and is_within(score(id)),
                    decides=('number', score) if decides else None)

    def numeric_name(self):
        return self.rng.choice([name for name in self.world.numeric_names() if ':' not in name])

    def value_of(self, name):
        value = self.world.number_of(name)
        return getattr(value, 'id', value)

    def place_of(self, name, value):
        column = self.table.columns[name]
        if column.is_sorting:
            return column.place_of(column.as_stored(value))
        return oracle.to_score(value.date() if column.kind == 'day' and hasattr(value, 'hour') else value)

    def order(self):
        name = self.numeric_name()
        column, low, high = getattr(self.Row, name), self.value_of(name), self.value_of(name)
        first, last = self.place_of(name, low), self.place_of(name, high)
        condition, is_within = self.rng.choice([
            (lambda: column < low, lambda score: score < first), (lambda: column <= low, lambda score: score <= first),
            (lambda: column > low, lambda score: score > first), (lambda: column >= low, lambda score: score >= first),
            (lambda: column.between(low, high), lambda score: first <= score <= last)])
        return self.by_number(name, condition(), is_within)

    def equal(self):
        """`==` and `!=` of numbers and of whole texts."""
        rng = self.rng
        if rng.random() < .5:
            name = rng.choice([name for name in self.world.numeric_names() if ':' not in name and 'sorting' not in name
                               and name != 'insensitive'])
            value = self.world.number_of(name)
            place = self.place_of(name, value)
            tree = self.by_number(name, getattr(self.Row, name) == value, lambda score: score == place)
        else:
            name = rng.choice(['whole', 'folded', 'slashed', 'bytes', 'bytes_ci', 'json', 'bytes_folded'])
            value = self.world.word_of(name)
            tree = self.by_word(name, getattr(self.Row, name) == value, value)
        if rng.random() < .7:
            return tree
        return Tree('not', [tree], getattr(self.Row, name) != value)

    def by_word(self, name, condition, value):
        column, entries = self.table.columns[name], self.entries(name)
        return Tree(None, condition=condition, test=lambda id: column.accepts(entries(id), name, value),
                    is_read='only' if column.is_only_in_rows(value) else True)

    def chosen(self):
        rng = self.rng
        if rng.random() < .5:
            name = rng.choice([name for name in self.world.numeric_names() if ':' not in name and 'sorting' not in name
                               and name != 'insensitive'])
            values = [self.world.number_of(name) for _ in range(rng.choice([0, 1, 2, 3]))]
            places = [self.place_of(name, value) for value in values]
            return self.by_number(name, getattr(self.Row, name).in_(values), lambda score: score in places, bool(values))
        name = rng.choice(['flag', 'full', 'whole', 'folded', 'slashed', 'bytes', 'bytes_ci', 'bytes_full', 'bytes_folded'])
        values = [self.world.word_of(name) for _ in range(rng.choice([0, 1, 2, 3]))]
        return self.by_word(name, getattr(self.Row, name).in_(values), values)

    def null(self):
        name = self.rng.choice(sorted(self.world.makers) + ['code', 'longitude'])
        column, rows = getattr(self.Row, name), self.table.rows
        condition = self.rng.choice([column.is_null, lambda: column == None])()  # noqa: E711
        return Tree(None, condition=condition, test=lambda id: rows[id].get(name) is None, is_read='rows')

    def empty(self):
        name = self.rng.choice(['full', 'whole', 'folded', 'sorting', 'sorting_ci', 'insensitive', 'whole_full'])
        return self.by_word(name, getattr(self.Row, name) == u'', u'')

    def affix(self):
        kind, _, asked = self.world.affixes()
        (name, value), = asked.items()
        if isinstance(value, list):
            value = value[0]
        query = getattr(self.table.query, kind)(**{name: value})
        return Tree(None, condition=getattr(getattr(self.Row, name), kind)(value), test=query.tests[0])

    def flag(self):
        value = self.rng.choice([True, False])
        condition = self.Row.flag == value
        if value and self.rng.random() < .5:
            condition = (self.Row.flag & self.Row.flag).parts[0]
        return self.by_word('flag', condition, value)

    def word(self):
        name = self.rng.choice(['full', 'whole_full', 'whole', 'bytes_full', 'slashed'])
        value = self.world.word_of(name) or u'nothing'  # of '' there is no word, while == '' looks into the rows
        if name not in ('whole', 'slashed'):
            words = sorted(self.table.columns[name].tokens(value)) or [u'nothing']
            value = self.rng.choice(words)
        return self.by_word(name, getattr(self.Row, name).has_word(value), value)

    def search(self):
        """All words, and the last one as a beginning."""
        name = self.rng.choice(['full', 'whole_full', 'bytes_full'])
        entries, column = self.entries(name), self.table.columns[name]
        words = [word for word in oracle.as_word(self.world.word_of(name)).split()
                 if column.tokens(word) == set([word.lower()])] or [u'a']
        self.rng.shuffle(words)
        last = words[-1][:self.rng.choice([1, 2, 8])]
        whole = set(word.lower() for word in words[:-1])
        start = last.lower()
        if column.tokens(start) != set([start]):
            start = last = u'a'

        def test(id):
            found = entries(id)
            return whole <= found.words and any(word.startswith(start) for word in found.starts)
        text = u' '.join(words[:-1] + [last])
        ask = getattr(self.Row, name).search if self.rng.random() < .6 or not whole else getattr(self.Row, name).startswith
        return Tree(None, condition=ask(text), test=test)

    def within(self):
        _, args, _ = self.world.near()
        args = args[:5]
        query = self.table.query.near(*args)
        return Tree(None, condition=rom.within(*args), test=query.tests[0], decides=query.deciding)
