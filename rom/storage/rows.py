"""PURE: one row, as plans, keygens and geo callbacks see it."""

import six

from ..values.texts import text_if_utf8

try:
    from collections.abc import Mapping
except ImportError:  # Python 2.7
    from collections import Mapping

__all__ = ['Row', 'as_text', 'is_broken']


class Row(Mapping):
    """One row as keygens and geo callbacks see it: column -> Python value, by item or attribute.

    :param schema: the model's `Schema`
    :param raw: list of stored values (bytes, text or None) in the order of `schema.stored`
    :param values: {column: Python value}, where they are known: those of references need not be read
    :param texts: {column: text or None}, the same values as the row would keep them
    :param id: the primary key, or a callable that gets one
    """

    def __init__(self, schema, raw, values=None, texts=None, id=None):
        self._schema = schema
        self._raw = raw
        self._known = values or {}
        self._read = {}
        self._texts = texts or {}
        self._id = id

    def text(self, attr):
        """Return what the row keeps for a column: text, or None. Bytes that are no UTF-8 are told as Latin-1."""
        if attr in self._texts:
            return self._texts[attr]
        return as_text(self._raw[self._schema.position[attr]])

    def __getitem__(self, attr):
        if attr in self._read:
            return self._read[attr]
        if attr == self._schema.pk:
            return self._id() if callable(self._id) else self._id
        place = self._schema.position.get(attr)
        if place is None:
            if attr in self._schema.columns:
                return None
            raise KeyError(attr)
        column, text = self._schema.columns[attr], self._texts[attr] if attr in self._texts else self._raw[place]
        value = self._known.get(attr)
        # as the row will be read, not as it was assigned: an index made anew from the row must be the same
        if text is None:
            value = column.missing()
        elif value is None or not column.is_read_as_written:
            value = column.decode(text)
        self._read[attr] = value
        return value

    def __getattr__(self, attr):
        # as in 1.1.2, a name that the row does not have reads None
        if attr.startswith('__'):
            raise AttributeError(attr)
        return self.get(attr)

    def __iter__(self):
        return iter(self._schema.shown)

    def __len__(self):
        return len(self._schema.shown)


def as_text(raw):
    """Return the text of a stored value; None for None."""
    if raw is None or isinstance(raw, six.text_type):
        return raw
    try:
        return raw.decode('utf-8')
    except UnicodeDecodeError:
        return raw.decode('latin-1')


def is_broken(raw):
    """Whether a stored value is bytes that are no UTF-8."""
    return isinstance(text_if_utf8(raw), bytes)
