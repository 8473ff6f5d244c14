"""The one door for what is stored: rows, fields of rows, single values. Each function gives replies, or raises.

Values are bytes, whether the client decodes or not; with redis-py 3.5, which cannot leave a reply as bytes, text where they
are UTF-8. What is not there is None.
"""

import re

from redis.exceptions import ResponseError
import six

from . import bulk_reads, commands, keys
from .commands import as_bytes
from .scripts import Script

__all__ = ['ROWS_PER_READ', 'allocate_ids', 'ask', 'highest_id', 'ids_by_number', 'lookup_unique', 'read_batch', 'read_fields',
           'read_row', 'read_rows', 'take_rows']

#: rows one read call asks for: a few milliseconds of the server's time
ROWS_PER_READ = 1000

_NUMBER = re.compile(b'[0-9]+$')

_read = Script('read', declares_all=True)
_ids = Script('ids')
_unique = Script('unique')
_command = Script('command', declares_all=True)


def read_rows(connection, schema, ids):
    """Return the rows of some ids: up to 1,000 in one call, which sees one moment.

    :param connection: redis-py client
    :param schema: `Schema` of the model
    :param ids: list of int or of texts
    :returns: list, in the order of the ids, of [value or None per `schema.stored`], or None where there is no row
    """
    rows = []
    take_rows(connection, schema, ids, lambda _, found: rows.extend(found))
    return rows


def take_rows(connection, schema, ids, take):
    """Hand over the rows of some ids, those of a call while the next one is on its way.

    :param connection: redis-py client
    :param schema: `Schema` of the model
    :param ids: list of int or of texts
    :param take: callable(ids, rows), both in the order of the ids; it asks no server, and calls nothing of the program's own
    """
    if len(ids) == 1:
        take(ids, [read_row(connection, schema, ids[0])])
        return
    blocks = [ids[first:first + ROWS_PER_READ] for first in range(0, len(ids), ROWS_PER_READ)]
    _take_blocks(connection, schema, schema.fields, blocks, lambda ids, rows, _: take(ids, rows))


def read_batch(connection, schema, fields, ids):
    """Return some columns of some rows, in one call.

    :param connection: redis-py client
    :param schema: `Schema` of the model
    :param fields: list of names of columns, as bytes
    :param ids: list of int or of texts
    :returns: (list, in the order of the ids, of [value or None per field], or None where there is no row; the highest id
        that was given out)
    """
    taken = []
    _take_blocks(connection, schema, fields, [ids], lambda _, *found: taken.append(found))
    return taken[0]


def _take_blocks(connection, schema, fields, blocks, take):
    """Hand over (ids, rows, the highest id that was given out) of each list of ids, if possible while the next is on its way."""
    left, later = list(blocks), []

    def take_next(found):
        ids = left.pop(0)
        take(ids, *_rows_in_bulk(connection, schema, fields, ids, *found))

    def take_found(rows, existing, highest):
        # looking at one value is mostly enough
        empty = [place for place, row in enumerate(rows) if row.__class__ is not list or row[0] is None and not any(
            value is not None for value in row)]
        if later or existing != len(rows) - len(empty) or not all([rows[place].__class__ is list for place in empty]):
            later.append((rows, empty, existing, highest))  # the server is to be asked more, which it cannot yet
        else:
            take_next((rows, empty, existing, highest))
    if left and bulk_reads.fits(connection):
        try:
            bulk_reads.read_hashes(connection, schema.namespace, blocks, fields or [as_bytes(schema.pk)], as_bytes(_counter(schema)),
                                   take_found)
        except (ResponseError, UnicodeDecodeError):  # no transactions there, or redis-py 3.5
            pass
    for found in later:
        take_next(found)
    for ids in left:
        take(ids, *_read_by_script(connection, schema, fields, ids))


def _rows_in_bulk(connection, schema, fields, ids, rows, empty, existing, highest):
    """Return what `read_hashes` replied, as rows: those without a value are asked about again where they may be there."""
    for place in empty:
        if rows[place].__class__ is not list and not _is_wrong_type(rows[place]):
            raise rows[place]
        rows[place] = None
    if existing != len(ids) - len(empty):  # rows may have none of the columns, and other keys are no rows
        asked = _read_by_script(connection, schema, fields, [ids[place] for place in empty])[0]
        for place, row in zip(empty, asked):
            rows[place] = row
    return rows if fields else [row and [] for row in rows], _counted(highest)


def lookup_unique(connection, schema, attr, values):
    """Return the rows that hold unique values: up to 1,000 in one call.

    :param connection: redis-py client
    :param schema: `Schema` of the model
    :param attr: name of the unique column; of a unique_together the sorted names, joined by ``:``
    :param values: list of text, as the entries of the index
    :returns: list, one per value, of (id, [value or None per `schema.stored`]), or None where no row has it
    """
    found, key = [], keys.index(schema.namespace, attr, 'uidx')
    for first in range(0, len(values), ROWS_PER_READ):
        found += _unique.read(connection, [key], [schema.namespace, schema.fields_told] + list(values[first:first + ROWS_PER_READ]))
    return [(int(row[0]), row[1]) if row else None for row in found]


def _read_by_script(connection, schema, fields, ids):
    reply = _read.read(connection, [_counter(schema)] + keys.rows(schema.namespace, ids), fields)
    highest = reply.pop()
    return reply, _counted(highest)


def highest_id(connection, schema):
    """Return the id counter: the highest id that was given out.

    :param connection: redis-py client
    :param schema: `Schema` of the model
    :returns: int; 0 where it is lost, or something else has its key
    """
    try:
        return _counted(ask(connection, 'GET', _counter(schema)))
    except ResponseError as error:
        if not _is_wrong_type(error):
            raise
        return 0


def _counted(reply):
    """Return the id counter, as it was read."""
    is_number = isinstance(reply, (bytes, six.text_type)) and _NUMBER.match(as_bytes(reply))
    return int(reply) if is_number else 0


def _is_wrong_type(error):
    return str(error).startswith('WRONGTYPE')


def read_row(connection, schema, id):
    """Return one row, as `read_rows` does; None where there is none."""
    key = keys.row(schema.namespace, id)
    try:
        values = ask(connection, 'HMGET', key, *schema.fields or [schema.pk])
    except ResponseError as error:
        if not _is_wrong_type(error):
            raise
        return None  # a key that is no hash is somebody else's
    # looking at one value is mostly enough
    if values[0] is None and values.count(None) == len(values) and not ask(connection, 'EXISTS', key):
        return None
    return values if schema.fields else []


def read_fields(connection, schema, fields, id):
    """Return some fields of one row, whether the model has such columns or not.

    :param connection: redis-py client
    :param schema: `Schema` of the model
    :param fields: list of text or bytes
    :param id: int or text
    :returns: list of values, None for what is not there
    :raises redis.RedisError: what the server or the connection said
    """
    return ask(connection, 'HMGET', keys.row(schema.namespace, id), *fields)


def ids_by_number(connection, schema, attr, number):
    """Return the ids of rows that stand in an index of numbers under one number.

    :param connection: redis-py client
    :param schema: `Schema` of the model
    :param attr: name of the column
    :param number: int or float
    :returns: list of int
    """
    return [int(id) for id in ask(connection, 'ZRANGEBYSCORE', keys.index(schema.namespace, attr), number, number)]


def ask(connection, name, key, *arguments):
    """One command that reads one key, as the server replies to it now, whatever the client keeps or makes of replies.

    :param connection: redis-py client
    :param name: the command, as str
    :param key: text or bytes
    :param arguments: text, bytes or numbers
    :returns: the reply, as bytes
    :raises redis.RedisError: what the server or the connection said

    Example::

        ask(connection, 'GET', 'User:id:')      # b'1'
    """
    if not commands.alters_replies(connection):
        try:
            return commands.execute(connection, [name, key] + list(arguments), wants_bytes=True)
        except UnicodeDecodeError:  # redis-py 3.5
            pass
    return _command.read(connection, [key], (name,) + arguments)


def _counter(schema):
    return keys.counter(schema.namespace, schema.pk)


def allocate_ids(connection, schema, count):
    """Take new ids from the counter.

    :returns: list of `count` ints
    """
    return [int(id) for id in _ids(connection, [_counter(schema)], [schema.namespace, count])]
