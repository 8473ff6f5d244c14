"""docs/internals.rst is a map: what it names is there, and no walk is longer than it says."""
import io
import os
import re

import pytest

pytestmark = pytest.mark.pure

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MOST_FILES_A_WALK = 8
WALKS = ['Save', 'Load', 'Query', 'Delete', 'Check']


def read(*path):
    with io.open(os.path.join(ROOT, *path), encoding='utf-8') as file:
        return file.read()


def section(title, underline):
    """The text of a section of the page, up to the next one of its rank."""
    text = re.split(r'(?m)^%s[^\n]*\n%s+\n' % (title, re.escape(underline)), read('docs', 'internals.rst'))[1]
    return re.split(r'(?m)^[^\n]+\n[%s]{4,}\n' % ('-' if underline == '-' else '~-'), text)[0]


def steps(walk):
    """[(file, what is said of it)]"""
    items = re.findall(r'(?ms)^\d\. (.*?)(?=^\d\. |\n\n|\Z)', section(walk, '~'))
    return [re.match(r'(?s)``([^`]+)``(.*)', item).groups() for item in items]


def missing_names(path, text):
    source = read(*path.split('/'))
    names = re.findall(r'(?<!`)`([A-Za-z_]+)`(?!`)', text)
    return [(path, name) for name in names if not re.search(r'\b%s\b' % name, source)]


@pytest.mark.parametrize('walk', WALKS)
def test_a_walk_passes_at_most_eight_files(walk):
    files = [path for path, _ in steps(walk)]
    assert 4 < len(set(files)) <= MOST_FILES_A_WALK
    assert [path for path in files if not os.path.isfile(os.path.join(ROOT, path))] == []


@pytest.mark.parametrize('walk', WALKS)
def test_each_file_of_a_walk_has_what_is_said_of_it(walk):
    """The first sentence of a step names functions and classes of its file."""
    found = [missing_names(path, re.split(r'\.\s', text)[0]) for path, text in steps(walk)]
    assert sum(found, []) == []


def test_the_table_leads_to_what_it_names():
    entries = re.findall(r'``(rom/[a-z_/]+\.\w+)``: ((?:`\w+`(?:, )?)+)', section('Where to change what', '-'))
    assert len(entries) >= 20
    assert sum([missing_names(path, names) for path, names in entries], []) == []


def test_every_file_that_the_page_names_is_there():
    paths = set(re.findall(r'``((?:rom|tests|docs)/[\w/]*(?:\.\w+)?)``', read('docs', 'internals.rst')))
    assert [path for path in paths if not os.path.exists(os.path.join(ROOT, path))] == []


def test_every_module_has_its_line_in_the_house():
    house, rooms = section('The house', '-'), set()
    for _, _, files in os.walk(os.path.join(ROOT, 'rom')):
        rooms.update(name for name in files if name.endswith('.py') and name != '__init__.py')
    assert sorted(room for room in rooms if '`%s`' % room not in house) == []
