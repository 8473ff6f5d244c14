"""A scope for each request of an ASGI application: FastAPI, Starlette and whatever else is one."""

from .requests import RequestScope, is_good
from .threads import answer

__all__ = ['UnitOfWorkMiddleware']


class UnitOfWorkMiddleware:
    """An ASGI application around another, which runs each request of it in a scope of its own.

    All that the request has changed is written before the server is told the status, or nothing of it: where the status says
    that it was refused, where the application raises, and where the commit fails, which makes the server answer 500. The commit
    runs in a thread. A websocket has one scope for the connection, which is never committed: each message opens its own.

    :param app: the ASGI application
    :param commit_when: callable(int status) -> bool: whether what was changed is to be written
    :param bool atomic: all or nothing; False where the models are on several connections

    Example::

        app = FastAPI()
        app.add_middleware(UnitOfWorkMiddleware)
    """

    def __init__(self, app, commit_when=is_good, atomic=True):
        self.app, self.commit_when, self.atomic = app, commit_when, atomic

    async def __call__(self, scope, receive, send):
        if scope['type'] not in ('http', 'websocket'):
            return await self.app(scope, receive, send)
        request = RequestScope(self.commit_when, self.atomic)
        reply = _Answer(request, send)
        try:
            with request.running():
                await self.app(scope, receive, reply.send if scope['type'] == 'http' else send)
        finally:
            request.end()
            reply.raise_error()


class _Answer:
    """The answer on its way to the server: it begins when the scope was committed.

    :param request: `RequestScope`
    :param send: the server's
    """

    def __init__(self, request, send):
        self._request, self._send = request, send
        self._error = None  # what the commit raised

    async def send(self, message):
        """Pass a message on to the server; none where the commit has failed, which is not the application's to handle."""
        if message['type'] == 'http.response.start' and self._error is None:
            try:
                await answer(self._request, message['status'])
            except Exception as error:
                self._error = error
        if self._error is None:
            await self._send(message)

    def raise_error(self):
        """Raise what the commit raised."""
        if self._error is not None:
            raise self._error
