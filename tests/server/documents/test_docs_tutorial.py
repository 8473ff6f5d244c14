"""The code on the pages of the documentation runs, and answers what they say."""
import doctest
import inspect
import io
import os
import re
import sys

import pytest
import six

import rom
from repository import ROOT

pytestmark = pytest.mark.skipif(six.PY2, reason='the pages are written for Python 3')

DOCS = os.path.join(ROOT, 'docs')
FLAGS = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL


class Checker(doctest.OutputChecker):
    """Explanations hold figures that vary with the edition of the data; only their text has to agree."""

    def check_output(self, want, got, flags):
        if 'looked at' in want:
            want, got = re.sub(r'\d+', 'N', want), re.sub(r'\d+', 'N', got)
        return doctest.OutputChecker.check_output(self, want, got, flags)


def run_page(name, names):
    """Run a page's examples with the names of those before it; return how many there were."""
    path = os.path.join(DOCS, name)
    with io.open(path, encoding='utf-8') as page:
        examples = doctest.DocTestParser().get_doctest(page.read(), names, name, path, 0)
    failures = []
    runner = doctest.DocTestRunner(checker=Checker(), optionflags=FLAGS)
    result = runner.run(examples, out=failures.append, clear_globs=False)
    names.update(examples.globs)
    assert not result.failed, ''.join(failures)
    return result.attempted


def test_the_tutorial_does_what_it_says_and_queries_are_answered_as_described():
    pytest.importorskip('airportsdata')
    names = {}
    assert run_page('tutorial.rst', names) > 40
    assert run_page('queries.rst', names) > 5


def test_sessions_are_as_described():
    assert run_page('sessions.rst', {}) > 5


@pytest.mark.parametrize('page', ['forms.rst', 'showing.rst', 'writing.rst'])
def test_pages_do_what_they_say(page):
    assert run_page(page, {}) > 10


def test_a_column_class_of_a_programs_own_is_as_described():
    assert run_page('api.rst', {}) > 5


def test_errors_are_told_as_described():
    if sys.version_info < (3, 7):
        pytest.skip('names of exceptions are told in full on Python 3')
    assert run_page('errors.rst', {}) > 5


# -- the reference and the docstrings that it is made of ---------------------------------------------------------------

#: what 1.1.2 exports for its own use
INTERNAL = {'NO_SCRIPT_MESSAGES', 'STRING_INDEX_KEYGENS_STR', 'STRING_SORT_KEYGENS_STR'}

#: what is for rom itself: what a column does for its model
FOR_ROM = {'bind', 'register', 'initial', 'missing', 'accept', 'takes', 'refuse', 'encode', 'decode', 'same', 'index_entries',
           'check_source', 'check_relations', 'default_keygen', 'next', 'getter', 'setter', 'deleter', 'execute'}


def public():
    """{name: what it is} of what `rom` and the modules of 1.1.2 export, without modules and private names."""
    modules = [rom.columns, rom.exceptions, rom.model, rom.query, rom.util, rom]
    found = dict((name, getattr(module, name)) for module in modules for name in module.__all__)
    return dict((name, thing) for name, thing in found.items()
                if not name.startswith('_') and not inspect.ismodule(thing) and name not in INTERNAL)


def documented():
    """(name, function or class) of all that takes arguments, methods included."""
    for name, thing in sorted(public().items()):
        if not callable(thing) or inspect.isclass(thing) and issubclass(thing, Exception):
            continue
        yield name, thing
        for attr, method in inspect.getmembers(thing, inspect.isroutine) if inspect.isclass(thing) else ():
            if (getattr(method, '__module__', None) or '').startswith('rom') and not attr.startswith('_') and attr not in FOR_ROM:
                yield '%s.%s' % (name, attr), method


def test_the_reference_has_every_public_name():
    with io.open(os.path.join(DOCS, 'api.rst'), encoding='utf-8') as page:
        told = set(re.findall(r'\w+', page.read())) | set(rom.exceptions.__all__)  # these by automodule
    assert set(public()) - told == set()


def test_docstrings_name_every_argument_and_give_an_example():
    found = []
    for name, thing in documented():
        told = inspect.getdoc(thing) or ''
        if 'Example' not in told:
            found.append((name, 'no example'))
        if not inspect.isclass(thing):
            found.extend((name, argument) for argument in inspect.signature(thing).parameters
                         if argument != 'self' and not re.search(r':param \w* ?%s:' % argument, told)
                         and not (argument == 'kwargs' and ':param' in told))
    assert found == []
