"""What a type checker and an editor find out about programs that use rom."""
import io
import os
import re
import shutil
import sys

import pytest

import checkers
import rom
from repository import ROOT

pytestmark = pytest.mark.pure


def read(path):
    with io.open(path, encoding='utf-8') as file:
        return file.read()


def programs_of(page):
    """The programs of a page of documentation."""
    blocks = re.findall(r'\.\. code-block:: python\n\n((?:    .*\n|\n)+)', read(os.path.join(ROOT, page)))
    return [re.sub(r'(?m)^    ', '', block) for block in blocks if 'import rom\n' in block]


@pytest.fixture
def folder(tmpdir):
    """A folder with all programs: those in tests/support/typed, and those of the README."""
    path = str(tmpdir.join('programs'))
    shutil.copytree(checkers.PROGRAMS, path, ignore=shutil.ignore_patterns('__pycache__'))
    programs = programs_of('README.rst')
    assert programs
    for number, program in enumerate(programs):
        checkers.write(path, 'readme_%d.py' % number, program)
    return path


@pytest.mark.parametrize('checker', sorted(checkers.CHECKERS))
def test_what_is_right_is_taken_and_what_is_wrong_is_refused(checker, folder):
    checkers.need(checker)
    wrong = set((name, number) for name in os.listdir(folder)
                for number, line in enumerate(read(os.path.join(folder, name)).split('\n'), 1) if '# refused' in line)
    assert len(wrong) > 60
    told = checkers.CHECKERS[checker](folder)
    assert sorted((place, message) for place, message in told.items() if place not in wrong) == []
    assert sorted(wrong - set(told)) == []


@pytest.mark.skipif(sys.version_info < (3, 7), reason='Python 2.7 has no annotations')
def test_types_have_subscripts():
    class Colour(rom.Column[str, str]):
        _allowed = str

    assert Colour().is_text and Colour['blue', 'green'] is Colour
    for cls in (rom.Column, rom.Text, rom.ManyToOne, rom.OneToOne, rom.OneToMany, rom.ForeignModel, rom.query.Query, rom.ClassProperty):
        assert cls['User'] is cls
    assert rom.ManyToOne['Team']('Team', on_delete='cascade')._on_delete == 'cascade'


MODELS = u'''
import rom

class Team(rom.Model):
    title = rom.Text(required=True)
    members = rom.OneToMany['User']('User')

class User(rom.Model):
    email = rom.Text(required=True, unique=True)
    age = rom.Integer()

'''

#: what somebody has typed, and what the editor is to offer
TYPED = [
    (u'User.query.', {'filter', 'order_by', 'first', 'near'}),
    (u'User.query.first().', {'email', 'age', 'id', 'save'}),
    (u'User.query.filter(age=(18, None)).order_by("-age").limit(0, 10).all()[0].', {'email', 'age'}),
    (u'for user in User.query.filter(age=5):\n    user.', {'email', 'age'}),
    (u'for user in User.query.iter_result():\n    user.', {'email', 'age'}),
    (u'[user for user in User.query.all()][0].', {'email', 'age'}),
    (u'def show(query: rom.query.Query[User]) -> None:\n    query.first().', {'email', 'age'}),
    (u'User.get(1).', {'email', 'age'}),
    (u'User.get([1, 2])[0].', {'email', 'age'}),
    (u'User(email="a").copy().update(age=5).', {'email', 'age'}),
    (u'User.get(1).email.', {'upper', 'split'}),
    (u'User.get(1).age.', {'bit_length'}),
    (u'User.email.', {'where'}),
    (u'rom.session.', {'commit', 'rollback', 'add'}),
]


@pytest.mark.parametrize('typed, wanted', TYPED, ids=[str(number) for number in range(len(TYPED))])
def test_an_editor_completes(typed, wanted):
    checkers.need('jedi')
    import jedi
    lines = (MODELS + typed).split('\n')
    project = jedi.Project(ROOT, added_sys_path=[os.path.dirname(checkers.PACKAGE)])
    offered = jedi.Script('\n'.join(lines), project=project).complete(len(lines), len(lines[-1]))
    assert wanted - set(each.name for each in offered) == set()
