"""The part of `Query` that gives figures of its rows in place of them: values, sums, counts by value; and some of them by chance."""
import decimal
import random

import six

from ..columns import kinds
from ..exceptions import QueryError, WrongQuery
from ..storage import keys, reads
from ..storage.commands import as_str
from ..values import codecs, keygens
from ..values.filter_forms import All
from ..values.names import quoted
from . import meanings, totals
from .results import AS_IDS, Selection, _dict_data_factory, _tuple_data_factory, rows_of_pages

__all__ = ['Figures', 'Sample']

_DECIMAL = decimal.Decimal

#: of how many words at most it is asked in how many of some rows each is
MOST_WORDS = 1000


class Sample(list):
    """Rows that were chosen by chance: a list, which also answers as a query does."""

    def all(self):
        """Return the rows, as list."""
        return list(self)

    execute = all

    def first(self):
        """Return the first row; None where there is none."""
        return self[0] if self else None

    def cursor(self, entity):
        """Refused: there is no place to go on from among rows that were chosen by chance.

        :raises QueryError: always
        """
        raise QueryError('there is no cursor behind sample, whose rows are chosen by chance')

    after = cursor


class Figures(object):
    """Figures of a `Query`, whose attributes it has."""

    __slots__ = ()

    # -- values --------------------------------------------------------------------------------------------------------

    def values(self, *names):
        """Values in place of entities: dicts, references as ids.

        :param names: names of columns, or the columns; none: all that rows keep
        :returns: Query of dicts
        :raises QueryError: for names that are no columns of a row

        Example::

            User.query.filter(age=5).values('name', 'team').all()       # [{'name': 'Ann', 'team': 7}]
        """
        return self._valued(names, _dict_data_factory)

    def values_list(self, *names, **kwargs):
        """Values in place of entities: tuples, or, of one column, the values themselves; references as ids.

        :param names: names of columns, or the columns; none: all that rows keep
        :param bool flat: values of one column
        :returns: Query of tuples, or of values
        :raises QueryError: for names that are no columns of a row, and several with `flat`

        Example::

            User.query.values_list('name', flat=True).all()     # ['Ann', 'Bob']
        """
        flat = kwargs.pop('flat', False)
        if kwargs:
            raise WrongQuery('%s.query.values_list() got an unexpected keyword argument %s: it knows flat' % (
                self._model.__name__, quoted(sorted(kwargs)[0])), model=self._model.__name__)
        if flat and len(names) != 1:
            raise QueryError('%s.query.values_list: flat=True is for one column' % self._model.__name__, model=self._model.__name__)
        return self._valued(names, _flat_data_factory if flat else _tuple_data_factory)

    def _valued(self, names, factory):
        schema = self._model._rom_schema
        names = names or (schema.pk,) + tuple(name for name in schema.stored if name != schema.pk)
        names = tuple(self._kept(name, 'values')._attr for name in names)
        return self.replace(select=Selection.checked(self._model, tuple(names), decode=AS_IDS, ff=factory))

    def _kept(self, name, method):
        """Return a column that rows keep, or the primary key.

        :raises QueryError: for others
        """
        schema, name = self._model._rom_schema, meanings.named(self._model, name)
        column = schema.columns.get(name) if isinstance(name, six.string_types) else None
        if column is None and isinstance(name, six.string_types):
            raise QueryError('%s.query.%s: %s' % (schema.name, method, schema.no_column(name)), model=schema.name, columns=(name,))
        if column is None or name != schema.pk and name not in schema.position:
            raise QueryError('%s.query.%s: %s is no column that a row keeps' % (schema.name, method, codecs._shown(name)),
                             model=schema.name, columns=(name,))
        return column

    # -- sums ----------------------------------------------------------------------------------------------------------

    def sum(self, name):
        """Return the sum of a numeric column, exact for Integer of any size and for Decimal; 0 of nothing.

        :param name: name of the column, or the column
        :raises QueryError: for what has no sum

        Example::

            Order.query.filter(paid=True).sum('amount')
        """
        return self._totals(name, 'sum').sum

    def avg(self, name):
        """Return the average of a numeric column: a float, of Decimal a Decimal; None of nothing.

        :param name: name of the column, or the column
        :raises QueryError: for what has no sum

        Example::

            User.query.avg('age')
        """
        return self._totals(name, 'avg').average

    def min(self, name):
        """Return the least value of a column of numbers, dates or times; None of nothing.

        :param name: name of the column, or the column
        :raises QueryError: for what has no such order

        Example::

            User.query.min('born')
        """
        found = self._end_of_index(name, False)
        return self._totals(name, 'min').least if found is None else found[0]

    def max(self, name):
        """Return the greatest value of a column of numbers, dates or times; None of nothing.

        :param name: name of the column, or the column
        :raises QueryError: for what has no such order

        Example::

            User.query.max('born')
        """
        found = self._end_of_index(name, True)
        return self._totals(name, 'max').greatest if found is None else found[0]

    def _totals(self, name, method):
        column = self._kept(name, method)
        search, ids, name = self._rows_asked() + (column._attr,)
        allowed = kinds.kinds_of(column._allowed)
        is_number = any(issubclass(kind, six.integer_types + (float, _DECIMAL)) and kind is not bool for kind in allowed)
        if column.is_reference or not (is_number or method in ('min', 'max') and kinds.are_numbers(allowed)):
            raise QueryError('%s.query.%s takes a column of numbers%s, %s is none' % (
                self._model.__name__, method, ', dates or times' if method in ('min', 'max') else '', column.where),
                model=self._model.__name__, columns=(name,))
        if name == self._model._rom_schema.pk:
            found = totals.Totals()
            for id in search.all_ids() if ids is None else ids:
                found.add(id)
            return found
        if column.text_is_score and _DECIMAL not in allowed:
            return totals.totals_of_numbers(search, column, search.key_of(name), ids)
        return totals.totals_of_texts(search, column, ids)

    def _end_of_index(self, name, is_last):
        """Return (the value at one end of an index,), where that is the answer; None where it is not for certain."""
        column = self._kept(name, 'max' if is_last else 'min')
        if not column.text_is_score or column.is_reference or _DECIMAL in kinds.kinds_of(column._allowed):
            return None
        if not self._is_of_all():
            return self._end_in_order(column, is_last)
        found = self._counting()._search().end_of(column._attr, is_last)
        if found in (None, (None,)):
            return found
        return totals.value_kept(column, found[0])

    def _end_in_order(self, column, is_last):
        """Return the same of rows that filters choose: what the first one has in the order of the column, if one call finds it."""
        has_part = self._order_by or self._limit is not None or self._behind
        if has_part or not column._index or column._attr not in self._model._rom_schema.position:
            return None
        search = self.replace(order_by='-' * is_last + column._attr, is_reversed=False)._search()
        if search.is_apart:
            return None
        reply = search.call(dict(search.request, mode='page', skip=0, count=1, rows=1, fields=[column._attr]))
        if reply.state != 'done':  # it may be far, where looking at all rows costs less
            return None
        if not reply.ids:
            return None,
        return totals.value_kept(column, reply.rows[0][0]) if reply.rows[0] else None

    def _is_of_all(self):
        """Whether all rows are asked for."""
        return not (self._filters or self._order_by or self._limit is not None or self._behind)

    def _counting(self):
        """Return the same query with a filter, if it were one that all rows have."""
        has_any = self._filters or self._order_by
        return self.replace(select=None, is_reversed=False, filters=self._filters if has_any else (All(()),))

    def _rows_asked(self):
        """(search, ids of its rows within the limit, or None: all of them)."""
        search = self._counting().replace(behind=None, limit=None)._search()
        if self._limit is None and self._behind is None:
            return search, None
        offset, count = self._window()
        pages = self.replace(select=None)._search().pages(offset, count)
        return search, set(int(id) for ids, _ in pages for id in ids)

    # -- by value ------------------------------------------------------------------------------------------------------

    def count_by(self, name, words=False):
        """Count the rows by the value of a column.

        :param name: name of a column that rows keep, but Json, or the column
        :param bool words: of a FULL_TEXT column count the rows that each word is in
        :returns: dict of rows by value; those without one under None; references by their ids
        :raises QueryError: for other columns

        Example::

            User.query.filter(active=True).count_by('city')        # {'Rome': 3, 'Oslo': 1, None: 2}
        """
        return self._count_words(name) if words else self._counted(name, 'count_by')

    def distinct(self, name):
        """Return the values that a column has, sorted, None left out.

        :param name: name of a column that rows keep, but Json, or the column
        :returns: list
        :raises QueryError: for other columns

        Example::

            User.query.distinct('city')     # ['Oslo', 'Rome']
        """
        values = [value for value in self._counted(name, 'distinct') if value is not None]
        # NaN has no place among numbers
        found, others = [value for value in values if value == value], [value for value in values if value != value]
        try:
            return sorted(found) + others
        except TypeError:  # a type of the program's own, without an order
            return sorted(found, key=self._model._rom_schema.columns[name].encode) + others

    def _counted(self, name, method):
        """Return {value: rows}."""
        column = self._kept(name, method)
        if any(kind.__hash__ is None for kind in kinds.kinds_of(column._allowed)) or column._attr == self._model._rom_schema.pk:
            raise QueryError('%s.query.%s: the values of %s are not counted' % (self._model.__name__, method, column.where),
                             model=self._model.__name__, columns=(column._attr,))
        found = self._counted_in_index(column)
        if found is not None:
            return found
        search, ids = self._rows_asked()
        counts, missing = totals.counted_texts(search, column._attr, ids)
        found = {None: missing} if missing else {}
        for text, count in counts.items():
            value = int(text) if column.is_reference else column.decode(text)
            found[value] = found.get(value, 0) + count
        return found

    def _counted_in_index(self, column):
        """Return the same from an index, where one tells it without looking at rows; else None."""
        if self._limit is not None or self._behind is not None:
            return None
        kind = totals.told_by_index(column)
        search = self._counting().replace(order_by=None)._search() if not self._order_by else None
        if kind is None or search is None:
            return None
        if kind == 'boolean':
            return self._counted_booleans(column, search)
        if kind == 'word':
            return self._counted_words(column, search)
        key = search.key_of(column._attr)
        has_runs = not self._filters or totals.is_of_one_index(search, key)
        values, counts, missing = totals.counted_scores(search, 'runs' if has_runs else 'scores', key)
        if any(abs(float(value)) >= 2 ** 53 for value in values):
            return None
        found = {}
        for text, count in zip(values, counts):
            value = int(float(text)) if column.is_reference else column.decode(totals._plain(text))
            found[value] = found.get(value, 0) + count
        if missing:
            found[None] = missing
        return found if self._filters else self._with_missing(search, found)

    def _counted_booleans(self, column, search):
        if self._filters and not totals.has_only_words(search):
            return None
        found = dict((value, self.filter(**{column._attr: value}).count()) for value in (True, False))
        return self._with_missing(search, dict((value, count) for value, count in found.items() if count))

    def _counted_words(self, column, search):
        key, found = search.key_of(column._attr, 'pre'), {}
        is_part = bool(self._filters) and totals.is_of_one_index(search, key)
        if self._filters and not is_part and not totals.has_only_words(search):
            return None
        asked = search if is_part else self.replace(filters=())._counting()._search()
        for words, counts, _ in totals.asked(asked, {'kind': 'runs', 'key': key, 'is_word': True}):
            found.update(zip(words, map(int, counts)))
            if self._filters and not is_part and len(found) > MOST_WORDS:
                return None
        if self._filters and not is_part:
            words = list(found)
            counts = totals.in_common(search, [search.key_of(keys.entry_name(column._attr, as_str(word))) for word in words])
            if counts is None:
                return None
            found = dict((word, count) for word, count in zip(words, counts) if count)
        found = dict((column.decode(word), count) for word, count in found.items())
        return found if is_part else self._with_missing(search, found, is_word=True)

    def _with_missing(self, search, found, is_word=False):
        """Return the counts with that of the rows without a value; of words None where that cannot be told."""
        known = sum(found.values())
        if not self._filters and totals.rows_at_most(search) == known:
            return found
        left = self.count(exact=True) - known
        if left > 0 and is_word:
            return None  # the empty text is a value, and in no index
        if left > 0:
            found[None] = left
        return found

    def _count_words(self, name):
        schema, name = self._model._rom_schema, meanings.named(self._model, name)
        column = schema.columns.get(name)
        if keygens.plain(getattr(column, '_keygen', None)) is not keygens.FULL_TEXT:
            raise QueryError('%s.query.count_by: words=True is for columns with FULL_TEXT, %s is none' % (schema.name, codecs._shown(name)),
                             model=schema.name, columns=(name,))
        search, ids = self._rows_asked()
        found, source = {}, column._rom_source
        if self._is_of_all() and column._prefix:
            for words, counts, _ in totals.asked(search, {'kind': 'runs', 'key': search.key_of(name, 'pre'), 'is_word': True}):
                for word, count in zip(map(codecs.word_text, words), counts):
                    found[word] = found.get(word, 0) + int(count)
            return found
        for text, count in totals.counted_texts(search, source._attr, ids)[0].items():
            for word in column._keygen(source.decode(text)) or ():
                found[word] = found.get(word, 0) + count
        return found

    # -- by chance, and with distances -----------------------------------------------------------------------------------

    def sample(self, count):
        """Return some of the rows, each as likely, without repetition.

        :param count: how many; all where there are fewer
        :returns: list of entities, or of what :meth:`select` says, in no order
        :raises QueryError: for anything but numbers from 0

        Example::

            User.query.filter(active=True).sample(3)
        """
        if not isinstance(count, six.integer_types) or isinstance(count, bool) or count < 0:
            raise QueryError('%s.query.sample takes a number from 0, you provided %s' % (self._model.__name__, codecs._shown(count)),
                             model=self._model.__name__, value=count)
        ids = self._ids_by_chance(count) if count else []
        random.shuffle(ids)
        model, schema = self._model, self._model._rom_schema
        selection = self._select and Selection(model, self._select)
        fields = selection.fields if selection else schema.fields
        blocks = rows_of_pages(model._connection, schema, [(ids, [])], fields, reads.ROWS_PER_READ)
        rows = [row for block in blocks for row in block if row[1] is not None]
        return Sample((selection.results if selection else model._rom_found)(rows))

    def _ids_by_chance(self, count):
        search, ids = self._rows_asked()
        if ids is None and not search.is_apart:
            figure = {'kind': 'sample', 'count': count, 'seed': random.randrange(2 ** 31)}
            reply = search.call(dict(search.counted, mode='figures', figure=figure))
            if reply.state == 'figures':
                found = [int(id) for id in reply.ids]
                return random.sample(found, min(count, len(found)))
        ids = sorted(search.all_ids() if ids is None else ids)
        return random.sample(ids, min(count, len(ids)))

    def with_distance(self):
        """Pairs of an entity and its distance in the unit of `near`, in place of entities.

        :returns: Query
        :raises QueryError: for a query without near, or with an order of its own

        Example::

            for airport, away in Airport.query.near('place', 8.57, 50.03, 100, 'km').with_distance():
                print(airport.name, away)
        """
        self.replace(has_distance=True)._check_distance()
        return self.replace(has_distance=True)

    def _check_distance(self):
        """Refuse distances where there is none, or no entity beside it.

        :raises QueryError: for a query without near, or with an order of its own, or with select
        """
        if not self._is_by_distance() or self._select is not None:
            raise QueryError('%s.query.with_distance is for entities in the order of near' % self._model.__name__, model=self._model.__name__)


def _flat_data_factory(columns):
    """Each row its only value."""
    return lambda data: data[0]
