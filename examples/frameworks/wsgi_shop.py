"""A shop without a framework: a WSGI application, here one that is a generator.

    ROM_REDIS_URI=redis://localhost:6379/0 waitress-serve --listen=localhost:8000 --threads=20 wsgi_shop:app
"""
from rom.contrib.wsgi import UnitOfWorkMiddleware
from six.moves.urllib.parse import parse_qsl

import shop


def orders(environ, start_response):
    if environ['REQUEST_METHOD'] == 'GET':
        start_response('200 OK', [('Content-Type', 'text/csv')])
        for line in shop.lines():
            yield line.encode('utf-8')
        return
    try:
        told = shop.place_order(**dict(parse_qsl(environ['QUERY_STRING'])))
    except shop.Refused as error:
        start_response('400 Bad Request', [('Content-Type', 'text/plain')])
        yield str(error).encode('utf-8')
    else:
        start_response('201 Created', [('Content-Type', 'text/plain')])
        yield told['code'].encode('utf-8')


app = UnitOfWorkMiddleware(orders)
