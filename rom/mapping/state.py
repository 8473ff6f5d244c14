"""What an entity remembers: the row it mirrors, the values read or assigned, and what differs."""

import copy
import weakref

from ..exceptions import DataRaceError, InvalidColumnValue
from ..storage import alteration, insertion, keys, plan
from ..storage.plan import Row, as_text
from .assignments import NONE_YET, Assignments, Planned, assigned_after, numbers

__all__ = ['State']


class State(object):
    """What an entity knows of its row; it knows neither sessions nor connections.

    :ivar schema: `Schema` of the model
    :ivar id: int, None as long as the row has none
    :ivar row: list of the raw values as the row was last seen, in the order of `schema.stored`; replaced and never changed, so that plans know theirs
    :ivar values: {column: value} of what was decoded or assigned
    :ivar assigned: which of these were assigned, and when
    :ivar new: bool, whether there is no row yet
    :ivar deleted: bool, whether the row was deleted
    :ivar order: int, when the entity came to the session
    :ivar generation: int, between which commits of the session the row was last seen
    :ivar siblings: weak references to the entities loaded together with this one, or None
    :ivar entity: weak reference to the entity
    :ivar unanswered: there only where a scope has ended without an answer to a write: what is to be asked about
    """

    __slots__ = ('schema', 'id', 'row', 'values', 'assigned', 'new', 'deleted', 'order', 'generation', 'siblings', 'entity', 'unanswered')

    def __init__(self, schema, entity, id, row, siblings=None, generation=0):
        self.schema = schema
        self.entity = entity
        self.id = id
        self.row = row
        self.values = NONE_YET
        self.assigned = ()
        self.new, self.deleted, self.order = False, False, 0
        self.siblings = siblings
        self.generation = generation

    @classmethod
    def of(cls, entity, id=None, row=None, generation=0):
        """Return the state of an entity that is being made; its row is empty unless it is told here."""
        schema = entity._rom_schema
        return cls(schema, weakref.ref(entity), id, [None] * len(schema.stored) if row is None else row, None, generation)

    def remember_call(self, call):
        """Remember a write call of which it is not known what became, or none."""
        self.unanswered = call

    @property
    def pk(self):
        """text: 'namespace:id', for messages."""
        return keys.row(self.schema.namespace, self.id)

    def raw(self, attr):
        """Return what the row keeps for a column, as it was last seen: bytes, text or None."""
        return self.row[self.schema.position[attr]]

    # -- values ---------------------------------------------------------------------------------------------------------

    def know(self, attr, value):
        """Note that a column was found to have a value."""
        if self.values is NONE_YET:
            self.values = {}
        self.values[attr] = value

    def hold(self, attr, value):
        """Note that a column was given a value."""
        self.know(attr, value)
        self._count_as_assigned(attr, next(numbers))

    def _count_as_assigned(self, attr, number):
        """Count a column as assigned, also where another thread, or what a signal handler interrupts, replaces the assignments meanwhile."""
        assigned = None
        while assigned is None or self.assigned is not assigned:
            assigned = self.assigned or Assignments()
            assigned[attr] = max(number, assigned.get(attr, 0))
            self.assigned = self.assigned or assigned

    def begin(self, attr, value):
        """Do the same for an entity that is being made, which nobody else has yet."""
        if not self.assigned:
            self.know(attr, value)
            self.assigned = Assignments()
        self.values[attr] = value
        self.assigned[attr] = next(numbers)

    def value(self, attr):
        """Return the value of a column, decoded on first use."""
        return self.values[attr] if attr in self.values else self.schema.columns[attr]._read(self)

    def start(self):
        """Let columns with an `_init_` of the program's own say what the row holds; what is broken is told when it is read."""
        for column in self.schema.starting:
            try:
                column.__get__(self.entity())
            except InvalidColumnValue:
                continue

    def text_in_place(self, attr):
        """Return what the row would keep of a value that was read; False where that cannot be told."""
        try:
            return attr in self.values and self.schema.columns[attr].encode(self.values[attr])
        except InvalidColumnValue:  # the save will say so
            return False

    def siblings_alive(self):
        """Return the states of the entities loaded together with this one, itself included."""
        entities = [reference() for reference in self.siblings or ()]
        states = [entity._rom for entity in entities if entity is not None]
        states = [state for state in states if not state.deleted]
        return states if any(state is self for state in states) else [self]

    def forget_targets(self, model):
        """Read references to entities of a class that was defined again anew; what was assigned stays."""
        for attr in self.schema.references:
            if type(self.values.get(attr)) is model and attr not in self.assigned:
                del self.values[attr]

    # -- what a save writes ---------------------------------------------------------------------------------------------

    def is_changed(self):
        """Whether a save would write something."""
        try:
            return self.new or bool(self.changes())
        except InvalidColumnValue:  # changed in place to what cannot be stored: the save will say so
            return True

    def texts(self):
        """{column: text or None} of the whole row as the entity says it."""
        return dict((attr, self._text(attr)) for attr in self.schema.stored)

    def _text(self, attr):
        column, raw = self.schema.columns[attr], self.raw(attr)
        if attr in self.assigned or (attr in self.values and (column.is_mutable or raw is None)):
            text = column.encode(self.values[attr])
            if column.is_reference and not column.same(text, raw):
                column._refuse_deleted(self.values[attr])
            return text
        return column.encode(self.value(attr)) if raw is None else as_text(raw)

    def stored_texts(self):
        """{column: text} of the row as it was last seen, columns without a value left out; of a new one, as it will be."""
        texts = self.texts().items() if self.new else [(attr, as_text(raw)) for attr, raw in zip(self.schema.stored, self.row)]
        return dict((attr, text) for attr, text in texts if text is not None)

    def changes(self):
        """{column: text or None} of what differs from the row."""
        changes, columns, row = {}, self.schema.columns, self.row
        for attr in tuple(self.assigned):  # a handler of signals may assign more
            column = columns[attr]
            text = column.encode(self.values[attr])
            if not column.same(text, row[column._position]):
                if column.is_reference:
                    column._refuse_deleted(self.values[attr])
                changes[attr] = text
        for attr in self.schema.mutable:
            if attr in self.values and attr not in self.assigned:
                self._note_change_in_place(attr, changes)
        return changes

    def _note_change_in_place(self, attr, changes):
        column, raw = self.schema.columns[attr], self.raw(attr)
        text = column.encode(self.values[attr])
        # by their texts: NaN, tuples and int keys do not equal what JSON makes of them
        if not column.same(text, raw) and text != column.encode(column.missing() if raw is None else column.decode(raw)):
            changes[attr] = text

    def defaults_to_fill(self, changes):
        """{column: text} of the defaults that a save writes, as in 1.1.2, where the row has no value yet."""
        found = {}
        for attr in self.schema.defaulted:
            if attr not in changes and self.raw(attr) is None:
                value = self.value(attr)
                if value is not None:
                    found[attr] = self.schema.columns[attr].encode(value)
        return found

    def as_row(self, texts=None):
        """Return the row as `plan` takes it: as it is stored, or with `texts`, as it will be."""
        if texts is None:
            return Row(self.schema, self.row, id=self.id)
        id = self.entity()._rom_allocate_id if self.id is None else self.id
        return Row(self.schema, self.row, self.values, texts, id)

    def plan(self, full=False, force=False, refresh=False, stored=None, is_asked_more=False):
        """Return what a save writes. Number and row are noted first: of what comes while it is planned, both will tell.

        :param bool full: every column
        :param bool force: over what other writers changed
        :param bool refresh: index entries anew where nothing differs
        :param stored: the raw row, where it was read again
        :param bool is_asked_more: whether the row is to be as somebody has seen it, so that the operation is a dict
        :returns: `Planned`
        """
        if self.new:
            return self._plan_new()
        whole, planned = full or force, Planned(None, None, self.row)
        changes = self.texts() if whole else self.changes()
        filled = self.defaults_to_fill(changes) if self.schema.defaulted and not whole and (changes or refresh) else {}
        planned.texts, planned.filled = dict(changes, **filled) if filled else changes, filled
        if whole or changes or refresh:
            is_alone = changes and not (whole or filled or is_asked_more)
            planned.operation = (is_alone and alteration.alter(self.schema, self.id, self.row, changes, self.as_row)
                                 or self._operation(planned.texts, whole, force, changes, filled, stored))
        return planned

    def _plan_new(self):
        """Plan the first write; what is assigned by keygens that run is assigned since."""
        schema, planned = self.schema, Planned(None, None, self.row)
        texts = [self._text(attr) for attr in schema.stored] if any(self.row) else self._new_texts()
        planned.texts = dict(zip(schema.stored, texts))
        planned.operation = insertion.insert(schema, lambda: self.as_row(planned.texts), texts, lambda: self.id)
        return planned

    def _new_texts(self):
        values, texts = self.values, []
        for attr, encode in self.schema.encoders:
            value = values[attr] if attr in values else self.value(attr)
            texts.append(value if value is None else encode(value))
        return texts

    def _operation(self, texts, whole, force, changes, filled, stored):
        schema, after = self.schema, self.as_row(texts)
        before = self.as_row() if stored is None else Row(schema, stored)
        if whole:
            return plan.rewrite(schema, self.id, before, after, texts, force)
        if changes:
            return plan.update(schema, self.id, before, after, texts, filled)
        return plan.rewrite(schema, self.id, before, after, texts, filled=texts)

    def new_references(self):
        """Return the new entities that this one refers to, which must be saved before it."""
        if not (self.schema.references and self.assigned):
            return ()
        targets = [self.values[attr] for attr in self.schema.references if attr in self.assigned]
        return [target for target in targets if target is not None and target._new]

    def refuse_new_references(self):
        """Refuse to leave a reference to an entity that was not saved.

        :raises InvalidColumnValue: naming it
        """
        for attr in self.schema.references:
            target = self.values.get(attr) if attr in self.assigned else None
            if target is not None and target._new:
                raise self.schema.columns[attr].refuse(target, 'refers to a %s that was not saved' % type(target).__name__)

    # -- what became of it ----------------------------------------------------------------------------------------------

    def assigned_since(self, planned):
        """Return the columns that were assigned since a write was `Planned`, and when."""
        return assigned_after(self.assigned, planned.number)

    def written(self, row, texts, planned, generation):
        """Note that the row was written; what was assigned since is not.

        :param row: the raw row when that was planned; a column that was read or written since then knows better what is stored
        :param texts: list of (place in the row, text or None)
        :param planned: `Planned`, or whatever has its number
        """
        after = None
        while self.row is not after:  # again where a handler of signals has replaced it meanwhile
            before = self.row
            after = list(before)
            for place, text in texts:
                if before is row or as_text(before[place]) == as_text(row[place]):
                    after[place] = text
            self.row = after if self.row is before else self.row
        self.new = False
        held, number = self.assigned, planned.number
        self.assigned = assigned_after(held, number)
        if held and max(held.values()) > number:  # of these, some may have come while it was replaced
            for attr, late in list(held.items()):
                if late > number:
                    self._count_as_assigned(attr, late)
        self.generation = generation

    def _replace(self, found):
        """Have the row hold other raw values: {place: raw value}."""
        self.row = [found.get(place, raw) for place, raw in enumerate(self.row)]

    def refer_to(self, targets, texts):
        """Note that an on_delete rule wrote references of the row: {attribute: entity or None}, {attribute: text or None}."""
        self._replace(dict((self.schema.position[attr], texts[attr]) for attr in targets))
        for attr, target in targets.items():
            self.know(attr, target)
            if attr in self.assigned:
                self.assigned.discard(attr)

    def refreshed(self, row, generation, keep=False):
        """Mirror a row that has just been read.

        :param keep: keep the objects of unchanged values that can be changed in place, for the program may hold them
        """
        kept = self._unchanged_in_place(row) if keep and self.schema.mutable else {}
        self.row = row
        self.values = kept or NONE_YET
        self.assigned = ()
        self.generation = generation
        if self.schema.starting:
            self.start()

    def _unchanged_in_place(self, row):
        return dict((attr, self.values[attr]) for attr in self.schema.mutable if attr in self.values
                    and as_text(self.raw(attr)) == as_text(row[self.schema.position[attr]]))

    def take_over(self, row, attrs):
        """Take stored values for the columns that are not about to be written."""
        found = {}
        for attr, place in self.schema.position.items():
            if attr not in attrs and as_text(self.row[place]) != as_text(row[place]):
                found[place] = row[place]
                self.values.pop(attr, None)
                if attr in self.assigned:  # to what was stored before: that says nothing
                    self.assigned.discard(attr)
        self._replace(found)

    def take_defaults(self, row, attrs):
        """Take over what another writer has filled in: the defaults that this entity read all along.

        :param row: the row as it is stored
        :param attrs: the columns in which it differs from what this entity has seen
        :returns: bool, whether that is all that differs
        """
        found = {}
        for attr in attrs:
            column, place = self.schema.columns[attr], self.schema.position[attr]
            if self.row[place] is not None or not column.has_default:
                return False
            default = column.missing()
            if default is None or not column.same(column.encode(default), row[place]):
                return False
            found[place] = row[place]
        self._replace(found)
        return True

    # -- several objects of a row ---------------------------------------------------------------------------------------

    def join(self, others):
        """Take over what the states of other objects of the row have changed; of one column, what was assigned last.

        :raises DataRaceError: where nothing tells which is the last, as of changes in place
        """
        changes = [(state, state.changes()) for state in [self] + others]
        for attr in set(attr for _, texts in changes for attr in texts):
            changed = [(state, texts[attr]) for state, texts in changes if attr in texts]
            last, text = changed[0]
            if any(other != text for _, other in changed):
                self._check_told_apart(attr, [state for state, _ in changed])
                last, text = max(changed, key=lambda change: change[0].assigned[attr])
            for state, _ in changed + [(self, text)]:
                state._take_change(attr, last)

    def _check_told_apart(self, attr, states):
        if not all(attr in state.assigned for state in states):
            raise DataRaceError(
                '%s of %s was changed in two objects of that row, and in place: nothing tells which is right. Save the one '
                'that is, and forget() or refresh(force=True) the other' % (self.schema.columns[attr].where, self.pk),
                self.schema.namespace, str(self.id), model=self.schema.name, pk=self.id, columns=(attr,))

    def _take_change(self, attr, other):
        if other is self:
            return
        column, place, value = self.schema.columns[attr], self.schema.position[attr], other.values[attr]
        if not column.same(column.encode(value), self.row[place]):  # else it is written already
            self._replace({place: other.row[place]})
        self.know(attr, copy.deepcopy(value) if column.is_mutable else value)
        if attr in other.assigned:
            self._count_as_assigned(attr, other.assigned[attr])

    def follow(self, row):
        """Another object of the row was written, which now is `row`; changes that differ from that are still to be written."""
        try:
            changes = self.changes()
        except InvalidColumnValue:  # the save will say so
            return
        found = {}
        for attr, place in self.schema.position.items():
            if attr not in changes and as_text(row[place]) != as_text(self.row[place]):
                self.values.pop(attr, None)
            if attr not in changes or self.schema.columns[attr].same(changes[attr], row[place]):
                found[place] = row[place]
                if attr in self.assigned:
                    self.assigned.discard(attr)
        self._replace(found)
        self.new = False

    # -- copies ---------------------------------------------------------------------------------------------------------

    def copied_values(self, memo):
        """Return the values for another object of the row; references that were only read are read again by that."""
        columns = self.schema.columns
        return dict((attr, copy.deepcopy(value, memo) if columns[attr].is_mutable else value)
                    for attr, value in self.values.items() if attr in self.assigned or not columns[attr].is_reference)

    def assign_anew(self, attrs):
        """Count some columns as assigned just now."""
        self.assigned = Assignments((attr, next(numbers)) for attr in attrs) or ()
