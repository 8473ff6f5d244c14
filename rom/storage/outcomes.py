"""What a write call was told, and the exceptions that tell a program of it."""

import redis
from redis.exceptions import ResponseError
import six

from ..exceptions import DataRaceError, EntityDeletedError, InvalidColumnValue, InvalidOperation, RestrictError, RowGoneError, UniqueKeyViolation
from . import keys
from .secrets import HIDDEN, hidden_in_key

__all__ = ['NOTHING_DONE', 'Outcome', 'problem']

_OutOfMemory = getattr(redis.exceptions, 'OutOfMemoryError', ResponseError)


class Outcome(object):
    """What a write call was told.

    :param reply: dict, as write.lua replies
    :ivar done: list of ids as text, False for a delete that found nothing; one per operation done
    :ivar errors: list of [position, kind, detail...]
    """

    __slots__ = ('done', 'errors')

    def __init__(self, reply):
        # cjson writes an empty list as {}
        self.done = reply['done'] or ()
        self.errors = reply['errors'] or ()


NOTHING_DONE = Outcome({'done': (), 'errors': ()})


def problem(schema, id, error, value_of=None, total=1, place='nowhere'):
    """Return the exception for one error of a write call.

    :param schema: `Schema` of the entity
    :param id: its primary key, or None
    :param error: [position, kind, detail...] as write.lua replies
    :param value_of: callable(column) -> the value that was to be written
    :param int total: how many operations there were in the call
    :param place: where the entity is afterwards, 'session', 'nowhere', or in a 'scope' that ends with this; or 'row', where
        it was a row that was to be changed, and no entity
    :returns: an ORMError, to be raised; redis-py's error, where the server is out of memory
    """
    kind, detail = error[1], error[2:]
    pk = 'a new %s' % schema.name if id is None else keys.row(schema.namespace, id)
    args = (schema.namespace, six.text_type(id))
    about = {'model': schema.name, 'pk': id}
    if kind in ('right', 'type', 'reference'):
        detail = _as_shown(schema, kind, detail)
    if kind == 'unique':
        return _not_unique(schema, pk, detail, total, place, value_of, args, about)
    if kind == 'changed':
        return _changed(pk, detail[0], args, about)
    if kind == 'race':
        columns = tuple(sorted(detail[0]))
        return DataRaceError('Column(s) %s of %s changed by another writer; %s' % (
            ', '.join(columns), pk, 'get it again in a new scope, and change that' if place == 'scope' else
            'refresh() and try again, or use .save(force=True)'), *args, columns=columns, **about)
    if kind == 'gone':
        return EntityDeletedError('Entity %s deleted by another writer; use .save(force=True) to re-save' % pk, *args,
                                  **about)
    if kind == 'reference':
        return InvalidColumnValue('%s.%s of %s: the row %s that it refers to was deleted by another writer'
                                  % (schema.name, detail[0], pk, detail[1]), columns=(detail[0],), value=detail[1], **about)
    if kind == 'right':
        return InvalidOperation('%s: this user lacks the right to %s %s; nothing was written' % ((pk,) + tuple(detail)),
                                *args, **about)
    if kind == 'guard':
        return RestrictError('%s cannot be deleted: rows that refer to it appeared meanwhile (%s)' % (pk, detail[0]),
                             *args, **about)
    if kind == 'taken':
        return DataRaceError('A row %s appeared meanwhile; nothing was written' % pk, *args, **about)
    if kind == 'type':
        return InvalidOperation('%s: the key %s holds a %s and not a %s; nothing was written'
                                % ((pk,) + tuple(detail)), *args, **about)
    if kind == 'refused' and 'OOM ' in detail[0]:
        return _OutOfMemory('OOM %s: nothing was written: %s' % (pk, detail[0]))
    if kind == 'refused':
        return InvalidOperation('%s: Redis refused to write it: %s' % (pk, detail[0]), *args, **about)
    return DataRaceError('%s: the row kept changing while it was being written; try again' % pk, *args, **about)


def _not_unique(schema, pk, detail, total, place, value_of, args, about):
    """Return the exception for a unique value that another row has."""
    name, owner = detail
    attrs = tuple(name.split(':'))
    columns = [schema.columns[attr] for attr in attrs]
    values = [None if value_of is None else value_of(column) for column in columns]
    shown = ', '.join(column._rom_shown(value) for column, value in zip(columns, values) if value is not None)
    where = ' and '.join(column.where for column in columns)
    if shown:
        where += (' (%s)' if len(attrs) > 1 else ' %s') % shown
    if owner.startswith('?'):  # not a row yet, but an entity that is written by the same call
        what = '%s twice in this commit: entity %s of %s has it, too' % (where, owner[1:], total)
    else:
        what = '%s is taken: row %s has it' % (where, keys.row(schema.namespace, owner))
    told = [column._rom_told(value) for column, value in zip(columns, values)]
    if place == 'session':
        what += '; %s stays in the session: change it, or rom.session.rollback()' % pk
    elif place == 'row':
        what += '; %s is left as it was' % pk
    return UniqueKeyViolation(what, *args,
                              columns=attrs, value=told[0] if len(attrs) == 1 else tuple(told), **about)


def _changed(pk, columns, args, about):
    """Return the exception for a row that is not what an etag stands for."""
    if not columns:
        return RowGoneError('%s is not what if_match stands for: it was deleted by another writer' % pk, *args, **about)
    columns = tuple(sorted(columns))
    return DataRaceError('%s is not what if_match stands for: another writer changed its %s since; show what is stored now '
                         'beside what was to be written' % (pk, ', '.join(columns)), *args, columns=columns, **about)


def _as_shown(schema, kind, detail):
    """Return what an error tells of keys, without the values of secret columns in them."""
    if kind == 'reference' and detail[0] in schema.secret:
        return [detail[0], HIDDEN]
    return [detail[0], hidden_in_key(schema, detail[1])] if kind == 'right' else [hidden_in_key(schema, detail[0])] + detail[1:]
