"""Deletes entities with all that on_delete rules ask for: collects it, calls the hooks, then applies it."""

from ..exceptions import InvalidOperation, QueryError
from ..storage import batches
from .collector import Collector, Decided, rules_on
from .hooks import has_own_hook
from .jobs import Change, Look, Moved, Removal
from .write_call import ATTEMPTS, write

__all__ = ['Deletion', 'concerns_nobody', 'condition_in', 'refuse_rules']


def refuse_rules(models):
    """Refuse models that on_delete rules concern.

    :raises QueryError: naming the first such reference
    """
    for model in models:
        for referrer, attr, action in rules_on(model):
            raise QueryError("Can't delete entities of models with foreign key relationships: %s.%s refers to %s with "
                             "on_delete=%r; use entity.delete()" % (referrer.__name__, attr, model.__name__, action),
                             model=model.__name__)


def concerns_nobody(entity):
    """Whether a delete reaches nothing but the row: there is neither an on_delete rule nor a before-hook to follow."""
    return not rules_on(type(entity)) and not has_own_hook(entity, '_before_delete')


def condition_in(decisions, entity):
    """Return the etag that a delete() of the model's own asked for; None for none.

    :param decisions: {pk: bool or etag}, as `Scope.agreed` makes it
    """
    decided = decisions.get(entity._pk) if decisions else None
    return None if isinstance(decided, bool) else decided


class Deletion(object):
    """One delete that follows on_delete rules.

    :param session: `Session`
    :param writer: `Writer` of that
    :param entities: list of those that are asked for
    :param if_match: etag that the row of the only one is to have still, or None
    """

    def __init__(self, session, writer, entities, if_match=None):
        self.session, self.writer, self.entities, self.if_match = session, writer, entities, if_match
        self.decided = Decided()
        self.gone = 0  # rows removed so far

    def run(self):
        """Delete them.

        :raises RestrictError: where a row refers to one of them with on_delete='restrict'
        """
        entities = self.session.not_deleted(self.entities)
        for entity in entities:
            Removal(entity, if_match=self.if_match).check_seen()
        self._announce_removals(entities)  # these hooks may clear the way
        for _ in range(ATTEMPTS):
            collector = self._collected()
            if self._announce(collector):
                continue  # hooks of the program's own may have changed what refers to what
            try:
                return self._apply(collector)
            except Moved:
                continue
        first = self.entities[0]
        raise InvalidOperation('%s cannot be deleted: what refers to it kept changing; try again' % first._pk, model=type(first).__name__,
                               pk=first._rom.id)

    def _collected(self):
        collector = Collector(self._known_of, self.decided)
        for entity in self.session.not_deleted(self.entities):
            collector.collect(entity)
        collector.check(self.gone)
        collector.removed = self.session.agreed(collector.removed, self.decided.agreed, self.entities)
        return collector

    def _known_of(self, model):
        return [entity for entity in self.session.held() if type(entity) is model and not entity._deleted]

    # -- hooks ----------------------------------------------------------------------------------------------------------

    def _announce(self, collector):
        """Call the before-hooks of what goes and changes, once each; save what rows are to refer to.

        :returns: bool, whether a hook of the program's own was among them
        """
        called = self._announce_removals(collector.removed)
        for pk, (entity, _, targets) in collector.changed.items():
            if (pk, '_before_update') not in self.decided.announced:
                self.decided.announced.add((pk, '_before_update'))
                if has_own_hook(entity, '_before_update'):
                    self.decided.chosen[pk] = _chosen_instead(entity, targets)
                    called = True
        if not called and collector.new_targets():
            self.session.save(collector.new_targets())
        return called

    def _announce_removals(self, entities):
        called = False
        for entity in entities:
            if (entity._pk, '_before_delete') not in self.decided.announced and not entity._deleted:
                self.decided.announced.add((entity._pk, '_before_delete'))
                if has_own_hook(entity, '_before_delete'):
                    entity._before_delete()
                    called = True
        return called

    # -- rows -----------------------------------------------------------------------------------------------------------

    def _apply(self, collector):
        """Change and remove what was collected.

        Of more than one batch, what 'restrict' may forbid is looked at before the first row goes, and the rows that were
        asked for with every batch.

        :raises Moved: where who refers to whom has changed, and must be collected again
        """
        steps = list(collector.batches())
        if len(steps) > 1:
            looks = [look for look in self._looks(collector, collector.removed) if look.guard or look.if_match]
            for batch in batches.in_batches(looks, lambda look: 1, lambda look: look.shard):
                self._write(batch)
        for batch in steps:
            jobs = [self._job(collector, *step) for step in batch]
            looks = self._looks(collector, self.entities) if len(steps) > 1 else ()
            self._write([look for look in looks if look.shard == jobs[0].shard] + jobs)
            collector.done(batch)
            self.gone += sum(isinstance(job, Removal) for job in jobs)

    def _write(self, jobs):
        for job in jobs:
            job.plan()
        write(self.writer, jobs, atomic=True)


    def _looks(self, collector, entities):
        return [Look(entity, collector.restrictions(entity), self._condition(entity)) for entity in entities]

    def _job(self, collector, entity, *change):
        if change:
            return Change(entity, *change)
        return Removal(entity, collector.guard(entity), collector.reason(entity), True, self._condition(entity))

    def _condition(self, entity):
        """Return the etag that the row is to have still: asked for here, or by a delete() of the model's own; else None."""
        if any(entity is each for each in self.entities):
            return self.if_match
        return condition_in(self.decided.agreed, entity)


def _chosen_instead(entity, targets):
    """Call `_before_update` as if references had been set: what it assigns to them goes before an on_delete rule.

    :param targets: {attribute: entity or None}
    :returns: {attribute: entity or None} of what the hook wants otherwise
    """
    state = entity._rom
    before = dict((attr, (attr in state.assigned, state.values[attr])) for attr in targets if attr in state.values)
    for attr, target in targets.items():
        state.hold(attr, target)
    try:
        entity._before_update()
        return dict((attr, state.values[attr]) for attr, target in targets.items()
                    if attr in state.assigned and state.values[attr] is not target)
    finally:
        for attr in targets:
            was_assigned, value = before.get(attr, (False, None))
            if not was_assigned and attr in state.assigned:
                state.assigned.discard(attr)
            if attr in before:
                state.know(attr, value)
            else:
                state.values.pop(attr, None)
