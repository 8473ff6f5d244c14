"""Values as JSON text, so that two Pythons can talk: bytes, dates, decimals and tuples survive."""
import base64
import datetime
import decimal
import json

import six

DATES = {'datetime': datetime.datetime, 'date': datetime.date, 'time': datetime.time}


def dumps(value):
    """One line of JSON."""
    return json.dumps(_tagged(value))


def loads(line):
    return _plain(json.loads(line))


def _tagged(value):
    if isinstance(value, dict):
        return {'$dict': [[_tagged(key), _tagged(item)] for key, item in value.items()]}
    if isinstance(value, tuple):
        return {'$tuple': [_tagged(item) for item in value]}
    if isinstance(value, (list, set, frozenset)):
        return [_tagged(item) for item in value]
    if isinstance(value, decimal.Decimal):
        return {'$decimal': str(value)}
    # A datetime is a date too, so the exact type decides.
    if type(value).__name__ in DATES:
        return {'$' + type(value).__name__: _fields_of(value)}
    if isinstance(value, six.binary_type) and not _is_ascii_str(value):
        return {'$bytes': base64.b64encode(value).decode('ascii')}
    return value


def _is_ascii_str(value):
    # On Python 2 names of columns and the like are `str`; they travel as text.
    return six.PY2 and all(ord(char) < 128 for char in value)


def _fields_of(moment):
    names = ('year', 'month', 'day', 'hour', 'minute', 'second', 'microsecond')
    return [getattr(moment, name) for name in names if hasattr(moment, name)]


def _plain(value):
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    (tag, content), = value.items()
    tag = tag[1:]
    if tag == 'dict':
        return dict((_plain(key), _plain(item)) for key, item in content)
    if tag == 'tuple':
        return tuple(_plain(item) for item in content)
    if tag == 'decimal':
        return decimal.Decimal(content)
    if tag == 'bytes':
        return base64.b64decode(content)
    return DATES[tag](*content)
