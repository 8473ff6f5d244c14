"""PURE: a row that is written for the first time. A model's `Layout` says what all of them have in common."""

import itertools

from ..values import codecs
from . import keys, plan
from .batches import CHARACTERS_PER_ENTRY

__all__ = ['Layout', 'NewRow', 'insert', 'requested']

class Layout(object):
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
        self.scores = [(column._attr, column._position) for column in numbers]
        self.unique = [(column._attr, column._position) for column in claimed]
        self.computed = [column for column in schema.unique if column not in claimed]
        self.steps = [column._rom_index.add_entries for column in others]
        self.has_entries = bool(others)
        self.has_prefixes = any(column._prefix for column in others)
        self.has_suffixes = any(column._suffix for column in others)
        self.has_claims = bool(self.computed or schema.together)
        parts = (('words', others), ('scores', others), ('prefixes', self.has_prefixes), ('suffixes', self.has_suffixes),
                 ('geo', schema.geo), ('claims', self.has_claims), ('refer', schema.references))
        self.parts = [name for name, is_there in parts if is_there]

    def told_once(self):
        """Return what a batch is told of its rows together, as write.lua takes it."""
        schema = self.schema
        return {'namespace': schema.namespace, 'pk': schema.pk, 'pk_index': schema.pk_index, 'columns': schema.stored,
                'scores': self.scores, 'unique': self.unique, 'parts': self.parts}


class NewRow(object):
    """The operation that writes a row for the first time.

    :ivar layout: `Layout` by which it is told
    :ivar said: list that goes into the batch: id, `-index-data-`, a text or None per column, and the parts of the layout
    :ivar weight: int, what it costs the server, in index entries
    """

    __slots__ = ('layout', 'said', 'weight')

    def __init__(self, layout, said, weight):
        self.layout, self.said, self.weight = layout, said, weight

    @property
    def id(self):
        """text, or None: without one, the script takes one from the counter."""
        return self.said[0]

    @property
    def key(self):
        """text: of the row; of the counter where it has no id yet."""
        schema = self.layout.schema
        return keys.counter(schema.namespace, schema.pk) if self.id is None else keys.row(schema.namespace, self.id)

    def refer(self, attr, key):
        """Have the write look whether the row is there that a column refers to."""
        self.said[-1] += (attr, key)


def insert(schema, after, texts, id=None):
    """Plan the operation that writes a row for the first time.

    :param after: `Row` as it will be
    :param texts: list of text or None, in the order of `schema.stored`
    :param id: int; without one, the script takes one from the counter
    :returns: `NewRow`
    :raises InvalidColumnValue: for what Redis would refuse
    """
    layout, names = schema.layout, []
    for attr, place in layout.scores:
        if texts[place] is not None:
            names.append(attr)
            if not codecs.is_plain_score(texts[place]):
                layout, names = schema.explicit_layout, []
                break
    found = plan.Entries()
    for add in layout.steps:
        add(found, after)
    geo = plan.geo_entries(schema, after) if schema.geo else ()
    said = [None if id is None else str(id), plan.index_data(schema, found, geo, names)]
    said += texts
    weight = 1 + len(names) + len(layout.unique) + len(u''.join(filter(None, texts))) // CHARACTERS_PER_ENTRY
    if layout.has_entries:
        said += (found.words, found.scores)
        weight += len(found.words) + len(found.scores) // 2
    if layout.has_prefixes:
        said.append(found.prefixes)
    if layout.has_suffixes:
        said.append(found.suffixes)
    if schema.geo:
        said.append([part for name in geo for part in [name] + geo[name]])
    if layout.has_claims:
        said.append([part for claim in plan.unique_values(layout.computed, schema.together, after).items() for part in claim])
    if schema.references:
        said.append([])
    return NewRow(layout, said, weight + (len(found.prefixes) + len(found.suffixes)) // 3)


def requested(operations):
    """Return operations as a request has them: new rows of a model that follow each other in a batch, all others in lists.

    :param operations: list of `NewRow`, and of dicts as `plan` makes them
    :returns: list of dicts and lists
    """
    items = []
    for layout, group in itertools.groupby(operations, lambda operation: getattr(operation, 'layout', None)):
        group = list(group)
        items.append(group if layout is None else dict(layout.told_once(), rows=[row.said for row in group]))
    return items
