"""For the tests of programs that use rom: an empty database for each, on a server that nobody else uses.

Pytest has two fixtures as soon as rom is installed, `rom_server` and `rom_database`; the module ``_rom_pytest`` makes
them of what is here. With ``rom_autouse = true`` in the ini file all tests have a database.
"""
from __future__ import absolute_import

import contextlib
import os

from . import embedded, util
from .columns.registry import MODELS, take_out
from .exceptions import InvalidOperation
from .unitofwork.session import anew

__all__ = ['WithDatabase', 'database']

#: what a program may say of its client that shows in the answers; the tests' client is told the same
_SHOWS = ('decode_responses', 'encoding', 'encoding_errors', 'protocol')
_SETTINGS = ('CONNECTION', 'NULL_SESSION', 'REDIS_URI', '_connect', 'get_connection')
_DATABASES = 16

_own_server = None
_opened = []


@contextlib.contextmanager
def database(server=None):
    """Give all models an empty database and this thread an empty session, until the block is left.

    All models use it, those with a `_conn` of their own included, whatever connection the program sets meanwhile; so do
    programs that it starts, by ``ROM_REDIS_URI``. Afterwards connections and session are what they were. Within another
    such block the database is one of its own.

    :param server: a server in memory that `rom.embedded.start` has started; None: the one of the block around this, or
        one that this process has for its tests
    :returns: context manager, which gives the client of models without a `_conn`
    :raises InvalidOperation: for any other server, as the database is emptied
    :raises ImportError: where no server is installed; the message says what to install

    Example::

        with rom.testing.database():
            User(email=u'ann@example.com').save()
            assert User.query.count() == 1
    """
    opened = _Database(_checked(server))
    opened.enter()
    try:
        with anew():
            yield util.get_connection()
    finally:
        opened.leave()


def pytest_configure(config):
    """Bring the fixtures where pytest does not do so by itself: as a plugin, ``-p rom.testing``, this module is as good."""
    if not config.pluginmanager.has_plugin('rom'):
        import _rom_pytest
        config.pluginmanager.register(_rom_pytest, 'rom')


class WithDatabase(object):
    """A class to mix into `unittest.TestCase`: each test has an empty database, as in `database`.

    :ivar rom_database: the client

    Example::

        class UserTest(rom.testing.WithDatabase, unittest.TestCase):
            def test_save(self):
                User(email=u'ann@example.com').save()
    """

    def run(self, result=None):
        """Run the test, with its `setUp` and `tearDown`, in a database of its own."""
        with database() as self.rom_database:
            return super(WithDatabase, self).run(result)


class _Database(object):
    """A database of an embedded server, and what it stands in for."""

    def __init__(self, server):
        self._server = server
        self._number = sum(each._server is server for each in _opened)
        self._clients = {}
        if self._number == _DATABASES:
            raise InvalidOperation('rom.testing.database() within %d others: each has one of the %d databases of a server'
                                   % (self._number, _DATABASES))

    def enter(self):
        self._like(None).flushdb()
        self._settings = dict((name, getattr(util, name)) for name in _SETTINGS)
        self._models = set(MODELS.values())
        self._uri = os.environ.get('ROM_REDIS_URI')
        _opened.append(self)
        util.CONNECTION = self._like(util.CONNECTION)
        util._connect, util.get_connection = self._connect, self._get_connection
        os.environ['ROM_REDIS_URI'] = '%s?db=%d' % (self._server.url, self._number)

    def leave(self):
        _opened.remove(self)
        _take_out_local_models(self._models)
        for name, value in self._settings.items():
            setattr(util, name, value)
        if self._uri is None:
            os.environ.pop('ROM_REDIS_URI', None)
        else:
            os.environ['ROM_REDIS_URI'] = self._uri
        for client in self._clients.values():
            client.connection_pool.disconnect()

    def _connect(self, obj):
        own = [client for client in (getattr(obj, name, None) for name in ('_conn', 'CONN')) if client is not None]
        return self._like(own[0] if own else util.CONNECTION)

    def _get_connection(self):
        return self._like(util.CONNECTION)

    def _like(self, client):
        """Return a client of this database whose answers look like those of the program's own."""
        if any(client is ours for ours in self._clients.values()):
            return client
        pool = getattr(client, 'connection_pool', None) or getattr(client, 'nodes_manager', None)
        settings = getattr(pool, 'connection_kwargs', {})
        options = dict((name, settings[name]) for name in _SHOWS if settings.get(name) is not None)
        key = tuple(sorted(options.items()))
        if key not in self._clients:
            self._clients[key] = self._server.connect('db=%d' % self._number, **options)
        return self._clients[key]


def _checked(server):
    """Return the server to use: never one with data that anybody else may want."""
    if server is None:
        return _opened[-1]._server if _opened else _servers_own()
    if not isinstance(server, embedded.Server) or server.directory is not None:
        raise InvalidOperation('rom.testing empties the database that it uses: it takes a server in memory that rom.embedded.start() '
                               'has started, you provided %r' % (server,))
    return server


def _servers_own():
    """Return the server that this process has for its tests; a forked process starts one of its own."""
    global _own_server
    if _own_server is None or _own_server._owner != os.getpid() or not _own_server.running():
        _own_server = embedded.start()
    return _own_server


def _take_out_local_models(before):
    """Forget models that test functions have defined: the next test may have one of the same name."""
    for model in set(MODELS.values()) - before:
        if '<locals>' in model._rom_schema.origin.qualname:
            take_out([model], model._namespace)
