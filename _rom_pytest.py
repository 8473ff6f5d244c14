"""The fixtures that rom has for pytest; `rom.testing` says more. Nothing of rom is imported before a test asks for one."""
import pytest


def pytest_addoption(parser):
    parser.addini('rom_autouse', 'give each test an empty database, as the fixture rom_database does', type='bool', default=False)


def pytest_configure(config):
    if config.getini('rom_autouse'):
        config.pluginmanager.register(_Everywhere(), 'rom-autouse')


@pytest.fixture(scope='session')
def rom_server():
    """A server in memory for this test session; each worker of pytest-xdist has its own. A `rom.embedded.Server`."""
    from rom import embedded
    with embedded.start() as server:
        yield server


@pytest.fixture
def rom_database(rom_server):
    """An empty database for all models, and an empty session; gives the client."""
    from rom import testing
    with testing.database(rom_server) as client:
        yield client


class _Everywhere(object):
    """The fixtures of tests that do not name them, with ``rom_autouse``."""

    @pytest.fixture(scope='session', autouse=True)
    def _rom_around_all(self, rom_server):
        """What other fixtures of the session write goes to the server of the tests, too."""
        from rom import testing
        with testing.database(rom_server):
            yield

    @pytest.fixture(autouse=True)
    def _rom_around_each(self, rom_database):
        yield
