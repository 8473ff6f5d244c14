"""Entities by a value of one column: what `Model.get_by` gives, and `Model.does_not_startwith`."""

import six

from .exceptions import InvalidColumnValue, QueryError, WrongQuery
from .query import Query
from .search.filters import index_named
from .search.without import ids_without
from .storage import reads
from .storage.reads import lookup_unique
from .unitofwork.entity import Entity
from .unitofwork.session import current
from .values.keygens import casefolds

__all__ = ['get_by', 'unique_text', 'without_affix']


def get_by(model, kwargs, limit=None, numeric=False):
    """Return the entities that have a value; see `Model.get_by`.

    :param kwargs: {column: value}, exactly one
    """
    if len(kwargs) != 1:
        raise QueryError('We can only fetch object(s) by exactly one attribute, you provided %d: query.filter() takes several'
                         % len(kwargs), model=model.__name__, columns=tuple(sorted(kwargs)))
    (attr, value), = kwargs.items()
    column = model._columns.get(attr)
    if getattr(column, '_unique', False) and not (isinstance(value, tuple) and column._index):
        if isinstance(value, tuple):
            raise QueryError('Cannot query a unique index with a range of values: %s.%s takes a value or a list'
                             % (model.__name__, attr), model=model.__name__, columns=(attr,), value=column._rom_told(value))
        return _by_unique(model, column, value)
    index_named(model._rom_schema, attr, 'get_by', 'index')
    if numeric and isinstance(value, (six.text_type, bytes)):
        value = _number(model._columns[attr.partition(':')[0]], value)
    query = Query(model).filter(**{attr: value})
    return (query.limit(*limit) if limit else query).all()


def _number(column, text):
    try:
        return float(text)
    except ValueError as error:
        cause = error
    column._rom_raise(WrongQuery('%s: with _numeric=True it takes the text of a number, you provided %s'
                                 % (column.where, column._rom_shown(text)), model=column._model, columns=(column._attr,),
                                 value=column._rom_told(text)), cause)


def _by_unique(model, column, value):
    many = isinstance(value, (list, set, frozenset))
    values = [unique_text(model, column, each) for each in value] if many else [unique_text(model, column, value)]
    rows = lookup_unique(model._connection, model._rom_schema, column._attr, values)
    entities = model._rom_found_each(filter(None, rows), hold=True)
    return entities if many else (entities[0] if entities else None)


def unique_text(model, column, value):
    if value is None:
        raise QueryError('%s: no row is found by None' % column.where, model=model.__name__,
                         columns=(column._attr,))
    if column.is_reference:
        return six.text_type(value._rom.id if isinstance(value, Entity) else value)
    try:
        return column._rom_index.claim_of(column.accept(value)) or u''
    except InvalidColumnValue as error:
        cause, what = error, error.args[0]
    except Exception as error:  # a keygen of the program's own
        cause, what = error, '%s cannot be looked up by %s: %s: %s' % (
            column.where, column._rom_shown(value), type(error).__name__, column._rom_why(error))
    column._rom_raise(QueryError(what, model=model.__name__, columns=(column._attr,), value=column._rom_told(value)), cause)


def without_affix(model, kind, attr, values, blocksize, start):
    """Yield the entities whose words in a prefix or suffix index begin with none of some texts; see `Model.does_not_startwith`."""
    clause, flag = ('does_not_startwith', 'prefix') if kind == 'pre' else ('does_not_endwith', 'suffix')
    column = index_named(model._rom_schema, attr, clause, flag).column
    values = [values] if isinstance(values, (six.text_type, bytes)) else list(values)
    if column._keygen is not None and casefolds(column._keygen):
        values = [value.lower() for value in values]
    ids = ids_without(model._connection, model._namespace, attr, kind, [start(value) for value in values])
    for first in range(0, len(ids), blocksize):
        for entity in model._rom_adopt(zip(ids[first:first + blocksize], reads.read_rows(
                model._connection, model._rom_schema, ids[first:first + blocksize]))):
            yield entity
            if not entity._modified:
                current().forget(entity)
