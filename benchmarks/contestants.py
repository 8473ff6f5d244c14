"""The contestants as processes of their own, the environment of rom 1.1.2, and the server they all work on."""

import json
import os
import socket
import subprocess
import sys

import redis

HERE = os.path.dirname(os.path.abspath(__file__))
OURS, OLD, HAND = 'ours', '1.1.2', 'by hand'


class Failed(Exception):
    """An operation failed in a contestant; the message is the contestant's error."""


class Contestant(object):
    """A worker process.

    :param name: OURS, OLD or HAND.
    :param python: the interpreter to run it with.
    :param uri: of the server.
    """

    def __init__(self, name, python, uri):
        self.name = name
        kind = 'hand' if name == HAND else 'rom'
        self._process = subprocess.Popen(
            [python, '-W', 'ignore', os.path.join(HERE, 'worker.py'), kind, uri],
            env=environment_of(python, name), stdin=subprocess.PIPE, stdout=subprocess.PIPE, universal_newlines=True)
        keep_on_core(self._process.pid, 1)
        hello = self._read()
        self.about, self.operations = hello['about'], set(hello['operations'])

    def do(self, operation, namespace, rows=0, count=1, seed=1):
        """Have an operation done and return its reply: seconds, client_cpu, trips, answer.

        :raises Failed: with the error of the contestant.
        """
        request = dict(operation=operation, namespace=namespace, rows=rows, count=count, seed=seed)
        self._process.stdin.write(json.dumps(request) + '\n')
        self._process.stdin.flush()
        reply = self._read()
        if 'error' in reply:
            raise Failed('%s, %s: %s' % (self.name, operation, reply['error']))
        return reply

    def _read(self):
        line = self._process.stdout.readline()
        if not line:
            raise Failed('%s: the worker process ended' % self.name)
        return json.loads(line)

    def stop(self):
        """End the process."""
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


def keep_on_core(pid, number):
    """Keep a process on one core: a round trip takes five times as long where server and client wake each other on
    different cores, and the scheduler would choose now this and now that."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else []
    if len(cores) > number:
        os.sched_setaffinity(pid, [cores[number]])


def environment_of(python, name=OURS):
    """The environment variables with which `python` finds this library, installed or in this checkout; OLD its own."""
    if name == OLD:
        return {key: value for key, value in os.environ.items() if key != 'PYTHONPATH'}
    installed = subprocess.call([python, '-c', 'import rom'], cwd=HERE, stderr=subprocess.DEVNULL) == 0
    return dict(os.environ) if installed else dict(os.environ, PYTHONPATH=os.path.dirname(HERE))


def versions(python):
    """The versions of redis-py and hiredis of `python`; None for no hiredis."""
    code = ('import json, redis\ntry: import hiredis\nexcept ImportError: hiredis = None\n'
            'print(json.dumps([redis.__version__, getattr(hiredis, "__version__", None)]))')
    return json.loads(subprocess.check_output([python, '-c', code], universal_newlines=True))


def old_python(cache, like):
    """An interpreter that has rom 1.1.2 and the redis-py and hiredis of the interpreter `like`; made if need be.

    :param cache: the directory under which its environment is kept.
    """
    redis_py, hiredis = versions(like)
    parser = 'hiredis-%s' % hiredis if hiredis else 'plain'
    name = 'rom-1.1.2-redis-%s-%s-py%d.%d' % ((redis_py, parser) + sys.version_info[:2])
    home = os.path.join(os.path.expanduser(cache), name)
    python = os.path.join(home, 'bin', 'python')
    if not os.path.exists(os.path.join(home, 'complete')):
        subprocess.check_call([like, '-m', 'venv', home])
        wanted = ['rom==1.1.2', 'redis==' + redis_py] + (['hiredis==' + hiredis] if hiredis else [])
        subprocess.check_call([python, '-m', 'pip', 'install', '-q', '--disable-pip-version-check', 'setuptools'] + wanted)
        open(os.path.join(home, 'complete'), 'w').close()
    return python


def free_port():
    """A port of the loopback address that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        return listener.getsockname()[1]


def start_server():
    """(the server, its URI): a server out of a wheel, on a TCP port, as a program would meet one."""
    if HERE not in sys.path[1:]:
        sys.path.append(os.path.dirname(HERE))
    from rom import embedded
    port = free_port()
    server = embedded.start(port=str(port), bind='127.0.0.1')
    keep_on_core(server.pid, 0)
    uri = 'redis://127.0.0.1:%d/0' % port
    redis.Redis.from_url(uri).ping()
    return server, uri
