"""Locks in Redis: strings that name their holder and expire."""
import binascii
import math
import os
import time

from .exceptions import DataRaceError, WrongArgument
from .storage import keys, locking

__all__ = ['Lock', 'EntityLock']

_FIRST_PAUSE, _LONGEST_PAUSE = 0.002, 0.05  # seconds between two attempts
_clock = getattr(time, 'monotonic', time.time)


class Lock(object):
    """A lock with one holder at a time, held until it is released or expires.

    Each step is one round trip. As a context manager it is acquired on entering and released on leaving. Acquiring
    it again while it is held refreshes it.

    :param conn: a redis-py client.
    :param lockname: str; the lock is stored under ``lock:<lockname>``.
    :param acquire_timeout: seconds for which :meth:`acquire` tries, fractions count; 0 tries once.
    :param lock_timeout: seconds after which a lock that is not refreshed expires, fractions count.

    Example::

        with Lock(connection, 'nightly', acquire_timeout=0, lock_timeout=60) as lock:
            for each in work:
                each()
                if not lock.refresh():
                    break       # too late: somebody else may hold it by now
    """

    __slots__ = ('identifier', 'conn', 'lockname', 'lock_timeout', 'acquire_timeout', '_about')

    def __init__(self, conn, lockname, acquire_timeout, lock_timeout):
        self.conn = conn
        self.lockname = keys.lock(lockname)
        self.acquire_timeout = acquire_timeout
        self.lock_timeout = lock_timeout
        self.identifier = None
        self._about = {}  # what errors say of the entity that is locked

    def __repr__(self):
        return '<%s %s: %s>' % (type(self).__name__, self.lockname, 'not held' if self.identifier is None else 'held')

    def acquire(self):
        """Take the lock, trying for up to `acquire_timeout` seconds; refresh it if it is held already.

        :returns: bool, whether the lock is held now.
        :raises WrongArgument: if `lock_timeout` is not positive; it is a ValueError.

        Example::

            if lock.acquire():
                work()
                lock.release()
        """
        deadline, pause = _clock() + self.acquire_timeout, _FIRST_PAUSE
        while not self._acquire():
            remaining = deadline - _clock()
            if remaining <= 0:
                return False
            time.sleep(min(pause, remaining))
            pause = min(pause * 2, _LONGEST_PAUSE)
        return True

    def _acquire(self):
        """Try once; returns whether the lock is held."""
        if self.identifier is None:
            self.identifier = binascii.hexlify(os.urandom(16)).decode('ascii')
        # the holder has its name before the call: a call that is sent twice takes the lock once
        if locking.acquire(self.conn, self.lockname, self.identifier, self._expires()):
            return True
        self.identifier = None
        return False

    def refresh(self):
        """Let the lock last for another `lock_timeout` seconds from now.

        :returns: bool; False if it is not held any more: a lost lock is not taken again.
        :raises WrongArgument: if `lock_timeout` is not positive; it is a ValueError.

        Example::

            if not lock.refresh():
                raise TooLate()
        """
        return self.identifier is not None and locking.refresh(
            self.conn, self.lockname, self.identifier, self._expires())

    def release(self):
        """Give the lock back.

        :returns: bool; False if it was not held any more: nothing changes then.

        Example::

            lock.release()
        """
        if self.identifier is None:
            return False
        held = locking.release(self.conn, self.lockname, self.identifier)
        self.identifier = None
        return held

    def _expires(self):
        """Milliseconds until the lock expires."""
        expires = int(math.ceil(self.lock_timeout * 1000))
        if expires <= 0:
            raise WrongArgument('lock_timeout of %s is %r: it must be more than 0 seconds' % (
                self.lockname, self.lock_timeout), value=self.lock_timeout, **self._about)
        return expires

    def __enter__(self):
        if not self.acquire():
            raise DataRaceError('Lock is already held: %s, after trying for %s seconds' % (
                self.lockname, self.acquire_timeout), **self._about)
        return self

    def __exit__(self, *exc_info):
        self.release()


def EntityLock(entity, acquire_timeout, lock_timeout):
    """Make a lock on one entity. It does not keep anybody from writing the entity; it has one holder at a time.

    :param entity: the entity; the lock is stored under ``lock:<namespace>:<id>``.
    :param acquire_timeout: seconds for which to try to get the lock, fractions count; 0 tries once.
    :param lock_timeout: seconds after which a lock that is not refreshed expires, fractions count.
    :returns: :class:`Lock`
    :raises rom.exceptions.DataRaceError: on entering it as a context manager, if it is held by another.

    Example::

        with EntityLock(user, acquire_timeout=1, lock_timeout=30):
            user.refresh()
            user.balance -= 5
            user.save()
    """
    lock = Lock(entity._connection, entity._pk, acquire_timeout, lock_timeout)
    lock._about = {'model': type(entity).__name__, 'pk': getattr(getattr(entity, '_rom', None), 'id', None)}
    return lock
