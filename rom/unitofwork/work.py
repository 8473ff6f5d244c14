"""The unit of work: entities on their way to Redis, in calls of as many as fit."""

from ..exceptions import BulkError, ORMError
from ..storage import batches
from .hooks import call_before_write, has_own_hook
from .changed_rows import ChangedRows
from .jobs import Save, place_of
from .ordering import Entities, groups, with_references
from .write_call import Meanwhile, write

__all__ = ['Work', 'gather_errors', 'is_plain', 'raise_bulk_error']

_HOOKS_OF_NEW = ('_before_insert', '_after_insert')
_HOOKS_OF_CHANGED = ('_before_update', '_after_update')
#: what an entity itself may have, in place of what its class has
_OF_A_PROGRAM = frozenset(('save',) + _HOOKS_OF_NEW + _HOOKS_OF_CHANGED)


def raise_bulk_error(problems, total):
    """Tell of every entity that stood in the way of an atomic commit.

    :param problems: list of (entity, ORMError)
    :param int total: how many entities there were
    """
    only = problems[0][1] if len(problems) == 1 else None
    what = {} if only is None else dict(model=only.model, pk=only.pk, columns=only.columns, value=only.value)
    raise BulkError('nothing was written, %d of %d entities stood in the way: %s'
                    % (len(problems), total, '; '.join(str(problem) for _, problem in problems[:5])), errors=problems, **what)


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


def is_plain(entity, asked_by=None):
    """Whether an entity is written with neither a hook or save() of the program's own, nor anything that goes before it.

    :param asked_by: the entity whose save() is running
    """
    state = entity._rom
    hooks = _HOOKS_OF_NEW if state.new else _HOOKS_OF_CHANGED
    return not (state.deleted or has_own_hook(entity, *hooks) or state.schema.references and state.new_references()
                or entity is not asked_by and entity._rom_has_own('save'))


class Batch(object):
    """Planned jobs of one call.

    :ivar jobs: list
    :ivar rows: int, how many they write
    :ivar weight: int, what they cost the server
    """

    __slots__ = ('jobs', 'rows', 'weight')

    def __init__(self, jobs=()):
        self.jobs, self.rows, self.weight = list(jobs), batches.rows_in(jobs), sum(job.weight for job in jobs)

    def takes(self, job):
        """Add one, where the call holds that as well; returns whether it does."""
        jobs, rows, weight = self.jobs, self.rows + job.rows, self.weight + job.weight
        if jobs and (weight > batches.ENTRIES_PER_WRITE or rows > batches.ROWS_PER_WRITE or job.shard != jobs[0].shard):
            return False
        jobs.append(job)
        self.rows, self.weight = rows, weight
        return True

    def room(self, weight):
        """Return how many more rows the call holds.

        :param int weight: of each of them
        """
        return min(batches.ROWS_PER_WRITE - self.rows, (batches.ENTRIES_PER_WRITE - self.weight) // weight)

    def take_all(self, batch):
        """Add those of another one."""
        self.jobs += batch.jobs
        self.rows += batch.rows
        self.weight += batch.weight


class Work(object):
    """Entities gathered into write calls; the first error stops, and what came before it is saved."""

    def __init__(self, writer, full, force, refresh, reconciled, saving=(), if_match=None, expected=None):
        self.writer = writer
        self.saving = saving  # the entities whose save() is running already, the one that asked for this last
        self.if_match = if_match  # the etag that this one's row is to have still
        self.expected = expected  # {id of an entity: {column: text or False}} of what rows are to be as a query has found them
        self.full, self.force, self.refresh = full, force, refresh
        self.reconciled = reconciled
        self.asked = Entities()  # those added, and those to come
        self.sent = []           # entities that are written, and have no after-hook of the program's own
        self.hooked = False      # whether hooks of the program's own were called
        self.batch = Batch()
        self.coming = []         # entities that are to be added, the next one last
        self.next_job = None     # planned, of the entity before those
        self.columns = 0

    def add_all(self, entities):
        """Add entities, and before each the new ones that it refers to; those that a before-hook makes, too."""
        deleted = Entities([entity for entity in entities if entity._rom.deleted])
        entities = self.asked.others_in(with_references(entities))
        self.asked.update(entities)
        before, self.coming = self.coming, entities[::-1]
        while self.coming or self.next_job:
            if self.next_job:
                job, self.next_job = self.next_job, None
                self._gather(job, ahead=True)
                continue
            self._add_plain()
            if self.coming and not self.next_job:
                entity = self.coming.pop()
                if not entity._deleted or entity in deleted:  # else a hook has deleted it by now
                    self.add(entity)
        self.coming = before

    def add(self, entity):
        """Run the before-hook and plan; what was gathered earlier is saved even if that fails."""
        if id(entity) in self.reconciled and not entity._modified:
            self.columns += self.reconciled.pop(id(entity))[1]
            return
        is_saved_its_way = entity._rom_has_own('save') and not any(entity is running for running in self.saving)
        is_hooked = has_own_hook(entity, '_before_insert' if entity._new else '_before_update')
        if (is_saved_its_way or is_hooked) and not (self.refresh or entity._modified):
            return
        if is_saved_its_way:
            self.send()
            if entity._modified or self.refresh:  # another one's save() may have saved it by now
                self.columns += entity.save(self.full, self.force) or 0
            return
        if is_hooked:
            self.hooked = True
            self.send()  # the program's hook sees what comes before it as stored
            if not (self.refresh or entity._modified):
                return  # another one's hook has saved it by now
        try:
            job = Save(entity, self.full, self.force, self.refresh, self.if_match if entity is self.saving[-1] else None)
            job.expected = self.expected.get(id(entity)) if self.expected else None
            call_before_write(entity, self.force)
            targets = [target for target in entity._rom.new_references() if target not in self.asked]
            if targets:
                self.add_all(targets)
            operation = job.plan_anew()
        except BaseException:
            self.send()
            raise
        if operation is None:
            return
        job.weight = batches.weight(operation)
        is_hooked = job.has_own_hook()
        self._gather(job, ahead=not is_hooked)
        if is_hooked:
            self.hooked = True
            self.send()  # the next entity's before-hook comes after this one's after-hook

    def _gather(self, job, ahead):
        """Take a planned job in; what was gathered before is sent where one call does not hold both."""
        if self.batch.takes(job):
            return
        if ahead:
            self._send_ahead(job)
        else:
            self.send()
            self.batch.take_all(Batch([job]))

    def send(self, meanwhile=None):
        """Write what is gathered, those aside that refer to new entities which are still to come.

        :param meanwhile: `Meanwhile`, which may be called while the last call is on its way, or None
        """
        ready, open = groups(self.batch.jobs)
        self.batch = Batch(open)
        for place, (jobs, together) in enumerate(ready, 1):
            self.columns += write(self.writer, jobs, atomic=together, meanwhile=meanwhile if place == len(ready) else None)
            self.sent += [entity for job in jobs if job.is_plain or not job.has_own_hook() for entity in job.entities]

    def _send_ahead(self, job):
        """Write what is gathered; this job begins the next batch, which is planned while the last call is on its way."""
        following = Batch([job])
        planning = Meanwhile(self._plan_into, following)
        self.send(planning if self.coming and self._place_if_plain(self.coming[-1], {}) else None)
        self.batch.take_all(following)  # not before, lest an error of the first batch finds them to be sent
        if planning.has_failed():
            self.send()
            planning.finish()

    def _add_plain(self):
        """Add entities to come that are plain, as many as the call holds; what was gathered earlier is saved even if that fails."""
        try:
            self._plan_into(self.batch)
        except BaseException:
            self.send()
            raise

    def _plan_into(self, batch):
        """Plan entities to come that are plain, as many as one call holds; one more is kept as the next job."""
        kinds, coming = {}, self.coming
        while coming:
            place = self._place_if_plain(coming[-1], kinds)
            if place is None:
                return
            job = self._changed_rows(place, batch, kinds)
            if job is None:
                job = Save(coming.pop(), self.full, self.force, self.refresh, place=place, is_plain=True)
                operation = job.plan()
                if operation is None:
                    continue
                job.weight = batches.weight(operation)
            if job.rows and not batch.takes(job):
                self.next_job = job
                return

    def _changed_rows(self, place, batch, kinds):
        """Plan those entities to come that change alike, as many as a batch holds, as one job; None where they are to be planned one by one."""
        rows = None if self.full or self.force or self.refresh else ChangedRows.like(self.coming[-1], place)
        if rows is None:
            return None
        coming, taken, most = self.coming, 0, batch.room(rows.layout.weight)
        while taken < most and coming and self._place_if_plain(coming[-1], kinds) is place and rows.takes(coming[-1]):
            coming.pop()
            taken += 1
        return rows if taken else None

    def _place_if_plain(self, entity, kinds):
        """Return where an entity is stored that is planned without a look at what goes before it, and without anything of the program's own.

        :param kinds: {(class, whether it is new): what this returns for such entities}, which nothing changes meanwhile
        :returns: what `place_of` says; None where it is not such a one
        """
        state = entity._rom
        if entity is self.saving[-1] or state.deleted:
            return None
        kind = type(entity), state.new
        if kind not in kinds:
            is_plain = state.schema.plans_alone and not self.expected and not entity._rom_has_own('save') and not has_own_hook(
                entity, *(_HOOKS_OF_NEW if state.new else _HOOKS_OF_CHANGED))
            kinds[kind] = place_of(entity) if is_plain else None
        own = getattr(entity, '__dict__', None)
        is_special = (own and _OF_A_PROGRAM.intersection(own) or self.reconciled and id(entity) in self.reconciled
                      or state.schema.references and state.new_references())
        return None if is_special else kinds[kind]

    def finish(self):
        """Write the rest, and what hooks have changed in entities that were written; returns the number of columns written."""
        self.send()
        if self.hooked:
            changed = [Save(entity, force=self.force) for entity in self.sent if entity._modified and not entity._deleted]
            self.batch = Batch(self.batch.jobs + [job for job in changed if job.plan()])
            self.send()
        for job in self.batch.jobs:
            for entity in job.entities:
                entity._rom.refuse_new_references()
        return self.columns
