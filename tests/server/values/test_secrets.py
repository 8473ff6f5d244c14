# -*- coding: utf-8 -*-
"""What a model names in `_secret` is shown nowhere (docs/promises.rst: Applications); `to_dict` and queries go on as ever."""
import traceback
import warnings

import pytest
import rom
import six
from rom.exceptions import ColumnError, InvalidColumnValue, ORMError, QueryError, UniqueKeyViolation

from naming import shown

SECRET = u'hunter2'


def keygen_that_quotes(value):
    if value in (SECRET, SECRET.encode()):
        raise KeyError('no place for %r' % (value,))
    return [value]


@pytest.fixture
def User(rom_connection):
    class User(rom.Model):
        name = rom.Text(index=True, keygen=rom.IDENTITY)
        password = rom.Text(index=True, keygen=rom.IDENTITY, prefix=True, suffix=True, unique=True)
        raw = rom.String(index=True, keygen=rom.IDENTITY)
        pin = rom.Integer(index=True, unique=True)
        born = rom.Date(index=True)
        data = rom.Json()
        odd = rom.Text(index=True, keygen=keygen_that_quotes)
        balance = rom.Decimal()
        boss = rom.ManyToOne('User', on_delete='no action')
        folded = rom.IndexOnly('password', keygen=keygen_that_quotes)
        unique_together = [('name', 'raw')]
        _secret = ('password', 'raw', 'pin', 'born', 'data', 'odd', 'balance', 'boss')
    return User


def chain(error):
    while error is not None:
        yield error
        error = getattr(error, '__cause__', None) or getattr(error, '__context__', None)


def refusal(work):
    """The error that some work raises; nothing of the secret is in it, whichever way it is shown."""
    try:
        work()
    except Exception as error:
        told = [traceback.format_exception_only(type(error), error)]
        for each in chain(error):
            told += [repr(each), six.text_type(each), repr(each.args), repr(vars(each)), repr(getattr(each, 'object', None))]
        assert SECRET not in repr(told)
        return error
    pytest.fail('nothing was refused')


# -- the declaration -----------------------------------------------------------------------------------------------------

def test_a_name_that_is_no_column_is_refused_with_the_one_that_was_meant():
    with pytest.raises(ColumnError) as caught:
        type('Typo', (rom.Model,), {'password': rom.Text(), '_secret': ('pasword',)})
    assert "'password'" in str(caught.value) and caught.value.model == 'Typo'
    with pytest.raises(ColumnError):
        type('Typo2', (rom.Model,), {'password': rom.Text(), '_secret': ['nothing_like_it']})


def test_one_name_without_the_comma_is_one_name():
    class One(rom.Model):
        password = rom.Text()
        _secret = ('password')
    assert SECRET not in repr(One(password=SECRET))
    with pytest.raises(ColumnError):
        type('Typo', (rom.Model,), {'password': rom.Text(), '_secret': 'passwort'})


def test_a_program_that_calls_something_else_so_goes_on():
    class Holder(rom.Model):
        n = rom.Integer()
        _secret = 'dGhlIGtleSBvZiBhIHByb2dyYW0='

    class Holder2(rom.Model):
        _secret = rom.Text()
    assert Holder()._secret == 'dGhlIGtleSBvZiBhIHByb2dyYW0=' and Holder2(_secret=u'x')._secret == u'x'


def test_subclasses_inherit_and_add(User):
    class Admin(User):
        key = rom.Text()
        _secret = ('key',)

    class Root(Admin):
        _secret = ()
    for model in (Admin, Root):
        assert SECRET not in repr(model(password=SECRET, key=SECRET, name=u'x'))


def test_a_mixin_says_it_too():
    class WithPassword(object):
        password = rom.Text()
        _secret = ('password',)

    class Front(WithPassword, rom.Model):
        pass

    class Behind(rom.Model, WithPassword):
        pass
    for model in (Front, Behind):
        assert SECRET not in repr(model(password=SECRET))


# -- what is shown -------------------------------------------------------------------------------------------------------

def test_a_repr_says_that_there_is_one(User):
    user = User(name=u'ann', password=SECRET)
    assert "name='ann'" in repr(user) and "password='***'" in repr(user) and 'pin' not in repr(user)


def test_what_is_read_stays(User):
    password = u'my ' + SECRET
    user = User(name=u'ann', password=password, raw=SECRET.encode(), pin=5)
    user.save()
    assert user.to_dict()['password'] == user.to_dict(json=True)['password'] == user.password == password
    assert User.query.filter(password=password).select('password').all() == [{'password': password}]
    assert User.get_by(password=password) is user is User.query.filter(raw=SECRET).first()


@pytest.mark.parametrize('attr, value', [
    ('pin', SECRET), ('pin', [SECRET]), ('password', {SECRET: 1}), ('raw', u'€' + SECRET), ('raw', [SECRET]), ('born', SECRET),
    ('data', SECRET), ('data', {'a': set([SECRET])}), ('balance', SECRET), ('boss', SECRET)], ids=shown)
def test_refused_values(User, attr, value):
    user = User(name=u'ann')
    for work in (lambda: User(**{attr: value}), lambda: setattr(user, attr, value)):
        error = refusal(work)
        assert isinstance(error, (InvalidColumnValue, UnicodeEncodeError))
        assert getattr(error, 'value', '***') == '***'


def test_a_mistyped_name_is_as_secret(rom_connection):
    class Strict(rom.Model):
        password = rom.Text(unique=True)
        name = rom.Text(unique=True)
        _secret = ('password',)
        _strict = True
    strict = Strict()
    for work in (lambda: Strict(pasword=SECRET), lambda: Strict.get_by(pasword=SECRET), lambda: setattr(strict, 'pasword', SECRET)):
        assert refusal(work).value in ('***', None)
    with pytest.raises(InvalidColumnValue) as caught:
        Strict(nmae=u'x')
    assert caught.value.value == u'x'


def test_other_columns_still_say_it(User):
    with pytest.raises(InvalidColumnValue) as caught:
        User(name=5)
    assert caught.value.value == 5 and '5' in str(caught.value)


def test_broken_fields(User, connection):
    user = User(name=u'ann')
    user.save()
    for attr in ('pin', 'born', 'data', 'balance', 'boss'):
        connection.hset('User:1', attr, SECRET)
    rom.session.rollback()
    user = User.get(1)
    assert SECRET not in repr(user)
    for attr in ('pin', 'born', 'data', 'balance', 'boss'):
        assert refusal(lambda: getattr(user, attr)).value == '***'
    refusal(lambda: user.to_dict(json=True))
    error = refusal(lambda: list(rom.util.refresh_indices(User)))
    assert 'User.pin' in str(error) or 'User.born' in str(error)
    job = rom.util.check_indexes(User)
    list(job)
    assert SECRET not in str(job) + repr(job.problems)


def test_keygens_that_raise(User):
    error = refusal(lambda: User(odd=SECRET).save())
    assert 'User.odd' in str(error) and 'KeyError' in str(error) and error.value == '***'
    rom.session.rollback()
    error = refusal(lambda: User(password=SECRET).save())
    assert 'User.folded' in str(error)
    rom.session.rollback()
    User(odd=SECRET)
    User(odd=SECRET)
    assert len(refusal(lambda: rom.session.commit(atomic=True)).errors) == 2


def test_a_unique_value_that_is_taken(rom_connection):
    class User(rom.Model):
        name = rom.Text()
        password = rom.Text(unique=True)
        raw = rom.String()
        unique_together = [('name', 'raw')]
        _secret = ('password', 'raw')
    User(password=SECRET, name=u'ann', raw=SECRET.encode()).save()
    error = refusal(User(password=SECRET).save)
    assert isinstance(error, UniqueKeyViolation) and error.columns == ('password',)
    rom.session.rollback()
    assert refusal(User(name=u'ann', raw=SECRET.encode()).save).columns == ('name', 'raw')
    rom.session.rollback()
    User(password=u'2' + SECRET)
    User(password=u'2' + SECRET)
    refusal(lambda: rom.session.commit(atomic=True))


def test_keys_that_hold_something_else(rom_connection, connection):
    class User(rom.Model):
        password = rom.Text(index=True, keygen=rom.IDENTITY)
        _secret = ('password',)
    connection.set('User:password:%s:idx' % SECRET, 'x')
    assert 'User:password:***:idx' in str(refusal(User(password=SECRET).save))
    rom.session.rollback()


@pytest.mark.parametrize('ask', [
    lambda query: query.filter(pin=SECRET), lambda query: query.filter(pin=(1, SECRET)), lambda query: query.filter(pin=[1, SECRET]),
    lambda query: query.filter(born=SECRET), lambda query: query.filter(password={SECRET}.pop() + u'\ud800'),
    lambda query: query.filter(password=(SECRET, SECRET)), lambda query: query.filter(password=(SECRET, 1, 2)),
    lambda query: query.filter(odd=(SECRET, None)), lambda query: query.startswith(password=[1, {SECRET: 1}]),
    lambda query: query.like(password=SECRET + u'*' + u'?a' * 300).all(), lambda query: query.filter(boss=SECRET)],
    ids=['number', 'range', 'list', 'date', 'surrogate', 'words', 'three', 'keygen', 'affix', 'pattern', 'reference'])
def test_queries_that_are_refused(User, ask):
    assert isinstance(refusal(lambda: ask(User.query)), QueryError)


@pytest.mark.parametrize('attr, value', [('pin', SECRET), ('password', 5), ('pin', (1, SECRET)), ('pin', [SECRET])], ids=shown)
def test_get_by(User, attr, value):
    refusal(lambda: User.get_by(**{attr: value}))
    refusal(lambda: User.get_by(born=SECRET, _numeric=True))


def test_queries_show_no_values(User):
    User(name=u'x', raw=SECRET.encode(), pin=7007).save()
    for query in (User.query.filter(password=SECRET), User.query.startswith(password=SECRET), User.query.endswith(password=SECRET),
                  User.query.filter(raw=[SECRET, u'x']), User.query.filter(pin=7007), User.query.filter(name=u'x', password=SECRET)):
        told = query.explain()
        for text in (repr(query), str(told), repr(told), repr(told.keys), repr(told.probes), repr(told.driver)):
            assert SECRET not in text and SECRET[::-1] not in text and '7007' not in text
    assert "filter(password='***')" in repr(User.query.filter(password=SECRET))


def test_what_a_check_reports(rom_connection, connection):
    class User(rom.Model):
        name = rom.Text()
        password = rom.Text(index=True, keygen=rom.IDENTITY, unique=True, prefix=True)
        _secret = ('password',)
        unique_together = [('name', 'password')]
    User(password=SECRET, name=u'x').save()
    connection.delete('User:password:%s:idx' % SECRET, 'User:password:uidx', 'User:password:pre', 'User:name:password:uidx')
    connection.sadd('User:password:x%s:idx' % SECRET, '1', '9')
    connection.hset('User:password:uidx', 'y' + SECRET, '8')
    connection.hset('User:1', '-index-data-', '[["password:z%s"],[],[],[],[]]' % SECRET)
    job = rom.util.check_indexes(User, repair=True)
    list(job)
    assert len(job.problems) > 5 and SECRET not in str(job) + repr(job.problems) + repr(job)
    again = rom.util.check_indexes(User)
    list(again)
    assert again.problems == []


def test_places(rom_connection):
    class House(rom.Model):
        lon = rom.Float()
        lat = rom.Float()
        geo_index = [rom.GeoIndex('place', lambda row: {'lon': row.lon, 'lat': row.lat})]
        _secret = ('lon', 'lat')
    with pytest.raises(ORMError) as caught:
        House(lon=1.5, lat=88.0625).save()
    assert '88.0625' not in repr((str(caught.value), vars(caught.value)))
    rom.session.rollback()


def test_a_geo_callback_that_raises(rom_connection):
    class House(rom.Model):
        where = rom.Text()
        geo_index = [rom.GeoIndex('place', lambda row: {'lon': float(row.where), 'lat': 1})]
        _secret = ('where',)
    assert 'House.place' in str(refusal(lambda: House(where=SECRET).save()))


def test_no_warning_has_it():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        type('Warned', (rom.Model,), {'n': rom.Integer(default=77, prefix=True), '_secret': ('n',)})
    assert '77' not in ''.join(str(each.message) for each in caught)
    assert '77' not in repr(rom.columns.MODELS['Warned'].n)
