"""The scope of one request: it is entered for each step of the program's, committed once, and read from afterwards."""

from __future__ import absolute_import

import logging

from ..exceptions import InvalidOperation
from ..util import session

__all__ = ['Chunks', 'RequestScope', 'is_good']

logger = logging.getLogger('rom.contrib')


def is_good(status):
    """Return whether a status says that the request was not refused.

    :param int status: of HTTP
    """
    return status < 400


class RequestScope(object):
    """A scope that is committed when the status of the answer is known, and stays open for reading until the answer was sent.

    Whoever serves the request may do other things between its steps, in the same thread: the scope is the current one only
    within `running`.

    :param commit_when: callable(int status) -> bool: whether what was changed is to be written
    :param bool atomic: all or nothing
    """

    def __init__(self, commit_when=is_good, atomic=True):
        self._commit_when = commit_when
        self._opening = session.scope(commit=False, atomic=atomic)
        self._has_begun = self._is_refused = False
        self._is_asked = self._is_answered = self._has_ended = False

    def running(self):
        """Return a context manager, within which the program's code runs; where that raises before the answer, all is rolled back."""
        return self

    def __enter__(self):
        if self._has_ended:
            return  # what runs this late, as by a second close(), does so without it
        if self._has_begun:
            self._opening.resume()
        else:
            self._has_begun = True
            self._opening.__enter__()

    def __exit__(self, kind, error, traceback):
        if self._has_ended:
            return
        if kind is None or self._is_answered:
            self._opening.pause()
        else:
            self._has_ended = True
            self._opening.__exit__(kind, error, traceback)

    def has_changes(self):
        """Return whether there is anything to write."""
        return bool(self._opening.changed())

    def answer(self, status):
        """Write what was changed, or forget it, before anybody is told the status.

        :param int status: of the answer
        :raises ORMError: what stands in the way: then nothing was written
        """
        self._is_asked = True
        self._is_refused = not self._commit_when(status)
        if self._is_refused:
            self._opening.rollback()
        else:
            self._opening.commit()
        self._is_answered = True

    def end(self):
        """Leave the scope: the answer was sent."""
        if self._has_ended:
            return
        self._has_ended = True
        changed = self._opening.changed() if self._is_answered or not self._is_asked else ()
        self._opening.resume()
        is_written = self._is_answered and not (self._is_refused or changed)
        # else it is taken back: entities of the thread's own session, which last longer, may have been changed
        self._opening.__exit__(None if is_written else InvalidOperation, None, None)
        if changed:
            logger.error('not saved: %s changed after the answer, or in a part of the program that no commit follows (a stream, a '
                         'background task, a websocket). It has to open a scope of its own: with rom.session: ...',
                         ', '.join('%r' % (entity,) for entity in changed[:5]) + (' and others' if len(changed) > 5 else ''))


class Chunks(object):
    """What an application sends bit by bit, each step of it within the scope, which ends with it.

    :param chunks: iterable
    :param scope: `RequestScope`
    """

    def __init__(self, chunks, scope):
        self._chunks, self._scope = iter(chunks), scope

    def __iter__(self):
        return self

    def __next__(self):
        with self._scope.running():
            return next(self._chunks)

    next = __next__

    def close(self):
        """End the scope; what the chunks came from is closed by whoever was given it."""
        self._scope.end()
