# -*- coding: utf-8 -*-
"""The session, hooks and the null session as rom 1.1.2 has them (docs/promises.rst: Identity)."""
import gc
import threading
import weakref

import pytest
import rom
from rom import util

from against import OLD, better_than_old

HOOKS = ('_before_insert', '_after_insert', '_before_update', '_after_update', '_before_delete', '_after_delete')


@pytest.fixture
def Item(connection):
    class Item(rom.Model):
        n = rom.Integer(index=True)
        u = rom.Text(unique=True)
    return Item


def known():
    return sorted(rom.session.known), sorted(rom.session.wknown)


# The identity map ------------------------------------------------------------------------------------------------

def test_maps(Item):
    item = Item(n=1)
    assert item._pk == 'Item:1'
    assert known() == (['Item:1'], ['Item:1'])
    item.save()
    assert known() == (['Item:1'], ['Item:1'])
    assert rom.session.commit() == 0
    assert known() == ([], ['Item:1']) and Item.get(1) is item
    assert rom.session.rollback() is None
    assert known() == ([], []) and Item.get(1) is not item


def test_unreferenced_entities_are_let_go(Item):
    Item(n=1)
    rom.session.commit()
    gc.collect()
    assert known() == ([], [])


def test_get_add_forget(Item):
    item = Item(n=1)
    assert item.id == 1
    assert rom.session.get('Item:1') is item and rom.session.get('Item:2') is None
    assert rom.session.forget(item) is None and rom.session.get('Item:1') is None
    assert rom.session.forget(item) is None
    assert rom.session.add(item) is None and rom.session.get('Item:1') is item


def test_a_change_puts_the_entity_back(Item):
    item = Item(n=1)
    rom.session.commit()
    item.n = 2
    assert known()[0] == ['Item:1'] and rom.session.commit() == 1
    rom.session.rollback()
    item.n = 3
    assert known()[0] == ['Item:1'] and rom.session.commit() == 1


def test_query_results_join_when_they_change(Item):
    Item(n=1).save()
    rom.session.rollback()
    item, = Item.query.filter(n=1).all()
    assert rom.session.known == {}
    item.n = 5
    assert known()[0] == ['Item:1'] and rom.session.commit() == 1


@better_than_old
def test_one_object_per_row(Item):
    Item(n=1).save()
    rom.session.rollback()
    item = Item.query.filter(n=1).first()
    assert Item.get(1) is item and Item.get_by(n=1) == [item] == list(Item.query) == Item.get([1, 1])[:1]


@better_than_old
def test_query_refreshes_what_is_unmodified(Item, connection):
    first, second = Item(n=1), Item(n=2)
    rom.session.commit()
    second.n = 20
    connection.hset('Item:1', 'u', 'theirs')
    connection.hset('Item:2', 'u', 'theirs')
    assert Item.query.filter(n=(0, 5)).all() == [first, second]
    assert first.u == u'theirs' and second.u is None and second.n == 20


# The unit of work ------------------------------------------------------------------------------------------------

def test_flush_and_commit_count_columns(Item, connection):
    items = [Item(n=n) for n in range(3)]
    assert rom.session.flush() == 9
    assert known()[0] == ['Item:1', 'Item:2', 'Item:3']
    items[0].n = 10
    items[1].n = 11
    assert rom.session.commit() == 2 and rom.session.known == {}
    assert connection.hget('Item:1', 'n') == b'10'
    assert rom.session.commit() == 0


def test_full_and_all(Item, connection):
    first, second = Item(n=1), Item(n=2)
    rom.session.flush()
    connection.delete('Item:n:idx')
    assert rom.session.flush() == 0 and rom.session.flush(full=True) == 0 and not connection.exists('Item:n:idx')
    assert rom.session.flush(all=True) == 0 and connection.zcard('Item:n:idx') == 2
    assert rom.session.flush(full=True, all=True) == 6
    connection.hset('Item:1', 'n', '7')
    first.n = 5
    with pytest.raises(rom.DataRaceError):
        rom.session.flush()
    assert rom.session.commit(force=True) > 0 and connection.hget('Item:1', 'n') == b'5'


def test_save(Item, connection):
    items = [Item(n=n) for n in range(3)]
    assert rom.session.save(*items[:2]) == 6
    assert not connection.exists('Item:3') and items[2]._new
    assert rom.session.save(items) == 3 and rom.session.save() == 0


def test_first_error_stops(Item, connection):
    Item(u=u'taken').save()
    rom.session.commit()
    before, failing, after = Item(n=1), Item(u=u'taken'), Item(n=3)
    for _ in range(2):
        with pytest.raises(rom.UniqueKeyViolation):
            rom.session.commit()
        assert [item._new for item in (before, failing, after)] == [False, True, True]
        assert connection.exists(before._pk) and not connection.exists(failing._pk, after._pk)
    failing.u = u'free'
    assert rom.session.commit() == 6 and rom.session.known == {}


def test_writes_go_in_session_order(connection):
    order = []

    class Ordered(rom.Model):
        n = rom.Integer()

        def _before_insert(self):
            order.append(self.n)

        _before_update = _before_insert
    items = [Ordered(n=n) for n in range(5)]
    rom.session.commit()
    for item in reversed(items):
        item.n += 10
    rom.session.commit()
    assert order == [0, 1, 2, 3, 4, 14, 13, 12, 11, 10]


def test_rollback_forgets_and_undoes_nothing(Item, connection):
    item = Item(n=1)
    item.save()
    item.n = 2
    rom.session.rollback()
    assert item.n == 2 and rom.session.commit() == 0 and connection.hget('Item:1', 'n') == b'1'
    item.save()
    assert connection.hget('Item:1', 'n') == b'2'


def test_refresh(Item, connection):
    items = [Item(n=n) for n in range(2)]
    rom.session.flush()
    connection.hset('Item:1', 'n', '10')
    connection.hset('Item:2', 'n', '11')
    rom.session.refresh(*items)
    assert [item.n for item in items] == [10, 11]
    connection.hset('Item:1', 'n', '20')
    items[1].n = 5
    with pytest.raises(rom.InvalidOperation):
        rom.session.refresh(*items)
    with pytest.raises(rom.InvalidOperation):
        rom.session.refresh_all()
    rom.session.refresh_all(force=True)
    assert [item.n for item in items] == [20, 11]
    items[1].n = 5
    rom.session.refresh(items[1], force=True)
    assert items[1].n == 11


def test_delete(Item, connection):
    items = [Item(n=n, u=u'%d' % n) for n in range(3)]
    rom.session.commit()
    assert rom.session.delete(*items[:2]) in (None, 2)
    assert [bool(item._deleted) for item in items] == [True, True, False]
    assert sorted(rom.session.wknown) == ['Item:3']
    assert connection.hgetall('Item:u:uidx') == {b'2': b'3'} and connection.zrange('Item:n:idx', 0, -1) == [b'3']
    assert rom.session.delete([items[2]]) is None and items[2]._deleted
    rom.session.delete()


def test_each_thread_has_its_own(Item):
    Item(n=1).save()
    seen = []

    def look():
        rom.session.null_session = True
        seen.append(known())
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [([], [])] and known()[0] == ['Item:1'] and not rom.session.null_session


# Null sessions ---------------------------------------------------------------------------------------------------

def test_null_session_of_a_thread(Item):
    rom.session.null_session = True
    assert rom.session.null_session is True
    item = Item(n=1)
    item.save()
    assert known() == ([], []) and Item.get(1) is not Item.get(1)
    item.n = 2
    assert rom.session.commit() == 0
    rom.session.null_session = False
    assert Item.get(1) is Item.get(1)
    del rom.session.null_session
    assert rom.session.null_session is False


def test_null_session_for_all(Item):
    try:
        util.use_null_session()
        assert util.NULL_SESSION is True and rom.session.null_session
        Item(n=1).save()
        assert known() == ([], [])
        # What a thread says for itself counts more.
        rom.session.null_session = False
        Item(n=2).save()
        assert known()[0] == ['Item:2']
        del rom.session.null_session
        assert rom.session.null_session
    finally:
        util.use_rom_session()
    assert util.NULL_SESSION is False and not rom.session.null_session


def test_a_session_of_ones_own():
    assert isinstance(util.Session(), type(rom.session)) and isinstance(rom.session.wknown, weakref.WeakValueDictionary)


# Hooks -----------------------------------------------------------------------------------------------------------

@pytest.fixture
def hooked(connection):
    """(model, log): each hook of each entity writes its id, its name, and whether the row is there."""
    log = []

    def hook(name):
        return lambda self: log.append((self.id, name[1:], bool(connection.exists(self._pk))))
    attributes = dict((name, hook(name)) for name in HOOKS)
    return type('Hooked', (rom.Model,), dict(attributes, n=rom.Integer(index=True))), log


def test_hooks_of_a_save(hooked):
    Hooked, log = hooked
    item = Hooked(n=1)
    assert log == []
    item.save()
    assert log == [(1, 'before_insert', False), (1, 'after_insert', True)]
    # Round each save, of an unchanged entity too.
    for change in (lambda: None, lambda: setattr(item, 'n', 2)):
        del log[:]
        change()
        item.save()
        assert log == [(1, 'before_update', True), (1, 'after_update', True)]


def test_hooks_of_a_delete(hooked):
    Hooked, log = hooked
    items = [Hooked(n=n) for n in range(4)]
    rom.session.commit()
    del log[:]
    items[0].delete()
    assert log == [(1, 'before_delete', True), (1, 'after_delete', False)]
    del log[:]
    rom.session.delete(items[1], items[2])
    assert sorted(log) == [(2, 'after_delete', False), (2, 'before_delete', True),
                           (3, 'after_delete', False), (3, 'before_delete', True)]
    del log[:]
    Hooked.query.filter(n=3).delete()
    assert log == [(4, 'before_delete', True), (4, 'after_delete', False)]


def test_hooks_of_a_commit(hooked):
    Hooked, log = hooked
    items = [Hooked(n=n) for n in range(2)]
    rom.session.commit()
    assert [entry[:2] for entry in log if entry[0] == 1] == [(1, 'before_insert'), (1, 'after_insert')]
    assert len(log) == 4
    del log[:]
    items[1].n = 5
    rom.session.add(items[0])
    rom.session.commit()
    assert [entry[:2] for entry in log] == [(2, 'before_update'), (2, 'after_update')]


def test_hooks_that_change_columns(connection):
    class Counting(rom.Model):
        n = rom.Integer()
        saves = rom.Integer()

        def _before_insert(self):
            self.saves = 100

        def _before_update(self):
            self.saves += 1
    item = Counting(n=1)
    assert item.save() == 3 and connection.hget('Counting:1', 'saves') == b'100'
    item.n = 2
    assert item.save() == 2 and connection.hget('Counting:1', 'saves') == b'101'
    assert item.save() == 1 and connection.hget('Counting:1', 'saves') == b'102'


def test_exception_in_a_before_hook_stops_the_write(connection):
    class Refusing(rom.Model):
        n = rom.Integer()

        def _before_update(self):
            raise KeyError('no')

        _before_delete = _before_update
    item = Refusing(n=1)
    item.save()
    item.n = 2
    for call in (item.save, item.delete, rom.session.commit, lambda: rom.session.delete(item)):
        with pytest.raises(KeyError):
            call()
        assert connection.hget('Refusing:1', 'n') == b'1' and not item._deleted and item._modified


def test_hooks_of_the_instance(hooked):
    Hooked, log = hooked
    item = Hooked(n=1)
    item._before_insert = lambda: log.append('mine')
    item.save()
    assert log == ['mine', (1, 'after_insert', True)]


@better_than_old
def test_entities_made_by_hooks_are_saved_by_the_same_commit(connection):
    class Log(rom.Model):
        of = rom.Integer()

    class Logged(rom.Model):
        n = rom.Integer()

        def _after_insert(self):
            Log(of=self.id)
    Logged(n=1)
    rom.session.commit()
    assert connection.hget('Log:1', 'of') == b'1'


def test_hooks_of_on_delete(hooked, connection):
    Hooked, log = hooked

    class Child(rom.Model):
        parent = rom.ManyToOne('Hooked', 'cascade')

        def _before_delete(self):
            log.append('child before')

        def _after_delete(self):
            log.append('child after')
    item = Hooked(n=1)
    item.save()
    Child(parent=item).save()
    del log[:]
    rom.session.rollback()
    Hooked.get(1).delete()
    assert not connection.exists('Child:1') and (1, 'before_delete', True) in log and (1, 'after_delete', False) in log
    if not OLD:
        assert 'child before' in log and 'child after' in log


def test_what_is_no_entity_is_refused(Item):
    for function in (rom.session.save, rom.session.refresh):
        for wrong in (None, 5, [None], ['x']):
            with pytest.raises(rom.ORMError) as caught:
                function(wrong)
            assert type(caught.value) is rom.ORMError
    rom.session.delete(None, [None])
    assert rom.session.save([[Item(n=1)]]) == 3


def test_new_entities_are_not_refreshed(Item, connection):
    new, stored = Item(n=1), Item(n=2)
    stored.save()
    stored.n = 3
    rom.session.refresh(new)
    rom.session.refresh_all(force=True)
    assert (new.n, stored.n) == (1, 2)


def test_modified_can_be_set(connection):
    """As programs do that have changed a value in place."""
    class Holder(rom.Model):
        data = rom.Json()
    Holder(data={u'a': 1})
    rom.session.commit()
    holder = Holder.get(1)
    holder.data[u'b'] = 2
    holder._modified = True
    rom.session.commit()
    assert connection.hget('Holder:1', 'data') == b'{"a": 1, "b": 2}'


# Models with methods of their own --------------------------------------------------------------------------------

class Stamped(object):
    def __init__(self, **values):
        self.loaded = bool(values.get('_loading'))
        self.told = values.get('n')
        super(Stamped, self).__init__(**values)

    def save(self, *args, **kwargs):
        self.saves = (self.saves or 0) + 1
        return super(Stamped, self).save(*args, **kwargs)


def test_a_save_of_ones_own_is_called_by_the_session(connection):
    class Item(Stamped, rom.Model):
        n = rom.Integer()
        saves = rom.Integer()
    class Other(rom.Model):
        n = rom.Integer()
    Item(n=1)
    Other(n=1)
    Item(n=2)
    assert rom.session.commit() == 8
    assert connection.hmget('Item:1', 'n', 'saves') == [b'1', b'1'] and connection.hget('Item:2', 'saves') == b'1'
    item = Item.get(1)
    item.n = 5
    rom.session.flush()
    assert connection.hmget('Item:1', 'n', 'saves') == [b'5', b'2']
    assert item.save() == 1 and item.saves == 3


@better_than_old
def test_saves_of_ones_own_that_refer_to_each_other(connection):
    class Item(Stamped, rom.Model):
        n = rom.Integer()
        saves = rom.Integer()
        other = rom.ManyToOne('Item', 'no action')
    for write in (rom.session.commit, lambda: first.save()):
        first, second = Item(n=1), Item(n=2)
        first.other, second.other = second, first
        write()
        assert not first._new and not second._new and first.saves == second.saves == 1
    rom.session.rollback()
    assert Item.get(3).other.other.id == 3 and connection.hget('Item:4', 'saves') == b'1'


def test_an_init_of_ones_own_is_told_what_is_loaded(connection):
    class Item(Stamped, rom.Model):
        n = rom.Integer()
        saves = rom.Integer()
    item = Item(n=1)
    item.save()
    assert (item.loaded, item.told) == (False, 1)
    rom.session.rollback()
    for item in (Item.get(1), Item.query.first()):
        assert (item.loaded, item.told, item.n) == (True, u'1', 1)


def test_a_delete_of_ones_own_is_called_by_the_session(connection):
    """`session.delete`, `Query.delete` and 'cascade' call it; what it does not hand on stays."""
    class Parent(rom.Model):
        pass

    class Item(rom.Model):
        n = rom.Integer(index=True)
        gone = rom.Boolean()
        parent = rom.ManyToOne('Parent', 'cascade')

        def delete(self, **kwargs):
            self.gone = True
            self.save()
            if self.n > 1:
                super(Item, self).delete(**kwargs)
    class Sole(rom.Model):
        n = rom.Integer(index=True)

        def delete(self, **kwargs):
            called.append(self.n)
            super(Sole, self).delete(**kwargs)
    called, parent = [], Parent()
    for n in (1, 2):
        Item(n=n, parent=parent)
        Sole(n=n)
    rom.session.commit()
    parent.delete()
    assert connection.hget('Item:1', 'gone') == b'1' and not connection.exists('Item:2')
    assert not connection.exists('Parent:1')
    rom.session.delete(Sole.get(1))
    Sole.query.filter(n=2).delete()
    assert called == [1, 2] and not connection.exists('Sole:1') and not connection.exists('Sole:2')


@pytest.mark.parametrize('hashable', [True, False])
def test_models_may_say_what_is_equal(connection, hashable):
    """Entities are told apart by which they are, whatever __eq__ and __hash__ say."""
    class Alike(object):
        def __eq__(self, other):
            return isinstance(other, Alike)

        def __ne__(self, other):
            return not self == other
        __hash__ = (lambda self: 7) if hashable else None

    class Parent(Alike, rom.Model):
        n = rom.Integer(index=True)

    class Child(Alike, rom.Model):
        n = rom.Integer(index=True)
        parent = rom.ManyToOne('Parent', 'cascade')
    parents = [Parent(n=n) for n in (1, 2)]
    for n in (1, 2, 3):
        Child(n=n, parent=parents[n % 2])
    rom.session.commit()
    children = Child.get([1, 2, 3])
    assert [child.n for child in children] == [1, 2, 3] and children[0].parent is children[2].parent is parents[1]
    for child in children:
        child.n += 10
    rom.session.commit()
    assert [connection.hget('Child:%d' % id, 'n') for id in (1, 2, 3)] == [b'11', b'12', b'13']
    rom.session.rollback()
    assert [child.parent.n for child in Child.query.order_by('n')] == [2, 1, 2]
    assert rom.session.save(*[child.update(n=5) for child in Child.get([1, 2])]) == 2
    Parent.get(2).delete()
    assert [child.n for child in Child.query.order_by('n')] == [5] and Parent.query.order_by('n').all()[0].n == 1


@better_than_old
@pytest.mark.parametrize('atomic', [True, False])
def test_equal_entities_are_all_committed(connection, atomic):
    class Item(rom.Model):
        n = rom.Integer()

        def __eq__(self, other):
            return self.n == other.n

        def __hash__(self):
            return hash(self.n)
    for _ in range(3):
        Item(n=1)
    assert rom.session.commit(atomic=atomic) == 6
    assert connection.exists('Item:1', 'Item:2', 'Item:3') == 3


def test_to_dict_of_ones_own_may_use_data(connection):
    class Item(rom.Model):
        n = rom.Integer()

        def to_dict(self):
            return dict(self._data, more=True)
    item = Item(n=1)
    item.save()
    assert item.to_dict() == {'id': 1, 'n': 1, 'more': True} and item._data == {'id': 1, 'n': 1}
