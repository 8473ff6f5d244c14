"""The benchmarks run, and their report says what was measured. Tiny sizes: the figures mean nothing here."""
import json
import os
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
    for name in ('contestants', 'data', 'measure', 'report', 'targets'):
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
    page = (tmp_path / 'performance.rst').read_text()
    for title in ('create and save one', 'get_by(unique)', 'iterate everything', 'memory of a loaded entity',
                  'Growth', 'What holds the server', 'Query.delete() of a word and a range'):
        assert title in page
    figures = json.loads((tmp_path / '_static' / 'performance.json').read_text())
    assert set(figures['bytes_per_row']) >= {'ours', 'by hand'}
    trips = {target.operation: (figures['operations'][target.operation]['trips']['ours'],
                                target.trips(figures['operations'][target.operation]['count']))
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
    assert tools['report'].verdict(measured, 2, 2.5) == word
