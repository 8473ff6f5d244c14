"""A shop with FastAPI.

    ROM_REDIS_URI=redis://localhost:6379/0 uvicorn fastapi_shop:app
    curl -X POST 'localhost:8000/orders?code=1&receipt=R1&quantity=3'
    curl localhost:8000/orders
"""
import rom
from fastapi import BackgroundTasks, FastAPI
from fastapi.responses import JSONResponse, StreamingResponse
from rom.contrib.asgi import UnitOfWorkMiddleware

import shop

app = FastAPI()
app.add_middleware(UnitOfWorkMiddleware)


@app.post('/orders', status_code=201)
def place_order(code: str, receipt: str, quantity: str, item: str | None = None):
    """What blocks belongs into endpoints like this one, which FastAPI runs in a thread: the scope goes with it."""
    return shop.place_order(code, receipt, quantity, item)


@app.post('/async/orders', status_code=201)
async def place_order_at_once(code: str, receipt: str, quantity: str, item: str | None = None):
    """This one runs in the event loop. It has its scope for itself all the same, and is committed in a thread."""
    return shop.place_order(code, receipt, quantity, item)


@app.get('/orders')
def tell_orders():
    return StreamingResponse(shop.lines(), media_type='text/csv')


@app.post('/receipts/{number}/lost', status_code=202)
def lose_receipt(number: str, later: BackgroundTasks):
    later.add_task(replace_receipt, number)
    return {'number': number}


def replace_receipt(number):
    """A background task runs after the answer, and so after the commit: what it changes takes a scope of its own."""
    with rom.session:
        shop.Receipt.get_by(number=number).number = number + '-new'


@app.exception_handler(shop.Refused)
async def refused(request, error):
    return JSONResponse({'error': str(error)}, status_code=400)  # 400 and above: nothing of the request is saved
