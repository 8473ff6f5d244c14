"""The types that rom tells a type checker: they fit the code, and say what a program can count on."""
import io
import os
import subprocess
import sys

import pytest

import rom

pytestmark = pytest.mark.pure

PACKAGE = os.path.dirname(os.path.abspath(rom.__file__))

CONFIG = u'''
[mypy]
strict = True
ignore_missing_imports = True

# what has no stub is read as it is, and has no types
[mypy-rom.*]
ignore_errors = True
'''

# where a stub says on purpose something else than the code
ALLOWED = r'''
# on_delete is mandatory: its default only serves the message
rom(\.\w+)*\.(ManyToOne|OneToOne)\.__init__
# a Query made by a property of the class
rom(\.\w+)*\.Model\.query
# the embedded server's stub lists no __all__; the namedtuple looks odd to stubtest
rom\.embedded\.__all__
rom\.values\.keygens\.Entries
# `rom.util` owns the switch
rom\.unitofwork\.scope\.ThreadScope\.null_session_default
# made with six's metaclass
rom\.unitofwork\.duplicates\.Values
'''

PROGRAM = u'''
import datetime
import decimal
from typing import Any, Dict, List, Optional, Tuple, Type, TypeVar

import rom
from rom.query import Query, _list_data_factory
from typing_extensions import assert_type


class Country(rom.Model):
    name = rom.Text(required=True, unique=True)
    airports = rom.OneToMany('Airport')


class User(rom.Model):
    name = rom.Text(index=True, keygen=rom.FULL_TEXT)
    token = rom.String(default=b'')
    age = rom.Integer(index=True)
    height = rom.Float()
    balance = rom.Decimal(default=decimal.Decimal(0))
    active = rom.Boolean(default=True)
    seen = rom.DateTime(default=datetime.datetime.now)
    safe = rom.SaferDateTime()
    born = rom.Date()
    wakes = rom.Time()
    settings = rom.Json(default={})
    country = rom.ManyToOne(Country, on_delete='set null')
    home = rom.OneToOne('Country', on_delete='no action', unique=True)
    folded = rom.IndexOnly('name', keygen=rom.SIMPLE_CI)
    tags = rom.UnsafeColumn()

    def _before_insert(self) -> None:
        self.age = (self.age or 0) + 1


class Child(User):
    friends = rom.OneToMany(User, column='parent')


class Keyed(rom.Model):
    number = rom.PrimaryKey(index=True)


M = TypeVar('M', bound=rom.Model)


def first(model: Type[M]) -> Optional[M]:
    assert_type(model.query, Query[M])
    return model.query.filter(x=1).first()


def entities(ids: List[int], pk: str) -> None:
    assert_type(User.get(1), Optional[User])
    assert_type(User.get('1'), Optional[User])
    assert_type(User.get([1]), List[User])
    assert_type(User.get(ids), List[User])
    assert_type(User.get({1, 2}), List[User])
    assert_type(User.get_by(name='ann'), Any)
    assert_type(first(User), Optional[User])
    for user in User.does_not_startwith('name', ['a'], blocksize=10):
        assert_type(user, User)


def queries() -> None:
    query = User.query.filter(age=(18, None)).startswith(name='a').order_by('-age').limit(0, 10)
    assert_type(query, Query[User])
    assert_type(User.query.filter().first(), Optional[User])
    assert_type(query.all(), List[User])
    assert_type([user for user in query], List[User])
    assert_type(next(query.iter_result(pagesize=10)), User)
    assert_type(query.count(), int)
    assert_type(query.select('name', 'age').all(), List[Dict[str, Any]])
    assert_type(query.select('name', ff=_list_data_factory, decode=False).first(), Optional[List[Any]])
    assert_type(query.near('place', 8.5, 50, 10, 'km').cached_result(30), str)
    query.near('place', 8.5, 50, 10)  # type: ignore[call-arg]
    query.order_by(5)  # type: ignore[arg-type]


def columns(user: User, country: Country, child: Child) -> None:
    assert_type(user.id, int)
    assert_type(Keyed().number, int)
    assert_type(user.name, Optional[str])
    assert_type(user.token, Optional[bytes])
    assert_type(user.age, Optional[int])
    assert_type(user.height, Optional[float])
    assert_type(user.balance, Optional[decimal.Decimal])
    assert_type(user.active, Optional[bool])
    assert_type(user.seen, Optional[datetime.datetime])
    assert_type(user.safe, Optional[datetime.datetime])
    assert_type(user.born, Optional[datetime.date])
    assert_type(user.wakes, Optional[datetime.time])
    assert_type(user.settings, Optional[Any])
    assert_type(user.country, Optional[Country])
    assert_type(user.home, Optional[Any])
    assert_type(user.folded, None)
    assert_type(country.airports, List[Any])
    assert_type(child.friends, List[User])
    assert_type(child.age, Optional[int])
    user.tags.rpush('redis', skip_key=False)
    assert_type(User.name, rom.Text)
    assert_type(User.id, rom.PrimaryKey)
    assert_type(User.age.where, str)
    assert_type(User.country.get_related_model(), Optional[Type[Country]])


def assignments(user: User, country: Country) -> None:
    user.name, user.age, user.country = 'Ann', 5, country
    user.name, user.age, user.country = None, None, None
    user.country, user.balance, user.settings = 7, 3, {'a': [1]}
    user.token, user.active = 'text', 1
    user.settings = ('a', 1)
    del user.age
    user.age = []  # type: ignore[assignment]
    user.balance = 0.5  # type: ignore[assignment]
    user.safe = '1'  # type: ignore[assignment]
    user.country = user  # type: ignore[assignment]
    rom.Text(requird=True)  # type: ignore[call-arg]
    rom.ManyToOne('User')  # type: ignore[call-overload]
    rom.ManyToOne('User', on_delete='explode')  # type: ignore[call-overload]


def writing(user: User) -> None:
    assert_type(user.save(full=True), int)
    assert_type(user.copy(), User)
    assert_type(user.update(age=5), User)
    assert_type(user.to_dict(), Dict[str, Any])
    assert_type(rom.session.commit(atomic=True), int)
    rom.session.save(user, [user], force=True)
    rom.session.delete(user)
    rom.session.null_session = True
    with rom.session as session, rom.session.scope(commit=False) as inner:
        assert_type(session.commit(), int)
        inner.rollback()
    with rom.util.EntityLock(user, 1, 5) as lock:
        lock.refresh()
    for done, total in rom.util.refresh_indices(User):
        assert_type((done, total), Tuple[int, int])
    rom.util.show_progress(rom.util.clean_old_index(User))
    rom.util.set_connection_settings(host='localhost', db=1)
'''


@pytest.fixture
def mypy(tmp_path, monkeypatch):
    """A function that runs a module of mypy on arguments, and gives its exit code and what it says."""
    if sys.version_info < (3, 9):
        pytest.skip('needs Python 3.9')
    pytest.importorskip('mypy')
    for name, text in (('mypy.ini', CONFIG), ('allowed', ALLOWED), ('program.py', PROGRAM)):
        with io.open(str(tmp_path / name), 'w', encoding='utf-8') as file:
            file.write(text)
    monkeypatch.delenv('MYPYPATH', raising=False)
    monkeypatch.delenv('PYTHONPATH', raising=False)
    if 'site-packages' not in PACKAGE:
        for name in ('MYPYPATH', 'PYTHONPATH'):
            monkeypatch.setenv(name, os.path.dirname(PACKAGE))

    def run(module, *arguments):
        process = subprocess.Popen([sys.executable, '-m', module] + list(arguments), cwd=str(tmp_path),
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return process.communicate()[0].decode('utf-8'), process.returncode
    return run


#: what programs import, and what these stubs refer to
PUBLIC = ['__init__', 'columns', 'descriptors', 'embedded', 'exceptions', 'index', 'locks', 'model', 'query', 'util', 'values/codecs', 'values/keygens',
          'values/timestamps', 'values/filter_forms', 'search/results', 'search/explanation', 'unitofwork/session', 'upkeep/tasks']


def test_what_is_public_has_a_stub():
    missing = [name for name in PUBLIC if not any(os.path.exists(os.path.join(PACKAGE, *(name + ending).split('/'))) for ending in ('.pyi', '/__init__.pyi'))]
    assert missing == []
    assert os.path.exists(os.path.join(PACKAGE, 'py.typed'))


def test_stubs_fit_the_code(mypy):
    said, code = mypy('mypy.stubtest', 'rom', '--concise', '--mypy-config-file', 'mypy.ini', '--allowlist', 'allowed')
    assert (said, code) == ('', 0)


def test_a_program_is_told_its_types(mypy):
    said, code = mypy('mypy', '--config-file', 'mypy.ini', 'program.py')
    assert code == 0, said
