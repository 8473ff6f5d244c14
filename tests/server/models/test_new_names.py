"""Names that 1.1.2 does not have never get in the way of a program's own (docs/promises.rst: Applications)."""
import ast
import io
import os
import pickle
import warnings

import pytest
import rom
import six
from rom.beyond import Beyond
from repository import ROOT

#: the public names of a model of rom 1.1.2
OLD_NAMES = ['copy', 'delete', 'does_not_endwith', 'does_not_startwith', 'get', 'get_by', 'id', 'query', 'refresh', 'save', 'to_dict',
             'transfer', 'update']
NEW_NAMES = sorted(name for name in vars(Beyond) if not name.startswith('_'))
#: what a program may override on purpose: the library calls what it finds there
MAY_BE_OVERRIDDEN = ['delete', 'get', 'refresh', 'save']
NEVER_CALLED = sorted(set(OLD_NAMES + NEW_NAMES) - set(MAY_BE_OVERRIDDEN + ['id']))


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        yield


def public_names(cls):
    return sorted(name for name in dir(cls) if not name.startswith('_') and name not in dir(type))


def test_all_names_of_a_model_are_known():
    class Plain(rom.Model):
        pass
    assert public_names(Plain) == sorted(OLD_NAMES + NEW_NAMES)


@pytest.mark.parametrize('name', NEW_NAMES)
def test_a_new_name_is_a_function_of_util_too_and_no_star_import_covers_it(name):
    assert callable(getattr(rom.util, name))
    assert name not in rom.util.__all__ and name not in rom.__all__


@pytest.mark.parametrize('name', NEW_NAMES)
def test_a_column_of_that_name_is_a_column(name):
    model = type('Holder', (rom.Model,), {name: rom.Text()})
    heir = type('Heir', (model,), {})
    for each in (model, heir):
        entity = each(**{name: u'mine'})
        entity.save()
        rom.session.rollback()
        assert getattr(each.get(entity.id), name) == u'mine'


@pytest.mark.parametrize('name', NEW_NAMES)
def test_a_method_property_or_attribute_wins(name):
    def mine(self):
        return 'mine'
    assert getattr(type('Method', (rom.Model,), {name: mine})(), name)() == 'mine'
    assert getattr(type('Property', (rom.Model,), {name: property(mine)})(), name) == 'mine'
    assert getattr(type('Attribute', (rom.Model,), {name: 'mine'})(), name) == 'mine'
    assert getattr(type('Attribute2', (rom.Model,), {name: 'mine'}), name) == 'mine'


@pytest.mark.parametrize('name', NEW_NAMES)
def test_those_of_a_mixin_win_on_either_side_of_the_model(name):
    mixin = type('Mixin', (object,), {name: lambda self: 'mine'})
    for number, bases in enumerate([(mixin, rom.Model), (rom.Model, mixin)]):
        model = type('Mixed%d' % number, bases, {})
        heir = type('Heir%d' % number, (model,), {})
        assert getattr(model(), name)() == getattr(heir(), name)() == 'mine'


@pytest.mark.parametrize('name', NEW_NAMES)
def test_may_be_assigned_to_an_entity(name):
    class Plain(rom.Model):
        pass
    entity = Plain()
    setattr(entity, name, 'mine')
    entity.save()
    assert getattr(entity, name) == 'mine'


def test_a_repr_of_a_mixin_wins():
    class Shown(object):
        def __repr__(self):
            return 'mine'

    class Behind(rom.Model, Shown):
        pass
    assert repr(Behind()) == str(Behind()) == 'mine'


def test_a_column_named_as_a_method_of_1_1_2_still_warns():
    with pytest.raises(UserWarning):
        type('Holder', (rom.Model,), {'refresh': rom.Text()})


# -- what the library itself calls ---------------------------------------------------------------------------------------

class Untouchable(object):
    """Stands under a public name of a model, and fails whoever looks at it."""

    def __init__(self, name):
        self.name = name

    def __get__(self, obj, cls=None):
        raise AssertionError('the library looks at %s' % self.name)


def untouchable(_name, **attributes):
    names = dict((name, Untouchable(name)) for name in NEVER_CALLED)
    return type(_name, (rom.Model,), dict(names, **attributes))


def test_nothing_that_the_library_does_looks_at_public_names_of_a_model(connection):
    Team = untouchable('Team', name=rom.Text(unique=True), users=rom.OneToMany('User'))
    User = untouchable('User', number=rom.PrimaryKey(index=True), name=rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True),
                       age=rom.Integer(index=True), team=rom.ManyToOne('Team', on_delete='cascade'), data=rom.Json(),
                       raw=rom.UnsafeColumn(), _secret=('data',))
    team = Team(name=u'core')
    for name in (u'ann', u'bob'):
        User(name=name, age=5, team=team, data={'a': 1})
    rom.session.commit(atomic=True)
    rom.session.rollback()
    team, ann = Team.get(1), User.get(1)
    assert [user._rom.id for user in team.users] == [1, 2] and ann.team is team
    ann.age, ann.data['a'] = 6, 2
    rom.session.refresh(User.get(2))
    ann.save(if_match=rom.util.etag(ann))
    rom.session.commit()
    every = rom.Query(User)
    assert [user._rom.id for user in every.filter(age=6).order_by('-age')] == [1] and every.startswith(name=u'a').first() is ann
    assert len(every.all()) == every.count() == len(every.select('name').all()) == 2
    assert 'User' in repr([ann, every.filter(age=5), User.age, rom.session]) + str(every.filter(age=5).explain())
    assert pickle.loads(pickle.dumps([rom.Model.to_dict.__get__(ann)(json=True)]))[0]['number'] == 1
    assert rom.Model.get_by.__func__(Team, name=u'core') is team
    for job in (rom.util.refresh_indices(User), rom.util.clean_old_index(User), rom.util.check_indexes(User)):
        list(job)
    with rom.util.EntityLock(ann, 1, 1):
        ann.raw.set('x')
    team.delete()
    assert not connection.keys('User:[12]')


@pytest.mark.skipif(six.PY2, reason='Python 2.7 does not read every file')
def test_no_code_of_the_library_says_a_public_name_of_a_model():
    """What is called by these names belongs to something else: to dicts, queries, sessions, locks and clients."""
    others = {'copy': ['copy'], 'update': None, 'query': ['parts', 'row_writes.py'], 'refresh': ['entity', 'self', 'locking', '_current'],
              'transfer': ['transfers'], 'get_by': ['lookups'], 'get_one': ['upserts'], 'get_or_create': ['upserts'],
              'update_or_create': ['upserts'], 'bulk_create': ['upserts']}
    said = []
    for folder, _, files in os.walk(os.path.join(ROOT, 'rom')):
        for name in [name for name in files if name.endswith('.py')]:
            with io.open(os.path.join(folder, name), encoding='utf-8') as file:
                tree = ast.parse(file.read())
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute) and node.attr in NEVER_CALLED + ['refresh']:
                    allowed = others.get(node.attr, ())
                    value = getattr(node.value, 'func', node.value)
                    of = getattr(value, 'attr', getattr(value, 'id', None))
                    if allowed is not None and of not in allowed and name not in allowed:
                        said.append((name, node.lineno, of, node.attr))
    assert said == []
