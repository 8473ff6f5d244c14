"""Several objects of one row: how they come about, and how what was changed in them comes together."""

import copy
import itertools

from ..exceptions import DataRaceError, InvalidColumnValue
from ..storage.plan import as_text

__all__ = ['Assignments', 'Duplicates', 'Values']

try:
    from collections.abc import MutableMapping
except ImportError:  # Python 2
    from collections import MutableMapping

#: numbers the assignments: of two to one column of a row, the later one holds
_numbers = itertools.count(1)


class Assignments(dict):
    """Which columns were assigned, and when: a set of them that knows a number for each, growing with every assignment."""

    __slots__ = ()

    def add(self, attr):
        """One was assigned now."""
        self[attr] = next(_numbers)

    def discard(self, attr):
        """One counts as assigned no longer."""
        self.pop(attr, None)


class Values(MutableMapping, dict):
    """What `_data` gives: every column's value by its name; what is put in here or taken out is assigned to the entity."""

    __slots__ = ('_entity',)

    def __init__(self, entity):
        dict.__init__(self, ((attr, getattr(entity, attr)) for attr in entity._rom_schema.shown))
        self._entity = entity

    def __setitem__(self, attr, value):
        if attr in self._entity._rom_schema.position:
            setattr(self._entity, attr, value)
            value = getattr(self._entity, attr)
        dict.__setitem__(self, attr, value)

    def __delitem__(self, attr):
        if attr in self._entity._rom_schema.position:
            setattr(self._entity, attr, None)
        dict.__delitem__(self, attr)

    __getitem__, __iter__, __len__ = dict.__getitem__, dict.__iter__, dict.__len__
    __contains__, __eq__, __ne__, __repr__ = dict.__contains__, dict.__eq__, dict.__ne__, dict.__repr__
    __hash__ = None
    get, keys, values, items = dict.get, dict.keys, dict.values, dict.items

    def __ior__(self, other):
        self.update(other)
        return self

    def __reduce__(self):
        return dict, (dict(self),)


class Duplicates(object):
    """The part of an `Entity` that concerns other objects of its row: copies and unpickled ones, or those of another thread."""

    __slots__ = ()

    # -- copies ---------------------------------------------------------------------------------------------------------

    def __copy__(self):
        return self._rom_twin({}, dict)

    def __deepcopy__(self, memo):
        return self._rom_twin(memo, lambda own: copy.deepcopy(own, memo))

    def __reduce_ex__(self, protocol):
        # the object before what it holds: that may lead back to it
        own = dict(getattr(self, '__dict__', {})) or None
        return _detached, (type(self), None, tuple(self._rom_assigned)), (own, self._rom_state({}))

    def _rom_twin(self, memo, copied):
        memo[id(self)] = twin = _detached(type(self), None, self._rom_assigned)
        for name, value in self._rom_state(memo).items():
            setattr(twin, name, value)
        for name, value in copied(getattr(self, '__dict__', {})).items():
            twin.__dict__[name] = value
        return twin

    def _rom_state(self, memo):
        values = dict((attr, copy.deepcopy(value, memo) if self._columns[attr].is_mutable else value)
                      for attr, value in self._rom_values.items()
                      if attr in self._rom_assigned or not self._columns[attr].is_reference)
        return {'_rom_id': self._rom_id, '_rom_raw': list(self._rom_raw), '_rom_values': values, '_new': self._new,
                '_deleted': self._deleted}

    # -- several objects of a row ---------------------------------------------------------------------------------------

    def _rom_join(self, others):
        """Take over what other objects of the row have changed; of one column, what was assigned last.

        :raises DataRaceError: where nothing tells which is the last, as of changes in place
        """
        changes = [(entity, entity._rom_changes()) for entity in [self] + others]
        for attr in set(attr for _, texts in changes for attr in texts):
            changed = [(entity, texts[attr]) for entity, texts in changes if attr in texts]
            last, text = changed[0]
            if any(other != text for _, other in changed):
                self._rom_check_told_apart(attr, [entity for entity, _ in changed])
                last, text = max(changed, key=lambda change: change[0]._rom_assigned[attr])
            for entity, _ in changed + [(self, text)]:
                entity._rom_take_change(attr, last)

    def _rom_check_told_apart(self, attr, objects):
        if not all(attr in entity._rom_assigned for entity in objects):
            raise DataRaceError(
                '%s of %s was changed in two objects of that row, and in place: nothing tells which is right. Save the one '
                'that is, and forget() or refresh(force=True) the other' % (self._columns[attr].where, self._pk), self._namespace,
                str(self._rom_id), model=self._rom_schema.name, pk=self._rom_id, columns=(attr,))

    def _rom_take_change(self, attr, other):
        if other is self:
            return
        column, place, value = self._columns[attr], self._rom_schema.position[attr], other._rom_values[attr]
        if not column.same(column.encode(value), self._rom_raw[place]):  # else it is written already
            self._rom_raw[place] = other._rom_raw[place]
        self._rom_values[attr] = copy.deepcopy(value) if column.is_mutable else value
        if attr in other._rom_assigned:
            self._rom_assigned = self._rom_assigned or Assignments()
            self._rom_assigned[attr] = other._rom_assigned[attr]

    def _rom_follow(self, raw):
        """Another object of the row was written, which now is `raw`; changes that differ from that are still to be written."""
        try:
            changes = self._rom_changes()
        except InvalidColumnValue:  # the save will say so
            return
        for attr, place in self._rom_schema.position.items():
            if attr not in changes and as_text(raw[place]) != as_text(self._rom_raw[place]):
                self._rom_values.pop(attr, None)
            if attr not in changes or self._columns[attr].same(changes[attr], raw[place]):
                self._rom_raw[place] = raw[place]
                if attr in self._rom_assigned:
                    self._rom_assigned.discard(attr)
        self._new = False


def _detached(model, state=None, assigned=()):
    """An entity that no session knows; pickles of release 2.0.0 give its whole state here."""
    entity = model.__new__(model)
    entity._rom_begin(None, [None] * len(model._rom_schema.stored))
    if state is not None:
        entity._rom_id, entity._rom_raw, entity._rom_values, assigned, entity._new, entity._deleted, own = state
        entity.__dict__.update(own)
    entity._rom_assigned = Assignments((attr, next(_numbers)) for attr in assigned) or ()
    return entity
