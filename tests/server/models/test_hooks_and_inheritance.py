# -*- coding: utf-8 -*-
"""What a class statement makes of its bases, and what hooks of a program's own see and may do."""
import threading

import pytest
import rom
from rom import util
from rom.exceptions import ColumnError, DataRaceError, EntityDeletedError, InvalidColumnValue, ORMError, UniqueKeyViolation

from consistency import problems


def stored(connection, key):
    row = connection.hgetall(key)
    return dict((name.decode('ascii'), value.decode('utf-8')) for name, value in row.items() if name != b'-index-data-')


def elsewhere(work):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


# Inheritance ------------------------------------------------------------------------------------------------------

def test_of_two_bases_the_first_wins(connection):
    class First(rom.Model):
        kind = rom.Integer(default=1, index=True)

    class Second(rom.Model):
        kind = rom.Text(default=u'two')
        more = rom.Integer(default=3)

    class Both(First, Second):
        pass

    class Other(Second, First):
        pass
    both, other = Both(), Other()
    rom.session.commit()
    assert (both.kind, both.more, other.kind) == (1, 3, u'two')
    assert Both.query.filter(kind=1).count() == 1


def test_what_a_subclass_puts_in_place_of_a_column_stays(connection):
    """A property, a method, a constant; None takes a column out, a required one, and what was made from it."""
    class Base(rom.Model):
        name = rom.Text(default=u'base')
        code = rom.Text(required=True)
        size = rom.Integer(default=3, index=True)
        words = rom.IndexOnly('code', keygen=rom.FULL_TEXT)
        unique_together = [('name', 'code'), ('name', 'size')]

    class Sub(Base):
        code = None

        @property
        def name(self):
            return u'computed'

        def size(self):
            return 7

    class Below(Sub):
        pass
    for each in (Sub, Below):
        entity = each()
        entity.save()
        assert (entity.code, entity.name, entity.size()) == (None, u'computed', 7)
        assert stored(connection, entity._pk) == {'id': '1'} and list(each._columns) == ['id']
    with pytest.raises(InvalidColumnValue):
        Sub(size=3)
    assert Base(code=u'c').save() and Base.query.filter(words=u'c').count() == 1


def test_a_key_that_is_replaced(connection):
    class Keyed(rom.Model):
        nr = rom.PrimaryKey()

    class Sub(Keyed):
        nr = u'constant'
    assert Sub._pkey == 'id' and Sub().nr == u'constant'
    with pytest.raises(ColumnError):
        type('Wrong', (rom.Model,), {'id': None})


def test_a_boolean_may_be_unique(connection):
    class Main(rom.Model):
        is_main = rom.Boolean(unique=True)
    Main(is_main=True).save()
    Main(is_main=False).save()
    Main(is_main=False).save()
    with pytest.raises(UniqueKeyViolation):
        Main(is_main=True).save()
    assert Main.get_by(is_main=True).id == 1 and connection.hgetall('Main:is_main:uidx') == {b'1': b'1'}


def test_a_namespace_that_changes(connection):
    """Tenants: what is read, written, found and deleted goes by the name that a model has now."""
    class Note(rom.Model):
        n = rom.Integer(index=True)
        u = rom.Text(unique=True)
        to = rom.ManyToOne('Note', 'cascade')
    note = Note(n=1, u=u'a')
    note.save()
    rom.session.rollback()
    Note._namespace = 'tenant2'
    assert Note.get(1) is None and Note.query.filter(n=1).count() == 0 and Note.get_by(u=u'a') is None
    first = Note(n=1, u=u'a')
    first.save()
    Note(n=2, to=first).save()
    assert problems(connection, Note) == [] and Note.query.filter(n=(1, 2)).count() == 2
    first.delete()
    assert [key for key in connection.keys('tenant2:*') if key.rpartition(b':')[2].isdigit()] == []
    rom.session.rollback()
    Note._namespace = 'Note'
    assert Note.get_by(u=u'a').n == 1 and problems(connection, Note) == []
    with pytest.raises(ORMError):
        type('Wrong', (rom.Model,), {'_namespace': 5})


# What hooks see -----------------------------------------------------------------------------------------------------

def test_before_hooks_see_what_comes_before_them(connection):
    class Booking(rom.Model):
        room = rom.Integer(index=True)

        def _before_insert(self):
            if Booking.query.filter(room=self.room).count():
                raise ValueError('taken')

    class Guest(rom.Model):
        n = rom.Integer()

        def _before_update(self):
            seen.append(len(connection.keys('Booking:[0-9]*')))
    seen = []
    guest = Guest(n=1)
    rom.session.commit()
    Booking(room=5)
    guest.n = 2
    rom.session.commit()
    assert seen == [1]
    Booking(room=6), Booking(room=6)
    with pytest.raises(ValueError):
        rom.session.commit()
    assert len(connection.keys('Booking:[0-9]*')) == 2


@pytest.mark.parametrize('asks', ['hook', 'keygen'])
@pytest.mark.parametrize('atomic', [False, True])
def test_an_id_that_was_told_is_that_of_the_row(connection, atomic, asks):
    def keygen(value):
        told.append(doc.id)
        return [u'x']

    class Doc(rom.Model):
        n = rom.Integer()

    class Log(rom.Model):
        about = rom.Integer()
        t = rom.Text(index=True, keygen=keygen if asks == 'keygen' else rom.FULL_TEXT, default=u'x')

        def _before_insert(self):
            if asks == 'hook':
                told.append(doc.id)
    told, doc = [], Doc(n=1)
    Log()
    rom.session.commit(atomic=atomic)
    assert set(told) == {doc.id} and stored(connection, 'Doc:%d' % doc.id) == {'id': str(doc.id), 'n': '1'}
    doc.n = 2
    assert doc.save() == 1


@pytest.mark.parametrize('hooked', ['_before_insert', '_after_insert'])
def test_what_hooks_change_in_rows_that_were_written(connection, hooked):
    """An edit is never dropped: what hooks of later entities change in those before them is written as well."""
    class Sum(rom.Model):
        total = rom.Integer(default=0)

    def count(self):
        total.total += 1
    Part = type('Part', (rom.Model,), {'n': rom.Integer(), hooked: count})
    total = Sum()
    for n in range(3):
        Part(n=n)
    rom.session.commit()
    assert connection.hget('Sum:1', 'total') == b'3' and not total._modified


@pytest.mark.parametrize('atomic', [False, True])
def test_what_a_hook_has_saved_is_not_announced_again(connection, atomic):
    """A counter of versions in `_before_update` counts once where another entity's hook has saved the row already."""
    class Page(rom.Model):
        text = rom.Text()
        version = rom.Integer(default=0)

        def _before_update(self):
            self.version += 1

    class Log(rom.Model):
        n = rom.Integer()

        def _before_update(self):
            page.save()
    log, page = Log(n=1), Page(text=u'a')
    rom.session.commit()
    log.n, page.text = 2, u'b'
    rom.session.commit(atomic=atomic)
    assert connection.hget('Page:1', 'version') == b'1' and connection.hget('Log:1', 'n') == b'2'


def test_a_reference_that_a_hook_makes_is_saved_first(connection):
    class Owner(rom.Model):
        name = rom.Text(unique=True)

    class Thing(rom.Model):
        owner = rom.ManyToOne('Owner', 'restrict')

        def _before_insert(self):
            self.owner = Owner(name=u'taken')
    thing = Thing()
    thing.save()
    assert connection.exists('Owner:%d' % thing.owner.id)
    with pytest.raises(UniqueKeyViolation):
        Thing().save()
    assert len(connection.keys('Thing:[0-9]*')) == 1


def test_session_save_passes_over_what_is_unchanged(connection):
    called = []

    class Stamped(rom.Model):
        n = rom.Integer()

        def _before_update(self):
            called.append(self.n)
    one, two, three = Stamped(n=1), Stamped(n=2), Stamped(n=3)
    rom.session.commit()
    two.n = 5
    assert rom.session.save(one, [two, [three]]) == 1 and called == [5]
    for options in ({'full': True}, {'force': True}):
        assert rom.session.save(one, **options) == 0 and called == [5]
    assert rom.session.save(one, all=True) == 0 and rom.session.save(one, all=True, full=True) == 2 and called == [5, 1, 1]
    one.delete()
    for options in ({}, {'force': True}, {'all': True}):
        assert rom.session.save(one, **options) == 0
    assert not connection.exists('Stamped:1')


# Two objects of a row, deleted ------------------------------------------------------------------------------------------

def test_a_delete_counts_for_every_object_of_the_row(connection):
    class Thing(rom.Model):
        n = rom.Integer()
    kept = Thing(n=1)
    rom.session.commit()
    rom.session.rollback()
    other = Thing.get(1)
    kept.delete()
    assert Thing.get(1) is None and other._deleted and rom.session.commit(all=True) == 0
    kept = Thing(n=1)
    rom.session.commit()
    rom.session.rollback()
    Thing.get(kept.id).n = 2
    kept.delete()
    with pytest.raises(EntityDeletedError):  # an edit is never dropped in silence
        rom.session.commit()


def test_a_forced_save_of_a_deleted_row_that_fails(connection):
    """It stays deleted until it is written."""
    class Parent(rom.Model):
        name = rom.Text(unique=True)
    Child = type('Child', (rom.Model,), {'parent': rom.ManyToOne('Parent', 'cascade')})
    parent = Parent(name=u'a')
    parent.save()
    parent.delete()
    holder = Parent(name=u'a')
    holder.save()
    with pytest.raises(UniqueKeyViolation):
        parent.save(force=True)
    assert parent._deleted and rom.session.commit() == 0
    with pytest.raises(InvalidColumnValue):
        Child(parent=parent)
    holder.delete()
    assert parent.save(force=True) == 2 and not parent._deleted and problems(connection, Parent) == []
    assert Child(parent=parent).save() and Parent.get_by(name=u'a').id == parent.id


# Defaults ---------------------------------------------------------------------------------------------------------------

class TestDefaults(object):
    @pytest.fixture
    def row(self, connection):
        """One that was written before its model got some columns with defaults."""
        Row = type('Row', (rom.Model,), {'n': rom.Integer(), 'z': rom.Integer(default=0, index=True),
                                         'u': rom.Text(default=u'd', unique=True), 'c': rom.Integer(default=lambda: 4)})
        connection.hset('Row:1', 'id', '1')
        connection.hset('Row:1', 'n', '1')
        connection.set('Row:id:', 1)
        return Row.get(1)

    @pytest.mark.parametrize('atomic', [False, True])
    @pytest.mark.parametrize('filled_by', ['save', 'refresh_indices'])
    @pytest.mark.parametrize('attr,value', [('z', 6), ('z', 0), ('u', u'x'), ('c', 5)])
    def test_filled_in_by_another_writer_are_no_race(self, row, connection, attr, value, filled_by, atomic):
        def fill():
            if filled_by == 'save':
                other = type(row).get(1)
                other.n = 77
                other.save()
            else:
                list(util.refresh_indices(type(row)))
        elsewhere(fill)
        setattr(row, attr, value)
        rom.session.commit(atomic=atomic)
        assert stored(connection, 'Row:1')[attr] == str(value) and problems(connection, type(row)) == []

    def test_another_value_is_one(self, row, connection):
        def change():
            other = type(row).get(1)
            other.z = 5
            other.save()
        elsewhere(change)
        row.z = 6
        with pytest.raises(DataRaceError):
            row.save()
        assert connection.hget('Row:1', 'z') == b'5'


def words_of(attr, row):
    return [u'%r' % (row[name],) for name in ('f', 'j', 'z') if name in row]


@pytest.mark.parametrize('new', [True, False])
def test_keygens_see_what_the_row_will_hold(connection, new):
    """A row and its index agree where a keygen sees a defaulted or a converted value: it sees them as they will be read."""
    class Row(rom.Model):
        f = rom.Float()
        j = rom.Json()
        z = rom.Integer(default=7)
        every = rom.IndexOnly(keygen2=words_of)
        own = rom.Float(index=True, keygen=lambda value: [repr(value)])
    row = Row() if new else Row(f=1.5, z=1, own=2.5)
    if not new:
        row.save()
    row.f, row.j, row.own, row.z = 3, {'a': (1, 2), 5: 6}, 4, None
    row.save()
    job = util.check_indexes(Row)
    list(job)
    assert job.problems == []
    assert connection.exists(u'Row:every:3.0:idx') and connection.exists('Row:own:4.0:idx') and connection.exists('Row:every:7:idx')
