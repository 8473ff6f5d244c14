"""The unit of work: how the entities that a thread has changed are written, and deleted."""

from ..columns.registry import SKIP_ON_DELETE
from ..exceptions import InvalidOperation
from ..storage import batches
from ..storage.store import Writer
from . import ondelete
from .identity_map import IdentityMap
from .hooks import call_before_write
from .jobs import Removal, Save, one_connection
from .ordering import Entities, entities_of, once_each, with_references
from .work import Work, gather_errors, raise_bulk_error
from .write_call import write

__all__ = ['Session', 'session']


class Session(IdentityMap):
    """The entities a thread knows and has changed; see `IdentityMap` for `known` and `wknown`.

    Example::

        user = User.get(1)
        user.name = u'Ann'
        rom.session.commit()
    """

    def __init__(self, *args, **kwargs):
        super(Session, self).__init__(*args, **kwargs)
        self._writer = Writer()
        self.finished_transfers = set()  # until the program has been told
        self._asking = None              # the entity whose own delete() is being asked whether it goes
        self._saving = []                # the entities whose own save() is running

    def _init(self):
        """Kept from 1.1.2, where it makes a thread's session ready for use: it always is."""

    def flush(self, full=False, all=False, force=False):
        """Write the changed entities, in the order in which they came to the session.

        :param bool full: write every column of them
        :param bool all: write unchanged ones too
        :param bool force: write over what other writers changed
        :returns: int, the number of columns written
        :raises ORMError: the first error stops; what was written before it stays written

        Example::

            rom.session.flush()
        """
        written, seen = 0, Entities(self._writer.in_flight())
        while True:
            waiting = self._dirty(all and not seen, seen)
            if not waiting:
                return written
            seen.update(waiting)
            written += self._write(waiting, full, force, refresh=all)

    def commit(self, full=False, all=False, force=False, atomic=False):
        """`flush`, then forget the strong references: `get` will read rows again, into entities that are still held.

        :param bool full: write every column of the changed entities
        :param bool all: write unchanged ones too
        :param bool force: write over what other writers changed
        :param bool atomic: all entities or none, in one script
        :returns: int, the number of columns written
        :raises ORMError: the first error stops; what was written before it stays written
        :raises BulkError: with `atomic`, listing every entity that stood in the way
        :raises InvalidOperation: with `atomic`, where the entities are on several connections

        Example::

            User(name=u'Ann')
            rom.session.commit()
        """
        written = self._commit_atomically(full, all, force) if atomic else self.flush(full, all, force)
        self.let_go(but=Entities(self._writer.in_flight()))
        self._generation += 1
        return written

    def save(self, *objects, **kwargs):
        """Write those of some entities that have changed; deleted ones are passed over.

        :param objects: entities, or lists of them
        :param bool full: write every column of them
        :param bool all: write unchanged ones too
        :param bool force: write over what other writers changed
        :returns: int, the number of columns written
        :raises ORMError: the first error stops; what was written before it stays written

        Example::

            rom.session.save(ann, bob)
        """
        all = kwargs.get('all', False)
        entities = [entity for entity in entities_of(objects, 'save') if (all or entity._modified) and not entity._deleted]
        return self._write(entities, kwargs.get('full', False), kwargs.get('force', False), refresh=all)

    def delete(self, *objects, **kwargs):
        """Delete entities, many in one round trip; None is passed over.

        :param objects: entities, or lists of them
        :param kwargs: of no consequence
        :raises QueryError: for models on which an on_delete rule other than 'no action' depends

        Example::

            rom.session.delete(ann, bob)
        """
        entities = entities_of(objects, 'delete', skip_none=True)
        ondelete.refuse_rules(set(type(entity) for entity in entities))
        self._remove(self.agreed(self.not_deleted(entities), {}))

    def refresh(self, *objects, **kwargs):
        """Read entities again, those that are new aside: they have no row yet.

        :param objects: entities, or lists of them
        :param bool force: also those with changes, which are lost
        :raises InvalidOperation: for entities with changes, where `force` is False
        :raises EntityDeletedError: where a row is gone

        Example::

            rom.session.refresh(ann, bob, force=True)
        """
        for entity in entities_of(objects, 'refresh'):
            if not entity._new:
                entity.refresh(force=kwargs.get('force', False))

    def refresh_all(self, *objects, **kwargs):
        """Read every entity again that the session holds on to.

        :param objects: of no consequence
        :param bool force: also those with changes, which are lost
        :raises InvalidOperation: as `refresh` does
        :raises EntityDeletedError: where a row is gone

        Example::

            rom.session.refresh_all(force=True)
        """
        self.refresh(*self.held(), **kwargs)

    def _dirty(self, all=False, seen=()):
        """Return the entities to write, one a row, those in `seen` left out."""
        entities = dict((id(entity), entity) for entity in self.held())
        return self.one_a_row(sorted((entity for entity in entities.values() if (all or entity._modified)
                                      and not entity._deleted and entity not in seen),
                                     key=lambda entity: entity._rom.order))

    # -- writing ------------------------------------------------------------------------------------------------------

    def _write(self, entities, full=False, force=False, refresh=False, asked_by=None):
        """Write entities; one whose class has a save() of its own is saved by that, unless it asked for this."""
        reconciled = self.reconcile(entities)
        self._saving.append(asked_by)
        try:
            work = Work(self._writer, full, force, refresh, reconciled, self._saving)
            work.add_all(entities)
            return work.finish()
        finally:
            self._saving.pop()

    def reconcile(self, entities):
        """Learn what became of calls without an answer, before these entities are written.

        :returns: {id of the entity: (entity, columns)} of those that turn out to be written
        """
        if not self._writer.has_unfinished():
            return {}
        return dict((id(job.entity), (job.entity, job.columns)) for job in self._writer.reconcile(entities))

    def write_together(self, jobs):
        """Write planned jobs in one atomic call.

        :raises ORMError: what stood in the way of the first that was refused
        """
        one_connection(jobs)
        self.reconcile([job.entity for job in jobs])
        write(self._writer, jobs, atomic=True)

    def _commit_atomically(self, full, all, force):
        waiting = self._dirty(all)
        reconciled = self.reconcile(waiting)
        written = sum(reconciled[id(entity)][1] for entity in waiting if id(entity) in reconciled)
        seen = Entities(entity for entity, _ in reconciled.values() if not entity._modified)
        entities = self._prepared(all, seen)
        while entities:  # again for what the after-hooks made
            jobs = [Save(entity, full, force) for entity in with_references(entities)]
            jobs = [job for job in jobs if not job.entity._deleted]
            gather_errors(jobs, Save.plan, len(jobs))
            jobs = [job for job in jobs if job.operation and (job.is_current() or job.plan_anew())]
            if jobs:
                one_connection(jobs)
                written += write(self._writer, jobs, atomic=True, refuse=raise_bulk_error)
            entities = self._prepared(False, seen)
        return written

    def _prepared(self, all, seen):
        """Call the before-hooks, and return the entities to write: those included that the hooks make or change."""
        prepared = []
        while True:
            waiting = [entity for entity in with_references(self._dirty(all)) if entity not in seen]
            if not waiting:
                return prepared
            seen.update(waiting)
            prepared.extend(waiting)
            for entity in waiting:
                if not entity._deleted and (all or entity._modified):  # another one's hook may have saved it by now
                    call_before_write(entity)

    def delete_with_rules(self, entities):
        """Delete entities and follow the on_delete rules of what refers to them.

        :raises RestrictError: where a row refers to one of them with on_delete='restrict'
        """
        ondelete.Deletion(self, self._writer, entities).run()

    def agreed(self, entities, decisions, asked_by=()):
        """Return the entities to delete: a delete() of a model's own is called, and decides by calling that of Model or not.

        :param decisions: {pk: bool} of those asked before, added to
        :param asked_by: entities whose delete() is running already
        """
        for entity in entities:
            if entity._pk not in decisions:
                decisions[entity._pk] = (not entity._rom_has_own('delete') or any(entity is each for each in asked_by)
                                         or self._ask(entity))
        return [entity for entity in entities if decisions[entity._pk]]

    def _ask(self, entity):
        before, self._asking = self._asking, entity
        try:
            entity.delete(skip_on_delete_i_really_mean_it=SKIP_ON_DELETE)
            return self._asking is None
        finally:
            self._asking = before

    def delete_alone(self, entity):
        """Delete an entity without a look at on_delete rules; or agree to it, where that was being asked."""
        if self._asking is entity:
            self._asking = None
        else:
            self._remove([entity])

    def not_deleted(self, entities):
        """Return the entities to delete: those are left out that a call whose reply was lost has deleted."""
        entities = list(entities)
        self.reconcile(entities)
        entities = [entity for entity in once_each(entities) if not entity._deleted]
        for entity in entities:
            if entity._new:
                raise InvalidOperation('%s entity was never saved and cannot be deleted' % entity._rom_schema.name,
                                       model=entity._rom_schema.name)
        return entities

    def _remove(self, entities):
        """Delete rows, without a look at on_delete rules, in calls of as many as fit."""
        entities = self.not_deleted(entities)
        for entity in entities:
            entity._before_delete()
        jobs = [Removal(entity) for entity in entities]
        for batch in batches.in_batches(jobs, lambda job: batches.likely_weight(job.stored), lambda job: job.shard):
            for job in batch:
                job.plan()
            write(self._writer, batch)


#: the session of the running thread
session = Session()
