"""How a command is put to a client: by `execute_command`, as any program's, so that whoever watches the client sees it."""

import json
import operator

import redis
from redis.exceptions import RedisError
import six

from . import troubles

__all__ = ['alters_replies', 'as_bytes', 'as_str', 'bytes_wanted', 'close_idle', 'execute', 'request_text', 'settings']

#: a request as scripts take it: JSON that is ASCII, whatever is in it
request_text = json.JSONEncoder(separators=(',', ':'), check_circular=False).encode

#: the option by which redis-py leaves one reply as bytes; redis-py 3.5 has none
NEVER_DECODE = getattr(redis.client, 'NEVER_DECODE', None)


_TEXTS = frozenset((six.text_type, bytes))
_NO_OPTIONS = {}
_AS_BYTES = {NEVER_DECODE: True} if NEVER_DECODE else _NO_OPTIONS


def execute(connection, arguments, wants_bytes=False, before_sending=None, send=None):
    """Put one command to a client.

    :param connection: redis-py client, or whatever stands for one
    :param arguments: list of the command and its arguments: text, bytes or numbers
    :param bool wants_bytes: whether the reply is to be bytes, also from a client that decodes
    :param before_sending: callable(), called at the last moment at which surely nothing was sent, or None
    :param send: callable, in place of the client's `execute_command`
    :returns: what the client's `execute_command` returns
    :raises redis.RedisError: what the server or the connection said
    :raises InvalidOperation: where there is no client, or one that does not answer at once

    Example::

        execute(connection, ['GET', 'User:id:'])      # b'1'
    """
    troubles.check(connection)
    known = settings(connection)
    if not _TEXTS.issuperset(map(type, arguments)):
        arguments = [_number_as_text(argument) for argument in arguments]
    if known.get('encoding', 'utf-8') != 'utf-8':
        # what is stored is UTF-8 for every client
        arguments = arguments[:1] + [as_bytes(argument) for argument in arguments[1:]]
    options = _AS_BYTES if wants_bytes and known.get('decode_responses') else _NO_OPTIONS
    send = send or connection.execute_command
    try:
        if before_sending is not None:
            before_sending()
        return send(*arguments, **options)
    except RedisError as error:  # redis-py has seen to its connection
        troubles.explain(connection, arguments, error)
        raise
    except BaseException:
        close_idle(connection)
        raise


def _number_as_text(argument):
    """Return a number as text, all else as it is: hiredis 3 crashes the process where a signal handler raises while it makes that itself."""
    if isinstance(argument, six.integer_types) and not isinstance(argument, bool):
        return '%d' % argument
    return repr(argument) if isinstance(argument, float) else argument


def as_bytes(value):
    """Return a text as bytes; anything else stays what it is."""
    return value.encode('utf-8') if isinstance(value, six.text_type) else value


def as_str(value):
    """Return a reply as text, whether the client decodes or not; None stays None."""
    return value.decode('utf-8') if isinstance(value, bytes) else value


def settings(connection):
    """Return what the connections of a client are made with.

    :param connection: redis-py client, or whatever stands for one
    :returns: dict, empty where that is not known
    """
    pool = getattr(connection, 'connection_pool', None) or getattr(connection, 'nodes_manager', None)
    return getattr(pool, 'connection_kwargs', None) or {}


def bytes_wanted(connection):
    """Return the option by which the reply to one command is bytes, for a client that decodes; else none.

    :param connection: redis-py client
    :returns: dict
    """
    return _AS_BYTES if settings(connection).get('decode_responses') else _NO_OPTIONS


def alters_replies(connection):
    """Whether the client may reply to HMGET or GET with something else than the server does.

    That is what a cache of its own keeps, which may be older than this session's last commit, or what a callback of the
    program's makes of a reply.

    :param connection: redis-py client
    :returns: bool
    """
    pool = getattr(connection, 'connection_pool', None) or getattr(connection, 'nodes_manager', None)
    callbacks = getattr(connection, 'response_callbacks', _NO_OPTIONS)
    # redis-py's dict of them holds names in capitals, and would make such a one of each that it is asked for
    holds = dict.__contains__ if isinstance(callbacks, dict) else operator.contains
    return (getattr(pool, 'cache', None) is not None or getattr(pool, '_cache', None) is not None
            or holds(callbacks, 'HMGET') or holds(callbacks, 'GET'))


def close_idle(connection):
    """Close the connections of a client that nobody uses: after an interrupt, one of them may have a reply to come.

    :param connection: redis-py client, or whatever stands for one
    """
    only = getattr(connection, 'connection', None)
    if hasattr(only, 'disconnect'):  # a client of one connection
        only.disconnect()
        return
    clients = [node.redis_connection for node in connection.get_nodes()] if hasattr(connection, 'get_nodes') else [connection]
    for client in clients:
        pool = getattr(client, 'connection_pool', None)
        if isinstance(pool, redis.ConnectionPool):
            _disconnect_idle(pool)


def _disconnect_idle(pool):
    try:
        pool.disconnect(inuse_connections=False)
    except TypeError:  # a BlockingConnectionPool before redis-py 7.1
        for link in list(pool.pool.queue):
            if link is not None:
                link.disconnect()
