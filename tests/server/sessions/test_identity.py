# -*- coding: utf-8 -*-
"""Identity: each promise of docs/promises.rst (Identity), in its order; the docstrings quote it."""
import copy
import gc
import json
import os
import pickle
import sys
import threading
import weakref

import pytest
import rom
from rom.exceptions import BulkError, DataRaceError, EntityDeletedError, UniqueKeyViolation
from rom.unitofwork import entity as entities


@pytest.fixture
def Item(connection):
    class Item(rom.Model):
        n = rom.Integer(index=True)
        u = rom.Text(unique=True)
        data = rom.Json()
        to = rom.ManyToOne('Item', 'no action')
    return Item


def items(Item, count=3):
    """Rows that the session has forgotten."""
    for n in range(count):
        Item(n=n, u=u'u%d' % n, data=[n])
    rom.session.commit()
    rom.session.rollback()


# One live object per row and session -----------------------------------------------------------------------------

def test_get_gives_one_object(Item):
    """One live object per row and session: `get([1, 1])`."""
    items(Item)
    first, second, third = Item.get([1, 2, 1])
    assert first is third and first is not second
    assert Item.get(1) is first and Item.get('1') is first and Item.get([1])[0] is first


def test_queries_and_references_give_the_same_object(Item):
    """Queries and references give the same one."""
    items(Item)
    first, second = Item.get([1, 2])
    second.to = first
    rom.session.commit()
    rom.session.rollback()
    second = Item.get(2)
    first = Item.query.filter(n=0).first()
    assert second.to is first
    assert Item.get(1) is first and Item.get_by(u=u'u0') is first and Item.get_by(n=0) == [first]
    assert Item.query.filter(n=(0, 1)).order_by('n').all() == [first, second]
    assert list(Item.query.order_by('n'))[0] is first and list(Item.query.iter_result())[0] is first


def test_queries_alone_give_the_same_object(Item):
    """One live object per row and session, also where only queries have read it."""
    items(Item)
    found = Item.query.filter(n=1).first()
    assert Item.query.filter(n=(1, 2)).order_by('n').first() is found and Item.get(2) is found


def test_a_reference_cycle_gives_the_same_objects(Item):
    """References give the same one, and a row that refers to itself refers to itself."""
    items(Item)
    first, second = Item.get([1, 2])
    first.to, second.to = first, second
    rom.session.commit()
    rom.session.rollback()
    first = Item.get(1)
    assert first.to is first and first.to.to is first


def test_a_new_entity_is_the_one_object(Item):
    """One live object per row: the one that was saved is the one that is found."""
    item = Item(n=7, u=u'x')
    item.save()
    assert Item.get(item.id) is item and Item.get_by(u=u'x') is item and Item.query.filter(n=7).first() is item


def test_objects_that_nobody_holds_are_let_go(Item):
    """The session knows query results weakly."""
    items(Item)
    reference = weakref.ref(Item.query.filter(n=1).first())
    gc.collect()
    assert reference() is None and rom.session.known == {}


# What a query refreshes ------------------------------------------------------------------------------------------

def test_a_query_refreshes_an_unmodified_object(Item, connection):
    """A query refreshes an unmodified live object with the row it has just read."""
    items(Item)
    item = Item.get(1)
    assert item.n == 0 and item.data == [0]
    connection.hset('Item:1', 'data', '[5]')
    assert Item.query.filter(n=0).first() is item
    assert item.data == [5] and not item._modified


def test_a_query_leaves_a_modified_object_alone(Item, connection):
    """A query leaves a modified one alone."""
    items(Item)
    assigned, in_place = Item.get([1, 2])
    assigned.u = u'mine'
    in_place.data.append(9)
    for id in (1, 2):
        connection.hset('Item:%d' % id, 'u', 'theirs')
        connection.hset('Item:%d' % id, 'data', '[5]')
    assert Item.query.filter(n=(0, 1)).order_by('n').all() == [assigned, in_place]
    assert (assigned.u, assigned.data) == (u'mine', [0])
    assert (in_place.u, in_place.data) == (u'u1', [1, 9])


# the weak map ----------------------------------------------------------------------------------------------------

def test_entities_that_the_program_dropped_are_gone_from_the_weak_map(Item):
    """`wknown` shows living entities only, to whatever way of looking."""
    items(Item, 3)
    kept = Item.query.filter(n=1).first()
    Item.query.all()
    gc.collect()
    weakly = rom.session.wknown
    assert list(weakly) == list(weakly.keys()) == ['Item:2'] and list(weakly.values()) == [kept]
    assert len(weakly) == 1 and 'Item:2' in weakly and 'Item:1' not in weakly
    assert weakly.get('Item:1') is None and weakly['Item:2'] is kept and dict(weakly) == {'Item:2': kept}
    assert isinstance(weakly, weakref.WeakValueDictionary)


def test_dead_references_do_not_pile_up(Item):
    """Reading rows one after the other for ever keeps no more than so many dead references."""
    class Thing(object):
        pass
    weakly, most = rom.session.wknown, 0
    living = [Thing() for _ in range(700)]
    for number, thing in enumerate(living):
        weakly['living:%d' % number] = thing
    for number in range(20000):
        weakly['dead:%d' % number] = Thing()
        most = max(most, len(weakly.data))
    assert 700 < most < 1500 and len(weakly) == 700
    items(Item, 1000)
    most = 0
    for _ in range(3):
        for entity in Item.query.iter_result():
            most = max(most, len(weakly.data))
    assert most <= 2 * (700 + 1000) + 101


# commit and rollback ---------------------------------------------------------------------------------------------

def test_after_commit_get_reads_again_into_the_same_object(Item, connection):
    """After commit `get` reads again, into the same object."""
    items(Item)
    item = Item.get(1)
    assert item.n == 0
    connection.hset('Item:1', 'n', 9)
    assert Item.get(1) is item and item.n == 0
    rom.session.commit()
    assert Item.get(1) is item and item.n == 9


def test_after_rollback_get_gives_a_new_object(Item, connection):
    """After rollback the session knows nothing, so `get` gives a new one."""
    items(Item)
    item = Item.get(1)
    item.n = 5
    rom.session.rollback()
    assert rom.session.known == {} and len(rom.session.wknown) == 0
    again = Item.get(1)
    assert again is not item and (again.n, item.n) == (0, 5)
    assert connection.hget('Item:1', 'n') == b'0'


def test_reading_an_old_object_does_not_displace_the_new_one(Item):
    """One live object per row and session: looking into one that was rolled back changes nothing."""
    items(Item)
    old = Item.get(1)
    rom.session.rollback()
    new = Item.get(1)
    assert old.data == [0] and old.n == 0
    assert Item.get(1) is new and rom.session.known == {'Item:1': new}


# Truthiness ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('truth', [False, KeyError], ids=['false', 'raises'])
def test_truthiness_is_never_asked(connection, truth):
    """Truthiness of an entity is never asked."""
    def answer(self):
        if truth is KeyError:
            raise KeyError('asked')
        return 0

    class Odd(rom.Model):
        n = rom.Integer(index=True)
        u = rom.Text(unique=True)
        to = rom.ManyToOne('Odd', 'cascade')
        back = rom.OneToMany('Odd')
        __bool__ = __nonzero__ = __len__ = answer

    first = Odd(n=1, u=u'a')
    second = Odd(n=2, to=first)
    rom.session.commit()
    second.n = 3
    rom.session.commit(atomic=True)
    assert second.to is first and first.back == [second]
    rom.session.rollback()
    second = Odd.get(2)
    assert second is not None and second.to is not None and Odd.get([1, 2])[1] is second
    assert Odd.query.filter(n=3).first() is second and Odd.get_by(u=u'a') is second.to
    assert [entity is second for entity in Odd.query.filter(to=second.to)] == [True]
    second.refresh()
    rom.session.refresh_all()
    second.to = second
    second.save()
    copy.copy(second)
    second.copy()
    rom.session.rollback()
    first = Odd.get(1)
    first.delete()
    assert Odd.get(1) is None and Odd.get(2) is not None


@pytest.mark.parametrize('hashable', [False, True])
@pytest.mark.parametrize('atomic', [False, True])
def test_what_entities_say_of_themselves_is_never_asked(connection, hashable, atomic):
    """One live object per row: entities that are equal to each other, and need not be hashable, are still told apart."""
    class Node(rom.Model):
        name = rom.Text(index=True, keygen=rom.IDENTITY)
        to = rom.ManyToOne('Node', 'cascade')

        def __eq__(self, other):
            return self.name == other.name

        __hash__ = (lambda self: 1) if hashable else None

    first = Node(name=u'a')
    Node(name=u'a', to=first), Node(name=u'a', to=first)
    assert rom.session.commit(atomic=atomic) == 9
    assert len(connection.keys('Node:[0-9]*')) == 3
    rom.session.rollback()
    nodes = Node.query.filter(name=u'a').all()
    assert [node.id for node in nodes] == [1, 2, 3] and [node.to is nodes[0] for node in nodes] == [False, True, True]
    for node in nodes:
        node.name = u'b'
    assert rom.session.commit(atomic=atomic) == 3
    nodes[0].delete()
    assert connection.keys('Node:[0-9]*') == []


# refresh ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('way', ['entity', 'force', 'session', 'all'])
def test_refresh_of_a_deleted_row(Item, connection, way):
    """`refresh()` of a row deleted elsewhere raises EntityDeletedError and leaves the object as it was."""
    items(Item)
    item = Item.get(1)
    assert (item.n, item.data) == (0, [0])
    if way == 'force':
        item.n = 5
    connection.delete('Item:1')
    work = {'entity': item.refresh, 'force': lambda: item.refresh(force=True), 'session': lambda: rom.session.refresh(item), 'all': rom.session.refresh_all}
    with pytest.raises(EntityDeletedError):
        work[way]()
    assert (item.n, item.u, item.data, item.id) == (5 if way == 'force' else 0, u'u0', [0], 1)
    assert item._modified == (way == 'force')


def test_refresh_takes_the_row_over(Item, connection):
    """`refresh()` reads the row again: cleared columns included."""
    items(Item)
    item = Item.get(1)
    assert item.u == u'u0'
    connection.hset('Item:1', 'n', 8)
    connection.hdel('Item:1', 'u')
    item.refresh()
    assert (item.n, item.u, item.data) == (8, None, [0])


# Copies ----------------------------------------------------------------------------------------------------------

@pytest.fixture
def Kept(connection):
    """A model that pickle can find by its name."""
    class Kept(rom.Model):
        n = rom.Integer(index=True)
        data = rom.Json()
        to = rom.ManyToOne('Kept', 'no action')

    Kept.__qualname__ = 'Kept'
    Kept.__module__ = __name__
    setattr(sys.modules[__name__], 'Kept', Kept)
    yield Kept
    delattr(sys.modules[__name__], 'Kept')


@pytest.mark.parametrize('duplicate', [copy.copy, copy.deepcopy] + [lambda e, p=p: pickle.loads(pickle.dumps(e, p)) for p in range(pickle.HIGHEST_PROTOCOL + 1)],
                         ids=['copy', 'deepcopy'] + ['pickle%d' % p for p in range(pickle.HIGHEST_PROTOCOL + 1)])
@pytest.mark.parametrize('changed', [False, True])
def test_copies_are_detached(Kept, connection, duplicate, changed):
    """`copy.copy` and pickle give detached entities with data of their own."""
    other = Kept(n=1)
    entity = Kept(n=2, data={u'a': [1]}, to=other)
    rom.session.commit()
    if changed:
        entity.n = 3
        entity.data[u'a'].append(2)
    entity.note = [u'ad hoc']
    twin = duplicate(entity)
    assert twin is not entity and type(twin) is Kept
    assert (twin._pk, twin._new, twin._modified) == (entity._pk, False, changed)
    assert (twin.n, twin.data) == (entity.n, entity.data) and twin.note == [u'ad hoc']
    assert rom.session.get('Kept:2') is entity and Kept.get(2) is entity
    twin.data[u'a'].append(9)
    assert 9 not in entity.data[u'a']
    assert twin.to is other
    twin.n = 7
    assert entity.n == (3 if changed else 2)
    twin.save(force=True)
    assert connection.hget('Kept:2', 'n') == b'7'


def test_a_copy_of_a_new_entity(Kept, connection):
    """`copy.copy` gives a detached entity: one that was never saved as well."""
    entity = Kept(n=1, data=[1])
    twin = copy.copy(entity)
    assert twin._new and twin.n == 1
    twin.data.append(2)
    assert entity.data == [1]
    rom.session.commit()
    assert len(connection.keys('Kept:[0-9]*')) == 1 and not entity._new


def test_a_copy_has_its_own_of_all_and_keeps_cycles(Kept):
    """A deep copy goes through attributes that are no columns; what leads back to the entity leads back to the copy."""
    entity = Kept(n=1, data={u'a': 1})
    entity.save()
    entity.me, entity.notes, entity.same = entity, [u'x', [u'y']], entity.data
    for twin in (copy.deepcopy(entity), pickle.loads(pickle.dumps(entity))):
        assert twin.me is twin and twin.notes == entity.notes and twin.notes[1] is not entity.notes[1]
    assert copy.deepcopy(entity).same is not entity.data
    assert copy.copy(entity).notes is entity.notes
    first, second = copy.deepcopy([entity, entity])
    assert first is second is not entity
    other = Kept(to=entity)
    entity.to = other
    assert pickle.loads(pickle.dumps(other)).to.to.n is None  # two that refer to each other


# Several objects of a row ------------------------------------------------------------------------------------------

class Pickled(object):
    """Pickles as if a release before this one had made it."""

    def __init__(self, *reduced):
        self.reduced = reduced

    def __reduce__(self):
        return self.reduced


def test_pickles_of_earlier_releases(Kept):
    """The names that pickles have in them mean what they meant."""
    row, own = [None] * len(Kept._rom_schema.stored), {'mine': 1}
    row[Kept._rom_schema.position['n']] = b'5'
    whole = Pickled(entities._detached, (Kept, (3, list(row), {'n': 6}, ('n',), False, False, own)))
    parts = Pickled(entities._detached, (Kept, None, ('n',)), (own, {
        '_rom_id': 3, '_rom_raw': row, '_rom_values': {'n': 6}, '_new': False, '_deleted': False}))
    for twin in (pickle.loads(pickle.dumps(whole, 2)), pickle.loads(pickle.dumps(parts, 2))):
        assert (twin.id, twin.n, twin._last, twin._modified, twin.mine) == (3, 6, {'id': u'3', 'n': u'5'}, True, 1)


def unpickled(entity):
    return pickle.loads(pickle.dumps(entity))


def kept_over_rollback(entity):
    rom.session.rollback()
    Kept = type(entity)
    entity.known = Kept.get(entity.id)  # somebody holds the new one
    return entity


def forgotten(entity):
    rom.session.forget(entity)
    entity.known = type(entity).get(entity.id)
    return entity


def of_another_thread(entity):
    found = []
    thread = threading.Thread(target=lambda: found.append(type(entity).get(entity.id)))
    thread.start()
    thread.join()
    return found[0]


@pytest.fixture(params=[unpickled, copy.copy, copy.deepcopy, kept_over_rollback, forgotten, of_another_thread],
                ids=lambda way: way.__name__)
def pair(request, Kept, connection):
    """The object of a row that the session knows, and another one."""
    Kept(n=1, data={u'k': 1}).save()
    rom.session.rollback()
    entity = Kept.get(1)
    other = request.param(entity)
    known = Kept.get(1)
    assert known is not other
    return known, other


def stored(connection, *columns):
    return [value and value.decode('ascii') for value in connection.hmget('Kept:1', *columns)]


@pytest.mark.parametrize('atomic', [False, True])
def test_a_change_to_another_object_is_written(pair, connection, atomic):
    """An edit is never dropped, whichever object of the row it is made to."""
    known, other = pair
    other.n = 5
    assert rom.session.commit(atomic=atomic) == 1 and stored(connection, 'n') == ['5']
    other.data[u'k'] = 2
    assert rom.session.commit(atomic=atomic) == 1 and json.loads(*stored(connection, 'data')) == {u'k': 2}
    assert rom.session.commit(atomic=atomic) == 0


@pytest.mark.parametrize('atomic', [False, True])
def test_changes_to_both_objects_are_written(pair, connection, atomic):
    """Changes of different columns are all written, and both objects know that; again and again."""
    known, other = pair
    target = type(known)(n=0)
    known.n, other.to, known.data[u'k'] = 5, target, 2
    rom.session.commit(atomic=atomic)
    assert stored(connection, 'n', 'to') == ['5', str(target.id)]
    assert (other.n, known.to, other.data) == (5, target, {u'k': 2})
    assert not known._modified and not other._modified
    other.n, known.to = 6, None
    rom.session.commit(atomic=atomic)
    assert stored(connection, 'n', 'to') == ['6', None]


@pytest.mark.parametrize('atomic', [False, True])
def test_of_one_column_the_later_assignment_holds(pair, connection, atomic):
    """Of two assignments to one column, the later one is written, to whichever object it was."""
    known, other = pair
    for first, second, n in ((known, other, 10), (other, known, 20)):
        first.n = n
        second.n = n + 1
        rom.session.commit(atomic=atomic)
        assert stored(connection, 'n') == [str(n + 1)] and known.n == other.n == n + 1


@pytest.mark.parametrize('order', [1, -1])
def test_session_save_of_both_objects(pair, connection, order):
    """It writes what a commit does, in whichever order they are told."""
    for first, second, n in (pair + (10,), pair[::-1] + (20,)):
        first.n = n
        second.n = n + 1
        assert rom.session.save(*pair[::order]) == 1
        assert stored(connection, 'n') == [str(n + 1)] and pair[0].n == pair[1].n == n + 1


def test_session_save_of_two_objects_of_a_new_row(Kept, connection):
    """What both have is one row."""
    entity = Kept(n=1)
    assert entity.id == 1
    other = unpickled(entity)
    other.n, other.data = 2, {u'k': 1}
    rom.session.save(entity, other)
    assert stored(connection, 'n', 'data') == ['2', '{"k": 1}'] and not connection.exists('Kept:2')
    assert (entity.n, entity.data, entity._new, other._new) == (2, {u'k': 1}, False, False)


@pytest.mark.parametrize('atomic', [False, True])
def test_changes_in_place_that_contradict_each_other_are_refused(pair, connection, atomic):
    """Nothing tells which of two changes in place is the later one: the commit refuses, and writes neither."""
    known, other = pair
    known.data[u'k'], other.data[u'k'] = 2, 3
    with pytest.raises(DataRaceError) as refused:
        rom.session.commit(atomic=atomic)
    assert refused.value.columns == ('data',) and json.loads(*stored(connection, 'data')) == {u'k': 1}
    other.refresh(force=True)
    rom.session.commit(atomic=atomic)
    assert json.loads(*stored(connection, 'data')) == {u'k': 2}


@pytest.mark.parametrize('atomic', [False, True])
def test_a_race_with_another_writer_is_still_one(pair, connection, atomic):
    """Whichever object has the change: what it was made from is what must be stored."""
    known, other = pair
    connection.hset('Kept:1', 'n', 7)
    known.data[u'k'], other.n = 2, 5
    with pytest.raises((DataRaceError, BulkError)):
        rom.session.commit(atomic=atomic)
    assert stored(connection, 'n') == ['7'] and other.n == 5


@pytest.mark.parametrize('atomic', [False, True])
def test_a_refused_change_of_another_object_stays_queued(Item, connection, atomic):
    """What failed stays in the session, as of one object."""
    items(Item)
    known = Item.get(1)
    other = copy.copy(known)
    known.n, other.u = 8, u'u1'
    with pytest.raises((UniqueKeyViolation, BulkError)):
        rom.session.commit(atomic=atomic)
    other.u = u'free'
    rom.session.commit(atomic=atomic)
    assert connection.hmget('Item:1', 'n', 'u') == [b'8', b'free']


def test_the_row_of_several_objects_is_deleted(pair, connection):
    """All of them are deleted; what has changes is refused, not left out in silence."""
    known, other = pair
    third = copy.copy(other)
    third.n = 5
    rom.session.add(other)
    known.delete()
    assert other._deleted and not any(each is other for each in rom.session.known.values())
    with pytest.raises(EntityDeletedError):
        rom.session.commit()
    assert not connection.exists('Kept:1')


def test_changes_of_an_object_that_nobody_holds(Kept, connection):
    """The session holds on to what was changed, also where it knows another object of the row, or none."""
    Kept(n=1, data={u'k': 1}).save()
    known = Kept.get(1)
    dump = pickle.dumps(known)
    for n in (2, 3):
        pickle.loads(dump).data[u'k'] = n
        gc.collect()
        rom.session.commit()
        assert json.loads(*stored(connection, 'data')) == {u'k': n}
        rom.session.rollback()
        dump = pickle.dumps(Kept.get(1))
        rom.session.rollback()


def test_reading_brings_no_change_back_that_was_rolled_back(Kept, connection):
    """Edits stay in an object over a rollback; looking into it writes nothing."""
    Kept(n=1, data={u'k': 1}).save()
    kept = Kept.get(1)
    kept.n, kept.data[u'k'] = 5, 2
    rom.session.rollback()
    assert kept.data == {u'k': 2} and rom.session.commit() == 0
    assert stored(connection, 'n') == ['1']


def test_watching_many_stays_small(Kept):
    """Reading values of entities that the session does not know holds no more than some of them."""
    Kept(data={u'k': 1}).save()
    dump = pickle.dumps(Kept.get(1))
    rom.session.rollback()
    alive = weakref.WeakSet()
    for _ in range(3000):
        entity = pickle.loads(dump)
        assert entity.data == {u'k': 1}
        alive.add(entity)
    gc.collect()
    assert len(alive) < 2100


@pytest.mark.skipif(not hasattr(os, 'fork'), reason='there is no fork here')
def test_a_forked_child_begins_with_nothing(Item, connection):
    """A child of `os.fork()` starts with an empty session."""
    items(Item)
    item, new = Item.get(1), Item(n=7)
    item.n, copy.copy(item).data[0] = 5, 6
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            said = [rom.session.commit(), Item.get(1) is item, Item.get(1).n, len(rom.session.known)]
            os.write(writer, json.dumps(said).encode('ascii'))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert json.loads(os.read(reader, 1000).decode('ascii')) == [0, False, 0, 1]
    rom.session.commit()
    assert connection.hmget('Item:1', 'n', 'data') == [b'5', b'[6]'] and connection.exists('Item:%d' % new.id)


# _data -------------------------------------------------------------------------------------------------------------

def test_what_is_written_to_data_is_assigned(Kept, connection):
    """Programs for 1.1.2 write to `_data`: that is an assignment."""
    Kept(n=1, data={u'k': 1}).save()
    entity = Kept.get(1)
    entity._data[u'n'] = 5
    assert entity.n == 5 and rom.session.commit() == 1 and stored(connection, 'n') == ['5']
    entity._data.update(n=6, note=u'no column')
    del entity._data['data']
    assert rom.session.commit() == 2 and stored(connection, 'n', 'data', 'note') == ['6', None, None]
    entity._data = dict(entity._data, n=7)
    assert entity.save() == 1 and stored(connection, 'n') == ['7']
    assert entity._data.pop('n') == 7 and entity.n is None
    assert isinstance(entity._data, dict) and entity._data == entity.to_dict() and json.dumps(entity._data)
    entity.to_dict()['n'] = 9
    assert entity.n is None
