"""Errors of connections and servers: what a program should know beyond what redis-py says, told in the same exception."""

import inspect
import re

import redis
import six

from ..exceptions import InvalidOperation
from ..values.texts import _shown
from . import keys

__all__ = ['OLDEST_SERVER', 'advice', 'check', 'explain', 'note_origin', 'too_old', 'version_trouble']

#: the first version of Redis that has what the scripts need
OLDEST_SERVER = (5,)

#: what a command or script says that an old server does not know, or knows in another form
_SIGNS_OF_AGE = ('unknown command', 'unknown redis command', 'wrong number of arg')

_WAYS = ("set ROM_REDIS_URI=redis://HOST:PORT/DB, or call rom.util.set_connection_settings(host=..., port=..., db=...); "
         "with url='embedded://' rom starts a server of its own")
_RESP2 = ("the server is older than Redis 6 and does not know RESP3: make the client with protocol=2, as "
          "rom.util.set_connection_settings does")


# -- what to say: pure -------------------------------------------------------------------------------------------------

def version_trouble(version):
    """Return what is wrong with a version of the server; None where nothing is, as far as can be told.

    :param version: text, as INFO has it, or None

    Example::

        version_trouble('3.2.6')        # 'rom needs Redis 5 or newer, this is 3.2.6'
    """
    numbers = tuple(int(part) for part in re.findall('[0-9]+', version or '')[:3])
    if numbers and numbers < OLDEST_SERVER:
        return 'rom needs Redis %s or newer, this is %s' % ('.'.join(map(str, OLDEST_SERVER)), version)


def advice(error, origin=None):
    """Return what to do about an error of redis-py; None where it says all there is.

    :param error: redis.RedisError
    :param origin: text, which setting the client comes from; None where the program made it
    """
    text = str(error)
    if 'unknown command' in text and 'HELLO' in text:
        return _RESP2
    if isinstance(error, redis.AuthenticationError) or text.startswith('NOAUTH'):
        return '%s: a password is given as redis://:PASSWORD@HOST:PORT/DB' % _client_from(origin)
    if isinstance(error, (redis.ConnectionError, redis.TimeoutError)) and 'connecting to' in text:
        return 'no server answers there; %s: %s' % (_client_from(origin), _WAYS)


def _client_from(origin):
    return 'this is the client of %s' % (origin or 'rom.util.CONNECTION, or of _conn of a model')


# -- clients -----------------------------------------------------------------------------------------------------------

_made = []      # the client that rom made last, and the setting that says where it leads


def note_origin(client, setting):
    """Take note of the setting that a client comes from, for messages."""
    _made[:] = [client, setting]


def _origin_of(connection):
    return _made[1] if _made and _made[0] is connection else None


_taken = set()      # classes of clients


def check(connection, owner=None):
    """Refuse what is no client, or none that answers at once.

    :param connection: whatever a program gave for a redis-py client
    :param owner: the model or entity that it is the `_conn` of, where that is known
    :raises InvalidOperation: saying what it must be
    """
    if type(connection) not in _taken:
        _check_class(connection, owner)
        _taken.add(type(connection))


def _check_class(connection, owner):
    execute = getattr(connection, 'execute_command', None)
    is_async = 'asyncio' in type(connection).__module__ or getattr(
        inspect, 'iscoroutinefunction', _never)(execute) or type(connection).__name__ == 'coroutine'
    if is_async or not callable(execute) or isinstance(connection, type):
        model = None if owner is None else getattr(owner, '__name__', type(owner).__name__)
        setting = 'rom.util.CONNECTION, or _conn of a model,' if model is None else '_conn of %s' % model
        raise InvalidOperation('%s%s must be a redis.Redis, and is %s' % (
            'rom is synchronous, and asyncio clients are not: ' if is_async else '', setting, _shown(connection)), model=model,
            value=connection)


def _never(function):
    return False


# -- errors that were raised -------------------------------------------------------------------------------------------

def explain(connection, arguments, error):
    """Add to an error of redis-py what there is to say; it stays the exception that it is.

    :param connection: redis-py client
    :param arguments: list, the command
    :param error: redis.RedisError, about to be raised
    """
    if isinstance(error, redis.exceptions.ReadOnlyError):
        error.args = ('%s cannot be written: %s is a read-only replica (%s)' % (
            _written(arguments), _address(connection), error),)
    else:
        trouble, told = too_old(connection, str(error)), advice(error, _origin_of(connection))
        if trouble:
            error.args = ('%s (%s)' % (trouble, error),)
        elif told and ' rom: ' not in str(error):
            error.args = ('%s rom: %s' % (error, told),) + error.args[1:]


def too_old(connection, text):
    """Return what is wrong with the version of the server, which is asked only after an error that may come of it.

    :param connection: redis-py client
    :param text: what the error says
    :returns: text, or None
    """
    if 'HELLO' in text or not any(sign in text.lower() for sign in _SIGNS_OF_AGE):
        return None
    try:
        return version_trouble(connection.info('server').get('redis_version'))
    except (redis.RedisError, AttributeError):  # no rights, or no plain client
        return None


def _written(arguments):
    """Return the namespace that a script was to write, by its first key."""
    key = arguments[3] if len(arguments) > 3 else None
    key = key.decode('utf-8', 'replace') if isinstance(key, bytes) else key
    return keys.namespace_of(key) if isinstance(key, six.string_types) else 'this'


def _address(connection):
    where = getattr(getattr(connection, 'connection_pool', None), 'connection_kwargs', None) or {}
    return where.get('path') or ':'.join((where.get('host', 'the server'), str(where.get('port', ''))))
