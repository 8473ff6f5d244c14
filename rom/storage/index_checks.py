"""What a check of the indexes asks the server: entries without a row, rows against entries, the lists that rows keep."""

from . import commands, keys
from .scripts import Script

__all__ = ['compare', 'lists_of', 'suspects_in']

_sift, _inspect, _lists = Script('sift'), Script('inspect'), Script('lists')


def suspects_in(connection, schema, indexes, cursor, limit):
    """Look at entries of index keys for those that may stand for nothing.

    :param connection: redis-py client
    :param schema: `Schema` of the model
    :param indexes: list of [key, kind, name as rows list it or False]
    :param cursor: what the call before gave; '0' at first
    :param limit: entries, roughly
    :returns: (how many of the keys are done, cursor, list of [place of the key, id, member], these as bytes)
    """
    request = {'namespace': schema.namespace, 'limit': limit, 'keys': indexes, 'cursor': cursor}
    done, cursor, suspects = _sift(connection, [_counter(schema)], [commands.request_text(request)])
    return (int(done), commands.as_str(cursor),
            [[place, _bytes_of(id), _bytes_of(member)] for place, id, member in suspects])


def compare(connection, schema, rows, remove):
    """Compare rows, as they are, with index entries.

    :param connection: redis-py client
    :param schema: `Schema` of the model
    :param rows: list of dicts as inspect.lua takes them
    :param bool remove: take out entries that should not be there
    :returns: per row (what stands there, what of the strays is there); false where the row has changed
    """
    request = {'remove': remove, 'rows': rows}
    return _inspect(connection, [_counter(schema)], [commands.request_text(request)])


def lists_of(connection, schema, ids):
    """Return what rows list of their index entries.

    :param connection: redis-py client
    :param schema: `Schema` of the model
    :param ids: list of text
    :returns: per id (the list in the row, the old list beside the rows), as bytes, None where there is none
    """
    reply = _lists(connection, [_counter(schema)], [schema.namespace] + ids)
    return [tuple(map(_bytes_of, pair)) for pair in reply]


def _counter(schema):
    return keys.counter(schema.namespace, schema.pk)


def _bytes_of(reply):
    """Return what is stored, by what readable.lua makes of it."""
    return None if reply is None else commands.as_str(reply).encode('latin-1')
