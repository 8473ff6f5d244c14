"""How rows become results: what `Query.select` says, and rows that were not in the first reply."""
from collections import namedtuple

from ..exceptions import QueryError
from ..storage import reads
from ..values import codecs
from ..values.texts import text_if_utf8
from . import meanings

__all__ = ['AS_IDS', 'Selection', '_dict_data_factory', '_list_data_factory', '_namedtuple_data_factory', '_tuple_data_factory',
           'checked_timeout', 'page_size', 'rows_of_pages']


# -- factories: what one row becomes -----------------------------------------------------------------------------------

def _dict_data_factory(columns):
    """For `select`: each row a dict of its values by name.

    :param columns: tuple of names
    :returns: callable(list of values) -> dict

    Example: ``User.query.select('name', ff=rom.query._dict_data_factory).all()``
    """
    def make(data):
        return dict(zip(columns, data))
    return make


def _list_data_factory(columns):
    """For `select`: each row the list of its values.

    :param columns: tuple of names
    :returns: callable(list of values) -> list

    Example: ``User.query.select('name', ff=rom.query._list_data_factory).all()``
    """
    def make(data):
        return data
    return make


def _tuple_data_factory(columns):
    """For `select`: each row a tuple of its values.

    :param columns: tuple of names
    :returns: callable(list of values) -> tuple

    Example: ``User.query.select('name', ff=rom.query._tuple_data_factory).all()``
    """
    def make(data):
        return tuple(data)
    return make


def _namedtuple_data_factory(columns):
    """For `select`: each row a namedtuple, its class named after the columns, such as ``name_age``.

    :param columns: tuple of names; an underscore that one begins with is left out
    :returns: callable(list of values) -> namedtuple

    Example: ``User.query.select('name', ff=rom.query._namedtuple_data_factory).all()``
    """
    return namedtuple('_'.join(columns), [name.lstrip('_') for name in columns])._make


#: in place of `decode`: Python values, but of references their ids
AS_IDS = 'as ids'


# -- select ----------------------------------------------------------------------------------------------------------

class Selection(object):
    """The columns that a query selects, and how they come out.

    :param model: the Model class
    :param kept: what `Query._select` holds: (names, decode, remove_last, factory), the primary key always among
        the names, and last where it was not asked for
    """

    def __init__(self, model, kept):
        self._model = model
        names, self._decode, remove_last, factory = kept
        self._names = tuple(names[:-1] if remove_last else names)
        self._make = factory(self._names)
        self._columns = [model._columns[name] for name in self._names]
        schema = model._rom_schema
        self._is_raw = all(name == schema.pk or name in schema.position and column not in schema.starting
                           for name, column in zip(self._names, self._columns))
        stored = [name for name in self._names if name in schema.position] if self._is_raw else schema.stored
        self._place = dict((name, place) for place, name in enumerate(stored))
        #: names of the fields to read
        self.fields = [name.encode('utf-8') for name in stored]

    @staticmethod
    def checked(model, names, include_pk=False, decode=True, ff=None, **ignored):
        """Return what `Query._select` is to hold.

        :raises QueryError: for unknown names, or one given twice
        """
        names = tuple(meanings.named(model, name) for name in names)
        unknown = [name for name in names if name not in model._columns]
        if unknown:
            raise QueryError('No such columns known: %s' % '; '.join(map(model._rom_schema.no_column, unknown)),
                             model=model.__name__, columns=tuple(unknown))
        if len(set(names)) != len(names):
            raise QueryError('Column names must be unique: %s.query.select(%s)' % (model.__name__, ', '.join(names)),
                             model=model.__name__, columns=tuple(names))
        pk = model._rom_schema.pk
        remove_last = pk not in names and not include_pk
        if not names and remove_last:
            raise QueryError('%s.query.select needs the names of columns' % model.__name__, model=model.__name__)
        return names if pk in names else names + (pk,), decode, remove_last, ff or _dict_data_factory

    def results(self, rows):
        """Turn rows into results.

        :param rows: list of (id, values in the order of `fields`, or None where the row is gone)
        :returns: list
        """
        rows = [row for row in rows if row[1] is not None]
        columns = [self._column_values(name, column, rows) for name, column in zip(self._names, self._columns)]
        return [self._make(list(values)) for values in zip(*columns)]

    def _column_values(self, name, column, rows):
        """Return the values of one column in all rows."""
        if name == self._model._rom_schema.pk:
            return [id if self._decode else str(id) for id, _ in rows]
        if not self._is_raw and (name not in self._place or column in self._model._rom_schema.starting):
            return [getattr(entity, name) for entity in self._model._rom_adopt(rows)]
        texts = [values[self._place[name]] for _, values in rows]
        if not self._decode:
            return [text_if_utf8(text) for text in texts]
        if self._decode is AS_IDS and column.is_reference:
            return [None if text is None else int(text) for text in texts]
        return column._rom_read_all(texts)


# -- rows ------------------------------------------------------------------------------------------------------------

def rows_of_pages(connection, schema, pages, fields, size):
    """Yield the rows of a search; those that did not come with their ids are read in calls of their own.

    :param connection: redis-py client
    :param schema: `Schema` of the model
    :param pages: what the `pages` of a search, see :mod:`rom.search.search`, gave
    :param fields: list of columns, as bytes
    :param size: rows in one call
    :returns: generator of lists of (id, values or None)
    """
    for ids, rows in pages:
        if rows:
            yield list(zip(map(int, ids), rows))
        for first in range(len(rows), len(ids), size):
            block = [int(id) for id in ids[first:first + size]]
            yield list(zip(block, reads.read_batch(connection, schema, fields, block)[0]))


def page_size(size):
    """Rows of one call: what was asked for, as far as that is sensible."""
    return max(1, min(int(size) or 100, reads.ROWS_PER_READ))


def checked_timeout(timeout):
    """Seconds for which results are kept.

    :raises QueryError: below 1
    """
    timeout = int(timeout)
    if timeout < 1:
        raise QueryError('You must specify a timeout >= 1, in seconds, you gave %s' % codecs._shown(timeout), value=timeout)
    return timeout
