"""What a delete reaches: rows that go or change, and those that forbid it."""

from ..columns.registry import references_to
from ..exceptions import RestrictError
from ..storage import batches, connections, keys, plan, reads

__all__ = ['Collector', 'Decided', 'rules_on']


def rules_on(model):
    """Return the references to a model whose on_delete rule asks for something: [(model, attribute, action)]."""
    return [reference for reference in references_to(model) if reference[2] != 'no action']


def _index_key(model, attr):
    return keys.index(model._namespace, attr)


def _shard(entity):
    return connections.shard_of(entity._connection, entity._namespace)


class Decided(object):
    """What is decided once for a delete, however often it is collected. Rows are told apart by their `_pk`."""

    def __init__(self):
        self.announced = set()  # (row, before-hook that was called)
        self.agreed = {}        # row -> whether a delete() of its model's own lets it go
        self.defaults = {}      # (row that goes, model, attribute) -> what is referred to instead
        self.chosen = {}        # row -> {attribute: what its before-hook wants to refer to instead}


class Collector(object):
    """Everything that goes, or changes, when some entities are deleted. Rows are told apart by their `_pk`.

    :param known: callable(model) -> entities of the session, whose unsaved references count
    :param decided: `Decided`
    """

    def __init__(self, known, decided):
        self._known = known
        self._decided = decided
        self.removed = []       # entities, children before parents
        self.changed = {}       # pk -> (entity, its row as stored, {attribute: entity to refer to or None})
        self._seen = {}         # pk -> entity that goes
        self._left = {}         # (pk of a row that changes, attribute) -> the entity that it refers to no longer
        self._restricting = []  # (restricted entity, referring entity, attribute)
        self._reasons = {}      # pk of an entity that goes with another -> {attribute: id as stored}
        self._referrers = {}    # pk of an entity to go -> {index key: set of referring ids}
        self._forbidding = {}   # pk of an entity to go -> those of its index keys from which nobody may refer to it
        self._counted = {}      # (namespace, attribute, referring id) -> those of these sets that it is in

    def collect(self, entity):
        """Add an entity and all that depends on it."""
        if entity._pk in self._seen:
            return
        self._seen[entity._pk] = entity
        stack = [(entity, self._dependents(entity))]
        while stack:
            current, dependents = stack[-1]
            for child in dependents:
                if child._pk not in self._seen:
                    self._seen[child._pk] = child
                    stack.append((child, self._dependents(child)))
                    break
            else:
                stack.pop()
                self.removed.append(current)

    def _dependents(self, entity):
        """Return the entities that go with `entity`; note those that change, and those that forbid it."""
        cascading = []
        for model, attr, action in rules_on(type(entity)):
            referring = self._referring(entity, model, attr)
            if action == 'restrict' or action != 'cascade' and model._columns[attr]._required:
                self._forbidding.setdefault(entity._pk, set()).add(_index_key(model, attr))
            if action == 'cascade':
                cascading.extend(child for child, _ in referring)
                self._note_reasons(entity, attr, referring)
            elif action == 'restrict':
                self._restricting.extend((entity, child, attr) for child, _ in referring)
            else:
                self._note_changes(entity, model, attr, action, referring)
        return iter(cascading)

    def _note_reasons(self, entity, attr, referring):
        """Remember that a row goes because it refers to `entity`: one that another writer has moved by then stays."""
        for child, raw in referring:
            stored = raw[child._rom_schema.position[attr]]
            if child._pk not in self._seen and _refers(stored, entity):
                self._reasons[child._pk] = {attr: plan.as_text(stored)}

    def _note_changes(self, entity, model, attr, action, referring):
        target, key = None, (entity._pk, model, attr)
        if action == 'set default' and referring:
            if key not in self._decided.defaults:
                self._decided.defaults[key] = model._columns[attr]._default_if_any()
            target = self._decided.defaults[key]
        for child, raw in referring:
            self._note_change(entity, child, raw, attr, self._decided.chosen.get(child._pk, {}).get(attr, target))

    def _note_change(self, entity, child, raw, attr, target):
        self.changed.setdefault(child._pk, (child, raw, {}))[2][attr] = target
        self._left[child._pk, attr] = entity

    def _referring(self, entity, model, attr):
        """[(entity, its row as stored)] of those that refer to `entity`, read afresh.

        One that the program has given another reference, which is not saved yet, is noted to get it.
        """
        key = _index_key(model, attr)
        ids = reads.ids_by_number(model._connection, model._rom_schema, attr, entity._rom.id)
        self._guard_against_others(entity, model, attr, key, ids)
        rows = dict(zip(ids, reads.read_rows(model._connection, model._rom_schema, ids) if ids else ()))
        place = model._rom_schema.position[attr]
        rows = dict((id, raw) for id, raw in rows.items() if raw is not None and _refers(raw[place], entity))
        assigned = dict((child._rom.id, child) for child in self._known(model) if attr in child._rom.assigned and not child._new)
        wanted = dict((id, child._rom.values[attr]) for id, child in assigned.items())
        referring = []
        for child in model._rom_adopt([(id, list(rows[id])) for id in ids if id in rows], hold=True):
            target = wanted.pop(child._rom.id, entity)
            if target is not None and target._rom.id == entity._rom.id:  # by id: there may be two objects of a row
                referring.append((child, rows[child._rom.id]))
            else:
                self._note_change(entity, child, rows[child._rom.id], attr, target)
        return referring + [(assigned[id], assigned[id]._rom.row) for id, target in wanted.items()
                            if target is not None and target._rom.id == entity._rom.id]

    def _guard_against_others(self, entity, model, attr, key, ids):
        """Note who refers to `entity`, where the call that removes it can see whether others do by then."""
        if connections.shard_of(model._connection, model._namespace) != _shard(entity):
            return
        counted = self._referrers.setdefault(entity._pk, {})[key] = set(ids)
        for id in ids:
            self._counted.setdefault((model._namespace, attr, id), []).append(counted)

    def check(self, gone):
        """Refuse what 'restrict' forbids.

        :param gone: how many rows were deleted already
        :raises RestrictError: naming the row and what refers to it
        """
        for pk in self._seen:
            self.changed.pop(pk, None)
        for child, _, targets in self.changed.values():
            self._choose_targets(child, targets)
        for entity, child, attr in self._restricting:
            if child._pk not in self._seen:
                rule = child._columns[attr]._on_delete
                raise RestrictError('Cannot delete %s: %s.%s of %s refers to it with on_delete=%r%s'
                                    % (entity._pk, type(child).__name__, attr, child._pk, str(rule),
                                       '; %d rows that go with it were deleted by then' % gone if gone else ''),
                                    entity._namespace, str(entity._rom.id), model=type(entity).__name__, pk=entity._rom.id,
                                    columns=(attr,))

    def _choose_targets(self, child, targets):
        """Refer to nothing in place of what goes as well; a row that must refer to something forbids the delete."""
        for attr, target in targets.items():
            if target is not None and (target._deleted or not target._new and target._pk in self._seen):
                targets[attr] = None
            if targets[attr] is None and child._columns[attr]._required:
                self._restricting.append((self._left[child._pk, attr], child, attr))

    def new_targets(self):
        """Return the new entities that 'set default' makes rows refer to: they are to be saved first."""
        targets = [target for _, _, targets in self.changed.values() for target in targets.values()]
        return [target for target in targets if target is not None and target._new]

    def batches(self):
        """Return the work in lists that one atomic call carries, by connection: changes first, children before parents.

        :returns: generator of lists of (entity, stored row, {attribute: target}) or, of those to go, (entity,)
        """
        steps = list(self.changed.values()) + [(entity,) for entity in self.removed]
        return batches.in_batches(steps, lambda step: batches.likely_weight(step[0]._rom.row), lambda step: _shard(step[0]))

    def reason(self, entity):
        """{attribute: id as stored} for which `entity` goes; {} where it was asked for."""
        return self._reasons.get(entity._pk, {})

    def guard(self, entity):
        """[[index key, id, ids]] of the rows that may refer to `entity` as this call starts."""
        return [[key, str(entity._rom.id), [str(id) for id in ids]]
                for key, ids in self._referrers.get(entity._pk, {}).items()]

    def restrictions(self, entity):
        """Those of the guards of `entity` that end the delete, rather than add to it."""
        forbidding = self._forbidding.get(entity._pk, ())
        return [guard for guard in self.guard(entity) if guard[0] in forbidding]

    def done(self, batch):
        """Count the referrers in a batch that was applied as gone."""
        for step in batch:
            child = step[0]
            for attr in step[2] if len(step) > 1 else child._rom_schema.stored:
                for counted in self._counted.get((child._namespace, attr, child._rom.id), ()):
                    counted.discard(child._rom.id)


def _refers(raw, entity):
    try:
        return int(raw) == entity._rom.id
    except (TypeError, ValueError):
        return False
