# -*- coding: utf-8 -*-
"""Everything says what it is (docs/promises.rst: Applications): in a shell, in a log, in a debugger."""
import datetime

import pytest
import rom
import six
from rom.values.showing import short

ANN = u'Ann'


@pytest.fixture
def User(rom_connection):
    class Team(rom.Model):
        name = rom.Text()
        users = rom.OneToMany('User')

    class User(rom.Model):
        email = rom.Text(unique=True, required=True)
        name = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True)
        age = rom.Integer(index=True)
        raw = rom.String()
        team = rom.ManyToOne('Team', on_delete='cascade')
        born = rom.Date(index=True)
        seen = rom.DateTime(index=True)
        ok = rom.Boolean(index=True)
        data = rom.Json()
        key = rom.UnsafeColumn()
        folded = rom.IndexOnly('name', keygen=rom.SIMPLE_CI)
        geo_index = [rom.GeoIndex('place', lambda row: None)]
    return User


def test_an_entity(rom_connection):
    class User(rom.Model):
        email = rom.Text()
        name = rom.Text()
    user = User(email=u'a@x', name=ANN)
    columns = "email='a@x' name='Ann'"
    assert repr(user) == str(user) == '<User new %s>' % columns and user._rom.id is None
    assert user.id == 1 and repr(user) == '<User new id=1 %s>' % columns
    user.save()
    assert repr(user) == '<User id=1 %s>' % columns
    rom.session.rollback()
    assert repr([User.get(1)]) == '[<User id=1 %s>]' % columns
    user.name = None
    assert repr(user) == "<User id=1 email='a@x'>"
    user.delete()
    assert repr(user) == "<User id=1 deleted email='a@x'>"


def test_another_primary_key(rom_connection):
    class Item(rom.Model):
        number = rom.PrimaryKey()
    item = Item()
    item.save()
    assert repr(item) == '<Item number=1>'


def test_nothing_is_asked(User, connection, calls):
    user = User(email=u'a', team=rom.columns.MODELS['Team'](name=u'x'), born=datetime.date(2020, 1, 2), data={'a': 1})
    assert 'team=new' in repr(user) and user._rom.id is None
    rom.session.commit()
    rom.session.rollback()
    user = User.query.filter(team=1).first()
    del calls[:]
    shown = repr(user)
    assert shown.startswith('<User id=1 ') and "email='a'" in shown and 'team=1' in shown and 'born=2020-01-02' in shown
    assert calls == [] and rom.session.known == {} and not user._modified and user._rom.values.keys() == {}.keys()


def test_it_is_short(User):
    user = User(email=u'x' * 1000, name=ANN, raw=b'y' * 1000, data={'a': list(range(10000))}, age=10 ** 100)
    assert len(repr(user)) < 100 and "name='Ann'" in repr(user) and repr(user).endswith('...>')


def test_it_is_one_line_and_readable(User):
    shown = repr(User(email=u'a\nb', name=u'\xc4nn'))
    assert '\n' not in shown and ("name='\\xc4nn'" if six.PY2 else u"name='\xc4nn'") in shown
    assert isinstance(shown, str)


def test_it_never_raises(User, connection):
    assert repr(User.__new__(User)) == '<User>'
    User(email=u'a').save()
    for attr, broken in [('age', 'x'), ('team', 'y'), ('data', '{'), ('email', b'\xff')]:
        connection.hset('User:1', attr, broken)
    rom.session.rollback()
    assert sorted(repr(User.get(1)).strip('<>').split(' ')) == ['User', 'age=?', 'data=?', 'email=?', 'id=1', 'team=?']


def test_a_value_whose_own_repr_raises():
    class Odd(object):
        def __repr__(self):
            raise RuntimeError('no')
    assert 'Odd' in short(Odd()) and 'int' in short([10 ** 6000]) + short(10 ** 6000) + 'int'


def test_a_half_made_entity_in_its_own_init(rom_connection):
    class Own(rom.Model):
        n = rom.Integer()

        def __init__(self, **values):
            self.shown = repr(self)
            super(Own, self).__init__(**values)
    assert Own(n=1).shown == '<Own>'


def test_a_programs_own_wins(rom_connection):
    class Own(rom.Model):
        def __repr__(self):
            return 'mine'
    assert repr(Own()) == 'mine'


def test_columns(User):
    assert repr(User.age) == '<rom.Integer User.age index>'
    assert repr(User.email) == '<rom.Text User.email required unique>'
    assert repr(User.name) == '<rom.Text User.name index prefix suffix keygen=FULL_TEXT>'
    assert repr(User.team) == "<rom.ManyToOne User.team to Team on_delete='cascade' index>"
    assert repr(rom.columns.MODELS['Team'].users) == '<rom.OneToMany Team.users of User>'
    assert repr(User.key) == '<rom.UnsafeColumn User.key>'
    assert repr(User.folded) == '<rom.IndexOnly User.folded over name index keygen=SIMPLE_CI>'
    assert repr(rom.Text()) == '<rom.Text of no model yet>'
    assert repr(type('Own', (rom.Text,), {})()).startswith('<%s.Own ' % __name__)


def test_indexes_filters_and_keys(User):
    user = User(email=u'a')
    for shown, has in [(User.age._rom_index, 'User.age'), (User._gindex, 'User'), (User.geo_index, 'place'), (user.key, ':1:key'),
                       (rom.Prefix('name', u'a'), 'name'), (rom.util.EntityLock(user, 1, 1), 'User:1')]:
        assert has in repr(shown) and 'at 0x' not in repr(shown)


def test_the_session(User):
    assert repr(rom.session) == '<rom.session: 0 entities, 0 of them changed>'
    User(email=u'a').save()
    User(email=u'b')
    assert repr(rom.session) == '<rom.session: 2 entities, 1 of them changed>'


def test_jobs(User):
    User(email=u'a').save()
    for name, job in [('refresh_indices', rom.util.refresh_indices(User)), ('clean_old_index', rom.util.clean_old_index(User)),
                      ('check_indexes', rom.util.check_indexes(User))]:
        assert repr(job) == '<%s of User: not run yet, iterate it or show_progress(it)>' % name
        done, total = next(job)
        assert repr(job) == '<%s of User: %d of %d done>' % (name, done, total)
        list(job)
        assert repr(job) in ('<%s of User: done>' % name, '<check_indexes of User: 0 problems found, 0 mended>')


def test_a_job_that_failed(User, connection):
    User(email=u'a').save()
    connection.hset('User:1', 'age', 'x')
    job = rom.util.refresh_indices(User)
    with pytest.raises(rom.exceptions.BulkError):
        list(job)
    assert repr(job) == '<refresh_indices of User: ended by BulkError>'


QUERIES = [
    ('', lambda query: query), ('filter(age=5)', lambda query: query.filter(age=5)),
    ('filter(age=(18, None))', lambda query: query.filter(age=(18, None))),
    ('filter(age=[1, (2, 3)])', lambda query: query.filter(age=[1, (2, 3)])),
    ("filter(name='ann')", lambda query: query.filter(name=u'Ann')),
    ("filter(name='ann').filter(name='lee')", lambda query: query.filter(name=u'Ann Lee')),
    ("filter(name=['ann lee', 'bob'])", lambda query: query.filter(name=[u'Ann Lee', u'Bob'])),
    ('filter(ok=True)', lambda query: query.filter(ok=True)), ('filter(team=3)', lambda query: query.filter(team=3)),
    ('filter(team=NOT_NULL)', lambda query: query.filter(team=rom.NOT_NULL)),
    ('filter(born=2020-01-02)', lambda query: query.filter(born=datetime.date(2020, 1, 2))),
    ('filter(seen=(None, 2020-01-02 03:00:00))', lambda query: query.filter(seen=(None, datetime.datetime(2020, 1, 2, 3)))),
    ("startswith(name='an').endswith(name='nn').like(name='a*')",
     lambda query: query.startswith(name=u'an').endswith(name=u'nn').like(name=u'a*')),
    ("near('place', 1, 2, 3, 'km')", lambda query: query.near('place', 1, 2, 3, 'km')),
    ("filter(age=5).order_by('-age').limit(0, 10)", lambda query: query.filter(age=5).order_by('-age').limit(0, 10)),
]


@pytest.mark.parametrize('expected, make', QUERIES, ids=[expected or 'all' for expected, _ in QUERIES])
def test_queries(User, expected, make):
    assert repr(make(User.query)) == '<Query %s>' % '.'.join(['User.query', expected] if expected else ['User.query'])
