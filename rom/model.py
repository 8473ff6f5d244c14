"""Model: the active record."""

import collections
import copy
import types
import weakref

import six

from . import index, lookups, util
from .beyond import Beyond, condition
from .columns import NULL, SKIP_ON_DELETE
from .descriptors import ClassProperty
from .exceptions import (ColumnError, DataRaceError, EntityDeletedError, InvalidColumnValue,  # noqa: F401
                         InvalidOperation, MissingColumn, ORMError, QueryError, UniqueKeyViolation)  # 1.1.2 has them here, too
from .exceptions import WrongArgument
from .mapping.metaclass import _ModelMetaclass
from .mapping.state import State
from .query import Query
from .storage import keys, reads
from .unitofwork import transfer as transfers
from .unitofwork.entity import Entity, begin_loaded, load_its_way
from .unitofwork.session import current
from .values import codecs

__all__ = ['Model']

_ID_LISTS = (list, tuple, set, frozenset)


class Model(six.with_metaclass(_ModelMetaclass, Entity, Beyond)):
    """A row of Redis as an object.

    :param values: a value per column; `_extra_ok=True` ignores names that are no columns
    :raises InvalidColumnValue: for unknown names, the primary key, and values that do not fit
    :raises MissingColumn: where a required column has neither value nor default

    Example::

        class User(rom.Model):
            email = rom.Text(required=True, unique=True)

        user = User(email=u'ann@example.com')
        user.save()
        User.get_by(email=u'ann@example.com') is user     # True
    """

    __slots__ = ()

    def __init__(self, **values):
        if values.pop('_loading', False):
            return begin_loaded(self, values)
        state = self._rom = State.of(self)
        state.new = True
        extra_ok, schema = values.pop('_extra_ok', False), state.schema
        begin = state.hold if schema.starting else state.begin  # an `_init_` of the program's own may have given the entity away
        try:
            for attr, column, accept, may_be_missing in schema.beginnings:
                value = values.pop(attr, None)
                if accept is None or value is None and not may_be_missing:
                    column._init_(self, self._namespace, attr, value, False)
                elif value is not None:
                    begin(attr, accept(value))
        except MissingColumn:  # perhaps because its name was misspelt
            schema.refuse_unknown(values, extra_ok)
            raise
        if values:
            schema.refuse_unknown(values, extra_ok)
        current().add_new(self)

    @ClassProperty
    def _connection(cls):
        return util._connect(cls)

    @ClassProperty
    def _gindex(cls):
        return index.GeneralIndex(cls._namespace)

    @ClassProperty
    def query(cls):
        """Return a `Query` over all rows of the model."""
        return Query(cls)

    @classmethod
    def _rom_query(cls):
        return Query(cls)  # whatever `query` may be in a program

    # -- reading --------------------------------------------------------------------------------------------------------

    @classmethod
    def _rom_adopt(cls, rows, hold=False, siblings=None):
        """Entities for rows just read: the live ones the session knows, else new ones.

        :param rows: list of (id, raw list or None)
        :param bool hold: let the session hold on to them, as to those fetched by id
        :param siblings: list of weak references to those that were loaded together with them so far; left out: none
        :returns: list of entities, without those of missing rows
        """
        schema = cls._rom_schema
        prefix, entities = keys.start(schema.known_as), []
        siblings = None if not schema.references else [] if siblings is None else siblings
        scope = current()
        known, weakly = scope.maps()
        generation, references, order = scope.generation, weakly.data, scope.order
        is_plain, new = _is_loaded_plainly(cls), cls.__new__
        for id, raw in rows:
            if raw is None:
                continue
            key = prefix + str(id)
            entity = known.get(key)
            if entity is None and key in references:
                entity = references[key]()
            if entity is None:
                entity = new(cls) if is_plain else load_its_way(cls, id, raw, siblings, generation)
                references[key] = reference = weakref.ref(entity)
                if is_plain:
                    entity._rom = State(schema, reference, id, raw, siblings, generation)
            elif not entity._rom.is_changed():
                entity._rom.refreshed(raw, generation, keep=True)
                entity._rom.siblings = siblings
            if hold and key not in known:
                entity._rom.order = next(order)
                known[key] = entity
            entities.append(entity)
        weakly.sweep_if_grown()
        if siblings is not None:
            siblings.extend(weakref.ref(entity) for entity in entities)
        return entities

    @classmethod
    def _rom_found(cls, rows):
        """Entities for the rows of a query: those that a `get` of the program's own gives, where there is one."""
        entities = cls._rom_adopt(rows)
        return entities if _is_plain(cls, 'get') else list(cls.get([entity._rom.id for entity in entities]))

    @classmethod
    def _rom_found_each(cls, rows, hold=False):
        """As `_rom_found`; a `get` of the program's own is asked for one at a time."""
        entities = cls._rom_adopt(rows, hold)
        if not _is_plain(cls, 'get'):
            entities = [entity for entity in [cls.get(entity._rom.id) for entity in entities] if entity is not None]
        return entities

    @classmethod
    def _rom_targets(cls, ids, fresh=False):
        """{id: entity} of the rows that references point at.

        :param ids: list of int
        :param bool fresh: read the rows even if the session knows them
        """
        if not _is_plain(cls, 'get'):
            return dict((id, cls.get(id)) for id in ids)
        entities = cls._rom_adopt(list(zip(ids, reads.read_rows(cls._connection, cls._rom_schema, ids)))) if fresh else cls.get(ids)
        return dict((entity._rom.id, entity) for entity in entities)

    def _rom_has_own(self, name):
        """Whether a method is the program's own: overridden, or replaced by now in a class or in this entity."""
        return not _is_plain(self, name)

    @classmethod
    def get(cls, ids):
        """Entities by id, from the session where it knows them.

        :param ids: an id (int or its text), or a list of them
        :returns: an entity or None; for a list, the entities in its order, missing ones left out

        Example::

            User.get(1)
            User.get([3, 1, 2])
        """
        schema = cls._rom_schema
        if isinstance(ids, _ID_LISTS):
            return _get_many(cls, [id if id.__class__ is int else schema.as_id(id) for id in ids])
        id = ids if ids.__class__ is int else schema.as_id(ids)
        known = current().current(keys.row(schema.known_as, id))
        if known is not None:
            return known
        row = reads.read_row(cls._connection, schema, id)
        return None if row is None else cls._rom_adopt([(id, row)], hold=True)[0]

    @classmethod
    def get_by(cls, **kwargs):
        """Entities by the value of one column.

        :param kwargs: exactly one column=value, whatever `query.filter` takes; `_limit=(offset, count)`;
            `_numeric=True` takes a text as the number it tells
        :returns: for a unique column an entity or None (for a list of values a list); else a list
        :raises QueryError: for anything but one indexed or unique column

        Example::

            User.get_by(email=u'ann@example.com')
            User.get_by(age=(18, None), _limit=(0, 10))
        """
        return lookups.get_by(cls, kwargs, kwargs.pop('_limit', None), kwargs.pop('_numeric', False))

    def refresh(self, force=False):
        """Read the row again.

        :param bool force: also with unsaved changes, which are lost
        :raises InvalidOperation: for a new entity, or one with changes
        :raises EntityDeletedError: where the row is gone; the entity stays as it was

        Example: ``user.refresh(force=True)``
        """
        if self._deleted:
            return
        state = self._rom
        if state.new or (not force and state.is_changed()):
            raise InvalidOperation('Cannot refresh a modified entity without passing force=True to override modified data: %s'
                                   % self._pk if not state.new else 'Cannot refresh a new entity: this %s has no row yet'
                                   % state.schema.name, model=state.schema.name, pk=state.id, columns=tuple(state.assigned))
        raw = reads.read_rows(self._connection, state.schema, [state.id])[0]
        if raw is None:
            raise EntityDeletedError('Entity %s was deleted by another writer' % self._pk, self._namespace,
                                     str(state.id), model=state.schema.name, pk=state.id)
        self._rom_refreshed(raw)

    @classmethod
    def does_not_startwith(cls, attr, values, blocksize=100):
        """Entities that have words in a prefix index, none of which begins with one of `values`.

        :param attr: name of a column with `prefix=True`
        :param values: text, or a list of texts
        :param int blocksize: rows per call
        :returns: generator of entities, each once; they leave the session
        :raises QueryError: where the column has no prefix index

        Example: ``list(User.does_not_startwith('name', [u'dr', u'prof']))``
        """
        return lookups.without_affix(cls, 'pre', attr, values, blocksize, lambda value: value)

    @classmethod
    def does_not_endwith(cls, attr, values, blocksize=100):
        """Entities that have words in a suffix index, none of which ends with one of `values`.

        :param attr: name of a column with `suffix=True`
        :param values: text, or a list of texts
        :param int blocksize: rows per call
        :returns: generator of entities, each once; they leave the session
        :raises QueryError: where the column has no suffix index

        Example: ``list(User.does_not_endwith('email', u'@example.com'))``
        """
        return lookups.without_affix(cls, 'suf', attr, values, blocksize, codecs.reverse_text)

    # -- writing --------------------------------------------------------------------------------------------------------

    def save(self, full=False, force=False, if_match=NULL):
        """Write what changed; index entries of an unchanged entity are refreshed.

        :param bool full: write every column
        :param bool force: make the row what the entity says, whatever is stored now
        :param if_match: an `etag`: write only if the row is still what that stands for
        :returns: int, the number of columns written, the primary key counted on the first save
        :raises UniqueKeyViolation: where another row has a unique value
        :raises DataRaceError: where another writer changed a column that this save writes, with `if_match` any column
        :raises EntityDeletedError: where the row is gone
        :raises InvalidColumnValue: for what an index cannot hold
        :raises InvalidOperation: for an `if_match` that is no etag, None included, or beside `force`

        Example::

            user.name = u'Ann'
            user.save()     # 1
        """
        return current().write([self], full or force, force, refresh=True, asked_by=self, if_match=condition(self, if_match, force))

    def delete(self, **kwargs):
        """Delete the row and all that stands for it; on_delete rules are followed first.

        :param kwargs: `skip_on_delete_i_really_mean_it=rom.SKIP_ON_DELETE` leaves the rules aside; `if_match=etag`
            deletes only if the row is still what an `etag` stands for
        :raises DataRaceError: with `if_match`, where another writer changed the row
        :raises RestrictError: where a row refers to this one with on_delete='restrict'
        :raises InvalidOperation: for an entity that was never saved; for an `if_match` that is no etag, None included

        Example: ``User.get(1).delete()``
        """
        if not isinstance(self, Model):
            raise WrongArgument('delete() is of an entity, as in User.get(1).delete(): you provided %s' % codecs._shown(self), value=self)
        if_match = condition(self, kwargs.get('if_match', NULL), kwargs.get('force', False))
        if self._deleted:
            return
        if kwargs.get('skip_on_delete_i_really_mean_it') is SKIP_ON_DELETE:
            current().delete_alone(self, if_match)
        else:
            current().delete_with_rules([self], if_match)

    def copy(self):
        """Return a new, unsaved entity with the same values and an id of its own.

        :returns: the entity, which joins the session

        Example::

            twin = user.copy()
            twin.email = u'twin@example.com'
            twin.save()
        """
        values = dict((attr, copy.deepcopy(getattr(self, attr)) if self._columns[attr].is_mutable
                       else getattr(self, attr)) for attr in self._rom_schema.stored)
        return type(self)(**values)

    def update(self, *args, **kwargs):
        """Assign several columns.

        :param args: values in the order of the columns
        :param kwargs: column=value
        :returns: the entity itself
        :raises InvalidColumnValue: for a value that does not fit

        Example: ``user.update(name=u'Ann', age=5).save()``
        """
        for attr, value in list(zip(self._columns, args)) + list(kwargs.items()):
            setattr(self, attr, value)
        return self

    def to_dict(self, json=False):
        """Every column's value.

        :param bool json: as `json.dumps` takes it: references as ids, dates in ISO 8601, Decimal as text, String as Latin-1
            text, NaN and infinities as None
        :returns: dict of values by column, the primary key included, references as entities

        Example: ``user.to_dict()      # {'id': 1, 'name': 'Ann'}``
        """
        if json:
            return dict((attr, self._columns[attr]._rom_plain(self)) for attr in self._rom_schema.shown)
        return dict(self._data)

    def transfer(self, other, attr, value, txn_model, txn_attr, decimal_places=0, refresh_entities=True,
                 refresh_index=True):
        """Move an amount from this row's column to another row's, atomically, and record it.

        :param other: the entity that receives
        :param attr: name of an Integer, Float or Decimal column of both
        :param value: the amount, a number
        :param txn_model: the entity in whose row the transfer is noted, so that it happens once
        :param txn_attr: the field of that row, which a number above zero marks as sent
        :param int decimal_places: digits behind the point to which the amount is rounded; 0: as it is
        :param refresh_entities: taken for 1.1.2's sake: the entities always mirror their rows afterwards
        :param refresh_index: taken for 1.1.2's sake: the indexes are always right
        :raises WrongArgument: (a ValueError) for an amount that is not positive, too little credit, changed entities, a transfer to
            oneself, or one that was done before ('already sent')
        :raises EntityDeletedError: where one of the three rows is gone

        Example: ``ann.transfer(bob, 'balance', 5, order, 'paid')``
        """
        transfers.transfer(self, other, attr, value, txn_model, txn_attr, decimal_places)


def _get_many(model, ids):
    found = current().current_of(model._rom_schema.known_as, ids)
    missing = [id for id in ids if id not in found] if found else ids
    if len(set(missing)) < len(missing):
        missing = list(collections.OrderedDict.fromkeys(missing))
    entities, siblings = [], []

    def adopt(ids, rows):
        entities.extend(model._rom_adopt(zip(ids, rows), True, siblings))
    if _is_loaded_plainly(model):
        reads.take_rows(model._connection, model._rom_schema, missing, adopt)
    else:  # whatever is called then, no call is on its way
        adopt(missing, reads.read_rows(model._connection, model._rom_schema, missing))
    if len(missing) == len(ids):
        return entities
    found.update((entity._rom.id, entity) for entity in entities)
    return [found[id] for id in ids if id in found]


def _is_loaded_plainly(model):
    """Whether no code of the program's own sees the rows of a model that are loaded."""
    return not model._rom_schema.starting and _is_plain(model, '__init__')


def _is_plain(owner, name):
    """Whether a method of a model or an entity is the one that Model has of its own accord.

    What a program overrides, or replaces later in a class or an entity, is asked instead, however it was put there.
    """
    method = getattr(owner, name)
    return getattr(method, '__func__', method) is _PLAIN[name] and type(method) in _METHODS


_METHODS = (types.FunctionType, types.MethodType)
_PLAIN = dict((name, getattr(vars(Model)[name], '__func__', vars(Model)[name])) for name in ('__init__', 'delete', 'get', 'save'))
