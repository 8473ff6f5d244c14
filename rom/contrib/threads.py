"""Blocking calls for an event loop."""

import asyncio
import contextvars
import functools

__all__ = ['answer', 'in_thread']


async def answer(scope, status):
    """Have a `RequestScope` write what was changed, in a thread, or forget it; where nothing was, that takes no thread."""
    if scope.has_changes():
        await in_thread(scope.answer, status)
    else:
        scope.answer(status)


async def in_thread(function, *args):
    """Call a function in a thread, in the context of the caller; it is waited for even where the caller is cancelled.

    :returns: what the function returns
    """
    call = functools.partial(contextvars.copy_context().run, function, *args)
    future = asyncio.get_running_loop().run_in_executor(None, call)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        while not future.done():  # a commit is not left half-way: nobody knows then what became of it
            try:
                await asyncio.wait([future])
            except asyncio.CancelledError:
                continue
        future.exception()  # which asyncio would log, had nobody looked at it
        raise
