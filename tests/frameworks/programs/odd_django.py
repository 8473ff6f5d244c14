"""Django: streams that change things, and a middleware with a rule of its own."""
from django.conf import settings

import rom.contrib.django

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=['*'], SECRET_KEY='of a test', MIDDLEWARE=[__name__ + '.Own'])

import asyncio  # noqa: E402
import django  # noqa: E402
import shop  # noqa: E402
from django.core.handlers.asgi import ASGIHandler  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.http import HttpResponse, StreamingHttpResponse  # noqa: E402
from django.urls import path  # noqa: E402


class Own(rom.contrib.django.UnitOfWorkMiddleware):
    @staticmethod
    def commit_when(status):
        return status == 418


async def in_turns(request):
    """The rows of one request, with those of others made in between."""
    values = request.GET
    order = shop.Order(code=values['code'])
    await asyncio.sleep(.01)
    shop.Receipt(number=values['receipt'], order=order)
    order.quantity = int(values['quantity'])
    await asyncio.sleep(.01)
    return HttpResponse('teapot', status=418 if order.quantity > 0 else 201)


def chunks(code):
    yield b'one'
    with_team = shop.Receipt.get_by(number=code)
    yield with_team.order.code.encode('utf-8')
    with_team.order.quantity = -1


async def chunks_in_turns(code):
    for chunk in chunks(code):
        await asyncio.sleep(0)
        yield chunk


def in_stream(request):
    return StreamingHttpResponse(chunks(request.GET['code']))


async def in_async_stream(request):
    return StreamingHttpResponse(chunks_in_turns(request.GET['code']))


urlpatterns = [path('orders', in_turns), path('stream', in_stream), path('async/stream', in_async_stream)]
django.setup()
application = WSGIHandler()
asgi_application = ASGIHandler()
