"""Etags: a text that stands for a row as it was seen. PURE."""

import base64
import binascii
import hashlib
import re

import six

__all__ = ['etag_of', 'fingerprint', 'is_etag']

_ETAG = re.compile(r'[A-Za-z0-9_-]{21}[AQgw]\Z')  # 128 bits: of the last character only two of six count


def etag_of(pairs):
    """Return the etag of a row.

    :param pairs: iterable of (column, stored value: bytes or text), in any order; those without a value do not count
    :returns: text, 22 characters that may stand in an URL

    Example::

        etag_of([(u'name', b'Ann')])        # 'Jr6iPIv4V8QzYMXhEXDlKg'
    """
    told = hashlib.sha256()
    for attr, value in sorted((_as_bytes(attr), _as_bytes(value)) for attr, value in pairs if value is not None):
        for part in (attr, value):
            told.update(b'%d:' % len(part))
            told.update(part)
    return base64.urlsafe_b64encode(binascii.unhexlify(told.hexdigest()[:32])).decode('ascii').rstrip('=')


def is_etag(told):
    """Whether what a program gives is an etag by its form."""
    return isinstance(told, six.string_types) and _ETAG.match(told) is not None


def fingerprint(value):
    """Return what stands for one stored value in a script call; False for no value.

    :param value: bytes, text or None
    """
    return False if value is None else hashlib.sha1(_as_bytes(value)).hexdigest()


def _as_bytes(value):
    return value.encode('utf-8') if isinstance(value, six.text_type) else value
