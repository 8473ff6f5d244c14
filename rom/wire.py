"""
Commands that only read, put together here and sent through a connection of the client's pool.

Of many rows, redis-py's pipelines take several times as long as all the rest to put commands together and take replies
apart; and a server takes half the time for HMGET by itself that it takes for it in a script. What is read here may be
asked again if it fails, so whatever goes wrong is left to the client: it asks once more, as it is set to.
"""
import types

import redis
from redis.exceptions import ConnectionError, ResponseError, TimeoutError
import six

__all__ = ['ask', 'read_hashes']

def _function_of(method):
    return getattr(method, '__func__', method)  # Python 3 has no methods without an object


_execute_command = _function_of(redis.Redis.execute_command)


def ask(connection, *arguments):
    """One command.

    :param connection: redis-py client
    :param arguments: the command and its arguments, bytes, text or int
    :returns: a list of the one reply, which may be a ResponseError; None where the client is to be asked itself

    Example::

        ask(connection, 'GET', 'User:id:')      # [b'1']
    """
    if not _is_plain(connection):
        return None
    texts = [argument if isinstance(argument, bytes) else _to_bytes(argument) for argument in arguments]
    packed = b''.join([b'$%d\r\n%s\r\n' % (len(text), text) for text in texts])
    return _exchange(connection.connection_pool, b'*%d\r\n%s' % (len(texts), packed), 1)


def _to_bytes(argument):
    return (argument if isinstance(argument, six.text_type) else str(argument)).encode('utf-8')


def read_hashes(connection, keys, fields, counter):
    """Some fields of many hashes, all at one moment and in one round trip.

    :param connection: redis-py client
    :param keys: list of bytes
    :param fields: list of bytes, at least one
    :param counter: bytes, a key to GET in passing
    :returns: (list of what HMGET replied, among which there may be errors; how many of the keys there are; the value of
        the counter); None where the client is not a plain one, or the server did not do it: it is to be asked otherwise

    Example::

        read_hashes(connection, [b'User:1', b'User:2'], [b'name'], b'User:id:')    # ([[b'Ann'], [None]], 1, b'1')
    """
    if not _is_plain(connection):
        return None
    replies = _exchange(connection.connection_pool, _transaction(keys, fields, counter), len(keys) + 4)
    done = replies and replies[-1]
    return (done[:-2], done[-2], done[-1]) if isinstance(done, list) else None


def _is_plain(connection):
    """Whether what goes through the pool is what the client would send, and its replies what the client would read."""
    pool = getattr(connection, 'connection_pool', None)
    return (_function_of(getattr(connection, 'execute_command', None)) is _execute_command
            and _is_of_redis_py(_execute_command)
            and connection.connection is None         # a client of one connection, which others may be using
            and getattr(pool, 'cache', None) is None  # replies are kept by the command that was sent last
            and pool.connection_kwargs.get('encoding', 'utf-8').lower() == 'utf-8')


def _is_of_redis_py(function):
    """Whether nobody, such as a tracer, has put something of their own in place of a method of redis-py."""
    return isinstance(function, types.FunctionType) and function.__module__ == 'redis.client'


def _bulk(text):
    return b'$%d\r\n%s\r\n' % (len(text), text)


def _transaction(keys, fields, counter):
    """The commands in the protocol of Redis."""
    keys = [_bulk(key) for key in keys]
    start = b'*%d\r\n$5\r\nHMGET\r\n' % (len(fields) + 2)
    end = b''.join([_bulk(field) for field in fields])
    return b''.join([b'*1\r\n$5\r\nMULTI\r\n', b''.join([start + key + end for key in keys]),
                     b'*%d\r\n$6\r\nEXISTS\r\n' % (len(keys) + 1), b''.join(keys),
                     b'*2\r\n$3\r\nGET\r\n', _bulk(counter), b'*1\r\n$4\r\nEXEC\r\n'])


def _exchange(pool, commands, count):
    """Sends commands and reads their replies; None where that did not work, and the connection is closed."""
    link = _checked_out(pool)
    try:
        link.send_packed_command([commands])
        return _replies(link, count)
    except (ConnectionError, TimeoutError, UnicodeDecodeError):
        link.disconnect()
        return None
    except BaseException:
        link.disconnect()  # or the next one to use it would read these replies
        raise
    finally:
        pool.release(link)


def _checked_out(pool):
    try:
        return pool.get_connection()
    except TypeError:  # redis-py before 5.3 wants to know the command
        return pool.get_connection('MULTI')


def _replies(link, count):
    """As many replies, errors among them."""
    replies, read = [], link.read_response
    while len(replies) < count:
        try:
            while len(replies) < count:
                replies.append(read())
        except ResponseError as error:
            replies.append(error)
    return replies
