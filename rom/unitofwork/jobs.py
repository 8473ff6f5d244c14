"""Jobs: what is to become of one row each, as `write_call.write` and `store.Writer` take them."""

from ..exceptions import InvalidOperation
from ..mapping import seen
from ..storage import connections, keys, outcomes, plan, reads, removal, troubles
from ..storage.insertion import NewRow
from .hooks import has_own_hook
from .identity_map import key_of
from .write_call import ATTEMPTS

__all__ = ['Change', 'Job', 'Look', 'ManyRows', 'Moved', 'Removal', 'Save', 'StoredJob', 'note_targets', 'one_connection', 'place_of']


def place_of(owner):
    """Return where an entity, or a model, is stored: its connection, and the shard there."""
    connection = owner._connection
    return connection, connections.shard_of(connection, owner._namespace)


class Job(object):
    """What is to become of one row.

    :param owner: its entity; of a job that has none, the model
    :param place: what `place_of` says of it, where that is known
    :ivar entity: the entity that is being written, or None
    :ivar if_match: the etag that its row is to have still, or None
    :ivar operation: dict as `storage.plan` makes it; None where nothing is left to do
    :ivar columns: how many were written, or rows removed, once it is finished
    :ivar rows: how many it writes: one, but for `ManyRows`
    :ivar is_plain: whether it is known that no hook of the program's own follows
    """

    rows = 1
    is_plain = False
    entity = if_match = operation = None
    attempts = columns = weight = 0
    together = 1  # how many jobs its last call had
    is_last = False  # whether the scope ends with it, so that nothing can be mended in there

    def __init__(self, owner, place=None):
        self.owner, self.schema = owner, owner._rom_schema
        self.connection, self.shard = place or place_of(owner)

    @property
    def id(self):
        """int, or None: of the row."""
        return self.entity._rom.id

    @property
    def entities(self):
        """Those that are being written, as a tuple."""
        return () if self.entity is None else (self.entity,)

    def alone(self):
        """Return a job for each of its rows, as a list."""
        return [self]

    def new_references(self):
        """Return the new entities that its own refers to."""
        return self.entity._rom.new_references()

    def is_current(self):
        """Whether what was planned is still what is to be written."""
        return True

    def name(self):
        """Return the row, for messages."""
        return keys.row(self.owner._namespace, self.id)

    def current_connection(self):
        """Return the connection of the model as it is now: the program may have replaced the one that was planned for."""
        return self.owner._connection

    def expect_all(self):
        """Have the operation find the row that the etag stands for, if one was asked for."""
        if self.if_match is not None and self.operation:
            self.operation['match'] = seen.matching(self.entity._rom, self.if_match)

    def problem(self, error):
        """Return the exception for an error of the write call."""
        if error[1] == 'refused':
            error = list(error[:2]) + [troubles.too_old(self.connection, error[2]) or error[2]]
        return outcomes.problem(self.schema, self.id, error, self.value_of, self.together, self.place())

    def place(self):
        """Return where the entity is after an error, as `outcomes.problem` has it."""
        return 'nowhere' if self.entity is None else 'scope' if self.is_last else 'session'

    def value_of(self, column):
        """Return the value of a column that was to be written, for messages: of references that are not loaded the id."""
        attr = column._rom_source._attr
        if self.entity is None or attr not in self.schema.position:
            return self.operation.get('claim', {}).get(column._attr)
        state = self.entity._rom
        return state.values.get(attr, plan.as_text(state.raw(attr))) if column.is_reference else state.value(attr)

    def recover(self, error):
        """Mend a failed operation by planning anew, or raise what went wrong."""
        raise self.problem(error)

    def finish(self, id):
        """Let the entity know that it is done; returns the number of columns written, or of rows removed."""
        raise NotImplementedError

    def run_hook(self):
        """Call the hook that follows the write; there is none unless a subclass says so."""


class ManyRows(Job):
    """The job of many rows of one model, which call nothing of the program's own.

    Where anything is not as it should be, each row becomes the job that it is by itself.

    :ivar entities: list
    """

    entities = ()
    is_plain = True
    _alone = None

    @property
    def rows(self):
        """int, how many there are."""
        return len(self.entities)

    def each(self):
        """Make the jobs of the rows, as a list."""
        raise NotImplementedError

    def alone(self):
        """Return the jobs of the rows, as a list: the same ones whenever it is asked."""
        if self._alone is None:
            self._alone = self.each()
        for job in self._alone if self.columns else ():
            job.columns = self.columns // len(self._alone)
        return self._alone

    def new_references(self):
        return ()


class Save(Job):
    """What a program has changed in an entity.

    :param bool is_plain: whether it is known to have no hook of the program's own
    """

    stored = None  # the raw row, where it was read again to be written by force
    planned = None
    expected = None  # {column: text or False} in which the row is to be as a query has found it

    def __init__(self, entity, full=False, force=False, refresh=False, if_match=None, place=None, is_plain=False):
        Job.__init__(self, entity, place)
        self.entity, self.state, self.if_match = entity, entity._rom, if_match
        self.full, self.force, self.refresh, self.is_plain = full, force, refresh, is_plain
        self.was_new, self.was_deleted = self.state.new, self.state.deleted

    def plan(self):
        """Make the operation; None where there is nothing to do."""
        is_asked_more = self.if_match is not None or bool(self.expected)
        self.planned = self.state.plan(self.full, self.force, self.refresh, self.stored, is_asked_more)
        self.operation = self.planned.operation
        if self.operation and self.schema.references:
            note_targets(self, self.planned.texts)
        if self.if_match is not None:
            self.expect_all()
        if self.expected and self.operation:
            self.operation.setdefault('expect', {}).update(self.expected)
        return self.operation

    def is_current(self):
        """Whether the entity is what it was when this was planned: a hook or a signal handler may have saved, changed or deleted it, or told its id."""
        state = self.state
        return (state.new == self.was_new and state.deleted == self.was_deleted and not state.assigned_since(self.planned)
                and (state.row is self.planned.row if not state.new else state.id is None or self.operation.id is not None))

    def plan_anew(self):
        """Plan for what the entity has become; None where nothing is left to do."""
        self.was_new = self.state.new
        return None if self.state.deleted and not self.was_deleted else self.plan()

    def recover(self, error):
        if self.attempts < ATTEMPTS and error[1] in ('race', 'stale') and not self.is_current():
            self.attempts += 1
            self.plan_anew()  # this very program has seen to it, before the call was sent
            return
        if self.attempts >= ATTEMPTS or not (error[1] == 'stale' or error[1] == 'race' and self._met_defaults(error[2])):
            raise self.problem(error)
        self.attempts += 1
        row = _stored_row(self)
        if self.force:
            self.stored = row or self.stored  # of a row that has vanished, as it was last seen
        elif row is None:
            raise self.problem([0, 'gone'])
        else:  # take over what other writers changed
            self.state.take_over(row, set(self.planned.texts).difference(self.planned.filled))
        self.plan()

    def _met_defaults(self, attrs):
        """Whether another writer has filled in defaults, and changed no column that this one writes."""
        row = _stored_row(self)
        return row is not None and self.state.take_defaults(row, attrs)

    def problem(self, error):
        if error[1] not in ('right', 'refused', 'type'):  # a server that refuses is not asked for an id
            self.entity._rom_allocate_id()
        return Job.problem(self, error)

    def name(self):
        return key_of(self.entity)

    def finish(self, id):
        if self.was_deleted:  # and written by force
            self.state.deleted = self.was_deleted = False
        self.entity._rom_written(int(id), self.planned, self.was_new)
        return self.schema.counted if self.was_new or self.full or self.force else len(self.planned.texts)

    def has_own_hook(self):
        """Whether the hook that follows the write is a program's own."""
        return has_own_hook(self.entity, '_after_insert' if self.was_new else '_after_update')

    def run_hook(self):
        if self.was_new:
            self.entity._after_insert()
        else:
            self.entity._after_update()


class Moved(Exception):
    """Who refers to whom has changed since it was collected."""


class StoredJob(Job):
    """What is planned from the row as it is stored; what its entity has in mind beyond that is left alone.

    :param stored: the raw row
    :param may_move: whether to collect again where other writers have changed who refers to whom
    :ivar texts: {column: text or None} to be written, where the operation writes any
    """

    texts = None

    def __init__(self, entity, stored, may_move=False, place=None):
        Job.__init__(self, entity, place)
        self.entity, self.stored, self.may_move = entity, stored, may_move

    def plan(self):
        """Make the operation."""
        raise NotImplementedError

    def value_of(self, column):
        attr = column._rom_source._attr
        if not self.texts or attr not in self.texts:
            return Job.value_of(self, column)
        text = self.texts[attr]
        return text if text is None or column.is_reference else column.decode(text)

    def problem(self, error):
        self.together = None
        return Job.problem(self, error)

    def place(self):
        place = Job.place(self)
        return 'row' if place == 'session' else place  # the session holds nothing that is to be changed first

    def recover(self, error):
        if self.may_move and error[1] in ('race', 'gone', 'guard'):
            raise Moved()
        if error[1] != 'stale' or self.attempts >= ATTEMPTS:
            raise self.problem(error)
        self.read_again()

    def read_again(self):
        """Plan for the row as it is stored now."""
        self.attempts += 1
        self.stored = _stored_row(self) or [None] * len(self.schema.stored)
        self.plan()

    def update(self, texts):
        """Plan the operation that writes some columns and leaves all else as it is stored."""
        before = plan.Row(self.schema, self.stored, id=self.id)
        after = plan.Row(self.schema, self.stored, texts=texts, id=self.id)
        return plan.update(self.schema, self.id, before, after, texts)


class Removal(StoredJob):
    """One row on its way out."""

    def __init__(self, entity, guard=(), reason=None, may_move=False, if_match=None, place=None):
        StoredJob.__init__(self, entity, entity._rom.row, may_move, place)
        self.guard, self.reason = guard, reason
        self.if_match = if_match

    def check_seen(self):
        """Refuse what was asked for by another etag than that of the row as it was seen."""
        if self.if_match is not None:
            seen.check_etag(self.entity._rom, self.if_match)

    def plan(self):
        if self.guard or self.reason or self.schema.unsafe or self.if_match is not None:
            row = plan.Row(self.schema, self.stored, id=self.id)
            self.operation = plan.delete(self.schema, self.id, row, self.guard, self.reason)
            self.expect_all()
        else:
            self.operation = removal.remove(self.schema, [self.id], [self.stored])

    def finish(self, id):
        self.entity._rom_removed([self.entity])
        return int(bool(id))

    def run_hook(self):
        self.entity._after_delete()


class Change(StoredJob):
    """References of a row set to something else, and nothing but that."""

    def __init__(self, entity, stored, targets):
        StoredJob.__init__(self, entity, stored, not any(attr in entity._rom.assigned for attr in targets))
        self.targets, self.texts, self.expect = targets, None, None

    def plan(self):
        self.texts = dict((attr, self.schema.columns[attr].encode(target)) for attr, target in self.targets.items())
        self.operation = self.update(self.texts)
        self.expect = self.expect or self.operation['expect']  # as it was collected, however often it is read again
        self.operation['expect'] = self.expect
        note_targets(self, self.texts)

    def finish(self, id):
        self.entity._rom.refer_to(self.targets, self.texts)
        self.entity._rom_note_written()
        return len(self.targets)

    def run_hook(self):
        self.entity._after_update()


class Look(StoredJob):
    """A row that is to go later on: whether it may, still."""

    def __init__(self, entity, guard, if_match=None):
        StoredJob.__init__(self, entity, None, may_move=True)
        self.guard, self.if_match = guard, if_match

    def plan(self):
        self.operation = plan.look(self.schema, self.id, self.guard)
        self.expect_all()

    def finish(self, id):
        return 0


def one_connection(jobs, instead=''):
    """Refuse jobs that one call cannot carry.

    :param instead: what else could be done, for the message
    :raises InvalidOperation: naming their models
    """
    if any(job.shard != jobs[0].shard for job in jobs):
        raise InvalidOperation('one atomic write needs one connection and, in a cluster, namespaces with one hash tag: '
                               'models %s do not share theirs%s'
                               % (', '.join(sorted(set(type(job.entity).__name__ for job in jobs))), instead))


def _stored_row(job):
    return reads.read_rows(job.connection, job.schema, [job.id])[0]


def note_targets(job, texts):
    """Have a write look at the rows that it refers to, where one call can see both; new entities are on their way."""
    for attr in job.schema.references:
        target = job.entity._rom.values.get(attr)
        if texts.get(attr) is None or target is not None and target._new:
            continue
        model = job.schema.columns[attr].get_related_model()
        if model is not None and connections.shard_of(model._connection, model._namespace) == job.shard:
            _refer(job.operation, attr, keys.row(model._namespace, texts[attr]))


def _refer(operation, attr, key):
    if isinstance(operation, NewRow):
        operation.refer(attr, key)
    else:
        operation.setdefault('refer', {})[attr] = key
