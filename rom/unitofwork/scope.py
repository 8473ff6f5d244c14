"""A scope: what a program has changed since it was opened, and how that is written and deleted."""

import functools
import operator
import threading

from ..columns.registry import SKIP_ON_DELETE
from ..exceptions import InvalidOperation
from ..mapping.attributes import warn_of_slips
from ..mapping.seen import check_etag, etag_of
from ..storage import batches
from ..storage.store import Writer
from . import ondelete
from .hooks import call_before_write, has_own_hook
from .identity_map import IdentityMap, is_changed
from .jobs import Removal, Save, one_connection, place_of
from .ordering import Entities, entities_of, in_order, once_each, with_references
from .removals import Removals
from .unanswered import calls_left_on
from .work import Work, gather_errors, is_plain, raise_bulk_error
from .write_call import write, write_batches

__all__ = ['Scope']


#: callable(entity) -> int: when it came to the session
_order_of = operator.attrgetter('_rom.order')

#: what to do where one script cannot write all
_INSTEAD = '; commit() without atomic=True, or session.scope(atomic=False), writes them one after the other'


def one_script(jobs):
    """Refuse jobs that one call cannot carry.

    :raises InvalidOperation: which says what to do instead
    """
    one_connection(jobs, _INSTEAD)
    batches.refuse_too_many(len(jobs), sum(batches.weight(job.operation) for job in jobs), _INSTEAD)


def _one_at_a_time(method):
    """Have a method that writes wait for other threads in this scope, and refuse to write where that is of no use any more."""
    @functools.wraps(method)
    def waiting(self, *args, **kwargs):
        with self._lock:
            self.about_to_write()
            return method(self, *args, **kwargs)
    return waiting


class Scope(IdentityMap):
    """The unit of work: the entities that were read and changed in it, and the way they are written, one call after the other.

    `Session` says what its methods do for programs.

    :param outer: the scope around it, or None
    """

    #: whether any scope has ended without an answer to a write
    leaves_calls = False

    def __init__(self, outer=None):
        super(Scope, self).__init__(outer)
        self.writer = Writer()
        self.untold = {}                 # {what was asked for, once: its result} of what is done, until the program has been told
        self._lock = threading.RLock()   # threads may share a scope: they write one after the other
        self._asking = None              # [the entity whose own delete() is being asked whether it goes, its answer]
        self._saving = []                # the entities whose own save() is running
        self._expected = {}              # {id of an entity: {column: text or False}} of what rows are to be as a query has found them

    def begin_in_child(self):
        """Know nothing, in a forked process: other threads of the parent, which may hold the lock, are not there."""
        self._lock = threading.RLock()
        self.begin()

    def about_to_write(self):
        """Refuse to write where that is of no use any more."""

    @_one_at_a_time
    def flush(self, full=False, all=False, force=False):
        written, seen = 0, Entities(self.writer.in_flight())
        while True:
            waiting = self._dirty(all and not seen, seen, is_exact=full or force or all)
            if not waiting:
                return written
            seen.update(waiting)
            written += self.write(waiting, full, force, refresh=all)

    @_one_at_a_time
    def commit(self, full=False, all=False, force=False, atomic=False):
        written = self._commit_atomically(full, all, force) if atomic else self.flush(full, all, force)
        self.let_go(but=Entities(self.writer.in_flight()))
        return written

    @_one_at_a_time
    def save(self, objects, full=False, all=False, force=False):
        entities = entities_of(objects, 'save')
        warn_of_slips(entities)
        entities = [entity for entity in entities if _is_waiting(entity._rom, all, full or force)]
        return self.write(self.one_a_row(entities, all), full, force, refresh=all)

    @_one_at_a_time
    def delete(self, objects):
        entities = entities_of(objects, 'delete', skip_none=True)
        ondelete.refuse_rules(set(type(entity) for entity in entities))
        decisions = {}
        self._remove(self.agreed(self.not_deleted(entities), decisions), decisions)

    def refresh(self, objects, force=False):
        for entity in entities_of(objects, 'refresh'):
            if not entity._new:
                entity.refresh(force=force)

    def _dirty(self, all=False, seen=(), is_exact=False):
        """Return the entities that may have something to write, one a row, those in `seen` left out; with `is_exact` those that have."""
        entities = once_each(self.held())
        entities = seen.others_in(entities) if seen else entities
        warn_of_slips(entities)
        waiting = [entity for entity in entities if _is_waiting(entity._rom, all, is_exact)]
        return self.one_a_row(sorted(waiting, key=_order_of), all)

    # -- writing ------------------------------------------------------------------------------------------------------

    @_one_at_a_time
    def write(self, entities, full=False, force=False, refresh=False, asked_by=None, if_match=None):
        """Write entities; one whose class has a save() of its own is saved by that, unless it asked for this."""
        if asked_by is not None:
            warn_of_slips([asked_by])
        reconciled = self.reconcile(entities)
        if if_match is not None:
            if_match = _still_asked(asked_by, if_match, reconciled)
        self._saving.append(asked_by)
        try:
            if len(entities) == 1 and not (reconciled or self._expected) and if_match is None and is_plain(entities[0], asked_by):
                return self._write_alone(Save(entities[0], full, force, refresh, is_plain=True))
            work = Work(self.writer, full, force, refresh, reconciled, self._saving, if_match, self._expected)
            work.add_all(entities)
            return work.finish()
        finally:
            self._saving.pop()

    def _write_alone(self, job):
        job.plan()
        return write(self.writer, [job]) if job.operation else 0

    def reconcile(self, entities):
        """Learn what became of calls without an answer, before these entities are written.

        :returns: {id of the entity: (entity, columns, etag that was asked for)} of those that turn out to be written
        """
        if Scope.leaves_calls:
            self.writer.take_over(calls_left_on(entities))
        if not self.writer.has_unfinished():
            return {}
        with self._lock:  # what another thread is writing has no answer yet
            return dict((id(job.entity), (job.entity, job.columns, job.if_match)) for job in self.writer.reconcile(entities))

    @_one_at_a_time
    def save_expecting(self, entity, expected):
        """Save an entity by its own save(), only if its row is in some columns as a query has found it.

        :param expected: {column: text or False}
        :raises DataRaceError: where another writer changed one of them
        """
        self._expected[id(entity)] = expected
        try:
            entity.save()
        finally:
            del self._expected[id(entity)]

    @_one_at_a_time
    def write_rows(self, jobs):
        """Write planned jobs, the first error stops; returns the number of rows written, or columns."""
        self.reconcile([job.entity for job in jobs])
        return write(self.writer, jobs)

    @_one_at_a_time
    def write_together(self, jobs):
        """Write planned jobs in one atomic call.

        :raises ORMError: what stood in the way of the first that was refused
        """
        one_connection(jobs)
        self.reconcile([job.entity for job in jobs])
        write(self.writer, jobs, atomic=True)

    def _commit_atomically(self, full, all, force):
        waiting = self._dirty(all, is_exact=True)
        self._refuse_for_one_script(waiting)
        reconciled = self.reconcile(waiting)
        written = sum(reconciled[id(entity)][1] for entity in waiting if id(entity) in reconciled)
        seen = Entities(entity for entity, _, _ in reconciled.values() if not entity._modified)
        entities = self._prepared(all, seen)
        while entities:  # again for what the after-hooks made
            jobs = [Save(entity, full, force) for entity in with_references(entities)]
            jobs = [job for job in jobs if not job.entity._deleted]
            gather_errors(jobs, Save.plan, len(jobs))
            jobs = [job for job in jobs if job.operation]
            if jobs:
                one_script(jobs)
                written += write(self.writer, jobs, atomic=True, refuse=raise_bulk_error)
            entities = self._prepared(False, seen)
        return written

    @staticmethod
    def _refuse_for_one_script(entities):
        """Refuse what can be told before any hook is called, or id handed out."""
        ordered, _ = in_order([entity for entity in entities if entity._rom_schema.references])
        models = dict((type(entity), entity) for entity in entities + ordered)
        one_connection([Save(entity) for entity in models.values()], _INSTEAD)
        batches.refuse_too_many(len(entities), 0, _INSTEAD)

    def _prepared(self, all, seen):
        """Call the before-hooks, and return the entities to write: those included that the hooks make or change."""
        prepared = []
        while True:
            waiting = seen.others_in(with_references(self._dirty(all, is_exact=True)))
            if not waiting:
                return prepared
            seen.update(waiting)
            prepared.extend(waiting)
            for entity in waiting:
                if not entity._deleted and (all or entity._modified):  # another one's hook may have saved it by now
                    call_before_write(entity)

    @_one_at_a_time
    def delete_with_rules(self, entities, if_match=None):
        """Delete entities and follow the on_delete rules of what refers to them.

        :param if_match: etag, of the only one
        :raises RestrictError: where a row refers to one of them with on_delete='restrict'
        """
        if if_match is None and len(entities) == 1 and ondelete.concerns_nobody(entities[0]):
            self._remove_alone(entities[0])
        else:
            ondelete.Deletion(self, self.writer, entities, if_match).run()

    def _remove_alone(self, entity):
        for there in self.not_deleted([entity]):
            job = Removal(there)
            job.plan()
            write(self.writer, [job])

    def agreed(self, entities, decisions, asked_by=()):
        """Return the entities to delete: a delete() of a model's own is called, and decides by calling that of Model or not.

        :param decisions: {pk: bool, or the etag that its delete() asked for} of those that have one and were asked before, added to
        :param asked_by: entities whose delete() is running already
        """
        for entity in entities:
            if entity._rom_has_own('delete') and entity._pk not in decisions:
                decisions[entity._pk] = any(entity is each for each in asked_by) or self._ask(entity)
        return [entity for entity in entities if decisions.get(entity._pk, True)] if decisions else entities

    def _ask(self, entity):
        before, self._asking = self._asking, [entity, False]
        try:
            entity.delete(skip_on_delete_i_really_mean_it=SKIP_ON_DELETE)
            return self._asking[1]
        finally:
            self._asking = before

    @_one_at_a_time
    def delete_alone(self, entity, if_match=None):
        """Delete an entity without a look at on_delete rules; or agree to it, where that was being asked."""
        if self._asking and self._asking[0] is entity:
            self._asking[:] = None, if_match or True
        else:
            self._remove([entity], {entity._pk: if_match})

    def not_deleted(self, entities):
        """Return the entities to delete: those are left out that a call whose reply was lost has deleted."""
        entities = list(entities)
        self.reconcile(entities)
        entities = [entity for entity in once_each(entities) if not entity._rom.deleted]
        for entity in entities:
            if entity._rom.new:
                raise InvalidOperation('%s entity was never saved and cannot be deleted' % entity._rom_schema.name,
                                       model=entity._rom_schema.name)
        return entities

    def _remove(self, entities, decisions):
        """Delete rows, without a look at on_delete rules, in calls of as many as fit.

        :param entities: list of those that are not deleted yet
        :param decisions: {pk: bool or etag} of those that were asked
        """
        if decisions:  # what the program has called meanwhile may have deleted some
            entities = self.not_deleted(entities)
        elif Removals.are_such(entities):
            calls = [[job] for job in Removals.of(entities, place_of(entities[0]))]
            write_batches(self.writer, calls, _plan_all, entities[0]._rom_schema.plans_alone)
            return
        calls = _removals(entities, decisions)
        ahead = len(calls) > 1 and all(entity._rom_schema.plans_alone and not has_own_hook(entity, '_after_delete')
                                       for entity in entities)
        write_batches(self.writer, calls, _plan_all, ahead)


def _removals(entities, decisions):
    """Return jobs that remove a row each, in lists that one call carries, once their before-hooks were called."""
    places = dict((type(entity), place_of(entity)) for entity in dict((type(entity), entity) for entity in entities).values())
    jobs = [Removal(entity, if_match=ondelete.condition_in(decisions, entity), place=places[type(entity)]) for entity in entities]
    for job in jobs:
        job.check_seen()
    for entity in entities:
        entity._before_delete()
    return list(batches.in_batches(jobs, lambda job: batches.likely_weight(job.stored), lambda job: job.shard))


def _is_waiting(state, all, is_exact):
    """Whether an entity may have something to write; with `is_exact`, whether it has: where more is written than what differs.

    What was assigned mostly differs, and is compared when it is planned.
    """
    return not state.deleted and (all or not is_exact and bool(state.new or state.assigned) or is_changed(state))


def _plan_all(jobs):
    for job in jobs:
        job.plan()


def _still_asked(entity, if_match, reconciled):
    """Return the etag that a save depends on, once it is clear that this is the row which the entity saw.

    A call whose reply was lost may have written it: for the same etag, that is what was asked for.
    """
    if id(entity) in reconciled:
        if reconciled[id(entity)][2] == if_match:
            return etag_of(entity._rom)
        del reconciled[id(entity)]
    check_etag(entity._rom, if_match)
    return if_match
