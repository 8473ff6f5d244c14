"""What a thread has read and changed outside of `with rom.session:`, as in 1.1.2."""

import warnings
import weakref

from ..columns.arguments import frames_to_the_program
from .asyncio_tasks import Changers, running_loop
from .scope import Scope

__all__ = ['ThreadScope']


def _never():
    return False


class ThreadScope(Scope):
    """The scope that a thread has by itself."""

    #: callable() -> bool: whether sessions are off for all threads; `rom.util` owns the switch
    null_session_default = staticmethod(_never)

    def __init__(self):
        self.null_session = None  # what the thread says of it
        self._warned = None       # a weak reference to the event loop that was warned of
        super(ThreadScope, self).__init__()

    @property
    def is_off(self):
        """bool: whether it remembers nothing."""
        return self.null_session_default() if self.null_session is None else self.null_session

    def takes(self):
        return not self.is_off

    def _hold_nothing(self):
        super(ThreadScope, self)._hold_nothing()
        self._changers = Changers()

    def before_change(self, obj, attr=None):
        if running_loop() is not None:
            self._changers.note_change(obj)

    def note_read(self, obj, attr):
        if running_loop() is not None:
            self._changers.note_read(obj)

    def _dirty(self, all=False, seen=(), is_exact=False):
        waiting = super(ThreadScope, self)._dirty(all, seen, is_exact)
        loop = running_loop()
        if loop is not None and (self._warned is None or self._warned() is not loop):
            changed = self._changers.of_others([entity for entity in waiting if all or entity._modified])
            if changed:
                self._warned = weakref.ref(loop)
                warnings.warn('this commit writes what another asyncio task, which still runs, has changed (%s): tasks share the session '
                              'of their thread; open a scope in each, `with rom.session:`' % ', '.join(
                                  sorted(set(type(entity).__name__ for entity in changed))), UserWarning, frames_to_the_program())
        return waiting
