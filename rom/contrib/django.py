"""A scope for each request of a Django project."""

from __future__ import absolute_import

import inspect

from .requests import Chunks, RequestScope, is_good

__all__ = ['UnitOfWorkMiddleware']


class UnitOfWorkMiddleware(object):
    """For `MIDDLEWARE`: runs each request in a scope of its own, be the view a function or a coroutine.

    All that the request has changed is written before its response is handed on, or nothing of it: where the status says that
    it was refused, where the view raises, and where the commit fails, for which Django answers 500.

    :param get_response: what Django calls next

    Example::

        MIDDLEWARE = [
            ...,
            'rom.contrib.django.UnitOfWorkMiddleware',      # the last: nearest to the views
        ]
    """

    sync_capable = async_capable = True
    #: whether all or nothing is written; False where the models are on several connections
    atomic = True

    def __init__(self, get_response):
        self.get_response = get_response
        self._is_async = _is_coroutine_function(get_response)
        if self._is_async:
            _mark_coroutine_function(self)

    @staticmethod
    def commit_when(status):
        """Return whether what was changed is to be written; a class of one's own may say something else.

        :param int status: of the response
        """
        return is_good(status)

    def __call__(self, request):
        scope = RequestScope(self.commit_when, self.atomic)
        if self._is_async:
            from . import django_async
            return django_async.respond(scope, self.get_response, request, keep_open)
        with scope.running():
            response = self.get_response(request)
        with scope.running():
            scope.answer(response.status_code)
        return keep_open(response, scope)


def keep_open(response, scope):
    """Have the scope end with the response: at once, or where a stream is read that is to come yet, with that."""
    if not getattr(response, 'streaming', False) or getattr(response, 'file_to_stream', None) is not None:
        scope.end()
    elif getattr(response, 'is_async', False):
        from . import django_async
        response.streaming_content = django_async.Stream(response.streaming_content, scope)
    else:
        response.streaming_content = Chunks(response.streaming_content, scope)
    return response


def _is_coroutine_function(function):
    try:
        from asgiref.sync import iscoroutinefunction
    except ImportError:  # Django before 3
        iscoroutinefunction = getattr(inspect, 'iscoroutinefunction', lambda function: False)
    return iscoroutinefunction(function)


def _mark_coroutine_function(middleware):
    try:
        from asgiref.sync import markcoroutinefunction
    except ImportError:  # as before Django 4.2
        import asyncio
        middleware._is_coroutine = asyncio.coroutines._is_coroutine
    else:
        markcoroutinefunction(middleware)
