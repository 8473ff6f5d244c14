"""Lua scripts, by name or as text: sent as their SHA1, and in full where the server does not have them."""
import hashlib
import re

import redis
from redis.exceptions import NoScriptError, ResponseError
import six

from ..values.texts import text_if_utf8
from . import commands

__all__ = ['CLUSTERS', 'NO_SCRIPT_MESSAGES', 'Script', '_script_load', 'is_cluster', 'shares_slot']

#: the classes of clients of a cluster
CLUSTERS = tuple(getattr(redis, name) for name in ('RedisCluster',) if hasattr(redis, name))

# how servers and proxies say that they do not have a script
NO_SCRIPT_MESSAGES = ['NOSCRIPT', 'No matching script.']


def _pipeline_classes():
    """Return the pipeline classes of the redis-py that is installed."""
    cluster = getattr(redis, 'cluster', None)
    found = [redis.client.Pipeline, getattr(cluster, 'ClusterPipeline', None)]
    return tuple(each for each in found if each is not None)


_PIPELINES = _pipeline_classes()

_kinds = {}  # {class of a client: (whether it is a pipeline, whether it is a cluster's)}: its many bases would be looked at
_MOST_KINDS = 100


def _kind_of(conn):
    """Do what `isinstance` does: redis-py's clients are protocols of `typing`, and asking those takes ten times as long."""
    kind = _kinds.get(conn.__class__)
    if kind is None:
        if len(_kinds) >= _MOST_KINDS:
            _kinds.clear()
        bases = getattr(conn.__class__, '__mro__', ())
        kind = _kinds[conn.__class__] = tuple(any(each in bases for each in classes) for classes in (_PIPELINES, CLUSTERS))
    return kind


def is_cluster(conn):
    """Whether `conn` is a cluster's client."""
    return _kind_of(conn)[1]


_HASH_TAG = re.compile(br'[^{]*\{[^}]+\}')


def shares_slot(conn, key):
    """Whether `conn` is a cluster's client, and all keys that begin as `key` does are in one slot."""
    return _kind_of(conn)[1] and _has_tag(key)


def _has_tag(key):
    return bool(_HASH_TAG.match(_to_bytes(key)))


_INCLUDE = re.compile(br'^-- include ([\w/]+)$', re.MULTILINE)


def _read_file(name):
    """Return the text of ``lua/<name>.lua``, with the files that its ``-- include`` lines name in their places."""
    import pkgutil  # only where a script is read: it takes as long to import as some of our own
    text = pkgutil.get_data('rom', 'lua/%s.lua' % name)
    return _INCLUDE.sub(lambda found: _read_file(found.group(1).decode('ascii')).rstrip(), text)


class Script(object):
    """One Lua script, read from ``rom/lua/<name>.lua`` when it is first needed.

    A call is one round trip (EVALSHA); where the server does not have the script, as after
    SCRIPT FLUSH, a restart or a failover, a second one sends it in full (EVAL), which also
    loads it. In a pipeline the script is queued in full: nobody could answer NOSCRIPT there.

    :param name: str, the file's name without ``.lua``.
    :param text: str, the script itself, in place of a file.
    :param bool declares_all: whether callers name every key that the script touches. Other scripts are told in a cluster
        of one key more, which never exists: so the server refuses (TRYAGAIN) to run them on one half of a slot's
        keys while the other has moved to another node already.

    Example::

        WRITE = Script('write')
        reply = WRITE(connection, keys=['User:'], args=[request])
    """

    __slots__ = ('name', 'declares_all', '_text', '_sha')

    def __init__(self, name, text=None, declares_all=False):
        self.name = name
        self.declares_all = declares_all or text is not None
        self._text = text if text is None else _to_bytes(text)
        self._sha = None

    @property
    def text(self):
        """The script's text, as bytes."""
        if self._text is None:
            self._text = _read_file(self.name)
        return self._text

    @property
    def sha(self):
        """The SHA1 by which the server knows the script, as str."""
        if self._sha is None:
            self._sha = hashlib.sha1(self.text).hexdigest()
        return self._sha

    @property
    def _readable(self):
        """The same script with a reply that any client can decode."""
        return Script(self.name, _read_file('as_readable').replace(b'-- script', self.text))

    def __call__(self, conn, keys=(), args=(), wants_bytes=False, before_sending=None, send=None):
        """Run the script, or queue it if `conn` is a pipeline.

        :param conn: a redis-py client, cluster client, or a pipeline of one.
        :param keys: list of key names; at least one, so that a cluster knows the node.
        :param args: list of further arguments: str, bytes, int or float.
        :param bool wants_bytes: whether the reply is to be bytes, also from a client that decodes.
        :param before_sending: callable(), called at the last moment at which surely nothing was sent, or None.
        :param send: callable, in place of the client's `execute_command`, where the server has the script.
        :returns: the script's reply as redis-py gives it; the pipeline, for a pipeline.
        :raises redis.exceptions.RedisError: what the script or the connection raised.
        """
        is_pipeline, is_clustered = _kind_of(conn)
        if is_pipeline:
            return self.eval(conn, keys, args)
        try:
            return commands.execute(conn, self._command(is_clustered, 'EVALSHA', self._sha or self.sha, keys, args), wants_bytes,
                                    before_sending, send)
        except ResponseError as error:
            if not self.eval_error_is_noscript(error):
                raise
        return self.eval(conn, keys, args, wants_bytes)

    def read(self, conn, keys=(), args=()):
        """Run a script that reads what is stored: its reply is bytes, whether the client decodes or not.

        :param conn: a redis-py client, or cluster client.
        :param keys: list of key names; at least one.
        :param args: list of further arguments: str, bytes or int.
        :returns: the script's reply; with redis-py 3.5, which cannot leave it as bytes, text where it is UTF-8.
        :raises redis.exceptions.RedisError: what the script or the connection raised.
        """
        try:
            return self(conn, keys, args, wants_bytes=True)
        except UnicodeDecodeError:
            return _from_readable(self._readable(conn, keys, args))

    def eval(self, conn, keys=(), args=(), wants_bytes=False):
        """Run or queue the script with its full text; arguments and reply are those of a call."""
        return commands.execute(conn, self._command(is_cluster(conn), 'EVAL', self.text, keys, args), wants_bytes)

    def _command(self, is_clustered, name, script, keys, args):
        command = [name, script, 0]
        command += keys
        if is_clustered and not self.declares_all and _has_tag(command[3]):
            command.append(_to_bytes(command[3]) + b':never')
        command[2] = '%d' % (len(command) - 3)
        command += args
        return command

    @staticmethod
    def eval_error_is_noscript(error):
        """Whether `error` says that the server does not have the script, in which case nothing was run.

        :param error: the exception, as raised or as found in a pipeline's results.
        :returns: bool
        """
        if isinstance(error, NoScriptError):
            return True
        message = str(error)
        return isinstance(error, ResponseError) and any(
            message.startswith(known) for known in NO_SCRIPT_MESSAGES)

    def __repr__(self):
        return '<Script %s>' % self.name


def _from_readable(reply):
    """Return what such a reply stands for: text where it is UTF-8, else bytes."""
    if isinstance(reply, list):
        return [_from_readable(part) for part in reply]
    return text_if_utf8(reply.encode('latin-1')) if isinstance(reply, six.text_type) else reply


def _to_bytes(text):
    return text.encode('utf-8') if isinstance(text, six.text_type) else text


def _script_load(script):
    """Return a function that runs a Lua script, as rom 1.1.2 has it in ``rom.util``.

    :param script: str, the script's text.
    :returns: a function ``call(conn, keys=[], args=[], force_eval=False)``.

    Example::

        double = _script_load('return ARGV[1] * 2')
        double(connection, keys=['any'], args=[4])      # 8
    """
    loaded = Script('<text>', script)

    def call(conn, keys=[], args=[], force_eval=False):  # noqa: B006 (kept from 1.1.2)
        return (loaded.eval if force_eval else loaded)(conn, keys, args)
    return call
