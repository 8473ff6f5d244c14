"""What comes with rom for pytest, as a project has it: rom is installed, and pytest runs in a process of its own."""
import io
import os
import re
import subprocess
import sys

import pytest
import rom

from repository import ROOT

PACKAGE = os.path.dirname(os.path.abspath(rom.__file__))


@pytest.fixture(scope='module')
def installed(tmpdir_factory):
    """What PYTHONPATH has to say so that rom is installed, its entry point included."""
    if os.environ.get('ROM_TEST_SOURCE') != '1':
        return ''
    described = str(tmpdir_factory.mktemp('installed'))
    subprocess.check_output([sys.executable, 'setup.py', '-q', 'egg_info', '-e', described], cwd=ROOT, stderr=subprocess.STDOUT)
    return os.pathsep.join([described, ROOT])


@pytest.fixture
def project(tmpdir, installed, server_uri):
    """A folder, and `run` for pytest in it: (exit status, what it said)."""
    class Project(object):
        folder = tmpdir.mkdir('project')

        def write(self, **files):
            for name, text in files.items():
                path = str(self.folder.join(name.replace('__', '.')))
                with io.open(path, 'w', encoding='utf-8') as file:
                    file.write(u'%s' % text)

        def run(self, *arguments, **environment):
            env = dict(os.environ, PYTHONPATH=installed, PYTHONDONTWRITEBYTECODE='1', **environment)
            for name in {'PYTEST_ADDOPTS', 'PYTEST_PLUGINS', 'PYTEST_DISABLE_PLUGIN_AUTOLOAD'}.difference(environment):
                env.pop(name, None)
            env.setdefault('ROM_REDIS_URI', server_uri)  # the program's own, whose data nobody may touch
            process = subprocess.Popen([sys.executable, '-m', 'pytest', '-p', 'no:cacheprovider'] + list(arguments), env=env,
                                       cwd=str(self.folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            return process.communicate()[0].decode('utf-8'), process.returncode

        def passes(self, count, *arguments):
            said, status = self.run(*arguments)
            assert status == 0 and re.search(r'\b%d passed' % count, said) and 'failed' not in said, said
            return said
    return Project()


MODELS = u'''
import rom

class Guest(rom.Model):
    _namespace = 'plugin-guest'
    name = rom.Text(unique=True)
'''


def test_the_page_says_it_right(project):
    page = io.open(os.path.join(ROOT, 'docs', 'testing.rst'), encoding='utf-8').read()
    blocks = re.findall(r'\.\. code-block:: python\n\n((?:    .*\n|\n)+)', page)
    programs = dict((re.match(r'    # (\w+)\.py\n', block).group(1) + '__py', re.sub(r'(?m)^    ', '', block)) for block in blocks)
    assert sorted(programs) == ['shop__py', 'test_shop__py', 'test_with_unittest__py']
    project.write(**programs)
    project.passes(4)
    ini, = re.findall(r'\.\. code-block:: ini\n\n((?:    .*\n|\n)+)', page)
    project.write(pytest__ini=re.sub(r'(?m)^    ', '', ini))
    project.passes(4)


def test_each_test_begins_with_nothing(project, connection):
    connection.set('mine', '1')
    project.write(models__py=MODELS, test_it__py=u'''
import os
import pytest
import rom
from models import Guest

@pytest.mark.parametrize('time', [1, 2, 3])
def test_anew(rom_database, time):
    assert rom_database.dbsize() == 0 and Guest.query.all() == [] and rom.session.known == {}
    assert Guest(name=u'ann').id == 1
    rom.session.commit()
    Guest(name=u'bob')  # left over
    assert rom_database.dbsize() > 0 and rom.util.get_connection() is rom_database

@pytest.mark.parametrize('time', [1, 2])
def test_models_of_a_test(rom_database, time):
    class Local(rom.Model):
        guest = rom.ManyToOne('Guest', on_delete='cascade')
    Local(guest=Guest(name=u'ann'))
    rom.session.commit()
    assert Local.get(1).guest.name == u'ann'

def test_a_program_that_is_started(rom_database):
    import subprocess, sys
    Guest(name=u'ann').save()
    said = subprocess.check_output([sys.executable, '-c', 'import models; print(models.Guest.get(1).name)'], cwd=os.path.dirname(__file__))
    assert said.strip() == b'ann'

def test_without():
    assert os.environ['ROM_REDIS_URI'] == rom.util.REDIS_URI and Guest.get_by(name=u'ann') is None and 'Local' not in rom.MODELS
    assert rom.util.get_connection().get('mine') == b'1'
''')
    project.passes(7)
    assert connection.keys() == [b'mine']


def test_every_test_where_the_ini_file_says_so(project, connection):
    connection.set('mine', '1')
    project.write(models__py=MODELS, pytest__ini=u'[pytest]\nrom_autouse = true\n', test_it__py=u'''
import unittest
import pytest
import rom
from models import Guest

@pytest.fixture(scope='session', autouse=True)
def seed():
    Guest(name=u'seed').save()

@pytest.fixture(scope='module')
def late():
    return Guest(name=u'late').save()

@pytest.mark.parametrize('time', [1, 2])
def test_anew(time):
    assert Guest.query.all() == []
    assert Guest(name=u'ann').save() == 2

def test_late(late):
    assert Guest.query.count() in (0, 1)

class TestIt(unittest.TestCase):
    def test_anew(self):
        assert Guest.query.all() == []
        Guest(name=u'ann').save()
    test_again = test_anew
''')
    project.passes(5)
    assert connection.keys() == [b'mine']


def test_workers_of_xdist_keep_apart(project):
    pytest.importorskip('xdist')
    project.write(models__py=MODELS, test_it__py=u'''
import time
import pytest
from models import Guest

@pytest.mark.parametrize('number', range(8))
def test_apart(rom_database, number):
    Guest(name=u'ann').save()
    time.sleep(.02)
    assert [guest.id for guest in Guest.query] == [1]
''')
    project.passes(8, '-n', '2')


def test_whoever_does_not_ask_is_not_disturbed(project):
    project.write(test_it__py=u'''
import sys

def test_nothing_is_imported(request):
    assert not [name for name in sys.modules if name.partition('.')[0] in ('rom', 'redis')]
    assert not [name for name in request.fixturenames if 'rom' in name]
''')
    project.passes(1, '-W', 'error')
    said, _ = project.run('--fixtures')
    assert 'rom_database' in said and 'rom_server' in said
    said, _ = project.run('--help')
    assert 'rom_autouse' in said


def test_it_may_be_asked_for_by_name(project):
    """Where it comes by itself, and where nothing does."""
    project.write(models__py=MODELS, pytest__ini=u'[pytest]\nrom_autouse = true\n', test_it__py=u'''
from models import Guest

def test_it():
    assert Guest.query.all() == [] and Guest(name=u'ann').save()
test_again = test_it
''')
    for environment in ({}, {'PYTEST_DISABLE_PLUGIN_AUTOLOAD': '1'}):
        said, status = project.run('-p', 'rom.testing', **environment)
        assert status == 0 and '2 passed' in said, said


def test_a_server_of_the_programs_own(project):
    project.write(models__py=MODELS, conftest__py=u'''
import pytest
from rom import embedded

@pytest.fixture(scope='session')
def rom_server():
    with embedded.start(maxmemory='9mb') as server:
        yield server
''', test_it__py=u'''
def test_it(rom_database):
    assert rom_database.config_get('maxmemory')['maxmemory'] == str(9 * 1024 * 1024)
''')
    project.passes(1)
    project.write(conftest__py=u'''
import pytest, redis, rom

@pytest.fixture(scope='session')
def rom_server():
    return redis.Redis.from_url(rom.util.REDIS_URI)
''')
    said, status = project.run()
    assert status == 1 and 'rom.testing empties the database that it uses' in said


def test_a_session_that_ends_leaves_nothing_behind(project):
    project.write(models__py=MODELS, test_it__py=u'''
def test_it(rom_server, rom_database):
    with open('socket', 'w') as file:
        file.write(rom_server.url)
''')
    project.passes(1)
    assert not os.path.exists(project.folder.join('socket').read().replace('unix://', ''))
