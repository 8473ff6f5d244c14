"""A scope for each request of a WSGI application: Flask, Pyramid, Bottle and whatever else is one."""

from __future__ import absolute_import

from itertools import chain

from .requests import Chunks, RequestScope, is_good

__all__ = ['UnitOfWorkMiddleware']


class UnitOfWorkMiddleware(object):
    """A WSGI application around another, which runs each request of it in a scope of its own.

    All that the request has changed is written before the server is told the status, or nothing of it: where the status says
    that it was refused, where the application raises, and where the commit fails, which makes the server answer 500.

    :param app: the WSGI application
    :param commit_when: callable(int status) -> bool: whether what was changed is to be written
    :param bool atomic: all or nothing; False where the models are on several connections

    Example::

        app = flask.Flask(__name__)
        app.wsgi_app = UnitOfWorkMiddleware(app.wsgi_app)
    """

    def __init__(self, app, commit_when=is_good, atomic=True):
        self.app, self.commit_when, self.atomic = app, commit_when, atomic

    def __call__(self, environ, start_response):
        scope = RequestScope(self.commit_when, self.atomic)
        answer = _Answer(scope, start_response)
        with scope.running():
            body = self.app(environ, answer.start_response)
        try:
            with scope.running():
                first, rest = _first_chunks(body, answer)
                answer.pass_on(or_raise=True)
        except BaseException:
            _close(body)
            raise
        if isinstance(body, _passive_kinds(environ)):  # nothing of the application runs any more
            scope.end()
            return body
        return _Body(chain(first, rest), scope, body)


def _first_chunks(body, answer):
    """Ask for as much of a body as it takes until the application has told the status.

    :returns: ([chunks that came so far], iterator over the rest)
    """
    if answer.is_told():
        return (), iter(body)
    first, rest = [], iter(body)
    for chunk in rest:
        first.append(chunk)
        if answer.is_told() or chunk:
            break
    return first, rest


def _passive_kinds(environ):
    wrapper = environ.get('wsgi.file_wrapper')  # servers look for it, and send such a file in their own way
    return (list, tuple) + ((wrapper,) if isinstance(wrapper, type) else ())


def _close(body):
    if hasattr(body, 'close'):
        body.close()


class _Answer(object):
    """The status on its way to the server: it is held back until the scope was committed.

    :param scope: `RequestScope`
    :param start_response: the server's
    """

    def __init__(self, scope, start_response):
        self._scope = scope
        self._start_response = start_response
        self._told = None    # (status, headers[, exc_info]) of the application
        self._write = None   # that of the server, once it was passed on
        self._error = None   # what the commit raised

    def is_told(self):
        """Whether the application has said its status."""
        return self._told is not None

    def start_response(self, status, headers, exc_info=None):
        """Take what the application says; until it was passed on, an error handler may say something else."""
        if self._write is not None:
            return self._start_response(status, headers, exc_info)
        if self._told is not None and exc_info is None:
            raise AssertionError('start_response was called a second time, without exc_info')
        self._told = (status, headers) if exc_info is None else (status, headers, exc_info)
        return self._write_data

    def _write_data(self, data):
        self.pass_on()
        if self._error is None:
            self._write(data)

    def pass_on(self, or_raise=False):
        """Commit, once, and tell the server the status; where that fails, the server is told nothing.

        :param or_raise: raise the error; the application's own call of `write` is not to be mistaken for the one at fault
        """
        if self._write is None and self._error is None and self._told is not None:
            try:
                self._scope.answer(int(self._told[0].split(None, 1)[0]))
            except Exception as error:
                self._error = error
            else:
                self._write = self._start_response(*self._told)
            self._told = self._told[:2]
        if or_raise and self._error is not None:
            raise self._error


class _Body(Chunks):
    """What the application sends, each step of it within its scope.

    :param chunks: iterator over the chunks of the body
    :param scope: `RequestScope`
    :param body: the iterable of the application
    """

    def __init__(self, chunks, scope, body):
        Chunks.__init__(self, chunks, scope)
        self._body = body

    def close(self):
        """Close the body, and end the scope."""
        try:
            with self._scope.running():
                _close(self._body)
        finally:
            self._scope.end()
