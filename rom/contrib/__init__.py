"""Helpers for frameworks. Each is imported by itself and needs no framework to be imported: rom.contrib.wsgi, asgi, django, celery."""
