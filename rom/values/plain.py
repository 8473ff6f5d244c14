"""Values as `json.dumps` takes them. PURE."""

import datetime
import decimal
import json
import math

import six

from . import codecs

__all__ = ['plain', 'plain_json']

_MOST_DIGITS = 10 ** 4000  # ints that are longer, CPython does not print


def plain(value):
    """Return a value of a column as `json.dumps` takes it.

    :param value: of any type that columns have
    :returns: dates in ISO 8601 without zone, Decimal and very long ints as text, bytes as Latin-1 text, NaN and infinities as
        None, of subclasses what they are at heart
    :raises TypeError: for any other

    Example::

        plain(decimal.Decimal('1.50'))      # '1.50'
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, six.text_type):
        return codecs.plain_string(value)
    if isinstance(value, bytes):
        return value.decode('latin-1')
    if isinstance(value, six.integer_types):
        return int(value) if -_MOST_DIGITS < value < _MOST_DIGITS else six.text_type(codecs.encode_int(value))
    if isinstance(value, float):
        return None if math.isnan(value) or math.isinf(value) else float(value)
    if isinstance(value, decimal.Decimal):
        return six.text_type(decimal.Decimal.__str__(value))
    if isinstance(value, datetime.datetime):
        return six.text_type(datetime.datetime.isoformat(codecs.naive_utc(value)))
    if isinstance(value, (datetime.date, datetime.time)):
        kind = datetime.date if isinstance(value, datetime.date) else datetime.time
        return six.text_type(kind.isoformat(value.replace(tzinfo=None) if kind is datetime.time else value))
    return plain_json(codecs.json_dumps(value))


def plain_json(text):
    """Return what a stored JSON text says, with None for NaN and infinities."""
    return json.loads(text, parse_constant=lambda name: None)
