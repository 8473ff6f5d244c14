"""The identity map: which entities a thread knows."""

import collections
import contextlib
import functools
import itertools
import os
import threading
import weakref

from ..storage import keys

__all__ = ['IdentityMap', 'key_of']


#: how many entries there may be before dead ones are looked for
_SWEEP_FROM = 1000


def key_of(entity):
    """text: under which a session knows an entity, 'namespace:id' where it has an id."""
    state = entity._rom
    return keys.row(state.schema.known_as, 'new %d' % id(entity) if state.id is None else state.id)


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
        """Return the keys of living entities, as a list."""
        return [key for key, reference in list(self.data.items()) if reference() is not None]


class Watched(object):
    """Entities that a session does not know, of which values were read that can change in place.

    They are held until there are many; those of them that have not changed are then held only by the program.
    """

    def __init__(self):
        self._entries = {}  # {id of the entity: [entity or None, weak reference to it, {column: its text when it was read}]}
        self._limit = _SWEEP_FROM

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

    def _sweep(self):
        changed = set(id(entity) for entity in self.changed())
        for key, entry in list(self._entries.items()):
            if key not in changed:
                entry[0] = None
            if entry[1]() is None:
                del self._entries[key]
        self._limit = max(_SWEEP_FROM, 2 * len(self._entries))


#: the maps of this process, which a forked child empties
_maps = weakref.WeakSet()


def _after_fork():
    for each in list(_maps):
        each.rollback()


_TELLS_OF_FORKS = hasattr(os, 'register_at_fork')
if _TELLS_OF_FORKS:
    os.register_at_fork(after_in_child=_after_fork)


def _in_this_process(method):
    """Begin with nothing in a forked child, also where Python (before 3.7) does not tell of it."""
    if _TELLS_OF_FORKS:
        return method

    @functools.wraps(method)
    def checked(self, *args):
        if self._process != os.getpid():
            self.rollback()
        return method(self, *args)
    checked.__wrapped__ = method  # Python 2.7 does not say so by itself
    return checked


class IdentityMap(threading.local):
    """The entities a thread knows.

    `known` holds new and changed entities, and those fetched by id, until they are committed or forgotten;
    `wknown` finds any entity that the program still holds. Of a row that has several objects, as where one was
    unpickled, both hold the first; those of the others that came to the session are held beside them.

    Example::

        rom.session.get('User:1')
    """

    #: callable() -> bool: whether sessions are off for all threads; `rom.util` owns the switch
    null_session_default = staticmethod(_never)

    def __init__(self, *args, **kwargs):
        self._null_session = None
        self._order = itertools.count()
        self._generation = 0
        self._begin()
        _maps.add(self)

    def _begin(self):
        self.wknown = WeakEntities()
        self._process = os.getpid()
        self.let_go()

    def let_go(self, but=()):
        """Hold on to no entity but these; those that the program holds are still found."""
        held = self.held() if but else ()
        self.known = {}
        self._others = {}  # {key: [entity, ...]} of rows whose first object is in `known`
        self._watched = Watched()
        for entity in held:
            if entity in but:
                self.add(entity)

    @contextlib.contextmanager
    def aside(self):
        """Know nothing for a while."""
        kept = self.wknown, self.known, self._others, self._watched
        self._begin()
        try:
            yield
        finally:
            self.wknown, self.known, self._others, self._watched = kept

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

    @_in_this_process
    def add(self, obj):
        """Remember an entity, so that the next commit writes what changed in it.

        :param obj: an entity

        Example::

            rom.session.add(user)
        """
        if self.null_session:
            return
        key = key_of(obj)
        first = self.known.get(key)
        if first is None:
            found = self.wknown.get(key)
            first = obj if found is None or found._deleted else found
            self._hold(first, key)
        if first is not obj:
            others = self._others.setdefault(key, [])
            if not any(each is obj for each in others):
                obj._rom.order = next(self._order)
                others.append(obj)

    def _hold(self, obj, key):
        obj._rom.order = next(self._order)
        self.known[key] = self.wknown[key] = obj

    @_in_this_process
    def watch(self, obj, attr):
        """Note that a value that can change in place was read, of an entity that the session does not know: it joins if that changes.

        :param obj: an entity
        :param attr: name of the column
        """
        if not self.null_session:
            self._watched.add(obj, attr)

    @_in_this_process
    def held(self):
        """Every entity that the session holds on to, and those watched that have changed: they join now."""
        for obj in self._watched.changed():
            self.add(obj)
        return list(self.known.values()) + [obj for others in list(self._others.values()) for obj in others]

    def others_of(self, obj):
        """Return the other objects of an entity's row that the session holds on to, as a list."""
        if not self._others:
            return []
        key = key_of(obj)
        return [each for each in [self.known.get(key)] + self._others.get(key, []) if each is not None and each is not obj]

    def one_a_row(self, entities):
        """Join the changes of several objects of a row in the first of them.

        :param entities: list
        :returns: list of entities, of which each is to be written by itself
        :raises DataRaceError: where they contradict each other, and nothing tells which comes last
        """
        if not self._others:
            return entities
        rows, alone = collections.OrderedDict(), []
        for entity in entities:
            rows.setdefault((key_of(entity), entity._new), []).append(entity)
        for objects in rows.values():
            if len(objects) > 1:
                objects[0]._rom.join([each._rom for each in objects[1:]])
            alone.append(objects[0])
        return alone

    @_in_this_process
    def maps(self):
        """Return the strong and the weak map; empty ones that nothing keeps where the session is switched off."""
        return ({}, WeakEntities()) if self.null_session else (self.known, self.wknown)

    def take_id(self, obj, id):
        """Keep an entity under its own key, now that it has an id; it is never without one, whatever interrupts this."""
        old_key, new_key = key_of(obj), keys.row(obj._rom.schema.known_as, id)
        maps = [entities for entities in (self.known, self.wknown) if entities.get(old_key) is obj]
        for entities in maps:
            entities[new_key] = obj
        obj._rom.id = id
        for entities in maps:
            del entities[old_key]

    def forget(self, obj):
        """Drop an entity: the next commit writes nothing of it, and `get` reads its row anew.

        :param obj: an entity

        Example::

            rom.session.forget(user)
        """
        key = key_of(obj)
        for entities in (self.known, self.wknown):
            if entities.get(key) is obj:
                del entities[key]
        if key in self._others:
            self._others[key] = [each for each in self._others[key] if each is not obj]
        self._watched.discard(obj)

    def forget_row(self, obj):
        """Drop a deleted entity, and what else is known of its row; what has edits stays, and will be refused.

        :param obj: an entity
        """
        self.forget(obj)
        for other in self.others_of(obj) + [self.get(key_of(obj))]:
            if other is not None and not other._deleted and not other._modified:
                other._deleted = True
                self.forget(other)

    @_in_this_process
    def get(self, pk):
        """Return the entity that the session knows of a row.

        :param pk: text, 'namespace:id'
        :returns: the entity, or None

        Example::

            rom.session.get('User:1')
        """
        found = self.known.get(pk)
        return self.wknown.get(pk) if found is None else found

    @_in_this_process
    def current_of(self, namespace, ids):
        """Return the entities known of some rows that need not be read again.

        :param namespace: text, by which sessions know the model
        :param ids: list of int
        :returns: dict of entities by id
        """
        found = {}
        if self.known or self.wknown.data:
            start = keys.start(namespace)
            for id in ids:
                entity = self.get(start + str(id))
                if entity is not None and (entity._rom.generation == self._generation or entity._modified):
                    found[id] = entity
        return found

    def forget_model(self, model):
        """Drop the entities of a model that was defined again, also where others that were only read refer to them."""
        for entity in self.all_known():
            if type(entity) is model:
                self.forget(entity)
            else:
                entity._rom.forget_targets(model)

    def all_known(self):
        """Return every entity that the session finds, held or not, as a list."""
        found = self.held() + [reference() for reference in list(self.wknown.data.values())]
        return [entity for entity in found if entity is not None]

    def rollback(self):
        """Forget every entity; edits in them are not undone, and nothing is written.

        Example::

            rom.session.rollback()
        """
        self._begin()
