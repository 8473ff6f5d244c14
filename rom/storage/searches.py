"""What a search asks the server: a request to ``search.lua``, the size of one filter; and ids that are kept."""

import json

from redis.exceptions import ResponseError

from . import commands, reads
from .commands import as_str
from .scripts import Script

__all__ = ['Reply', 'ask', 'end_of', 'keep', 'size_of']

_search = Script('search')


class Reply(object):
    """What search.lua answered; ids as the client gives them, bytes or text."""

    __slots__ = ('state', 'ids', 'rows', 'scores', 'after', 'report', 'counter')

    def __init__(self, reply):
        state, ids, self.rows, self.scores, after, report, counter = reply
        self.counter = int(counter)
        self.state = as_str(state)
        self.ids = ids
        self.after = json.loads(as_str(after)) if after else None
        self.report = json.loads(as_str(report)) if report else None


def ask(connection, counter, request):
    """Put a request to search.lua.

    :param connection: redis-py client
    :param counter: text, the key of the id counter
    :param request: dict, as search.lua documents it
    :returns: `Reply`
    :raises redis.RedisError: what the server or the connection said
    """
    return Reply(_search.read(connection, [counter], [commands.request_text(request)]))


def size_of(connection, item):
    """How many rows one filter has, where a command by itself tells that; else None.

    :param connection: redis-py client
    :param item: a filter of a request
    :returns: int or None
    """
    try:
        if item['kind'] == 'range':
            return int(reads.ask(connection, 'ZCOUNT', item['key'], item['low'], item['high']))
        return int(reads.ask(connection, 'SCARD', item['key'])) if item['kind'] == 'set' else None
    except ResponseError:  # a set where numbers were expected, or the other way round: the script makes something of it
        return None


def end_of(connection, key, is_last):
    """Return (the first or last score of a sorted set,), (None,) of an empty one; None of what is none.

    :param connection: redis-py client
    :param key: text
    :param bool is_last: the last
    """
    try:
        found = reads.ask(connection, 'ZRANGE', key, -1 if is_last else 0, -1 if is_last else 0, 'WITHSCORES')
    except ResponseError:
        return None
    # some clients make pairs of members and scores
    return (float((found[0] if len(found) == 1 else found)[1]),) if found else (None,)


def keep(connection, key, pairs, seconds):
    """Add ids to a sorted set that expires.

    :param connection: redis-py client
    :param key: text
    :param pairs: list of (id, score), some hundreds
    :param seconds: int, how long it lives from now
    """
    entries = [each for id, score in pairs for each in ('%.17g' % score, id)]
    pipe = connection.pipeline(transaction=True)
    pipe.execute_command('ZADD', key, *entries)
    pipe.expire(key, seconds)
    pipe.execute()
