"""What the tests of all helpers begin with."""
import logging

import pytest
import rom
import six

collect_ignore = ['test_asgi.py'] if six.PY2 else []


@pytest.fixture
def User(connection):
    class User(rom.Model):
        email = rom.Text(required=True, unique=True)
        age = rom.Integer(default=1)
    return User


@pytest.fixture
def logged(caplog):
    """The errors that were logged, as texts."""
    caplog.set_level(logging.ERROR, 'rom')
    return lambda: [record.getMessage() for record in caplog.records]
