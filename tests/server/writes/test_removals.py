# -*- coding: utf-8 -*-
"""Rows of one model that go alike are one job: what becomes of them is what would become of each by itself."""
import copy

import pytest
import rom

from consistency import problems
from lossy_proxy import LossyProxy
from test_exactly_once import WAYS, Way, client_of
from test_interrupted_writes import at_line, every_line


@pytest.fixture
def Tool(connection):
    class Tool(rom.Model):
        code = rom.Text(unique=True)
        name = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True)
        kind = rom.Text(unique=True, index=True, keygen=rom.IDENTITY_CI)
        size = rom.Integer(index=True)
        shelf = rom.Text()
        unique_together = [('size', 'shelf')]
    return Tool


@pytest.fixture
def tools(Tool):
    return stored(Tool)


def stored(Tool, count=25):
    for number in range(count):
        Tool(code=u'c%d' % number if number % 5 else None, name=u'H\xe4mmer no %d' % (number % 3), size=number, shelf=u'a', kind=u'K%d' % number)
    rom.session.commit()
    rom.session.rollback()
    return Tool.query.order_by('size').all()


def all_is_gone(connection, Tool):
    keys = [key for key in connection.keys('Tool:*') if b':once:' not in key]
    return keys == [b'Tool:id:'] and problems(connection, Tool) == []


def test_one_job_a_call(connection, Tool, tools, jobs, of_ten):
    rom.session.delete(tools, tools[3], None)
    assert jobs == [[10], [10], [5]] and all(tool._deleted for tool in tools) and all_is_gone(connection, Tool)
    rom.session.delete(tools)
    assert len(jobs) == 3 and rom.session.get('Tool:1') is None


def test_a_call_holds_fewer_rows_that_weigh_more(connection, Tool, jobs):
    for number in range(9):
        Tool(size=number, kind=str(number), shelf=u'x' * (60000 if number == 4 else 1))
    rom.session.commit()
    del jobs[:]
    rom.session.delete(Tool.query.all())
    assert sum(rows for rows, in jobs) == 9 and len(jobs) > 1 and all_is_gone(connection, Tool)


def _changed(tool, connection):
    connection.hset(tool._pk, 'code', 'other')


def _without_list(tool, connection):
    connection.hdel(tool._pk, '-index-data-')


def _strange_list(tool, connection):
    connection.hset(tool._pk, '-index-data-', '[[{}],[],[],[]]')


def _gone(tool, connection):
    connection.delete(tool._pk)


def _saved(tool, connection):
    with rom.session:
        other = type(tool).get(tool.id)
        other.update(name=u'saw', code=u'z', size=1000, kind=u'other')


@pytest.mark.parametrize('meddle', [_changed, _without_list, _strange_list, _gone, _saved], ids=lambda each: each.__name__[1:])
@pytest.mark.parametrize('place', [0, 12, 24])
def test_rows_that_are_not_as_they_were_seen(connection, Tool, tools, meddle, place, of_ten):
    """As when each is deleted by itself."""
    expected = []
    for is_alone in (True, False):
        tools = stored(Tool) if expected else tools
        meddle(tools[place], connection)
        if is_alone:
            for tool in tools:
                tool.delete()
        else:
            rom.session.delete(tools)
        assert all(tool._deleted for tool in tools)
        expected.append(sorted(key for key in connection.keys('Tool:*') if b':once:' not in key))
        connection.delete(*[key for key in expected[-1] if key != b'Tool:id:'] + [b'none'])
    assert expected[0] == expected[1]


def test_values_that_others_have_by_now_stay_theirs(connection, Tool, tools):
    connection.hset('Tool:code:uidx', 'c3', 99)
    rom.session.delete(tools)
    assert connection.hgetall('Tool:code:uidx') == {b'c3': b'99'}


@pytest.mark.parametrize('name', ['_before_delete', '_after_delete'])
@pytest.mark.parametrize('of_one', [True, False])
def test_hooks_are_called_once_a_row(connection, Tool, tools, jobs, monkeypatch, name, of_one, of_ten):
    called = []
    if of_one:
        setattr(tools[7], name, lambda: called.append(8))
    else:
        monkeypatch.setattr(Tool, name, lambda self: called.append(self.id))
    rom.session.delete(tools)
    assert called == ([8] if of_one else list(range(1, 26))) and all_is_gone(connection, Tool)
    assert jobs == [[1] * 10, [1] * 10, [1] * 5]


def test_models_side_by_side(connection, Tool, tools):
    Other = type('Other', (rom.Model,), {'n': rom.Integer(index=True)})
    others = [Other(n=n) for n in range(3)]
    rom.session.commit()
    rom.session.delete([each for pair in zip(tools, others) for each in pair], tools[3:])
    assert all_is_gone(connection, Tool) and connection.keys('Other:[0-9]*') == []


def test_other_objects_of_the_rows_are_deleted_as_well(connection, Tool, tools):
    twin, edited = copy.copy(tools[2]), copy.copy(tools[5])
    rom.session.add(tools[2])
    rom.session.add(twin)
    rom.session.add(tools[5])
    edited.size = -1
    with rom.session.scope(commit=False):
        inner = Tool.get(4)
        rom.session.delete(tools)
        assert inner._deleted
    assert twin._deleted and not edited._deleted
    rom.session.rollback()
    assert all_is_gone(connection, Tool)


def test_interrupted_at_any_line(connection, Tool, of_ten):
    def delete(number):
        tools = stored(Tool, 13)
        interrupted = at_line(number, lambda: rom.session.delete(tools))
        rom.session.delete(tools)
        assert all(tool._deleted for tool in tools) and rom.session.get(tools[0]._pk) is None
        return interrupted
    every_line(delete)
    assert all_is_gone(connection, Tool)


@pytest.fixture(params=WAYS, ids='-'.join)
def way(request, server, connection):
    proxy, (how, who) = LossyProxy(server.kwargs), request.param
    rom.util.CONNECTION = client_of(server, proxy, who, how)
    yield Way(proxy, how, who)
    proxy.stop()


@pytest.mark.parametrize('plan', [(True,), (False, True), (False, False, True)], ids=['first', 'second', 'third'])
def test_a_call_that_gets_lost(way, connection, Tool, of_ten, plan):
    tools = stored(Tool)
    way.lose(*plan)
    way.do(lambda: rom.session.delete(tools))
    assert all(tool._deleted for tool in tools) and all_is_gone(connection, Tool)
