"""The program that type checkers read in tests/pure/test_typing.py does what it says."""
import io
import os
import sys

import pytest

from checkers import PROGRAMS

pytestmark = pytest.mark.skipif(sys.version_info < (3, 7), reason='Python 2.7 has no annotations')


def test_the_shop_sells(run_python, connection):
    with io.open(os.path.join(PROGRAMS, 'shop.py'), encoding='utf-8') as program:
        said = run_python(program.read())
    assert said.replace('\r', '\n').splitlines()[-9:] == [
        'Blank book: 0 left', 'Hello Ann: Fountain pen, Blue ink', 'Corner 94.80', 'Blue ink', '3 prices', 'Corner',
        'Fountain pen, found 1', 'dearest: 2', 'favourite: Fountain pen']
    assert connection.hget('typed-article:1', 'stock') == b'1'
