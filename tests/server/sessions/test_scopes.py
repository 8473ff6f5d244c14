"""`with rom.session:`: a scope is a unit of work, and nothing of it is left behind."""
import gc
import weakref

import pytest

import rom

pytestmark = pytest.mark.usefixtures('connection')


@pytest.fixture
def User(clean_state):
    class User(rom.Model):
        email = rom.Text(unique=True)
        name = rom.Text()
        n = rom.Integer(default=0)
        data = rom.Json()
    return User


@pytest.fixture
def Order(User):
    class Order(rom.Model):
        user = rom.ManyToOne('User', on_delete='no action')
        items = rom.Json(default=[])
    return Order


@pytest.fixture
def ann(User):
    """A row of which the session knows the entity, read a moment ago."""
    User(email=u'ann@x', name=u'Ann', data={'a': [1, {'b': 2}]})
    rom.session.commit()
    rom.session.rollback()
    return User.get(1)


def stored(entity):
    """What the row of an entity holds now."""
    with rom.session.scope(commit=False):
        found = type(entity).get(entity.id)
        return found and found.to_dict()


# -- the whole or nothing ----------------------------------------------------------------------------------------------

def test_what_changes_is_written_at_the_end(User, connection):
    with rom.session as session:
        assert session is rom.session
        User(email=u'a')
        assert connection.keys('User:[0-9]*') == []
    assert User.get_by(email=u'a') is not None and rom.session.commit() == 0


@pytest.mark.parametrize('error', [KeyError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_nothing_is_written_on_an_exception(User, error):
    with pytest.raises(error):
        with rom.session:
            User(email=u'a')
            raise error('x')
    assert rom.session.commit() == 0 and User.query.all() == []


def test_the_error_of_the_one_that_stood_in_the_way(User, ann):
    with pytest.raises(rom.UniqueKeyViolation) as caught:
        with rom.session:
            User(email=u'b')
            User(email=u'ann@x')
    assert caught.value.columns == ('email',) and getattr(caught.value, '__context__', None) is None
    assert User.get_by(email=u'b') is None and rom.session.commit() == 0


def test_a_scope_that_is_left_is_not_told_to_mend_what_is_forgotten(User, ann):
    """Its entities are in no session any more; of a commit before its end they are."""
    with pytest.raises(rom.UniqueKeyViolation) as caught:
        with rom.session:
            User(email=u'ann@x')
    assert 'is taken' in str(caught.value) and 'session' not in str(caught.value)
    with pytest.raises(rom.BulkError) as caught:
        with rom.session:
            User(email=u'ann@x')
            User(email=u'ann@x')
    assert 'session' not in str(caught.value)
    with pytest.raises(rom.DataRaceError) as caught:
        with rom.session:
            inside = User.get(1)
            inside.n = 1
            rom.util.get_connection().hset('User:1', 'n', '7')
    assert 'get it again in a new scope' in str(caught.value) and 'refresh()' not in str(caught.value)
    with pytest.raises(rom.UniqueKeyViolation) as caught:
        with rom.session:
            User(email=u'ann@x')
            rom.session.commit()
    assert 'stays in the session' in str(caught.value)


def test_an_opening_says_what_it_is():
    opening = rom.session.scope(commit=False)
    assert repr(opening) == '<rom.session.scope(commit=False, atomic=True, force=False): not open>'
    with opening:
        assert repr(opening).endswith('force=False): open>')
    assert repr(opening).endswith('not open>')


def test_all_errors_of_several_that_stood_in_the_way(User, ann):
    with pytest.raises(rom.BulkError) as caught:
        with rom.session:
            User(email=u'ann@x')
            User(email=u'b')
            User(email=u'ann@x')
    assert len(caught.value.errors) == 2 and User.get_by(email=u'b') is None


def test_after_a_failed_commit_the_thread_is_as_it_was(User, ann):
    before = User(email=u'before')
    with pytest.raises(rom.UniqueKeyViolation):
        with rom.session:
            User(email=u'ann@x')
    assert sorted(map(id, rom.session.known.values())) == sorted(map(id, [ann, before]))
    rom.session.commit()
    assert [user.email for user in User.query.all()] == [u'ann@x', u'before']


def test_not_atomic(User, ann):
    with pytest.raises(rom.UniqueKeyViolation):
        with rom.session.scope(atomic=False):
            User(email=u'b')
            User(email=u'ann@x')
            User(email=u'c')
    assert User.get_by(email=u'b') is not None and User.get_by(email=u'c') is None and rom.session.commit() == 0


def test_force(ann, connection):
    with pytest.raises(rom.DataRaceError):
        with rom.session:
            ann.name = u'mine'
            connection.hset('User:1', 'name', 'theirs')
    ann.refresh()
    with rom.session.scope(force=True):
        ann.name = u'mine'
        connection.hset('User:1', 'name', 'other')
    assert connection.hget('User:1', 'name') == b'mine'


def test_without_commit(User, ann):
    with rom.session.scope(commit=False) as session:
        User(email=u'b')
        assert session.commit() > 0
        User(email=u'c')
        User.get(1).name = u'x'
    assert rom.session.commit() == 0 and User.get_by(email=u'b') is not None and User.get_by(email=u'c') is None
    assert stored(ann)['name'] == u'Ann'


def test_an_entity_of_the_outer_scope_stays_changed_where_the_inner_one_does_not_commit(User, ann):
    rom.session.commit()  # known weakly, from here on
    with rom.session.scope(commit=False):
        ann.name = u'x'
    assert rom.session.commit() == 1 and stored(ann)['name'] == u'x'


def test_commit_within_a_scope(User, ann):
    with pytest.raises(KeyError):
        with rom.session:
            ann.name = u'written'
            ann.data['c'] = 3
            assert rom.session.commit() == 2
            ann.n = 5
            raise KeyError('x')
    assert (ann.name, ann.n, ann.data['c']) == (u'written', 0, 3) and not ann._modified
    assert stored(ann)['name'] == u'written'


def test_entities_are_forgotten(User):
    with rom.session:
        user = User(email=u'a')
    found = weakref.ref(user)
    assert rom.session.get('User:1') is None and User.get(1) is not user
    del user
    rom.session.rollback()
    gc.collect()
    assert found() is None


def test_what_hooks_change_is_written_too(connection):
    class Page(rom.Model):
        slug = rom.Text()
        made = []

        def _before_insert(self):
            if not self.made:
                self.made.append(Page(slug=u'made by a hook'))

        def _after_insert(self):
            self.slug = (self.slug or u'') + u'-%d' % self.id

    with rom.session:
        Page(slug=u'a')
    assert sorted(page.slug for page in Page.query.all()) == [u'a-1', u'made by a hook-2']


def test_a_hook_that_changes_without_end_is_told_of(connection):
    class Page(rom.Model):
        n = rom.Integer(default=0)

        def _after_update(self):
            self.n += 1

    page = Page()
    rom.session.commit()
    with pytest.warns(UserWarning, match='Page:1: changed whenever'):
        with rom.session:
            page.n = 1
    assert rom.session.commit() >= 0


@pytest.mark.parametrize('hook', ['_before_insert', '_after_insert', '_before_update', '_after_update'])
@pytest.mark.parametrize('atomic', [True, False])
def test_scopes_in_hooks(User, hook, atomic):
    """A log that is kept whatever becomes of the rest; the entity itself may be changed in it, too."""
    class Log(rom.Model):
        text = rom.Text()
        user = rom.ManyToOne('User', on_delete='no action')

    def logging(self):
        with rom.session:
            Log(text=self.email, user=None if self._new else self)
        if 'before' in hook:
            self.n = (self.n or 0) + 1
    with rom.session.scope(atomic=atomic):
        user = User(email=u'a')
        if 'insert' not in hook:
            user.save()
            user.name = u'x'
        setattr(User, hook, logging)
    assert [(log.text, log.user and log.user.id) for log in Log.query.all()] == [(u'a', None if hook == '_before_insert' else 1)]
    assert user.n == int('before' in hook) and stored(user)['n'] == user.n


@pytest.mark.parametrize('atomic', [True, False])
def test_a_null_session_is_off_in_a_scope(User, atomic):
    rom.session.null_session = True
    with rom.session.scope(atomic=atomic):
        assert not rom.session.null_session
        User(email=u'a')
        rom.session.null_session = True  # of the thread
        User(email=u'b')
    assert rom.session.null_session
    User(email=u'c')
    assert rom.session.known == {} and rom.session.commit() == 0 and User.query.count() == 2


# -- what one script cannot hold ---------------------------------------------------------------------------------------

@pytest.fixture
def Elsewhere(server):
    class Elsewhere(rom.Model):
        _conn = server.client(db=9)
        n = rom.Integer()
        user = rom.ManyToOne('User', on_delete='no action')
    Elsewhere._conn.flushdb()
    yield Elsewhere
    Elsewhere._conn.flushdb()


def test_two_connections_are_refused_before_anything_is_written(User, Elsewhere, connection):
    called = []
    User._before_insert = lambda self: called.append(self)
    with pytest.raises(rom.InvalidOperation, match=r'scope\(atomic=False\)'):
        with rom.session:
            User(email=u'a')
            Elsewhere(n=1)
    with pytest.raises(rom.InvalidOperation, match=r'scope\(atomic=False\)'):
        with rom.session:
            Elsewhere(n=1, user=User(email=u'a'))
    assert connection.keys('*') == Elsewhere._conn.keys('*') == [] and called == []
    with rom.session.scope(atomic=False):
        Elsewhere(n=1, user=User(email=u'a'))
    assert Elsewhere.query.all()[0].user.email == u'a'


def test_more_rows_than_one_script_holds(User, connection, monkeypatch):
    monkeypatch.setattr('rom.storage.batches.ROWS_AT_ONCE', 10)
    for commit in (lambda: None, lambda: rom.session.commit(atomic=True)):
        with pytest.raises(rom.InvalidOperation, match=r'at most; this one has 11 rows.*scope\(atomic=False\)'):
            with rom.session:
                for n in range(11):
                    User(n=n)
                commit()
    assert connection.keys('*') == []
    with rom.session.scope(atomic=False):
        for n in range(11):
            User(n=n)
    assert User.query.count() == 11


def test_more_index_entries_than_one_script_holds(connection, monkeypatch):
    class Page(rom.Model):
        text = rom.Text(index=True, keygen=rom.FULL_TEXT)
    monkeypatch.setattr('rom.storage.batches.ENTRIES_AT_ONCE', 50)
    with pytest.raises(rom.InvalidOperation, match=r'scope\(atomic=False\)'):
        with rom.session:
            for n in range(3):
                Page(text=u' '.join(u'word%d' % word for word in range(20)))
    assert connection.keys('Page:[0-9]*') == [] and Page.query.filter(text=u'word1').count() == 0


# -- what is taken back ------------------------------------------------------------------------------------------------

def fail(change):
    with pytest.raises(ZeroDivisionError):
        with rom.session:
            change()
            raise ZeroDivisionError


def test_assignments_are_taken_back(User, Order, ann):
    rom.session.commit()
    order = Order(user=ann, items=[1])
    order.save()
    ann.name = u'pending'

    def change():
        ann.name, ann.n = u'x', 7
        del ann.email
        order.user = None
        order.user = User(email=u'new')
        order.items = [2]
    fail(change)
    assert (ann.name, ann.n, ann.email) == (u'pending', 0, u'ann@x') and order.user is ann and order.items == [1]
    assert not order._modified
    assert rom.session.commit() == 1 and stored(ann)['name'] == u'pending'
    assert User.get_by(email=u'new') is None


def test_what_was_never_read_is_read_again(ann):
    rom.session.rollback()
    user = type(ann).get(1)
    fail(lambda: user.update(name=u'x', n=5))
    assert (user.name, user.n) == (u'Ann', 0) and not user._modified


def test_changes_in_place_are_taken_back_in_the_same_objects(User, ann):
    data = ann.data
    inner = data['a'][1]
    data['pending'] = True

    def change():
        data['a'].append(5)       # without a look at the entity
        inner['b'] = {'deep': []}
        data['a'][1] = None
        ann.data['new'] = 1
        del data['pending']
    fail(change)
    assert ann.data is data and data == {'a': [1, {'b': 2}], 'pending': True} and data['a'][1] is inner
    inner['b'] = 3
    assert rom.session.commit() == 1
    assert stored(ann)['data'] == {'a': [1, {'b': 3}], 'pending': True}


def test_changes_in_place_of_what_is_held_since_before_a_commit(User, ann, connection):
    data = ann.data
    rom.session.commit()
    fail(lambda: data.update(x=1))
    assert ann.data is data and data == {'a': [1, {'b': 2}]}
    rom.session.commit()
    with rom.session:
        data['y'] = 1
    assert b'"y"' in connection.hget('User:1', 'data')


def test_a_value_that_was_assigned_in_place_of_another(ann):
    data = ann.data
    fail(lambda: setattr(ann, 'data', {'other': 1}))
    assert ann.data is data and data == {'a': [1, {'b': 2}]}
    fail(lambda: (ann.data.clear(), setattr(ann, 'data', None)))
    assert ann.data is data and data == {'a': [1, {'b': 2}]} and not ann._modified


def test_first_read_inside(ann):
    rom.session.rollback()
    user = type(ann).get(1)
    fail(lambda: user.data['a'].append(2))
    assert user.data == {'a': [1, {'b': 2}]} and not user._modified
    fail(lambda: type(user).get(1).data.clear())
    assert user.data == {'a': [1, {'b': 2}]}


def test_a_new_entity_of_the_outer_scope(User, connection):
    user = User(email=u'a', data=[1])

    def change():
        user.name, user.n = u'x', 5
        user.data.append(2)
    fail(change)
    assert (user.name, user.n, user.data) == (None, 0, [1]) and rom.session.known['User:new %d' % id(user)] is user
    assert rom.session.commit() > 0 and connection.hget('User:1', 'name') is None


def test_a_new_entity_of_the_outer_scope_that_was_saved_inside(User, connection):
    user = User(email=u'a', name=u'x')

    def change():
        user.name = None
        user.save()
        user.n = 5
    fail(change)
    assert user.name is None and user.n == 0 and not user._modified and rom.session.commit() == 0


def test_taken_back_where_the_commit_fails(User, ann):
    bob = User(email=u'bob@x', data=[])
    bob.save()
    with pytest.raises(rom.UniqueKeyViolation):
        with rom.session:
            bob.email, bob.name = u'ann@x', u'Bob'
            bob.data.append(1)
            ann.name = u'x'
    assert (bob.email, bob.name, bob.data, ann.name) == (u'bob@x', None, [], u'Ann')
    assert rom.session.commit() == 0


def test_rollback_takes_nothing_back_but_leaving_does(ann):
    with pytest.raises(KeyError):
        with rom.session:
            ann.name = u'x'
            rom.session.rollback()
            assert ann.name == u'x'
            raise KeyError
    assert ann.name == u'Ann'
    with rom.session:
        ann.name = u'x'
        rom.session.rollback()
    assert ann.name == u'x'


def test_refresh_by_force_inside(ann):
    ann.name = u'pending'
    fail(lambda: ann.refresh(force=True))
    assert ann.name == u'pending' and rom.session.commit() == 1


def test_the_order_of_writes_is_taken_back(User):
    log = []
    User._after_insert = lambda self: log.append(self.email)
    first, second = User(email=u'1'), User(email=u'2')
    fail(lambda: first.update(name=u'x'))
    rom.session.commit()
    assert log == [u'1', u'2'] and second.id == 2


def test_changes_of_two_objects_of_a_row_are_taken_back(User, ann):
    def change():
        other = User.get(1)
        assert other is not ann
        other.n, ann.name = 5, u'x'
        User(email=u'ann@x')
    with pytest.raises(rom.UniqueKeyViolation):
        with rom.session:
            change()
    assert (ann.name, ann.n) == (u'Ann', 0) and not ann._modified and rom.session.commit() == 0


# -- one in another ----------------------------------------------------------------------------------------------------

def test_scopes_are_independent(User, ann):
    with pytest.raises(KeyError):
        with rom.session:
            User(email=u'outer')
            with rom.session:
                assert User.get(1) is not ann
                User(email=u'inner')
            assert User.get_by(email=u'inner') is not None and User.get_by(email=u'outer') is None
            raise KeyError
    assert User.get_by(email=u'inner') is not None and User.get_by(email=u'outer') is None


def test_an_inner_scope_that_fails_leaves_the_outer_one(User):
    with rom.session:
        user = User(email=u'outer')
        fail(lambda: User(email=u'inner'))
        user.name = u'x'
    assert User.get_by(email=u'inner') is None and User.get_by(email=u'outer').name == u'x'


def test_an_entity_of_the_outer_scope_is_written_by_the_inner_one(User, ann):
    with pytest.raises(KeyError):
        with rom.session:
            user = User.get(1)
            user.n = 1
            with rom.session:
                user.name = u'x'
                user.data['a'] = 0
            assert not user._modified and User.get(1) is user
            user.email = u'never'
            raise KeyError
    assert (user.n, user.name, user.data, user.email) == (1, u'x', {'a': 0}, u'ann@x')
    assert stored(user) == user.to_dict()


def test_a_change_in_place_without_a_look_at_the_entity(ann, connection):
    data = ann.data
    with rom.session:
        data['c'] = 1
    assert b'"c"' in connection.hget('User:1', 'data') and not ann._modified
    with rom.session:
        pass
    assert rom.session.commit() == 0


def test_reading_inside_writes_nothing_of_the_outer_scope(ann, connection):
    ann.name, ann.data['c'] = u'pending', 1
    with rom.session:
        assert ann.data['c'] == 1 and ann.name == u'pending'
    assert connection.hget('User:1', 'name') == b'Ann' and rom.session.commit() == 2


def test_a_new_entity_of_the_outer_scope_is_saved_with_what_refers_to_it(User, Order):
    user = User(email=u'a')
    with rom.session:
        order = Order(user=user)
    assert not user._new and stored(order)['user'].id == user.id
    assert User.get(user.id) is user and rom.session.get(user._pk) is user and rom.session.commit() == 0
    assert not any('new' in key for key in rom.session.known)


def test_what_is_deleted_inside_is_gone_outside(User, ann):
    other = User(email=u'b')
    other.save()
    with rom.session:
        ann.delete()
        rom.session.delete(other)
    assert User.get([1, 2]) == [] and rom.session.known == {} and ann._deleted


def test_the_outer_scope_reads_again_what_the_inner_one_wrote(User, ann):
    with rom.session:
        User.get(1).name = u'x'
    ann.n = 5
    rom.session.commit()
    assert User.get(1) is ann and (ann.name, ann.n) == (u'x', 5)


def test_both_changed_the_same_column(User, ann):
    ann.name = u'outer'
    with rom.session:
        User.get(1).name = u'inner'
    with pytest.raises(rom.DataRaceError):
        rom.session.commit()


@pytest.mark.parametrize('first', ['known', 'other'])
def test_two_objects_of_a_row_in_one_scope(User, ann, first):
    """Changes of different columns are all written; of one column the later assignment holds."""
    with rom.session:
        known, other = User.get(1), ann
        if first == 'other':
            known, other = other, known
        known.name, other.n = u'x', 5
        known.email, other.email = u'1', u'2'
    assert (ann.name, ann.n, ann.email) == (u'x', 5, u'2')
    assert stored(ann) == dict(ann.to_dict())


def test_changes_in_place_of_two_objects_are_refused(User, ann):
    with pytest.raises(rom.DataRaceError):
        with rom.session:
            User.get(1).data['x'] = 1
            ann.data['y'] = 1
    assert ann.data == {'a': [1, {'b': 2}]} and 'x' not in stored(ann)['data']


def test_deep_nesting(User):
    with rom.session:
        a = User(email=u'a')
        with rom.session:
            b = User(email=u'b')
            with rom.session:
                a.name, b.name = u'a', u'b'
            assert not (a._new or b._new) and (User.get(a.id), User.get(b.id))[1] is b
        assert User.get(a.id) is a
    assert [user.name for user in User.query.all()] == [u'a', u'b']


# -- entering and leaving ----------------------------------------------------------------------------------------------

def test_by_hand(User):
    rom.session.__enter__()
    User(email=u'a')
    rom.session.__exit__(None, None, None)
    assert User.query.count() == 1
    with pytest.raises(rom.InvalidOperation, match='no scope is open'):
        rom.session.__exit__(None, None, None)
    assert hasattr(rom.session, '__exit__') and hasattr(rom.session, '__enter__')
    with rom.session:
        User(email=u'b')
        with rom.session:
            User(email=u'c')
    assert User.query.count() == 3


def test_a_scope_is_entered_once_at_a_time(User):
    scope = rom.session.scope()
    for email in (u'a', u'b'):
        with scope:
            User(email=email)
            with pytest.raises(rom.InvalidOperation):
                scope.__enter__()
    with pytest.raises(rom.InvalidOperation):
        scope.__exit__(None, None, None)
    assert User.query.count() == 2


def test_sessions_of_a_programs_own_are_apart(User):
    other = rom.util.Session()
    with other:
        assert other.known == {}
        user = User(email=u'a')
        assert rom.session.known and not other.known
        other.add(user)
    assert User.query.count() == 1 and rom.session.commit() == 0
