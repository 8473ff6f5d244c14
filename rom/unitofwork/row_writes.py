"""Values for the rows that a query finds, each written only if it still is one of them: what `Query.update` does."""

import copy

from ..columns.kinds import kinds_of
from ..exceptions import DataRaceError, EntityDeletedError, InvalidColumnValue, InvalidOperation, QueryError
from ..search.meanings import own_name
from ..search.results import rows_of_pages
from ..storage import alteration, batches, keys, plan
from ..values.expressions import Expression
from ..values.filter_forms import All, Any, Empty, Geofilter, Ids, Meant, Not, Null, Pattern, Prefix, Suffix
from .entity import Entity
from .hooks import has_own_hook
from .identity_map import key_of
from .jobs import StoredJob, note_targets
from .session import current
from .undo import Before
from .write_call import ATTEMPTS

__all__ = ['Rewriting', 'Values', 'named_columns', 'worked_out']


# -- what is written ---------------------------------------------------------------------------------------------------

def worked_out(schema, attr, expression, number, id):
    """Return what an expression comes to, as a column holds it.

    :param schema: `Schema` of the model
    :param attr: name of the column that takes it
    :param number: what the row has in the column of the expression; None: 0
    :param id: of the row, for messages
    :raises InvalidColumnValue: where the column refuses it, naming the row
    """
    column = schema.columns[attr]
    try:
        try:
            found = expression.of(0 if number is None else number)
        except (TypeError, ArithmeticError) as error:
            raise column.refuse(number, 'cannot hold %s: %s' % (expression, column._rom_why(error)))
        return column.accept(found)
    except InvalidColumnValue as error:
        raise InvalidColumnValue('row %s: %s' % (keys.row(schema.namespace, id), error.args[0]), model=schema.name, pk=id,
                                 columns=(attr,), value=error.value)


class Values(object):
    """What rows are to have in some columns: values, and expressions worked out from each row as it is stored.

    :param model: the Model class
    :param given: {column: value or `Expression`}
    :raises QueryError: for what is no column that a row holds, and for expressions that cannot be worked out
    :raises InvalidColumnValue: for a value that does not fit
    :raises InvalidOperation: for None in a required column
    """

    def __init__(self, model, given):
        self.schema = schema = model._rom_schema
        if not given:
            raise QueryError('%s.query.update takes column=value' % schema.name, model=schema.name)
        self.fixed, self.expressions = {}, {}
        for attr, value in given.items():
            column = _writable(schema, attr)
            if isinstance(value, Expression):
                self.expressions[attr] = value, _checked_source(model, value)
            elif value is None and column._required:
                raise InvalidOperation('%s cannot be null: it is required' % column.where, model=schema.name, columns=(attr,))
            else:
                self.fixed[attr] = None if value is None else column.accept(value)
        #: columns that the expressions are worked out from
        self.sources = set(source for _, source in self.expressions.values() if source != schema.pk)
        self._texts = None

    def new_entities(self):
        """Return the entities among the values that are not saved yet."""
        return [value for value in self.fixed.values() if isinstance(value, Entity) and value._new]

    def of(self, row):
        """{column: value} for a row.

        :param row: `Row`, as it is stored
        """
        columns = self.schema.columns
        found = dict((attr, copy.deepcopy(value) if columns[attr].is_mutable else value) for attr, value in self.fixed.items())
        found.update(self._worked_out(row))
        return found

    def texts(self, row):
        """{column: text or None} for a row."""
        columns = self.schema.columns
        if self._texts is None:
            self._texts = dict((attr, columns[attr].encode(value)) for attr, value in self.fixed.items())
        return dict(self._texts, **dict((attr, columns[attr].encode(value)) for attr, value in self._worked_out(row)))

    def _worked_out(self, row):
        return [(attr, worked_out(self.schema, attr, expression, row[source], row[self.schema.pk]))
                for attr, (expression, source) in self.expressions.items()]


def _writable(schema, attr):
    """Return the column of a name.

    :raises QueryError: where there is none, or rows do not hold it
    """
    if attr not in schema.columns:
        raise QueryError(schema.no_column(attr), model=schema.name, columns=(attr,))
    if attr not in schema.position:
        raise QueryError('%s.%s is no column that is written: %s' % (
            schema.name, attr, 'it comes from a counter' if attr == schema.pk else 'a row does not hold it'), model=schema.name,
            columns=(attr,))
    return schema.columns[attr]


def _checked_source(model, expression):
    """Return the name of the column that an expression is worked out from.

    :raises QueryError: where it is another model's, or its kind of number and the constants do not go together
    """
    name = own_name(model, expression.column)
    try:
        expression.of(kinds_of(expression.column._allowed)[0](0))
    except TypeError as error:
        raise QueryError('%s cannot be worked out: %s' % (expression, error), model=model.__name__, columns=(name,))
    except ArithmeticError:  # each row will say
        pass
    return name


# -- which rows --------------------------------------------------------------------------------------------------------

def named_columns(schema, filters):
    """Return the stored columns that decide whether a row has some filters.

    :param schema: `Schema` of the model
    :param filters: list of filters, as :mod:`rom.values.filter_forms` describes them
    :returns: set of names
    """
    found = set()
    for each in filters:
        if isinstance(each, (Any, All, Meant)):
            found |= named_columns(schema, each.of)
        elif isinstance(each, list):
            found |= named_columns(schema, each)
        elif isinstance(each, Not):
            found |= named_columns(schema, [each.part])
        elif isinstance(each, Geofilter):  # what a place is made from, only the callback knows
            found.update(schema.stored)
        elif not isinstance(each, Ids):
            found.update(schema.sources(schema.columns[_name_in(each)]))
    return found


def _name_in(item):
    if isinstance(item, (Prefix, Suffix, Pattern)):
        return item.attr
    if isinstance(item, (Null, Empty)):
        return item.field
    return plan.as_text(item[0] if isinstance(item, tuple) else item).partition(u':')[0]


class _Rewrite(StoredJob):
    """Values for one row."""

    def __init__(self, rewriting, entity, stored):
        StoredJob.__init__(self, entity, stored)
        self.rewriting, self.texts = rewriting, None
        self.is_pending = True

    def plan(self):
        """Make the operation, which finds the row as the query has found it, or does nothing."""
        self.texts = self.rewriting.values.texts(plan.Row(self.schema, self.stored, id=self.id))
        self.operation = self._altered() if self.rewriting.is_brief else None
        if not self.operation:
            self.operation = self.update(self.texts)
            self.operation['expect'].update(plan.expectation(self.schema, self.stored, self.rewriting.expected))
            note_targets(self, self.texts)

    def _altered(self):
        """Return the operation as a batch takes it: what the row is expected to have is written as it stands; None where more follows."""
        expected = plan.expectation(self.schema, self.stored, self.rewriting.expected)
        if len(expected) < len(self.rewriting.expected):
            return None
        texts = dict(((attr, None if text is False else text) for attr, text in expected.items()), **self.texts)
        return alteration.alter(self.schema, self.id, self.stored, texts,
                                lambda texts: plan.Row(self.schema, self.stored, texts=texts, id=self.id))

    def recover(self, error):
        if error[1] not in ('race', 'stale', 'gone') or self.attempts >= ATTEMPTS:
            raise self.problem(error)
        self.attempts += 1
        self.rewriting.ask_again(self)

    def finish(self, id):
        self.is_pending = False
        row = list(self.stored)
        for attr, text in self.texts.items():
            row[self.schema.position[attr]] = text
        self.entity._rom_follow(row)
        return 1


class Rewriting(object):
    """One update by a query: it finds ids first, then writes row after row.

    :param query: `Query`, of which limit and order are honoured
    :param given: {column: value or `Expression`}
    :raises QueryError: as `Values` does
    """

    def __init__(self, query, given):
        self.model, self.schema = query._model, query._model._rom_schema
        self.values = Values(self.model, given)
        self.found_by = query.replace(select=None)
        self._again = self.found_by.replace(order_by=None, limit=None, is_reversed=False, behind=None)
        #: columns in which a row is to be as it was found
        self.expected = named_columns(self.schema, query._filters) | self.values.sources
        only_expected = self.expected.difference(given)
        #: whether what is expected of a row can be said by writing it as it stands, at little cost
        self.is_brief = not self.schema.affected_uniques(only_expected) and all(
            column.text_is_score for column in self.schema.affected_indexes(only_expected))
        self._batch, self._has_raced = [], False

    def run(self):
        """Write; where others were quicker than this, rows that come later take the place of those within a limit.

        :returns: int, the rows written
        """
        for entity in self.values.new_entities():
            current().save([entity])
        offset, count = self.found_by._window()
        total, seen = 0, set()
        while count is None or total < count:
            found = self._found(offset, None if count is None else count - total, seen)
            seen.update(id for id, _ in found)
            written = self._write_all(found)
            total += written
            if count is None or offset or written == len(found):
                break
        return total

    def _found(self, offset, count, seen):
        """[(id, row or None)] of what is to be written; the rows are there where they are few, and came with their ids."""
        size, found = batches.ROWS_PER_WRITE, []
        most = None if count is None else count + len(seen)
        for ids, rows in self.found_by._search().pages(offset, most, self.schema.fields, size):
            found.extend((int(id), row) for id, row in zip(ids, rows) if row is not None)
            if len(rows) < len(ids) or len(found) > size:
                break
        else:
            return [(id, row) for id, row in found if id not in seen][:count]
        ids = [int(id) for page, _ in self.found_by._search().pages(offset, most) for id in page]
        return [(id, None) for id in ids if id not in seen][:count]

    def _asked(self, ids):
        """{id: row} of those of some rows that the query finds, limit aside."""
        query = self._again._and([Ids(tuple(sorted(ids)))])
        search, fields, size = query._search(), self.schema.fields, batches.ROWS_PER_WRITE
        blocks = rows_of_pages(search.connection, self.schema, search.pages(0, None, fields, size), fields, size)
        return dict((id, row) for block in blocks for id, row in block if row is not None)

    def _write_all(self, found):
        written, size = 0, batches.ROWS_PER_WRITE
        for first in range(0, len(found), size):
            block = found[first:first + size]
            if block[0][1] is None:
                asked = self._asked([id for id, _ in block])
                block = [(id, asked[id]) for id, _ in block if id in asked]
            written += self._write(block)
        return written

    # -- a block ---------------------------------------------------------------------------------------------------------

    def _write(self, block):
        """Write rows that were just found; what came before an error is written."""
        jobs, rows, self._columns = [], dict(block), 0
        try:
            for entity in self.model._rom_adopt(block):
                if _saves_itself(entity):
                    self._send(jobs)
                    self._columns += self._save(entity, rows[entity._rom.id])
                    continue
                job = _Rewrite(self, entity, rows[entity._rom.id])
                job.plan()
                jobs.append(job)
        except Exception:
            self._send(jobs)
            raise
        self._send(jobs)
        return self._columns

    def _send(self, jobs):
        """Write planned jobs, in calls of as many as fit, and have none left."""
        planned = list(jobs)
        del jobs[:]
        for self._batch in batches.in_batches(planned, _weight):
            self._has_raced = False
            self._columns += current().write_rows(self._batch)

    def ask_again(self, raced):
        """Have a job plan for the row as it is now; where it is none of the query any more, there is nothing to do.

        Where one row of a batch was changed, likely others were: from the second on all are asked about.
        """
        jobs = [job for job in self._batch if job.is_pending and job.operation] if self._has_raced else [raced]
        self._has_raced = True
        found = self._asked([job.id for job in jobs])
        for job in jobs:
            stored = found.get(job.id)
            if stored is None:
                job.operation = None
            elif stored != job.stored or job is raced:
                job.stored = stored
                job.plan()

    # -- entity by entity --------------------------------------------------------------------------------------------------

    def _save(self, entity, row):
        """Save an entity with the values by its own save(), with its hooks; returns how many rows were written."""
        scope, had_changes = current(), entity._modified
        was_held = scope.known.get(key_of(entity)) is entity
        if had_changes:
            entity._rom.take_over(row, entity._rom.changes())
        for attempt in range(ATTEMPTS + 1):
            expected, before = plan.expectation(self.schema, row, self.expected), Before()
            for attr, value in self.values.of(plan.Row(self.schema, row, id=entity._rom.id)).items():
                before.note(entity, attr)
                setattr(entity, attr, value)
            try:
                scope.save_expecting(entity, expected)
                if not (was_held or entity._modified):
                    scope.known.pop(key_of(entity), None)  # there may be many
                return 1
            except (DataRaceError, EntityDeletedError):
                before.take_back()
                found = self._asked([entity._rom.id])
                if found and (had_changes or attempt == ATTEMPTS):
                    raise
            except Exception:
                before.take_back()
                raise
            row = found.get(entity._rom.id)
            if not had_changes:
                entity._rom_refreshed(entity._rom.row if row is None else row)
            if row is None:
                if not had_changes:
                    scope.forget(entity)
                return 0


#: what looking at all that an operation concerns costs the server, in index entries
_ALL_LOOKED_AT = 32


def _weight(job):
    return batches.weight(job.operation) + (_ALL_LOOKED_AT if isinstance(job.operation, dict) else 0)


def _saves_itself(entity):
    return (entity._rom_has_own('save') or has_own_hook(entity, '_before_update') or has_own_hook(entity, '_after_update'))
