"""One command on its way while something else is done: it is sent, and its reply is read afterwards; no thread is needed.

It goes by a pipeline of redis-py's, so that whoever watches pipelines or connections sees it. Where the client's own
commands are watched, or anything else of it is not redis-py's, it does not fit, and the client is asked as ever.
"""

import os

import redis
from redis.exceptions import ResponseError

from .bulk_reads import fits

__all__ = ['sender']


def sender(connection, meanwhile):
    """Return a function that puts one command to a client as its `execute_command` does, and does something else before it reads the reply.

    :param connection: redis-py client
    :param meanwhile: callable(), not called where the client does not fit; it raises nothing of redis-py's
    :returns: callable(command, *arguments, **options)

    Example::

        sender(connection, plan_the_next)('EVALSHA', sha, 1, key)
    """
    if not fits(connection):
        return connection.execute_command
    return _SentAhead(connection.connection_pool, connection.response_callbacks, False, None).of(meanwhile)


class _SentAhead(redis.client.Pipeline):
    """A pipeline of one command, run by redis-py's own `execute`: that holds the connection, and repeats the command as the client would."""

    def of(self, meanwhile):
        """Return what sends the command."""
        self._meanwhile = meanwhile
        return self._send

    def _send(self, *arguments, **options):
        self.command_stack = [(arguments, options)]
        reply, = self.execute(raise_on_error=False)
        if isinstance(reply, ResponseError):
            raise reply
        return reply

    def _execute_pipeline(self, connection, commands, raise_on_error):
        (arguments, options), = commands
        process = os.getpid()
        try:
            connection.send_packed_command(connection.pack_command(*arguments))
            meanwhile, self._meanwhile = self._meanwhile, None
            if meanwhile is not None:  # else this is sent again
                meanwhile()
            if process != os.getpid():
                raise redis.ConnectionError('forked with a command on its way: the reply is the parent\'s')
            try:
                return [self.parse_response(connection, arguments[0], **options)]
            except ResponseError as error:
                return [error]
        except BaseException:
            connection.disconnect()  # or the next one to use it would read this reply
            raise
