# -*- coding: utf-8 -*-
"""A user whose ACL lacks something that a write needs is refused before anything is written, naming it (docs/promises.rst: Writes)."""
import pytest
import redis
import rom
from rom.exceptions import BulkError, InvalidOperation, ORMError

from consistency import problems, snapshot

COMMANDS = ['get', 'set', 'del', 'exists', 'type', 'incrby', 'hget', 'hmget', 'hset', 'hdel', 'hlen', 'sadd', 'srem', 'scard', 'zadd', 'zrem',
            'zcard', 'zrangebyscore', 'geoadd', 'evalsha', 'eval']


@pytest.fixture
def grant(server, connection, clean_state):
    """Call it with ACL rules: from then on rom's client is a user that has these rights alone."""
    def call(*rules):
        connection.execute_command('ACL', 'SETUSER', 'app', 'reset', 'on', '>secret', *rules)
        rom.util.CONNECTION = server.client(username='app', password='secret')
    try:
        connection.execute_command('ACL', 'WHOAMI')
    except redis.ResponseError:
        pytest.skip('a server without ACL')
    before = rom.util.CONNECTION
    yield call
    rom.util.CONNECTION = before
    connection.execute_command('ACL', 'DELUSER', 'app')


@pytest.fixture
def Place(connection):
    class Place(rom.Model):
        id = rom.PrimaryKey(index=True)
        name = rom.Text(unique=True)
        words = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True)
        n = rom.Integer(index=True)
        note = rom.Text()
        lat = rom.Float()
        blob = rom.UnsafeColumn()
        geo_index = [rom.GeoIndex('at', lambda row: {'lon': 1, 'lat': row.lat} if row.lat is not None else None)]
        unique_together = [('n', 'note')]
    return Place


def new(Place, n):
    return Place(name=u'name %d' % n, words=u'some words %d' % n, n=n, note=u'note', lat=float(n))


def change(place):
    place.name, place.words, place.n, place.note, place.lat = place.name + u'!', u'other words', place.n + 10, None, None


def insert(Place, places):
    new(Place, 8).save()


def insert_several(Place, places):
    waiting = [new(Place, n) for n in (7, 8, 9)]
    rom.session.commit()
    return waiting


def insert_atomically(Place, places):
    waiting = [new(Place, n) for n in (7, 8, 9)]
    rom.session.commit(atomic=True)
    return waiting


def update(Place, places):
    change(places[0])
    places[0].save()


def update_one_number(Place, places):
    places[0].n = 50
    places[0].save()


def update_several(Place, places):
    places[0].note = u'a'
    places[1].words = u''
    change(places[2])
    rom.session.commit()


def update_atomically(Place, places):
    update_together(places)
    rom.session.commit(atomic=True)


def update_together(places):
    for place in places:
        change(place)


def rewrite(Place, places):
    change(places[0])
    places[0].save(full=True)


def force(Place, places):
    change(places[0])
    places[0].save(force=True)


def delete(Place, places):
    places[0].delete()


def delete_several(Place, places):
    rom.session.delete(places)


WRITES = [insert, insert_several, insert_atomically, update, update_one_number, update_several, update_atomically, rewrite, force, delete,
          delete_several]


def prepared(Place, connection, legacy=False):
    places = [new(Place, n) for n in (1, 2, 3)]
    rom.session.commit()
    if legacy:
        for place in places:
            connection.hset('Place::', place.id, connection.hget(place._pk, '-index-data-'))
            connection.hdel(place._pk, '-index-data-')
    return places


def without_counter(found):
    return dict((key, content) for key, content in found.items() if key != b'Place:id:')


def attempt(write, Place, places):
    """What was refused, or None."""
    try:
        write(Place, places)
    except (ORMError, redis.ResponseError) as error:
        return error


@pytest.mark.parametrize('write', WRITES, ids=lambda write: write.__name__)
def test_any_command_denied(grant, Place, connection, write):
    """A user whose ACL lacks a command that a write needs is refused before anything is written, naming the command."""
    refused = 0
    for command in COMMANDS:
        connection.flushdb()
        rom.util.CONNECTION = connection
        places = prepared(Place, connection)
        before = without_counter(snapshot(connection))
        grant('~*', '+@all', '-' + command)
        error = attempt(write, Place, places)
        rom.session.rollback()
        after = without_counter(snapshot(connection))
        found = [problem for problem in problems(connection, Place) if 'note' not in problem]
        assert found == [], command
        if error is not None:
            refused += 1
            assert write is update_several or after == before, command
            assert command.upper() in str(error).upper(), (command, error)
        elif command in ('hset', 'zadd', 'zrem', 'sadd', 'srem', 'del', 'hdel', 'geoadd'):
            connection.execute_command('ACL', 'SETUSER', 'app', '+@all')
    assert refused >= 5


@pytest.mark.parametrize('write', [update, delete, force, update_atomically])
@pytest.mark.parametrize('command', ['hdel', 'hget'])
def test_rows_before_1_0(grant, Place, connection, write, command):
    """What such rows list outside is taken out only by who may."""
    places = prepared(Place, connection, legacy=True)
    before = snapshot(connection)
    grant('~*', '+@all', '-' + command)
    error = attempt(write, Place, places)
    assert command.upper() in str(error) and snapshot(connection) == before


@pytest.mark.parametrize('rules', [
    ['~Place:[0-9]*', '~Place:*:', '~Place:once:*', '~Place:name:*'], ['~Place:[0-9]*', '~Place:*:', '~Place:once:*', '~Place:*idx'],
    ['~Place:*idx', '~Place:*:', '~Place:once:*'], ['~Place:[0-9]*', '~Place:once:*', '~Place:*idx', '~Place:*pre', '~Place:*suf'],
    ['~Place:once:*', '%R~*'], ['~Place:*idx', '~Place:once:*', '%R~*'], ['~Place:[0-9]*', '~Place:once:*', '%R~*']])
@pytest.mark.parametrize('write', WRITES, ids=lambda write: write.__name__)
def test_keys_denied(grant, Place, connection, rules, write):
    """The same for keys that the user may not touch, or not write."""
    places = prepared(Place, connection)
    before = without_counter(snapshot(connection))
    try:
        grant('+@all', *rules)
    except redis.ResponseError:
        pytest.skip('a server that knows no rights to read alone')
    error = attempt(write, Place, places)
    assert isinstance(error, (InvalidOperation, BulkError)) and 'lacks the right to' in str(error)
    assert write is update_several or without_counter(snapshot(connection)) == before
    assert [problem for problem in problems(connection, Place) if 'note' not in problem] == []


def test_the_error_names_command_and_key(grant, Place, connection):
    """... naming the command."""
    grant('~*', '+@all', '-zadd')
    place = new(Place, 1)
    with pytest.raises(InvalidOperation) as caught:
        place.save()
    assert 'lacks the right to ZADD Place:' in str(caught.value) and 'nothing was written' in str(caught.value)
    connection.execute_command('ACL', 'SETUSER', 'app', '+zadd')
    place.save()
    assert problems(connection, Place) == [] and place.id == Place.get_by(name=u'name 1').id


def test_those_before_the_refused_one_are_written_wholly(grant, connection):
    """commit() stops at the first error, and keeps the failed entity queued."""
    class Thing(rom.Model):
        n = rom.Integer(index=True)
        word = rom.Text(index=True, keygen=rom.IDENTITY)

    grant('~*', '+@all', '-sadd')
    first, second = Thing(n=1), Thing(n=2, word=u'w')
    Thing(n=3)
    with pytest.raises(InvalidOperation):
        rom.session.commit()
    assert problems(connection, Thing) == [] and connection.exists(first._pk) and not second._new is False
    assert connection.zrange('Thing:n:idx', 0, -1) == [b'1']
    connection.execute_command('ACL', 'SETUSER', 'app', '+sadd')
    rom.session.commit()
    assert problems(connection, Thing) == [] and connection.zcard('Thing:n:idx') == 3


def test_two_models_of_which_one_may_only_be_read(grant, Place, connection):
    """commit(atomic=True): all entities or none."""
    class Other(rom.Model):
        n = rom.Integer(index=True)

    place, other = new(Place, 1), Other(n=1)
    rom.session.commit()
    try:
        grant('~Place:*', '%R~Other:*', '+@all')
    except redis.ResponseError:
        pytest.skip('a server that knows no rights to read alone')
    before = snapshot(connection)
    place.words, other.n = u'changed', 2
    with pytest.raises(BulkError) as caught:
        rom.session.commit(atomic=True)
    assert [entity for entity, _ in caught.value.errors] == [other] and 'Other:' in str(caught.value)
    assert snapshot(connection) == before


def test_unsafe_columns_go_with_the_row_or_not_at_all(grant, Place, connection):
    """The keys of unsafe columns are among what is looked at."""
    place = new(Place, 1)
    place.save()
    connection.set('Place:1:blob', 'data')
    before = snapshot(connection)
    grant('+@all', '~Place:1', '~Place:*idx', '~Place:*pre', '~Place:*suf', '~Place:*geo', '~Place:once:*')
    with pytest.raises(InvalidOperation) as caught:
        place.delete()
    assert 'DEL Place:1:blob' in str(caught.value) and snapshot(connection) == before


def test_a_cascade_whose_end_is_denied(grant, connection, monkeypatch):
    """Large fan-outs are worked in batches: whether the user may is known before the first."""
    monkeypatch.setattr(rom.storage.batches, 'ROWS_PER_WRITE', 5)

    class Top(rom.Model):
        pass

    class Leaf(rom.Model):
        top = rom.ManyToOne('Top', on_delete='cascade')

    top = Top()
    for _ in range(12):
        Leaf(top=top)
    rom.session.commit()
    before = snapshot(connection)
    try:
        grant('~Leaf:*', '~Top:once:*', '%R~Top:*', '+@all')
    except redis.ResponseError:
        pytest.skip('a server that knows no rights to read alone')
    with pytest.raises(InvalidOperation):
        top.delete()
    assert snapshot(connection) == before


READS = [
    lambda Place: [place.name for place in Place.get([1, 2])],
    lambda Place: [place.name for place in Place.get_by(name=[u'name 1', u'name 2'])],
    lambda Place: [place.name for place in Place.query.filter(n=(1, 2)).all()],
    lambda Place: [place.name for place in Place.query.startswith(words=u'some').filter(n=(1, 2)).all()],
    lambda Place: [place.name for place in Place.query.like(words=u'*o*e').filter(words=u'some').order_by('n').limit(0, 2).all()],
    lambda Place: [place.name for place in Place.query.limit(0, 2).all()]]


@pytest.mark.parametrize('read', READS)
def test_a_read_that_is_denied_is_an_error_and_no_other_answer(grant, Place, connection, read):
    """pcall hides nothing but a key of another type."""
    prepared(Place, connection)
    for command in ['hmget', 'hget', 'get', 'exists', 'zrange', 'zcount', 'scard', 'smembers', 'zscore', 'zmscore', 'smismember']:
        rom.session.rollback()
        try:
            grant('~*', '+@all', '-' + command)
        except redis.ResponseError:
            continue  # a server without that command
        try:
            found = read(Place)
        except redis.ResponseError:
            continue
        assert found == [u'name 1', u'name 2'], command
