"""The quickstart runs, on a server of one's own too, and the README's commands are what they should be."""
import io
import os
import re
import subprocess
import sys
import textwrap

import pytest
import rom
import rom.testing
import six

from repository import ROOT

QUICKSTART = os.path.join(ROOT, 'examples', 'quickstart.py')
NEEDS_EXAMPLES = pytest.mark.skipif(six.PY2, reason='airportsdata needs Python 3')


def quickstart(*args):
    """Run the quickstart; return its exit status and what it printed."""
    env = dict(os.environ, PYTHONIOENCODING='utf-8')
    if os.environ.get('ROM_TEST_SOURCE') == '1':
        env['PYTHONPATH'] = ROOT
    process = subprocess.Popen(
        [sys.executable, QUICKSTART] + list(args), env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.communicate()[0].decode('utf-8')
    return process.returncode, output


def check_tour(output):
    """Every step is there with its time, and the answers are the right ones."""
    times = re.findall(r'^\S.* +[\d.]+ ms$', output, re.MULTILINE)
    assert len(times) == 10, output
    assert 'EDDF FRA Frankfurt' in output
    assert 'SLLP LPB El Alto' in output
    assert 'LFPG CDG Charles de Gaulle' in output
    assert 'UniqueKeyViolation: ' in output
    assert re.search(r"get_by\(icao='NZSP'\)\n\n    None\n", output)


@pytest.fixture
def packages():
    pytest.importorskip('airportsdata')
    pytest.importorskip('tqdm')


@NEEDS_EXAMPLES
def test_quickstart_on_a_given_server_leaves_nothing_behind(packages, server_uri, connection):
    connection.set('quickstart.mine', '1')
    status, output = quickstart('--uri', server_uri, '--limit', '400')
    assert status == 0, output
    check_tour(output)
    assert connection.get('quickstart.mine')
    assert not list(connection.scan_iter('quickstart.[AC]*'))


@NEEDS_EXAMPLES
def test_quickstart_refuses_a_server_that_holds_its_rows(packages, server_uri, connection):
    status, output = quickstart('--uri', server_uri, '--limit', '20', '--keep')
    assert status == 0, output
    assert connection.exists('quickstart.Airport:1')
    before = sorted(connection.scan_iter())
    status, output = quickstart('--uri', server_uri, '--limit', '20')
    assert status != 0
    assert 'quickstart.Airport' in output and '--clean' in output
    assert sorted(connection.scan_iter()) == before
    status, output = quickstart('--uri', server_uri, '--limit', '20', '--clean')
    assert status == 0, output
    assert not list(connection.scan_iter('quickstart.*'))


@NEEDS_EXAMPLES
def test_quickstart_starts_a_server_of_its_own(packages):
    pytest.importorskip('rom.embedded')
    status, output = quickstart('--limit', '400')
    if status and '.[embedded]' in output:
        pytest.skip('no wheel with a server is installed')
    assert status == 0, output
    check_tour(output)


def section(title):
    """Return the text of one section of the README."""
    with io.open(os.path.join(ROOT, 'README.rst'), encoding='utf-8') as page:
        text = page.read()
    return re.search(r'^%s\n-+\n(.*?)(?=^\S[^\n]*\n-+\n|\Z)' % title, text, re.MULTILINE | re.DOTALL).group(1)


@pytest.mark.parametrize('title, words', [
    ('Try it', ["python -m pip install '.[embedded,examples]'", 'python examples/quickstart.py']),
    ('Run the tests', ["python -m pip install '.[embedded,examples,test]'", 'pytest']),
])
def test_readme_has_one_command_of_one_line(title, words):
    blocks = re.findall(r'::\n\n((?:    .*\n)+)', section(title))
    assert len(blocks) == 1
    command = blocks[0].strip()
    assert '\n' not in command
    assert all(word in command for word in words)


@pytest.mark.skipif(six.PY2, reason='texts without u')
def test_readme_scopes_frameworks_and_tests_run():
    """What it says of scopes, Flask and pytest, as one program with the tour."""
    pytest.importorskip('flask')
    names = {'__name__': 'readme'}
    with io.open(os.path.join(ROOT, 'README.rst'), encoding='utf-8') as page:
        blocks = re.findall(r'code-block:: python\n\n((?:    .*\n|\n)+)', page.read())
    assert len(blocks) == 4
    for block in blocks:
        exec(compile(textwrap.dedent(block), 'README.rst', 'exec'), names)
    with rom.session:
        other = names['Team'](name=u'Other')
    names['move_all'](names['core'], other)
    assert [member.name for member in other.members] == [u'Ann Miller'] and names['core'].members == []
    with rom.testing.database():
        names['test_new_user'](None)
        client = names['app'].test_client()
        assert client.get('/users/1').get_json()['email'] == 'ann@example.org' and client.get('/users/2').status_code == 404


def test_readme_tour_runs():
    block = re.search(r'code-block:: python\n\n((?:    .*\n|\n)+)', section('A short tour')).group(1)
    names = {}
    code = '\n'.join(line[4:] for line in block.splitlines())
    exec(compile(code, 'README.rst', 'exec'), names)
    user = names['User']
    assert user.query.startswith(name=u'mil').first().email == u'ann@example.org'
    assert user.get_by(email=u'bob@example.org') is None
    assert [member.id for member in names['core'].members] == [names['ann'].id]
    assert rom.MODELS['User'] is user
