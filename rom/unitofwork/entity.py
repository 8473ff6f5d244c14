"""The inner side of a `Model`: its state, and what that has to do with the session."""

import six

from ..exceptions import InvalidColumnValue, InvalidOperation
from ..mapping.state import State
from ..search import loops
from ..storage import keys, reads
from ..storage.plan import as_text
from .contexts import all_scopes
from .duplicates import Duplicates, Values, _detached  # noqa: F401 (pickles of earlier releases look here)
from .hooks import Hooks
from .identity_map import key_of
from .session import current

__all__ = ['Entity', 'begin_loaded', 'load_its_way']


class Entity(Hooks, Duplicates):
    """What entities have beside their columns.

    `_rom` is the `State`, and the few methods that need the session begin with `_rom_`: all other names are free for
    programs, which may call a column `_id`. Those without, such as `_new`, are kept from 1.1.2.
    """

    __slots__ = ('__weakref__', '_rom')

    # -- the session ----------------------------------------------------------------------------------------------------

    def _rom_assign(self, attr, value):
        """Note that a column was given a value: the session holds on to the entity."""
        scope = current()
        scope.before_change(self, attr)
        self._rom.hold(attr, value)
        if not self._rom.deleted:
            scope.add(self)

    def _rom_remember(self):
        if not self._rom.deleted:
            current().add(self)

    def _rom_remember_read(self, attr):
        """Note that a value that can change in place was read: the session holds on to the entity, or watches one it does not know."""
        state, scope = self._rom, current()
        scope.note_read(self, attr)
        if scope.wknown.get(key_of(self)) is self:
            scope.add(self)
        elif not (state.new or state.deleted):
            scope.watch(self, attr)

    def _rom_allocate_id(self):
        """Return the id, taken from the counter where there is none yet."""
        state = self._rom
        if state.id is None:
            current().reconcile([self])  # a call without an answer may have given it one
        if state.id is None:
            self._rom_take_id(reads.allocate_ids(self._connection, state.schema, 1)[0])
        return state.id

    def _rom_take_id(self, id):
        current().take_id(self, id)

    def _rom_written(self, id, planned, is_new=False):
        """Note that the row is what was `Planned`."""
        state, scope = self._rom, current()
        if state.id is None:
            scope.take_id(self, id)
        position = state.schema.position
        state.written(planned.row, [(position[attr], text) for attr, text in planned.texts.items()], planned, scope.generation)
        if loops.running or scope.has_others():
            self._rom_tell_others(is_new)

    def _rom_tell_others(self, is_new=False):
        """Let loops that run, and other objects of the row, learn that it was written."""
        self._rom_note_written(is_new)
        for other in current().others_of(self):
            other._rom.follow(self._rom.row)

    @classmethod
    def _rom_all_written(cls, entities, rows, places, texts, planned):
        """Note that rows which were there before are what was planned: of each the same columns.

        :param rows: list of the raw rows when that was planned
        :param places: those of the columns that were written
        :param texts: list of lists of what was written
        """
        scope = current()
        generation, is_followed = scope.generation, loops.running or scope.has_others()
        for entity, row, written in zip(entities, rows, texts):
            entity._rom.written(row, list(zip(places, written)), planned, generation)
            if is_followed:
                entity._rom_tell_others()

    def _rom_follow(self, row):
        """Note that the row was written past its entities: all objects of it that the scopes know learn of it, but keep their changes."""
        scope = current()
        for each in scope.chain:
            for obj in [each.get(key_of(self))] + each.others_of(self):
                if obj is not None and obj is not self and not obj._deleted:
                    obj._rom.follow(row)
        self._rom.follow(row)
        self._rom_note_written()

    def _rom_note_written(self, is_new=False):
        if loops.running:
            loops.note(self._connection, self._namespace, self._rom.id, is_new)

    def _rom_refreshed(self, row):
        """Note that the row was read again."""
        scope = current()
        for attr in tuple(self._rom.assigned):
            scope.before_change(self, attr)
        self._rom.refreshed(row, scope.generation)

    @staticmethod
    def _rom_removed(entities):
        """Note that the rows of some entities of a model are gone."""
        for entity in entities:
            entity._rom.deleted = True
        current().forget_rows(entities)

    # -- a class that is defined again -------------------------------------------------------------------------------------

    @classmethod
    def _rom_check_saved(cls):
        """Refuse to have the class replaced while an entity has changes that are not saved.

        :raises InvalidOperation: naming it
        """
        for entity in [entity for scope in current().chain for entity in scope.changed()]:
            if type(entity) is cls:
                raise InvalidOperation(
                    '%s cannot be defined again: %s has changes that are not saved; commit() them, or forget() it, first'
                    % (cls.__name__, '%r' % (entity,) if entity._new else entity._rom.pk), model=cls.__name__, pk=entity._rom.id)

    @classmethod
    def _rom_replace_by(cls, model):
        """Have all sessions forget what they know of the class, which `model` replaces."""
        kept = [(scope, scope.forget_model(cls)) for scope in all_scopes()]
        cls._rom_schema.replace_by(model)
        for scope, changed in kept:  # in other threads: they save it, as of the class that they know
            for entity in changed:
                scope.add(entity)

    # -- kept from 1.1.2 ------------------------------------------------------------------------------------------------

    @property
    def _new(self):
        """bool: whether there is no row yet."""
        return self._rom.new

    @_new.setter
    def _new(self, value):
        self._rom.new = value

    @property
    def _deleted(self):
        """bool: whether the row was deleted."""
        return self._rom.deleted

    @_deleted.setter
    def _deleted(self, value):
        self._rom.deleted = value

    @property
    def _pk(self):
        """text: 'namespace:id'."""
        return keys.row(self._namespace, self._rom_allocate_id())

    @property
    def _modified(self):
        """bool: whether a save would write something."""
        return self._rom.is_changed()

    @_modified.setter
    def _modified(self, value):
        # in 1.1.2 programs marked what they had changed in place; here that is found by comparing
        if value:
            self._rom_remember()

    @property
    def _data(self):
        """dict: every column's value; what is written to it is assigned to the column."""
        return Values(self)

    @_data.setter
    def _data(self, values):
        for attr in self._rom_schema.stored:
            setattr(self, attr, values.get(attr))

    @property
    def _last(self):
        """dict: the texts of the stored row, as this entity last saw it."""
        found = self._rom.stored_texts()
        if not self._rom.new:
            found[self._pkey] = six.text_type(self._rom.id)
        return found


def begin_loaded(entity, values):
    """Have an entity mirror a row that is there already.

    :param values: {column: text, or value}, as 1.1.2 gives them to `Model(_loading=True, **row)`
    """
    schema = entity._rom_schema
    if values.get(schema.pk) is None:
        raise InvalidColumnValue('%s(_loading=True) needs the id of the row as %s=' % (schema.name, schema.pk),
                                 model=schema.name, columns=(schema.pk,))
    row = [schema.columns[attr]._rom_stored_text(values.get(attr)) for attr in schema.stored]
    scope = current()
    entity._rom = State.of(entity, int(values[schema.pk]), row, scope.generation)
    scope.add(entity)
    entity._rom.start()


def load_its_way(model, id, row, siblings, generation):
    """Return an entity for a row that was read, made by an `__init__` or by an `_init_` of columns of the program's own."""
    entity = _made(model, _told_on_loading(model, id, row))
    state = entity._rom
    state.row, state.siblings, state.generation = row, siblings, generation
    if not state.assigned:
        current().known.pop(key_of(entity), None)  # a row that was read is not held on to
    return entity


def _made(model, told):
    """Return what an `__init__` of the program's own makes of a row.

    :raises InvalidOperation: where it cannot take one
    """
    try:
        entity = model(**told)
    except TypeError as error:
        if _takes_any(model.__init__):
            raise
        six.raise_from(InvalidOperation('%s.__init__() must take **values and give them to Model.__init__: rows are loaded through it '
                                        '(%s)' % (model.__name__, error), model=model.__name__, pk=int(told[model._pkey])), error)
    if not hasattr(entity, '_rom'):
        raise InvalidOperation('%s.__init__() must call Model.__init__ with the **values that it is given' % model.__name__,
                               model=model.__name__, pk=int(told[model._pkey]))
    return entity


def _takes_any(method):
    """Whether a method takes keyword arguments of any name."""
    code = getattr(getattr(method, '__func__', method), '__code__', None)
    return code is None or bool(code.co_flags & 8)


def _told_on_loading(model, id, row):
    """Return what 1.1.2 gives to an `__init__` of a model's own when a row is loaded: the texts, and `_loading`."""
    told = dict((attr, as_text(value)) for attr, value in zip(model._rom_schema.stored, row) if value is not None)
    told.update({model._pkey: str(id), '_loading': True})
    return told
