"""Locks (docs/promises.rst: Maintenance, locks)."""
import threading
import time

import pytest

from rom.exceptions import DataRaceError
from rom.locks import EntityLock, Lock


@pytest.fixture
def connection(rom_connection):
    """The client that rom uses: decoding, or not."""
    return rom_connection


class Between(object):
    """What stands between a lock and its connection."""

    def __init__(self, connection):
        self.connection = connection


def holder(connection, key):
    value = connection.get(key)
    return value.decode() if isinstance(value, bytes) else value


def test_life_of_a_lock(connection):
    lock = Lock(connection, 'L', 0, 5)
    assert (lock.lockname, lock.identifier, lock.acquire_timeout, lock.lock_timeout) == ('lock:L', None, 0, 5)
    assert lock.acquire() is True
    assert holder(connection, 'lock:L') == lock.identifier
    assert 4000 < connection.pttl('lock:L') <= 5000
    assert lock.refresh() is True
    assert lock.release() is True
    assert not connection.exists('lock:L')
    assert lock.release() is False


def test_one_round_trip_each(connection, calls):
    Lock(connection, 'other', 0, 5).acquire()  # the script is known from here on
    del calls[:]
    lock = Lock(connection, 'L', 0, 5)
    for step, trips in ((lock.acquire, 1), (lock.refresh, 2), (lock.acquire, 3), (lock.release, 4), (lock.refresh, 4)):
        step()
        assert len(calls) == trips


def test_one_holder_at_a_time(connection):
    first, second = Lock(connection, 'L', 0, 5), Lock(connection, 'L', 0, 5)
    assert first.acquire()
    assert second.acquire() is False
    assert second.refresh() is False
    assert second.release() is False
    assert holder(connection, 'lock:L') == first.identifier
    assert first.release()
    assert second.acquire() and second.identifier
    second.release()


def test_acquire_timeout_of_zero_tries_once(connection, calls):
    lock = Lock(connection, 'L', 0, 5)
    assert lock.acquire()  # 1.1.2 did not even try
    del calls[:]
    started = time.time()
    assert Lock(connection, 'L', 0, 5).acquire() is False
    assert time.time() - started < 0.2
    assert len(calls) == 1
    lock.release()


def test_fractions_of_seconds_count(connection):
    lock = Lock(connection, 'L', 0, 0.3)
    assert lock.acquire()
    assert 0 < connection.pttl('lock:L') <= 300  # 1.1.2 made it 1,000
    started = time.time()
    assert Lock(connection, 'L', 0.1, 5).acquire() is False
    assert 0.09 < time.time() - started < 0.25
    assert Lock(connection, 'L', 2, 5).acquire()  # when the first has expired
    assert time.time() - started < 1
    connection.delete('lock:L')


def test_acquiring_again_refreshes(connection):
    lock = Lock(connection, 'L', 0, 0.5)
    assert lock.acquire()
    identifier = lock.identifier
    lock.lock_timeout = 5
    assert lock.acquire() is True
    assert lock.identifier == identifier
    assert connection.pttl('lock:L') > 4000
    lock.release()


def test_a_lost_lock_is_not_taken_again(connection):
    lock = Lock(connection, 'L', 0, 5)
    assert lock.acquire()
    connection.delete('lock:L')
    assert lock.refresh() is False
    assert not connection.exists('lock:L')  # 1.1.2 said False and took it
    connection.set('lock:L', 'somebody')
    assert lock.refresh() is False
    assert lock.release() is False
    assert holder(connection, 'lock:L') == 'somebody'
    connection.delete('lock:L')
    assert lock.refresh() is False and not connection.exists('lock:L')


def test_a_reply_lost_and_the_call_sent_again(connection):
    class Twice(Between):
        def execute_command(self, *args):
            self.connection.execute_command(*args)
            return self.connection.execute_command(*args)

    Lock(connection, 'other', 0, 5).acquire()
    lock = Lock(Twice(connection), 'L', 0, 5)
    assert lock.acquire() is True
    assert holder(connection, 'lock:L') == lock.identifier
    connection.delete('lock:L')


def test_an_error_on_the_way_leaves_a_lock_that_can_be_released(connection):
    class Cut(Between):
        def execute_command(self, *args):
            self.connection.execute_command(*args)
            raise ValueError('cut')

    Lock(connection, 'other', 0, 5).acquire()
    lock = Lock(Cut(connection), 'L', 0, 5)
    with pytest.raises(ValueError):
        lock.acquire()
    lock.conn = connection
    assert lock.release() is True
    assert not connection.exists('lock:L')


def test_context_manager(connection):
    lock = Lock(connection, 'L', 0, 5)
    with lock as entered:
        assert entered is lock
        assert connection.exists('lock:L')
    assert not connection.exists('lock:L')
    with pytest.raises(KeyError):
        with lock:
            raise KeyError('body')
    assert not connection.exists('lock:L')
    connection.set('lock:L', 'somebody')
    with pytest.raises(DataRaceError) as caught:
        with lock:
            pass
    assert 'Lock is already held' in str(caught.value) and 'lock:L' in str(caught.value)
    connection.delete('lock:L')
    with lock:  # what was lost meanwhile is left to whoever has it now
        connection.set('lock:L', 'somebody')
    assert holder(connection, 'lock:L') == 'somebody'
    connection.delete('lock:L')


@pytest.mark.parametrize('timeout', [0, -1])
def test_a_lock_that_never_lasts_is_refused(connection, timeout):
    with pytest.raises(ValueError) as caught:
        Lock(connection, 'L', 0, timeout).acquire()
    assert 'lock_timeout' in str(caught.value) and 'lock:L' in str(caught.value)


def test_waiting_threads_take_turns(connection):
    inside, most, done = [], [], []

    def work():
        for _ in range(5):
            with Lock(connection, 'L', 10, 5):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.002)
                inside.pop()
                done.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 20
    assert max(most) == 1


def test_entity_lock(connection):
    class Entity(object):
        _connection = connection
        _pk = 'User:5'

    lock = EntityLock(Entity(), 0.5, 2)
    assert (lock.lockname, lock.conn) == ('lock:User:5', connection)
    assert (lock.acquire_timeout, lock.lock_timeout) == (0.5, 2)
    with lock:
        assert connection.exists('lock:User:5')
        assert not EntityLock(Entity(), 0, 2).acquire()
    assert not hasattr(lock, '__dict__')
