"""The public surface against the frozen manifest of rom 1.1.2.

manifest.json is written by make_manifest.py from the installed rom 1.1.2. Ours has every name of it, the same object
in `rom` and in its module, and signatures that take every call the old ones took."""
import importlib
import json
import os

import pytest
import rom

from against import OLD, better_than_old
from manifest_tools import PUBLIC_NAMES, describe, signature

pytestmark = pytest.mark.pure

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'manifest.json')) as lines:
    MANIFEST = json.load(lines)

# What `from rom import *` gives beyond rom 1.1.2; each is in the documentation.
ADDED_TO_ALL = set()
# These are set anew while a program runs, so only their module has them.
STATE = {'CONNECTION', 'NULL_SESSION', 'REDIS_URI'}
# Every name of the manifest imports from `rom` as well; rom 1.1.2 has fewer of them there.
STRICT = not OLD
OLD_ROM_NAMES = set(MANIFEST['all'] + MANIFEST['also_in_rom'])
EXPORTS = [(module, name) for module, names in sorted(MANIFEST['modules'].items()) for name in sorted(names)]


def exported(module, name):
    return getattr(importlib.import_module(module), name)


def frozen(module, name):
    return MANIFEST['modules'][module][name]


def test_all_has_the_names_of_1_1_2():
    assert len(MANIFEST['all']) == 59
    assert set(rom.__all__) == set(MANIFEST['all']) | ADDED_TO_ALL
    assert len(rom.__all__) == len(set(rom.__all__))


def test_star_import_gives_all():
    namespace = {}
    exec('from rom import *', namespace)
    del namespace['__builtins__']
    assert set(namespace) == set(rom.__all__)
    assert all(namespace[name] is getattr(rom, name) for name in namespace)


def test_star_import_of_the_modules():
    for module, names in PUBLIC_NAMES.items():
        namespace = {}
        exec('from %s import *' % module, namespace)
        missing = set(MANIFEST['starred'][module]) - set(namespace)
        assert not missing, (module, missing)


def test_session_is_the_instance():
    assert isinstance(rom.session, rom.util.Session)
    assert rom.session is rom.util.session


def test_the_manifest_covers_the_spec():
    for module, names in PUBLIC_NAMES.items():
        assert set(MANIFEST['modules'][module]) == set(names)


@pytest.mark.parametrize('module,name', EXPORTS)
def test_name_exists(module, name):
    thing = exported(module, name)
    if name not in STATE and (STRICT or name in OLD_ROM_NAMES):
        assert getattr(rom, name) is thing
    kind = frozen(module, name)['kind']
    if kind == 'value':
        assert not isinstance(thing, type)
        if name != 'CONNECTION':
            assert describe(thing).get('type') == frozen(module, name)['type']
    else:
        assert callable(thing)


@pytest.mark.parametrize('module,name', [pair for pair in EXPORTS if frozen(*pair)['kind'] == 'function'])
def test_function_signature(module, name):
    check_signature(signature(exported(module, name)), frozen(module, name)['signature'], name)


@pytest.mark.parametrize('module,name', [pair for pair in EXPORTS if frozen(*pair)['kind'] == 'class'])
def test_class(module, name):
    ours, theirs = describe(exported(module, name)), frozen(module, name)
    assert ours['kind'] == 'class'
    check_ancestors(exported(module, name), theirs.get('bases', []))
    assert ours.get('fields') == theirs.get('fields')
    if 'signature' in theirs:
        check_signature(ours.get('signature'), theirs['signature'], name)


@pytest.mark.parametrize('module,name', [pair for pair in EXPORTS if frozen(*pair).get('members')])
def test_members(module, name):
    cls = exported(module, name)
    ours, instance = describe(cls).get('members', {}), sample(cls)
    for member, expected in frozen(module, name)['members'].items():
        assert hasattr(cls, member) or hasattr(instance, member), '%s.%s is missing' % (name, member)
        if expected is not None:
            check_signature(ours[member], expected, '%s.%s' % (name, member))


def check_ancestors(cls, expected):
    names = [base.__name__ for base in cls.__mro__]
    for base in expected:
        # `threading.local` has another name on each interpreter, and how the session keeps its state is its own affair.
        if base not in ('_local', 'local'):
            assert base in names, '%s is no %s' % (cls.__name__, base)


def check_signature(ours, theirs, where):
    """Every call that `theirs` takes, `ours` takes too, and it means the same."""
    if theirs is None:
        return
    assert ours is not None, '%s has no signature' % where
    count = len(theirs['args'])
    assert ours['args'][:count] == theirs['args'], '%s: %s' % (where, ours['args'])
    optional = ours.get('defaults', {})
    for name in ours['args'][count:]:
        assert name in optional, '%s: the new argument %s is not optional' % (where, name)
    for name, value in theirs.get('defaults', {}).items():
        assert name in optional, '%s: %s was optional' % (where, name)
        if value != '<object>':
            assert optional[name] == value, '%s: default of %s' % (where, name)
    for kind in ('varargs', 'kwargs'):
        if theirs.get(kind):
            assert ours.get(kind), '%s took %s' % (where, kind)


def sample(cls):
    """An instance of a public class for looking at its attributes; None where the class says it all."""
    arguments = {
        'ManyToOne': ('Model', 'no action'), 'OneToOne': ('Model', 'no action'), 'OneToMany': ('Model',),
        'ForeignModel': (object,), 'Lock': (None, 'name', 1, 1), 'GeneralIndex': ('namespace',),
        'Query': (rom.Model,), 'Session': (), 'ClassProperty': (len,)}
    if cls is rom.Column:
        cls = rom.Text
    if cls.__name__ == 'IndexOnly':
        return cls(keygen2=lambda attr, row: None)
    if cls.__name__ in arguments or issubclass(cls, rom.columns.Column):
        return cls(*arguments.get(cls.__name__, ()))
    return None


def test_column_types():
    assert [column.__name__ for column in rom.COLUMN_TYPES] == MANIFEST['column_types']
    assert all(getattr(rom.columns, column.__name__) is column for column in rom.COLUMN_TYPES)


def test_values():
    assert rom.columns.ON_DELETE == ('no action', 'restrict', 'cascade', 'set null', 'set default')
    assert rom.NOT_NULL == (None, None)
    assert [keygen.__name__ for keygen in rom.util.STRING_INDEX_KEYGENS] == [
        'FULL_TEXT', 'SIMPLE', 'SIMPLE_CI', 'IDENTITY', 'IDENTITY_CI', 'CASE_INSENSITIVE']
    assert rom.util.STRING_INDEX_KEYGENS_STR == 'FULL_TEXT, SIMPLE, SIMPLE_CI, IDENTITY, IDENTITY_CI, CASE_INSENSITIVE'
    assert [keygen.__name__ for keygen in rom.util.STRING_SORT_KEYGENS] == ['SIMPLE', 'SIMPLE_CI', 'CASE_INSENSITIVE']
    assert rom.util.STRING_SORT_KEYGENS_STR == 'SIMPLE, SIMPLE_CI, CASE_INSENSITIVE'
    assert rom.columns.MODELS is rom.MODELS and rom.columns.MODELS_REFERENCED is rom.MODELS_REFERENCED
    assert type(rom.MODELS) is dict and type(rom.MODELS_REFERENCED) is dict


@pytest.mark.parametrize('module,names', [
    ('columns', 'ColumnError InvalidColumnValue InvalidOperation MissingColumn ORMError RestrictError'),
    ('model', 'ColumnError DataRaceError EntityDeletedError InvalidColumnValue InvalidOperation ORMError QueryError '
              'UniqueKeyViolation'),
    pytest.param('query', 'Geofilter Pattern Prefix QueryError Suffix', marks=better_than_old), ('util', 'DataRaceError ORMError')])
def test_names_that_modules_have_from_others(module, names):
    """No part of the manifest, but `from rom.columns import InvalidColumnValue` works in 1.1.2."""
    for name in names.split():
        assert exported('rom.' + module, name) is getattr(rom, name)


@pytest.mark.parametrize('module,names', [
    pytest.param('rom.columns', 'session _connect _numeric_keygen _string_keygen IDENTITY dt2ts ts2t', marks=better_than_old),
    ('rom.index', 'QueryError _prefix_score _script_load _to_score'),
    pytest.param('rom.model', 'session MODELS MODELS_REFERENCED _connect Column ManyToOne GeneralIndex NUMERIC_TYPES _script_load', marks=better_than_old),
    ('rom.query', 'session _connect STRING_SORT_KEYGENS dt2ts'),
])
def test_names_in_the_modules_where_1_1_2_has_them_too(module, names):
    for name in names.split():
        assert exported(module, name) is getattr(rom, name) if STRICT else exported(module, name)


def test_the_default_session_is_ready():
    assert rom.session._init() is None
