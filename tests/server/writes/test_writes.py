# -*- coding: utf-8 -*-
"""Writes: each promise of docs/promises.rst (Writes), in its order; the docstrings quote it. A lost reply is in test_exactly_once.py."""
import copy

import pytest
import redis
import rom
from rom.storage import batches
from rom.storage.store import Writer
from rom.exceptions import (BulkError, ColumnError, DataRaceError, EntityDeletedError, InvalidColumnValue, InvalidOperation, MissingColumn, ORMError,
                            UniqueKeyViolation)

from consistency import problems, snapshot
from naming import shown


def elsewhere(Model, id):
    """The row as another writer has it: an object that this session does not know."""
    known, wknown = rom.session.known, rom.session.wknown
    rom.session.rollback()
    try:
        return Model.get(id)
    finally:
        rom.session.known, rom.session.wknown = known, wknown


def write_elsewhere(Model, id, **values):
    other = elsewhere(Model, id)
    known, wknown = rom.session.known, rom.session.wknown
    rom.session.rollback()
    for attr, value in values.items():
        setattr(other, attr, value)
    other.save()
    rom.session.known, rom.session.wknown = known, wknown


def delete_elsewhere(Model, id):
    elsewhere(Model, id).delete()


@pytest.fixture
def Person(connection):
    class Person(rom.Model):
        name = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True)
        email = rom.Text(unique=True)
        age = rom.Integer(index=True)
        score = rom.Float(index=True)
        note = rom.Text()
    return Person


# Nothing is half-written -----------------------------------------------------------------------------------------

def test_one_script_call_a_write(Person, calls):
    """Row, indexes and unique entries change in one script."""
    Person(name=u'a b').save()
    del calls[:]
    person = Person(name=u'Ann Lee', email=u'a@x', age=5)
    person.save()
    person.age = 6
    person.save()
    person.save()
    person.delete()
    assert calls == ['EVALSHA'] * 4


@pytest.mark.parametrize('point', [{'lon': 500, 'lat': 0}, {'lon': 0, 'lat': 86}, {'lon': float('nan'), 'lat': 0}, {'lon': 0, 'lat': float('inf')},
                                   {'lon': 'x', 'lat': 0}, {'lon': 0}, {'lon': 10 ** 400, 'lat': 0}, 5],
                         ids=lambda point: shown(point)[:30])
def test_what_redis_would_refuse_is_refused_before(connection, point):
    """Nothing is half-written: what Redis would refuse is refused before."""
    class Place(rom.Model):
        n = rom.Integer(index=True)
        u = rom.Text(unique=True)
        geo_index = [rom.GeoIndex('at', lambda row: point if row.n != 1 else {'lon': 1, 'lat': 1})]

    place = Place(n=1, u=u'x')
    place.save()
    before = snapshot(connection)
    place.n, place.u = 2, u'y'
    for entity in (place, Place(n=3, u=u'z')):
        with pytest.raises(InvalidColumnValue):
            entity.save()
    assert snapshot(connection) == before


@pytest.mark.parametrize('made', [{'': float('nan')}, {'x': 'y'}, {'': 10 ** 400}, [u'\ud800'], {u'\ud800': 1}, 5, 'word', {'': object()}, [object()]], ids=shown)
def test_keygen_results_that_do_not_fit_write_nothing(connection, made):
    """Nothing is half-written: what Redis would refuse is refused before."""
    class Thing(rom.Model):
        n = rom.Integer(index=True)
        u = rom.Text(unique=True)
        only = rom.IndexOnly(keygen2=lambda attr, row: made if row['n'] != 1 else ['fine'])

    thing = Thing(n=1, u=u'x')
    thing.save()
    before = snapshot(connection)
    thing.n, thing.u = 2, u'y'
    for entity in (thing, Thing(n=3, u=u'z')):
        with pytest.raises(InvalidColumnValue) as caught:
            entity.save()
        assert 'Thing.only' in str(caught.value)
    assert snapshot(connection) == before


@pytest.mark.parametrize('first,second', [([u'x'], {u'x': 1}), ({u'x': 1}, [u'x'])], ids=['set', 'zset'])
def test_a_word_and_a_number_of_one_name(connection, first, second):
    """Nothing is half-written: a key of the other type, a set or a sorted set, stops the write before it begins."""
    class Thing(rom.Model):
        n = rom.Integer(index=True)
        u = rom.Text(unique=True)
        only = rom.IndexOnly(keygen2=lambda attr, row: first if row['n'] == 1 else second)

    Thing(n=1, u=u'a').save()
    before = snapshot(connection)
    for many in (False, True):
        entities = [Thing(n=2, u=u'b')] + ([Thing(n=3, u=u'c')] if many else [])
        with pytest.raises(ORMError):
            rom.session.commit(atomic=many)
        rom.session.rollback()
    assert entities
    assert dict((k, v) for k, v in snapshot(connection).items() if k != b'Thing:id:') == dict((k, v) for k, v in before.items() if k != b'Thing:id:')


@pytest.mark.parametrize('key', ['Thing:1', 'Thing:id:', 'Thing:id:idx', 'Thing:n:idx', 'Thing:t:b:idx', 'Thing:t:pre', 'Thing:t:suf', 'Thing:u:uidx',
                                 'Thing:n:u:uidx', 'Thing:g:geo', 'Thing::'])
@pytest.mark.parametrize('write', ['insert', 'update', 'force', 'delete'])
def test_a_key_of_another_type(connection, key, write):
    """Nothing is half-written: any key that holds something of another type stops the write before it begins."""
    class Thing(rom.Model):
        id = rom.PrimaryKey(index=True)
        n = rom.Integer(index=True)
        t = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True)
        u = rom.Text(unique=True)
        geo_index = [rom.GeoIndex('g', lambda row: {'lon': 1, 'lat': row.n})]
        unique_together = [('n', 'u')]

    thing = Thing(n=1, t=u'a', u=u'x')
    if write != 'insert':
        thing.save()
        connection.hdel('Thing:1', '-index-data-')  # as a row of 0.x: its entries are listed in Thing::
    connection.delete(key)
    connection.set(key, 'something else')
    before = snapshot(connection)
    thing.n, thing.t, thing.u = 2, u'b', u'y'
    try:
        thing.delete() if write == 'delete' else thing.save(force=write == 'force')
    except (ORMError, redis.ResponseError):
        after = snapshot(connection)
        if write == 'insert':
            for keys in (before, after):
                keys.pop(b'Thing:id:', None)
        assert after == before
    else:
        assert connection.exists(thing._pk) == (write != 'delete')
        assert connection.hgetall('Thing:u:uidx') == ({} if write == 'delete' else {b'y': thing._pk[6:].encode()})


@pytest.mark.parametrize('atomic', [False, True])
def test_a_refused_unique_value_leaves_nothing_behind(Person, connection, atomic):
    """Row, indexes and unique entries change in one script or not at all."""
    Person(name=u'x', email=u'taken').save()
    person = Person(name=u'y z', email=u'free', age=1)
    person.save()
    before = snapshot(connection)
    person.name, person.email, person.age = u'w', u'taken', 2
    with pytest.raises(BulkError if atomic else UniqueKeyViolation):
        rom.session.commit(atomic=atomic)
    assert snapshot(connection) == before
    assert (person.email, person._modified) == (u'taken', True)
    person.email = u'other'
    assert rom.session.commit(atomic=atomic) == 3
    assert problems(connection, Person) == []


def test_a_failing_server_writes_nothing(server, connection):
    """Nothing is half-written: a server out of memory."""
    small = server.spawn(maxmemory='2mb')
    client = small.client()

    class Thing(rom.Model):
        _conn = client
        n = rom.Integer(index=True)
        text = rom.Text(index=True, keygen=rom.FULL_TEXT)

    with pytest.raises(redis.ResponseError):
        for n in range(2000):
            Thing(n=n, text=u' '.join(u'word%d' % (n * 100 + i) for i in range(100))).save()
    rom.session.rollback()
    assert problems(client, Thing) == []
    for thing in Thing.get([1, 2, 3]):
        thing.delete()  # that needs no memory
    client.config_set('maxmemory', '1mb')
    for atomic in (False, True):
        thing = Thing.get(4)
        thing.n, thing.text = 5000, u'other'
        with pytest.raises(redis.ResponseError):
            rom.session.commit(atomic=atomic)
        rom.session.rollback()
    assert problems(client, Thing) == [] and Thing.get(4).n == 3 and not rom.session._writer.unacknowledged


# A save touches only what it changed -----------------------------------------------------------------------------

def test_a_save_leaves_what_others_wrote(Person, connection):
    """A save touches only what it changed: data, index entries and unique entries of other columns stay as other writers left them."""
    person = Person(name=u'Ann Lee', email=u'a@x', age=5, score=1.5, note=u'n')
    person.save()
    write_elsewhere(Person, 1, name=u'Bob', email=u'b@x', score=2.5)
    person.age = 6
    assert person.save() == 1
    assert problems(connection, Person) == []
    person.refresh()
    assert (person.name, person.email, person.age, person.score) == (u'Bob', u'b@x', 6, 2.5)
    assert Person.query.startswith(name=u'bo').count() == Person.query.endswith(name=u'ob').count() == 1
    assert Person.query.filter(name=u'ann').count() == 0
    assert Person.get_by(email=u'b@x') is person and Person.get_by(email=u'a@x') is None


def test_an_update_sends_and_changes_only_its_columns(Person, connection):
    """A save touches only what it changed: entries of other columns that a hand put there stay."""
    person = Person(name=u'Ann', email=u'a@x', age=5, score=1.0)
    person.save()
    connection.zadd('Person:score:idx', {'1': 77})
    connection.hset('Person:email:uidx', 'by hand', 1)
    person.age = 6
    person.save()
    assert connection.zscore('Person:score:idx', 1) == 77
    assert connection.hget('Person:email:uidx', 'by hand') == b'1'
    assert connection.hget('Person:1', 'age') == b'6'


@pytest.mark.parametrize('save', ['update', 'refresh'])
def test_a_default_goes_behind_what_others_wrote(connection, save):
    """Data of other columns stay as other writers left them: a default fills in only what is missing by then."""
    class Thing(rom.Model):
        a = rom.Integer(default=7, index=True)
        b = rom.Integer()

    thing = Thing(b=1)
    thing.save()
    connection.hdel('Thing:1', 'a')
    rom.session.rollback()
    thing = Thing.get(1)
    assert thing.a == 7
    write_elsewhere(Thing, 1, a=5)
    if save == 'update':
        thing.b = 2
    assert thing.save() == (1 if save == 'update' else 0) and thing.a == 5
    assert connection.hget('Thing:1', 'a') == b'5' and connection.zscore('Thing:a:idx', 1) == 5


def test_a_default_is_written_as_it_was_read(connection):
    """What an entity says is what the row holds: a callable default is called once for a missing value."""
    values = iter(range(100))

    class Thing(rom.Model):
        a = rom.Integer(default=lambda: next(values))
    Thing().save()
    for full in (False, True):
        connection.hdel('Thing:1', 'a')
        rom.session.rollback()
        thing = Thing.get(1)
        seen = thing.a
        thing.save(full=full)
        assert thing.a == seen == int(connection.hget('Thing:1', 'a'))


# What derives from several columns -------------------------------------------------------------------------------

@pytest.fixture
def Derived(connection):
    class Derived(rom.Model):
        a = rom.Integer()
        b = rom.Integer()
        c = rom.Integer(index=True)
        both = rom.IndexOnly(keygen2=lambda attr, row: {'': (row['a'] or 0) * 100 + (row['b'] or 0)})
        word = rom.Text(index=True, keygen2=lambda attr, row: [u'%s-%s' % (row['word'], row['a'])])
        one = rom.IndexOnly('a', keygen=lambda value: None if value is None else {'': value})
        unique_together = [('a', 'b')]
        geo_index = [rom.GeoIndex('at', lambda row: {'lon': row.a, 'lat': row.b} if row.a is not None and row.b is not None else None)]
    return Derived


def test_derived_entries_follow_the_row_as_it_is(Derived, connection):
    """What derives from several columns is derived from the row as it is: what another writer changed is taken over."""
    entity = Derived(a=1, b=1, c=1, word=u'w')
    entity.save()
    write_elsewhere(Derived, 1, b=2)
    entity.a = 3
    assert entity.save() == 1
    assert entity.b == 2
    assert connection.zscore('Derived:both:idx', 1) == 302
    assert [round(x) for x in connection.geopos('Derived:at:geo', 1)[0]] == [3, 2]
    assert connection.hgetall('Derived:a:b:uidx') == {rom.util._encode_unique_constraint([u'3', u'2']).encode('utf-8'): b'1'}
    assert connection.smembers('Derived:word:w-3:idx') == {b'1'} and not connection.exists('Derived:word:w-1:idx')
    assert connection.zscore('Derived:one:idx', 1) == 3
    assert problems(connection, Derived, {}) == []


def test_taking_over_keeps_what_is_being_written(Derived):
    """The plan is made again and the write repeated: with the values of this save, and without a word."""
    entity = Derived(a=1, b=1, c=1)
    entity.save()
    for n in range(2, 6):
        write_elsewhere(Derived, 1, c=n)
        entity.b = n
        assert entity.save() == 1
        assert (entity.b, entity.c) == (n, n)


@pytest.mark.parametrize('mine,theirs', [(5, 6), (None, 6), (5, None)], ids=['change', 'clear', 'cleared'])
@pytest.mark.parametrize('attr', ['age', 'note', 'email'])
def test_a_race_for_one_column(Person, connection, attr, mine, theirs):
    """If a column that this save writes or clears was changed or cleared meanwhile: DataRaceError."""
    shown = (lambda value: value) if attr == 'age' else (lambda value: None if value is None else u'%d@x' % value)
    person = Person(**{attr: shown(1)})
    person.save()
    write_elsewhere(Person, 1, **{attr: shown(theirs)})
    before = snapshot(connection)
    setattr(person, attr, shown(mine))
    with pytest.raises(DataRaceError) as caught:
        person.save()
    assert caught.value.columns == (attr,) and caught.value.args[1:] == ('Person', '1')
    assert snapshot(connection) == before
    assert person.save(force=True) == 6
    assert problems(connection, Person) == []
    person.refresh()
    assert getattr(person, attr) == shown(mine)


def test_a_race_for_a_column_set_for_the_first_time(Person):
    """If a column that this save sets for the first time was set meanwhile: DataRaceError."""
    person = Person(note=u'n')
    person.save()
    write_elsewhere(Person, 1, age=6)
    person.age = 7
    with pytest.raises(DataRaceError):
        person.save()
    person.refresh(force=True)
    assert person.age == 6


def test_a_race_behind_a_full_save(Person):
    """If a column that this save writes was changed: DataRaceError. A full save writes all."""
    person = Person(age=1, note=u'n')
    person.save()
    write_elsewhere(Person, 1, note=u'm')
    with pytest.raises(DataRaceError):
        person.save(full=True)


@pytest.mark.parametrize('change', [False, True])
def test_a_row_that_vanished(Person, connection, change):
    """A row that vanished: EntityDeletedError."""
    person = Person(age=1, email=u'e')
    person.save()
    delete_elsewhere(Person, 1)
    if change:
        person.age = 2
    with pytest.raises(EntityDeletedError):
        person.save()
    assert not connection.exists('Person:1') and not connection.exists('Person:age:idx')
    assert person.save(force=True) == 6
    assert problems(connection, Person) == [] and connection.hget('Person:1', 'age') == (b'2' if change else b'1')


# force -----------------------------------------------------------------------------------------------------------

def test_force_makes_the_row_what_the_entity_says(Person, connection):
    """force=True makes the row exactly what the entity says: cleared columns go, old unique values and index entries go."""
    person = Person(name=u'Ann Lee', email=u'a@x', age=5)
    person.save()
    write_elsewhere(Person, 1, name=u'Bob Ray', email=u'b@x', age=None, score=3.5, note=u'theirs')
    person.age = 7
    assert person.save(force=True) == 6
    assert problems(connection, Person) == []
    row = connection.hgetall('Person:1')
    assert set(row) == {b'id', b'name', b'email', b'age', b'-index-data-'} and row[b'email'] == b'a@x'
    assert connection.hgetall('Person:email:uidx') == {b'a@x': b'1'}
    assert Person.query.filter(name=u'bob').count() == 0 == Person.query.filter(score=3.5).count()
    assert Person.query.filter(name=u'ann', age=7).count() == 1


def test_force_does_not_take_what_others_own(Person, connection):
    """force=True makes the row what the entity says; a unique value that another row has it still cannot take."""
    Person(email=u'a').save()
    person = Person(email=u'b')
    person.save()
    person.email = u'a'
    with pytest.raises(UniqueKeyViolation):
        person.save(force=True)
    assert problems(connection, Person) == []


@pytest.mark.parametrize('read_again', [False, True])
def test_force_after_the_row_vanished_with_its_list(connection, read_again):
    """force=True: old index entries go, those included that nothing lists any more."""
    class Thing(rom.Model):
        id = rom.PrimaryKey(index=True)
        word = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True, unique=True)
        n = rom.Integer(index=True)
        sum = rom.IndexOnly(keygen2=lambda attr, row: {'plus': row['n'] + 1})
        geo_index = [rom.GeoIndex('at', lambda row: {'lon': 1, 'lat': row.n} if row.n < 50 else None)]

    thing = Thing(word=u'old words', n=1)
    thing.save()
    if read_again:
        write_elsewhere(Thing, 1, n=5)
        with pytest.raises(DataRaceError):
            thing.n = 7
            thing.save()
        thing.refresh(force=True)
    connection.delete('Thing:1')
    thing.word, thing.n = u'new', 60
    thing.save(force=True)
    assert problems(connection, Thing, {}) == [] and connection.hgetall('Thing:word:uidx') == {b'new': b'1'}
    assert not connection.exists('Thing:at:geo') and connection.zscore('Thing:sum:plus:idx', 1) == 61


def test_force_with_derived_entries(Derived, connection):
    """force=True: old unique values and index entries go, whatever is stored now, derived ones included."""
    entity = Derived(a=1, b=1, word=u'w')
    entity.save()
    write_elsewhere(Derived, 1, a=5, b=6, word=u'v')
    entity.save(force=True)
    assert list(connection.hgetall('Derived:a:b:uidx')) == [rom.util._encode_unique_constraint([u'1', u'1']).encode('utf-8')]
    assert connection.zscore('Derived:both:idx', 1) == 101
    assert sorted(connection.keys('Derived:word:*')) == [b'Derived:word:w-1:idx']
    assert problems(connection, Derived, {}) == []


# delete ----------------------------------------------------------------------------------------------------------

def test_delete_removes_what_is_stored_now(Person, connection):
    """`delete()` removes what is stored now, index entries and unique values that others wrote included."""
    person = Person(name=u'Ann', email=u'a', age=1)
    person.save()
    write_elsewhere(Person, 1, name=u'Bob Ray', email=u'b', age=2, score=4.5)
    person.delete()
    assert list(snapshot(connection)) == [b'Person:id:']


def test_delete_removes_derived_values_of_the_stored_row(Derived, connection):
    """`delete()` removes what is stored now: unique_together and geo as well."""
    entity = Derived(a=1, b=1, word=u'w')
    entity.save()
    write_elsewhere(Derived, 1, a=2, b=3)
    entity.delete()
    assert list(snapshot(connection)) == [b'Derived:id:']


def test_delete_never_runs_keygens_on_nothing(connection):
    """`delete()` never runs keygens or geo callbacks on nothing."""
    seen = []

    class Thing(rom.Model):
        a = rom.Integer(required=True)
        u = rom.IndexOnly(keygen2=lambda attr, row: seen.append(row['a']) or [str(row['a'])], unique=True, index=True)
        geo_index = [rom.GeoIndex('at', lambda row: seen.append(row.a) or {'lon': row.a + 1, 'lat': 0})]

    thing, other = Thing(a=1), Thing(a=2)
    rom.session.commit()
    connection.delete('Thing:2')
    thing.delete()
    other.delete()
    assert seen and None not in seen
    assert connection.zrange('Thing:at:geo', 0, -1) in ([], [b'2'])


def test_deleting_a_never_saved_entity(Person, connection):
    """Deleting a never-saved entity raises InvalidOperation."""
    person = Person(age=1)
    for delete in (person.delete, lambda: rom.session.delete(person)):
        with pytest.raises(InvalidOperation):
            delete()
    assert snapshot(connection) == {}
    assert person.save() == 6


def test_deleting_twice(Person):
    """A second delete is silent, as is one of a row that another writer removed."""
    person, other = Person(age=1), Person(age=2)
    rom.session.commit()
    person.delete()
    assert person.delete() is None
    delete_elsewhere(Person, 2)
    assert other.delete() is None and other._deleted


# New rows --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('read_id_first', [False, True])
def test_a_new_row_never_overwrites(Person, connection, read_id_first):
    """A new row never overwrites an existing one, even if the id counter was lost."""
    first = [Person(note=u'old %d' % n) for n in range(5)]
    rom.session.commit()
    connection.delete('Person:id:')
    fresh = [Person(note=u'new %d' % n) for n in range(5)]
    if read_id_first:
        assert not set(p.id for p in fresh) & set(p.id for p in first)
    rom.session.commit()
    assert len(set(p.id for p in first + fresh)) == 10
    rom.session.rollback()
    assert [p.note for p in Person.get([p.id for p in first])] == [u'old %d' % n for n in range(5)]
    assert problems(connection, Person) == []


def test_a_row_that_appears_under_a_known_id(Person, connection):
    """A new row never overwrites an existing one: not even where the id was read before."""
    person = Person(note=u'mine')
    connection.hset('Person:%d' % person.id, 'note', 'theirs')
    with pytest.raises(DataRaceError):
        person.save()
    assert connection.hgetall('Person:1') == {b'note': b'theirs'}


def test_a_failed_construction_uses_no_id(connection):
    """A failed construction uses no id."""
    class Thing(rom.Model):
        a = rom.Integer(required=True)

    for values in ({}, {'a': u'x'}, {'a': 1, 'nope': 2}, {'a': 1, 'id': 5}):
        with pytest.raises(ColumnError):
            Thing(**values)
    assert connection.keys('*') == [] and rom.session.known == {}
    assert Thing(a=1).id == 1


def test_constructing_writes_nothing(connection, calls):
    """Constructing writes nothing; and asks for nothing either."""
    class Owner(rom.Model):
        pass

    class Thing(rom.Model):
        owner = rom.ManyToOne('Owner', 'no action')
        n = rom.Integer()

    Thing(owner=Owner(), n=1)
    assert calls == [] and connection.keys('*') == []


def test_new_references_are_saved_first(connection):
    """A new referenced entity is saved with, and before, the one that refers to it."""
    saved = []

    class Node(rom.Model):
        name = rom.Text()
        to = rom.ManyToOne('Node', 'no action')

        def _after_insert(self):
            saved.append(self.name)

    chain = Node(name=u'c', to=Node(name=u'b', to=Node(name=u'a')))
    chain.save()
    assert saved == [u'a', u'b', u'c']
    assert connection.hget(chain._pk, 'to').decode() == str(chain.to.id)
    rom.session.rollback()
    assert Node.get(chain.id).to.to.name == u'a'


def test_a_chain_of_new_references_of_any_length(connection):
    """A new referenced entity is saved before: a thousand of them as well."""
    class Node(rom.Model):
        to = rom.ManyToOne('Node', 'no action')

    node = None
    for _ in range(1500):
        node = Node(to=node)
    node.save()
    assert connection.get('Node:id:') == b'1500'
    assert len(connection.keys('Node:[0-9]*')) == 1500


def test_two_that_refer_to_each_other_both_get_saved(connection):
    """Two that refer to each other both get saved."""
    class Node(rom.Model):
        to = rom.ManyToOne('Node', 'no action')

    first, second = Node(), Node()
    first.to, second.to = second, first
    assert first.save() == 4
    rom.session.rollback()
    first = Node.get(first.id)
    assert first.to.to is first and first.to is not first


def test_the_id_is_handed_out_by_the_write(Person, calls):
    """Ids are handed out inside the write call; `entity.id` read earlier fetches its own."""
    first, second = Person(), Person()
    assert second.id == 1
    rom.session.commit()
    assert (first.id, second.id) == (2, 1)
    assert calls.count('EVALSHA') + calls.count('EVAL') <= 4


# Unique values ---------------------------------------------------------------------------------------------------

def test_a_unique_value_without_an_owner_is_free(Person, connection):
    """A unique value whose owner's row no longer exists is free."""
    Person(email=u'a').save()
    connection.delete('Person:1')
    person = Person(email=u'a')
    assert person.save() == 6
    assert connection.hgetall('Person:email:uidx') == {b'a': b'2'}
    assert Person.get_by(email=u'a') is person


def test_unique_together_without_an_owner_is_free(Derived, connection):
    """A unique value whose owner's row no longer exists is free: of several columns as well."""
    Derived(a=1, b=2).save()
    connection.delete('Derived:1')
    Derived(a=1, b=2).save()
    with pytest.raises(UniqueKeyViolation) as caught:
        Derived(a=1, b=2).save()
    assert caught.value.columns == ('a', 'b')


def test_unique_together_needs_all_columns(Derived, connection):
    """unique_together is not applied to a row where one of them is None."""
    for _ in range(2):
        Derived(a=1).save()
    assert not connection.exists('Derived:a:b:uidx')
    first, second = Derived.get([1, 2])
    first.b = 5
    first.save()
    second.b = 5
    with pytest.raises(UniqueKeyViolation):
        second.save()
    first.b = None
    first.save()
    second.save()


def test_get_by_goes_through_the_keygen(connection):
    """Unique values go through the column's keygen for `get_by` as well."""
    class Thing(rom.Model):
        email = rom.Text(unique=True, keygen=rom.IDENTITY_CI)
        plain = rom.Text(unique=True, index=True, keygen=rom.IDENTITY_CI)
        only = rom.IndexOnly('email', keygen=lambda value: None if value is None else [value[:2].upper()], unique=True)

    thing = Thing(email=u'Ann@X', plain=u'Ann@X')
    thing.save()
    assert Thing.get_by(email=u'ANN@x') is thing and Thing.get_by(email=[u'aNN@x', u'b']) == [thing]
    assert Thing.get_by(plain=u'Ann@X') is thing
    assert Thing.get_by(only=u'ann') is thing
    thing.email = u'ann@x'
    assert thing.save() == 1
    assert connection.hgetall('Thing:email:uidx') == {b'ann@x': b'1'}


def test_empty_text_claims_no_unique_value(Person, connection):
    """`''` claims no unique value."""
    for _ in range(2):
        Person(email=u'').save()
    assert not connection.exists('Person:email:uidx')


# Servers ---------------------------------------------------------------------------------------------------------

def test_after_script_flush(Person, connection):
    """After SCRIPT FLUSH every operation still works."""
    person = Person(name=u'Ann', email=u'a', age=5)
    steps = [person.save, lambda: person.update(age=6).save(), lambda: Person.query.filter(age=6).all(), lambda: Person.get_by(email=u'a'),
             lambda: Person(email=u'b').id, rom.session.commit, lambda: Person.get([1, 2, 3]), lambda: list(Person.query), person.delete]
    for step in steps:
        connection.script_flush()
        step()
    assert not connection.exists('Person:1')


def test_on_a_second_server(Person, server, connection):
    """On a second server every operation still works."""
    Person(email=u'a').save()
    other = server.spawn()
    rom.util.CONNECTION = other.client()
    person = Person(email=u'a', age=1)
    assert person.save() == 6 and person.id == 1
    person.age = 2
    assert rom.session.commit() == 1
    assert Person.query.filter(age=2).all() == [person]
    person.delete()
    assert connection.exists('Person:1')


def test_two_servers_in_one_commit(server, connection):
    """Models with connections of their own are written in one commit; `atomic` says that it cannot."""
    other = server.spawn()

    class Here(rom.Model):
        n = rom.Integer()

    class There(rom.Model):
        _conn = other.client()
        n = rom.Integer()

    for n in range(3):
        Here(n=n), There(n=n)
    with pytest.raises(InvalidOperation):
        rom.session.commit(atomic=True)
    assert rom.session.commit() == 12
    assert len(connection.keys('Here:[0-9]*')) == len(other.client().keys('There:[0-9]*')) == 3


# Deleting in bulk ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('delete', ['session', 'query', 'entity'])
def test_deleted_only_when_redis_said_so(Person, connection, rom_connection, monkeypatch, delete):
    """`session.delete`, `Query.delete`: an entity counts as deleted only when Redis said so; errors are raised and a retry works."""
    people = [Person(age=1, email=u'%d' % n) for n in range(3)]
    rom.session.commit()
    work = {'session': lambda: rom.session.delete(people), 'query': Person.query.filter(age=1).delete, 'entity': lambda: [p.delete() for p in people]}[delete]
    send = rom_connection.execute_command
    fails = []

    def execute_command(*args, **options):
        if args[0] in ('EVALSHA', 'EVAL') and b'"delete"' in repr(args).encode():
            fails.append(args[0])
            raise redis.ConnectionError('gone')
        return send(*args, **options)
    monkeypatch.setattr(rom_connection, 'execute_command', execute_command)
    with pytest.raises(redis.ConnectionError):
        work()
    assert fails and not any(p._deleted for p in people)
    assert Person.get([p.id for p in people]) == people
    monkeypatch.undo()
    work()
    assert list(snapshot(connection)) == [b'Person:id:'] and all(p._deleted for p in people)


def test_one_entity_given_twice(connection):
    """Each entity is deleted, and its hooks are called, once."""
    log = []

    class Thing(rom.Model):
        def _before_delete(self):
            log.append('before')

        def _after_delete(self):
            log.append('after')

    thing = Thing()
    thing.save()
    rom.session.delete(thing, [thing])
    assert log == ['before', 'after'] and not connection.exists('Thing:1')


def test_session_delete_is_one_call(Person, calls):
    """`session.delete` works in one round trip."""
    people = [Person(age=n) for n in range(10)]
    rom.session.commit()
    delete_elsewhere(Person, 3)
    del calls[:]
    rom.session.delete(people[:5], people[5])
    assert calls == ['EVALSHA']
    rom.session.delete(people)
    assert all(p._deleted for p in people) and Person.get(list(range(1, 11))) == []


# commit ----------------------------------------------------------------------------------------------------------

def test_two_objects_of_one_row_in_one_call(Person, connection):
    """Row and indexes change together: the second operation on a row takes back what the first one has put into the indexes."""
    Person(name=u'b').save()
    later = copy.copy(Person.get(1))  # detached: what the row will be again after the first write
    write_elsewhere(Person, 1, name=u'a')
    first = Person.get(1)
    first.refresh()
    first.name, later.name = u'b', u'a'
    rom.session.save(first, later)
    assert connection.hget('Person:1', 'name') == b'a'
    assert problems(connection, Person) == []


def test_the_first_error_stops(Person, connection):
    """`commit()` stops at the first error and keeps the failed entity queued; what was before it is saved."""
    Person(email=u'taken').save()
    people = [Person(email=u'1'), Person(email=u'2'), Person(email=u'taken'), Person(email=u'4')]
    with pytest.raises(UniqueKeyViolation):
        rom.session.commit()
    assert [p._new for p in people] == [False, False, True, True]
    assert problems(connection, Person) == []
    people[2].email = u'3'
    assert rom.session.commit() == 12
    assert [p.email for p in Person.get([p.id for p in people])] == [u'1', u'2', u'3', u'4']


def test_an_error_before_anything_is_sent_stops_too(Person, connection):
    """The first error stops, what was before it is saved: also where a hook raises, or a value cannot be planned."""
    first, second, third = Person(age=1), Person(age=2), Person(age=3)

    def refuse():
        raise KeyError('hook')
    second._before_insert = refuse
    with pytest.raises(KeyError):
        rom.session.commit()
    assert [p._new for p in (first, second, third)] == [False, True, True]
    assert len(connection.keys('Person:[0-9]*')) == 1


def test_commit_goes_in_batches(Person, calls):
    """commit() goes in batches of up to 500 entities a call."""
    Person().save()
    del calls[:]
    people = [Person(age=n, email=u'%d' % n) for n in range(1200)]
    assert rom.session.commit() == 7200
    assert calls == ['EVALSHA'] * 3
    assert sorted(p.id for p in people) == list(range(2, 1202))
    for person in people[:600]:
        person.age += 1
    del calls[:]
    assert rom.session.commit() == 600 and len(calls) == 2


def test_atomic_commit_is_all_or_none(Person, connection):
    """`commit(atomic=True)`: all entities or none; on failure BulkError lists every entity that stood in the way with its own error."""
    Person(email=u'taken'), Person(email=u'other', age=1), Person(age=5)
    rom.session.commit()
    changed = Person.get(2)
    raced = Person.get(3)
    write_elsewhere(Person, 3, age=6)
    changed.age = 2
    raced.age = 7
    fine, one, two = Person(email=u'x'), Person(email=u'taken'), Person(email=u'other')
    before = snapshot(connection)
    with pytest.raises(BulkError) as caught:
        rom.session.commit(atomic=True)
    found = dict((id(entity), error) for entity, error in caught.value.errors)
    assert set(found) == set([id(raced), id(one), id(two)])
    assert isinstance(found[id(raced)], DataRaceError)
    assert isinstance(found[id(one)], UniqueKeyViolation) and isinstance(found[id(two)], UniqueKeyViolation)
    assert dict((k, v) for k, v in snapshot(connection).items() if k != b'Person:id:') == dict((k, v) for k, v in before.items() if k != b'Person:id:')
    assert fine._new and changed._modified
    one.email, two.email = u'y', u'z'
    raced.refresh(force=True)
    rom.session.commit(atomic=True)
    assert problems(connection, Person) == []
    assert connection.hlen('Person:email:uidx') == 5


def test_atomic_commit_swaps(Person, connection):
    """`commit(atomic=True)`: unique values released before they are claimed (two rows can swap)."""
    people = [Person(email=u'%d' % n) for n in range(4)]
    rom.session.commit()
    for person, n in zip(people, (1, 2, 3, 0)):
        person.email = u'%d' % n
    assert rom.session.commit(atomic=True) == 4
    assert problems(connection, Person) == []
    assert [connection.hget('Person:email:uidx', str(n)) for n in range(4)] == [b'4', b'1', b'2', b'3']


def test_atomic_commit_swaps_several_columns(Derived, connection):
    """`commit(atomic=True)`: unique_together is released before it is claimed, too."""
    first, second = Derived(a=1, b=1), Derived(a=2, b=2)
    rom.session.commit()
    first.a, first.b, second.a, second.b = 2, 2, 1, 1
    rom.session.commit(atomic=True)
    assert problems(connection, Derived, {}) == []
    assert connection.hlen('Derived:a:b:uidx') == 2


def test_atomic_commit_sees_its_own_claims(Person, connection):
    """`commit(atomic=True)`: two that claim one value stand in each other's way."""
    Person(email=u'same'), Person(email=u'same')
    with pytest.raises(BulkError) as caught:
        rom.session.commit(atomic=True)
    assert len(caught.value.errors) == 1
    assert connection.keys('Person:[0-9]*') == []


def test_atomic_commit_lists_what_cannot_be_planned(connection):
    """On failure BulkError lists every entity that stood in the way with its own error: values that no index takes as well."""
    class Thing(rom.Model):
        n = rom.Integer()
        data = rom.Json()
        half = rom.IndexOnly(keygen2=lambda attr, row: {'': float('nan') if row['n'] % 2 else 1})

    things = [Thing(n=n, data=[]) for n in range(4)]
    things[2].data.append(object())
    with pytest.raises(BulkError) as caught:
        rom.session.commit(atomic=True)
    assert [entity.n for entity, error in caught.value.errors] == [1, 2, 3]
    assert all(isinstance(error, InvalidColumnValue) for _, error in caught.value.errors)
    assert connection.keys('Thing:[0-9]*') == [] and all(thing._new for thing in things)
    things[2].data.pop()
    for thing in things:
        thing.n *= 2
    assert rom.session.commit(atomic=True) == 16


def test_atomic_commit_lists_a_row_that_vanished(Derived, connection, rom_connection, monkeypatch):
    """On failure BulkError lists every entity that stood in the way: one that went while the commit was planned anew as well."""
    entity = Derived(a=1, b=1)
    entity.save()
    entity.a = 2
    connection.hset('Derived:1', 'b', 5)
    send = rom_connection.execute_command

    def execute_command(*args, **options):
        if args[0] == 'HMGET':
            connection.delete('Derived:1')
        return send(*args, **options)
    monkeypatch.setattr(rom_connection, 'execute_command', execute_command)
    with pytest.raises(BulkError) as caught:
        rom.session.commit(atomic=True)
    assert [type(error) for _, error in caught.value.errors] == [EntityDeletedError]


def test_atomic_commit_is_one_call(Person, calls):
    """`commit(atomic=True)`: in one script, however many."""
    Person().save()
    del calls[:]
    for n in range(1100):
        Person(age=n)
    rom.session.commit(atomic=True)
    assert calls == ['EVALSHA']


def test_atomic_commit_takes_over_what_others_changed(Derived, connection):
    """What derives from several columns is derived from the row as it is: in an atomic commit as well."""
    first, second = Derived(a=1, b=1), Derived(a=2, b=2)
    rom.session.commit()
    write_elsewhere(Derived, 1, b=5)
    write_elsewhere(Derived, 2, b=6)
    first.a, second.a = 3, 4
    assert rom.session.commit(atomic=True) == 2
    assert [connection.zscore('Derived:both:idx', n) for n in (1, 2)] == [305, 406]
    assert problems(connection, Derived, {}) == []


# Hooks -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('atomic', [False, True])
@pytest.mark.parametrize('hook', ['_before_insert', '_after_insert', '_before_update', '_after_update'])
def test_entities_created_by_hooks_are_saved(connection, hook, atomic):
    """Entities created by hooks during a commit are saved by that commit."""
    class Log(rom.Model):
        text = rom.Text()

    class Thing(rom.Model):
        n = rom.Integer()

    things = [Thing(n=n) for n in range(3)]
    if 'update' in hook:
        rom.session.commit()
    setattr(Thing, hook, lambda self: Log(text=u'saved %d' % self.n) and None)
    for thing in things:
        thing.n += 10
    rom.session.commit(atomic=atomic)
    assert sorted(connection.hget(key, 'text') for key in connection.keys('Log:[0-9]*')) == [b'saved 10', b'saved 11', b'saved 12']
    assert rom.session.known == {}


@pytest.mark.parametrize('atomic', [False, True])
def test_hooks_that_change_other_entities(connection, atomic):
    """What hooks change during a commit is written by that commit."""
    class Sum(rom.Model):
        total = rom.Integer(default=0)

    class Part(rom.Model):
        n = rom.Integer()

        def _before_insert(self):
            total.total += self.n

    total = Sum()
    rom.session.commit()
    for n in range(5):
        Part(n=n)
    rom.session.commit(atomic=atomic)
    assert connection.hget('Sum:1', 'total') == b'10' and not total._modified


@pytest.mark.parametrize('atomic', [False, True])
@pytest.mark.parametrize('new', [False, True])
def test_hooks_that_change_what_waits(connection, atomic, new):
    """What hooks change during a commit is written by that commit: in an entity whose turn has come before, too."""
    class Sum(rom.Model):
        total = rom.Integer(default=0, index=True)

    class Part(rom.Model):
        n = rom.Integer()

        def _before_insert(self):
            total.total += self.n

    total = Sum()
    if not new:
        rom.session.commit()
    total.total = 1
    for n in range(5):
        Part(n=n)
    rom.session.commit(atomic=atomic)
    assert connection.hget('Sum:1', 'total') == b'11' and total.total == 11 and not total._modified
    assert problems(connection, Sum) == []


def test_what_is_assigned_while_a_write_is_under_way(Person, connection, rom_connection, monkeypatch):
    """A save touches only what it changed: what another thread assigns meanwhile is not taken for written."""
    person = Person(age=1, note=u'a')
    person.save()
    send = rom_connection.execute_command

    def execute_command(*args, **options):
        answer = send(*args, **options)
        person.age, person.score = 3, .5
        return answer
    monkeypatch.setattr(rom_connection, 'execute_command', execute_command)
    person.age, person.note = 2, u'b'
    person.save()
    monkeypatch.undo()
    assert (person.age, person.score, person._modified) == (3, .5, True) and connection.hget('Person:1', 'age') == b'2'
    assert person.save() == 2 and not person._modified and connection.hget('Person:1', 'age') == b'3'


@pytest.mark.parametrize('atomic', [False, True])
def test_hooks_that_delete_what_waits(connection, atomic):
    """What hooks delete during a commit is not written by it, and does not stop it."""
    class Thing(rom.Model):
        n = rom.Integer(index=True)

        def _before_update(self):
            if not any(thing._deleted for thing in things):
                [thing for thing in things if thing is not self][0].delete()

    things = [Thing(n=n) for n in range(3)]
    rom.session.commit()
    for thing in things:
        thing.n += 10
    assert rom.session.commit(atomic=atomic) == 2
    assert len(connection.keys('Thing:[0-9]*')) == 2 and problems(connection, Thing) == []


def test_a_refused_requirement_writes_nothing(connection):
    """A missing required column raises MissingColumn, and nothing was written."""
    class Thing(rom.Model):
        a = rom.Integer(required=True)
        b = rom.Integer(required=True, default=None)

    with pytest.raises(MissingColumn):
        Thing(a=1)
    with pytest.raises(MissingColumn):
        Thing(b=1)
    assert connection.keys('*') == []


# A model of the whole ---------------------------------------------------------------------------------------------

def test_any_order_of_writes_leaves_all_in_step(Person, connection, rng):
    """Row, indexes and unique entries change in one script or not at all: whatever is done in whatever order."""
    words, emails = [u'a', u'b', u'ab', u'\xe9t\xe9', u'x y z', u'', u'nul\0'], [u'e%d' % n for n in range(6)] + [None]
    for step in range(400):
        people = [p for p in Person.get(list(range(1, 40))) if not p._deleted]
        person = rng.choice(people) if people and rng.random() < .75 else Person()
        try:
            if not person._new and rng.random() < .15:
                person.delete()
                continue
            for attr, values in (('name', words), ('email', emails), ('age', [1, 2, None]), ('score', [.5, None])):
                if rng.random() < .5:
                    setattr(person, attr, rng.choice(values))
            if rng.random() < .2 and not person._new:
                write_elsewhere(Person, person.id, **{rng.choice(['age', 'score']): rng.randrange(5)})
            if rng.random() < .3:
                rom.session.commit(atomic=rng.random() < .5)
            else:
                person.save(force=rng.random() < .2, full=rng.random() < .2)
        except ORMError:
            rom.session.rollback()
        if step % 40 == 0:
            assert problems(connection, Person) == []
    assert problems(connection, Person) == []


def test_rows_of_many_words_are_written_and_deleted_in_calls_of_fewer(connection, monkeypatch):
    """No call holds the server for long: index entries are counted, not rows alone."""
    Note = type('Note', (rom.Model,), {'text': rom.Text(index=True, keygen=rom.FULL_TEXT)})
    sizes, plain = [], Writer.write

    def watched(writer, jobs, *more):
        sizes.append(batches.rows_in(jobs))
        return plain(writer, jobs, *more)
    monkeypatch.setattr(Writer, 'write', watched)

    notes = [Note(text=u' '.join(u'w%dx%d' % (number, word) for word in range(1000))) for number in range(40)]
    rom.session.commit()
    assert sum(sizes) == 40 and max(sizes) * 1000 <= batches.ENTRIES_PER_WRITE and len(sizes) <= 7
    del sizes[:]
    rom.session.delete(notes)
    assert sum(sizes) == 40 and 2 <= len(sizes) <= 10
    assert [key for key in connection.keys() if b':once:' not in key] == [b'Note:id:']
