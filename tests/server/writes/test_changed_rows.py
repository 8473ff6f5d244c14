# -*- coding: utf-8 -*-
"""Rows that change alike are one job: what becomes of them is what would become of each by itself."""
import pytest
import rom
from rom.exceptions import DataRaceError, InvalidColumnValue
from rom.storage import batches
from rom.unitofwork import work
from rom.unitofwork.changed_rows import ChangedRows
from rom.unitofwork.jobs import Save

from consistency import problems, snapshot


@pytest.fixture
def Gauge(connection):
    class Gauge(rom.Model):
        value = rom.Integer(index=True)
        level = rom.Float(index=True)
        note = rom.Text()
        kind = rom.Text(default=u'plain')
        data = rom.Json()
        code = rom.Text(unique=True)
    return Gauge


@pytest.fixture
def gauges(Gauge, connection):
    return stored(Gauge)


def stored(Gauge, count=7):
    """Rows that were loaded, and of which nothing was read."""
    for number in range(count):
        Gauge(value=number, level=.5, note=u'n%d' % number, data=[1], code=u'%d' % number)
    rom.session.commit()
    rom.session.rollback()
    return Gauge.get(list(range(1, count + 1)))


def once(monkeypatch, owner, name, act):
    """Have something done once, before a function is called."""
    plain, waiting = getattr(owner, name), [act]

    def interrupted(*args):
        while waiting:
            waiting.pop()()
        return plain(*args)
    monkeypatch.setattr(owner, name, interrupted)


@pytest.mark.parametrize('values', [dict(value=70), dict(note=u'h\xe9'), dict(value=-8, level=2.5, note=u'')], ids=['number', 'text', 'three'])
def test_one_job(connection, Gauge, gauges, jobs, values):
    for gauge in gauges:
        gauge.update(**values)
    assert rom.session.commit() == 7 * len(values) and jobs == [[7]]
    assert not any(gauge._modified for gauge in gauges) and problems(connection, Gauge) == []
    assert all(getattr(gauge, attr) == value for gauge in gauges for attr, value in values.items())
    rom.session.rollback()
    assert all(getattr(gauge, attr) == value for gauge in Gauge.get([1, 7]) for attr, value in values.items())
    for gauge in gauges:  # as their rows are now
        gauge.update(note=u'again')
    assert rom.session.commit() == 7


def _broken(gauge, connection):
    connection.hset('Gauge:4', 'value', b'\xff')
    gauge.refresh(force=True)
    gauge.value = 70


def _unfilled(gauge, connection):
    connection.hdel('Gauge:4', 'kind')
    gauge.refresh(force=True)
    gauge.value = 70


def _other_order(gauge, connection):
    gauge.refresh(force=True)
    gauge.note, gauge.value = u'x', 70


def _came_late(gauge, connection):
    connection.hdel('Gauge:4', 'value')
    connection.zrem('Gauge:value:idx', 4)
    gauge.refresh(force=True)
    gauge.value = 70


ODD = {
    'unchanged': lambda gauge, _: setattr(gauge, 'value', 3),
    'no value': lambda gauge, _: setattr(gauge, 'value', None),
    'two columns': lambda gauge, _: setattr(gauge, 'note', u'x'),
    'other order': _other_order,
    'unique': lambda gauge, _: setattr(gauge, 'code', u'new'),
    'read in place': lambda gauge, _: gauge.data,
    'changed in place': lambda gauge, _: gauge.data.append(2),
    'infinite': lambda gauge, _: setattr(gauge, 'level', float('inf')),
    'long': lambda gauge, _: setattr(gauge, 'note', u'x' * 200),
    'default': _unfilled,
    'came late': _came_late,
    'attribute': lambda gauge, _: setattr(gauge, 'anything', 5),
}


@pytest.mark.parametrize('odd', sorted(ODD))
def test_one_that_is_not_like_the_others(connection, Gauge, odd):
    """All that is stored is what saving one by one stores."""
    found = []
    for is_alone in (True, False):
        connection.flushdb()
        gauges = stored(Gauge)
        for gauge in gauges:
            gauge.value = 70
        ODD[odd](gauges[3], connection)
        try:
            told = sum(gauge.save() for gauge in gauges) if is_alone else rom.session.commit()
        except InvalidColumnValue as error:
            told = str(error)
        found.append((told, snapshot(connection), [gauge.to_dict() for gauge in gauges], [gauge._modified for gauge in gauges]))
        rom.session.rollback()
    assert found[0] == found[1] and connection.hget('Gauge:3', 'value') == b'70' and problems(connection, Gauge) == []


def test_one_whose_bytes_are_no_text(connection, Gauge, gauges, jobs):
    for gauge in gauges:
        gauge.value = 70
    _broken(gauges[3], connection)
    assert rom.session.commit() == 7 and [sum(rows) for rows in jobs] == [7]
    assert [connection.hget('Gauge:%d' % id, 'value') for id in range(1, 8)] == [b'70'] * 7


@pytest.mark.parametrize('way', ['full', 'force', 'all'])
def test_what_says_more_of_each_row(connection, Gauge, gauges, jobs, way):
    for gauge in gauges:
        gauge.value = 70
    rom.session.commit(**{way: True})
    assert jobs == [[1] * 7] and problems(connection, Gauge) == []


def test_a_call_carries_so_many_rows(connection, Gauge, jobs, monkeypatch):
    monkeypatch.setattr(batches, 'ROWS_PER_WRITE', 10)
    for gauge in stored(Gauge, 25):
        gauge.value = 70
    del jobs[:]
    assert rom.session.commit() == 25 and [sum(rows) for rows in jobs] == [10, 10, 5]
    monkeypatch.setattr(batches, 'ENTRIES_PER_WRITE', 9)  # two for each
    for gauge in Gauge.get(list(range(1, 26))):
        gauge.value = 71
    del jobs[:]
    assert rom.session.commit() == 25 and [sum(rows) for rows in jobs] == [4] * 6 + [1]


def _assign(gauge):
    gauge.value = 99


def _save(gauge):
    gauge.value = 99
    gauge.save()


def _refresh(gauge):
    gauge.refresh(force=True)


def _write_elsewhere(gauge):
    rom.util.CONNECTION.hset('Gauge:3', 'note', 'theirs')
    gauge.refresh(force=True)
    gauge.value = 99


@pytest.mark.parametrize('act, value', [(_assign, b'99'), (_save, b'99'), (_refresh, b'2'), (_write_elsewhere, b'99'), (lambda gauge: gauge.delete(), None)],
                         ids=['assigned', 'saved', 'refreshed', 'read anew', 'deleted'])
def test_what_a_signal_handler_does_before_they_are_sent(connection, Gauge, gauges, monkeypatch, act, value):
    for gauge in gauges:
        gauge.value += 10
    once(monkeypatch, work, 'groups', lambda: act(gauges[2]))
    rom.session.commit()
    assert connection.hget('Gauge:3', 'value') == value
    assert [connection.hget('Gauge:%d' % id, 'value') for id in (1, 2, 4, 5, 6, 7)] == [b'10', b'11', b'13', b'14', b'15', b'16']
    assert not any(gauge._modified for gauge in gauges if not gauge._deleted) and problems(connection, Gauge) == []


def test_what_is_assigned_before_they_know(connection, Gauge, gauges, monkeypatch):
    """It is written by the next commit; what was read meanwhile stays."""
    for gauge in gauges:
        gauge.value += 10

    def act():
        gauges[2].value = 99
        connection.hset('Gauge:4', 'note', 'theirs')
        gauges[3].refresh(force=True)
    once(monkeypatch, ChangedRows, 'finish', act)
    rom.session.flush()
    assert gauges[2].value == 99 and gauges[3].value == 13 and gauges[3].note == u'theirs'
    rom.session.commit()
    assert connection.hget('Gauge:3', 'value') == b'99' and problems(connection, Gauge) == []


def test_another_writer_and_the_rows_behind(connection, Gauge, gauges):
    """Those before it are written and know; it and those behind are still to be written."""
    connection.hset('Gauge:3', 'value', 100)
    connection.zadd('Gauge:value:idx', {'3': 100})
    for gauge in gauges:
        gauge.value += 10
    with pytest.raises(DataRaceError):
        rom.session.commit()
    assert [gauge._modified for gauge in gauges] == [False] * 2 + [True] * 5
    gauges[2].refresh(force=True)
    gauges[0].value += 1  # to what was written
    assert rom.session.commit() == 5 and connection.hget('Gauge:1', 'value') == b'11' and problems(connection, Gauge) == []


def test_as_many_rows_done_as_there_are_jobs(connection, Gauge, gauges, jobs):
    connection.hset('Gauge:4', 'value', 100)
    connection.zadd('Gauge:value:idx', {'4': 100})
    for gauge in gauges:
        gauge.value += 10
    gauges[5].note = u'x'
    with pytest.raises(DataRaceError):
        rom.session.commit()
    assert jobs == [[5, 1, 1]] and [gauge._modified for gauge in gauges] == [False] * 3 + [True] * 4
    gauges[3].refresh(force=True)
    assert rom.session.commit() == 4 and connection.hget('Gauge:6', 'note') == b'x' and problems(connection, Gauge) == []


def test_another_column_written_meanwhile_is_kept(connection, Gauge, gauges):
    connection.hset('Gauge:3', 'note', 'theirs')
    for gauge in gauges:
        gauge.value += 10
    assert rom.session.commit() == 7 and connection.hget('Gauge:3', 'note') == b'theirs'


def test_a_reply_that_got_lost(connection, Gauge, gauges, monkeypatch):
    """The next commit counts what the call has written, and writes nothing twice."""
    from rom.storage import store
    for gauge in gauges:
        gauge.value += 10
    plain = store.call_write

    def lost(*args):
        monkeypatch.setattr(store, 'call_write', plain)
        plain(*args)
        raise rom.util.redis.ConnectionError('lost')
    monkeypatch.setattr(store, 'call_write', lost)
    with pytest.raises(rom.util.redis.ConnectionError):
        rom.session.commit()
    assert connection.hget('Gauge:1', 'value') == b'10' and gauges[0]._modified
    gauges[0].note = u'later'
    assert rom.session.commit() == 7 and not any(gauge._modified for gauge in gauges)
    assert connection.hget('Gauge:1', 'note') == b'later' and problems(connection, Gauge) == []


def test_loops_and_other_objects_learn_of_it(Gauge, jobs):
    gauges = stored(Gauge, 6)
    rom.session.forget(gauges[1])
    other = Gauge.get(2)
    loop = Gauge.query.order_by('value').iter_result(pagesize=2)
    seen = [next(loop).id]
    for gauge in gauges:
        gauge.value = 100 - gauge.value
    del jobs[:]
    rom.session.flush()
    assert jobs == [[6]] and other is not gauges[1] and other.value == 99
    assert sorted(seen + [gauge.id for gauge in loop]) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize('model', ['hook', 'save', 'column', 'keygen'])
def test_what_calls_the_programs_own(connection, jobs, model):
    class Own(rom.Integer):
        def _to_redis(self, value):
            return rom.Integer._to_redis(self, value)
    attributes = {'value': Own(index=True) if model == 'column' else rom.Integer(index=True),
                  'name': rom.Text(index=True, keygen=(lambda value: [value]) if model == 'keygen' else rom.IDENTITY)}
    if model == 'hook':
        attributes['_after_update'] = lambda self: None
    if model == 'save':
        attributes['save'] = lambda self, *args, **kwargs: rom.Model.save(self, *args, **kwargs)
    Own = type('Own', (rom.Model,), attributes)
    owns = [Own(value=number, name=u'x') for number in range(4)]
    rom.session.commit()
    for own in owns:
        own.value += 10
    del jobs[:]
    assert rom.session.commit() == 4 and all(rows == [1] * len(rows) for rows in jobs) and problems(connection, Own) == []


def test_models_that_refer_to_others(connection, jobs):
    class Team(rom.Model):
        name = rom.Text()

    class Player(rom.Model):
        team = rom.ManyToOne('Team', 'no action')
        score = rom.Integer(index=True)
    players = [Player(score=number, team=Team(name=u'%d' % number)) for number in range(4)]
    rom.session.commit()
    for player in players:
        player.score += 10
    players.append(Player(score=5, team=Team(name=u'new')))
    players[0].team = players[-1].team
    del jobs[:]
    rom.session.commit()
    assert any(3 in rows for rows in jobs)
    assert connection.hget('Player:1', 'team') == b'5' and problems(connection, Player) == []


def test_the_jobs_of_single_rows_are_the_same_ones(Gauge, gauges):
    for gauge in gauges:
        gauge.value += 10
    gauges[0].note = u'other'
    rows = ChangedRows.like(gauges[1], (Gauge._connection, None))
    assert not rows.takes(gauges[0]) and all(rows.takes(gauge) for gauge in gauges[1:])
    jobs = rows.alone()
    assert all(type(job) is Save for job in jobs) and jobs == rows.alone() and [job.entity for job in jobs] == rows.entities == gauges[1:]
    assert all(job.is_current() for job in jobs) and sum(job.weight for job in jobs) == rows.weight
    assert [part for job in jobs for part in job.operation.said] == rows.operation.said
    gauges[3].value = 5
    assert [job.is_current() for job in jobs] == [True, True, False, True, True, True] and not rows.is_current()
