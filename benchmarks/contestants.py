"""The contestants as processes of their own, the environments of rom 1.1.2 and of peers, and the servers they all work on."""

import contextlib
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import redis

HERE = os.path.dirname(os.path.abspath(__file__))
OURS, OLD, HAND, BARE = 'ours', '1.1.2', 'by hand', 'bare'
PEERS = ('popoto', 'walrus', 'redis-om')
KINDS = {OURS: 'rom', OLD: 'rom', HAND: 'hand', BARE: 'bare'}
SERVERS = ('redis', 'valkey')
START_SECONDS = 20
#: that one operation may take
AT_MOST_SECONDS = 240


class Failed(Exception):
    """An operation failed in a contestant; the message is the contestant's error."""


class Contestant(object):
    """A worker process.

    :param name: OURS, OLD, HAND, BARE, or one of PEERS.
    :param python: the interpreter to run it with.
    :param uri: of the server.
    :param bool pinned: whether it stays on one core.
    """

    def __init__(self, name, python, uri, pinned=False):
        self.name, self._pinned = name, pinned
        self._command = [python, '-W', 'ignore', os.path.join(HERE, 'worker.py'), KINDS.get(name, name), uri]
        self._environment = environment_of(python, name)
        self._start()

    def _start(self):
        self._process = subprocess.Popen(self._command, env=self._environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         universal_newlines=True)
        if self._pinned:
            keep_on_core(self._process.pid, 1)
        hello = self._read()
        self.about, self.operations = hello['about'], set(hello['operations'])

    def do(self, operation, namespace, rows=0, count=1, seed=1, **more):
        """Have an operation done and return its reply: seconds, client_cpu, trips, answer.

        :raises Failed: with the error of the contestant; where it ended or took too long, another process goes on.
        """
        request = dict(operation=operation, namespace=namespace, rows=rows, count=count, seed=seed, **more)
        try:
            self._process.stdin.write(json.dumps(request) + '\n')
            self._process.stdin.flush()
            reply = self._read()
        except (Failed, OSError) as error:
            self._process.kill()
            self.stop()
            self._start()
            reply = {'error': error}
        if 'error' in reply:
            raise Failed('%s, %s: %s' % (self.name, operation, reply['error']))
        return reply

    def _read(self):
        if not select.select([self._process.stdout], [], [], AT_MOST_SECONDS)[0]:
            raise Failed('no answer in %d seconds' % AT_MOST_SECONDS)
        line = self._process.stdout.readline()
        if not line:
            raise Failed('the worker process ended')
        return json.loads(line)

    def stop(self):
        """End the process."""
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()
        self._process.wait()


def keep_on_core(pid, number):
    """Keep a process on one core, so that server and client do not wake each other now on this and now on that one."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else []
    if len(cores) > number:
        os.sched_setaffinity(pid, [cores[number]])


def environment_of(python, name=OURS):
    """The environment variables with which `python` finds this library, installed or in this checkout; others have their own."""
    if name == OLD or name in PEERS:
        return {key: value for key, value in os.environ.items() if key != 'PYTHONPATH'}
    installed = subprocess.call([python, '-c', 'import rom'], cwd=HERE, stderr=subprocess.DEVNULL) == 0
    return dict(os.environ) if installed else dict(os.environ, PYTHONPATH=os.path.dirname(HERE))


def versions(python):
    """The versions of redis-py and hiredis of `python`; None for no hiredis."""
    code = ('import json, redis\ntry:\n    import hiredis\nexcept ImportError:\n    hiredis = None\n'
            'print(json.dumps([redis.__version__, getattr(hiredis, "__version__", None)]))')
    return json.loads(subprocess.check_output([python, '-c', code], universal_newlines=True))


def python_with(wanted, name, cache, like):
    """An interpreter that has some packages beside the redis-py and hiredis of the interpreter `like`; made if need be.

    :param wanted: list of what pip is to install.
    :param name: of its environment.
    :param cache: the directory under which its environment is kept.
    """
    redis_py, hiredis = versions(like)
    parser = 'hiredis-%s' % hiredis if hiredis else 'plain'
    home = os.path.join(os.path.expanduser(cache), '%s-redis-%s-%s-py%d.%d' % ((name, redis_py, parser) + sys.version_info[:2]))
    python = os.path.join(home, 'bin', 'python')
    if not os.path.exists(os.path.join(home, 'complete')):
        subprocess.check_call([like, '-m', 'venv', home])
        wanted = wanted + ['redis==' + redis_py] + (['hiredis==' + hiredis] if hiredis else [])
        subprocess.check_call([python, '-m', 'pip', 'install', '-q', '--disable-pip-version-check', 'setuptools'] + wanted)
        open(os.path.join(home, 'complete'), 'w').close()
    return python


def old_python(cache, like):
    """An interpreter that has rom 1.1.2."""
    return python_with(['rom==1.1.2'], 'rom-1.1.2', cache, like)


def peers_python(cache, like):
    """An interpreter that has the peers."""
    return python_with(list(PEERS), 'peers', cache, like)


def peer_versions(python):
    """The version of each peer: {name: text}."""
    code = ('import json\nfrom importlib.metadata import version\n'
            'print(json.dumps({name: version(name) for name in %r}))' % (PEERS,))
    return json.loads(subprocess.check_output([python, '-c', code], universal_newlines=True))


def free_port():
    """A port of the loopback address that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        return listener.getsockname()[1]


def has_server(kind):
    """Whether a server can be started here."""
    return kind == 'valkey' or shutil.which('redis-server') is not None


@contextlib.contextmanager
def server(kind, pinned):
    """Run a server in memory, on a TCP port as a program would meet one: gives its URI.

    :param kind: 'valkey', out of a wheel; 'redis', the `redis-server` of this machine.
    :param bool pinned: whether it stays on one core.
    """
    port = free_port()
    uri = 'redis://127.0.0.1:%d/0' % port
    with (_valkey if kind == 'valkey' else _redis)(port) as pid:
        if pinned:
            keep_on_core(pid, 0)
        deadline = time.time() + START_SECONDS
        while True:
            try:
                redis.Redis.from_url(uri).ping()
                break
            except redis.ConnectionError:
                if time.time() > deadline:
                    raise
                time.sleep(.05)
        yield uri


@contextlib.contextmanager
def _valkey(port):
    if HERE not in sys.path[1:]:
        sys.path.append(os.path.dirname(HERE))
    from rom import embedded
    with embedded.start(port=str(port), bind='127.0.0.1') as started:
        yield started.pid


@contextlib.contextmanager
def _redis(port):
    with tempfile.TemporaryDirectory() as directory:
        process = subprocess.Popen(['redis-server', '--port', str(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no',
                                    '--daemonize', 'no', '--dir', directory], stdout=subprocess.DEVNULL)
        try:
            yield process.pid
        finally:
            process.terminate()
            process.wait()
