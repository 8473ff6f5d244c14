"""The only room that moves rows: plans -> one write call -> outcomes; ids -> one read call -> rows."""

import json
import re

import redis
import six
from redis.exceptions import ResponseError

from . import bulk_reads, commands
from .commands import as_bytes
from .exceptions import DataRaceError, EntityDeletedError, InvalidColumnValue, InvalidOperation, RestrictError, UniqueKeyViolation
from .scripts import CLUSTERS, Script, shares_slot

__all__ = ['ENTRIES_PER_WRITE', 'NOTHING_DONE', 'REMEMBERED_SECONDS', 'ROWS_PER_READ', 'ROWS_PER_WRITE', 'Outcome', 'allocate_ids', 'ask',
           'ask_what_became', 'call_write', 'highest_id', 'likely_weight', 'look_what_became', 'lookup_unique', 'may_have_evicted', 'pages', 'place_of', 'problem',
           'read_page', 'read_rows', 'weight']

#: rows one read call asks for, and operations one write call carries: a few milliseconds of the server's time each
ROWS_PER_READ = 1000
ROWS_PER_WRITE = 500

#: index entries that one write call carries, unless one row has more: some twenty milliseconds of the server's time
ENTRIES_PER_WRITE = 8000
CHARACTERS_PER_ENTRY = 125  # so many of a value cost the server about as much as an index entry

#: how long a repeated write call is answered with what it was told the first time, in seconds
REMEMBERED_SECONDS = 300

_NUMBER = re.compile(b'[0-9]+$')

_encode = json.JSONEncoder(separators=(',', ':')).encode

_OutOfMemory = getattr(redis.exceptions, 'OutOfMemoryError', ResponseError)

_write = Script('write')
_read = Script('read', declares_all=True)
_ids = Script('ids')
_unique = Script('unique')
_command = Script('command', declares_all=True)


def as_str(value):
    """A reply as text, whether the client decodes or not; None stays None."""
    return value.decode('utf-8') if isinstance(value, bytes) else value


def place_of(connection, namespace):
    """What the rows that one call may write have in common: the client and, in a cluster, the slot.

    :param connection: redis-py client
    :param namespace: text
    :returns: something to compare
    """
    if not isinstance(connection, CLUSTERS):
        return id(connection)
    return id(connection), namespace.partition('{')[2].partition('}')[0] or namespace


def distinct(connections):
    """The connections without those that came before."""
    return list(dict((id(connection), connection) for connection in connections).values())


def lead_to_the_same(one, other):
    """Whether two clients, as far as can be told, talk to one database."""
    if one is other:
        return True
    pools = [getattr(client, 'connection_pool', None) for client in (one, other)]
    settings = [getattr(pool, 'connection_kwargs', None) for pool in pools]
    return settings[0] is not None and settings[0] == settings[1]


# -- reading -----------------------------------------------------------------------------------------------------------

def read_rows(connection, schema, ids):
    """The rows of some ids: up to 1,000 in one call, which sees one moment.

    :param connection: redis-py client
    :param schema: `Schema` of the model
    :param ids: list of int or of texts
    :returns: list, in the order of the ids, of [value or None per `schema.stored`], or None where there is no row
    """
    if len(ids) == 1:
        return [_read_one(connection, schema, ids[0])]
    rows = []
    for first in range(0, len(ids), ROWS_PER_READ):
        rows.extend(read_page(connection, schema, schema.fields, ids[first:first + ROWS_PER_READ])[0])
    return rows


def read_page(connection, schema, fields, ids):
    """Some columns of some rows, in one call.

    :param connection: redis-py client
    :param schema: `Schema` of the model
    :param fields: list of names of columns, as bytes
    :param ids: list of int or of texts
    :returns: (list, in the order of the ids, of [value or None per field], or None where there is no row; the highest id
        that was given out)
    """
    start = u'%s:' % schema.namespace
    keys = [(start + str(id)).encode('utf-8') for id in ids]
    found = bulk_reads.read_hashes(connection, keys, fields or [as_bytes(schema.pk)], as_bytes(_counter(schema)))
    if found is None:
        return _read_by_script(connection, schema, fields, keys)
    rows, existing, highest = found
    # looking at one value is mostly enough
    empty = [place for place, row in enumerate(rows) if row.__class__ is not list or row[0] is None and not any(
        value is not None for value in row)]
    for place in empty:
        if rows[place].__class__ is not list and not _is_wrong_type(rows[place]):
            raise rows[place]
        rows[place] = None
    if existing != len(ids) - len(empty):  # rows may have none of the columns, and other keys are no rows
        asked = _read_by_script(connection, schema, fields, [keys[place] for place in empty])[0]
        for place, row in zip(empty, asked):
            rows[place] = row
    return rows if fields else [row and [] for row in rows], _counted(highest)


def lookup_unique(connection, schema, attr, values):
    """
    The rows that hold unique values: up to 1,000 in one call.

    :param connection: redis-py client
    :param schema: `Schema` of the model
    :param attr: name of the unique column; of a unique_together the sorted names, joined by ``:``
    :param values: list of text, as the entries of the index
    :returns: list, one per value, of (id, [value or None per `schema.stored`]), or None where no row has it
    """
    found, key = [], u'%s:%s:uidx' % (schema.namespace, attr)
    for first in range(0, len(values), ROWS_PER_READ):
        found.extend(_unique.read(connection, [key], [schema.namespace, len(schema.fields)] + schema.fields
                                  + list(values[first:first + ROWS_PER_READ])))
    return [(int(row[0]), row[1]) if row else None for row in found]


def _read_by_script(connection, schema, fields, keys):
    reply = _read.read(connection, [_counter(schema)] + keys, fields)
    highest = reply.pop()
    return reply, _counted(highest)


def highest_id(connection, schema):
    """The id counter: the highest id that was given out.

    :param connection: redis-py client
    :param schema: `Schema` of the model
    :returns: int; 0 where it is lost, or something else has its key
    """
    try:
        return _counted(ask(connection, 'GET', _counter(schema)))
    except (ResponseError, UnicodeDecodeError) as error:
        if isinstance(error, ResponseError) and not _is_wrong_type(error):
            raise
        return 0


def _counted(reply):
    """The id counter, as it was read."""
    is_number = isinstance(reply, (bytes, six.text_type)) and _NUMBER.match(as_bytes(reply))
    return int(reply) if is_number else 0


def _is_wrong_type(error):
    return str(error).startswith('WRONGTYPE')


def _read_one(connection, schema, id):
    key = u'%s:%s' % (schema.namespace, id)
    try:
        values = ask(connection, 'HMGET', key, *(schema.fields + [as_bytes(schema.pk)]))
    except UnicodeDecodeError:  # redis-py 3.5 cannot leave a reply as bytes
        return _read_by_script(connection, schema, schema.fields, [key])[0][0]
    except ResponseError as error:
        if not _is_wrong_type(error):
            raise
        return None  # a key that is no hash is somebody else's
    if values.pop() is None and values.count(None) == len(values) and not ask(connection, 'EXISTS', key):
        return None
    return values


def ask(connection, name, key, *arguments):
    """One command that reads one key, as the server replies to it now, whatever the client keeps or makes of replies.

    :param connection: redis-py client
    :param name: the command, as str
    :param key: text or bytes
    :param arguments: text, bytes or numbers
    :returns: the reply as bytes; text where redis-py cannot leave it as bytes (3.5)
    :raises redis.RedisError: what the server or the connection said

    Example::

        ask(connection, 'GET', 'User:id:')      # b'1'
    """
    if commands.alters_replies(connection):
        return _command.read(connection, [key], (name,) + arguments)
    return commands.execute(connection, (name, key) + arguments, commands.bytes_wanted(connection))


def _counter(schema):
    return '%s:%s:' % (schema.namespace, schema.pk)


def allocate_ids(connection, schema, count):
    """New ids from the counter.

    :returns: list of `count` ints
    """
    return [int(id) for id in _ids(connection, [_counter(schema)], [schema.namespace, count])]


# -- writing -----------------------------------------------------------------------------------------------------------

def weight(operation):
    """What an operation costs the server, in index entries.

    :param operation: dict as `plan` makes it
    :returns: int
    """
    pairs = sum(len(entries) for part in ('prefixes', 'suffixes') for entries in operation.get(part, {}).values())
    characters = sum(len(text) for text in operation.get('set', {}).values())
    return (1 + pairs // 2 + characters // CHARACTERS_PER_ENTRY
            + sum(len(operation.get(part, ())) for part in ('words', 'scores', 'claim')))


def likely_weight(raw):
    """What taking a row out of the indexes likely costs: the list of its entries stays on the server.

    :param raw: list of stored values or None
    :returns: int, as if all its values were texts of which each word is indexed
    """
    return 1 + sum(len(value) for value in raw if value) // 8


def pages(items, weight, place=None, most=ENTRIES_PER_WRITE):
    """Lists that one call carries.

    :param items: iterable
    :param weight: callable(item) -> int, what it costs in index entries
    :param place: callable(item) -> something that all items of a list have in common
    :param most: index entries of one list
    :returns: generator of lists
    """
    page, size = [], 0
    for item in items:
        entries = weight(item)
        if page and (len(page) == ROWS_PER_WRITE or size + entries > most or place and place(item) != place(page[0])):
            yield page
            page, size = [], 0
        page.append(item)
        size += entries
    if page:
        yield page


class Outcome(object):
    """What a write call was told.

    :param reply: dict, as write.lua replies
    :ivar done: list of ids as text, False for a delete that found nothing; one per operation done
    :ivar errors: list of [position, kind, detail...]
    """

    __slots__ = ('done', 'errors')

    def __init__(self, reply):
        # cjson writes an empty list as {}
        self.done = list(reply['done'] or ())
        self.errors = list(reply['errors'] or ())


NOTHING_DONE = Outcome({'done': (), 'errors': ()})


def call_write(connection, key, sequence, operations, atomic, before_sending):
    """Send operations in one call of write.lua.

    :param connection: redis-py client
    :param key: where the server remembers the call
    :param int sequence: its number there
    :param operations: list of dicts as `plan` makes them
    :param bool atomic: do all of them or none
    :param before_sending: callable(), called when all is ready
    :returns: `Outcome`
    :raises redis.RedisError: whatever is raised does not tell what was done
    """
    request = {'atomic': atomic, 'operations': operations}
    return Outcome(_call_write(connection, key, sequence, request, before_sending))


def _call_write(connection, key, sequence, request, *before_sending):
    keys = [key] + _keys_touched(request['operations']) if shares_slot(connection, key) else [key]
    reply = _write(connection, keys, [sequence, REMEMBERED_SECONDS, _encode(request)], *before_sending,
                   **commands.bytes_wanted(connection))
    answer = json.loads(as_str(reply))
    if answer.get('sequence') != sequence:
        # a read that was interrupted has left its reply to the next command: no connection can be trusted
        commands.close_idle(connection)
        raise redis.ConnectionError('the reply to another command was read in place of that to a write')
    return answer


def _keys_touched(operations):
    """The counters and rows that operations write, as far as they are known."""
    found = ['%s:%s' % (operation['namespace'], operation['id']) for operation in operations if 'id' in operation]
    found += ['%s:%s:' % (operation['namespace'], operation['pk']) for operation in operations if 'id' not in operation]
    return sorted(set(found))


def ask_what_became(connection, key, sequence, next_number):
    """Ask about a call that got no answer, and have the server refuse it should it arrive later.

    :param key: as for `call_write`
    :param int sequence: of the call in question
    :param int next_number: of the call that asks
    :returns: `Outcome`, of nothing where it was not done; None where the server remembers nothing
    """
    request = {'about': sequence, 'operations': []}
    return _told(_call_write(connection, key, next_number, request)['about'])


def look_what_became(connection, key, sequence):
    """What the server remembers of a call, as yet: None also where it may still be done."""
    memory = as_str(ask(connection, 'GET', key))
    if memory is None:
        return None
    number, _, answer = memory.partition(' ')
    if int(number) < sequence:
        return None
    answer = json.loads(answer)
    return Outcome(answer) if int(number) == sequence else _told(answer.get('about') or {})


def _told(about):
    if about.get('answer'):
        return Outcome(json.loads(about['answer']))
    return NOTHING_DONE if about.get('remembers') else None


def may_have_evicted(connection):
    """Whether a server has ever evicted keys, for lack of memory; where it does not tell, it may have."""
    try:
        stats = connection.info('stats')
    except redis.RedisError:
        return True
    nodes = [stats] if 'evicted_keys' in stats else list(stats.values())  # a cluster tells of each node
    return any(node.get('evicted_keys', 1) for node in nodes)


# -- outcomes as errors ------------------------------------------------------------------------------------------------

def problem(schema, id, error):
    """The exception for one error of a write call.

    :param schema: `Schema` of the entity
    :param id: its primary key, or None
    :param error: [position, kind, detail...] as write.lua replies
    :returns: an ORMError, to be raised; redis-py's error, where the server is out of memory
    """
    kind, detail = error[1], error[2:]
    pk = 'a new %s' % schema.name if id is None else '%s:%s' % (schema.namespace, id)
    args = (schema.namespace, six.text_type(id))
    about = {'model': schema.name, 'pk': id}
    if kind == 'unique':
        attrs = tuple(detail[0].split(':'))
        return UniqueKeyViolation('Value of %s for %s is not distinct: row %s:%s has it'
                                  % (' and '.join('%s.%s' % (schema.name, attr) for attr in attrs), pk,
                                     schema.namespace, detail[1]), *args, columns=attrs, **about)
    if kind == 'race':
        columns = tuple(sorted(detail[0]))
        return DataRaceError('Column(s) %s of %s changed by another writer; refresh() and try again, or use '
                             '.save(force=True)' % (', '.join(columns), pk), *args, columns=columns, **about)
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
