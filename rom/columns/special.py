"""Columns that keep nothing in the row: extra indexes, and raw Redis keys."""

import warnings

from ..exceptions import UnknownAttribute, WrongArgument
from ..storage import keys, troubles
from ..values import names
from .arguments import refused
from .base import Column, _Column

__all__ = ['IndexOnly', 'UnsafeColumn']


class IndexOnly(Column):
    """An extra index over other columns; holds no data.

    :param column: the column whose value `keygen` takes
    :param keygen: callable(value) -> index entries
    :param keygen2: callable(attribute, row) -> index entries, instead of both
    :param bool prefix: allow `startswith()` and `like()`
    :param bool suffix: allow `endswith()`
    :param bool index: allow `filter()`; implied unless only `unique` is asked for
    :param bool unique: no two rows share the keygen's first result
    :raises WrongArgument: (a ValueError) without `column` and `keygen`, or `keygen2`

    Example: ``name_ci = rom.IndexOnly('name', keygen=rom.SIMPLE_CI)``
    """

    is_stored = False
    is_derived = True
    can_be_unique = True

    def __init__(self, column=None, keygen=None, prefix=False, suffix=False, keygen2=None, index=False, unique=False):
        if keygen2 is None and (not column or keygen is None):
            raise refused(type(self), 'Need both of `column` and `keygen` or just `keygen2` argument: '
                          "rom.IndexOnly('name', keygen=rom.IDENTITY)", WrongArgument)
        self._column = column
        self._rom_over = None
        index = index or prefix or suffix or not unique
        Column.__init__(self, unique=unique, index=index, keygen=None if keygen2 else keygen, prefix=prefix,
                        suffix=suffix, keygen2=keygen2)

    def _rom_traits(self):
        return ['over %s' % self._column] * bool(self._column) + super(IndexOnly, self)._rom_traits()

    def __get__(self, obj, objtype=None):
        return self if obj is None else None

    def __set__(self, obj, value):
        if value is not None:
            raise self.refuse(value, 'is an index over other columns and holds no value')

    def __delete__(self, obj):
        """There is nothing to remove."""

    def _init_(self, obj, model, attr, value, loading):
        self.__set__(obj, value)

    def _converted(self, value):
        return value  # what is looked up: `keygen` takes it

    def check_source(self, schema):
        """Learn the source column, and warn of a source column that the model does not have; a subclass may, of a model that is only a base."""
        source = schema.columns.get(self._column)
        self._rom_over = source if isinstance(source, Column) else None
        if self._column is not None and source is None:
            warnings.warn('%s indexes a column %r that %s does not have: its keygen is given None%s' % (
                self.where, self._column, schema.name, names.suggestion(self._column, schema.columns)), UserWarning, stacklevel=5)


    @property
    def _rom_source(self):
        return self if self._rom_over is None else self._rom_over

    def _rom_is_missing(self, row):
        return False  # it may index what is missing: its keygen sees None as well

    def _rom_generated(self, row):
        return self._keygen2(self._attr, row) if self._keygen2 else self._keygen(row.get(self._column))

    def _rom_whole_word(self, row):
        return None  # 1.1.2 makes no such entries here

    _rom_claims_words = True


class UnsafeColumn(_Column):
    """Any Redis command on a key of the row's own, `namespace:id:column`, outside rows, plans and transactions.

    The key is put before the arguments of each command; `skip_key=True` leaves it out. It is deleted with the row,
    after which every access raises ValueError.

    Example::

        class Post(rom.Model):
            tags = rom.UnsafeColumn()

        post.tags.sadd('redis', 'python')
    """

    def __init__(self):
        self._attr = None
        self._model = None

    def bind(self, schema, attr):
        """Learn name and model; a column already in use is copied."""
        column = self if self._attr is None else UnsafeColumn()
        column._attr = attr
        column._model = schema.name
        schema.add(attr, column)
        return column

    def _key(self, obj):
        return keys.unsafe(obj._pk, self._attr)

    def __get__(self, obj, objtype=None):
        if obj is None:
            return self
        if obj._deleted:
            raise WrongArgument('The entity was deleted: %s, and its key %s' % (obj._pk, self._key(obj)), model=self._model,
                                pk=obj._rom.id, columns=(self._attr,))
        return _UnsafeWrapper(self._key(obj), obj)

    def __set__(self, obj, value):
        raise UnknownAttribute('%s.%s takes commands, such as .set(value), not assignment' % (self._model, self._attr), model=self._model,
                               pk=obj._rom.id, columns=(self._attr,), value=value)

    def __delete__(self, obj):
        _UnsafeWrapper(self._key(obj), obj).delete()


class _UnsafeWrapper(object):
    """Redis commands, with the key filled in."""

    __slots__ = ('key', 'entity')

    def __init__(self, key, entity):
        self.key = key
        self.entity = entity

    def __repr__(self):
        return '<Redis commands on the key %s>' % self.key

    def __getattr__(self, cmd):
        connection = self.entity._connection
        troubles.check(connection)
        command = getattr(connection, cmd)

        def call(*args, **kwargs):
            skip_key = kwargs.pop('skip_key', False)
            return command(*(args if skip_key else (self.key,) + args), **kwargs)
        return call
