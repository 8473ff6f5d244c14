"""Connecting: what is wrong is told at once, in a line that names the setting; old servers are spoken to as they understand."""
import sys

import pytest
import redis
import six

import rom
from rom import util
from rom.exceptions import InvalidOperation, ORMError, WrongArgument
from rom.storage import troubles
from servers import free_port

TELL = u'''
import rom

class User(rom.Model):
    name = rom.Text()

try:
    User(name=u'x').save()
except Exception as error:
    print('%s: %s' % (type(error).__name__, error))
else:
    print('saved')
rom.session.rollback()
'''


@pytest.fixture
def User(rom_connection):
    class User(rom.Model):
        name = rom.Text()
        tags = rom.UnsafeColumn()
    return User


# -- ROM_REDIS_URI -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('uri', ['localhost:6379', 'http://localhost', 'redis//:@localhost', 'redis://localhost:abc/0'])
def test_a_uri_that_is_none(run_python, uri):
    told = run_python(TELL, ROM_REDIS_URI=uri)
    assert told.startswith('WrongArgument: ROM_REDIS_URI=') and uri in told and 'redis://localhost:6379/0 is one' in told


def test_a_uri_that_is_none_keeps_its_password(run_python):
    told = run_python(TELL, ROM_REDIS_URI='rediss//ann:hunter2@localhost')
    assert 'hunter2' not in told and 'ann:***@localhost' in told


def test_a_program_with_settings_of_its_own_need_not_mind(run_python, server):
    code = u'import rom\nrom.util.set_connection_settings(url=%r)\n' % str(server.uri) + TELL
    assert run_python(code, ROM_REDIS_URI='localhost').strip() == 'saved'


@pytest.mark.parametrize('uri', ['', ' '])
def test_an_empty_uri_is_none(run_python, uri):
    assert run_python('import rom; print(rom.util.REDIS_URI)', ROM_REDIS_URI=uri).strip() == 'redis://localhost:6379/0'


def test_no_server(run_python):
    uri = 'redis://localhost:%d/0' % free_port()
    told = run_python(TELL, ROM_REDIS_URI=uri)
    assert told.startswith('ConnectionError: Error 111 connecting to localhost:') or 'Error 99' in told or 'Error 61' in told
    for text in ('ROM_REDIS_URI', 'rom.util.set_connection_settings(', "url='embedded://'"):
        assert text in told
    assert told.count('\n') == 1


def test_no_server_for_a_list_of_ids(User):
    User._conn = redis.Redis.from_url('redis://localhost:%d/0' % free_port())
    for ask in (lambda: User.get(1), lambda: User.get([1, 2]), lambda: User.query.all(), lambda: User.query.count(),
                lambda: list(rom.util.check_indexes(User))):
        with pytest.raises(redis.ConnectionError) as caught:
            ask()
        assert str(caught.value).count('no server answers there') == 1 and '_conn of a model' in str(caught.value)


# -- set_connection_settings -------------------------------------------------------------------------------------------

def test_a_url_by_position(User, server):
    util.set_connection_settings(server.uri)
    User(name=u'x').save()
    util.set_connection_settings(server.uri, decode_responses=True)
    assert User.get_by is not None and User.query.count() == 1


@pytest.mark.parametrize('give', [
    lambda: util.set_connection_settings(host='redis://localhost/0'),
    lambda: util.set_connection_settings('redis://localhost/0', 6379),
    lambda: util.set_connection_settings(redis.Redis()),
    lambda: util.set_connection_settings(url='localhost'),
    lambda: util.set_connection_settings(url=6379),
    lambda: util.set_connection_settings('localhost:6379'),
    lambda: util.set_connection_settings(hots='localhost'),
    lambda: util.set_connection_settings(url='redis://localhost', pasword='secret'),
], ids=['host', 'two', 'client', 'no url', 'number', 'port in the host', 'slip', 'slip beside a url'])
def test_settings_that_are_none(User, give):
    before = util.CONNECTION
    with pytest.raises(WrongArgument) as caught:
        give()
    assert isinstance(caught.value, (ORMError, ValueError)) and 'set_connection_settings' in str(caught.value)
    assert util.CONNECTION is before and 'secret' not in repr(vars(caught.value)) + str(caught.value)
    User(name=u'x').save()


# -- clients -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('ask', [lambda User: User(name=u'x').save(), lambda User: User.get(1), lambda User: User.get([1, 2]),
                                 lambda User: User.query.all(), lambda User: User(name=u'x').tags.sadd('x'),
                                 lambda User: rom.util.Lock(User._connection, 'x', 0, 1).acquire()],
                         ids=['save', 'get', 'list', 'query', 'unsafe', 'lock'])
def test_an_asyncio_client(User, monkeypatch, ask, recwarn):
    client = pytest.importorskip('redis.asyncio')
    import asyncio
    if sys.version_info < (3, 10):  # there a client is made in an event loop
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
    monkeypatch.setattr(util, 'CONNECTION', client.Redis())
    if sys.version_info < (3, 10):
        asyncio.set_event_loop(None)
        loop.close()
    with pytest.raises(InvalidOperation) as caught:
        ask(User)
    assert 'rom is synchronous' in str(caught.value) and 'CONNECTION' in str(caught.value) and 'redis.Redis' in str(caught.value)
    assert [each for each in recwarn if 'never awaited' in str(each.message)] == []


@pytest.mark.parametrize('client', ['redis://localhost', 5, object(), redis.Redis], ids=['url', 'number', 'object', 'class'])
def test_what_is_no_client(User, client):
    User._conn = client
    for ask in (lambda: User(name=u'x').save(), lambda: User.get(1), lambda: User.query.count(), lambda: User.get(list(range(1, 99)))):
        with pytest.raises(InvalidOperation) as caught:
            ask()
        assert '_conn of User must be a redis.Redis' in str(caught.value) and caught.value.model == 'User'
    del User._conn
    rom.session.commit()
    assert User.query.count() == 1


# -- servers -----------------------------------------------------------------------------------------------------------

@pytest.fixture
def without_hello(server):
    """A server that knows no RESP3, as those before Redis 6."""
    try:
        spawned = server.spawn(rename_command='HELLO ""')
        spawned.client(**({'protocol': 2} if util._DEFAULT_PROTOCOL == 3 else {})).ping()
    except Exception as error:
        pytest.skip('this server cannot forget a command: %s' % error)
    return spawned


def test_a_server_without_resp3(User, without_hello):
    util.set_connection_settings(url=without_hello.uri)
    User(name=u'x').save()
    util.set_connection_settings(**without_hello.kwargs)
    rom.session.rollback()
    assert User.get(1).name == u'x'


def test_a_client_that_speaks_resp3_to_such_a_server(User, without_hello):
    if util._DEFAULT_PROTOCOL != 3:
        pytest.skip('this redis-py speaks RESP2 by itself')
    User._conn = without_hello.client()
    for ask in (lambda: User(name=u'x').save(), lambda: User.get([1, 2])):
        with pytest.raises(redis.ResponseError) as caught:
            ask()
        assert 'protocol=2' in str(caught.value) and 'set_connection_settings' in str(caught.value)
    rom.session.rollback()


def test_a_read_only_replica(User, server):
    spawned = server.spawn(replicaof='127.0.0.1 1', replica_serve_stale_data='yes')
    User._conn = spawned.client()
    for write in (lambda: User(name=u'x').save(), lambda: User(name=u'x').id):
        with pytest.raises(redis.exceptions.ReadOnlyError) as caught:
            write()
        assert str(caught.value).startswith('User cannot be written: ') and 'is a read-only replica' in str(caught.value)
    rom.session.rollback()
    assert User.get(1) is None and User.query.all() == []


@pytest.mark.pure
@pytest.mark.parametrize('version, told', [
    ('3.2.6', 'rom needs Redis 5 or newer, this is 3.2.6'), ('4.0.14', 'rom needs Redis 5 or newer, this is 4.0.14'),
    ('5.0.0', None), ('5.0.14', None), ('6.2.7', None), ('7.2.4', None), ('10.0', None), ('', None), (None, None), ('unknown', None)])
def test_versions(version, told):
    assert troubles.version_trouble(version) == told


@pytest.mark.pure
@pytest.mark.parametrize('error, told', [
    (redis.ConnectionError('Error 111 connecting to h:1. Connection refused.'), 'no server answers there; this is the client of X'),
    (redis.TimeoutError('Timeout connecting to server'), 'no server answers there'),
    (redis.AuthenticationError('Authentication required.'), 'redis://:PASSWORD@HOST:PORT/DB'),
    (redis.ResponseError("unknown command 'HELLO'"), 'protocol=2'),
    (redis.ConnectionError('Connection closed by server.'), None), (redis.ResponseError('WRONGTYPE'), None)],
    ids=['refused', 'timeout', 'password', 'hello', 'closed', 'other'])
def test_advice(error, told):
    found = troubles.advice(error, 'X')
    assert found is None if told is None else told in found


def test_the_version_is_asked_only_after_an_error_that_may_come_of_it(rom_connection, calls):
    assert troubles.too_old(rom_connection, 'WRONGTYPE Operation against a key') is None and calls == []
    assert troubles.too_old(rom_connection, 'ERR Wrong number of args calling Redis command From Lua script') is None
    assert calls == ['INFO']


def test_an_error_is_told_once(rom_connection):
    error = redis.ConnectionError('Error 111 connecting to h:1. Connection refused.')
    for _ in range(2):
        troubles.explain(rom_connection, (), error)
    assert str(error).count(' rom: ') == 1 and isinstance(error.args[0], six.string_types)


# -- clients of models ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('name', ['_conn', 'CONN'])
def test_a_client_of_a_model_comes_and_goes_wherever_it_stands(rom_connection, server, name):
    own = server.client()
    mixin, plain = type('Mixin', (object,), {name: own}), util.get_connection()
    for bases in ((rom.Model, mixin), (mixin, rom.Model)):
        assert type('Mixed', bases, {})._connection is own
        rom.columns.MODELS.pop('Mixed')
    model = type('Own', (rom.Model,), {'name': rom.Text()})
    found = [model._connection]
    setattr(model, name, own)
    found += [model._connection, type('Derived', (model,), {})._connection, model(name=u'x')._connection]
    delattr(model, name)
    assert all(each is wanted for each, wanted in zip(found + [model._connection], [plain, own, own, own, plain]))
    rom.session.rollback()


def test_a_lookup_is_few_arguments_whatever_columns_are_called(rom_connection, monkeypatch):
    """For each of them redis-py takes as long as the server for finding the row."""
    odd = [u'caf\xe9', u'a"b', u'a,b', 'plain'] if six.PY3 else ['a"b', 'a,b', 'plain']
    model = type('Odd', (rom.Model,), dict((name, rom.Text(unique=name == 'plain')) for name in odd))
    model(**dict((name, name) for name in odd)).save()
    rom.session.rollback()
    model.get_by(plain=u'nobody')  # the server has the script from here on
    sent, execute = [], rom_connection.execute_command

    def execute_command(*arguments, **options):
        sent.append(arguments)
        return execute(*arguments, **options)
    monkeypatch.setattr(rom_connection, 'execute_command', execute_command)
    found = model.get_by(plain=u'plain')
    assert [getattr(found, name) for name in odd] == odd and [len(arguments) for arguments in sent] == [7]
