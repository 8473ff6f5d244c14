"""Which scope is the current one: the innermost that is open in this context, else the thread's own."""

import contextlib
import os
import threading
import weakref

from ..exceptions import InvalidOperation
from .opened_scope import OpenedScope
from .thread_scope import ThreadScope

try:
    from contextvars import ContextVar
except ImportError:  # Python 2.7: a stack a thread
    ContextVar = None

__all__ = ['Contexts', 'all_scopes']


class _ThreadVar(threading.local):
    """What stands for a ContextVar where Python has none."""

    value = None

    def get(self):
        return self.value

    def set(self, value):
        token, self.value = (threading.current_thread(), self.value), value
        return token

    def reset(self, token):
        thread, value = token
        if thread is not threading.current_thread():
            raise ValueError('set in another thread')
        self.value = value


class _Threads(threading.local):
    """A scope for each thread."""

    def __init__(self):
        self.scope = ThreadScope()
        _scopes.add(self.scope)


#: the scopes of this process, which a forked child empties
_scopes = weakref.WeakSet()


def all_scopes():
    """Return the scopes of this process, those of other threads included, as a list."""
    scopes = [reference() for reference in list(_scopes.data)]  # of one moment: other threads open scopes meanwhile
    return [scope for scope in scopes if scope is not None]


def _begin_anew():
    """Begin with nothing in a forked child: what the parent had not committed is the parent's."""
    for scope in all_scopes():
        scope.begin_in_child()


_TELLS_OF_FORKS = hasattr(os, 'register_at_fork')
if _TELLS_OF_FORKS:
    os.register_at_fork(after_in_child=_begin_anew)


def _lookup(opened, threads):
    """Return the function that finds the current scope; it is asked with every get and every assignment."""
    get = opened.get

    def current():
        return get() or threads.scope
    if _TELLS_OF_FORKS:
        return current
    process = [os.getpid()]

    def current_in_this_process():  # before 3.7 Python does not tell of forks
        if process[0] != os.getpid():
            process[0] = os.getpid()
            _begin_anew()
        return current()
    return current_in_this_process


class Contexts(object):
    """The scopes of one session.

    :ivar current: callable() -> the current scope
    """

    def __init__(self):
        self._threads = _Threads()
        self._opened = ContextVar('rom.session', default=None) if ContextVar else _ThreadVar()
        self.current = _lookup(self._opened, self._threads)

    def of_thread(self):
        """Return the thread's own scope."""
        return self._threads.scope

    def forget_ended(self):
        """Have the context go on with the innermost scope that is open, where the current one has ended; returns whether it had."""
        scope = self._opened.get()
        if scope is None or not scope.has_ended:
            return False
        while scope is not None and scope.has_ended:
            scope = scope.around
        self._opened.set(scope)
        return True

    def innermost_opening(self):
        """Return the `Opening` of the innermost scope that is open in this context.

        :raises InvalidOperation: where there is none
        """
        scope = self._opened.get()
        if scope is None:
            raise InvalidOperation('no scope is open in this context')
        return scope.opening

    def open(self):
        """Open a scope in this context.

        :returns: the scope
        """
        scope = OpenedScope(self.current())
        _scopes.add(scope)
        scope.around = self._opened.get()
        scope.token = self._opened.set(scope)
        return scope

    @contextlib.contextmanager
    def aside(self):
        """Know nothing for a while, and forget it again."""
        token = self._opened.set(OpenedScope(None))
        try:
            yield
        finally:
            self._opened.reset(token)

    @contextlib.contextmanager
    def anew(self):
        """Begin as in a new thread, in this thread and this context, and go on afterwards with what there was."""
        threads, before = self._threads, (self._threads.scope, self._opened.get())
        threads.scope = ThreadScope()
        threads.scope.null_session = before[0].null_session
        _scopes.add(threads.scope)
        self._opened.set(None)
        try:
            yield
        finally:
            threads.scope = before[0]
            self._opened.set(before[1])

    def why_not_here(self, scope):
        """Return why a scope cannot be left here, as text; None where it can be."""
        innermost = self._opened.get()
        try:
            self._opened.reset(scope.token)
        except (ValueError, RuntimeError):
            return ('in another context than the one where it was opened, as by a generator that a thread pool runs (for requests, with '
                    'dependencies too, there is rom.contrib.asgi)')
        scope.token = self._opened.set(innermost)
        if innermost is scope:
            return None
        return 'while one that was opened later is still open'

    def pause(self, scope):
        """Have the context go on with what was current before a scope, which stays open.

        :returns: the innermost scope, for `resume`
        """
        innermost = self._opened.get()
        self._opened.set(scope.around)
        return innermost

    def resume(self, scope, innermost):
        """Go on where a scope was paused, be it in another context."""
        scope.around = self._opened.get()
        scope.token = self._opened.set(innermost)

    def close(self, scope):
        """Have the context go on with what was the current scope before this one was opened."""
        innermost = self._opened.get()
        if innermost is scope:
            self._opened.set(scope.around)
            return
        for later in innermost.chain if innermost else ():
            if getattr(later, 'around', None) is scope:
                later.around = scope.around
