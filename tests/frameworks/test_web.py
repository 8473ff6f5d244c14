"""The web frameworks, under real servers: whoever is told 2xx finds both rows stored, whoever is not finds none."""
import json
import time

import pytest
import rom

import serving
from needed import need
from serving import ask, check_stored, gunicorn, post_orders, uvicorn, waitress

need('waitress')


def ids(value):
    """What the name of a test says of its server."""
    return '' if isinstance(value, tuple) else getattr(value, '__name__', value)


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
    ('odd_asgi:between', uvicorn, '/orders', ('starlette', 'uvicorn')),
    ('odd_wsgi:app', waitress, '/writing', ()),
    ('odd_wsgi:app', gunicorn, '/late', ('gunicorn',)),
], ids=ids)
def test_what_was_answered_is_stored(shop, env, app, server_of, path, packages):
    need(*packages)
    port, server = server_of(app, env)
    with server as printed:
        answered = post_orders(port, path, as_form=app.startswith('flask'))
        check_stored(shop, answered)
        if app.endswith('shop:app'):
            status, text = ask(port, 'GET', '/orders')
            told = sorted(line.split(',')[0] for line in text.splitlines())
            assert status == 200 and told == sorted(order['code'] for order, status in answered if status < 300)
        assert 'not saved' not in printed()


def waited_for(found, seconds=10):
    """What a background task or a log says a little later than the client has its answer."""
    deadline = time.time() + seconds
    while not found() and time.time() < deadline:
        time.sleep(.05)
    return found()


def quantity(shop, code):
    rom.session.rollback()
    return shop.Order.get_by(code=code).quantity


@pytest.fixture
def order(shop):
    """The code of an order that is stored, of quantity 5."""
    shop.place_order(u'old', u'old', 5)
    rom.session.commit()
    return u'old'


@pytest.mark.parametrize('app, server_of, path, packages', [
    ('odd_wsgi:app', waitress, '/changing', ()),
    ('odd_asgi:app', uvicorn, '/stream', ('starlette', 'uvicorn')),
    ('odd_asgi:app', uvicorn, '/background?lost=1', ('starlette', 'uvicorn')),
    ('odd_django:application', gunicorn, '/stream', ('django', 'gunicorn')),
    ('odd_django:asgi_application', uvicorn, '/async/stream', ('django', 'uvicorn')),
], ids=ids)
def test_what_is_changed_after_the_answer_is_told_and_not_saved(shop, order, env, app, server_of, path, packages):
    need(*packages)
    port, server = server_of(app, env)
    with server as printed:
        status, text = ask(port, 'GET', '%s%scode=%s' % (path, '&' if '?' in path else '?', order))
        assert status in (200, 202) and text
        assert waited_for(lambda: 'not saved' in printed()), printed()
        assert printed().count('not saved') == 1 and 'with rom.session' in printed()
    assert quantity(shop, order) == 5


def test_a_background_task_with_a_scope_of_its_own(shop, order, env):
    need('starlette', 'uvicorn', 'fastapi')
    port, server = uvicorn('odd_asgi:app', env)
    with server as printed:
        assert ask(port, 'GET', '/background', code=order)[0] == 202
        assert waited_for(lambda: quantity(shop, order) == 77)
        assert 'not saved' not in printed()
    port, server = uvicorn('fastapi_shop:app', env)
    with server as printed:
        assert ask(port, 'POST', '/receipts/old/lost')[0] == 202
        assert waited_for(lambda: shop.Receipt.get_by(number=u'old-new')) is not None


def test_django_by_a_rule_of_its_own(shop, env):
    """Status 418 is good there, and 201 is not; the views let others run between their rows."""
    need('django', 'uvicorn')
    port, server = uvicorn('odd_django:asgi_application', env)
    with server:
        answers = serving.at_once(lambda number: ask(port, 'GET', '/orders', code='c%d' % number, receipt='r%d' % number,
                                                     quantity=number % 2)[0], range(40))
    assert answers == [201, 418] * 20
    assert sorted(int(order.code[1:]) for order in shop.Order.query) == list(range(1, 40, 2))
    assert len(shop.Receipt.query.all()) == 20


def test_messages_of_a_websocket(shop, env):
    need('starlette', 'uvicorn', 'websockets')
    from websockets.sync.client import connect
    port, server = uvicorn('starlette_shop:app', env)

    def send(number):
        with connect('ws://127.0.0.1:%d/socket' % port) as socket:
            told = []
            for values in ({'quantity': '1'}, {'quantity': '0'}, {'quantity': '2', 'receipt': 'taken'}):
                code = 'c%d-%s' % (number, values['quantity'])
                socket.send(json.dumps(dict({'code': code, 'receipt': code}, **values)))
                told.append(json.loads(socket.recv()))
            return told
    with server as printed:
        answers = serving.at_once(send, range(20))
        assert 'not saved' not in printed()
    assert [list(told) for first, second, _ in answers for told in (first, second)] == [['code', 'quantity'], ['error']] * 20
    third = [told for _, _, told in answers if 'error' not in told]
    assert len(third) == 1
    assert sorted(order.code for order in shop.Order.query) == sorted(['c%d-1' % number for number in range(20)] + [third[0]['code']])


def test_the_test_client_and_the_commands_of_flask(shop):
    need('flask')
    import flask_shop
    flask_shop.app.testing = True
    client = flask_shop.app.test_client()
    assert client.post('/orders', data={'code': 'a', 'receipt': 'a', 'quantity': '2'}).status_code == 201
    assert client.post('/orders', data={'code': 'b', 'receipt': 'b', 'quantity': '0'}).status_code == 400
    with pytest.raises(rom.UniqueKeyViolation):
        client.post('/orders', data={'code': 'c', 'receipt': 'a', 'quantity': '1'})
    with pytest.raises(ValueError):
        client.post('/orders', data={'code': 'd', 'receipt': 'd', 'quantity': 'x'})
    with client:
        assert client.get('/orders').get_data(as_text=True) == 'a,2\n'
    assert [order.code for order in shop.Order.query] == ['a'] and not rom.session.known
    shop.Item.get_by(name=u'tea').delete()
    result = flask_shop.app.test_cli_runner().invoke(args=['add-item'])
    assert result.exit_code == 0, result.output
    assert shop.Item.get_by(name=u'tea').left == 1000
