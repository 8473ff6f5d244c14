"""What applications of Starlette may do between, and after, their answers."""
import asyncio

import rom
import shop
from rom.contrib.asgi import UnitOfWorkMiddleware
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route


async def in_turns(request):
    """The rows of one request, with those of others made in between."""
    values = request.query_params
    order = shop.Order(code=values['code'])
    await asyncio.sleep(.01)
    shop.Receipt(number=values['receipt'], order=order)
    order.quantity = int(values['quantity'])
    if order.quantity < 1:
        return PlainTextResponse('refused', 400)
    await asyncio.sleep(.01)
    if 'item' in values:
        item = await asyncio.to_thread(shop.Item.get_by, name=values['item'])
        await asyncio.sleep(.01)
        item.left -= order.quantity
    return PlainTextResponse('ordered', 201)


async def changed(code):
    shop.Order.get_by(code=code).quantity = -1


async def changed_in_own_scope(code):
    with rom.session:
        shop.Order.get_by(code=code).quantity = 77


def in_background(request):
    task = changed if 'lost' in request.query_params else changed_in_own_scope
    return PlainTextResponse('soon', 202, background=BackgroundTask(task, request.query_params['code']))


def in_stream(request):
    async def chunks():
        await changed(request.query_params['code'])
        yield b'x'
        await asyncio.sleep(.01)
        await changed(request.query_params['code'])
        yield b'y'
    return StreamingResponse(chunks())



async def noting(request, call_next):
    """A middleware of Starlette's own kind, which runs the rest in a task of its own."""
    return await call_next(request)


routes = [Route('/orders', in_turns, methods=['POST']), Route('/background', in_background), Route('/stream', in_stream)]
app = Starlette(routes=routes, middleware=[Middleware(UnitOfWorkMiddleware)])
#: the same between middlewares; the inner one has a stream run ahead of its status
between = Starlette(routes=routes, middleware=[
    Middleware(BaseHTTPMiddleware, dispatch=noting), Middleware(UnitOfWorkMiddleware), Middleware(BaseHTTPMiddleware, dispatch=noting)])
