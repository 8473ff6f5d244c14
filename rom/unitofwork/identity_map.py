"""The identity map: which entities a thread knows."""

import collections
import itertools

from ..exceptions import ORMError
from ..storage import keys
from ..values.codecs import _shown
from .weak_maps import Watched, WeakEntities

__all__ = ['IdentityMap', 'is_changed', 'key_of', 'not_an_entity']


def key_of(entity):
    """text: under which a session knows an entity, 'namespace:id' where it has an id."""
    state = entity._rom
    return keys.row(state.schema.known_as, 'new %d' % id(entity) if state.id is None else state.id)


def is_changed(state):
    """Whether an entity has something to write; of most that were just written, a look is enough."""
    return bool(state.new or state.assigned or state.schema.mutable) and not state.deleted and state.is_changed()


def not_an_entity(verb, item):
    """Return the error about what a session was given in place of an entity."""
    if hasattr(type(item), '_rom_schema'):
        name = type(item).__name__
        return ORMError('Cannot %s an entity of %s that is not made yet: call Model.__init__(**values) first in %s.__init__'
                        % (verb, name, name), model=name)
    return ORMError('Cannot %s an object that is not an instance of a Model (you provided %s)' % (verb, _shown(item)), value=item)


#: numbers the commits: no two scopes share one, so that an entity that both know is read again after either of them
_generations = itertools.count(1)


class IdentityMap(object):
    """The entities that a scope knows.

    `known` holds new and changed entities, and those fetched by id, until they are committed or forgotten;
    `wknown` finds any entity that the program still holds. Of a row that has several objects, as where one was
    unpickled, both hold the first; those of the others that came to the session are held beside them.

    Threads may share one: what is put into maps that were replaced meanwhile is put into the new ones again.

    :param outer: the scope around it, which knows what becomes of its entities, or None

    Example::

        rom.session.get('User:1')
    """

    #: whether it remembers nothing of what is read
    is_off = False
    #: numbers what comes to a scope, be it this one or another: the earlier one is written first
    order = itertools.count(1)

    def __init__(self, outer=None):
        #: this scope and those around it, the innermost first
        self.chain = (self,) + (outer.chain if outer else ())
        self._once_held = WeakEntities()  # by their id(): those that have values which can change in place
        self.begin()

    def begin(self):
        """Know nothing."""
        self.wknown = WeakEntities()
        self._once_held.data.clear()
        self._hold_nothing()

    def _hold_nothing(self):
        self._others = {}  # {key: [entity, ...]} of rows whose first object is in `known`
        self._watched = Watched()
        self.known = {}    # the last: what another thread has put into the one before, it puts in here again
        self.generation = next(_generations)

    def let_go(self, but=()):
        """Hold on to no entity but these, and those with changes; what the program holds is still found."""
        for obj in self._replaced(self._hold_nothing, but):
            self.add(obj)

    def _replaced(self, replace, but=()):
        """Have the maps replaced, and only then look into those before: what a thread puts in there now, it puts into the new ones, too.

        :returns: the entities that were held and have changes, and these others, in their order
        """
        known, others, watched = self.known, self._others, self._watched
        replace()
        held = list(known.values()) + [obj for objects in list(others.values()) for obj in objects]
        for obj in held:
            if obj._rom.schema.mutable:
                self._once_held[id(obj)] = obj
        kept = [obj for obj in held if obj in but or is_changed(obj._rom)] + watched.changed()
        return sorted(kept, key=lambda obj: obj._rom.order)

    def takes(self):
        """Whether it remembers what is changed."""
        return True

    def before_change(self, obj, attr=None):
        """Learn that a column, or a whole new entity, is about to get a value."""

    def note_read(self, obj, attr):
        """Learn that a value was read that can change in place."""

    def in_place(self):
        """Return [(entity, column)] of the values that the program may have in its hands, and change in place."""
        found = [reference() for reference in list(self._once_held.data.values())] + self._watched.living()
        found += list(self.known.values()) + [obj for others in list(self._others.values()) for obj in others]
        return [(obj, attr) for obj in found if obj is not None for attr in obj._rom.schema.mutable if attr in obj._rom.values]

    # -- known entities -----------------------------------------------------------------------------------------------

    def add(self, obj):
        """Remember an entity, so that the next commit writes what changed in it.

        :param obj: an entity
        """
        try:
            known, key = self.known, key_of(obj)
        except AttributeError:
            raise not_an_entity('add', obj)
        first = known.get(key)
        if first is obj or not self.takes():
            return
        if first is None:
            found = self.wknown.get(key)
            first = known.setdefault(key, obj if found is None or found._deleted else found)
            first._rom.order = next(self.order)
            self.wknown[key] = first
        if first is not obj:
            others = self._others.setdefault(key, [])
            if not any(each is obj for each in others):
                obj._rom.order = next(self.order)
                others.append(obj)
        if self.known is not known:
            self.add(obj)

    def add_new(self, obj):
        """Remember an entity that was made just now."""
        self.before_change(obj)
        known, key = self.known, key_of(obj)
        if obj._rom.id is not None or key in known or not self.takes():
            self.add(obj)
            return
        obj._rom.order = next(self.order)
        known[key] = self.wknown[key] = obj
        if self.known is not known and obj._rom.new:  # else another thread has committed it meanwhile
            self.add(obj)

    def watch(self, obj, attr):
        """Note that a value that can change in place was read, of an entity that the session does not know: it joins if that changes.

        :param obj: an entity
        :param attr: name of the column
        """
        watched = self._watched
        if not self.is_off:
            watched.add(obj, attr)
            if self._watched is not watched:
                self._watched.add(obj, attr)

    def held(self):
        """Every entity that the session holds on to, and those watched that have changed: they join now."""
        for obj in self._watched.changed():
            self.add(obj)
        return list(self.known.values()) + [obj for others in list(self._others.values()) for obj in others]

    def assigned_of(self, model):
        """Return the entities of a model that the session holds on to and that were assigned something, as a list."""
        found = list(self.known.values())
        for others in list(self._others.values()):
            found += others
        return [entity for entity in found if entity._rom.assigned and type(entity) is model]

    def has_others(self):
        """Whether there are rows of which it holds several objects."""
        return bool(self._others)

    def others_of(self, obj):
        """Return the other objects of an entity's row that the session holds on to, as a list."""
        if not self._others:
            return []
        key = key_of(obj)
        return [each for each in [self.known.get(key)] + self._others.get(key, []) if each is not None and each is not obj]

    def one_a_row(self, entities, all=False):
        """Join the changes of several objects of a row in the first of them that is changed.

        :param entities: list
        :param bool all: whether those that are not changed count as well
        :returns: list of entities, of which each is to be written by itself
        :raises DataRaceError: where they contradict each other, and nothing tells which comes last
        """
        if not self._others:
            return entities
        rows, alone = collections.OrderedDict(), []
        for entity in entities if all else [entity for entity in entities if entity._modified]:
            rows.setdefault((key_of(entity), entity._new), []).append(entity)
        for objects in rows.values():
            if len(objects) > 1:
                self._before_joining(objects)
                objects[0]._rom.join([each._rom for each in objects[1:]])
            alone.append(objects[0])
        return alone

    def _before_joining(self, objects):
        for obj in objects:
            for attr in obj._rom.schema.mutable + tuple(set(attr for each in objects for attr in each._rom.assigned)):
                self.before_change(obj, attr)

    def maps(self):
        """Return the strong and the weak map; empty ones that nothing keeps where the session is switched off."""
        return ({}, WeakEntities()) if self.is_off else (self.known, self.wknown)

    def take_id(self, obj, id):
        """Keep an entity under its own key, now that it has an id; it is never without one, whatever interrupts this."""
        old_key, new_key = key_of(obj), keys.row(obj._rom.schema.known_as, id)
        if old_key == new_key:  # a handler of signals has asked for it meanwhile
            return
        places = []
        for scope in self.chain:
            if scope.known.get(old_key) is obj:
                places.append((scope.known, obj))
            reference = scope.wknown.data.get(old_key)
            if reference is not None and reference() is obj:
                places.append((scope.wknown.data, reference))
        for entities, entry in places:
            entities[new_key] = entry
        obj._rom.id = id
        for entities, _ in places:
            entities.pop(old_key, None)

    def forget(self, obj):
        """Drop an entity: the next commit writes nothing of it, and `get` reads its row anew.

        :param obj: an entity
        """
        try:
            key = key_of(obj)
        except AttributeError:
            raise not_an_entity('forget', obj)
        self._drop(key, obj)

    def _drop(self, key, obj):
        if self.known.get(key) is obj:
            del self.known[key]
        if self.wknown.has(key, obj):
            self.wknown.data.pop(key, None)
        if key in self._others:
            self._others[key] = [each for each in self._others[key] if each is not obj]
        self._watched.discard(obj)

    def forget_rows(self, entities):
        """Drop deleted entities of a model, and what else is known of their rows, here and around; what has edits stays, and will be refused.

        :param entities: list
        """
        before = keys.start(entities[0]._rom.schema.known_as)
        for scope in self.chain:
            known, references, has_more = scope.known, scope.wknown.data, scope._others or scope._watched
            for obj in entities:
                key = before + str(obj._rom.id)
                if known.get(key) is obj:
                    known.pop(key, None)
                reference = references.get(key)
                if reference is not None and reference() is obj:
                    references.pop(key, None)
                if has_more or key in known or key in references:
                    scope._drop(key, obj)
                    scope._follow_delete(key, obj)

    def _follow_delete(self, key, obj):
        """Have the other objects of a deleted row be deleted as well, but for those with edits."""
        for other in self.others_of(obj) + [self.get(key)]:
            if other is not None and not other._deleted and not other._modified:
                other._deleted = True
                self.forget(other)

    def get(self, pk):
        """Return the entity that the session knows of a row.

        :param pk: text, 'namespace:id'
        :returns: the entity, or None
        """
        found = self.known.get(pk)
        return self.wknown.get(pk) if found is None else found

    def current(self, pk):
        """Return the entity that the session knows of a row, if that need not be read again; else None.

        :param pk: text, 'namespace:id'
        """
        entity = self.get(pk)
        return entity if entity is not None and (entity._rom.generation == self.generation or entity._modified) else None

    def current_of(self, namespace, ids):
        """Return the same of some rows.

        :param namespace: text, by which sessions know the model
        :param ids: list of int
        :returns: dict of entities by id
        """
        found = {}
        if self.known or self.wknown.data:
            start = keys.start(namespace)
            for id in ids:
                entity = self.current(start + str(id))
                if entity is not None:
                    found[id] = entity
        return found

    def changed(self):
        """Return the entities with changes, as a list."""
        return [entity for entity in self.held() if is_changed(entity._rom)]

    def forget_model(self, model):
        """Drop the entities of a model that is defined again, also where others that were only read refer to them.

        :returns: list of those of them that have changes
        """
        found = self.held() + [reference() for reference in list(self.wknown.data.values())]
        changed = [entity for entity in found if type(entity) is model and is_changed(entity._rom)]
        for entity in found:
            if type(entity) is model:
                self.forget(entity)
            elif entity is not None:
                entity._rom.forget_targets(model)
        return changed
