"""The identity map: which entities a thread knows."""

import itertools
import threading
import weakref

__all__ = ['IdentityMap']


#: how many entries there may be before dead ones are looked for
_SWEEP_FROM = 1000


def _never():
    return False


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
        self.sweep_if_grown()

    def sweep_if_grown(self):
        """Drop dead references if there may be many."""
        if len(self.data) > self._limit:
            for key in [key for key, reference in list(self.data.items()) if reference() is None]:
                self.data.pop(key, None)
            self._limit = max(_SWEEP_FROM, 2 * len(self.data))

    def __iter__(self):
        return iter(self.keys())

    def __len__(self):
        return len(self.keys())

    def keys(self):
        """The keys of living entities, as a list."""
        return [key for key, reference in list(self.data.items()) if reference() is not None]


class IdentityMap(threading.local):
    """The entities a thread knows.

    `known` holds new and changed entities, and those fetched by id, until they are committed or forgotten;
    `wknown` finds any entity that the program still holds.

    Example::

        rom.session.get('User:1')
    """

    #: callable() -> bool: whether sessions are off for all threads; `rom.util` owns the switch
    null_session_default = staticmethod(_never)

    def __init__(self, *args, **kwargs):
        self.known = {}
        self.wknown = WeakEntities()
        self._null_session = None
        self._order = itertools.count()
        self._generation = 0

    # -- switched off -------------------------------------------------------------------------------------------------

    @property
    def null_session(self):
        """bool: whether this thread's session remembers nothing; True, False, or deleted to follow the default."""
        return type(self).null_session_default() if self._null_session is None else self._null_session

    @null_session.setter
    def null_session(self, value):
        self._null_session = value
        if value:
            self.rollback()

    @null_session.deleter
    def null_session(self):
        self._null_session = None

    # -- known entities -----------------------------------------------------------------------------------------------

    def add(self, obj):
        """Remember an entity, so that the next commit writes what changed in it.

        :param obj: an entity

        Example::

            rom.session.add(user)
        """
        if self.null_session:
            return
        key = obj._rom_session_key()
        if key not in self.known:
            obj._rom_order = next(self._order)
            self.known[key] = obj
        self.wknown[key] = obj

    def maps(self):
        """The strong and the weak map; empty ones that nothing keeps where the session is switched off."""
        return ({}, WeakEntities()) if self.null_session else (self.known, self.wknown)

    def take_id(self, obj, id):
        """Keep an entity under its own key, now that it has an id; it is never without one, whatever interrupts this."""
        old_key, new_key = obj._rom_session_key(), '%s:%s' % (obj._namespace, id)
        maps = [entities for entities in (self.known, self.wknown) if entities.get(old_key) is obj]
        for entities in maps:
            entities[new_key] = obj
        obj._rom_id = id
        for entities in maps:
            del entities[old_key]

    def forget(self, obj):
        """Drop an entity: the next commit writes nothing of it, and `get` reads its row anew.

        :param obj: an entity

        Example::

            rom.session.forget(user)
        """
        key = obj._rom_session_key()
        for entities in (self.known, self.wknown):
            if entities.get(key) is obj:
                del entities[key]

    def get(self, pk):
        """The entity that the session knows of a row.

        :param pk: text, 'namespace:id'
        :returns: the entity, or None

        Example::

            rom.session.get('User:1')
        """
        found = self.known.get(pk)
        return self.wknown.get(pk) if found is None else found

    def current_of(self, namespace, ids):
        """The entities known of some rows that need not be read again.

        :param namespace: text
        :param ids: list of int
        :returns: dict of entities by id
        """
        found = {}
        if self.known or self.wknown.data:
            for id in ids:
                entity = self.get('%s:%d' % (namespace, id))
                if entity is not None and (entity._rom_generation == self._generation or entity._modified):
                    found[id] = entity
        return found

    def rollback(self):
        """Forget every entity; edits in them are not undone, and nothing is written.

        Example::

            rom.session.rollback()
        """
        self.known = {}
        self.wknown = WeakEntities()
