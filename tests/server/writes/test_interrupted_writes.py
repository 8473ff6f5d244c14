# -*- coding: utf-8 -*-
"""Exactly once on the client, too: whatever interrupts a write, from the first line of it to the last hook, the next write takes it up
from there; each row is written once."""
import os
import random
import signal
import sys
import threading
import time
import uuid

import pytest
import redis
import rom
from rom.storage import batches, store
from rom.exceptions import InvalidOperation, OutcomeUnknownError

from consistency import problems
from lossy_proxy import LossyProxy
from test_exactly_once import LOST, client_of

SOURCE = os.path.dirname(os.path.abspath(rom.__file__))


class Stop(BaseException):
    """What a signal handler raises."""


@pytest.fixture
def Row(connection):
    return type('Row', (rom.Model,), {'name': rom.Text(unique=True), 'n': rom.Integer(index=True)})


@pytest.fixture
def proxy(server):
    proxy = LossyProxy(server.kwargs)
    yield proxy
    proxy.stop()


def stop():
    raise Stop()


def at_line(number, work, act=stop):
    """Do the work and raise Stop, or do something else, before the number-th line of rom that it runs; whether there was one."""
    count = [0]

    def line(frame, event, arg):
        if event == 'line':
            count[0] += 1
            if count[0] == number:
                act()
        return line
    before = sys.gettrace()
    sys.settrace(lambda frame, event, arg: line if os.path.abspath(frame.f_code.co_filename).startswith(SOURCE) else None)
    try:
        work()
    except Stop:
        pass
    finally:
        sys.settrace(before)
    return count[0] >= number


def in_a_session_of_its_own(work):
    result = []
    thread = threading.Thread(target=lambda: result.append(work()))
    thread.start()
    thread.join()
    return result[0]


def every_line(work_at):
    """Call work_at(number) for every line there is; some in between where there are many."""
    number = 1
    while in_a_session_of_its_own(lambda: work_at(number)):
        number += 1 + number // 60


@pytest.mark.parametrize('atomic', [False, True])
def test_a_commit_interrupted_at_any_line(Row, connection, atomic):
    rows = []

    def commit(number):
        Row(n=0).save()  # so that the script is there, and what it remembers
        fresh, changed = Row(n=1), Row(n=2, name=u'%d' % number)
        changed.save()
        changed.n = 3
        interrupted = at_line(number, lambda: rom.session.commit(atomic=atomic))
        rom.session.commit(atomic=atomic)
        assert not (fresh._modified or changed._modified)
        rows.append(number)
        return interrupted
    every_line(commit)
    assert connection.zcount('Row:n:idx', 1, 1) == connection.zcount('Row:n:idx', 3, 3) == len(rows) > 100
    assert problems(connection, Row) == []


def _assign(row):
    row.n += 100


def _assign_another(row):
    row.name = u'%s' % uuid.uuid4()


def _save(row):
    row.n += 100
    try:
        row.save()
    except InvalidOperation:  # it is being written: the next commit does it
        pass


@pytest.mark.parametrize('act', [_assign, _assign_another, _save])
@pytest.mark.parametrize('which', ['new', 'first', 'last'])
def test_what_a_signal_handler_does_at_any_line_of_a_commit(Row, connection, monkeypatch, act, which):
    """What it assigns and saves is stored in the end, and nothing else is lost or refused."""
    monkeypatch.setattr(batches, 'ROWS_PER_WRITE', 4)

    def commit(number):
        Row(n=0).save()
        changed, fresh = [Row(n=1) for _ in range(5)], Row(n=1)
        rom.session.save(*changed)
        for row in changed:
            row.n = 2
        rows, target = changed + [fresh], {'new': fresh, 'first': changed[0], 'last': changed[4]}[which]
        interrupted = at_line(number, rom.session.commit, lambda: act(target))
        rom.session.commit()
        assert not any(row._modified for row in rows)
        assert [connection.hmget('Row:%d' % row.id, 'n', 'name') for row in rows] == [
            [b'%d' % row.n, None if row.name is None else row.name.encode()] for row in rows]
        assert [row.n for row in rows] == [(2 if row in changed else 1) + (100 if row is target and interrupted and act is not _assign_another else 0)
                                           for row in rows]
        return interrupted
    every_line(commit)
    assert problems(connection, Row) == []


def test_a_delete_interrupted_at_any_line(Row, connection):
    Child = type('Child', (rom.Model,), {'row': rom.ManyToOne('Row', 'cascade')})

    def delete(number):
        row = Row(n=1)
        Child(row=row)
        rom.session.commit()
        interrupted = at_line(number, row.delete)
        row.delete()
        assert row._deleted
        return interrupted
    every_line(delete)
    assert connection.keys('Row:[0-9]*') == connection.keys('Child:[0-9]*') == []


def test_a_transfer_interrupted_at_any_line(connection):
    Purse = type('Purse', (rom.Model,), {'coins': rom.Integer(default=0)})
    Receipt = type('Receipt', (rom.Model,), {})
    moved = []

    def transfer(number):
        giver, taker, receipt = Purse(coins=10), Purse(coins=1), Receipt()
        rom.session.commit()
        interrupted = at_line(number, lambda: giver.transfer(taker, 'coins', 4, receipt, 'sent'))
        try:
            giver.transfer(taker, 'coins', 4, receipt, 'sent')
        except ValueError:
            assert not interrupted  # it was whole: then a second one is one too many
        moved.append((giver.coins, taker.coins, int(connection.hget(giver._pk, 'coins'))))
        return interrupted
    every_line(transfer)
    assert set(moved) == set([(6, 5, 6)])


def test_hooks_run_once_whatever_interrupts_them(connection):
    called = []

    class Row(rom.Model):
        n = rom.Integer()

        def _after_delete(self):
            called.append(self.n)
            if self.n == 1 and called.count(1) == 1:
                raise Stop()
    rows = [Row(n=n) for n in range(3)]
    rom.session.commit()
    with pytest.raises(Stop):
        rom.session.delete(rows)
    assert [row._deleted for row in rows] == [True] * 3
    rom.session.delete(rows)
    Row(n=5).save()
    assert called == [0, 1, 2]


@pytest.mark.skipif(not hasattr(signal, 'setitimer'), reason='needs alarms')
def test_commits_stopped_by_an_alarm(Row, connection):
    def on_alarm(*args):
        raise Stop()
    before, rng, interrupted = signal.signal(signal.SIGALRM, on_alarm), random.Random(7), 0
    try:
        for number in range(40):
            rom.session.rollback()
            rows = [Row(n=number) for _ in range(100)]
            try:
                signal.setitimer(signal.ITIMER_REAL, .0005 + rng.random() * .008)
                rom.session.commit()
                signal.setitimer(signal.ITIMER_REAL, 0)
            except Stop:
                interrupted += 1
            rom.session.commit()
            assert not any(row._new for row in rows)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert [connection.zcount('Row:n:idx', number, number) for number in range(40)] == [100] * 40
    assert interrupted > 5


# -- a write inside a write --------------------------------------------------------------------------------------------

class DuringTheCall(object):
    """A client that lets the program do something while a write is on its way, as a signal handler would."""

    def __init__(self, client, what):
        self._client, self._what = client, what

    def execute_command(self, *args, **kwargs):
        reply = self._client.execute_command(*args, **kwargs)
        what, self._what = self._what, None
        if what:
            what()
        return reply

    def __getattr__(self, name):
        return getattr(self._client, name)


def test_a_save_inside_a_save(rom_connection, Row, connection):
    outer, other = Row(n=1), Row(n=2)

    def handler():
        other.save()
        with pytest.raises(InvalidOperation) as caught:
            outer.save()
        assert 'Row:new' in str(caught.value)
    rom.util.CONNECTION = DuringTheCall(rom_connection, handler)
    assert outer.save() == 3
    outer.n = 3
    assert outer.save() == 1 and other.save() == 0
    assert connection.zrange('Row:n:idx', 0, -1, withscores=True) == [(b'2', 2), (b'1', 3)]


@pytest.mark.parametrize('atomic', [False, True])
def test_a_commit_inside_a_commit(rom_connection, Row, connection, atomic):
    rows = [Row(n=n) for n in range(3)]
    made = []

    def handler():
        made.append(Row(n=7))
        assert rom.session.commit() == 3
    rom.util.CONNECTION = DuringTheCall(rom_connection, handler)
    assert rom.session.commit(atomic=atomic) == 9
    assert rom.session.commit() == 0
    assert len(connection.keys('Row:[0-9]*')) == 4 and not any(row._new for row in rows + made)


def test_a_commit_inside_a_write_that_fails(rom_connection, Row, connection):
    """What is on its way stays in the session: nobody knows yet whether it arrives."""
    def handler():
        rom.session.commit()
        raise redis.ConnectionError('lost')
    row = Row(n=1)
    rom.util.CONNECTION = DuringTheCall(rom_connection, handler)
    with pytest.raises(redis.ConnectionError):
        row.save()
    assert rom.session.commit() == 3 and not row._new
    assert connection.keys('Row:[0-9]*') == [b'Row:1']


def test_hooks_that_commit(connection):
    class Row(rom.Model):
        n = rom.Integer(index=True)

        def _after_insert(self):
            rom.session.commit()
    rows = [Row(n=n) for n in range(3)]
    rom.session.commit()
    assert connection.zcard('Row:n:idx') == 3 and not any(row._new for row in rows)


# -- errors that do not say that nothing was done ----------------------------------------------------------------------

ERRORS = ['BUSY Redis is busy running a script.', 'NOPERM this user has no permissions', 'LOADING Redis is loading the dataset in memory',
          'MASTERDOWN Link with MASTER is down', 'ERR upstream failure', 'READONLY You can not write against a read only replica.', 'NOAUTH x']


class Answering(object):
    """A client whose next write is done, and answered with an error that something between here and there made up."""

    def __init__(self, client):
        self._client, self.error = client, None

    def execute_command(self, *args, **kwargs):
        reply = self._client.execute_command(*args, **kwargs)
        error, self.error = self.error, None
        if error:
            raise redis.ResponseError(error)
        return reply

    def __getattr__(self, name):
        return getattr(self._client, name)


@pytest.mark.parametrize('message', ERRORS, ids=lambda message: message.split()[0])
def test_an_error_in_place_of_the_answer(rom_connection, Row, connection, message):
    rom.util.CONNECTION = client = Answering(rom_connection)
    row = Row(n=1, name=u'x')
    client.error = message
    with pytest.raises(redis.ResponseError):
        row.save()
    assert row.save() == 3
    row.n = 2
    client.error = message
    with pytest.raises(redis.ResponseError):
        row.save()
    row.save()
    client.error = message
    with pytest.raises(redis.ResponseError):
        row.delete()
    row.delete()
    assert row._deleted and connection.keys('Row:[0-9]*') == [] and problems(connection, Row) == []


def test_two_servers_in_doubt(rom_connection, connection):
    near, far = Answering(rom_connection), Answering(rom_connection)
    Near = type('Near', (rom.Model,), {'_conn': near, 'n': rom.Integer(index=True)})
    Far = type('Far', (rom.Model,), {'_conn': far, 'n': rom.Integer(index=True)})
    one, two = Near(n=1), Far(n=1)
    for client, entity in ((near, one), (far, two)):
        client.error = 'ERR upstream failure'
        with pytest.raises(redis.ResponseError):
            entity.save()
    far.error = 'BUSY'
    with pytest.raises(redis.ResponseError):
        two.save()
    one.save()
    two.save()
    assert connection.zcard('Near:n:idx') == connection.zcard('Far:n:idx') == 1


# -- when nobody remembers ---------------------------------------------------------------------------------------------

def lost(proxy, work):
    proxy.lose(True)
    with pytest.raises(LOST):
        work()


def test_a_call_that_the_server_has_forgotten(server, proxy, Row, connection, monkeypatch):
    """By then nobody knows whether the row is there: it is not written a second time in silence."""
    rom.util.CONNECTION = client_of(server, proxy, 'caller')
    Row(n=0).save()
    row = Row(n=1)
    lost(proxy, row.save)
    for key in connection.keys('Row:once:*'):
        connection.delete(key)  # as an eviction does
    other = Row(n=2)
    assert other.save() == 3
    with pytest.raises(OutcomeUnknownError) as caught:
        row.save()
    assert 'Row:new' in str(caught.value) and connection.zcount('Row:n:idx', 1, 1) == 1
    assert not hasattr(rom, '__all__') or 'OutcomeUnknownError' not in rom.__all__
    row.save()  # the program says so, having been told
    assert connection.zcount('Row:n:idx', 1, 1) == 2


def test_a_call_that_is_too_long_ago(server, proxy, Row, connection, monkeypatch):
    rom.util.CONNECTION = client_of(server, proxy, 'caller')
    row = Row(n=1)
    monkeypatch.setattr(store, 'REMEMBERED_SECONDS', 1)
    lost(proxy, row.save)
    time.sleep(1.1)
    with pytest.raises(OutcomeUnknownError):
        rom.session.commit()
    assert connection.zcard('Row:n:idx') == 1


# -- forks -------------------------------------------------------------------------------------------------------------

def in_a_child(work):
    """Do it in a forked process; what it returned, as text."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(writing, str(work()).encode('utf-8'))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading) as said:
        return said.read()


@pytest.mark.skipif(not hasattr(os, 'fork'), reason='needs fork')
@pytest.mark.parametrize('how', ['reply', 'request'])
def test_a_child_forked_with_a_call_in_doubt(server, proxy, Row, connection, how):
    rom.util.CONNECTION = client_of(server, proxy, 'caller')
    row = Row(n=1)
    proxy.lose(True, how=how)
    with pytest.raises(LOST):
        row.save()

    def child():
        rom.util.CONNECTION = server.client()
        Row(n=2).save()
        try:
            return row.save()
        except OutcomeUnknownError:
            return 'unknown'
    assert in_a_child(child) == ('3' if how == 'reply' else 'unknown')
    assert row.save() == 3
    assert connection.zcount('Row:n:idx', 1, 1) == 1 and connection.zcard('Row:n:idx') == 2


def test_a_release_that_is_sent_again(connection):
    class Twice(object):
        def execute_command(self, *args):
            connection.execute_command(*args)
            return connection.execute_command(*args)
    lock = rom.util.Lock(Twice(), 'x', acquire_timeout=0, lock_timeout=10)
    assert lock.acquire() and lock.release() and not lock.release()
    assert connection.get('lock:x') is None
    assert all(connection.ttl(key) > 0 for key in connection.keys('*'))
