"""Find keys with SCAN."""
import re

from redis.exceptions import RedisError, ResponseError
import six

from ..values.texts import word_text
from . import commands, keys, troubles
from .scripts import Script

__all__ = ['KEYS_PER_SCAN', 'ROW_ID', 'delete_orphans', 'keys_of', 'number_of_keys', 'row_ids']

_drop = Script('drop')

#: keys that one SCAN call looks at
KEYS_PER_SCAN = 1000

#: an id as text, as large as a counter of Redis can get
ROW_ID = re.compile(u'(0|[1-9][0-9]{0,18})\\Z')


def keys_of(connection, namespace, pattern):
    """Find the keys of a namespace; gives what follows the namespace in them.

    :param connection: redis-py client
    :param namespace: text
    :param pattern: text, for SCAN, of what follows ``NS:``
    :returns: generator of text; a key may come twice while the server resizes its table of keys

    Example::

        keys_of(connection, u'User', u'*:idx')      # u'name:ann:idx', ...
    """
    start = word_text(keys.start(namespace))
    match = re.sub(u'([\\\\*?\\[\\]])', r'\\\1', start) + pattern
    # SCAN finds keys of other programs too, which may not be text
    troubles.check(connection)
    try:
        for key in connection.scan_iter(match=match, count=KEYS_PER_SCAN, **commands.bytes_wanted(connection)):
            key = word_text(key)
            if key.startswith(start):
                yield key[len(start):]
    except RedisError as error:
        troubles.explain(connection, (), error)
        raise


def row_ids(connection, namespace):
    """Find the ids of all rows, which are kept as one bit each.

    :param connection: redis-py client
    :param namespace: text
    :returns: (how many there are, generator of int in order)
    """
    blocks = {}
    for text in keys_of(connection, namespace, u'[0-9]*'):
        if ROW_ID.match(text):
            block, place = divmod(int(text), 1024)
            blocks[block] = blocks.get(block, 0) | 1 << place
    ids = (block * 1024 + place for block in sorted(blocks) for place in range(1024) if blocks[block] >> place & 1)
    return sum(bin(bits).count('1') for bits in six.itervalues(blocks)), ids


def number_of_keys(connection):
    """How many keys a server has; infinitely many where a user may not know."""
    try:
        return connection.dbsize()
    except ResponseError:
        return float('inf')


def delete_orphans(connection, schema, pairs):
    """Delete keys that belong to rows, where the row does not exist.

    :param connection: redis-py client
    :param schema: `Schema` of the model
    :param pairs: list of (key of the row, key to delete), some hundreds
    :returns: int, how many were deleted
    """
    counter = keys.counter(schema.namespace, schema.pk)
    return int(_drop(connection, [counter], [key for pair in pairs for key in pair]))
