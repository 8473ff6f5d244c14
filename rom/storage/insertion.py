"""PURE: a row that is written for the first time. A model's `Layout` says what all of them have in common."""

from ..values import codecs
from ..values.texts import compact_json
from . import keys, plan
from .batches import CHARACTERS_PER_ENTRY, BatchLayout

__all__ = ['Layout', 'NewRow', 'insert']


class Layout(BatchLayout):
    """How the new rows of one model are told to write.lua, and the steps that plan one; worked out when the class is made.

    Most numbers are stored as the text that is their score, and most unique values as the text that is claimed: of these
    a batch is told the columns, and a row says nothing more. Where a number is of another form, as an infinite one is,
    the row has an explicit layout, by which it says all of its scores.

    :param schema: `Schema` of the model
    :param bool is_explicit: whether rows say all of their scores
    """

    def __init__(self, schema, is_explicit=False):
        numbers = [] if is_explicit else [column for column in schema.indexed if column.text_is_score]
        claimed = [column for column in schema.unique if column._rom_index.claims_text]
        others = [column for column in schema.indexed if column not in numbers]
        self.schema = schema
        self.scores = [(column._position, compact_json(column._attr)) for column in numbers]
        self.unique = [(column._attr, column._position) for column in claimed]
        self.computed = [column for column in schema.unique if column not in claimed]
        steps = [column._rom_index.step() for column in others]
        self.steps = [step for step, _ in steps]
        self.has_claims = bool(self.computed or schema.together)
        self.reads_row = self.has_claims or bool(schema.geo) or any(reads_row for _, reads_row in steps)
        self._told = [schema.pk, schema.pk_index, len(schema.stored)] + list(schema.stored)
        for pairs in ([(column._attr, column._position) for column in numbers], self.unique):
            self._told.append(len(pairs))
            self._told += [part for attr, place in pairs for part in (attr, 2 + place)]

    def told_once(self):
        return ['new', self.schema.namespace] + self._told


class NewRow(object):
    """The operation that writes a row for the first time.

    :ivar layout: `Layout` by which it is told
    :ivar said: list of what write.lua takes: id, `-index-data-`, a text or None per column, parts behind their lengths
    :ivar weight: int, what it costs the server, in index entries
    """

    __slots__ = ('layout', 'said', 'weight', '_refers_at')

    def __init__(self, layout, said, weight):
        self.layout, self.said, self.weight = layout, said, weight
        self._refers_at = len(said) - 1

    @property
    def id(self):
        """text, or None: without one, the script takes one from the counter."""
        return self.said[0]

    @property
    def keys(self):
        """List of text: the key of the row; that of the counter where it has no id yet."""
        schema = self.layout.schema
        return [keys.counter(schema.namespace, schema.pk) if self.id is None else keys.row(schema.namespace, self.id)]

    def refer(self, attr, key):
        """Have the write look whether the row is there that a column refers to."""
        self.said[self._refers_at] += 2
        self.said += (attr, key)


def insert(schema, row_of, texts, id_of):
    """Plan the operation that writes a row for the first time.

    :param row_of: callable() -> `Row` as it will be; most models are planned without
    :param texts: list of text or None, in the order of `schema.stored`
    :param id_of: callable() -> int, asked when keygens have run, which may have asked for one; without, the script takes one from the counter
    :returns: `NewRow`
    :raises InvalidColumnValue: for what Redis would refuse
    """
    layout, listed = schema.layout, []
    for place, item in layout.scores:
        if texts[place] is not None:
            listed.append(item)
            if not codecs.is_plain_score(texts[place]):
                layout, listed = schema.explicit_layout, []
                break
    found, after = plan.Entries(), row_of() if layout.reads_row else None
    for add in layout.steps:
        add(found, after, texts)
    geo = plan.geo_entries(schema, after) if schema.geo else {}
    claims = plan.unique_values(layout.computed, schema.together, after) if layout.has_claims else {}
    words, scores, prefixes, suffixes = found.words, found.scores, found.prefixes, found.suffixes
    id = id_of()
    said = [None if id is None else str(id), plan.index_data(schema, found, geo, listed)]
    said += texts
    for part in (words, scores, prefixes, suffixes, [part for name in geo for part in [name] + geo[name]] if geo else (),
                 [part for claim in claims.items() for part in claim] if claims else (), ()):
        said.append(len(part))
        if part:
            said += part
    weight = (1 + len(listed) + len(layout.unique) + len(claims) + len(words) + len(scores) // 2 + (len(prefixes) + len(suffixes)) // 3
              + len(geo) + len(u''.join(filter(None, texts))) // CHARACTERS_PER_ENTRY)
    return NewRow(layout, said, weight)
