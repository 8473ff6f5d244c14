"""PURE: rows that are removed, and what a batch of such rows of a model is told once."""

from ..values.texts import text_if_utf8
from . import keys, plan
from .batches import BatchLayout
from .rows import Row, as_text

__all__ = ['RemovalLayout', 'RemovedRows', 'remove']


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
        self.width = 1 + len(self.sources) + len(names)  # of what is said of a row
        self._told = [schema.pk, len(self.sources)] + self.sources + [len(names)] + names

    def told_once(self):
        return ['delete', self.schema.namespace] + self._told

    def told_of_each(self, ids, rows):
        """Return what write.lua takes of some rows, one after the other: id, what was seen of columns, unique values."""
        said, places, claimed = [], self.places, self.claimed
        for id, raw in zip(ids, rows):
            said.append(str(id))
            for place in places:
                text = text_if_utf8(raw[place])
                said.append(False if text is None else None if isinstance(text, bytes) else text)
            for place in claimed:
                said.append(as_text(raw[place]) or None)
            if self.computed_names:
                values = plan.stored_unique_values(self.computed, self.schema.together, Row(self.schema, raw, id=id))
                said += [values.get(name) for name in self.computed_names]
        return said


class RemovedRows(object):
    """The operation that removes rows, of which nobody asks more than that.

    :ivar layout: `RemovalLayout` by which they are told
    :ivar said: list of what write.lua takes of one row after the other
    """

    __slots__ = ('layout', 'said')

    #: what it costs the server depends on what the rows list, which stays there
    weight = 1

    def __init__(self, layout, said):
        self.layout, self.said = layout, said

    @property
    def keys(self):
        """Keys of the rows, as list of text."""
        return [keys.row(self.layout.schema.namespace, id) for id in self.said[::self.layout.width]]

    def each(self):
        """Return the operations that remove one of the rows each."""
        width = self.layout.width
        return [RemovedRows(self.layout, self.said[at:at + width]) for at in range(0, len(self.said), width)]


def remove(schema, ids, rows):
    """Plan the operation that removes rows and all that stands for them elsewhere.

    :param ids: list of int
    :param rows: list of lists of the stored values as this writer knows them
    :returns: `RemovedRows`
    """
    return RemovedRows(schema.removal, schema.removal.told_of_each(ids, rows))
