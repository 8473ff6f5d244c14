"""What `rom.contrib.django` does where Django waits for coroutines."""

from .threads import answer

__all__ = ['Stream', 'respond']


async def respond(scope, get_response, request, keep_open):
    """Return the response to a request, when what it has changed is written.

    :param scope: `RequestScope`
    :param get_response: coroutine function, what Django calls next
    :param keep_open: callable(response, scope) -> response, which ends the scope when that was sent
    """
    with scope.running():
        response = await get_response(request)
    with scope.running():
        await answer(scope, response.status_code)
    return keep_open(response, scope)


class Stream:
    """What a response streams, each step of it within the scope.

    :param chunks: asynchronous iterable
    :param scope: `RequestScope`
    """

    def __init__(self, chunks, scope):
        self._chunks, self._scope = chunks.__aiter__(), scope

    def __aiter__(self):
        return self

    async def __anext__(self):
        with self._scope.running():
            return await self._chunks.__anext__()

    def close(self):
        """End the scope; Django closes what it was given itself."""
        self._scope.end()
