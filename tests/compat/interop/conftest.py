"""Two libraries on one server: ours in this Python's environment, rom 1.1.2 in another, each in a process of its own.

ROM_OLD_PYTHON    a Python that has `rom==1.1.2`; `build` makes a virtualenv for it. Without it these tests are skipped
ROM_OURS_PYTHON   the Python for our side, where it is not this one
"""
import os
import subprocess
import sys

import pytest

from repository import ROOT
from sides import Side


@pytest.fixture(scope='session')
def old_python(tmpdir_factory):
    """The path of a Python with rom 1.1.2."""
    python = os.environ.get('ROM_OLD_PYTHON')
    if not python:
        pytest.skip('rom 1.1.2 is not here: run `tox -e interop`, or set ROM_OLD_PYTHON')
    return build_old(str(tmpdir_factory.mktemp('old'))) if python == 'build' else python


def build_old(directory):
    subprocess.check_call([sys.executable, '-m', 'venv', directory])
    python = os.path.join(directory, 'bin', 'python')
    subprocess.check_call([python, '-m', 'pip', 'install', '-q', 'rom==1.1.2'])
    return python


def environment(**changes):
    kept = dict(os.environ, PYTHONIOENCODING='utf-8', PYTHONDONTWRITEBYTECODE='1')
    kept.pop('PYTHONPATH', None)
    return dict(kept, **changes)


@pytest.fixture(scope='session')
def old_side(old_python, server):
    side = Side('rom 1.1.2', old_python, server.uri, environment())
    assert side.version() == '1.1.2'
    yield side
    side.stop()


@pytest.fixture(scope='session')
def our_side(server):
    env = environment(PYTHONPATH=ROOT) if os.environ.get('ROM_TEST_SOURCE') == '1' else environment()
    side = Side('ours', os.environ.get('ROM_OURS_PYTHON') or sys.executable, server.uri, env)
    yield side
    side.stop()


@pytest.fixture
def theirs(old_side, connection):
    old_side.reset()
    return old_side


@pytest.fixture
def ours(our_side, connection):
    our_side.reset()
    return our_side


@pytest.fixture(params=['ours writes', 'theirs writes'])
def pair(request, ours, theirs):
    """(writer, reader): each test that uses it runs both ways."""
    return (ours, theirs) if request.param == 'ours writes' else (theirs, ours)
