"""Lists of entities: each once, new ones in the order in which they are written, and which stand or fall together."""

import collections

from ..storage import reads
from .identity_map import not_an_entity

__all__ = ['Entities', 'entities_of', 'groups', 'in_order', 'once_each', 'with_references']


class Entities(object):
    """A set of entities, told apart by identity: a model may define `__eq__` and need not be hashable.

    :param entities: iterable
    """

    def __init__(self, entities=()):
        self._held = {}
        if entities:
            self.update(entities)

    def update(self, entities):
        """Add them."""
        entities = list(entities)
        self._held.update(zip(map(id, entities), entities))

    def add(self, entity):
        """Add one."""
        self._held[id(entity)] = entity

    def __contains__(self, entity):
        return id(entity) in self._held

    def __len__(self):
        return len(self._held)

    def others_in(self, entities):
        """Return those of some entities that are not in it, as a list."""
        held = self._held
        return [entity for entity in entities if id(entity) not in held] if held else list(entities)


def once_each(entities):
    """Return the entities without those that came before, as a list."""
    entities = list(entities)
    ids = list(map(id, entities))
    return entities if len(set(ids)) == len(ids) else list(collections.OrderedDict(zip(ids, entities)).values())


def entities_of(objects, verb, skip_none=False):
    """Return the entities among what a session is given, lists of them included.

    :param objects: entities, and lists of what may be in here
    :param verb: what is to be done with them, for the message
    :param skip_none: pass over None
    :returns: list
    :raises ORMError: for anything else
    """
    found = []
    for item in objects:
        if isinstance(item, (list, tuple, set, frozenset)):
            found.extend(entities_of(item, verb, skip_none))
        elif item is None and skip_none:
            continue
        elif not hasattr(type(item), '_rom_schema'):
            raise not_an_entity(verb, item)
        else:
            found.append(item)
    return found


def with_references(entities):
    """Return the entities, and before each the new ones that it refers to; hand out ids where a row needs them.

    :param entities: list
    :returns: list
    """
    if not any(model._rom_schema.references for model in set(map(type, entities))):
        return once_each(entities)
    ordered, referred = in_order(entities)
    if len(referred):
        _hand_out_ids([entity for entity in ordered if entity in referred])
    return ordered


def in_order(entities):
    """Return the entities, and before each the new ones that it refers to.

    :param entities: list
    :returns: (list, `Entities` of those that others refer to)
    """
    ordered, seen, referred = [], Entities(), Entities()

    def visit(start):
        if not start._rom.schema.references:
            seen.add(start)
            ordered.append(start)
            return
        stack = [(start, iter(start._rom.new_references()))]
        seen.add(start)
        while stack:
            entity, targets = stack[-1]
            for target in targets:
                referred.add(target)
                if target not in seen:
                    seen.add(target)
                    stack.append((target, iter(target._rom.new_references())))
                    break
            else:
                stack.pop()
                ordered.append(entity)

    for entity in entities:
        if entity not in seen:
            visit(entity)
    return ordered, referred


def _hand_out_ids(entities):
    """Fetch ids for entities that others will refer to, in one call a model."""
    waiting = {}
    for entity in entities:
        if entity._rom.id is None:
            waiting.setdefault(type(entity), []).append(entity)
    for model, group in waiting.items():
        ids = reads.allocate_ids(model._connection, model._rom_schema, len(group))
        for entity, id in zip(group, ids):
            entity._rom_take_id(id)


def groups(jobs):
    """Group new rows that refer to each other: they are written together or not at all, lest one refer to nothing.

    :param jobs: list, each after those that its entity refers to, where these do not refer back to it
    :returns: ([(jobs of one call, whether it is all of them or none)], the jobs that refer to new entities not among them)
    """
    if not any([job.schema.references for job in jobs]):
        return [(jobs, False)], []
    places = dict((id(entity), place) for place, job in enumerate(jobs) for entity in job.entities)
    found, first, reach = [], 0, 0
    for place, job in enumerate(jobs):
        reach = max([reach, place] + [places.get(id(target), len(jobs)) for target in job.new_references()])
        if reach > place:
            continue
        group, first = jobs[first:place + 1], place + 1
        if len(group) > 1 and all(each.shard == job.shard for each in group):
            found.append((group, True))
            continue
        for each in group:
            if not found or found[-1][1] or found[-1][0][0].shard != each.shard:
                found.append(([], False))
            found[-1][0].append(each)
    return found, jobs[first:]
