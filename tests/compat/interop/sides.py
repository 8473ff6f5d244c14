"""The two libraries as the tests see them, and what they leave in Redis in a form that can be compared."""
import collections
import json
import os
import subprocess

import wire

HERE = os.path.dirname(os.path.abspath(__file__))
NO_INDEX_DATA = [[], [], [], [], []]


class RemoteError(Exception):
    """What a call raised on the other side: `.type` is the name of its class."""

    def __init__(self, type, message):
        super(RemoteError, self).__init__('%s: %s' % (type, message))
        self.type = type


class Side(object):
    """One library in a process of its own; each function of actions.py is a method here."""

    def __init__(self, name, python, uri, env):
        self.name = name
        self._process = subprocess.Popen([python, os.path.join(HERE, 'worker.py'), uri], env=env, cwd=HERE,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, universal_newlines=True)

    def __getattr__(self, action):
        if action.startswith('_'):
            raise AttributeError(action)
        return lambda *args: self._call(action, args)

    def _call(self, action, args):
        self._process.stdin.write(wire.dumps([action, list(args)]) + '\n')
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, 'the process of %s has ended in %s%r' % (self.name, action, args)
        answer = wire.loads(line)
        if answer[0] == 'error':
            raise RemoteError(*answer[1:])
        return answer[1]

    def stop(self):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def __repr__(self):
        return self.name


def keyspace(connection):
    """{key: content} of everything that lasts; sets and `-index-data-` without an order."""
    content = {}
    for key in connection.scan_iter(count=1000):
        if connection.ttl(key) < 0 and b':once:' not in key:
            content[key] = content_of(connection, key)
    return content


def content_of(connection, key):
    kind = connection.type(key)
    if kind == b'string':
        return connection.get(key)
    if kind == b'set':
        return sorted(connection.smembers(key))
    if kind == b'zset':
        return connection.zrange(key, 0, -1, withscores=True)
    if kind == b'list':
        return connection.lrange(key, 0, -1)
    row = connection.hgetall(key)
    if b'-index-data-' in row:
        row[b'-index-data-'] = index_data(row[b'-index-data-'])
    return row


def index_data(stored):
    """`-index-data-` as five sorted lists, the geo name that 1.1.2 drops into the suffixes put where it belongs."""
    parts = [list(part) for part in json.loads(stored.decode('utf-8'))]
    parts += NO_INDEX_DATA[len(parts):]
    suffixes = parts[3]
    parts[4] = parts[4] + [entry for entry in suffixes if not isinstance(entry, list)]
    parts[3] = [entry for entry in suffixes if isinstance(entry, list)]
    return [sorted(part) for part in parts]


def differences(ours, theirs):
    """{key: (ours, theirs)} where two keyspaces differ, for a readable failure."""
    found = collections.OrderedDict()
    for key in sorted(set(ours) | set(theirs)):
        if ours.get(key) != theirs.get(key):
            found[key] = (ours.get(key), theirs.get(key))
    return found
