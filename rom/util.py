"""The old front door: connection settings, and everything that 1.1.2 had in `rom.util`."""

import os
import re
import warnings

import redis
import six

from . import embedded
from .beyond import (bulk_create, etag, get_one, get_or_create, increment,  # noqa: F401
                     update_or_create)  # not in __all__: what is new here covers no name of a program's own
from .descriptors import ClassProperty
from .exceptions import DataRaceError, ORMError, WrongArgument
from .locks import EntityLock, Lock
from .storage import troubles
from .storage.scripts import NO_SCRIPT_MESSAGES, _script_load
from .unitofwork.session import Session, session
from .unitofwork.thread_scope import ThreadScope
from .upkeep.tasks import (check_indexes, clean_old_index, clean_unsafe_cols, refresh_all_indexes, refresh_indices,
                           show_progress)
from .values import codecs, names
from .values.codecs import (_bigint_to_float, _encode_unique_constraint, _epoch, _epochd, _prefix_score, _to_score, dt2ts,
                            t2ts, ts2dt, ts2t)
from .values.keygens import (CASE_INSENSITIVE, FULL_TEXT, IDENTITY, IDENTITY_CI, IDENTITY_STRING, IDENTITY_STRING_CI,
                             SIMPLE, SIMPLE_CI, STRING_INDEX_KEYGENS, STRING_INDEX_KEYGENS_STR, STRING_SORT_KEYGENS,
                             STRING_SORT_KEYGENS_STR, _boolean_keygen, _many_to_one_keygen, _numeric_keygen, _string_keygen)

__all__ = ['CASE_INSENSITIVE', 'CONNECTION', 'ClassProperty', 'EntityLock', 'FULL_TEXT', 'IDENTITY', 'IDENTITY_CI',
           'IDENTITY_STRING', 'IDENTITY_STRING_CI', 'Lock', 'NO_SCRIPT_MESSAGES', 'NULL_SESSION', 'REDIS_URI',
           'SIMPLE', 'SIMPLE_CI', 'STRING_INDEX_KEYGENS', 'STRING_INDEX_KEYGENS_STR', 'STRING_SORT_KEYGENS',
           'STRING_SORT_KEYGENS_STR', 'Session', '_connect', '_encode_unique_constraint', '_epoch', '_epochd',
           '_script_load', '_string_keygen', 'check_indexes', 'clean_old_index', 'clean_unsafe_cols',
           'get_connection', 'refresh_all_indexes', 'refresh_indices', 'session', 'set_connection_settings',
           'show_progress', 'use_null_session', 'use_rom_session']

#: where the default connection goes; `embedded://` starts a server of its own (see `rom.embedded`)
REDIS_URI = os.environ.get('ROM_REDIS_URI', '').strip() or 'redis://localhost:6379/0'

#: whether sessions are off for all threads that do not say otherwise
NULL_SESSION = False


def _client(setting, url, **kwargs):
    """Return a client for a URL, which a setting names."""
    try:
        if url.startswith('embedded:'):
            return embedded.connect(url, **kwargs)
        made = redis.Redis.from_url(url, **_with_protocol(kwargs))
    except (AttributeError, ValueError) as error:
        told = re.sub('(?<=:)[^:@/]+(?=@)', '***', url) if isinstance(url, six.string_types) else url
        six.raise_from(WrongArgument('%s=%s is no URL of a server: redis://localhost:6379/0 is one (%s)' % (
            setting, codecs._shown(told), error), value=told), None)
    troubles.note_origin(made, setting)
    return made


def _with_protocol(kwargs):
    """Have redis-py 8 speak RESP2, as releases before it do, unless told otherwise: Redis 5 knows nothing else."""
    if _DEFAULT_PROTOCOL == 2 or set(kwargs).intersection(('protocol', 'cache', 'cache_config', 'connection_pool')):
        return kwargs
    return dict(kwargs, protocol=2)


_DEFAULT_PROTOCOL = getattr(redis.utils, 'DEFAULT_RESP_VERSION', 2)


def _default():
    """Return the client that the environment asks for; None where it is made later: a server to be started, or no URL."""
    if REDIS_URI.startswith('embedded:'):
        return None
    try:
        return _client('ROM_REDIS_URI', REDIS_URI)
    except WrongArgument as error:  # told when it is used: a program may have settings of its own
        warnings.warn(str(error), UserWarning, stacklevel=2)


#: the client of every model without a `_conn` of its own; None until an embedded server is asked for the first time
CONNECTION = _default()


def set_connection_settings(*args, **kwargs):
    """Set the connection of every model without a `_conn` of its own.

    :param args: what `redis.Redis` takes; or a URL
    :param kwargs: what `redis.Redis` takes; or `url`, which may be `embedded://` or `embedded:///some/dir`
    :raises WrongArgument: for what is no URL, or is one in the wrong place, and names of settings that are mistyped; it is a ValueError

    Example::

        rom.util.set_connection_settings(host='localhost', db=7)
    """
    global CONNECTION
    url, host = kwargs.pop('url', None), args[0] if args else kwargs.get('host')
    if _is_url(host) and url is None and len(args) == 1:
        url, args = host, ()
    if _is_url(host) and args or _is_url(kwargs.get('host')) or hasattr(host, 'execute_command'):
        raise WrongArgument('set_connection_settings takes a host, or url=...: give a URL as url=%s, a client as '
                            'rom.util.CONNECTION = client' % codecs._shown(host), value=host)
    _refuse_slips(kwargs)
    if url is not None:
        CONNECTION = _client('set_connection_settings(url)', url, **kwargs)
        return
    if isinstance(host, six.string_types) and re.match('[^:]+:[0-9]+$', host):
        name, _, port = host.partition(':')
        raise WrongArgument('set_connection_settings takes the port by itself: host=%s, port=%s' % (names.quoted(name), port), value=host)
    CONNECTION = redis.Redis(*args, **_with_protocol(kwargs))
    troubles.note_origin(CONNECTION, 'set_connection_settings')


def _refuse_slips(settings):
    """Refuse settings that are nearly named as `redis.Redis` has them: of a URL it would say so only when it connects."""
    init = redis.Redis.__init__
    while hasattr(init, '__wrapped__'):
        init = init.__wrapped__
    code = getattr(init, '__func__', init).__code__
    known = code.co_varnames[1:code.co_argcount + getattr(code, 'co_kwonlyargcount', 0)]
    for name in sorted(set(settings).difference(known + ('connection_class', 'cache_factory'))):
        if names.is_slip(name, known):
            raise WrongArgument('set_connection_settings has no setting %s: did you mean %s?' % (
                names.quoted(name), names.quoted(names.nearest(name, known))), value=name)


def _is_url(host):
    return isinstance(host, six.string_types) and '://' in host


def get_connection():
    """Return the connection of every model without a `_conn` of its own; programs may replace this function.

    :returns: redis-py client

    Example::

        rom.util.get_connection().ping()
    """
    global CONNECTION
    if CONNECTION is None:
        CONNECTION = _client('ROM_REDIS_URI', REDIS_URI)
    return CONNECTION


def _connect(obj):
    """Return the redis-py client of a model, an entity, or (None) the default one.

    :param obj: Model class, entity or None
    """
    own = getattr(obj, '_conn', None)
    if own is None:
        own = getattr(obj, 'CONN', None)
    if own is None:
        return get_connection()
    troubles.check(own, obj)
    return own


def use_null_session():
    """Switch sessions off for all threads: entities are not remembered, and only `save()` writes.

    A thread may say otherwise for itself: ``rom.session.null_session = False``.

    Example::

        rom.util.use_null_session()
    """
    global NULL_SESSION
    NULL_SESSION = True


def use_rom_session():
    """Switch sessions on again for all threads.

    Example::

        rom.util.use_rom_session()
    """
    global NULL_SESSION
    NULL_SESSION = False


ThreadScope.null_session_default = staticmethod(lambda: NULL_SESSION)
