"""The steps of a lock: a string that names its holder and expires. Each is one round trip."""

from . import keys
from .scripts import Script

__all__ = ['acquire', 'refresh', 'release']

_lock = Script('lock', declares_all=True)

#: milliseconds for which a release that is sent again succeeds again
REMEMBERED = 60 * 1000


def acquire(connection, key, holder, expires):
    """Take a lock that nobody holds, or let one that this holder has last on.

    :param connection: redis-py client
    :param key: text, the lock's
    :param holder: text that nobody else uses
    :param expires: milliseconds until it expires
    :returns: bool, whether it is the holder's
    """
    return bool(_lock(connection, [key], ['acquire', holder, expires]))


def refresh(connection, key, holder, expires):
    """Let a lock last on; arguments and reply are those of `acquire`, but it is never taken again."""
    return bool(_lock(connection, [key], ['refresh', holder, expires]))


def release(connection, key, holder):
    """Give a lock back.

    :returns: bool, whether it was the holder's
    """
    return bool(_lock(connection, [key, keys.memory_of_lock(key, holder)], ['release', holder, REMEMBERED]))
