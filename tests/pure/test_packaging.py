"""Wheel and sdist carry everything; what is tested is the installed package."""
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile

import pytest
import rom

from repository import ROOT

PACKAGE = os.path.dirname(os.path.abspath(rom.__file__))
SKIPPED = shutil.ignore_patterns('.git', '.tox', '.hypothesis', '.pytest_cache', '__pycache__', '*.py[co]', 'build',
                                 'dist', '_build', '*.egg-info', '.venv', 'venv')

pytestmark = [
    pytest.mark.pure,
    pytest.mark.skipif(not os.path.exists(os.path.join(ROOT, 'setup.py')), reason='needs the source folder'),
]


def files_below(*folders):
    """Names of files, from ROOT, of what the repository has below `folders`."""
    found = set()
    for folder in folders:
        for path, _, names in os.walk(os.path.join(ROOT, folder)):
            found.update(os.path.relpath(os.path.join(path, name), ROOT) for name in names)
    return set(name for name in found if not (
        name.endswith(('.pyc', '.pyo')) or {'_build', '.hypothesis'} & set(name.split(os.sep))))


@pytest.fixture(scope='module')
def source(tmpdir_factory):
    """A copy of the source folder, so that building leaves nothing in it."""
    copied = str(tmpdir_factory.mktemp('source').join('rom'))
    shutil.copytree(ROOT, copied, ignore=SKIPPED)
    return copied


def build(source, *commands):
    subprocess.check_output([sys.executable, 'setup.py', '-q'] + list(commands), cwd=source,
                            stderr=subprocess.STDOUT)
    folder = os.path.join(source, 'dist')
    name, = os.listdir(folder)
    path = os.path.join(folder, name)
    if name.endswith('.whl'):
        return path, set(zipfile.ZipFile(path).namelist())
    with tarfile.open(path) as archive:
        return path, set(member.name.split('/', 1)[1] for member in archive.getmembers() if member.isfile())


@pytest.fixture(scope='module')
def wheel(source):
    path, names = build(source, 'bdist_wheel')
    yield path, names
    shutil.rmtree(os.path.dirname(path))


@pytest.fixture(scope='module')
def sdist(source, tmpdir_factory):
    copied = str(tmpdir_factory.mktemp('sdist').join('rom'))
    shutil.copytree(source, copied, ignore=SKIPPED)
    return build(copied, 'sdist')


@pytest.fixture(scope='module')
def metadata(wheel):
    """What the wheel says of itself: {field: [values]}, the text below under None."""
    with zipfile.ZipFile(wheel[0]) as archive:
        text = archive.read('rom-%s.dist-info/METADATA' % rom.VERSION).decode('utf-8')
    head, _, body = text.partition('\n\n')
    fields = {None: [body]}
    for line in re.sub(r'\n +', ' ', head).split('\n'):
        name, _, value = line.partition(': ')
        fields.setdefault(name, []).append(value)
    return fields


def test_the_wheel_carries_the_whole_package(wheel):
    names = wheel[1]
    assert files_below('rom') <= names
    assert 'rom/py.typed' in names
    assert any(name.endswith('.lua') for name in names) and any(name.endswith('.pyi') for name in names)


def test_the_wheel_carries_nothing_else(wheel):
    assert set(name.split('/')[0] for name in wheel[1]) == {'rom', '_rom_pytest.py', 'rom-%s.dist-info' % rom.VERSION}


def test_one_wheel_for_all_pythons(wheel):
    assert os.path.basename(wheel[0]) == 'rom-%s-py2.py3-none-any.whl' % rom.VERSION


def test_the_sdist_carries_the_repository(sdist):
    expected = files_below('rom', 'tests', 'docs', 'examples', 'benchmarks')
    expected |= {'README.rst', 'CHANGELOG.rst', '_rom_pytest.py', 'LICENSE', 'MANIFEST.in', 'setup.py', 'tox.ini', '.ci/run'}
    assert not expected - sdist[1]


def test_the_wheel_out_of_the_sdist_is_the_same(sdist, wheel, tmpdir):
    subprocess.check_call(['tar', '-xzf', sdist[0]], cwd=str(tmpdir))
    unpacked, = tmpdir.listdir()
    assert build(str(unpacked), 'bdist_wheel')[1] == wheel[1]


def test_it_builds_without_the_readme(source, wheel, tmpdir):
    copied = str(tmpdir.join('rom'))
    shutil.copytree(source, copied, ignore=SKIPPED)
    os.remove(os.path.join(copied, 'README.rst'))
    assert build(copied, 'bdist_wheel')[1] == wheel[1]


@pytest.mark.skipif(os.environ.get('ROM_TEST_SOURCE') == '1', reason='tests the source folder')
def test_the_installed_package_is_tested():
    assert PACKAGE != os.path.join(ROOT, 'rom')
    installed = set(os.path.join('rom', os.path.relpath(os.path.join(path, name), PACKAGE))
                    for path, _, names in os.walk(PACKAGE) for name in names)
    assert files_below('rom') <= installed


def test_the_license_is_whole():
    with open(os.path.join(ROOT, 'LICENSE')) as text:
        content = text.read()
    assert 'GNU LESSER GENERAL PUBLIC LICENSE' in content and 'Version 2.1, February 1999' in content
    assert 'END OF TERMS AND CONDITIONS' in content


def test_there_is_one_version(metadata):
    assert rom.__version__ == rom.VERSION and metadata['Version'] == [rom.VERSION]


def test_the_wheel_says_what_it_is(metadata):
    assert metadata['Name'] == ['rom'] and metadata['Summary'] and metadata['Author'] == ['The rom contributors']
    assert 'LGPL-2.1-only' in (metadata.get('License-Expression') or metadata['License'])
    assert metadata['Description-Content-Type'][0].startswith('text/x-rst')
    assert {'Typing :: Typed', 'Framework :: Pytest', 'Programming Language :: Python :: 2.7',
            'Programming Language :: Python :: 3.13'} <= set(metadata['Classifier'])
    assert {'embedded', 'test'} <= set(metadata['Provides-Extra'])


def test_the_page_on_pypi_can_be_read(metadata):
    """It is the README; what the README links to in the repository is not on PyPI."""
    page, = metadata[None]
    with io.open(os.path.join(ROOT, 'README.rst'), encoding='utf-8') as readme:
        assert page.split('Documentation')[0].strip() == readme.read().split('Documentation')[0].strip()
    assert re.findall(r'<(?!https?:)[^>]*>`_', page) == [] and '(``docs/tutorial.rst``)' in page
    rst = pytest.importorskip('readme_renderer.rst')
    complaints = io.StringIO()
    html = rst.render(page, stream=complaints)
    assert html and 'short tour' in html and complaints.getvalue() == ''


def test_it_installs_without_a_network(wheel, tmpdir):
    pytest.importorskip('pip')
    target, options = str(tmpdir.join('site')), ['--no-index', '--no-deps', '--disable-pip-version-check', '--find-links']
    subprocess.check_output([sys.executable, '-m', 'pip', 'install', '-q', '--target', target] + options + [os.path.dirname(wheel[0]), 'rom'],
                            stderr=subprocess.STDOUT)
    said = subprocess.check_output([sys.executable, '-c', 'import rom; print(rom.__file__, rom.__version__)'],
                                   cwd=str(tmpdir), env=dict(os.environ, PYTHONPATH=target))
    assert target in said.decode('utf-8') and rom.VERSION in said.decode('utf-8')


def test_what_is_public_is_shown():
    shown = [name for name in dir(rom) if not name.startswith('__')]
    assert set(rom.__all__) | {'BulkError', 'ON_DELETE', 'check_indexes', 'set_connection_settings', 'embedded'} <= set(shown)
    if sys.version_info >= (3, 7):
        with io.open(os.path.join(PACKAGE, '__init__.pyi')) as stub:
            named = set(re.findall(r'\w+', stub.read()))
        assert [name for name in shown if name not in named | {'contrib', 'testing'} or name.startswith('_')] == []
        assert not {'six', 'datetime', 'store', 'storage', 'mapping', 'compat'} & set(shown)


def test_the_module_says_what_is_in_it():
    import pydoc
    said = re.sub('.\x08', '', pydoc.render_doc(rom))
    for name in ('class Model', 'class Text', 'FULL_TEXT', 'session', 'set_connection_settings', 'embedded', 'class QueryError'):
        assert name in said
