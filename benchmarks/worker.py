"""A contestant's process: reads one JSON request per line, runs the operation it names, answers with one line.

    python worker.py rom redis://localhost:6379/0      # whichever rom this Python has
    python worker.py hand redis://localhost:6379/0     # redis-py alone
    python worker.py bare redis://localhost:6379/0     # redis-py and the least that the server can be asked for
    python worker.py walrus redis://localhost:6379/0   # another mapper: see peers.py

Request: {"operation", "namespace", "rows", "count", "seed"}. Reply: {"seconds", "client_cpu", "trips", "answer"}, or {"error"}.
`rows` is how many rows the namespace holds, `count` how often to do it, `seed` picks the rows and words. With "stages" the reply
is {"redis_py_cpu", "commands"}: what redis-py alone computes for the same commands.
"""

import gc
import importlib
import json
import random
import sys
import time
import traceback

import redis
from redis import connection as redis_connection

MODULES = {'rom': ('workload', 'members'), 'hand': ('byhand', 'members_byhand'), 'bare': ('bare',)}


class RoundTrips(object):
    """Counts what is sent: redis-py sends a command, or a whole pipeline, with one call of this method."""

    def __init__(self):
        self.count = 0
        owner = getattr(redis_connection, 'AbstractConnection', redis_connection.Connection)
        original = owner.send_packed_command

        def counted(connection, *args, **kwargs):
            self.count += 1
            return original(connection, *args, **kwargs)
        owner.send_packed_command = counted


def contestant(kind, uri):
    """The operations of a kind of contestant, connected to `uri`."""
    if kind in MODULES:
        modules = [importlib.import_module(name) for name in MODULES[kind]]
        operations = modules[0]
        for more in modules[1:]:
            operations.OPERATIONS.update(more.OPERATIONS)
    else:
        import peers
        operations = peers.PEERS[kind]()
    operations.connect(uri)
    return operations


def prepared(operations, request):
    """The function that does what is requested, with everything in place that is not to be in the time."""
    prepare = operations.OPERATIONS[request['operation']]
    run = prepare(request['namespace'], request['rows'], request['count'], random.Random(request['seed']))
    operations.settle()
    getattr(run, 'ready', lambda: None)()
    gc.collect()
    return run


def measure(operations, request, trips):
    """Prepare an operation, then time it; preparing and clearing up are not in the time."""
    run = prepared(operations, request)
    before, start, work = trips.count, time.perf_counter(), time.process_time()
    answer = run()
    seconds, work = time.perf_counter() - start, time.process_time() - work
    reply = {'seconds': seconds, 'client_cpu': work, 'trips': trips.count - before, 'answer': answer}
    del run
    operations.settle()
    return reply


def stages(operations, request, uri):
    """What redis-py computes for the commands of an operation: they are noted, and sent again by redis-py alone."""
    run, commands, client = prepared(operations, request), [], redis.Redis.from_url(uri)
    operations.record(uri, commands)
    try:
        run()
    finally:
        operations.connect(uri)
        operations.settle()
    if request['rows'] == 0:  # new rows: they are to be new once more
        for key in client.scan_iter(request['namespace'] + ':*', count=1000):
            client.unlink(key)
    client.ping()
    gc.collect()
    work = time.process_time()
    for args, options in commands:
        client.execute_command(*args, **options)
    return {'redis_py_cpu': time.process_time() - work, 'commands': len(commands)}


def serve(kind, uri):
    """Answer requests until standard input ends."""
    trips = RoundTrips()
    operations = contestant(kind, uri)
    answers, sys.stdout = sys.stdout, sys.stderr
    hello = {'about': operations.about(), 'operations': sorted(operations.OPERATIONS)}
    hello['about'].update(python=sys.version.split()[0], redis_py=redis.__version__)
    answers.write(json.dumps(hello) + '\n')
    answers.flush()
    for line in iter(sys.stdin.readline, ''):
        request = json.loads(line)
        try:
            reply = stages(operations, request, uri) if request.get('stages') else measure(operations, request, trips)
        except Exception:
            reply = {'error': ''.join(traceback.format_exception_only(*sys.exc_info()[:2])).strip()}
        answers.write(json.dumps(reply) + '\n')
        answers.flush()


if __name__ == '__main__':
    serve(*sys.argv[1:])
