"""What an entity remembers: the row it mirrors, the values read or assigned, and what differs."""

import six

from ..exceptions import EntityDeletedError, InvalidColumnValue, InvalidOperation
from ..search import loops
from ..storage import keys, reads
from ..storage.plan import Row, as_text
from .duplicates import Assignments, Duplicates, Values, _detached  # noqa: F401 (pickles of earlier releases look here)
from .session import session

__all__ = ['Entity']

class Entity(Duplicates):
    """The inner side of a `Model`: raw fields decoded on first use, and the bookkeeping of changes.

    The names of its own begin with `_rom_`: all others are free for programs, which may call a column `_id`.
    `_rom_raw` is the row as it was last seen, in the order of `schema.stored`; `_rom_values` what was decoded or assigned;
    `_rom_assigned` which of those were assigned, and when.
    """

    __slots__ = ('__weakref__', '_rom_assigned', '_deleted', '_rom_generation', '_rom_id', '_new', '_rom_order', '_rom_page', '_rom_raw',
                 '_rom_values')

    # -- state ----------------------------------------------------------------------------------------------------------

    def _rom_begin(self, id, raw, page=None, generation=0):
        self._rom_id = id
        self._rom_raw = raw
        self._rom_values = {}
        self._rom_assigned = ()
        self._new = self._deleted = False
        self._rom_order = 0
        self._rom_page = page
        self._rom_generation = generation

    @classmethod
    def _rom_loaded(cls, id, raw, page, generation):
        entity = cls.__new__(cls)
        entity._rom_begin(id, raw, page, generation)
        return entity

    @classmethod
    def _rom_loaded_its_way(cls, id, raw, page, generation):
        """As `_rom_loaded`, by an `__init__` or by an `_init_` of columns of the program's own."""
        entity = cls(**cls._rom_told_on_loading(id, raw))
        entity._rom_raw, entity._rom_page, entity._rom_generation = raw, page, generation
        if not entity._rom_assigned:
            session.known.pop(entity._rom_session_key(), None)  # a row that was read is not held on to
        return entity

    def _rom_begin_loaded(self, values):
        """Mirror a row that is there already.

        :param values: {column: text, or value}, as 1.1.2 gives them to `Model(_loading=True, **row)`
        """
        if values.get(self._pkey) is None:
            raise InvalidColumnValue('%s(_loading=True) needs the id of the row as %s=' % (self._rom_schema.name, self._pkey),
                                     model=self._rom_schema.name, columns=(self._pkey,))
        texts = [self._columns[attr]._rom_stored_text(values.get(attr)) for attr in self._rom_schema.stored]
        self._rom_begin(int(values[self._pkey]), texts, generation=session._generation)
        session.add(self)
        self._rom_start()

    def _rom_start(self):
        """Let columns with an `_init_` of the program's own say what the row holds; what is broken is told when it is read."""
        for column in self._rom_schema.starting:
            try:
                column.__get__(self)
            except InvalidColumnValue:
                continue

    @classmethod
    def _rom_told_on_loading(cls, id, raw):
        """What 1.1.2 gives to an `__init__` of a model's own when a row is loaded: the texts, and `_loading`."""
        told = dict((attr, as_text(value)) for attr, value in zip(cls._rom_schema.stored, raw) if value is not None)
        told.update({cls._pkey: str(id), '_loading': True})
        return told

    def _rom_hold(self, attr, value):
        if not self._rom_assigned:
            self._rom_assigned = Assignments()
        self._rom_values[attr] = value
        self._rom_assigned.add(attr)

    def _rom_assign(self, attr, value):
        """A column was given a value: the session holds on to the entity."""
        self._rom_hold(attr, value)
        self._rom_remember()

    def _rom_remember(self):
        if not self._deleted:
            session.add(self)

    def _rom_remember_read(self, column):
        """A value that can change in place was read: the session holds on to the entity, or watches one it does not know."""
        if session.wknown.get(self._rom_session_key()) is self:
            session.add(self)
        elif not (self._new or self._deleted):
            session.watch(self, column._attr)

    def _rom_text_in_place(self, attr):
        """What the row would keep of a value that was read; False where that cannot be told."""
        try:
            return attr in self._rom_values and self._columns[attr].encode(self._rom_values[attr])
        except InvalidColumnValue:  # the save will say so
            return False

    def _rom_session_key(self):
        return keys.row(self._namespace, 'new %d' % id(self) if self._rom_id is None else self._rom_id)

    def _rom_allocate_id(self):
        if self._rom_id is None:
            session.reconcile([self])  # a call without an answer may have given it one
        if self._rom_id is None:
            self._rom_take_id(reads.allocate_ids(self._connection, self._rom_schema, 1)[0])
        return self._rom_id

    def _rom_take_id(self, id):
        session.take_id(self, id)

    @property
    def _pk(self):
        """text: 'namespace:id'."""
        return keys.row(self._namespace, self._rom_allocate_id())

    @property
    def _modified(self):
        """bool: whether a save would write something."""
        try:
            return self._new or bool(self._rom_changes())
        except InvalidColumnValue:  # changed in place to what cannot be stored: the save will say so
            return True

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
        if self._new:
            return dict((attr, text) for attr, text in self._rom_texts().items() if text is not None)
        found = dict((attr, as_text(raw)) for attr, raw in zip(self._rom_schema.stored, self._rom_raw) if raw is not None)
        found[self._pkey] = six.text_type(self._rom_id)
        return found

    # -- what a save writes ---------------------------------------------------------------------------------------------

    def _rom_text(self, attr):
        """What the row should keep for a column, as this entity sees it."""
        column, raw = self._columns[attr], self._rom_raw[self._rom_schema.position[attr]]
        if attr in self._rom_assigned or (attr in self._rom_values and (column.is_mutable or raw is None)):
            text = column.encode(self._rom_values[attr])
            if column.is_reference and not column.same(text, raw):
                column._refuse_deleted(self._rom_values[attr])
            return text
        if raw is not None:
            return as_text(raw)
        return column.encode(self._rom_values[attr] if attr in self._rom_values else column._read(self))

    def _rom_texts(self):
        return dict((attr, self._rom_text(attr)) for attr in self._rom_schema.stored)

    def _rom_changes(self):
        """{column: text or None} of what differs from the row."""
        changes = {}
        for attr in self._rom_assigned:
            column = self._columns[attr]
            text = column.encode(self._rom_values[attr])
            if not column.same(text, self._rom_raw[self._rom_schema.position[attr]]):
                if column.is_reference:
                    column._refuse_deleted(self._rom_values[attr])
                changes[attr] = text
        for attr in self._rom_schema.mutable:
            if attr in self._rom_values and attr not in self._rom_assigned:
                self._rom_note_change_in_place(attr, changes)
        return changes

    def _rom_note_change_in_place(self, attr, changes):
        column, raw = self._columns[attr], self._rom_raw[self._rom_schema.position[attr]]
        text = column.encode(self._rom_values[attr])
        # by their texts: NaN, tuples and int keys do not equal what JSON makes of them
        if not column.same(text, raw) and text != column.encode(column.missing() if raw is None else column.decode(raw)):
            changes[attr] = text

    def _rom_defaults_to_fill(self, changes):
        """{column: text} of the defaults that a save writes, as in 1.1.2, where the row has no value yet."""
        found = {}
        for attr in self._rom_schema.defaulted:
            if attr not in changes and self._rom_raw[self._rom_schema.position[attr]] is None:
                column = self._columns[attr]
                value = self._rom_values[attr] if attr in self._rom_values else column._read(self)
                if value is not None:
                    found[attr] = column.encode(value)
        return found

    def _rom_row(self, texts=None):
        """The row as `plan` takes it: as it is stored, or with `texts`, as it will be."""
        if texts is None:
            return Row(self._rom_schema, self._rom_raw, id=self._rom_id)
        id = self._rom_allocate_id if self._rom_id is None else self._rom_id
        return Row(self._rom_schema, self._rom_raw, self._rom_values, texts, id)

    def _rom_new_references(self):
        """New entities that this one refers to, which must be saved before it."""
        if self._no_fk or not self._rom_assigned:
            return ()
        return [self._rom_values[attr] for attr in self._rom_schema.stored if attr in self._rom_assigned
                and getattr(self._columns[attr], '_ftable', None) is not None
                and self._rom_values[attr] is not None and self._rom_values[attr]._new]

    def _rom_refuse_new_references(self):
        for attr in self._rom_assigned:
            column, value = self._columns[attr], self._rom_values[attr]
            if getattr(column, '_ftable', None) is not None and value is not None and value._new:
                raise column.refuse(value, 'refers to a %s that was not saved' % type(value).__name__)

    def _rom_before_write(self, force=False):
        if self._deleted and not force:
            raise EntityDeletedError('Entity %s is deleted; copy() it to save it again' % self._pk, self._namespace,
                                     str(self._rom_id), model=self._rom_schema.name, pk=self._rom_id)
        if self._new:
            self._before_insert()
        else:
            self._before_update()

    def _rom_check_deletable(self):
        if self._new:
            raise InvalidOperation('%s entity was never saved and cannot be deleted' % self._rom_schema.name,
                                   model=self._rom_schema.name)

    def _rom_assigned_since(self, planned):
        """The columns that were assigned since a write was planned from `planned`, {column: value}, and when."""
        return Assignments((attr, self._rom_assigned[attr]) for attr in self._rom_assigned
                           if attr not in planned or self._rom_values[attr] is not planned[attr])

    def _rom_written(self, id, texts, planned, seen, was_new=False, whole=False):
        """The row holds `texts` now. Returns the number of columns written.

        :param planned: {column: value}, the assigned ones of which they were made; what was assigned since is not written
        :param seen: the row as it was seen by then; one that was read since knows better what is stored
        """
        if self._rom_id is None:
            self._rom_take_id(id)
        if self._rom_raw is seen:
            for attr, text in texts.items():
                self._rom_raw[self._rom_schema.position[attr]] = text
        self._new = False
        self._rom_assigned = self._rom_assigned_since(planned) or ()
        self._rom_generation = session._generation
        self._rom_note_written(was_new)
        for other in session.others_of(self):
            other._rom_follow(self._rom_raw)
        return self._rom_schema.counted if was_new or whole else len(texts)

    def _rom_note_written(self, is_new=False):
        if loops.running:
            loops.note(self._connection, self._namespace, self._rom_id, is_new)

    def _rom_chosen_instead(self, targets):
        """Call `_before_update` as if references had been set: what it assigns to them goes before an on_delete rule.

        :param targets: {attribute: entity or None}
        :returns: {attribute: entity or None} of what the hook wants otherwise
        """
        before = dict((attr, (attr in self._rom_assigned, self._rom_values[attr])) for attr in targets if attr in self._rom_values)
        for attr, target in targets.items():
            self._rom_hold(attr, target)
        try:
            self._before_update()
            return dict((attr, self._rom_values[attr]) for attr, target in targets.items()
                        if attr in self._rom_assigned and self._rom_values[attr] is not target)
        finally:
            for attr in targets:
                was_assigned, value = before.get(attr, (False, None))
                if not was_assigned and attr in self._rom_assigned:
                    self._rom_assigned.discard(attr)
                if attr in before:
                    self._rom_values[attr] = value
                else:
                    self._rom_values.pop(attr, None)

    def _rom_references_set(self, targets, texts):
        """An on_delete rule wrote references of the row: {attribute: entity or None}, {attribute: text or None}."""
        for attr, target in targets.items():
            self._rom_raw[self._rom_schema.position[attr]] = texts[attr]
            self._rom_values[attr] = target
            if attr in self._rom_assigned:
                self._rom_assigned.discard(attr)
        self._rom_note_written()

    def _rom_removed(self):
        self._deleted = True
        session.forget_row(self)

    def _rom_take_over(self, raw, attrs):
        """Take stored values for the columns that are not about to be written."""
        for attr, place in self._rom_schema.position.items():
            if attr not in attrs and as_text(self._rom_raw[place]) != as_text(raw[place]):
                self._rom_raw[place] = raw[place]
                self._rom_values.pop(attr, None)
                if attr in self._rom_assigned:  # to what was stored before: that says nothing
                    self._rom_assigned.discard(attr)

    def _rom_take_defaults(self, raw, attrs):
        """Take over what another writer has filled in: the defaults that this entity read all along.

        :param raw: the row as it is stored
        :param attrs: the columns in which it differs from what this entity has seen
        :returns: bool, whether that is all that differs
        """
        found = {}
        for attr in attrs:
            column, place = self._columns[attr], self._rom_schema.position[attr]
            if self._rom_raw[place] is not None or not column.has_default:
                return False
            default = column.missing()
            if default is None or not column.same(column.encode(default), raw[place]):
                return False
            found[place] = raw[place]
        for place, value in found.items():
            self._rom_raw[place] = value
        return True

    def _rom_unchanged_in_place(self, raw):
        return dict((attr, self._rom_values[attr]) for attr in self._rom_schema.mutable if attr in self._rom_values
                    and as_text(self._rom_raw[self._rom_schema.position[attr]]) == as_text(raw[self._rom_schema.position[attr]]))

    def _rom_refreshed(self, raw, keep=False):
        """Mirror a row that has just been read.

        :param keep: keep the objects of unchanged values that can be changed in place, for the program may hold them
        """
        kept = self._rom_unchanged_in_place(raw) if keep and self._rom_schema.mutable else {}
        self._rom_raw = raw
        self._rom_values.clear()
        self._rom_values.update(kept)
        self._rom_assigned = ()
        self._rom_generation = session._generation
        if self._rom_schema.starting:
            self._rom_start()

    def _rom_page_mates(self):
        """The entities loaded together with this one, itself included."""
        mates = [reference() for reference in self._rom_page or ()]
        mates = [mate for mate in mates if mate is not None and not mate._deleted]
        return mates if any(mate is self for mate in mates) else [self]

    # -- hooks ----------------------------------------------------------------------------------------------------------

    def _before_insert(self):
        """Called before a new entity is written."""

    def _before_update(self):
        """Called before a change is written."""

    def _before_delete(self):
        """Called before the row is removed."""

    def _after_insert(self):
        """Called after a new entity was written."""

    def _after_update(self):
        """Called after a change was written."""

    def _after_delete(self):
        """Called after the row was removed."""

    def _rom_has_hook(self, *names):
        """Whether one of these hooks is a program's own."""
        own = getattr(self, '__dict__', ())
        return any(getattr(type(self), name) != getattr(Entity, name) or name in own for name in names)
