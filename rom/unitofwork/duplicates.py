"""Other objects of a row: copies, unpickled ones, and plain dicts of its values."""

import copy

from ..mapping.state import State

__all__ = ['Duplicates', 'Values']

try:
    from collections.abc import MutableMapping
except ImportError:  # Python 2
    from collections import MutableMapping


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
    """How an `Entity` is copied and pickled: into entities with data of their own, which no session knows."""

    __slots__ = ()

    def __copy__(self):
        return _twin(self, {}, dict)

    def __deepcopy__(self, memo):
        return _twin(self, memo, lambda own: copy.deepcopy(own, memo))

    def __reduce_ex__(self, protocol):
        # the object before what it holds: that may lead back to it
        own = dict(getattr(self, '__dict__', {})) or None
        return _detached, (type(self), None, tuple(self._rom.assigned)), (own, _kept(self._rom, {}))

    def __setstate__(self, pickled):
        own, kept = pickled
        if own:
            self.__dict__.update(own)
        _keep(self._rom, kept)


def _twin(entity, memo, copied):
    memo[id(entity)] = twin = _detached(type(entity), None, entity._rom.assigned)
    _keep(twin._rom, _kept(entity._rom, memo))
    for name, value in copied(getattr(entity, '__dict__', {})).items():
        twin.__dict__[name] = value
    return twin


#: the names by which pickles know what a `State` has
_PICKLED = (('_rom_id', 'id'), ('_rom_raw', 'row'), ('_rom_values', 'values'), ('_new', 'new'), ('_deleted', 'deleted'))


def _kept(state, memo):
    kept = dict((name, getattr(state, attr)) for name, attr in _PICKLED)
    return dict(kept, _rom_raw=list(state.row), _rom_values=state.copied_values(memo))


def _keep(state, kept):
    for name, attr in _PICKLED:
        setattr(state, attr, kept[name])


def _detached(model, pickled=None, assigned=()):
    """Return an entity that no session knows; pickles of release 2.0.0 give its whole state here."""
    entity = model.__new__(model)
    entity._rom = state = State.of(entity)
    if pickled is not None:
        state.id, state.row, state.values, assigned, state.new, state.deleted, own = pickled
        entity.__dict__.update(own)
    state.assign_anew(assigned)
    return entity
