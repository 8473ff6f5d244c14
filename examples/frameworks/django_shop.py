"""A shop with Django, in one file: settings, views and the handlers of both kinds of server.

    ROM_REDIS_URI=redis://localhost:6379/0 gunicorn django_shop:application
    ROM_REDIS_URI=redis://localhost:6379/0 uvicorn django_shop:asgi_application
"""
import django
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import JsonResponse, StreamingHttpResponse
from django.urls import path

import shop

settings.configure(
    ROOT_URLCONF=__name__, ALLOWED_HOSTS=['*'], SECRET_KEY='of an example',
    MIDDLEWARE=['django.middleware.common.CommonMiddleware', 'rom.contrib.django.UnitOfWorkMiddleware'])


def orders(request):
    if request.method == 'GET':
        return StreamingHttpResponse(shop.lines(), content_type='text/csv')
    return placed(request)


async def orders_at_once(request):
    return placed(request)


def placed(request):
    try:
        return JsonResponse(shop.place_order(**request.GET.dict()), status=201)
    except shop.Refused as error:
        return JsonResponse({'error': str(error)}, status=400)  # 400 and above: nothing of the request is saved


urlpatterns = [path('orders', orders), path('async/orders', orders_at_once)]

django.setup()
application = WSGIHandler()
asgi_application = ASGIHandler()
