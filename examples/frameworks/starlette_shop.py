"""A shop with Starlette: requests, a stream and a websocket.

    ROM_REDIS_URI=redis://localhost:6379/0 uvicorn starlette_shop:app
"""
import rom
from rom.contrib.asgi import UnitOfWorkMiddleware
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute

import shop


async def place_order(request):
    return JSONResponse(shop.place_order(**request.query_params), status_code=201)


def tell_orders(request):
    return StreamingResponse(shop.lines(), media_type='text/csv')


async def take_orders(websocket):
    """A connection lasts: each message is a unit of work of its own."""
    await websocket.accept()
    async for values in websocket.iter_json():
        try:
            with rom.session:
                told = shop.place_order(**values)
        except (shop.Refused, rom.ORMError) as error:
            told = {'error': str(error)}
        await websocket.send_json(told)


async def refused(request, error):
    return JSONResponse({'error': str(error)}, status_code=400)


app = Starlette(
    routes=[Route('/orders', place_order, methods=['POST']), Route('/orders', tell_orders), WebSocketRoute('/socket', take_orders)],
    middleware=[Middleware(UnitOfWorkMiddleware)], exception_handlers={shop.Refused: refused})
