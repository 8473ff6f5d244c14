# -*- coding: utf-8 -*-
"""Batches sent ahead: the next is planned while one is on its way, and each is done exactly once, whatever happens in between."""
import os

import pytest
import redis
import rom
from rom.storage import ahead, batches
from rom.exceptions import InvalidColumnValue, InvalidOperation, UniqueKeyViolation
from rom.unitofwork.changed_rows import ChangedRows
from rom.unitofwork.jobs import Removal, Save
from rom.unitofwork.removals import Removals

from consistency import problems
from lossy_proxy import LossyProxy
from test_exactly_once import LOST, WAYS, Retry, Way, client_of
from test_interrupted_writes import Stop, at_line, every_line


@pytest.fixture
def Row(connection):
    return type('Row', (rom.Model,), {'name': rom.Text(unique=True), 'n': rom.Integer(index=True)})


@pytest.fixture
def flights(monkeypatch):
    """The commands that were sent ahead, as whoever watches redis-py's pipelines sees them."""
    seen, execute = [], redis.client.Pipeline.execute

    def watched(self, raise_on_error=True):
        seen.extend(arguments for arguments, _ in self.command_stack if arguments[0] == 'EVALSHA')
        return execute(self, raise_on_error)
    monkeypatch.setattr(redis.client.Pipeline, 'execute', watched)
    return seen


@pytest.fixture
def proxy(server):
    proxy = LossyProxy(server.kwargs)
    yield proxy
    proxy.stop()


@pytest.fixture
def log(server, monkeypatch):
    """What a connection did, and what was planned, in order; `log.then` is done once, while a call is on its way."""
    client, log = server.client(), Log()
    plain = client.connection_pool.connection_class

    class Logged(plain):
        def send_packed_command(self, command, *args, **kwargs):
            result = plain.send_packed_command(self, command, *args, **kwargs)
            parts = [command] if isinstance(command, bytes) else command
            if b'"operations"' in b''.join(parts):
                log.append('sent')
                log.do_then()
            return result

        def read_response(self, *args, **kwargs):
            reply = plain.read_response(self, *args, **kwargs)
            if b'"done"' in (reply if isinstance(reply, bytes) else str(reply).encode('utf-8')):
                log.append('read')
            return reply
    for job, name in ((Save, 'plan'), (Removal, 'plan'), (Removals, 'plan'), (ChangedRows, 'takes')):
        def planned(self, entity=None, plan=getattr(job, name)):
            log.extend(['planned'] * (self.rows if entity is None else 1))
            return plan(self) if entity is None else plan(self, entity)
        monkeypatch.setattr(job, name, planned)
    client.connection_pool.connection_class = Logged
    client.connection_pool.disconnect()
    client.connection_pool.reset()
    rom.util.CONNECTION = log.client = client
    return log


class Log(list):
    then = None

    def do_then(self):
        then, self.then = self.then, None
        if then:
            then()

    def runs(self):
        """[(entry, how often in a row)]"""
        runs = []
        for entry in self:
            if runs and runs[-1][0] == entry:
                runs[-1][1] += 1
            else:
                runs.append([entry, 1])
        return [tuple(run) for run in runs]


def changed(Row, count, n=5):
    rows = [Row(n=0, name=u'%d' % number) for number in range(count)]
    rom.session.commit()
    for row in rows:
        row.n = n
    return rows


# -- that it is done ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('kind', ['new', 'changed'])
def test_the_next_batch_is_planned_while_one_is_on_its_way(Row, log, of_ten, flights, kind):
    Row().save()  # so that the script is there
    if kind == 'new':
        for n in range(25):
            Row(n=n)
    else:
        rows = changed(Row, 25)
    del log[:], flights[:]
    assert rom.session.commit() == (75 if kind == 'new' else 25)
    assert log.runs() == [('planned', 11), ('sent', 1), ('planned', 10), ('read', 1), ('sent', 1), ('planned', 4), ('read', 1),
                          ('sent', 1), ('read', 1)]
    assert len(flights) == 2
    if kind == 'changed':
        del log[:]
        rom.session.delete(rows)
        assert log.runs() == [('planned', 10), ('sent', 1), ('planned', 10), ('read', 1), ('sent', 1), ('planned', 5), ('read', 1),
                              ('sent', 1), ('read', 1)]


def test_one_batch_is_sent_as_any_command(Row, flights, of_ten):
    rows = changed(Row, 10)
    rom.session.commit()
    rows[0].save()
    rom.session.delete(rows)
    assert flights == []


@pytest.mark.parametrize('options', [{}, {'decode_responses': True}, {'protocol': 3}, {'encoding': 'latin-1'}], ids=['plain', 'text', 'resp3', 'latin-1'])
def test_clients(server, Row, connection, of_ten, flights, options):
    try:
        rom.util.CONNECTION = client = server.client(**options)
        client.ping()
    except (TypeError, redis.RedisError):
        pytest.skip('not with this redis-py or server')
    rows = changed(Row, 35)
    assert rom.session.commit() == 35
    assert len(flights) == 6 and connection.zcount('Row:n:idx', 5, 5) == 35
    rom.session.delete(rows)
    assert connection.keys('Row:[0-9]*') == [] and problems(connection, Row) == []


def test_rows_of_different_weight(Row, connection, of_ten, flights, monkeypatch):
    monkeypatch.setattr(batches, 'ENTRIES_PER_WRITE', 12)
    for n in range(40):
        Row(n=n, name=u'%s%d' % (u'x' * (500 * (n % 3)), n))
    assert rom.session.commit() == 120
    assert [connection.hget('Row:%d' % (n + 1), 'n') for n in range(40)] == [b'%d' % n for n in range(40)]  # in their order
    assert len(flights) > 10 and problems(connection, Row) == []


# -- where it waits ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('where', ['client', 'class', 'subclass', 'proxy'])
def test_whoever_watches_commands_sees_each(server, Row, of_ten, flights, monkeypatch, where):
    seen = []

    def watched(self, *args, **kwargs):
        seen.append(args[0])
        return execute(self, *args, **kwargs)
    execute, client = redis.Redis.execute_command, server.client()
    if where == 'client':
        client.execute_command = lambda *args, **kwargs: watched(client, *args, **kwargs)
    elif where == 'class':
        monkeypatch.setattr(redis.Redis, 'execute_command', watched)
    elif where == 'subclass':
        client.__class__ = type('Watched', (type(client),), {'execute_command': watched})
    else:
        class Proxy(object):
            def __getattr__(self, name):
                return getattr(server_client, name)

            def execute_command(self, *args, **kwargs):
                return watched(server_client, *args, **kwargs)
        server_client, client = client, Proxy()
    rom.util.CONNECTION = client
    rows = changed(Row, 25)
    rom.session.commit()
    rom.session.delete(rows)
    assert flights == [] and seen.count('EVALSHA') >= 9


@pytest.mark.parametrize('what', ['_before_insert', '_after_insert', 'save', 'keygen', 'default', 'column', 'geo'])
def test_what_is_the_programs_own_waits(connection, of_ten, log, flights, what):
    """It sees what goes before it as stored."""
    def look(*args, **kwargs):
        looked.append(Row.query.filter(n=(0, None)).count())
        return None

    def save(self, *args, **kwargs):
        look()
        return rom.Model.save(self, *args, **kwargs)
    looked = []
    attributes = {'n': rom.Integer(index=True)}
    if what in ('_before_insert', '_after_insert'):
        attributes[what] = look
    elif what == 'save':
        attributes[what] = save
    elif what == 'keygen':
        attributes['k'] = rom.Text(index=True, keygen=lambda value: look() or [u'x'])
    elif what == 'default':
        attributes['d'] = rom.Text(default=look)
    elif what == 'column':
        class Own(rom.Text):
            def _to_redis(self, value):
                look()
                return value
        attributes['c'] = Own()
    else:
        attributes.update(lat=rom.Float(default=1), lon=rom.Float(default=1),
                          geo_index=[rom.GeoIndex('place', lambda row: look() or {'lon': 1, 'lat': 1})])
    Row = type('Row', (rom.Model,), attributes)
    for n in range(25):
        Row(**dict({'n': n}, **({'k': u'x'} if what == 'keygen' else {'c': u'x'} if what == 'column' else {})))
    del looked[:]
    rom.session.commit()
    assert flights == [] and connection.zcard('Row:n:idx') == 25


def test_rows_that_refer_to_new_ones_wait(connection, of_ten):
    class Team(rom.Model):
        name = rom.Text()

    class Player(rom.Model):
        team = rom.ManyToOne('Team', 'no action')
        n = rom.Integer(index=True)
    for n in range(35):
        Player(n=n, team=Team(name=u'%d' % n))
    teams = [Team(name=u'shared') for _ in range(3)]
    for n in range(35):
        Player(n=n, team=teams[n % 3])
    rom.session.commit()
    assert len(connection.keys('Team:[0-9]*')) == 38 and connection.zcard('Player:n:idx') == 70
    assert all(connection.exists('Team:' + connection.hget(key, 'team').decode()) for key in connection.keys('Player:[0-9]*'))
    assert problems(connection, Player) == []


# -- errors ------------------------------------------------------------------------------------------------------------

def test_an_error_in_the_first_batch_sends_nothing_of_the_second(Row, connection, of_ten, log):
    Row(name=u'taken').save()
    rows = [Row(n=n, name=u'taken' if n == 4 else u'%d' % n) for n in range(25)]
    del log[:]
    with pytest.raises(UniqueKeyViolation):
        rom.session.commit()
    assert log.runs()[:4] == [('planned', 11), ('sent', 1), ('planned', 10), ('read', 1)] and log.count('sent') == 1
    stored = [row for row in rows if not row._new]
    assert len(connection.keys('Row:[0-9]*')) == 1 + len(stored) and all(row in rows[:10] for row in stored)
    rows[4].name = u'free'
    rom.session.commit()
    assert len(connection.keys('Row:[0-9]*')) == 26 and problems(connection, Row) == []


def test_an_error_while_the_second_is_planned(Row, connection, of_ten, flights):
    """What goes before it is written, and known to be."""
    Data = type('Data', (rom.Model,), {'data': rom.Json(), 'n': rom.Integer(index=True)})
    rows = [Data(n=n, data=[]) for n in range(25)]
    rows[14].data.append({1, 2})
    with pytest.raises((InvalidColumnValue, TypeError)):
        rom.session.commit()
    assert len(flights) == 1 and [row._new for row in rows] == [False] * 14 + [True] * 11
    assert connection.zcard('Data:n:idx') == 14
    rows[14].data = [1, 2]
    rom.session.commit()
    assert connection.zcard('Data:n:idx') == 25 and not any(row._new for row in rows)


def test_both_batches_have_an_error(Row, connection, of_ten):
    """That of the first is told, and nothing of the second is sent."""
    Data = type('Data', (rom.Model,), {'data': rom.Json(), 'n': rom.Integer(unique=True)})
    Data(n=3).save()
    rows = [Data(n=n, data=[]) for n in range(25)]
    rows[14].data.append({1, 2})
    with pytest.raises(UniqueKeyViolation):
        rom.session.commit()
    assert all(row._new for row in rows[10:])


def test_a_race_in_the_first_batch(Row, connection, of_ten, flights):
    """It is planned anew for what another writer stored, and written before the second."""
    rows = changed(Row, 25)
    connection.hset('Row:3', 'name', 'other')
    assert rom.session.commit() == 25 and len(flights) == 4
    assert connection.zcount('Row:n:idx', 5, 5) == 25 and not any(row._modified for row in rows)
    assert connection.hget('Row:3', 'name') == b'other'


@pytest.mark.parametrize('kind', ['new', 'changed', 'deleted'])
def test_a_server_that_has_forgotten_the_script(Row, connection, of_ten, flights, kind):
    if kind == 'new':
        for n in range(25):
            Row(n=5)
    else:
        rows = changed(Row, 25)
    if kind == 'deleted':
        rom.session.commit()
    connection.script_flush()
    del flights[:]
    if kind == 'deleted':
        rom.session.delete(rows)
    else:
        rom.session.commit()
    assert len(flights) == 2 and connection.zcount('Row:n:idx', 5, 5) == (0 if kind == 'deleted' else 25)
    assert problems(connection, Row) == []


# -- exactly once ------------------------------------------------------------------------------------------------------

PLANS = [(True,), (False, True), (False, False, True), (True, True, True), (True, False, True)]
LOSSES = [(way, plan) for way in WAYS for plan in (PLANS[1:2] if way[0] == 'silence' else PLANS)]  # silence takes its time


@pytest.mark.parametrize('kind', ['new', 'changed', 'deleted'])
@pytest.mark.parametrize('way, plan', LOSSES, ids=['-'.join(way + (''.join('ny'[lost] for lost in plan),)) for way, plan in LOSSES])
def test_calls_that_get_lost(server, proxy, Row, connection, of_ten, flights, way, kind, plan):
    how, who = way
    rom.util.CONNECTION = client_of(server, proxy, who, how)
    Row(n=0).save()
    if kind == 'new':
        rows = [Row(n=5, name=u'%d' % n) for n in range(25)]
        work = rom.session.commit
    else:
        rows = changed(Row, 25)
        work = rom.session.commit
    if kind == 'deleted':
        work()
        work = lambda: rom.session.delete(rows)
    del flights[:]
    way = Way(proxy, how, who)
    way.lose(*plan)
    way.do(work)
    assert flights and problems(connection, Row) == []
    if kind == 'deleted':
        assert connection.keys('Row:[0-9]*') == [b'Row:1'] and all(row._deleted for row in rows)
    else:
        assert connection.zcount('Row:n:idx', 5, 5) == 25 and connection.get('Row:id:') == b'26'
        assert not any(row._modified for row in rows) and len(set(row.id for row in rows)) == 25


def test_a_lost_reply_and_a_second_batch_that_cannot_be_planned(server, proxy, connection, of_ten):
    rom.util.CONNECTION = client_of(server, proxy, 'caller')
    Data = type('Data', (rom.Model,), {'data': rom.Json(), 'n': rom.Integer(index=True)})
    rows = [Data(n=n, data=[]) for n in range(25)]
    rows[14].data.append({1, 2})
    proxy.lose(True)
    with pytest.raises(LOST):
        rom.session.commit()
    assert connection.zcard('Data:n:idx') == 10
    with pytest.raises((InvalidColumnValue, TypeError)):
        rom.session.commit()
    assert connection.zcard('Data:n:idx') == 14 and not any(row._new for row in rows[:14])


def test_a_batch_that_arrives_late(server, proxy, Row, connection, of_ten):
    rom.util.CONNECTION = client_of(server, proxy, 'caller')
    rows = [Row(n=n) for n in range(25)]
    proxy.lose(True, how='late')
    with pytest.raises(LOST):
        rom.session.commit()
    rom.session.commit()
    assert proxy.deliver() == 1
    assert len(connection.keys('Row:[0-9]*')) == 25 and not any(row._new for row in rows)
    assert problems(connection, Row) == []


@pytest.mark.parametrize('kind', ['new', 'changed', 'deleted'])
def test_interrupted_at_any_line(Row, connection, monkeypatch, flights, kind):
    monkeypatch.setattr(batches, 'ROWS_PER_WRITE', 2)
    done, pool = [], rom.util.CONNECTION.connection_pool
    in_use = set(pool._in_use_connections)  # an alarm in another test may have left one within redis-py

    def work_at(number):
        Row(n=0).save()
        if kind == 'new':
            rows = [Row(n=1, name=u'%d %d' % (number, n)) for n in range(5)]
        else:
            rows = [Row(n=0) for n in range(5)]
            rom.session.commit()
        if kind == 'changed':
            for row in rows:
                row.n = 1
        work = (lambda: rom.session.delete(rows)) if kind == 'deleted' else rom.session.commit
        interrupted = at_line(number, work)
        assert not pool._in_use_connections - in_use
        assert rom.util.CONNECTION.echo('x') == b'x'
        work()
        assert all(row._deleted if kind == 'deleted' else not (row._new or row._modified) for row in rows)
        done.append(number)
        return interrupted
    every_line(work_at)
    assert len(done) > 100 and len(flights) > len(done) // 2
    assert len(connection.keys('Row:[0-9]*')) == len(done) * (1 if kind == 'deleted' else 6)
    assert connection.zcount('Row:n:idx', 1, 1) == (0 if kind == 'deleted' else 5 * len(done))
    assert problems(connection, Row) == []


def test_interrupted_while_a_batch_is_on_its_way(Row, connection, log, of_ten):
    """The connection is closed, not given back with a reply to come; what became of the batch is asked for."""
    def stop():
        raise Stop()
    rows = [Row(n=n) for n in range(25)]
    log.then = stop
    with pytest.raises(Stop):
        rom.session.commit()
    assert rom.util.CONNECTION.echo('x') == b'x' and not rom.util.CONNECTION.connection_pool._in_use_connections
    rom.session.commit()
    assert len(connection.keys('Row:[0-9]*')) == 25 and not any(row._new for row in rows)


def test_a_connection_is_not_given_back_with_a_reply_to_come(server):
    def stop():
        raise Stop()
    client = server.client()
    with pytest.raises(Stop):
        ahead.sender(client, stop)('BLPOP', 'none', 1)  # the reply comes later, lest redis-py sees it
    assert client.echo('x') == b'x'


def test_a_pool_of_one_connection(server, Row, connection, of_ten, flights):
    client = server.client()
    rom.util.CONNECTION = redis.Redis(connection_pool=redis.BlockingConnectionPool(
        max_connections=1, timeout=1, connection_class=client.connection_pool.connection_class, **client.connection_pool.connection_kwargs))
    rows = changed(Row, 25)
    rom.session.commit()
    rom.session.delete(rows)
    assert len(flights) == 6 and connection.keys('Row:[0-9]*') == []


@pytest.mark.parametrize('kind', ['new', 'changed'])
def test_a_signal_handler_that_writes_meanwhile(Row, connection, log, of_ten, kind):
    rows, other = [Row(n=5) for n in range(25)], Row(n=7)
    if kind == 'changed':
        rom.session.commit()
        for row in rows:
            row.n = 6
    told = []

    def handler():
        other.n = 8
        other.save()
        with pytest.raises(InvalidOperation):
            rows[0].save()
        told.append(Row(n=9))
        rom.session.commit()  # of all that is not on its way
        rows[20].n = 10
    log.then = handler
    rom.session.commit()
    rom.session.commit()
    assert log.then is None and len(connection.keys('Row:[0-9]*')) == 27
    assert not any(row._modified for row in rows + told + [other])
    score = 5 if kind == 'new' else 6
    assert [connection.zcount('Row:n:idx', n, n) for n in (score, 8, 9, 10)] == [24, 1, 1, 1]
    assert problems(connection, Row) == []


@pytest.mark.skipif(not hasattr(os, 'fork'), reason='needs fork')
def test_a_process_forked_meanwhile(Row, connection, log, of_ten):
    """It does not read the reply, which is its parent's."""
    children = []

    def fork():
        children.append(os.fork())
    if Retry is not None:
        from redis.backoff import NoBackoff
        log.client.connection_pool.connection_kwargs['retry'] = Retry(NoBackoff(), 0)
    Row().save()  # so that the script is there
    rows = [Row(n=n) for n in range(24)]
    del log[:]
    log.then, result = fork, 1
    try:
        rom.session.commit()
    except redis.ConnectionError:
        result = 0 if 'read' not in log[log.index('sent'):] else 2
    finally:
        if children == [0]:
            os._exit(result)
    assert result == 1 and os.waitpid(children[0], 0)[1] == 0
    assert len(connection.keys('Row:[0-9]*')) == 25
    assert not any(row._new for row in rows) and problems(connection, Row) == []
