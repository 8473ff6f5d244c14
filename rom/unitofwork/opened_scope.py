"""What was read and changed in a `with rom.session:`."""

import warnings

from ..columns.arguments import frames_to_the_program
from ..exceptions import InvalidOperation
from .identity_map import key_of
from .ordering import Entities
from .scope import Scope
from .unanswered import leave
from .undo import Before

try:
    from threading import get_ident
except ImportError:  # Python 2
    from thread import get_ident

__all__ = ['OpenedScope']

#: how often what is changed while a scope is being left is written as well
_ROUNDS = 5


class OpenedScope(Scope):
    """A scope that was opened, and takes nothing once it is left; threads and tasks may share it.

    :ivar around: the scope that was open before it in its context, or None
    :ivar token: by which the context knows it
    :ivar opening: the `Opening` that it belongs to
    """

    around = token = opening = None

    def __init__(self, outer=None):
        super(OpenedScope, self).__init__(outer)
        self.has_ended = False
        self._leaver = None  # the thread that is leaving it: others come too late
        self._before = Before()
        for scope in self.chain[1:]:
            for obj, attr in scope.in_place():
                self._before.note(obj, attr)
                self.watch(obj, attr)

    def begin_in_child(self):
        super(OpenedScope, self).begin_in_child()
        self._leaver = None

    @property
    def is_off(self):
        """bool: whether it remembers nothing of what is read."""
        return self.has_ended

    def about_to_write(self):
        if self.has_ended or self._leaver is not None and self._leaver != get_ident():
            raise InvalidOperation('this scope has ended: open one of your own, `with rom.session:`')

    def takes(self):
        self.about_to_write()
        return True

    def before_change(self, obj, attr=None):
        self.about_to_write()
        if attr is not None:
            self._before.note(obj, attr)

    def note_read(self, obj, attr):
        if not self.has_ended:
            self._before.note(obj, attr)

    def undo(self):
        """Know nothing, and make all entities what they were before they were changed in here."""
        self.begin()
        self._before.take_back(Entities(entity for call in self.writer.unacknowledged for entity in call.entities()))

    # -- its end ------------------------------------------------------------------------------------------------------

    def finish(self, commit):
        """End, once all is written: also what other threads change while that is being done.

        :param commit: callable(scope), which writes
        """
        with self._lock:
            self.about_to_write()
            self._leaver = get_ident()
            self.known = dict(self.known)  # what a thread puts into the other now, it puts in here again, and is refused
            for _ in range(_ROUNDS):
                commit(self)
                changed = self._end()
                if not changed:
                    return
                self.has_ended = False
                for obj in changed:
                    self.add(obj)
            self._end()
            warnings.warn('%s: changed whenever it was written, as by a hook; the last change is not written' % key_of(changed[0]),
                          UserWarning, frames_to_the_program())

    def _end(self):
        """Take nothing any more.

        :returns: the entities that have changes, as a list
        """
        self.has_ended = True
        return self._replaced(self.begin)

    def let_pass(self):
        """End, and leave the changed entities of the scopes around it to these."""
        with self._lock:
            for obj in () if self.has_ended else self._end():
                for scope in self.chain[1:]:
                    if scope.get(key_of(obj)) is obj:
                        scope.add(obj)
            self._give_back()

    def take_back(self):
        """End, and make all entities what they were before they were changed in it."""
        with self._lock:
            self.has_ended = True
            self.undo()
            self._give_back()

    def _give_back(self):
        unanswered = self.writer.end()
        if unanswered:
            Scope.leaves_calls = True
            leave(unanswered)
