"""Adds to a number of a row, once, in one round trip where the server can work it out."""

import numbers

import six

from ..columns import Float, Integer
from ..exceptions import InvalidOperation, WrongArgument
from ..mapping.attributes import warn_of_slips
from ..storage import plan
from ..values import names
from ..values.expressions import increased
from .hooks import call_before_write
from .jobs import StoredJob, note_targets
from .row_writes import worked_out
from .session import current
from .write_call import ATTEMPTS

__all__ = ['increment']

_LARGEST = 2 ** 53  # up to here doubles tell all whole numbers


def increment(entity, attr, by=1):
    """Add to a number of a row as it is stored; see `rom.beyond.increment`."""
    column = _numeric_column(entity, attr)
    if isinstance(by, bool) or not isinstance(by, numbers.Number):
        raise WrongArgument('%s: increment takes a number, you provided %s' % (column.where, column._rom_shown(by)),
                            model=column._model, pk=entity._rom.id, columns=(attr,), value=column._rom_told(by))
    scope, state = current(), entity._rom
    _refuse_changed(entity, column)
    scope.reconcile([entity])
    identity = ('increment', state.schema.known_as, state.id, attr, by)
    if identity not in scope.untold:
        _add(scope, entity, column, by, identity)
    return scope.untold.pop(identity)


def _numeric_column(entity, attr):
    column = entity._columns.get(attr)
    if column is None or not getattr(column, '_rom_is_number', False) or attr not in entity._rom_schema.position:
        known = entity._rom_schema.columns
        raise InvalidOperation('increment: %s.%s is no column of numbers%s' % (
            type(entity).__name__, attr, '' if attr in known else names.suggestion(attr, known)), model=type(entity).__name__,
            pk=entity._rom.id, columns=(attr,))
    return column


def _refuse_changed(entity, column):
    state, attr = entity._rom, column._attr
    if state.new:
        raise InvalidOperation('%s: a new entity has no row yet to increment: save it first' % column.where, model=column._model,
                               columns=(attr,))
    if attr in state.assigned and not column.same(column.encode(state.values[attr]), state.raw(attr)):
        raise InvalidOperation('%s of %s has an unsaved change, %s: save or refresh it before increment' % (
            column.where, state.pk, column._rom_shown(state.values[attr])), model=column._model, pk=state.id, columns=(attr,),
            value=column._rom_told(state.values[attr]))


def _add(scope, entity, column, by, identity):
    warn_of_slips([entity])
    before = entity._rom.changes()
    call_before_write(entity)
    changed = entity._rom.changes()
    # what the hook has changed is written, as by a save; what the program has changed waits for its own
    also = dict((attr, text) for attr, text in changed.items() if attr not in before or before[attr] != text)
    job = _Increment(entity, column, by, also, identity)
    job.plan()
    try:
        scope.write_rows([job])
    except BaseException:
        if scope.untold.pop(identity, None) is not None:  # it was the hook that follows which has failed
            job.identity = None
        raise


class _Increment(StoredJob):
    """A number added to one of a row.

    :param by: the number
    :param also: {column: text or None} of what is written with it
    :param identity: what was asked for; None: that was told
    """

    def __init__(self, entity, column, by, also, identity):
        StoredJob.__init__(self, entity, list(entity._rom.row))
        self.column, self.by, self.also, self.identity = column, by, also, identity
        self.is_quick, self.texts = not also and self._is_simple(), None

    def _is_simple(self):
        """Whether the server can work it out: of whole numbers and floats that nothing depends on but their own plain index."""
        column, schema, attr = self.column, self.schema, self.column._attr
        if type(column) is Integer:
            fits = isinstance(self.by, six.integer_types) and abs(self.by) <= _LARGEST
        else:
            fits = type(column) is Float and isinstance(self.by, six.integer_types + (float,)) and abs(self.by) < 1e300
        indexes = schema.affected_indexes([attr])
        return (fits and not column._checks and not schema.geo and all(each is column and each.text_is_score for each in indexes)
                and not schema.affected_uniques([attr]) and not schema.affected_together([attr]))

    def plan(self):
        """Make the operation: to add to whatever there is, or to write the sum over the number as it was seen."""
        column, attr = self.column, self.column._attr
        if self.is_quick:
            kind, of = ('whole', int) if type(column) is Integer else ('float', float)
            by, default = [column.encode(of(0 if each is None else each)) for each in (self.by, column.missing())]
            self.operation = plan.add(self.schema, self.id, attr, by, default, kind)
            return
        number = plan.Row(self.schema, self.stored, id=self.id)[attr]
        value = worked_out(self.schema, attr, increased(column, self.by), number, self.id)
        self.texts = dict(self.also, **{attr: column.encode(value)})
        self.operation = self.update(self.texts)
        note_targets(self, self.texts)

    def recover(self, error):
        races = error[2] if error[1] == 'race' else ()
        if error[1] not in ('race', 'stale') or self.attempts >= ATTEMPTS or any(attr != self.column._attr for attr in races):
            raise self.problem(error)
        self.is_quick = False
        self.read_again()

    def finish(self, id):
        attr, row = self.column._attr, list(self.stored)
        texts = {attr: plan.as_text(id)} if self.is_quick else self.texts
        for each, text in texts.items():
            row[self.schema.position[each]] = text
        self.entity._rom_follow(row)
        if self.identity:
            current().untold[self.identity] = self.column.decode(texts[attr])
        return 1

    def run_hook(self):
        self.entity._after_update()
