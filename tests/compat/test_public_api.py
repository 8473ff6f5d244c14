# -*- coding: utf-8 -*-
"""Connections and models as rom 1.1.2 has them."""
import copy
import pickle
import sys

import pytest
import rom
from rom import util

from against import OLD, better_than_old


def stored(connection, key):
    row = connection.hgetall(key)
    row.pop(b'-index-data-', None)
    return row


def raised(error, function, *args, **kwargs):
    """The arguments of the error of just that class."""
    with pytest.raises(error) as caught:
        function(*args, **kwargs)
    assert type(caught.value) is error
    return caught.value.args


# Connections -----------------------------------------------------------------------------------------------------

def test_default_uri_comes_from_the_environment(run_python):
    printed = run_python('import rom.util\n'
                         'print(rom.util.get_connection().connection_pool.connection_kwargs["port"])\n'
                         'print(rom.util.get_connection().connection_pool.connection_kwargs["db"])\n',
                         ROM_REDIS_URI='redis://localhost:7777/3')
    assert printed.split() == ['7777', '3']


def test_set_connection_settings(connection, server):
    class User(rom.Model):
        pass
    assert util.set_connection_settings(**server.kwargs) is None
    User().save()
    assert connection.exists('User:1')
    assert util.get_connection() is util.CONNECTION is User._connection


def test_connection_is_looked_up_when_needed(connection, server):
    class User(rom.Model):
        pass
    user = User()
    util.CONNECTION = server.client()
    assert User._connection is user._connection is util.get_connection() is util.CONNECTION
    other = server.client()
    util.get_connection = lambda: other
    assert User._connection is user._connection is util._connect(None) is util._connect(User) is util._connect(user)
    assert User._connection is other
    user.save()
    assert connection.exists('User:1')


@pytest.mark.parametrize('attribute', ['_conn', 'CONN'])
def test_connection_of_a_model(server, attribute):
    own = server.client()
    Own = type(str('Own'), (rom.Model,), {attribute: own})
    Sub = type(str('Sub'), (Own,), {})
    assert Own._connection is own and Sub._connection is own
    assert util._connect(Own) is own and util._connect(Own()) is own
    assert util._connect(None) is util.get_connection()


def test_decoding_client(connection, server):
    class User(rom.Model):
        _conn = server.client(decode_responses=True)
        name = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True, unique=True)
        raw = rom.String(index=True, keygen=rom.IDENTITY)
    User(name=u'Héllo', raw=b'\xc3\xa9').save()
    rom.session.rollback()
    if not OLD:
        assert User.get(1).to_dict() == {'id': 1, 'name': u'Héllo', 'raw': b'\xc3\xa9'}
    assert [user.id for user in User.query.filter(name=u'héllo').all()] == [1]
    assert User.get_by(name=u'Héllo').id == 1
    assert [user.id for user in User.query.startswith(name=u'hé').all()] == [1]


# The class -------------------------------------------------------------------------------------------------------

def test_columns_and_the_primary_key(connection):
    class User(rom.Model):
        name = rom.Text()
    assert set(User._columns) == {'id', 'name'} and User._pkey == 'id' and User._namespace == 'User'
    assert isinstance(User._columns['id'], rom.PrimaryKey)

    class Account(rom.Model):
        _namespace = 'acct'
        id = rom.Integer()
        number = rom.PrimaryKey()
    account = Account(id=5)
    assert (account.number, account.id, account._pk, Account._pkey) == (1, 5, 'acct:1', 'number')


def test_class_attributes(connection):
    class Full(rom.Model):
        a = rom.Integer(index=True, unique=True, required=True)
        b = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True)
        c = rom.Text()
        r = rom.ManyToOne('Full', 'no action')
        unique_together = [('b', 'a')]
        geo_index = [rom.GeoIndex('g', lambda row: [])]
    assert Full._index == {'a', 'b', 'r'} and Full._unique == {'a'} and Full._required == {'a'}
    assert Full._prefix == {'b'} == Full._suffix
    assert Full._cunique == {('a', 'b')}
    assert set(Full._geo) == {'g'}


@pytest.mark.parametrize('names', [('Same', 'Same'), ('Other', 'Same')])
def test_same_name_or_namespace_twice(names):
    class Same(rom.Model):
        pass
    message, = raised(rom.ORMError, type, names[0], (rom.Model,), {'_namespace': names[1]})
    assert message.startswith('Cannot have two models with the same name (%s) or namespace (%s)' % names)  # and in which file


def test_bad_primary_keys():
    for columns in ({'id': rom.Integer()}, {'a': rom.PrimaryKey(), 'b': rom.PrimaryKey()}):
        raised(rom.ColumnError, type, 'Bad', (rom.Model,), columns)


@pytest.mark.parametrize('sets', [[('a', 'zz')], [('a',)], [('a', 'a')], [('a', 'id')], [('a', 'b'), ('b', 'a')]])
def test_bad_unique_together(sets):
    columns = {'a': rom.Integer(), 'b': rom.Integer(), 'unique_together': sets}
    raised(rom.ColumnError, type, 'Bad', (rom.Model,), columns)


def test_flat_unique_together(connection):
    class Flat(rom.Model):
        a = rom.Integer()
        b = rom.Text()
        unique_together = ('b', 'a')
    assert Flat._cunique == {('a', 'b')}
    Flat(a=1, b=u'x').save()
    same = Flat(a=1, b=u'x')
    assert same.id == 2
    assert raised(rom.UniqueKeyViolation, same.save)[1:] == ('Flat', '2')
    Flat(a=1).save()
    Flat(a=1).save()


def test_columns_are_inherited(connection):
    class Base(rom.Model):
        _namespace = 'base'
        a = rom.Integer(index=True)
        b = rom.Text()

    class Sub(Base):
        b = rom.Integer()
        c = rom.Integer()
    assert set(Sub._columns) == {'id', 'a', 'b', 'c'} and Sub._namespace == 'Sub'
    assert type(Sub._columns['b']) is rom.Integer and type(Base._columns['b']) is rom.Text
    Sub(a=1, b=2, c=3).save()
    assert stored(connection, 'Sub:1') == {b'id': b'1', b'a': b'1', b'b': b'2', b'c': b'3'}
    assert [sub.id for sub in Sub.query.filter(a=1).all()] == [1]
    assert isinstance(Sub.get(1), Base)
    assert Base.get(1) is None


@better_than_old
def test_subclass_has_its_own_columns():
    class Base(rom.Model):
        a = rom.Integer()

    class Sub(Base):
        pass
    assert Sub._columns['a'] is not Base._columns['a']
    assert Base.a is Base._columns['a'] and Sub.a is Sub._columns['a']


def test_registries():
    class User(rom.Model):
        _namespace = 'users'

    class Post(rom.Model):
        user = rom.ManyToOne('User', 'cascade')
    assert rom.MODELS['User'] is rom.MODELS['users'] is User
    assert rom.MODELS_REFERENCED['User'] == [('Post', 'user', 'cascade')]
    del rom.MODELS['Post']

    class Post(rom.Model):  # noqa: F811 (that is the point)
        pass
    assert rom.MODELS['Post'] is Post


# Entities --------------------------------------------------------------------------------------------------------

@pytest.fixture
def User(connection):
    class User(rom.Model):
        name = rom.Text(index=True, keygen=rom.IDENTITY)
        age = rom.Integer(index=True)
        email = rom.Text(unique=True)
        level = rom.Integer(default=3)
        made = rom.Integer(default=lambda: 8)
    return User


def test_construction(User):
    user = User(name=u'x')
    assert user.to_dict() == {'id': 1, 'name': u'x', 'age': None, 'email': None, 'level': 3, 'made': 8}
    assert isinstance(user.id, int) and user._pk == 'User:1'
    assert user._new and user._modified and not user._deleted
    assert rom.session.get('User:1') is user
    assert User().id == 2


def test_construction_refused(User):
    assert 'nope' in raised(rom.InvalidColumnValue, User, nope=5)[0]
    raised(rom.InvalidColumnValue, User, id=5)
    assert User(nope=5, _extra_ok=True).to_dict()['age'] is None

    class Strict(rom.Model):
        must = rom.Integer(required=True)
    assert raised(rom.MissingColumn, Strict) == ('Strict.must cannot be missing',)
    raised(rom.MissingColumn, Strict, must=None)


def test_save_counts_columns(User, connection):
    user = User(name=u'x')
    assert user.save() == 6
    assert not user._new and not user._modified
    assert stored(connection, 'User:1') == {b'id': b'1', b'name': b'x', b'level': b'3', b'made': b'8'}
    assert user.save() == 0
    user.age, user.name = 5, u'y'
    assert user._modified and user.save() == 2
    user.age = 5
    assert user.save() == 0
    del user.age
    assert user.save() == 1 and b'age' not in stored(connection, 'User:1')
    assert user.save(full=True) == 6
    assert user.save(force=True) == 6
    assert user._last['name'] == 'y' and user._data['name'] == u'y'


def test_save_refreshes_index_entries(User, connection):
    user = User(age=5, name=u'x')
    user.save()
    connection.delete('User:age:idx', 'User:name:x:idx')
    assert user.save() == 0
    assert connection.zscore('User:age:idx', '1') == 5 and connection.sismember('User:name:x:idx', '1')


def test_data_race(User, connection):
    user = User(age=5, name=u'x')
    user.save()
    connection.hset('User:1', 'age', '6')
    user.age = 7
    message, namespace, id = raised(rom.DataRaceError, user.save)
    assert (namespace, id) == ('User', '1') and 'User:1' in message and 'age' in message
    assert connection.hget('User:1', 'age') == b'6'
    user.save(force=True)
    assert connection.hget('User:1', 'age') == b'7'


def test_row_deleted_elsewhere(User, connection):
    user = User(age=5)
    user.save()
    connection.delete('User:1')
    user.age = 6
    message, namespace, id = raised(rom.exceptions.EntityDeletedError, user.save)
    assert (namespace, id) == ('User', '1')
    user.save(force=True)
    assert connection.hget('User:1', 'age') == b'6'


def test_delete(User, connection):
    user = User(age=5, name=u'x', email=u'e')
    user.save()
    assert user.delete() is None
    assert user._deleted and rom.session.get('User:1') is None and User.get(1) is None
    assert {key for key in connection.keys('*') if connection.ttl(key) < 0} == {b'User:id:'}
    raised(rom.exceptions.EntityDeletedError, user.save)


def test_get(User):
    users = [User(age=age) for age in range(4)]
    rom.session.commit()
    assert User.get(2) is users[1] and User.get('2') is users[1]
    assert User.get(99) is None and User.get(0) is None
    assert User.get([3, 99, 1]) == [users[2], users[0]]
    assert User.get([]) == [] and User.get((1, 2)) == users[:2]
    rom.session.rollback()
    assert User.get(2) is not users[1]


def test_get_by(User):
    for age in range(6):
        User(age=age, name=u'n%d' % (age % 2), email=u'e%d' % age).save()

    def ids(found):
        return [user.id for user in found]
    assert User.get_by(email=u'e3').id == 4 and User.get_by(email=u'nobody') is None
    assert ids(User.get_by(email=[u'e1', u'nobody', u'e0'])) == [2, 1]
    assert ids(User.get_by(age=3)) == [4]
    assert ids(User.get_by(age=(2, 4))) == [3, 4, 5] and ids(User.get_by(age=(4, None))) == [5, 6]
    assert ids(User.get_by(age=(None, None), _limit=(1, 2))) == [2, 3]
    assert sorted(ids(User.get_by(name=u'n1'))) == [2, 4, 6]
    for wrong in ({}, {'age': 1, 'email': u'e1'}, {'level': 3}, {'nope': 1}, {'email': (u'e1', u'e2')}):
        raised(rom.QueryError, User.get_by, **wrong)


def test_query_is_a_class_property(User):
    assert isinstance(User.query, rom.Query) and User.query._model is User


def test_copy(User):
    user = User(name=u'x', age=5)
    user.save()
    twin = user.copy()
    assert twin.id == 2 and twin._new and twin is not user
    assert dict(twin.to_dict(), id=1) == user.to_dict()
    assert rom.session.get('User:2') is twin


def test_update(User, connection):
    user = User(name=u'x')
    user.save()
    assert user.update(name=u'y', age=7) is user
    assert (user.name, user.age) == (u'y', 7) and connection.hget('User:1', 'name') == b'x'
    raised(rom.InvalidOperation, user.update, id=5)
    # Positional values go to the columns in the order in which they were declared.
    if sys.version_info >= (3, 7):
        user.update(u'z', 9)
        assert (user.name, user.age) == (u'z', 9)


def test_refresh(User, connection):
    user = User(age=5)
    raised(rom.InvalidOperation, user.refresh)
    user.save()
    connection.hset('User:1', 'age', '6')
    assert user.refresh() is None and user.age == 6
    user.age = 7
    raised(rom.InvalidOperation, user.refresh)
    user.refresh(force=True)
    assert user.age == 6 and not user._modified


def test_entities_compare_by_identity(User):
    user = User()
    user.save()
    assert user == user and user != user.copy() and len({user, user}) == 1
    user.anything = 5
    assert user.anything == 5 and not user._modified


def test_copies_and_pickles(User):
    user = User(age=5)
    user.save()
    for twin in (copy.copy(user), copy.deepcopy(user)):
        assert twin is not user and twin._pk == user._pk and twin.to_dict() == user.to_dict()


class Pickled(rom.Model):
    n = rom.Integer()


def test_pickle():
    entity = Pickled(n=5)
    entity.save()
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        twin = pickle.loads(pickle.dumps(entity, protocol)) if protocol >= 2 else entity.copy()
        assert twin is not entity and twin.n == 5
    assert twin._pk == entity._pk and not twin._new


def test_does_not_startwith_and_endwith(connection):
    class Word(rom.Model):
        w = rom.Text(keygen=rom.IDENTITY, prefix=True, suffix=True)
    for word in (u'apple', u'apply', u'banana', u'cherry'):
        Word(w=word).save()
    rom.session.rollback()
    found = [word.w for word in Word.does_not_startwith('w', u'app')]
    assert set(found) == {u'banana', u'cherry'}
    assert {word.w for word in Word.does_not_startwith('w', [u'b', u'ch'])} == {u'apple', u'apply'}
    assert {word.w for word in Word.does_not_endwith('w', [u'y'], blocksize=2)} == {u'apple', u'banana'}
    assert not rom.session.known


def test_unique_key_violation(User, connection):
    User(email=u'é').save()
    user = User(email=u'é')
    assert user.id == 2
    message, namespace, id = raised(rom.UniqueKeyViolation, user.save)
    assert (namespace, id) == ('User', '2') and 'email' in message
    user.email = u'other'
    user.save()
    assert sorted(connection.hkeys('User:email:uidx')) == [u'other'.encode('utf-8'), u'é'.encode('utf-8')]


@better_than_old
def test_private_names_leave_room_for_those_of_programs():
    """Beside the private names that 1.1.2 has, those of an entity begin with `_rom`: a program's own do not collide with them."""
    old = set("""_pk _new _modified _deleted _data _last _columns _pkey _namespace _index _unique _cunique _prefix _suffix _geo _required
        _gindex _no_fk _connection _before_insert _after_insert _before_update _after_update _before_delete _after_delete""".split())
    own = [name for name in dir(rom.Model) if name.startswith('_') and not name.startswith('__') and name not in old]
    assert [name for name in own if not name.startswith('_rom')] == []

    Thing = type('Thing', (rom.Model,), dict(n=rom.Integer(index=True), _id=rom.Integer(), _state=5, _values=lambda self: 1,
                                            _load=None, _text=lambda self: u'x'))
    thing = Thing(n=1, _id=7)
    thing._order = 'mine'
    thing.save()
    rom.session.rollback()
    found, = Thing.query.filter(n=1).all()
    assert (found._id, found._state, found._values(), found._text()) == (7, 5, 1, u'x')
