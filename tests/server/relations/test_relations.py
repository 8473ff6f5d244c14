# -*- coding: utf-8 -*-
"""Relations: each promise of docs/promises.rst (Relations), in its order; the docstrings quote it."""
import itertools
import threading

import pytest
import rom
from rom.storage import batches
from rom.exceptions import ColumnError, DataRaceError, InvalidColumnValue, InvalidOperation, ORMError, QueryError, RestrictError, UniqueKeyViolation

from consistency import problems, snapshot
from naming import shown


def model(called, **attributes):
    return type(called, (rom.Model,), attributes)


def row_keys(connection):
    return sorted(key for key in connection.keys('*') if key.rpartition(b':')[2].isdigit())


def forget():
    rom.session.commit()
    rom.session.rollback()


def meanwhile(rom_connection, monkeypatch, work):
    """Have `work` done by another writer, once, just before the next write call is sent."""
    send, waiting = rom_connection.execute_command, [work]

    def execute_command(*args, **options):
        if args[0] in ('EVALSHA', 'EVAL') and '"operations"' in repr(args) and waiting:
            waiting.pop()()
        return send(*args, **options)
    monkeypatch.setattr(rom_connection, 'execute_command', execute_command)
    return waiting


# References load when they are touched ---------------------------------------------------------------------------

def test_references_load_when_touched(connection, calls):
    """References load when they are touched, never while a row is loaded."""
    Node = model('Node', to=rom.ManyToOne('Node', 'no action'), n=rom.Integer(index=True))
    Node(n=2, to=Node(n=1))
    forget()
    del calls[:]
    node = Node.get(2)
    assert len(calls) == 1 and 'Node:1' not in rom.session.wknown
    assert node.to.n == 1 and len(calls) == 2
    assert node.to.n == 1 and len(calls) == 2


@pytest.mark.parametrize('length', [1, 2, 50])
def test_cycles_load_save_and_delete(connection, length):
    """Cycles, self-references and chains of any length load, save and delete."""
    Node = model('Node', to=rom.ManyToOne('Node', 'cascade'), n=rom.Integer(index=True))
    nodes = [Node(n=n) for n in range(length)]
    for node, target in zip(nodes, nodes[1:] + nodes[:1]):
        node.to = target
    forget()
    start = node = Node.get(1)
    for n in range(length):
        node = node.to
    assert node is start and Node.query.filter(n=start.n).first() is start
    start.n = 100
    start.save()
    assert problems(connection, Node) == []
    start.delete()
    assert list(snapshot(connection)) == [b'Node:id:']


def test_long_chains_load_save_and_delete(connection):
    """Chains of any length load, save and delete: without deep recursion."""
    Node = model('Node', to=rom.ManyToOne('Node', 'cascade'))
    last = None
    for _ in range(1200):
        last = Node(to=last)
    rom.session.commit()
    first = last
    while first.to is not None:
        first = first.to
    rom.session.rollback()
    Node.get(first.id).delete()
    assert list(snapshot(connection)) == [b'Node:id:']


def test_touching_one_fetches_those_of_the_page(connection, calls):
    """Touching one reference of a page of results fetches those of the whole page in one call."""
    Owner = model('Owner', n=rom.Integer())
    Thing = model('Thing', owner=rom.ManyToOne('Owner', 'no action'), other=rom.ManyToOne('Owner', 'no action'), n=rom.Integer(index=True))
    owners = [Owner(n=n) for n in range(60)]
    for n in range(60):
        Thing(owner=owners[n], other=owners[59 - n], n=n)
    forget()
    Thing.get([1, 2]), Thing.query.filter(n=1).all()  # a server that does not know a script yet is called twice
    for read in (lambda: Thing.query.filter(n=(0, 99)).order_by('n').all(), lambda: Thing.get(list(range(1, 61)))):
        rom.session.rollback()
        del calls[:]
        things = read()
        assert len(calls) == 1
        assert [thing.owner.n for thing in things] == list(range(60)) and len(calls) == 2
        assert [thing.other.n for thing in things] == list(range(59, -1, -1)) and len(calls) == 2  # all of them known by now


def test_a_page_leaves_other_changes_alone(connection):
    """Touching one reference fetches those of the page: not where another was assigned meanwhile."""
    Owner = model('Owner')
    Thing = model('Thing', owner=rom.ManyToOne('Owner', 'no action'), n=rom.Integer(index=True))
    owners = [Owner() for _ in range(3)]
    for n in range(3):
        Thing(owner=owners[n], n=n)
    forget()
    things = Thing.query.filter(n=(0, 9)).order_by('n').all()
    things[1].owner = None
    things[2].owner = Owner.get(1)
    assert [t.owner and t.owner.id for t in things] == [1, None, 1]
    connection.delete('Owner:1')
    rom.session.rollback()
    assert Thing.query.filter(n=0).first().owner is None


def test_saving_reads_no_referenced_row(connection, calls):
    """Saving reads no referenced row."""
    Owner = model('Owner')
    Thing = model('Thing', owner=rom.ManyToOne('Owner', 'restrict'), n=rom.Integer(index=True))
    Thing(owner=Owner(), n=1)
    forget()
    thing = Thing.get(1)
    del calls[:]
    for save in (thing.save, lambda: thing.save(full=True), lambda: thing.save(force=True), lambda: thing.update(n=2).save()):
        save()
    assert calls == ['EVALSHA'] * 4 and 'Owner:1' not in rom.session.wknown
    assert problems(connection, Thing) == []


# Names -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('by', ['class', 'namespace', 'object'])
@pytest.mark.parametrize('rule', ['cascade', 'restrict', 'set null', 'no action'])
def test_custom_names_on_both_sides(connection, by, rule):
    """Custom namespaces and primary key names work on both sides, OneToMany and on_delete included."""
    Parent = model('Parent', _namespace='the:parents', number=rom.PrimaryKey(), things=rom.OneToMany('Child'))
    table = {'class': 'Parent', 'namespace': 'the:parents', 'object': Parent}[by]
    Child = model('Child', _namespace='{kids}', key=rom.PrimaryKey(index=True), parent=rom.ManyToOne(table, rule))
    parent = Parent()
    child = Child(parent=parent)
    forget()
    parent, child = Parent.get(1), Child.get(1)
    assert child.parent is parent and parent.things == [child] and Child.query.filter(parent=parent).all() == [child]
    assert connection.hget('{kids}:1', 'parent') == b'1' and connection.zscore('{kids}:parent:idx', 1) == 1
    if rule == 'restrict':
        with pytest.raises(RestrictError):
            parent.delete()
        return
    parent.delete()
    assert connection.exists('{kids}:1') == (rule != 'cascade') and not connection.exists('the:parents:1')
    assert connection.hexists('{kids}:1', 'parent') == (rule == 'no action')


def test_one_to_many_by_namespace(connection):
    """Custom namespaces work on both sides: OneToMany names the other model by either name."""
    Parent = model('Parent', things=rom.OneToMany('kids'), named=rom.OneToMany('Child', column='parent'))
    Child = model('Child', _namespace='kids', parent=rom.ManyToOne('Parent', 'no action'))
    parent = Parent()
    children = [Child(parent=parent) for _ in range(3)]
    rom.session.commit()
    assert parent.things == parent.named == children
    with pytest.raises(InvalidOperation):
        parent.things = []
    with pytest.raises(InvalidOperation):
        del parent.things


def test_two_references_to_one_model(connection):
    """OneToMany: `column` is needed where two references point here."""
    Parent = model('Parent', first=rom.OneToMany('Child', column='a'))
    Child = model('Child', a=rom.ManyToOne('Parent', 'no action'), b=rom.ManyToOne('Parent', 'no action'))
    parent = Parent()
    child = Child(a=parent)
    Child(b=parent)
    rom.session.commit()
    assert parent.first == [child]


def test_unclear_list_of_referrers_is_refused_when_the_class_is_made():
    """Whichever of the two models comes second; and it is not registered."""
    def references():
        return {'a': rom.ManyToOne('Parent', 'no action'), 'b': rom.OneToOne('Parent', 'no action')}
    model('Parent', unclear=rom.OneToMany('Child'))
    with pytest.raises(ColumnError) as caught:
        model('Child', **references())
    assert 'Parent.unclear' in str(caught.value) and 'Child' not in rom.MODELS
    del rom.MODELS['Parent']
    model('Child', **references())
    with pytest.raises(ColumnError) as caught:
        model('Parent', unclear=rom.OneToMany('Child'))
    assert 'Parent.unclear' in str(caught.value) and 'Parent' not in rom.MODELS


def test_one_to_one_unique(connection):
    """OneToOne(unique=True) works."""
    Profile = model('Profile', user=rom.OneToMany('User'))
    User = model('User', profile=rom.OneToOne('Profile', 'set null', unique=True))
    first, second = Profile(), Profile()
    user = User(profile=first)
    rom.session.commit()
    with pytest.raises(UniqueKeyViolation):
        User(profile=first).save()
    rom.session.rollback()
    user = User.get(1)
    assert User.get_by(profile=user.profile) is user and User.get_by(profile=1) is user and User.get_by(profile=2) is None
    assert user.profile.user == [user]
    user.profile = 2
    user.save()
    other = User(profile=1)
    other.save()
    assert connection.hgetall('User:profile:uidx') == {b'1': b'3', b'2': b'1'} or problems(connection, User) == []
    assert second.id == 2
    Profile.get(1).delete()
    assert other.profile is None and connection.hkeys('User:profile:uidx') == [b'2']
    assert problems(connection, User) == []


# Dangling and missing ones ---------------------------------------------------------------------------------------

def test_clearing_a_dangling_reference(connection):
    """Clearing a dangling reference removes the stored id."""
    Owner = model('Owner')
    Thing = model('Thing', owner=rom.ManyToOne('Owner', 'no action'))
    for _ in range(2):
        Thing(owner=Owner())
    forget()
    connection.delete('Owner:1', 'Owner:2')
    first, second = Thing.get([1, 2])
    assert first.owner is None and not first._modified
    first.owner = None
    assert first.save() == 1
    del second.owner
    assert second.save() == 1
    assert connection.hgetall('Thing:1').get(b'owner') is None and not connection.exists('Thing:owner:idx')
    assert problems(connection, Thing) == []


def test_set_null_removes_the_stored_id(connection):
    """'set null' removes the stored id."""
    Owner = model('Owner')
    Thing = model('Thing', owner=rom.ManyToOne('Owner', 'set null'), n=rom.Integer(index=True))
    thing = Thing(owner=Owner(), n=5)
    rom.session.commit()
    thing.owner.delete()
    assert thing.owner is None and not thing._modified
    assert connection.hkeys('Thing:1') and not connection.hexists('Thing:1', 'owner') and not connection.exists('Thing:owner:idx')
    assert thing.save() == 0


@pytest.mark.parametrize('wrong', [99, '99', 0, -1, u'x', b'x', 1.5, True, object(), {}, ''], ids=shown)
def test_assigning_what_does_not_exist(connection, wrong):
    """Assigning an id or entity that does not exist: InvalidColumnValue."""
    model('Owner')().save()
    Thing = model('Thing', owner=rom.ManyToOne('Owner', 'no action'))
    thing = Thing(owner=1)
    for attempt in (lambda: Thing(owner=wrong), lambda: setattr(thing, 'owner', wrong)):
        with pytest.raises(InvalidColumnValue) as caught:
            attempt()
        assert 'Thing.owner' in str(caught.value) and caught.value.columns == ('owner',)
    assert thing.owner.id == 1


def test_assigning_a_deleted_or_foreign_entity(connection):
    """Assigning an entity that does not exist (any more), or of another model: InvalidColumnValue."""
    Owner, Other = model('Owner'), model('Other')
    Thing = model('Thing', owner=rom.ManyToOne('Owner', 'no action'))
    owner, other = Owner(), Other()
    rom.session.commit()
    owner.delete()
    for wrong in (owner, other):
        with pytest.raises(InvalidColumnValue):
            Thing(owner=wrong)


def test_entities_of_a_subclass(connection):
    """Assigning an entity that does not exist: one of a subclass is a row of another model, whatever its id."""
    Owner = model('Owner', things=rom.OneToMany('Thing'), named=rom.OneToMany('Thing', column='owner'))
    Special = type('Special', (Owner,), {})
    Thing = model('Thing', owner=rom.ManyToOne('Owner', 'no action'))
    owner, special = Owner(), Special()
    thing = Thing(owner=owner)
    rom.session.commit()
    assert owner.id == special.id and owner.things == owner.named == [thing]
    with pytest.raises(InvalidColumnValue):
        thing.owner = special
    with pytest.raises(QueryError):
        Thing.query.filter(owner=special).all()
    for attr in ('things', 'named'):
        with pytest.raises(ColumnError):
            getattr(special, attr)


def test_a_target_deleted_before_the_save(connection):
    """Assigning an entity that does not exist: InvalidColumnValue, at the save where it went after the assignment."""
    Owner = model('Owner')
    Thing = model('Thing', owner=rom.ManyToOne('Owner', 'no action'))
    owner = Owner()
    owner.save()
    saved, new = Thing(), Thing(owner=owner)
    saved.save()
    saved.owner = owner
    owner.delete()
    for thing in (saved, new):
        with pytest.raises(InvalidColumnValue):
            thing.save()
        thing.owner = None
        thing.save()
    assert connection.keys('Owner:[0-9]*') == [] and not connection.hexists(new._pk, 'owner')


def test_a_model_that_does_not_exist(connection):
    """A relation to a model that was never made says so."""
    Thing = model('Thing', owner=rom.ManyToOne('Nowhere', 'no action'))
    with pytest.raises(ORMError) as caught:
        Thing()
    assert 'Nowhere' in str(caught.value) and 'Thing.owner' in str(caught.value)


# on_delete -------------------------------------------------------------------------------------------------------

@pytest.fixture
def log():
    return []


@pytest.fixture
def family(connection, log):
    """Parent <- Child (cascade) <- Toy (cascade), with hooks that write a log."""
    def hooks(name):
        return dict((hook, lambda self, hook=hook: log.append((hook, self._pk))) for hook in ('_before_delete', '_after_delete'))
    Parent = model('Parent', **hooks('Parent'))
    Child = model('Child', parent=rom.ManyToOne('Parent', 'cascade'), **hooks('Child'))
    Toy = model('Toy', child=rom.ManyToOne('Child', 'cascade'), name=rom.Text(unique=True, index=True, keygen=rom.IDENTITY), **hooks('Toy'))
    for p in range(2):
        parent = Parent()
        for c in range(2):
            child = Child(parent=parent)
            for t in range(2):
                Toy(child=child, name=u'%d%d%d' % (p, c, t))
    forget()
    return Parent, Child, Toy


def test_cascades_go_children_first_in_one_script(family, connection, calls, log):
    """Collected first, checked, then applied in one script per connection, children before parents, hooks for each deleted entity."""
    Parent, Child, Toy = family
    parent, held = Parent.get(1), Toy.get(1)
    del calls[:]
    parent.delete()
    # twice three for what refers to what, as hooks may change that, and one that writes
    assert [call for call in calls if call in ('EVAL', 'EVALSHA')].count('EVALSHA') <= 7 and calls[-1] == 'EVALSHA'
    for hook, place in (('_before_delete', 0), ('_after_delete', -1)):
        order = [pk for name, pk in log if name == hook]
        assert len(order) == len(set(order)) == 7 and order[place] == 'Parent:1'
        for toy in (1, 2, 3, 4):
            assert order.index('Toy:%d' % toy) < order.index('Child:%d' % ((toy + 1) // 2))
    assert [pk for name, pk in log].count('Parent:1') == 2 and held._deleted and parent._deleted
    assert row_keys(connection) == sorted([b'Parent:2', b'Child:3', b'Child:4'] + [b'Toy:%d' % n for n in (5, 6, 7, 8)])
    for each in family:
        assert problems(connection, each) == []


def test_an_exception_in_a_hook_deletes_nothing(family, connection):
    """Collected first, checked, then applied: an exception in a before-hook stops the write."""
    Parent, Child, Toy = family

    def refuse(self):
        raise KeyError(self._pk)
    Child._before_delete = refuse
    before = snapshot(connection)
    with pytest.raises(KeyError):
        Parent.get(1).delete()
    assert snapshot(connection) == before and not Parent.get(1)._deleted


def test_restrict_is_checked_before_anything_changes(family, connection, log):
    """Collected first, checked, then applied: a restriction further down stops all of it."""
    Parent, Child, Toy = family
    Label = model('Label', toy=rom.ManyToOne('Toy', 'restrict'))
    Label(toy=Toy.get(3)).save()
    before = snapshot(connection)
    with pytest.raises(RestrictError) as caught:
        Parent.get(1).delete()
    assert 'Label' in str(caught.value) and 'Toy:3' in str(caught.value)
    assert snapshot(connection) == before and log == [('_before_delete', 'Parent:1')]
    Label.get(1).delete()
    Parent.get(1).delete()
    assert not connection.exists('Toy:3')


@pytest.mark.parametrize('rule', ['cascade', 'restrict', 'set null'])
def test_a_reference_added_in_between_is_noticed(connection, rom_connection, monkeypatch, rule):
    """A reference added in between is noticed."""
    Parent = model('Parent')
    Child = model('Child', parent=rom.ManyToOne('Parent', rule), n=rom.Integer(index=True))
    parent = Parent()
    if rule != 'restrict':
        Child(parent=parent)
    forget()
    parent = Parent.get(1)

    def add():
        connection.hset('Child:77', 'parent', 1)
        connection.hset('Child:77', 'id', 77)
        connection.hset('Child:77', '-index-data-', '[[], ["parent"], [], [], []]')
        connection.zadd('Child:parent:idx', {'77': 1})
    waiting = meanwhile(rom_connection, monkeypatch, add)
    try:
        parent.delete()
    except RestrictError:
        assert rule == 'restrict' or not parent._deleted
        assert connection.exists('Parent:1')
    assert waiting == []
    if connection.exists('Parent:1'):
        assert connection.hget('Child:77', 'parent') == b'1'
        if rule != 'restrict':
            parent.delete()
    if rule != 'restrict':
        assert not connection.exists('Parent:1') and not connection.hexists('Child:77', 'parent')
    assert problems(connection, Child) == []


@pytest.mark.parametrize('rule', ['cascade', 'set null'])
@pytest.mark.parametrize('what', ['deleted', 'moved', 'replaced'])
def test_what_others_do_in_between(connection, rom_connection, monkeypatch, rule, what):
    """A reference added, moved or deleted in between is noticed: what refers to the row by then is done, nothing else."""
    Parent = model('Parent')
    Child = model('Child', parent=rom.ManyToOne('Parent', rule), n=rom.Integer(index=True))
    first, second = Parent(), Parent()
    for n in range(2):
        Child(parent=first, n=n)
    forget()

    def work():
        child = Child.get(1)
        if what == 'moved':
            child.parent = Parent.get(2)
            child.save()
        else:
            child.delete()
        if what == 'replaced':
            Child(parent=Parent.get(1), n=5).save()

    def in_another_thread():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    waiting = meanwhile(rom_connection, monkeypatch, in_another_thread)
    hooks = []
    Child._before_delete = Child._before_update = lambda self: hooks.append(self.id) if threading.current_thread() is here else None
    here = threading.current_thread()
    Parent.get(1).delete()
    assert waiting == [] and row_keys(connection)[-1] == b'Parent:2' and sorted(hooks) == sorted(set(hooks))
    left = dict((key, connection.hget(key, 'parent')) for key in connection.keys('Child:[0-9]*'))
    gone = {} if rule == 'cascade' else {b'Child:2': None}
    if what == 'moved':
        gone[b'Child:1'] = b'2'
    if what == 'replaced' and rule != 'cascade':
        gone[b'Child:3'] = None
    assert left == gone
    assert problems(connection, Child) == []


def test_unsaved_reparenting_counts(connection):
    """Unsaved re-parenting in the session counts."""
    Parent = model('Parent')
    Child = model('Child', parent=rom.ManyToOne('Parent', 'cascade'), n=rom.Integer())
    first, second = Parent(), Parent()
    leaving, coming, staying = Child(parent=first), Child(parent=second), Child(parent=first)
    rom.session.commit()
    leaving.parent, coming.parent = second, first
    first.delete()
    assert (leaving._deleted, coming._deleted, staying._deleted) == (False, True, True)
    rom.session.commit()
    assert connection.keys('Child:[0-9]*') == [leaving._pk.encode()] and connection.hget(leaving._pk, 'parent') == str(second.id).encode()
    assert problems(connection, Child) == []


def test_unsaved_reparenting_lifts_a_restriction(connection):
    """Unsaved re-parenting in the session counts: for 'restrict' as well."""
    Parent = model('Parent')
    Child = model('Child', parent=rom.ManyToOne('Parent', 'restrict'))
    first, second = Parent(), Parent()
    child = Child(parent=first)
    rom.session.commit()
    child.parent = second
    with pytest.raises(RestrictError):
        second.delete()
    assert connection.exists(second._pk)


@pytest.mark.parametrize('rule', ['set null', 'set default'])
def test_only_the_reference_is_written(connection, rule):
    """'set null' and 'set default' write that reference alone, and never the row being deleted."""
    Parent = model('Parent')
    fallback = Parent()
    fallback.save()
    arguments = {'default': lambda: Parent.get(1)} if rule == 'set default' else {}
    Child = model('Child', parent=rom.ManyToOne('Parent', rule, **arguments), n=rom.Integer(index=True), u=rom.Text(unique=True))
    parent = Parent()
    child = Child(parent=parent, n=1, u=u'x')
    rom.session.commit()
    child.n, child.u = 2, u'y'
    connection.hset('Child:1', 'extra', 'kept')
    parent.delete()
    assert child.parent is (fallback if rule == 'set default' else None)
    row = connection.hgetall('Child:1')
    assert (row[b'n'], row[b'u'], row[b'extra']) == (b'1', b'x', b'kept')
    assert row.get(b'parent') == (b'1' if rule == 'set default' else None)
    assert not connection.exists(parent._pk) and problems(connection, Child) == []
    assert child._modified and (child.n, child.u) == (2, u'y')
    assert rom.session.commit() == 2
    assert problems(connection, Child) == []


@pytest.mark.parametrize('rule', ['set null', 'set default'])
def test_two_references_of_one_row(connection, rule):
    """'set null' and 'set default': both references of a row are written at once, index entries and unique values with them."""
    Parent = model('Parent')
    arguments = [{'default': lambda n=n: Parent.get(n)} if rule == 'set default' else {} for n in (2, 3)]
    Child = model('Child', a=rom.ManyToOne('Parent', rule, **arguments[0]), b=rom.ManyToOne('Parent', rule, **arguments[1]),
                  n=rom.Integer(), unique_together=[('a', 'b'), ('a', 'n')])
    parent, second, third = Parent(), Parent(), Parent()
    child = Child(a=parent, b=parent, n=1)
    rom.session.commit()
    updates = []
    Child._before_update = lambda self: updates.append(self.id)
    parent.delete()
    assert (child.a, child.b) == ((second, third) if rule == 'set default' else (None, None))
    assert updates == [1]
    told = {'a:b': lambda row: rom.util._encode_unique_constraint([row['a'], row['b']]) if 'a' in row else None,
            'a:n': lambda row: rom.util._encode_unique_constraint([row['a'], row['n']]) if 'a' in row else None}
    assert problems(connection, Child, told) == []


@pytest.mark.parametrize('column', ['derived', 'other'])
def test_rules_keep_unsaved_edits(connection, column):
    """'set null' writes that reference alone: what is not saved yet stays in the entity, and a race for it is noticed."""
    Parent = model('Parent')
    Child = model('Child', parent=rom.ManyToOne('Parent', 'set null'), derived=rom.Integer(), other=rom.Integer(),
                  both=rom.IndexOnly(keygen2=lambda attr, row: {'': (row['derived'] or 0)}))
    parent = Parent()
    Child(parent=parent, derived=1, other=1)
    forget()
    child = Child.get(1)
    setattr(child, column, 5)
    connection.hset('Child:1', column, 3)
    Parent.get(1).delete()
    assert getattr(child, column) == 5 and child._modified and not connection.hexists('Child:1', 'parent')
    assert connection.hget('Child:1', column) == b'3'
    with pytest.raises(DataRaceError):
        child.save()


def test_rules_see_the_row_and_not_an_old_view_of_it(connection):
    """Collected first: a row that another writer made refer to this one is found, whatever the session knew of it."""
    Parent = model('Parent')
    Child = model('Child', parent=rom.ManyToOne('Parent', 'set null'))
    first, second = Parent(), Parent()
    child = Child(parent=second)
    rom.session.commit()
    child = Child.get(1)
    connection.hset('Child:1', 'parent', first.id)
    connection.zadd('Child:parent:idx', {'1': first.id})
    first.delete()
    assert not connection.hexists('Child:1', 'parent') and child.parent is None
    assert problems(connection, Child) == []


@pytest.mark.parametrize('required', [False, True])
def test_a_default_that_is_itself_deleted(connection, required):
    """'set default' leaves no dangling reference: where the default is the row that goes, the stored id is removed."""
    Parent = model('Parent')
    Child = model('Child', parent=rom.ManyToOne('Parent', 'set default', required=required, default=1))
    parent = Parent()
    parent.save()
    child = Child()
    child.save()
    if required:
        with pytest.raises(RestrictError):
            parent.delete()
        return
    parent.delete()
    assert not connection.hexists('Child:1', 'parent')
    rom.session.rollback()
    assert Child.get(1).parent is None


def test_a_default_that_is_new(connection):
    """'set default': a new referenced entity is saved before the row that refers to it."""
    Parent = model('Parent', name=rom.Text())
    Child = model('Child', parent=rom.ManyToOne('Parent', 'set default', default=lambda: Parent(name=u'fallback')))
    parent = Parent()
    children = [Child(parent=parent) for _ in range(2)]
    rom.session.commit()
    parent.delete()
    assert connection.hget('Parent:2', 'name') == b'fallback'
    assert [connection.hget(child._pk, 'parent') for child in children] == [b'2', b'2']


def test_cycles_without_a_session(connection):
    """Cycles load, save and delete: also where no session makes one object of a row."""
    hooks = []
    Node = model('Node', to=rom.ManyToOne('Node', 'cascade'), also=rom.ManyToOne('Node', 'cascade'),
                 _before_delete=lambda self: hooks.append(self.id))
    first, second = Node(), Node()
    first.to, second.to, second.also = second, first, first
    rom.session.commit()
    rom.session.null_session = True
    Node.get(1).delete()
    assert row_keys(connection) == [] and sorted(hooks) == [1, 2]


@pytest.mark.parametrize('rule', ['set null', 'set default', 'cascade', 'restrict'])
def test_a_row_that_refers_to_itself(connection, rule):
    """'set null' and 'set default' never write the row being deleted. A row that only restricts itself can go."""
    Node = model('Node', to=rom.ManyToOne('Node', rule), n=rom.Integer(index=True))
    node = Node(n=1)
    node.to = node
    node.save()
    node.delete()
    assert list(snapshot(connection)) == [b'Node:id:'] and node._deleted


def test_rows_that_restrict_each_other(connection):
    """A row that only restricts itself can go; one that another restricts cannot."""
    Node = model('Node', to=rom.ManyToOne('Node', 'restrict'))
    first, second = Node(), Node()
    first.to, second.to = second, first
    rom.session.commit()
    for node in (first, second):
        with pytest.raises(RestrictError):
            node.delete()
    assert len(connection.keys('Node:[0-9]*')) == 2


def test_set_null_and_cascade_on_one_row(connection):
    """'set null' never writes a row being deleted: one that another rule takes along."""
    Parent = model('Parent')
    Child = model('Child', a=rom.ManyToOne('Parent', 'cascade'), b=rom.ManyToOne('Parent', 'set null'))
    parent = Parent()
    Child(a=parent, b=parent)
    other = Child(b=parent)
    rom.session.commit()
    parent.delete()
    assert connection.keys('Child:[0-9]*') == [other._pk.encode()] and other.b is None
    assert problems(connection, Child) == []


@pytest.mark.parametrize('rule', ['cascade', 'set null'])
def test_large_fan_outs_are_worked_in_batches(connection, calls, rule):
    """Large fan-outs are worked in batches."""
    Parent = model('Parent')
    Child = model('Child', parent=rom.ManyToOne('Parent', rule), u=rom.Text(unique=True))
    parent = Parent()
    for n in range(1300):
        Child(parent=parent, u=u'%d' % n)
    forget()
    parent = Parent.get(1)
    del calls[:]
    parent.delete()
    assert len([call for call in calls if call == 'EVALSHA']) <= 3 + 3 and 'EVAL' not in calls
    assert len(connection.keys('Child:[0-9]*')) == (0 if rule == 'cascade' else 1300)
    assert not connection.exists('Parent:1') and not connection.exists('Child:parent:idx')
    assert problems(connection, Child) == []


def test_a_fan_out_that_fails_half_way_can_be_repeated(connection, rom_connection, monkeypatch):
    """Large fan-outs are worked in batches, children before parents: what is left after a failure is in step, and a retry finishes."""
    monkeypatch.setattr(batches, 'ROWS_PER_WRITE', 10)
    Parent = model('Parent')
    Child = model('Child', parent=rom.ManyToOne('Parent', 'cascade'))
    parent = Parent()
    for n in range(25):
        Child(parent=parent)
    forget()
    parent, send, count = Parent.get(1), rom_connection.execute_command, itertools.count()

    def execute_command(*args, **options):
        if args[0] == 'EVALSHA' and '"operations"' in repr(args) and next(count) == 1:
            raise ValueError('stop')
        return send(*args, **options)
    monkeypatch.setattr(rom_connection, 'execute_command', execute_command)
    with pytest.raises(ValueError):
        parent.delete()
    assert connection.exists('Parent:1') and len(connection.keys('Child:[0-9]*')) == 15 and not parent._deleted
    assert problems(connection, Child) == []
    parent.delete()
    assert row_keys(connection) == []


def test_rules_across_connections(server, connection):
    """Applied in one script per connection."""
    other = server.spawn()
    Parent = model('Parent')
    Child = model('Child', _conn=other.client(), parent=rom.ManyToOne('Parent', 'cascade'))
    Doll = model('Doll', parent=rom.ManyToOne('Parent', 'set null'))
    parent = Parent()
    Child(parent=parent), Doll(parent=parent)
    rom.session.commit()
    parent.delete()
    assert row_keys(other.client()) == [] and row_keys(connection) == [b'Doll:1']
    assert not connection.hexists('Doll:1', 'parent')
    first, second = Parent(), Parent()
    leaving = Child(parent=first)
    rom.session.commit()
    leaving.parent = second  # not saved yet: the call that removes the parent cannot see it, for it is elsewhere
    first.delete()
    assert not leaving._deleted and not connection.exists(first._pk)


# Bulk deletes ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('rule', ['cascade', 'restrict', 'set null', 'set default'])
def test_bulk_deletes_refuse_models_with_rules(connection, rule):
    """`session.delete` and `Query.delete` refuse only models on which a rule other than 'no action' depends."""
    Parent = model('Parent', n=rom.Integer(index=True))
    Child = model('Child', parent=rom.ManyToOne('Parent', rule), n=rom.Integer(index=True))
    parent = Parent(n=1)
    child = Child(parent=parent, n=1)
    rom.session.commit()
    for delete in (lambda: rom.session.delete(parent), lambda: rom.session.delete(child, parent), Parent.query.filter(n=1).delete):
        with pytest.raises(ORMError):
            delete()
    assert connection.exists('Parent:1') and connection.exists('Child:1')
    rom.session.delete(child)
    Child(parent=parent, n=1).save()
    Child.query.filter(n=1).delete()
    assert connection.keys('Child:[0-9]*') == []


def test_bulk_deletes_take_models_without_rules(connection):
    """`session.delete` and `Query.delete` refuse only models on which a rule other than 'no action' depends: 1.1.2 refused any that refer."""
    Parent = model('Parent', n=rom.Integer(index=True))
    Child = model('Child', parent=rom.ManyToOne('Parent', 'no action'))
    parents = [Parent(n=1) for _ in range(3)]
    Child(parent=parents[0])
    rom.session.commit()
    rom.session.delete(parents[0])
    Parent.query.filter(n=1).delete()
    assert connection.keys('Parent:[0-9]*') == [] and connection.hget('Child:1', 'parent') == b'1'


# Filters ---------------------------------------------------------------------------------------------------------

def test_filters_on_references(connection):
    """Filters and `get_by` take an entity, an id, a range or a list on references; 0 is an id."""
    Parent = model('Parent')
    Child = model('Child', parent=rom.ManyToOne('Parent', 'no action'))
    parents = [Parent() for _ in range(4)]
    children = [Child(parent=parent) for parent in parents] + [Child()]
    rom.session.commit()
    ids = [parent.id for parent in parents]
    for value, expected in [(parents[1], [1]), (ids[1], [1]), ((ids[1], ids[2]), [1, 2]), ((ids[2], None), [2, 3]), ([parents[0], ids[3]], [0, 3]),
                            ([ids[0]], [0]), (rom.NOT_NULL, [0, 1, 2, 3]), (0, []), (99, [])]:
        expected = [children[n] for n in expected]
        assert Child.query.filter(parent=value).all() == expected, value
        assert Child.get_by(parent=value) == expected, value


def test_0_is_an_id(connection):
    """0 is an id."""
    Parent = model('Parent')
    Child = model('Child', parent=rom.ManyToOne('Parent', 'cascade'))
    connection.hset('Parent:0', 'id', 0)
    parent = Parent.get(0)
    assert parent is not None and parent.id == 0
    child = Child(parent=0)
    other = Child(parent=parent)
    rom.session.commit()
    assert child.parent is parent and Child.query.filter(parent=0).all() == Child.get_by(parent=parent) == [child, other]
    parent.delete()
    assert row_keys(connection) == []


@pytest.mark.parametrize('value', [u'x', True, {}, float('nan')], ids=shown)
def test_what_fits_no_reference(connection, value):
    """Filters take an entity, an id, a range or a list on references: else QueryError."""
    model('Parent')
    Child = model('Child', parent=rom.ManyToOne('Parent', 'cascade'))
    with pytest.raises(QueryError):
        Child.query.filter(parent=value).all()


# ForeignModel ----------------------------------------------------------------------------------------------------

def test_foreign_models_load_when_touched(connection):
    """References load when they are touched: those to another ORM too."""
    asked = []

    class Foreign(object):
        def __init__(self, id):
            self.id = id

        @classmethod
        def get(cls, id):
            asked.append(id)
            return cls(id) if id < 10 else None

    Thing = model('Thing', to=rom.ForeignModel(Foreign), n=rom.Integer())
    Thing(to=Foreign(5)).save()
    rom.session.rollback()
    thing = Thing.get(1)
    thing.n = 3
    thing.save()
    assert asked == []
    assert thing.to.id == 5 and thing.to is thing.to and asked == [5]
    thing.to = thing.to
    assert thing.save() == 0
    assert connection.zscore('Thing:to:idx', 1) == 5
    with pytest.raises(InvalidColumnValue):
        thing.to = 77


def test_two_writers_of_one_reference(connection):
    """A reference is a column like others: a race for it is noticed."""
    Parent = model('Parent')
    Child = model('Child', parent=rom.ManyToOne('Parent', 'no action'))
    parents = [Parent() for _ in range(3)]
    Child(parent=parents[0])
    forget()
    child = Child.get(1)
    rom.session.rollback()
    other = Child.get(1)
    other.parent = 2
    other.save()
    child.parent = Parent.get(3)
    with pytest.raises(DataRaceError):
        child.save()


# What counts is the row, not the object ----------------------------------------------------------------------------

RULES = ['restrict', 'cascade', 'set null']


def followed(Parent, Child, rule, connection):
    """Delete the parent, and see that the rule was followed."""
    if rule == 'restrict':
        with pytest.raises(RestrictError):
            Parent.get(1).delete()
        assert connection.exists('Parent:1') and connection.hget('Child:1', 'parent') == b'1'
        return
    Parent.get(1).delete()
    assert not connection.exists('Parent:1') and connection.hget('Child:1', 'parent') is None
    assert connection.exists('Child:1') == (rule != 'cascade')


@pytest.mark.parametrize('edited', [False, True], ids=['as it was', 'edited'])
@pytest.mark.parametrize('assigned', ['the same', 'another object of it', 'its id'])
@pytest.mark.parametrize('rule', RULES)
def test_a_reference_assigned_again(connection, rule, assigned, edited):
    """An unchanged value counts as no change, references included: the rule is followed as if nothing had been assigned."""
    Parent = model('Parent', n=rom.Integer())
    Child = model('Child', n=rom.Integer(), parent=rom.ManyToOne('Parent', rule))
    kept = Parent(n=1)
    Child(n=1, parent=kept)
    forget()
    child = Child.get(1)
    if edited:
        child.n = 2
    child.parent = {'the same': child.parent, 'another object of it': kept, 'its id': 1}[assigned]
    followed(Parent, Child, rule, connection)
    rom.session.commit()
    assert problems(connection, Child) == []


@pytest.mark.parametrize('rule', RULES)
def test_a_reference_moved_to_another_object_of_the_row(connection, rule):
    """Unsaved re-parenting counts, by id."""
    Parent = model('Parent', n=rom.Integer())
    Child = model('Child', parent=rom.ManyToOne('Parent', rule))
    kept, other = Parent(n=1), Parent(n=2)
    rom.session.commit()
    Child(parent=other)
    forget()
    child = Child.get(1)
    child.parent = kept
    if rule == 'restrict':
        with pytest.raises(RestrictError):
            Parent.get(1).delete()
    else:
        Parent.get(1).delete()
        assert connection.hget('Child:1', 'parent') is None and (rule == 'cascade') == child._deleted


@pytest.mark.parametrize('rule', RULES + ['set default'])
def test_a_reference_moved_away_is_written_with_the_delete(connection, rule):
    """Unsaved re-parenting counts; were it left to a commit that may not come, the row would refer to nothing."""
    Parent = model('Parent', n=rom.Integer())
    Child = model('Child', parent=rom.ManyToOne('Parent', rule, default=None))
    parent, other = Parent(n=1), Parent(n=2)
    Child(parent=parent)
    forget()
    child = Child.get(1)
    child.parent = other
    Parent.get(1).delete()
    assert connection.hget('Child:1', 'parent') == b'2' and not child._modified
    assert problems(connection, Child) == []


def test_a_reference_to_what_is_gone_assigned_again(connection):
    """What 'no action' leaves may be written back by a form; it is no change."""
    Parent = model('Parent', n=rom.Integer())
    Child = model('Child', n=rom.Integer(), parent=rom.ManyToOne('Parent', 'no action'))
    parent = Parent(n=1)
    child = Child(n=1, parent=parent)
    rom.session.commit()
    parent.delete()
    child.parent = child.parent
    child.n = 2
    assert child.save() == 1 and connection.hget('Child:1', 'parent') == b'1'
    with pytest.raises(InvalidColumnValue):
        Child(parent=parent)


def test_set_default_to_what_goes_as_well(connection):
    """What was not asked for is not left dangling: a default that goes with the rest is none."""
    Team = model('Team', above=rom.ManyToOne('Team', 'cascade'))
    Member = model('Member', team=rom.ManyToOne('Team', 'set default', default=lambda: Team.get(2)))
    Must = model('Must', team=rom.ManyToOne('Team', 'set default', required=True, default=lambda: Team.get(2)))
    top = Team()
    Team(above=top)
    Member(team=top)
    must = Must(team=top)
    rom.session.commit()
    with pytest.raises(RestrictError):
        top.delete()
    must.delete()
    top.delete()
    assert row_keys(connection) == [b'Member:1'] and connection.hget('Member:1', 'team') is None


def test_new_rows_that_refer_to_each_other_stand_or_fall_together(connection):
    """Of two new rows that refer to each other, one that is refused leaves no reference to nothing."""
    Node = model('Node', name=rom.Text(unique=True), to=rom.ManyToOne('Node', 'no action'))
    Node(name=u'taken').save()
    one, other, third = Node(name=u'free'), Node(name=u'taken'), Node(name=u'third')
    one.to, other.to, third.to = other, third, one
    with pytest.raises(UniqueKeyViolation):
        rom.session.commit()
    assert row_keys(connection) == [b'Node:1']
    other.name = u'other'
    rom.session.commit()
    assert [node.to is target for node, target in ((one, other), (other, third), (third, one))] == [True] * 3
    assert len(row_keys(connection)) == 4 and problems(connection, Node) == []


# Hooks on the way of a delete -----------------------------------------------------------------------------------------

def test_a_hook_clears_the_way(connection):
    """The before-hook of what is asked to go runs first and may clear the way: by deleting, moving and clearing."""
    class Order(rom.Model):
        def _before_delete(self):
            Line.get(1).delete()
            Line.get(2).order = Order.get(2)
            Line.get(3).order = None
    Line = model('Line', order=rom.ManyToOne('Order', 'restrict'))
    order, other = Order(), Order()
    for _ in range(3):
        Line(order=order)
    rom.session.commit()
    order.delete()
    assert row_keys(connection) == [b'Line:2', b'Line:3', b'Order:2']
    assert connection.hget('Line:2', 'order') == b'2' and connection.hget('Line:3', 'order') is None
    assert problems(connection, Line) == [] and other is Line.get(2).order


def test_a_hook_deletes_what_would_go_anyway(connection, log):
    """Hooks for each deleted entity, once, whoever deletes it."""
    called = []
    Parent = model('Parent', n=rom.Integer())

    class Child(rom.Model):
        parent = rom.ManyToOne('Parent', 'cascade')

        def _before_delete(self):
            called.append(('before', self.id))
            for other in Child.get([1, 2, 3]):
                if other is not self and (u'before', other.id) not in called:
                    other.delete()

        def _after_delete(self):
            called.append(('after', self.id))
    parent = Parent(n=1)
    for _ in range(3):
        Child(parent=parent)
    rom.session.commit()
    parent.delete()
    assert row_keys(connection) == [] and sorted(called) == sorted((when, n) for when in ('before', 'after') for n in (1, 2, 3))


@pytest.mark.parametrize('instead', [2, None])
def test_a_hook_assigns_instead_of_a_rule(connection, instead):
    """An edit is never dropped: a before-hook sees the reference cleared, and what it assigns stays."""
    seen = []
    Team = model('Team', n=rom.Integer())

    class Member(rom.Model):
        n = rom.Integer()
        team = rom.ManyToOne('Team', 'set null')

        def _before_update(self):
            seen.append(self.team)
            self.n = 5
            if instead:
                self.team = Team.get(instead)
    team = Team(n=1)
    Team(n=2)
    member = Member(team=team)
    rom.session.commit()
    team.delete()
    stored = str(instead).encode('ascii') if instead else None
    assert seen == [None] and connection.hget('Member:1', 'team') == stored and member.n == 5 and member._modified
    rom.session.commit()
    assert connection.hmget('Member:1', 'team', 'n') == [stored, b'5'] and problems(connection, Member) == []


def test_a_hook_that_refuses_leaves_the_references(connection):
    """What a before-hook has seen for a moment is undone where the delete is stopped."""
    Team = model('Team', n=rom.Integer())

    class Member(rom.Model):
        team = rom.ManyToOne('Team', 'set null')

        def _before_update(self):
            raise KeyError(self.team)
    team = Team(n=1)
    member = Member(team=team)
    rom.session.commit()
    with pytest.raises(KeyError):
        team.delete()
    assert member.team is team and not member._modified and connection.hget('Member:1', 'team') == b'1'


def test_a_default_that_is_not_there_yet_fills_nothing(connection):
    """What was not asked for is not left dangling: a new entity, of which a row knows only by a default, may never be saved."""
    Team = model('Team', name=rom.Text(unique=True))
    Member = model('Member', n=rom.Integer(), team=rom.ManyToOne('Team', 'restrict', default=lambda: Team.get(2)))
    Team(name=u'taken')
    member = Member(n=1)
    rom.session.commit()
    Team(name=u'taken').id
    member.n = 2
    assert Team.get(2)._new and member.save(full=True)
    assert connection.hget('Member:1', 'team') is None and problems(connection, Member) == []
