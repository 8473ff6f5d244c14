"""Orders of several columns, alphabetical ones and reversed ones: as a program says them, and as search.lua takes them. Pure."""
from collections import namedtuple

import six

from ..columns import kinds
from ..storage import keys
from ..values import keygens
from ..values.filter_forms import Not, Prefix
from . import filters

__all__ = ['Order', 'Part', 'first_is', 'sorted_ids']


#: one column of an order: its name, without ``-``; whether it is descending; whether rows without a value come before all others
Part = namedtuple('Part', 'name is_down is_missing_first')


class Order(object):
    """An order of rows.

    :param schema: `Schema` of the model
    :param parts: tuple of `Part`; None: the order that a query has by itself
    :param bool ids_down: whether rows that are equal otherwise come by id descending
    """

    def __init__(self, schema, parts, ids_down):
        self.schema, self.parts, self.ids_down = schema, parts, ids_down

    @classmethod
    def of(cls, schema, order_by, is_reversed=False):
        """Return the order that a query says; None where it is one that 1.1.2 has: no column, or one with a numeric index.

        :param order_by: None, a name, or a tuple of names
        :param bool is_reversed: the exact opposite
        """
        names = (order_by,) if isinstance(order_by, six.string_types) else order_by or ()
        parts = tuple(Part(name.lstrip('-'), name.startswith('-') != is_reversed, is_reversed and number > 0)
                      for number, name in enumerate(names))
        is_plain = not parts or len(parts) == 1 and kind_of(schema, parts[0].name) == 'score'
        if is_plain and not is_reversed:
            return None
        return cls(schema, parts or None, is_reversed if is_plain else parts[-1].is_down)

    def request(self, translator):
        """Return what search.lua is told of it, beside the first column."""
        told = {'by': [self._column(translator, part) for part in (self.parts or ())[1:]], 'ids_down': self.ids_down}
        if self.is_alphabetical:
            told['first'] = self._column(translator, self.parts[0])
        return told

    @property
    def is_alphabetical(self):
        """bool: whether the first column's order is that of its words."""
        return bool(self.parts) and kind_of(self.schema, self.parts[0].name) == 'word'

    def _column(self, translator, part):
        told = {'kind': kind_of(self.schema, part.name), 'is_down': part.is_down, 'is_missing_first': part.is_missing_first}
        if told['kind'] == 'score':
            return dict(told, key=translator.key(part.name), is_named=u':' in part.name)
        column = self.schema.columns[part.name]
        source, keygen = column._rom_source, keygens.plain(column._keygen)
        is_plain = keygen is column._keygen and source.is_text and source.is_stored and not (
            source._overrides('_to_redis') or source._overrides('_from_redis'))
        return dict(told, column=part.name, field=source._attr if is_plain else None, is_folded=keygens.casefolds(keygen),
                    is_text=keygen is keygens.IDENTITY and bytes not in kinds.kinds_of(source._allowed))

    def within_group(self, value):
        """Return the orders in which the rows come that are equal in the first column, one after the other.

        Each has the rows that are without a value in so many of the other columns, and have one in the next.

        :param value: text, the number or word that they have in the first column
        :returns: list of (filters that are asked as well, Order, how many columns have no value)
        """
        return self._within(first_is(self, value), self.parts[1:], 0)

    def _within(self, given, rest, count):
        if not rest:
            by_id = self.parts[0]._replace(is_down=self.ids_down)
            return [(given, Order(self.schema, (by_id,), self.ids_down), count)]
        name = rest[0].name
        any_value = Prefix(name, u'') if kind_of(self.schema, name) == 'word' else (name, None, None)
        having = [(given, Order(self.schema, rest, self.ids_down), count)]
        missing = self._within(given + [Not(any_value)], rest[1:], count + 1)
        return missing + having if rest[0].is_missing_first else having + missing


def kind_of(schema, name):
    """Return by what a column is ordered, 'score' or 'word'.

    :raises QueryError: where it has no order
    """
    column = schema.columns.get(name)
    index = column._rom_index if column is not None and column._index else filters.index_named(schema, name, 'order_by', 'index')
    return index.order_kind()


def first_is(order, value):
    """Return the filters for rows with a value in the first column of an order.

    :param value: text, a number or word
    """
    name = order.parts[0].name
    if order.is_alphabetical:
        return [keys.entry_name(name, value), Prefix(name, value)]
    return [(name, value, value)]


def sorted_ids(found, request):
    """Return ids in an order of several columns.

    :param found: {id: list of what the row has in each, text or None}
    :param request: dict, what search.lua was told
    """
    sort = request['sort']
    columns = [dict(sort.get('first', {'kind': 'score'}), is_down=request.get('descending'), is_missing_first=False)] + sort['by']
    ids = sorted(found, reverse=sort['ids_down'])
    # sorting is stable: the last column first
    for place, column in reversed(list(enumerate(columns))):
        def value(id, place=place, column=column):
            text = found[id][place]
            return text if column['kind'] == 'word' else float(text)
        missing = [id for id in ids if found[id][place] is None]
        ids = sorted((id for id in ids if found[id][place] is not None), key=value, reverse=bool(column['is_down']))
        ids = missing + ids if column['is_missing_first'] else ids + missing
    return ids
