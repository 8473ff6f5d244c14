"""`rom.testing.database`: what it puts in the place of a program's own connections, and what is there again afterwards."""
import os
import unittest

import pytest
import redis
import rom
import rom.testing
from rom import embedded


@pytest.fixture(scope='module')
def own_server():
    with embedded.start() as server:
        yield server


def models(**own):
    class Guest(rom.Model):
        name = rom.Text(unique=True)

    class Elsewhere(rom.Model):
        guest = rom.ManyToOne('Guest', on_delete='cascade')
        tags = rom.UnsafeColumn()
    for name, value in own.items():
        setattr(Elsewhere, name, value)
    return Guest, Elsewhere


def test_all_models_write_to_the_tests_database(connection, own_server):
    Guest, Elsewhere = models(_conn=redis.Redis(port=1))
    with rom.testing.database(own_server) as client:
        ann = Guest(name=u'ann')
        one = Elsewhere(guest=ann)
        rom.session.commit()
        one.tags.sadd('a')
        assert client.hgetall('Elsewhere:1') and client.hgetall('Guest:1') and client.smembers('Elsewhere:1:tags') == {b'a'}
        assert rom.util.get_connection() is rom.util.CONNECTION is Guest._connection is client
        ann.delete()
        assert Elsewhere.get(1) is None
    assert connection.keys() == []


@pytest.mark.parametrize('attr', ['_conn', 'CONN'])
def test_answers_look_as_those_of_the_programs_own_client(own_server, monkeypatch, attr):
    monkeypatch.setattr(rom.util, 'CONNECTION', redis.Redis(port=1, decode_responses=True))
    Guest, Elsewhere = models(**{attr: redis.Redis(port=1)})
    with rom.testing.database(own_server) as client:
        entity = Elsewhere()
        entity.save()
        entity.tags.set(u'\xe4')
        assert entity.tags.get() == u'\xe4'.encode('utf-8')
        assert client.get('Elsewhere:1:tags') == u'\xe4'
        assert Guest._connection is client and Elsewhere._connection is not client


def test_what_the_program_sets_meanwhile_leads_to_the_tests_database(own_server):
    Guest, Elsewhere = models()
    with rom.testing.database(own_server):
        rom.util.set_connection_settings(port=1, decode_responses=True)
        Elsewhere._conn = redis.Redis(port=1)
        Elsewhere(guest=Guest(name=u'ann'))
        rom.session.commit()
        assert sorted(rom.util.get_connection().keys('*:1')) == [u'Elsewhere:1', u'Guest:1']


def test_settings_are_as_before(own_server, monkeypatch, connection):
    monkeypatch.setenv('ROM_REDIS_URI', 'redis://example.org')
    before = {name: getattr(rom.util, name) for name in ('CONNECTION', '_connect', 'get_connection', 'REDIS_URI')}
    with pytest.raises(ZeroDivisionError):
        with rom.testing.database(own_server):
            assert os.environ['ROM_REDIS_URI'] == own_server.url + '?db=0'
            rom.util.set_connection_settings(port=1)
            rom.util.REDIS_URI = 'redis://example.com'
            rom.util.use_null_session()
            1 / 0
    assert {name: getattr(rom.util, name) for name in before} == before
    assert os.environ['ROM_REDIS_URI'] == 'redis://example.org' and rom.util.NULL_SESSION is False
    monkeypatch.delenv('ROM_REDIS_URI')
    with rom.testing.database(own_server):
        assert 'ROM_REDIS_URI' in os.environ
    assert 'ROM_REDIS_URI' not in os.environ


def test_a_program_with_a_get_connection_of_its_own(own_server, monkeypatch):
    def refuse():
        raise AssertionError('asked for the connection of the program')
    monkeypatch.setattr(rom.util, 'get_connection', refuse)
    Guest, _ = models()
    with rom.testing.database(own_server):
        Guest(name=u'ann').save()
        assert Guest.query.count() == 1
    assert rom.util.get_connection is refuse


def test_the_session_is_empty_within_and_as_before_afterwards(own_server, connection):
    Guest, _ = models()
    ann = Guest(name=u'ann')
    ann.save()
    new, changed = Guest(name=u'new'), Guest.get(ann.id)
    changed.name = u'anna'
    known = dict(rom.session.known)
    with rom.testing.database(own_server):
        assert rom.session.known == {} and list(rom.session.wknown) == []
        assert Guest.get(1) is None
        Guest(name=u'left')
    assert rom.session.known == known
    rom.session.commit()
    assert sorted(guest.name for guest in Guest.query) == [u'anna', u'new'] and Guest.get(new.id) is new


def test_scopes_around_it_and_left_open_in_it_are_none_of_its_business(own_server, connection):
    Guest, _ = models()
    with rom.session:
        Guest(name=u'outer')
        with rom.testing.database(own_server):
            assert rom.session.known == {}
            Guest(name=u'thread')
            rom.session.scope().__enter__()  # by a test that fails
            Guest(name=u'inner')
        assert [guest.name for guest in rom.session.known.values()] == [u'outer']
        rom.session.null_session = True
        with rom.testing.database(own_server):
            assert rom.session.null_session
        rom.session.null_session = False
    assert [guest.name for guest in Guest.query] == [u'outer']


def test_each_begins_empty_and_those_within_keep_to_themselves(own_server):
    Guest, _ = models()
    with rom.testing.database(own_server):
        Guest(name=u'outer').save()
        with rom.testing.database():
            assert Guest.query.all() == []
            assert Guest(name=u'inner').save() == 2
            with rom.testing.database(own_server):
                assert Guest.query.all() == []
        assert [guest.name for guest in Guest.query] == [u'outer']
    with rom.testing.database(own_server):
        assert Guest.query.all() == []


def test_they_end_somewhere(own_server):
    def within(depth):
        with rom.testing.database(own_server):
            return within(depth + 1)
    before = rom.util.CONNECTION
    with pytest.raises(rom.InvalidOperation) as info:
        within(0)
    assert '16 databases' in str(info.value) and rom.util.CONNECTION is before


def test_without_a_server_there_is_one_of_this_process(connection):
    Guest, _ = models()
    embedded_by_the_program = embedded.connect('embedded://')
    embedded_by_the_program.set('mine', '1')
    for _ in range(2):
        with rom.testing.database() as client:
            assert client.dbsize() == 0
            Guest(name=u'ann').save()
            assert client.connection_pool.connection_kwargs['path'] != embedded_by_the_program.connection_pool.connection_kwargs['path']
    assert embedded_by_the_program.get('mine') == b'1'


def test_no_other_server_is_emptied(connection, tmpdir, server_uri):
    connection.set('mine', '1')
    with embedded.start(str(tmpdir.join('kept'))) as kept:
        kept.connect().set('mine', '1')
        for server in (kept, connection, server_uri, 'embedded://'):
            with pytest.raises(rom.InvalidOperation) as info:
                with rom.testing.database(server):
                    raise AssertionError('entered')
            assert 'rom.embedded.start()' in str(info.value)
        assert kept.connect().get('mine') == b'1'
    assert connection.get('mine') == b'1'


def test_with_unittest():
    Guest, _ = models()
    seen = []

    class GuestTest(rom.testing.WithDatabase, unittest.TestCase):
        def setUp(self):
            Guest(name=u'ann').save()
            self.addCleanup(lambda: seen.append(Guest.query.count()))

        def tearDown(self):
            seen.append(self.rom_database.exists('Guest:1'))

        def test_one(self):
            self.assertEqual(Guest(name=u'bob').save(), 2)

        test_two = test_one

        @unittest.skip('not now')
        def test_three(self):
            raise AssertionError

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(GuestTest).run(result)
    assert (result.testsRun, result.errors, result.failures) == (3, [], []) or result.errors + result.failures == []
    assert [int(each) for each in seen] == [1, 2, 1, 2]
