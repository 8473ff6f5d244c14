"""PURE: a row that is removed, and what a batch of such rows of a model is told once."""

from . import keys, plan
from .rows import as_text, is_broken

__all__ = ['RemovalLayout', 'RemovedRow', 'remove']


class RemovalLayout(object):
    """How rows of one model that go are told to write.lua; worked out when the class is made.

    :param schema: `Schema` of the model
    """

    def __init__(self, schema):
        sources = set().union(*[schema.sources(column) for column in schema.unique] + [set(c) for c in schema.together])
        self.schema = schema
        self.sources = [attr for attr in schema.stored if attr in sources]  # from which unique values are made
        self.names = [column._attr for column in schema.unique] + [keys.together_name(c) for c in schema.together]
        self._told = [schema.pk, len(self.sources)] + self.sources + [len(self.names)] + self.names

    def told_once(self):
        """Return what a batch is told of its rows together: the head of the list that write.lua takes."""
        return ['delete', self.schema.namespace] + self._told


class RemovedRow(object):
    """The operation that removes a row, of which nobody asks more than that.

    :ivar layout: `RemovalLayout` by which it is told
    :ivar said: list of what write.lua takes: id, what was seen of columns, unique values
    """

    __slots__ = ('layout', 'said')

    #: what it costs the server depends on what the row lists, which stays there
    weight = 1

    def __init__(self, layout, said):
        self.layout, self.said = layout, said

    @property
    def key(self):
        """text: of the row."""
        return keys.row(self.layout.schema.namespace, self.said[0])


def remove(schema, id, before):
    """Plan the operation that removes a row and all that stands for it elsewhere.

    :param before: `Row` as this writer knows it
    :returns: `RemovedRow`
    """
    layout, said = schema.removal, [str(id)]
    for attr in layout.sources:
        raw = before._raw[schema.position[attr]]
        said.append(False if raw is None else None if is_broken(raw) else as_text(raw))
    if layout.names:
        values = plan.stored_unique_values(schema.unique, schema.together, before)
        said += [values.get(name) for name in layout.names]
    return RemovedRow(layout, said)
