"""Which library the tests run against: with ROM_TEST_OLD=1 it is rom 1.1.2, to see that both do what is expected here.

    ROM_TEST_OLD=1 ROM_TEST_URI=redis://localhost/9 python-with-rom-1.1.2 -m pytest tests/compat"""
import os

import pytest

OLD = os.environ.get('ROM_TEST_OLD') == '1'

# For what docs/promises.rst decides otherwise than rom 1.1.2 does.
better_than_old = pytest.mark.skipif(OLD, reason='better than rom 1.1.2 (docs/promises.rst)')
