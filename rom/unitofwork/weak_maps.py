"""Entities for as long as the program holds them: those that a scope finds again, and those of which a value may change in place."""

import weakref

__all__ = ['Watched', 'WeakEntities']

#: how many entries there may be before dead ones are looked for
_SWEEP_FROM = 1000


class WeakEntities(weakref.WeakValueDictionary):
    """Entities by key, for as long as the program holds them.

    Its references call nobody when an entity goes, which would cost more than the rest of loading it: dead ones are
    swept out once they may be as many as the living. `data` is the dict of them, for code that handles many.
    """

    def __init__(self):
        weakref.WeakValueDictionary.__init__(self)
        self._limit = _SWEEP_FROM

    def __setitem__(self, key, entity):
        self.data[key] = weakref.ref(entity)
        if len(self.data) > self._limit:
            self.sweep_if_grown()

    def get(self, key, default=None):
        """Return the entity under a key."""
        reference = self.data.get(key)
        entity = None if reference is None else reference()
        return default if entity is None else entity

    def has(self, key, entity):
        """Whether it is this very entity that stands under a key."""
        reference = self.data.get(key)
        return reference is not None and reference() is entity

    def sweep_if_grown(self):
        """Drop dead references if there may be many."""
        if len(self.data) > self._limit:
            for key in [key for key, reference in dict(self.data).items() if reference() is None]:
                self.data.pop(key, None)
            self._limit = max(_SWEEP_FROM, 2 * len(self.data))

    def __iter__(self):
        return iter(self.keys())

    def __len__(self):
        return len(self.keys())

    def keys(self):
        """Return the keys of living entities, as a list."""
        return [key for key, reference in dict(self.data).items() if reference() is not None]


class Watched(object):
    """Entities that a session does not know, of which values were read that can change in place.

    They are held until there are many; those of them that have not changed are then held only by the program.
    """

    def __init__(self):
        self._entries = {}  # {id of the entity: [entity or None, weak reference to it, {column: its text when it was read}]}
        self._limit = _SWEEP_FROM

    def __len__(self):
        return len(self._entries)

    def add(self, entity, attr):
        """Remember what the value of a column is now, unless it was read before."""
        entry = self._entries.get(id(entity))
        if entry is None or entry[1]() is not entity:
            if len(self._entries) >= self._limit:
                self._sweep()
            entry = self._entries[id(entity)] = [entity, weakref.ref(entity), {}]
        if attr not in entry[2]:
            entry[2][attr] = entity._rom.text_in_place(attr)

    def discard(self, entity):
        """Watch one no longer."""
        self._entries.pop(id(entity), None)

    def changed(self):
        """Return the entities with values that have changed since they were read, as a list."""
        found = [(reference(), texts) for _, reference, texts in list(self._entries.values())]
        return [entity for entity, texts in found if entity is not None and not entity._deleted
                and any(entity._rom.text_in_place(attr) != text for attr, text in texts.items())]

    def living(self):
        """Return the entities, as a list."""
        return [entity for entity in [reference() for _, reference, _ in list(self._entries.values())] if entity is not None]

    def _sweep(self):
        changed = set(id(entity) for entity in self.changed())
        for key, entry in list(self._entries.items()):
            if key not in changed:
                entry[0] = None
            if entry[1]() is None:
                del self._entries[key]
        self._limit = max(_SWEEP_FROM, 2 * len(self._entries))
