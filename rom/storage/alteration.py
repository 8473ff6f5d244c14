"""PURE: a row of which values change that nothing follows from, and numbers of which the text is the score; and what a batch is told once."""

from ..values import codecs
from ..values.texts import text_if_utf8
from . import keys
from .batches import CHARACTERS_PER_ENTRY

__all__ = ['Alterations', 'AlteredRow', 'alter']

#: of so many sets of columns a model remembers what follows from them
SETS_REMEMBERED = 200


class AlterationLayout(object):
    """How rows of one model in which the same columns change are told to write.lua.

    :param schema: `Schema` of the model
    :param attrs: the columns
    :ivar columns: list of (column, its place in the row, whether its text is a score)
    """

    def __init__(self, schema, attrs):
        scores = [place for place, attr in enumerate(attrs) if schema.affected_indexes([attr])]
        self.schema = schema
        self.columns = [(attr, schema.position[attr], place in scores) for place, attr in enumerate(attrs)]
        self.weight = 1 + len(scores)
        self._told = [schema.pk, len(attrs)] + list(attrs) + [len(scores)] + [place + 1 for place in scores]

    def told_once(self):
        """Return what a batch is told of its rows together: the head of the list that write.lua takes."""
        return ['change', self.schema.namespace] + self._told


class Alterations(dict):
    """The layouts of a model, by the columns that change, each made when it is first wanted; None where more follows from these."""

    def __init__(self, schema):
        dict.__init__(self)
        self.schema = schema

    def __missing__(self, attrs):
        layout = AlterationLayout(self.schema, attrs) if self._are_plain(attrs) else None
        if len(self) < SETS_REMEMBERED:
            self[attrs] = layout
        return layout

    def _are_plain(self, attrs):
        schema = self.schema
        if schema.geo or schema.affected_uniques(attrs) or schema.affected_together(attrs) or set(attrs).intersection(schema.references):
            return False
        return all(column.text_is_score and column._attr in attrs for column in schema.affected_indexes(attrs))


class AlteredRow(object):
    """The operation that changes a row, of which nobody asks more than that.

    :ivar layout: `AlterationLayout` by which it is told
    :ivar said: list of what write.lua takes: id, what was seen of columns, the texts that take its place
    :ivar weight: int, what it costs the server, in index entries
    """

    __slots__ = ('layout', 'said', 'weight')

    def __init__(self, layout, said, weight):
        self.layout, self.said, self.weight = layout, said, weight

    @property
    def key(self):
        """text: of the row."""
        return keys.row(self.layout.schema.namespace, self.said[0])

    def expected(self):
        """{column: text or False} in which the row is to be as it was seen; what is no text is left out."""
        seen = zip(self.layout.columns, self.said[1:])
        return dict((column[0], text) for column, text in seen if text is not None)


def alter(schema, id, raw, texts):
    """Plan the operation that writes some columns of a row, where that is all that there is to do.

    :param raw: list of the stored values as this writer knows them
    :param texts: {column: text or None} to be written
    :returns: `AlteredRow`; None where `plan.update` has to see to it
    """
    layout = schema.alterations[tuple(texts) if len(texts) == 1 else tuple(sorted(texts))]
    if layout is None:
        return None
    seen, written, characters = [str(id)], [], 0
    for attr, place, is_score in layout.columns:
        text, before = texts[attr], text_if_utf8(raw[place])
        if text is None or is_score and (before is None or not codecs.is_plain_score(text)):
            return None
        seen.append(False if before is None else None if isinstance(before, bytes) else before)
        written.append(text)
        characters += len(text)
    return AlteredRow(layout, seen + written, layout.weight + characters // CHARACTERS_PER_ENTRY)
