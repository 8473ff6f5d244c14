"""What a delete reaches: collect it, check 'restrict', then apply children before parents."""

from . import plan, store
from .columns.registry import references_to
from .exceptions import QueryError, RestrictError

__all__ = ['Collector', 'refuse_rules']


def rules_on(model):
    """The references to a model whose on_delete rule asks for something: [(model, attribute, action)]."""
    return [reference for reference in references_to(model) if reference[2] != 'no action']


def refuse_rules(models):
    """Refuse models that on_delete rules concern.

    :raises QueryError: naming the first such reference
    """
    for model in models:
        for referrer, attr, action in rules_on(model):
            raise QueryError("Can't delete entities of models with foreign key relationships: %s.%s refers to %s with "
                             "on_delete=%r; use entity.delete()" % (referrer.__name__, attr, model.__name__, action),
                             model=model.__name__)


def _place(step):
    return store.place_of(step[1]._connection, step[1]._namespace)


class Collector(object):
    """Everything that goes, or changes, when some entities are deleted.

    :param known: callable(model) -> entities of the session, whose unsaved references count
    """

    def __init__(self, known):
        self._known = known
        self.removed = []       # entities, children before parents
        self.changed = []       # (entity, attribute, entity to refer to or None)
        self._seen = {}         # by id(), as below: models may have an __eq__ of their own
        self._restricting = []  # (restricted entity, referring entity, attribute)
        self._referrers = {}    # id() of an entity to go -> {index key: set of referring ids}
        self._counted = {}      # (namespace, attribute, referring id) -> those of these sets that it is in

    def collect(self, entity):
        """Add an entity and all that depends on it."""
        stack = [(entity, self._dependents(entity))]
        self._seen[id(entity)] = entity
        while stack:
            current, dependents = stack[-1]
            for child in dependents:
                if id(child) not in self._seen:
                    self._seen[id(child)] = child
                    stack.append((child, self._dependents(child)))
                    break
            else:
                stack.pop()
                self.removed.append(current)

    def _dependents(self, entity):
        """The entities that go with `entity`; notes those that change, and those that forbid it."""
        cascading = []
        for model, attr, action in rules_on(type(entity)):
            referring = self._referring(entity, model, attr)
            if action == 'cascade':
                cascading.extend(referring)
            elif action == 'restrict':
                self._restricting.extend((entity, child, attr) for child in referring)
            else:
                self._note_changes(model, attr, action, referring)
        return iter(cascading)

    def _note_changes(self, model, attr, action, referring):
        target = model._columns[attr].initial() if action == 'set default' else None
        self.changed.extend((child, attr, target) for child in referring)

    def _referring(self, entity, model, attr):
        key = '%s:%s:idx' % (model._namespace, attr)
        ids = [int(row) for row in model._connection.zrangebyscore(key, entity._id, entity._id)]
        counted = self._referrers.setdefault(id(entity), {})[key] = set(ids)
        for row in ids:
            self._counted.setdefault((model._namespace, attr, row), []).append(counted)
        stored = model.get(ids) if ids else []
        moved = [child for child in self._known(model) if attr in child._assigned]
        elsewhere = set(id(child) for child in moved)
        here = [child for child in stored if id(child) not in elsewhere]
        return here + [child for child in moved if not child._new and child._values[attr] is entity]

    def check(self):
        """Refuse what 'restrict' forbids.

        :raises RestrictError: naming the row and what refers to it
        """
        for entity, child, attr in self._restricting:
            if id(child) not in self._seen:
                raise RestrictError('Cannot delete %s: %s.%s of %s refers to it with on_delete=\'restrict\''
                                    % (entity._pk, type(child).__name__, attr, child._pk),
                                    entity._namespace, str(entity._id), model=type(entity).__name__, pk=entity._id,
                                    columns=(attr,))
        self.changed = [change for change in self.changed if id(change[0]) not in self._seen]

    def pages(self):
        """The work in lists that one atomic call carries, by connection: changes first, children before parents.

        :returns: generator of (connection, [('change', entity, attribute, target) or ('remove', entity)])
        """
        steps = [('change',) + change for change in self.changed] + [('remove', entity) for entity in self.removed]
        page = []
        for step in steps:
            if page and (len(page) == store.ROWS_PER_WRITE or _place(step) != _place(page[0])):
                yield page[0][1]._connection, page
                page = []
            page.append(step)
        if page:
            yield page[0][1]._connection, page

    def guard(self, entity):
        """[[index key, id, count]] of the rows that refer to `entity` as this call starts."""
        return [[key, str(entity._id), len(ids)] for key, ids in self._referrers.get(id(entity), {}).items()]

    def done(self, page):
        """Count the referrers on a page that was applied as gone."""
        for step in page:
            child = step[1]
            attrs = [step[2]] if step[0] == 'change' else child._schema.stored
            for attr in attrs:
                for counted in self._counted.get((child._namespace, attr, child._id), ()):
                    counted.discard(child._id)


def change_operation(entity, attr, target):
    """The operation that sets one reference of a row and leaves all else as it is stored."""
    schema = entity._schema
    text = schema.columns[attr].encode(target)
    before = plan.Row(schema, entity._raw, id=entity._id)
    after = plan.Row(schema, entity._raw, texts={attr: text}, id=entity._id)
    return plan.update(schema, entity._id, before, after, {attr: text})
