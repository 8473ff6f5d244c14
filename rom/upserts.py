"""Rows by a unique value, got or made, whoever else does the same; and many rows made at once."""

import itertools
import sys

import six

from .exceptions import DataRaceError, InvalidColumnValue, NoResultFound, QueryError, UniqueKeyViolation, WrongArgument
from .lookups import unique_text
from .query import Query
from .storage import batches, keys, plan, reads
from .unitofwork.row_writes import Rewriting
from .unitofwork.session import current, session
from .unitofwork.write_call import ATTEMPTS
from .values.codecs import _shown

__all__ = ['bulk_create', 'get_one', 'get_or_create', 'told', 'update_or_create']


def get_one(model, id):
    """Return the entity of an id; see `rom.beyond.get_one`."""
    found = model.get(model._rom_schema.as_id(id))
    if found is None:
        raise NoResultFound('%s %s does not exist' % (model.__name__, id), model=model.__name__, value=id)
    return found


def told(args, unique):
    """Return (model, defaults) of the arguments of `get_or_create`; defaults by keyword are taken out of `unique`."""
    if not 1 <= len(args) <= 2:
        raise WrongArgument('get_or_create and update_or_create take defaults={}, and a unique column=value')
    model = args[0]
    by_keyword = len(args) == 1 and 'defaults' in unique and 'defaults' not in model._columns
    defaults = unique.pop('defaults') if by_keyword else args[1] if len(args) == 2 else {}
    if not isinstance(defaults, dict):
        raise WrongArgument('%s: defaults are {column: value}, you provided %s' % (model.__name__, _shown(defaults)), model=model.__name__,
                            value=defaults)
    return model, defaults


def get_or_create(model, defaults, unique):
    """Return (entity, whether it was made); see `rom.beyond.get_or_create`."""
    return _Upsert(model, defaults, unique).run(lambda entity: True)


def update_or_create(model, defaults, unique):
    """Return (entity, whether it was made); see `rom.beyond.update_or_create`."""
    upsert = _Upsert(model, defaults, unique)
    return upsert.run(upsert.rewrite)


class _Upsert(object):
    """A row with a unique value: looked for, and made where there is none.

    :param model: the Model class
    :param defaults: {column: value or callable}
    :param unique: {column: value}, of one unique column or one unique_together
    """

    def __init__(self, model, defaults, unique):
        self.model, self.defaults, self.schema = model, defaults, model._rom_schema
        self.attrs = tuple(sorted(unique))
        both = [attr for attr in self.attrs if attr in defaults]
        if both:
            raise QueryError('%s is what the row is looked for by, and among the defaults' % self.schema.columns[both[0]].where,
                             model=model.__name__, columns=tuple(both))
        self._check(unique)
        columns = self.schema.columns
        self.unique = dict((attr, value if value is None else columns[attr].accept(value)) for attr, value in unique.items())
        self.name = keys.together_name(self.attrs)
        self.text = self._claim()

    def _check(self, unique):
        for attr in self.attrs:
            if attr not in self.schema.columns:
                raise QueryError(self.schema.no_column(attr), model=self.schema.name, columns=(attr,))
        alone = len(self.attrs) == 1 and self.schema.columns[self.attrs[0]] in self.schema.unique
        if not alone and self.attrs not in self.schema.together or not all(attr in self.schema.position for attr in self.attrs):
            raise QueryError('%s: a row is got or made by one unique column that it holds, or by all columns of one unique_together, '
                             'you provided %s' % (self.schema.name, ', '.join(self.attrs) or 'none'), model=self.schema.name,
                             columns=self.attrs)

    def _claim(self):
        """Return the text that the row claims.

        :raises InvalidColumnValue: where that is nothing
        """
        texts = dict((attr, self.schema.columns[attr].encode(value)) for attr, value in self.unique.items())
        text = None
        if None not in texts.values():
            if len(self.attrs) == 1:
                text = unique_text(self.model, self.schema.columns[self.attrs[0]], self.unique[self.attrs[0]])
            else:
                text = self._claimed_by(plan.Row(self.schema, [None] * len(self.schema.stored), texts=texts))
        if not text:
            column = self.schema.columns[self.attrs[0]]
            raise InvalidColumnValue('%s: %s claims nothing: no row is got or made by it' % (
                column.where if len(self.attrs) == 1 else '%s.%s' % (self.schema.name, self.name),
                ', '.join(self.schema.columns[attr]._rom_shown(self.unique[attr]) for attr in self.attrs)),
                model=self.schema.name, columns=self.attrs, value=column._rom_told(self.unique[self.attrs[0]]))
        return text

    def _claimed_by(self, row):
        """Return what a row claims under the name."""
        alone = [self.schema.columns[attr] for attr in self.attrs] if len(self.attrs) == 1 else []
        return plan.unique_values(alone, [] if alone else [self.attrs], row).get(self.name)

    def run(self, use):
        """Return (entity, whether it was made).

        :param use: callable(entity that was found) -> bool, whether it is still the one
        """
        self._save_unsaved()
        made, defaults = self._made_without_answer()
        for _ in range(ATTEMPTS):
            row = self.row()
            found = self.model._rom_found_each([row], hold=True) if row else []
            is_made = bool(found) and found[0]._rom.id == made
            if found and (is_made and defaults == self.defaults or use(found[0])):
                return found[0], is_made
            if not found:
                made = self._made()
                if made is not None:
                    return made, True
        raise DataRaceError('%s: the row with this %s kept changing; try again' % (self.schema.name, self.name),
                            model=self.schema.name, columns=self.attrs)

    def row(self):
        """Return (id, raw row) of the row that has the value; None where there is none."""
        return reads.lookup_unique(self.model._connection, self.schema, self.name, [self.text])[0]

    def _save_unsaved(self):
        """Save the entities of this session that have the value, and are not saved."""
        for entity in current().assigned_of(self.model):
            state = entity._rom
            if state.deleted or not any(attr in state.assigned for attr in self.attrs):
                continue
            if self._claimed_by(plan.Row(self.schema, state.row, state.values, state.texts(), state.id)) == self.text:
                if entity._modified:
                    entity.save()

    def _made(self):
        """Return an entity that was made and saved; None where another one has the value by now."""
        values = dict((attr, value() if callable(value) else value) for attr, value in self.defaults.items())
        entity = self.model(**dict(values, **self.unique))
        try:
            entity.save()
            return entity
        except UniqueKeyViolation as error:
            current().forget(entity)
            if tuple(sorted(error.columns)) != self.attrs:
                error.args = (error.args[0].rpartition('; ')[0],) + error.args[1:]  # it does not stay in the session
                raise
        except BaseException:
            current().forget(entity)
            if current().writer.has_unfinished():
                current().untold[self._identity] = entity, self.defaults
            raise

    @property
    def _identity(self):
        return 'made', self.schema.known_as, self.name, self.text

    def _made_without_answer(self):
        """Return (id, defaults) of the row that an earlier call has made, which got no answer; (None, None) where there is none."""
        scope = current()
        entity, defaults = scope.untold.get(self._identity, (None, None))
        if entity is None:
            return None, None
        scope.reconcile([entity])
        del scope.untold[self._identity]
        return (None, None) if entity._new else (entity._rom.id, defaults)

    def rewrite(self, entity):
        """Write the defaults on the row that was found; whether it still had the value by then."""
        values = dict((attr, value) for attr, value in self.defaults.items() if not callable(value))
        if not values:
            return True
        scope, state = current(), entity._rom
        for attr in values:
            if attr in state.assigned:  # what is written now is the later assignment
                scope.before_change(entity, attr)
                state.assigned.discard(attr)
                state.values.pop(attr, None)
        return _RowRewriting(self, values).run() > 0


class _RowRewriting(Rewriting):
    """Values for the row that has a unique value."""

    def __init__(self, upsert, values):
        Rewriting.__init__(self, Query(upsert.model), values)
        self.upsert = upsert
        self.expected.update(upsert.attrs)

    def _found(self, offset, count, seen):
        row = self.upsert.row()
        return [row] if row else []

    def _asked(self, ids):
        return dict((id, row) for id, row in self._found(0, None, ()) if id in ids)


# -- many --------------------------------------------------------------------------------------------------------------

def bulk_create(model, rows, progress):
    """Make and save entities; see `rom.beyond.bulk_create`."""
    if not hasattr(rows, '__iter__'):
        raise _no_rows(model, rows)
    written, rows, error = 0, iter(rows), None
    while error is None:
        batch = []
        try:
            for row in itertools.islice(rows, batches.ROWS_PER_WRITE):
                batch.append(row)
        except Exception:  # what it has given before is written
            error = sys.exc_info()
        with session.scope(atomic=False):
            made = 0
            try:
                for row in batch:
                    _make(model, row)
                    made += 1
            except Exception:
                error = sys.exc_info()
        written += made
        if made and progress:
            progress(written)
        if error is None and len(batch) < batches.ROWS_PER_WRITE:
            return written
    try:
        six.reraise(*error)
    finally:
        del error  # it leads back to this very frame


def _make(model, row):
    if not hasattr(row, 'keys'):
        raise _no_rows(model, row)
    return model(**dict(row))


def _no_rows(model, given):
    return WrongArgument('%s.bulk_create takes dicts, {column: value}, you provided %s' % (model.__name__, _shown(given)),
                         model=model.__name__, value=given)
