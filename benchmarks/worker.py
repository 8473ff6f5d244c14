"""A contestant's process: reads one JSON request per line, runs the operation it names, answers with one line.

    python worker.py rom redis://localhost:6379/0      # whichever rom this Python has
    python worker.py hand redis://localhost:6379/0     # redis-py alone

Request: {"operation", "namespace", "rows", "count", "seed"}. Reply: {"seconds", "client_cpu", "trips", "answer"}, or {"error"}.
`rows` is how many rows the namespace holds, `count` how often to do it, `seed` picks the rows and words.
"""

import gc
import json
import random
import sys
import time
import traceback

import redis
from redis import connection as redis_connection


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
    """The module of operations for `kind` ('rom' or 'hand'), connected to `uri`."""
    if kind == 'hand':
        import byhand as operations
    else:
        import workload as operations
    operations.connect(uri)
    return operations


def measure(operations, request, trips):
    """Prepare an operation, then time it; preparing and clearing up are not in the time."""
    prepare = operations.OPERATIONS[request['operation']]
    run = prepare(request['namespace'], request['rows'], request['count'], random.Random(request['seed']))
    operations.settle()
    gc.collect()
    before, start, work = trips.count, time.perf_counter(), time.process_time()
    answer = run()
    seconds, work = time.perf_counter() - start, time.process_time() - work
    reply = {'seconds': seconds, 'client_cpu': work, 'trips': trips.count - before, 'answer': answer}
    del run
    operations.settle()
    return reply


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
        try:
            reply = measure(operations, json.loads(line), trips)
        except Exception:
            reply = {'error': ''.join(traceback.format_exception_only(*sys.exc_info()[:2])).strip()}
        answers.write(json.dumps(reply) + '\n')
        answers.flush()


if __name__ == '__main__':
    serve(*sys.argv[1:])
