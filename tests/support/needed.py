"""Packages that only some tests need."""
import importlib
import os

import pytest


def need(*packages):
    """Skip where one is missing; in the environment that is there for these tests, fail."""
    for package in packages:
        try:
            importlib.import_module(package)
        except ImportError:
            if os.environ.get('ROM_TEST_FRAMEWORKS') == '1':
                raise
            pytest.skip('%s is not installed: the tests of frameworks run by tox -e frameworks' % package, allow_module_level=True)
