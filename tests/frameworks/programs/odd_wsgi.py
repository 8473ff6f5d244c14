"""What WSGI applications may do in the order of their choice."""
import shop
from rom.contrib.wsgi import UnitOfWorkMiddleware
from six.moves.urllib.parse import parse_qsl


def order_of(environ):
    return shop.place_order(**dict(parse_qsl(environ['QUERY_STRING'])))


def writing(environ, start_response):
    """With `write`, and with the second row made after the status was said."""
    values = dict(parse_qsl(environ['QUERY_STRING']))
    write = start_response('201 Created', [('Content-Type', 'text/plain')])
    try:
        shop.place_order(**values)
    except shop.Refused:
        try:
            raise
        except shop.Refused:
            import sys
            write = start_response('400 Bad Request', [('Content-Type', 'text/plain')], sys.exc_info())
    write(b'one')
    write(b'two')
    return [b'three']


def late(environ, start_response):
    """A generator that says its status after an empty chunk."""
    yield b''
    try:
        order_of(environ)
        start_response('201 Created', [('Content-Type', 'text/plain')])
    except shop.Refused:
        start_response('400 Bad Request', [('Content-Type', 'text/plain')])
    yield b'one'


def changing(environ, start_response):
    """A stream that goes on changing things."""
    start_response('200 OK', [('Content-Type', 'text/plain')])
    yield b'one'
    shop.Order.get_by(code=dict(parse_qsl(environ['QUERY_STRING']))['code']).quantity = -1
    yield b'two'


def choosing(environ, start_response):
    app = {'/writing': writing, '/late': late, '/changing': changing}[environ['PATH_INFO']]
    return app(environ, start_response)


app = UnitOfWorkMiddleware(choosing)
