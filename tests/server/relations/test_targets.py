# -*- coding: utf-8 -*-
"""A reference to a row that was deleted meanwhile is refused in the write itself (docs/promises.rst: Writes); 'restrict' before the first row goes (Relations)."""
import threading

import pytest
import rom
from rom.storage import batches, store
from rom.exceptions import BulkError, InvalidColumnValue, RestrictError

from consistency import problems, snapshot


def elsewhere(work):
    """Have something done in another session."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


@pytest.fixture
def family(connection):
    class Parent(rom.Model):
        pass

    class Child(rom.Model):
        word = rom.Text(unique=True)
        parent = rom.ManyToOne('Parent', on_delete='cascade')
        only = rom.OneToOne('Parent', on_delete='restrict')
    return Parent, Child


@pytest.mark.parametrize('attr', ['parent', 'only'])
@pytest.mark.parametrize('atomic', [False, True])
@pytest.mark.parametrize('new', [False, True])
def test_a_target_that_was_deleted_meanwhile(family, connection, attr, atomic, new):
    """... so that restrict and cascade cannot be got round."""
    Parent, Child = family
    parent, child = Parent(), Child(word=u'a')
    rom.session.commit()
    child = Child(word=u'b') if new else child
    setattr(child, attr, parent)
    elsewhere(lambda: Parent.get(1).delete())
    before = snapshot(connection)
    with pytest.raises(BulkError if atomic else InvalidColumnValue) as caught:
        rom.session.commit(atomic=atomic)
    error = caught.value.errors[0][1] if atomic else caught.value
    assert error.columns == (attr,) and 'Child.%s' % attr in str(error) and 'Parent:1' in str(error)
    before.pop(b'Child:id:'), before.update({b'Child:id:': connection.get('Child:id:')})
    assert snapshot(connection) == before
    setattr(child, attr, Parent())
    rom.session.commit(atomic=atomic)
    assert connection.hget(child._pk, attr) == b'2' and problems(connection, Child) == []


def test_what_refers_to_nothing_already_is_left_alone(family, connection):
    """Only what a write sets is looked at: a row with a dangling reference can be saved, in whole too."""
    Parent, Child = family
    child = Child(word=u'a', parent=Parent())
    rom.session.commit()
    connection.delete('Parent:1')
    child.word = u'b'
    child.save()
    child.word = u'c'
    child.save(full=True)
    child.save(force=True)
    assert connection.hget('Child:1', 'word') == b'c'
    connection.delete('Child:1')
    with pytest.raises(InvalidColumnValue):  # it would be a new one
        child.save(force=True)
    assert not connection.exists('Child:1')


@pytest.mark.parametrize('atomic', [False, True])
def test_targets_of_the_same_commit(connection, monkeypatch, atomic):
    """A new referenced entity is saved with, and before, the one that refers to it; two that refer to each other both get saved."""
    if not atomic:
        monkeypatch.setattr(batches, 'ROWS_PER_WRITE', 2)

    class Node(rom.Model):
        next = rom.ManyToOne('Node', on_delete='cascade')

    nodes = [Node() for _ in range(5)]
    for node, following in zip(nodes, nodes[1:] + nodes[:1]):
        node.next = following
    rom.session.commit(atomic=atomic)
    assert [connection.hget(node._pk, 'next') for node in nodes] == [str(node.next.id).encode() for node in nodes]
    nodes[0].next = nodes[3]
    nodes[1].next = nodes[1]
    rom.session.commit(atomic=atomic)
    assert problems(connection, Node) == []


@pytest.mark.parametrize('call', [1, 2, 3])
def test_restrict_is_seen_between_the_pages(connection, monkeypatch, call):
    """Large fan-outs are worked in batches, the guards of 'restrict' before the first of them goes."""
    monkeypatch.setattr(batches, 'ROWS_PER_WRITE', 10)

    class Parent(rom.Model):
        pass

    class Child(rom.Model):
        parent = rom.ManyToOne('Parent', on_delete='cascade')

    class Bill(rom.Model):
        parent = rom.ManyToOne('Parent', on_delete='restrict')

    parent = Parent()
    for _ in range(45):
        Child(parent=parent)
    rom.session.commit()
    plain, calls = store.call_write, []

    def call_write(*args):
        calls.append(1)
        if len(calls) == call:
            monkeypatch.setattr(store, 'call_write', plain)
            elsewhere(lambda: Bill(parent=Parent.get(1)).save())
        return plain(*args)

    monkeypatch.setattr(store, 'call_write', call_write)
    with pytest.raises(RestrictError) as caught:
        parent.delete()
    gone = 45 - len([key for key in connection.keys('Child:*') if key.rpartition(b':')[2].isdigit()])
    assert gone == {1: 0, 2: 0, 3: 10}[call]
    assert ('%d rows' % gone in str(caught.value)) == (gone > 0)
    connection.delete('Bill:1', 'Bill:parent:idx')
    Parent.get(1).delete()
    assert not connection.exists('Parent:1') and not connection.exists('Child:parent:idx')
