"""The code on the pages of the documentation runs, and answers what they say."""
import doctest
import io
import os
import re

import pytest
import six

pytestmark = pytest.mark.skipif(six.PY2, reason='the pages are written for Python 3')

DOCS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'docs')
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
