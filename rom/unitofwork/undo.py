"""What entities were before a scope changed them, for the case that it fails."""

import copy
import weakref

__all__ = ['Before', 'frozen', 'restored']

#: how many entities there may be before dead ones are looked for
_SWEEP_FROM = 1000


def frozen(value, around=()):
    """Note what a value holds, however deep, and which objects hold it.

    :param value: dict, list or tuple of such and of what cannot change
    :param around: the ids of those that hold it
    :returns: for `restored`
    """
    if not isinstance(value, (dict, list, tuple)) or id(value) in around:
        return value, None
    around += (id(value),)
    if isinstance(value, dict):
        return value, [(key, frozen(each, around)) for key, each in list(value.items())]
    return value, [frozen(each, around) for each in list(value)]


def restored(noted):
    """Have a value hold again what it held when it was `frozen`, in the same objects, and return it."""
    value, parts = noted
    if isinstance(value, dict) and parts is not None:
        items = [(key, restored(each)) for key, each in parts]
        value.clear()
        value.update(items)
    elif parts is not None:
        items = [restored(each) for each in parts]
        if isinstance(value, list):
            value[:] = items
    return value


def _noted(value, is_mutable):
    if not is_mutable or isinstance(value, (dict, list, tuple)):
        return frozen(value) if is_mutable else (value, None)
    try:
        return copy.deepcopy(value), None
    except Exception:  # an object of the program's own that cannot be copied
        return value, None


class _Was(object):
    """A column of an entity as it was: what the row held, its value where it was known, and when that was assigned."""

    __slots__ = ('raw', 'was_new', 'number', 'is_known', 'noted')

    def __init__(self, state, attr):
        self.raw, self.was_new = state.raw(attr), state.new
        self.number = state.assigned[attr] if attr in state.assigned else None
        self.is_known = attr in state.values
        self.noted = _noted(state.values.get(attr), state.schema.columns[attr].is_mutable)

    def put_back(self, state, attr, is_uncertain):
        """Make the column what it was, unless its row has become another since.

        :param is_uncertain: whether the row may have been written, and nobody knows yet
        """
        value, is_stored = restored(self.noted), state.raw(attr) != self.raw or state.new != self.was_new
        if attr in state.assigned:
            state.assigned.discard(attr)
        if self.number is not None and not is_stored:
            state.hold(attr, value)
            if not is_uncertain:  # else it counts as assigned since that write
                state.assigned[attr] = self.number
        elif self.is_known and not (is_stored or is_uncertain):
            state.know(attr, value)
        else:
            state.values.pop(attr, None)


class Before(object):
    """What entities were before they were changed, for as long as somebody holds them."""

    def __init__(self):
        self._entries = {}  # {id of the entity: (weak reference to it, its order, {column: _Was})}
        self._limit = _SWEEP_FROM

    def note(self, entity, attr):
        """Note what a column is, unless that was noted before."""
        entry = self._entries.get(id(entity))
        if entry is None or entry[0]() is not entity:
            if len(self._entries) >= self._limit:
                self._sweep()
            entry = self._entries[id(entity)] = weakref.ref(entity), entity._rom.order, {}
        if attr not in entry[2]:
            entry[2][attr] = _Was(entity._rom, attr)

    def _sweep(self):
        for key in [key for key, entry in list(self._entries.items()) if entry[0]() is None]:
            self._entries.pop(key, None)
        self._limit = max(_SWEEP_FROM, 2 * len(self._entries))

    def take_back(self, uncertain=()):
        """Make the entities what they were.

        :param uncertain: those that may have been written, and nobody knows yet
        """
        for reference, order, columns in list(self._entries.values()):
            entity = reference()
            if entity is not None:
                entity._rom.order = order
                for attr, was in columns.items():
                    was.put_back(entity._rom, attr, entity in uncertain)
