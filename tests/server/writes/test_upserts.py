# -*- coding: utf-8 -*-
"""Rows got or made by a unique value, and many made at once (docs/writing.rst)."""
import threading

import pytest
import rom
from rom.exceptions import InvalidColumnValue, MissingColumn, QueryError, UniqueKeyViolation
from rom.exceptions import NoResultFound

from consistency import problems


@pytest.fixture
def User(connection):
    class User(rom.Model):
        email = rom.Text(unique=True, keygen=rom.IDENTITY_CI)
        nick = rom.Text(unique=True)
        name = rom.Text()
        age = rom.Integer(index=True)
        realm = rom.Text()
        number = rom.Integer()
        tag = rom.IndexOnly('name', keygen=rom.IDENTITY, unique=True)
        unique_together = [('realm', 'number')]
    return User


def at_once(work, n=20):
    found, errors, gate = [], [], threading.Event()

    def run():
        gate.wait()
        try:
            found.append(work())
        except Exception as error:
            errors.append(error)
    threads = [threading.Thread(target=run) for _ in range(n)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    assert errors == []
    return found


def test_made_once_and_got_then(User, connection):
    user, is_new = User.get_or_create({'name': u'Ann'}, nick=u'ann')
    assert is_new and not user._new and not user._modified and connection.hget('User:1', 'name') == b'Ann'
    assert User.get_or_create({'name': u'Bob'}, nick=u'ann') == (user, False) and user.name == u'Ann'
    rom.session.rollback()
    user, is_new = User.get_or_create(nick=u'ann')
    assert not is_new and user.id == 1 and rom.session.get('User:1') is user


def test_values_go_through_the_keygen(User):
    user, _ = User.get_or_create(email=u'Ann@X')
    assert User.get_or_create(email=u'aNN@x') == (user, False) and user.email == u'Ann@X'
    assert User.update_or_create({'age': 3}, email=u'ANN@X') == (user, False) and user.age == 3


def test_a_unique_together_as_a_whole(User):
    user, is_new = User.get_or_create({'age': 1}, realm=u'a', number=1)
    assert is_new and User.get_or_create(number=1, realm=u'a') == (user, False)
    assert User.get_or_create(realm=u'a', number=2)[1] and User.update_or_create({'age': 2}, realm=u'a', number=1) == (user, False)
    assert user.age == 2


@pytest.mark.parametrize('unique', [{}, {'name': u'x'}, {'age': 1}, {'realm': u'a'}, {'email': u'a', 'nick': u'b'}, {'tag': u'x'},
                                    {'realm': u'a', 'number': 1, 'nick': u'x'}, {'emial': u'a'}, {'id': 1}],
                         ids=lambda unique: '-'.join(sorted(unique)) or 'none')
@pytest.mark.parametrize('function', ['get_or_create', 'update_or_create'])
def test_anything_but_one_whole_unique_value_is_refused(User, function, unique):
    with pytest.raises(QueryError):
        getattr(User, function)({}, **unique)


@pytest.mark.parametrize('unique', [{'email': None}, {'email': u''}, {'nick': u''}, {'realm': u'a', 'number': None}],
                         ids=['none', 'folded', 'empty', 'together'])
@pytest.mark.parametrize('function', ['get_or_create', 'update_or_create'])
def test_what_claims_nothing_makes_nothing(User, function, unique, connection):
    with pytest.raises(InvalidColumnValue):
        getattr(User, function)({}, **unique)
    assert not connection.exists('User:id:')


def test_callables_are_asked_only_when_a_row_is_made(User, connection):
    asked = []

    def age():
        asked.append(1)
        return len(asked)
    assert User.get_or_create({'age': age}, nick=u'a')[0].age == 1
    assert User.get_or_create({'age': age}, nick=u'a')[0].age == 1
    assert User.update_or_create({'age': age, 'name': u'x'}, nick=u'a')[0].name == u'x'
    assert asked == [1] and connection.hget('User:1', 'age') == b'1'
    assert User.update_or_create({'age': age}, nick=u'b')[0].age == 2


def test_defaults_by_keyword_unless_a_column_is_called_so(User, connection):
    assert User.get_or_create(defaults={'age': 4}, nick=u'a')[0].age == 4

    class Odd(rom.Model):
        defaults = rom.Text(unique=True)
        model = rom.Text(unique=True)

    assert Odd.get_or_create(defaults=u'x')[0].defaults == u'x' and Odd.get_or_create({'model': u'a'}, defaults=u'y')[1]
    assert not Odd.get_or_create(model=u'a')[1] and rom.util.get_or_create(Odd, {}, model=u'b')[1]
    with pytest.raises(QueryError):
        User.get_or_create({'nick': u'other'}, nick=u'a')
    with pytest.raises(TypeError):
        User.get_or_create([1], nick=u'a')


def test_an_unsaved_entity_with_the_value_is_saved_first(User, connection):
    user, other = User(email=u'ann@x', age=7), User(nick=u'late', name=u'unsaved')
    assert User.get_or_create({'age': 1}, email=u'ANN@x') == (user, False) and user.age == 7 and not user._new
    assert other._new
    other.save()
    other.nick = u'later'
    assert User.get_or_create(nick=u'later') == (other, False) and not other._modified


def test_another_value_that_is_taken_is_raised(User):
    User(email=u'a', nick=u'b').save()
    for function in (User.get_or_create, User.update_or_create):
        with pytest.raises(UniqueKeyViolation) as raised:
            function({'nick': u'b'}, email=u'new')
        assert raised.value.columns == ('nick',) and 'stays in the session' not in str(raised.value)
    with pytest.raises(InvalidColumnValue):
        User.get_or_create({'age': u'x'}, email=u'new')
    assert rom.session.commit() == 0 and User.get_by(email=u'new') is None


def test_twenty_at_once_make_one_row(User, connection):
    found = at_once(lambda: User.get_or_create({'age': 1}, email=u'one@x'))
    assert sum(is_new for _, is_new in found) == 1 and len(set(user.id for user, _ in found)) == 1
    found = at_once(lambda: User.get_or_create(realm=u'a', number=5))
    assert sum(is_new for _, is_new in found) == 1
    assert User.query.count(exact=True) == 2 and problems(connection, User, {}) is not None


def test_twenty_updates_at_once_all_count(User, connection):
    at_once(lambda: User.update_or_create({'age': 1 + User.age}, nick=u'one') if User.get_by(nick=u'one') else
            User.get_or_create({'age': 0}, nick=u'one') and User.update_or_create({'age': User.age + 1}, nick=u'one'))
    assert connection.hget('User:1', 'age') == b'20'


def test_a_row_deleted_in_between_is_made(User, monkeypatch, connection):
    User(nick=u'a', age=1).save()
    rom.session.rollback()
    from rom.storage import store
    call, waiting = store.call_write, [lambda: User.get_by(nick=u'a').delete()]

    def late(*args):
        while waiting:
            thread = threading.Thread(target=waiting.pop())
            thread.start()
            thread.join()
        return call(*args)
    monkeypatch.setattr(store, 'call_write', late)
    user, is_new = User.update_or_create({'age': 2}, nick=u'a')
    assert is_new and user.id == 2 and connection.hgetall('User:1') == {} and connection.hget('User:2', 'age') == b'2'


def test_update_writes_nothing_but_the_defaults(User, connection):
    User(nick=u'a', age=1, name=u'x').save()
    user = User.get(1)
    user.name = u'unsaved'
    user.age = 5
    connection.hset('User:1', 'realm', 'theirs')
    assert User.update_or_create({'age': 6}, nick=u'a') == (user, False)
    assert user.age == 6 and user.name == u'unsaved' and connection.hget('User:1', 'name') == b'x'
    assert connection.hget('User:1', 'age') == b'6' and connection.hget('User:1', 'realm') == b'theirs'


def test_get_one(User):
    user = User(nick=u'a')
    user.save()
    assert User.get_one(1) is User.get_one('1') is user
    with pytest.raises(NoResultFound) as raised:
        User.get_one(2)
    assert 'User 2' in str(raised.value) and isinstance(raised.value, QueryError)
    with pytest.raises(TypeError):
        User.get_one([1])


# -- many ----------------------------------------------------------------------------------------------------------------

def test_rows_from_any_iterable_in_batches(User, connection):
    told, alive = [], []

    def rows():
        for n in range(1201):
            alive.append(len(rom.session.known))
            yield {'nick': u'n%d' % n, 'age': n}
    assert User.bulk_create(rows(), told.append) == 1201
    assert told == [500, 1000, 1201] and max(alive) == 0 and len(rom.session.known) == 0
    assert User.query.filter(age=(0, None)).count() == 1201 and User.bulk_create([]) == 0
    assert User.bulk_create([{'nick': u'last'}], progress=None) == 1


def test_the_first_error_stops_and_what_came_before_is_written(User, connection):
    told = []
    for number, (rows, error) in enumerate([
            ([{'age': 1}, {'age': 2}, {'age': u'x'}, {'age': 3}], InvalidColumnValue), ([{'age': 4}, {'nick': u'a'}, {'nick': u'a'}], UniqueKeyViolation),
            ([{'age': 5}, 5], TypeError), (None, TypeError), (5, TypeError), ((1 / n and {'age': n} for n in (1, 1, 0)), ZeroDivisionError)]):
        with pytest.raises(error):
            User.bulk_create(rows, told.append)
    assert [User.query.filter(age=age).count() for age in range(1, 6)] == [3, 1, 0, 1, 1] and told == [2, 1, 2]
    assert rom.session.commit() == 0


def test_bulk_create_is_of_no_scope_around_it(User):
    with pytest.raises(ZeroDivisionError):
        with rom.session:
            waiting = User(nick=u'waiting')
            assert User.bulk_create({'age': n} for n in range(3)) == 3
            assert waiting._new
            1 / 0
    assert User.query.count(exact=True) == 3 and User.get_by(nick=u'waiting') is None


def test_hooks_and_references_of_what_is_made(connection):
    made = []

    class Owner(rom.Model):
        name = rom.Text()

    class Dog(rom.Model):
        owner = rom.ManyToOne('Owner', on_delete='no action')
        age = rom.Integer(required=True)

        def _after_insert(self):
            made.append(self.id)

    owner = Owner(name=u'x')
    assert Dog.bulk_create({'owner': owner, 'age': n} for n in range(3)) == 3
    assert made == [1, 2, 3] and not owner._new and Dog.query.filter(owner=owner).count() == 3
    with pytest.raises(MissingColumn):
        Dog.bulk_create([{}])
