"""Wheel and sdist carry everything; what is tested is the installed package."""
import os
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
    shutil.rmtree(os.path.dirname(path))
    return os.path.basename(path), names


@pytest.fixture(scope='module')
def sdist(source):
    path, names = build(source, 'sdist')
    yield path, names
    shutil.rmtree(os.path.dirname(path))


def test_the_wheel_carries_the_whole_package(wheel):
    names = wheel[1]
    assert files_below('rom') <= names
    assert 'rom/py.typed' in names
    assert any(name.endswith('.lua') for name in names) and any(name.endswith('.pyi') for name in names)


def test_the_wheel_carries_nothing_else(wheel):
    assert set(name.split('/')[0] for name in wheel[1]) == {'rom', 'rom-%s.dist-info' % rom.VERSION}


def test_one_wheel_for_all_pythons(wheel):
    assert wheel[0] == 'rom-%s-py2.py3-none-any.whl' % rom.VERSION


def test_the_sdist_carries_the_repository(sdist):
    expected = files_below('rom', 'tests', 'docs', 'examples', 'benchmarks')
    expected |= {'README.rst', 'CHANGELOG.rst', 'LICENSE', 'MANIFEST.in', 'setup.py', 'tox.ini', '.ci/run'}
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
