"""The stubs fit the code."""
import os

import pytest

import checkers

pytestmark = pytest.mark.pure

# where a stub says on purpose something else than the code
ALLOWED = u'''
# on_delete is mandatory: its default only serves the message
rom(\\.\\w+)*\\.(ManyToOne|OneToOne)\\.__init__
# what references take, the stubs say in `__new__`
rom(\\.\\w+)*\\.(ForeignModel|_Reference)\\.__init__
# limit needs two numbers: its default only serves the message
rom(\\.\\w+)*\\.Query\\.limit
# column classes of a program's own name the argument as they like
rom(\\.\\w+)*\\.\\w+\\.(_validate|_to_redis|_from_redis)
# a Query made by a property of the class
rom(\\.\\w+)*\\.Model\\.query
# the embedded server's stub lists no __all__; the namedtuple looks odd to stubtest
rom\\.embedded\\.__all__
rom\\.values\\.keygens\\.Entries
# `rom.util` owns the switch
rom\\.unitofwork\\.thread_scope\\.ThreadScope\\.null_session_default
# made with six's metaclass
rom\\.unitofwork\\.duplicates\\.Values
'''

#: what programs import, and what these stubs refer to
PUBLIC = ['__init__', 'columns', 'descriptors', 'embedded', 'exceptions', 'index', 'locks', 'model', 'query', 'util', 'values/codecs', 'values/keygens',
          'values/timestamps', 'values/filter_forms', 'values/conditions', 'columns/operators', 'search/results', 'search/explanation', 'unitofwork/session', 'upkeep/tasks', 'testing']


def test_what_is_public_has_a_stub():
    missing = [name for name in PUBLIC if not any(
        os.path.exists(os.path.join(checkers.PACKAGE, *(name + ending).split('/'))) for ending in ('.pyi', '/__init__.pyi'))]
    assert missing == []
    assert os.path.exists(os.path.join(checkers.PACKAGE, 'py.typed'))


def test_stubs_fit_the_code(tmpdir):
    checkers.need('mypy')
    for name, text in (('mypy.ini', checkers.MYPY), ('allowed', ALLOWED)):
        checkers.write(str(tmpdir), name, text)
    said = checkers.run(str(tmpdir), 'mypy.stubtest', 'rom', '--concise', '--mypy-config-file', 'mypy.ini', '--allowlist', 'allowed')
    assert said == ('', 0)
