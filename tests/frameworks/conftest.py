"""The shop of examples/frameworks on the server of this run."""
import sys

import pytest

import serving


@pytest.fixture
def shop(connection, monkeypatch):
    """The models of the examples, in this process; there is some tea."""
    monkeypatch.syspath_prepend(serving.EXAMPLES)
    monkeypatch.delitem(sys.modules, 'shop', raising=False)
    import rom
    import shop
    shop.Item(name=u'tea', left=serving.STOCK).save()
    rom.session.rollback()
    yield shop
    for name in [name for name, module in sys.modules.items() if getattr(module, '__file__', None) and
                 module.__file__.startswith(serving.EXAMPLES)]:
        del sys.modules[name]


@pytest.fixture
def env(server, shop):
    """The environment of a program that runs one of the examples."""
    return serving.environment(server.uri, serving.PROGRAMS)
