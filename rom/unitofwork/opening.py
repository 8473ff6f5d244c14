"""`with rom.session:`: a scope is opened, and left again."""

import functools
import threading

from ..exceptions import BulkError, InvalidOperation

__all__ = ['Half', 'Opening']


class Opening(object):
    """What `session.scope()` gives: a scope from the moment it is entered until it is left.

    :param session: `Session`
    :param contexts: `Contexts` of that
    :param bool commit: write what has changed when it is left
    :param bool atomic: all of that or nothing
    :param bool force: write over what other writers changed
    """

    def __init__(self, session, contexts, commit=True, atomic=True, force=False):
        self._session, self._contexts = session, contexts
        self._commits, self._atomic, self._force = commit, atomic, force
        self._scope = self._innermost = None

    def __enter__(self):
        if self._scope is not None:
            raise InvalidOperation('this scope is open already: session.scope() makes another one')
        self._scope = self._contexts.open()
        self._scope.opening = self
        return self._session

    def __exit__(self, kind, error, traceback):
        scope, self._scope = self._scope, None
        if scope is None:
            raise InvalidOperation('this scope is not open')
        misplaced = self._contexts.why_not_here(scope)
        failed = True
        try:
            if misplaced and not (kind and issubclass(kind, (KeyboardInterrupt, SystemExit))):
                raise InvalidOperation('a scope was left %s: it is rolled back' % misplaced)
            if kind is None and self._commits:
                scope.finish(self._commit)
            failed = misplaced or kind is not None
        finally:
            self._end(scope, failed)

    def _end(self, scope, failed):
        try:
            if failed:
                scope.take_back()
            else:
                scope.let_pass()
        finally:
            self._contexts.close(scope)

    def commit(self):
        """Write what has changed, as leaving the scope would; it stays open.

        :raises ORMError: what stood in the way of one entity
        :raises BulkError: where more than one stood in the way
        """
        self._commit(self._scope)

    def rollback(self):
        """Forget every entity, and make all what they were before; the scope stays open."""
        self._scope.undo()

    def changed(self):
        """Return the entities with changes that nobody has written, as a list."""
        return self._scope.changed()

    def __repr__(self):
        return '<rom.session.scope(commit=%r, atomic=%r, force=%r): %s>' % (
            self._commits, self._atomic, self._force, 'not open' if self._scope is None else 'open')

    # -- a scope whose code runs in several steps, between which the thread does other things ---------------------------------------

    def pause(self):
        """Have the context go on with what was current before, until `resume`."""
        self._innermost = self._contexts.pause(self._scope)

    def resume(self):
        """Make the scope the current one again, and those opened in it that were open when it was paused."""
        self._contexts.resume(self._scope, self._innermost)

    def _commit(self, scope):
        scope.writer.is_ending = True
        try:
            scope.commit(force=self._force, atomic=self._atomic)
            return
        except BulkError as error:
            if len(error.errors) != 1:
                raise
            problem = error.errors[0][1]
        raise problem


class _Halves(object):
    """Entering and leaving of one `with session:`."""

    def __init__(self):
        self.taken = set()
        self._opening = None

    def __enter__(self, session):
        """Open a scope."""
        _looked_up.halves = None
        self._opening = session.scope()
        return self._opening.__enter__()

    def __exit__(self, session, kind=None, error=None, traceback=None):
        """Leave the scope."""
        _looked_up.halves = None
        opening = self._opening or session._contexts.innermost_opening()
        return opening.__exit__(kind, error, traceback)


class _LookedUp(threading.local):
    halves = None


_looked_up = _LookedUp()


class Half(object):
    """`__enter__` or `__exit__` of a session: one session is entered again and again, in any number of contexts.

    A `with` statement, and `ExitStack`, look up both before they enter, and so get both of one opening; what is looked up by itself
    leaves the innermost scope of the context.
    """

    def __init__(self, name):
        self._name = name

    def __get__(self, session, owner=None):
        halves = _looked_up.halves
        if halves is None or self._name in halves.taken:
            halves = _looked_up.halves = _Halves()
        halves.taken.add(self._name)
        half = getattr(halves, self._name)
        return half if session is None else functools.partial(half, session)
