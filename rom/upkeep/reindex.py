"""Work out the index entries of rows again, and write them, while others write."""

from ..exceptions import InvalidColumnValue, ORMError
from ..storage import alteration, batches, outcomes, plan, reads
from ..unitofwork.jobs import Job
from ..unitofwork.session import aside as session_aside
from ..unitofwork.write_call import ATTEMPTS, write
from ..values import codecs

__all__ = ['ENTRIES_PER_CALL', 'blocks', 'namespace_of', 'planned', 'refresh_rows', 'retry_sizes', 'session_aside']

#: index entries that one call rewrites or looks up: a few milliseconds of the server's time
ENTRIES_PER_CALL = 2000


# -- what is there -----------------------------------------------------------------------------------------------------

def namespace_of(model):
    return plan.as_text(model._rom_schema.namespace)


def blocks(items, size):
    block = []
    for item in items:
        block.append(item)
        if len(block) >= size:
            yield block
            block = []
    if block:
        yield block


def retry_sizes():
    """Yield how many rows to take at once in each attempt: the fewer they are, the sooner they are written after reading."""
    for attempt in range(ATTEMPTS):
        yield max(1, batches.ROWS_PER_WRITE >> 3 * attempt)


def planned(model, id, raw, fill=False):
    """Plan the operation that makes a stored row's index entries and unique values what they should be.

    :param bool fill: write the defaults that the row lacks, as 1.1.2 does, so that old rows get a new column
    :raises ORMError: if they cannot be worked out, as those of a row with a broken field
    """
    schema = model._rom_schema
    texts = plan.missing_defaults(schema, raw) if fill else {}
    before, after = plan.Row(schema, raw, id=int(id)), plan.Row(schema, raw, texts=texts, id=int(id))
    operation = plan.rewrite(schema, int(id), before, after, texts, filled=texts)
    scores = operation.setdefault('scores', {})
    if operation.get('pk_index'):
        scores[schema.pk] = operation['id']
    for name, score in scores.items():
        # somebody may have written the row by hand
        try:
            scores[name] = codecs.float_repr(codecs.check_score(score))
        except ValueError as error:
            raise InvalidColumnValue('%s.%s cannot be indexed: %s' % (schema.name, name, error), model=schema.name,
                                     pk=id, columns=(name,), value=score)
    return operation


# -- rows -> index entries ---------------------------------------------------------------------------------------------

def refresh_rows(model, writer, ids, failures):
    """Rewrite the index entries of some rows; adds {(id, unique name or None): ORMError} to `failures`."""
    for size in retry_sizes():
        ids = [id for block in blocks(ids, size) for id in _refresh_block(model, writer, block, failures)]
        if not ids:
            return
    for id in ids:
        failures[id, None] = outcomes.problem(model._rom_schema, id, [0, 'stale'])


def _refresh_block(model, writer, ids, failures):
    """Make one attempt; returns the ids of rows that were changed meanwhile."""
    jobs = []
    rows = reads.read_rows(model._connection, model._rom_schema, ids)
    with session_aside():
        for id, raw in zip(ids, rows):
            try:
                if raw is not None:
                    jobs.append(_Refresh(model, id, raw, failures))
            except ORMError as error:
                failures[id, None] = error
    for batch in batches.in_batches(jobs, lambda job: batches.weight(job.operation), most=ENTRIES_PER_CALL):
        for job in batch:
            job.batch = batch
        write(writer, batch)
    return [job.id for job in jobs if job.has_changed]


class _Refresh(Job):
    """The index entries of one row on their way to Redis; if they cannot be written, that is noted and the others go on.

    Rows that are as they should be are written together. Where one of these is not, each is planned by itself, which tells what it is.
    """

    id = None
    batch = ()

    def __init__(self, model, id, raw, failures):
        Job.__init__(self, model)
        self.id, self.raw, self.failures = id, raw, failures
        self.has_changed = False  # by another writer, since it was read
        is_whole = not plan.missing_defaults(self.schema, raw)
        self.operation = is_whole and alteration.reindex(self.schema, id, raw) or planned(model, id, raw, fill=True)

    def plan_by_itself(self):
        """Make the operation of its own."""
        try:
            self.operation = planned(self.owner, self.id, self.raw, fill=True)
        except ORMError as problem:
            self.operation, self.failures[self.id, None] = None, problem

    def recover(self, error):
        """Leave out a unique value that another row has; for all else drop the job, to read the row again or to report it."""
        if not isinstance(self.operation, dict):
            with session_aside():
                for job in self.batch:
                    if job.operation and not isinstance(job.operation, dict):
                        job.plan_by_itself()
            return
        if error[1] == 'unique':
            self.failures[self.id, error[2]] = self.problem(error)
            del self.operation['claim'][error[2]]
            return
        self.operation = None
        for failure in [failure for failure in self.failures if failure[0] == self.id]:
            del self.failures[failure]  # the row has changed since, or is gone
        self.has_changed = error[1] == 'stale'
        if error[1] not in ('stale', 'gone'):
            self.failures[self.id, None] = self.problem(error)

    def finish(self, id):
        return 1
