"""Moves an amount between two rows, once, in one atomic write."""

import decimal
import numbers

import six

from ..columns import Decimal, Float, Integer
from ..exceptions import EntityDeletedError, InvalidColumnValue, InvalidOperation, WrongArgument
from ..mapping.assignments import Planned
from ..storage import plan, reads
from ..values import names
from ..values.codecs import _shown
from .jobs import StoredJob
from .session import current
from .write_call import ATTEMPTS

__all__ = ['transfer']

#: digits enough for any balance: sums must be exact
_EXACT = decimal.Context(prec=4000, Emax=decimal.getcontext().Emax, Emin=decimal.getcontext().Emin)


def transfer(source, target, attr, value, token_entity, token_attr, decimal_places):
    """Take `value` from `source.attr` and give it to `target.attr`; see `Model.transfer`."""
    for entity in (target, token_entity):
        if not hasattr(type(entity), '_rom_schema'):
            raise WrongArgument('transfer takes an entity, you provided %s' % _shown(entity), value=entity)
    amount = _amount(source, attr, value, decimal_places)
    parties = (source, target, token_entity)
    _check_parties(source, target, attr, parties)
    identity = (source._pk, target._pk, attr, token_entity._pk, token_attr, value)
    scope = current()
    scope.reconcile(parties)
    if identity not in scope.untold:
        legs = [_Leg(source, attr, amount.copy_negate(), identity), _Leg(target, attr, amount, identity)]
        legs = _with_token(legs, token_entity, token_attr, identity)
        for leg in legs:
            leg.plan()
        scope.write_together(legs)
    scope.untold.pop(identity, None)


def _refused(entity, why, attr=None, value=None):
    return WrongArgument(why, model=type(entity).__name__, pk=entity._rom.id, columns=(attr,) if attr else (), value=value)


def _amount(source, attr, value, decimal_places):
    for number in (value, decimal_places):
        if isinstance(number, bool) or not isinstance(number, numbers.Number):
            raise _refused(source, 'transfer takes numbers, you provided %s' % _shown(number), attr, number)
    if decimal_places < 0:
        raise _refused(source, 'decimal_places must be >= 0', attr, decimal_places)
    amount = decimal.Decimal(repr(value) if isinstance(value, float) else value)
    if not amount.is_finite():
        raise _refused(source, 'value must be a finite number, you provided %s' % _shown(value), attr, value)
    if decimal_places:
        amount = amount.quantize(decimal.Decimal(1).scaleb(-int(decimal_places)), context=_EXACT)
    if amount <= 0:
        raise _refused(source, 'value must be >0, you provided %s' % _shown(value), attr, value)
    return amount


def _check_parties(source, target, attr, parties):
    modified = [entity for entity in parties if entity._modified]
    if modified:
        raise _refused(modified[0], 'All entities must be unmodified before transfer; .save() or .refresh() first: %s' % ', '.join(
            entity._pk for entity in modified))
    for entity in parties:
        if entity._deleted:
            raise EntityDeletedError('Entity %s is deleted and cannot take part in a transfer' % entity._pk,
                                     entity._namespace, str(entity._rom.id), model=type(entity).__name__, pk=entity._rom.id)
    if source._pk == target._pk:
        raise _refused(source, 'transfer: %s cannot transfer to itself' % source._pk, attr)
    for entity in (source, target):
        if not isinstance(entity._columns.get(attr), (Integer, Float, Decimal)):
            known = entity._rom_schema.columns
            raise InvalidOperation('transfer: %s.%s is no Integer, Float or Decimal column%s' % (
                type(entity).__name__, attr, '' if attr in known else names.suggestion(attr, known)), model=type(entity).__name__,
                pk=entity._rom.id, columns=(attr,))


def _with_token(legs, entity, attr, identity):
    """Return the legs, and the mark that this transfer was done: a number above zero in a field of a row."""
    for leg in legs:
        if leg.entity._pk == entity._pk:
            leg.token_attr = attr
            return legs
    return legs + [_Leg(entity, None, None, identity, attr)]


def _tells_sent(mark):
    """Whether a field says that a transfer was done: kept from 1.1.2, a number above zero; 0, '' and words do not."""
    try:
        return mark is not None and float(mark) > 0
    except ValueError:
        return False


class _Leg(StoredJob):
    """What a transfer does to one row."""

    def __init__(self, entity, attr, change, identity, token_attr=None):
        StoredJob.__init__(self, entity, entity._rom.row)
        self.attr, self.change, self.identity = attr, change, identity
        self.token_attr, self.mark, self.texts = token_attr, None, None

    def plan(self):
        """Make the operation from the row as it was last seen.

        :raises WrongArgument: where the balance is too small, or the transfer was done before
        """
        schema = self.schema
        self.texts = {} if self.attr is None else {self.attr: self._balance()}
        if self.token_attr in schema.position:
            self.mark = plan.as_text(self.stored[schema.position[self.token_attr]])
            column = schema.columns[self.token_attr]
            self.texts[self.token_attr] = column.encode(1.0) if isinstance(column, Float) else u'1'
        if _tells_sent(self.mark):
            raise _refused(self.entity, 'already sent', self.token_attr)
        self.operation = self.update(self.texts)
        if self.token_attr is not None:
            self.operation['set'][self.token_attr] = self.texts.get(self.token_attr, u'1')
            self.operation['expect'][self.token_attr] = False if self.mark is None else self.mark

    def _balance(self):
        column = self.schema.columns[self.attr]
        text = plan.as_text(self.stored[self.schema.position[self.attr]])
        balance = _EXACT.add(decimal.Decimal(text or '0'), self.change)
        if self.change < 0 and balance < 0:
            raise _refused(self.entity, 'not enough credit: %s of %s is %s, and %s was to be taken' % (
                column.where, self.name(), column._rom_shown(balance - self.change), -self.change), self.attr, column._rom_told(-self.change))
        if isinstance(column, Integer):
            if balance != balance.to_integral_value():
                raise InvalidColumnValue('%s holds whole numbers: cannot transfer %s' % (column.where, column._rom_shown(self.change)),
                                         model=column._model, columns=(self.attr,), value=column._rom_told(self.change))
            return six.text_type(int(balance))
        return column.encode(float(balance) if isinstance(column, Float) else balance)

    def recover(self, error):
        if error[1] == 'race' and self.attempts < ATTEMPTS:
            return self.read_again()
        StoredJob.recover(self, error)

    def read_again(self):
        self.attempts += 1
        fields = self.schema.fields + ([] if self.token_attr is None else [self.token_attr])
        values = reads.read_fields(self.connection, self.schema, fields, self.id)
        if self.token_attr is not None:
            self.mark = plan.as_text(values.pop())
        self.stored = values
        self.plan()

    def finish(self, id):
        current().untold[self.identity] = True
        state = self.entity._rom
        if self.stored is not state.row:
            self.entity._rom_refreshed(self.stored)
        for attr in self.texts:
            if attr not in state.assigned:
                state.values.pop(attr, None)
        self.entity._rom_written(int(id), Planned(self.operation, self.texts, state.row, number=0))
        return len(self.texts)
