import six

collect_ignore = ['test_asgi.py'] if six.PY2 else []
