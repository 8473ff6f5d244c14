"""The unit of work: entities on their way to Redis, in calls of as many as fit."""

from ..exceptions import BulkError, InvalidOperation, ORMError
from ..storage import batches, connections, outcomes, plan, reads
from . import ondelete
from .ordering import Entities, groups, with_references
from .write_call import ATTEMPTS, write

__all__ = ['Change', 'Entities', 'Job', 'Look', 'Moved', 'Removal', 'StoredJob', 'Work', 'entities_of', 'gather_errors', 'once_each', 'one_connection',
           'raise_bulk_error', 'with_references']


def raise_bulk_error(problems, total):
    """Tell of every entity that stood in the way of an atomic commit.

    :param problems: list of (entity, ORMError)
    :param int total: how many entities there were
    """
    raise BulkError('nothing was written, %d of %d entities stood in the way: %s'
                    % (len(problems), total, '; '.join(str(problem) for _, problem in problems[:5])), errors=problems)


def gather_errors(jobs, work, total):
    """Call `work(job)` for all of an atomic commit.

    :raises BulkError: listing every entity for which that raised an ORMError
    """
    problems = []
    for job in jobs:
        try:
            work(job)
        except ORMError as error:
            problems.append((job.entity, error))
    if problems:
        raise_bulk_error(problems, total)


def one_connection(jobs):
    if any(job.shard != jobs[0].shard for job in jobs):
        raise InvalidOperation('one atomic write needs one connection and, in a cluster, namespaces with one hash tag: '
                               'models %s do not share theirs'
                               % ', '.join(sorted(set(type(job.entity).__name__ for job in jobs))))


def once_each(entities):
    """The entities without those that came before."""
    seen = Entities()
    for entity in entities:
        if entity not in seen:
            seen.add(entity)
            yield entity


def entities_of(objects, verb, skip_none=False):
    """The entities among what a session is given, lists of them included.

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
            raise ORMError('Cannot %s an object that is not an instance of a Model (you provided %r)' % (verb, item))
        else:
            found.append(item)
    return found


class Job(object):
    """One entity on its way to Redis."""

    def __init__(self, entity, full, force, refresh):
        self.entity = entity
        self.connection = entity._connection
        self.shard = connections.shard_of(self.connection, entity._namespace)
        self.full, self.force, self.refresh = full, force, refresh
        self.was_new, self.was_deleted = entity._new, entity._deleted
        self.stored = None
        self.attempts = 0
        self.columns = 0          # that were written, once this is finished
        self.hook_called = False
        self.operation = self.texts = None
        self.filled = {}  # defaults to be written, unless another writer was there first
        self.planned, self.seen = {}, None

    def plan(self):
        """Make the operation; None where there is nothing to do."""
        entity, schema = self.entity, self.entity._rom_schema
        whole = self.full or self.force or entity._new
        changes = entity._rom_texts() if whole else entity._rom_changes()
        self.filled = entity._rom_defaults_to_fill(changes) if not whole and (changes or self.refresh) else {}
        self.texts = texts = dict(changes, **self.filled)
        self.planned = dict((attr, entity._rom_values[attr]) for attr in entity._rom_assigned)
        self.seen = entity._rom_raw
        after = entity._rom_row(texts)
        if entity._new:
            self.operation = plan.insert(schema, after, texts)
            if entity._rom_id is not None:  # handed out earlier, or just now to a keygen that asked
                self.operation['id'] = str(entity._rom_id)
        elif whole:
            before = entity._rom_row() if self.stored is None else plan.Row(schema, self.stored)
            self.operation = plan.rewrite(schema, entity._rom_id, before, after, texts, self.force)
        elif changes:
            self.operation = plan.update(schema, entity._rom_id, entity._rom_row(), after, texts, self.filled)
        elif self.refresh:
            self.operation = plan.rewrite(schema, entity._rom_id, entity._rom_row(), after, texts, filled=texts)
        else:
            self.operation = None
        if self.operation:
            ondelete.note_targets(self.operation, entity, texts, self.shard)
        return self.operation

    def is_current(self):
        """Whether the entity is what it was when this was planned: a hook may have saved, changed or deleted it, or told its id."""
        entity = self.entity
        return (entity._new == self.was_new and entity._deleted == self.was_deleted
                and not entity._rom_assigned_since(self.planned)
                and (entity._rom_id is None or 'id' in self.operation))

    def plan_anew(self):
        """Plan for what the entity has become; None where nothing is left to do."""
        self.was_new = self.entity._new
        return None if self.entity._deleted and not self.was_deleted else self.plan()

    def read_again(self):
        """Take over what other writers changed, and plan anew."""
        self.attempts += 1
        raw = reads.read_rows(self.connection, self.entity._rom_schema, [self.entity._rom_id])[0]
        if self.force:
            self.stored = raw or self.stored  # of a row that has vanished, as it was last seen
        elif raw is None:
            raise self.problem([0, 'gone'])
        else:
            self.entity._rom_take_over(raw, set(self.texts).difference(self.filled))
        self.plan()

    def recover(self, error):
        """Mend a failed operation by planning anew, or raise what went wrong."""
        if self.attempts < ATTEMPTS and (error[1] == 'stale' or error[1] == 'race' and self._met_defaults(error[2])):
            return self.read_again()
        raise self.problem(error)

    def _met_defaults(self, attrs):
        """Whether another writer has filled in defaults, and changed no column that this one writes."""
        raw = reads.read_rows(self.connection, self.entity._rom_schema, [self.entity._rom_id])[0]
        return raw is not None and self.entity._rom_take_defaults(raw, attrs)

    def problem(self, error):
        """The exception for an error of the write call."""
        # a server that refuses is not asked for an id
        id = self.entity._rom_id if error[1] in ('right', 'refused', 'type') else self.entity._rom_allocate_id()
        return outcomes.problem(self.entity._rom_schema, id, error)

    def name(self):
        """The row, for messages."""
        return self.entity._rom_session_key()

    def current_connection(self):
        """The connection of the model as it is now: the program may have replaced the one that was planned for."""
        return self.entity._connection

    def finish(self, id):
        """The row is written: let the entity know. Returns the number of columns written."""
        if self.was_deleted:  # and written by force
            self.entity._deleted = self.was_deleted = False
        return self.entity._rom_written(int(id), self.texts, self.planned, self.seen, self.was_new, self.full or self.force)

    def has_own_hook(self):
        """Whether the hook that follows the write is a program's own."""
        return self.entity._rom_has_hook('_after_insert' if self.was_new else '_after_update')

    def run_hook(self):
        """Call the hook that follows the write."""
        if self.was_new:
            self.entity._after_insert()
        else:
            self.entity._after_update()


class Moved(Exception):
    """Who refers to whom has changed since it was collected."""


class StoredJob(Job):
    """What is planned from the row as it is stored; what its entity has in mind beyond that is left alone."""

    def __init__(self, entity, may_move):
        Job.__init__(self, entity, False, False, False)
        self.may_move = may_move  # whether to collect again where other writers have changed who refers to whom

    def recover(self, error):
        if self.may_move and error[1] in ('race', 'gone', 'guard'):
            raise Moved()
        Job.recover(self, error)

    def read_again(self):
        self.attempts += 1
        raw = reads.read_rows(self.connection, self.entity._rom_schema, [self.entity._rom_id])[0]
        self.stored = raw or [None] * len(self.entity._rom_schema.stored)
        self.plan()

    def _met_defaults(self, attrs):
        return False


class Removal(StoredJob):
    """One row on its way out."""

    def __init__(self, entity, guard=(), reason=None, may_move=False):
        StoredJob.__init__(self, entity, may_move)
        self.guard, self.reason = guard, reason
        self.stored = entity._rom_raw
        self.texts = {}

    def plan(self):
        schema = self.entity._rom_schema
        row = plan.Row(schema, self.stored, id=self.entity._rom_id)
        self.operation = plan.delete(schema, self.entity._rom_id, row, self.guard, self.reason)
        return self.operation

    def finish(self, id):
        self.entity._rom_removed()
        return int(bool(id))

    def run_hook(self):
        self.entity._after_delete()


class Change(StoredJob):
    """References of a row set to something else, and nothing but that."""

    def __init__(self, entity, stored, targets):
        StoredJob.__init__(self, entity, not any(attr in entity._rom_assigned for attr in targets))
        self.stored, self.targets, self.expect = stored, targets, None

    def plan(self):
        columns = self.entity._rom_schema.columns
        self.texts = dict((attr, columns[attr].encode(target)) for attr, target in self.targets.items())
        self.operation = ondelete.change_operation(self.entity, self.stored, self.texts)
        self.expect = self.expect or self.operation['expect']  # as it was collected, however often it is read again
        self.operation['expect'] = self.expect
        ondelete.note_targets(self.operation, self.entity, self.texts, self.shard)
        return self.operation

    def finish(self, id):
        self.entity._rom_references_set(self.targets, self.texts)
        return len(self.targets)


class Look(StoredJob):
    """A row that is to go later on: whether it may, still."""

    def __init__(self, entity, guard):
        StoredJob.__init__(self, entity, True)
        self.guard = guard

    def plan(self):
        self.operation = plan.look(self.entity._rom_schema, self.entity._rom_id, self.guard)
        return self.operation

    def finish(self, id):
        return 0

    def run_hook(self):
        """Nothing was done."""


class Work(object):
    """Entities gathered into write calls; the first error stops, and what came before it is saved."""

    def __init__(self, writer, full, force, refresh, settled, saving=()):
        self.writer = writer
        self.saving = saving  # the entities whose save() is running already
        self.full, self.force, self.refresh = full, force, refresh
        self.settled = settled
        self.asked = Entities()  # those added, and those to come
        self.sent = []           # entities that are written, and have no after-hook of the program's own
        self.hooked = False      # whether hooks of the program's own were called
        self.jobs = []
        self.weight = 0
        self.columns = 0

    def add_all(self, entities):
        """Add entities, and before each the new ones that it refers to; those that a before-hook makes, too."""
        deleted = Entities(entity for entity in entities if entity._deleted)
        entities = [entity for entity in with_references(entities) if entity not in self.asked]
        self.asked.update(entities)
        for entity in entities:
            if not entity._deleted or entity in deleted:  # else a hook has deleted it by now
                self.add(entity)

    def add(self, entity):
        """Run the before-hook and plan; what was gathered earlier is saved even if that fails."""
        if id(entity) in self.settled and not entity._modified:
            self.columns += self.settled.pop(id(entity))[1]
            return
        if entity._rom_has_own('save') and not any(entity is running for running in self.saving):
            self.send()
            if entity._modified or self.refresh:  # another one's save() may have saved it by now
                self.columns += entity.save(self.full, self.force) or 0
            return
        if entity._rom_has_hook('_before_insert' if entity._new else '_before_update'):
            self.hooked = True
            self.send()  # the program's hook sees what comes before it as stored
            if not (self.refresh or entity._modified):
                return  # another one's hook has saved it by now
        try:
            job = Job(entity, self.full, self.force, self.refresh)
            entity._rom_before_write(self.force)
            self.add_all([target for target in entity._rom_new_references() if target not in self.asked])
            operation = job.plan_anew()
        except BaseException:
            self.send()
            raise
        if operation is None:
            return
        weight = batches.weight(operation)
        if self.jobs and (job.shard != self.jobs[0].shard or len(self.jobs) >= batches.ROWS_PER_WRITE
                          or self.weight + weight > batches.ENTRIES_PER_WRITE):
            self.send()
        self.jobs.append(job)
        self.weight += weight
        if job.has_own_hook():
            self.hooked = True
            self.send()  # the next entity's before-hook comes after this one's after-hook

    def send(self):
        """Write what is gathered, those aside that refer to new entities which are still to come."""
        ready, open = groups(self.jobs)
        self.jobs, self.weight = open, sum(batches.weight(job.operation) for job in open)
        for jobs, together in ready:
            jobs = [job for job in jobs if job.is_current() or job.plan_anew()]
            self.columns += write(self.writer, jobs, atomic=together)
            self.sent += [job.entity for job in jobs if not job.has_own_hook()]

    def finish(self):
        """Write the rest, and what hooks have changed in entities that were written; returns the number of columns written."""
        self.send()
        if self.hooked:
            changed = [Job(entity, False, self.force, False) for entity in self.sent if entity._modified and not entity._deleted]
            self.jobs += [job for job in changed if job.plan()]
            self.send()
        for job in self.jobs:
            job.entity._rom_refuse_new_references()
        return self.columns
