"""PURE: a row that is removed, and what a batch of such rows of a model is told once."""

from ..values.texts import text_if_utf8
from . import keys, plan
from .batches import BatchLayout
from .rows import Row, as_text

__all__ = ['RemovalLayout', 'RemovedRow', 'remove']


class RemovalLayout(BatchLayout):
    """How rows of one model that go are told to write.lua; worked out when the class is made.

    :param schema: `Schema` of the model
    """

    def __init__(self, schema):
        sources = set().union(*[schema.sources(column) for column in schema.unique] + [set(c) for c in schema.together])
        claimed = [column for column in schema.unique if column._rom_index.claims_text]
        self.schema = schema
        self.sources = [attr for attr in schema.stored if attr in sources]  # from which unique values are made
        self.places = [schema.position[attr] for attr in self.sources]
        self.claimed = [column._position for column in claimed]  # of which these are the texts
        self.computed = [column for column in schema.unique if column not in claimed]
        self.computed_names = [column._attr for column in self.computed] + [keys.together_name(c) for c in schema.together]
        names = [column._attr for column in claimed] + self.computed_names
        self._told = [schema.pk, len(self.sources)] + self.sources + [len(names)] + names

    def told_once(self):
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
    def keys(self):
        """List of text: the key of the row."""
        return [keys.row(self.layout.schema.namespace, self.said[0])]


def remove(schema, id, raw):
    """Plan the operation that removes a row and all that stands for it elsewhere.

    :param raw: list of the stored values as this writer knows them
    :returns: `RemovedRow`
    """
    layout, said = schema.removal, [str(id)]
    for place in layout.places:
        text = text_if_utf8(raw[place])
        said.append(False if text is None else None if isinstance(text, bytes) else text)
    for place in layout.claimed:
        said.append(as_text(raw[place]) or None)
    if layout.computed_names:
        values = plan.stored_unique_values(layout.computed, schema.together, Row(schema, raw, id=id))
        said += [values.get(name) for name in layout.computed_names]
    return RemovedRow(layout, said)
