"""A process with one of the two libraries: reads calls as lines on stdin, answers on stdout.

    python worker.py redis://localhost:6379/0

A call is ``[name, args]`` of a function in actions.py, an answer ``['done', value]`` or
``['error', type, message]``."""
import sys
import warnings

import wire


def serve(uri, calls, answers):
    from rom import util
    import actions
    import redis
    util.CONNECTION = redis.Redis.from_url(uri)
    for line in iter(calls.readline, ''):
        answers.write(wire.dumps(answer(actions, line)) + '\n')
        answers.flush()


def answer(actions, line):
    name, args = wire.loads(line)
    try:
        return ['done', getattr(actions, name)(*args)]
    except Exception as error:
        return ['error', type(error).__name__, u'%s' % (error,)]


if __name__ == '__main__':
    warnings.simplefilter('ignore')
    replies = sys.stdout
    # Whatever else is printed must not get between the answers.
    sys.stdout = sys.stderr
    serve(sys.argv[1], sys.stdin, replies)
