"""A group of rows that are equal in the first column of an order, too large to be sorted in one call: asked for by itself."""

import six

from ..storage.commands import as_str
from ..values.filter_forms import Prefix
from .cursors import only_behind
from .orders import sorted_ids

__all__ = ['Group']


class Group(object):
    """The rows of a group, in the order of the other columns.

    :param search: the `Search` that has come to it
    :param reply: what it was answered
    :param after: dict, where that call was to go on; None: at the first
    """

    def __init__(self, search, reply, after):
        self._search, self._order = search, search._order
        value = reply.ids if isinstance(reply.ids, six.text_type) else reply.ids.decode('utf-8')
        self._value, self._skip = value, reply.after['skip']
        # whether there are also words that go on with a NUL, whose entries stand among those of this one
        self._is_mixed = reply.after.get('is_mixed')
        is_within = after and not after.get('is_passed') and self._is_value(after['first'])
        self._behind = after if is_within else None

    def _is_value(self, text):
        if not self._order.is_alphabetical:
            return float(text) == float(self._value)
        return text == self._value or bool(self._is_mixed) and text.startswith(self._value + u'\0')

    @property
    def end(self):
        """dict: where to go on behind the group."""
        return {'first': self._value, 'keys': [], 'id': '', 'is_passed': True, 'skip': self._skip}

    def pages(self, count, fields, first):
        """As `Search.pages`, without what is still to be skipped."""
        if self._is_mixed:
            ids = self._mixed_ids()
            ids, self._skip = ids[self._skip:], max(0, self._skip - len(ids))
            yield ids[:count], []
            return
        for filters, order, behind in self._parts():
            part = self._part(filters, order, behind)
            if self._skip and not behind:
                size = part.count()
                if size <= self._skip:
                    self._skip -= size
                    continue
            skip, self._skip = (0, self._skip) if behind else (self._skip, 0)
            for ids, rows in part.pages(skip, None if count is None else count + self._skip, fields, first):
                left_out = min(self._skip, len(ids))
                ids, rows, self._skip = ids[left_out:], rows[left_out:], self._skip - left_out
                yield ids, rows
                count = None if count is None else count - len(ids)
                if count is not None and count <= 0:
                    return

    def _part(self, filters, order, behind=None):
        search = self._search
        part = type(search)(search.connection, search.namespace, list(search._given) + filters, order, search._schema,
                            'explain' in search.request, behind)
        part.reports = search.reports
        return part

    def _mixed_ids(self):
        """Return the ids of all words in the group, sorted."""
        part = self._part([Prefix(self._order.parts[0].name, self._value)], self._order)
        found = dict((as_str(id), [value and as_str(value) for value in values]) for id, values in part._all_parts())
        found = dict((id, values) for id, values in found.items() if self._is_value(values[0]))
        return only_behind(self._behind, found, lambda found: sorted_ids(found, part.request))

    def _parts(self):
        """Return the parts of the group that are still to come: (filters, order, position within it)."""
        parts, behind = self._order.within_group(self._value), self._behind
        if not behind:
            return [(filters, order, None) for filters, order, _ in parts]
        keys = behind['keys']
        missing = next((place for place, key in enumerate(keys) if key is not None and key is not False), len(keys))
        place = [count for _, _, count in parts].index(missing)
        first = keys[missing] if missing < len(keys) else behind['first']
        position = {'first': first, 'keys': keys[missing + 1:], 'id': behind['id']}
        return [(filters, order, position if number == 0 else None) for number, (filters, order, _) in enumerate(parts[place:])]
