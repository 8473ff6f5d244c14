"""The web frameworks, under real servers: whoever is told 2xx finds both rows stored, whoever is not finds none."""
import re

import pytest
import rom

from needed import need
from serving import ask, check_stored, gunicorn, post_orders, uvicorn, waitress

need('waitress')


@pytest.mark.parametrize('app, server_of, path, packages', [
    ('wsgi_shop:app', waitress, '/orders', ()),
    ('flask_shop:app', waitress, '/orders', ('flask',)),
    ('flask_shop:app', gunicorn, '/orders', ('flask', 'gunicorn')),
    ('django_shop:application', gunicorn, '/orders', ('django', 'gunicorn')),
    ('django_shop:asgi_application', uvicorn, '/orders', ('django', 'uvicorn')),
    ('django_shop:asgi_application', uvicorn, '/async/orders', ('django', 'uvicorn')),
    ('fastapi_shop:app', uvicorn, '/orders', ('fastapi', 'uvicorn')),
    ('fastapi_shop:app', uvicorn, '/async/orders', ('fastapi', 'uvicorn')),
    ('starlette_shop:app', uvicorn, '/orders', ('starlette', 'uvicorn')),
], ids=lambda value: getattr(value, '__name__', value) if not isinstance(value, tuple) else '')
def test_what_was_answered_is_stored(shop, env, app, server_of, path, packages):
    need(*packages)
    port, server = server_of(app, env)
    with server as printed:
        answered = post_orders(port, path, as_form=app.startswith('flask'))
        check_stored(shop, answered)
        status, text = ask(port, 'GET', '/orders')
        assert status == 200
        told = sorted(line.split(',')[0] for line in text.splitlines())
        assert told == sorted(order['code'] for order, status in answered if status < 300)
    assert 'to open a scope' not in printed()
