"""PURE: a row of which values change, with the index entries and unique values that follow from these alone, or that has all of these anew."""

from ..values import codecs
from ..values.texts import text_if_utf8
from . import keys, plan
from .batches import CHARACTERS_PER_ENTRY, BatchLayout

__all__ = ['Alterations', 'AlteredRow', 'AlteredRows', 'alter', 'reindex']

#: of so many sets of columns a model remembers what follows from them
SETS_REMEMBERED = 200


class AlterationLayout(BatchLayout):
    """How rows of one model in which the same columns change are told to write.lua, and the steps that plan one.

    Where nothing follows but scores that a row lists already, and these are the texts that it keeps, it says nothing more. Else the
    row has an explicit layout, by which it says all index entries.

    :param schema: `Schema` of the model
    :param attrs: the columns
    :param bool is_explicit: whether rows say all of their entries
    :param bool is_refresh: whether rows stay as they are, and have their entries anew
    :ivar attrs: list of the columns
    :ivar columns: list of (column, its place in the row, whether its text is a score, callable(value) -> text)
    :ivar defaults: places of other columns that have a default
    """

    def __init__(self, schema, attrs, is_explicit=False, is_refresh=False):
        indexed, unique = schema.affected_indexes(attrs), schema.affected_uniques(attrs)
        scores = [column._attr for column in indexed if column.text_is_score]
        steps = [column._rom_index.step() for column in indexed if not column.text_is_score]
        self.schema = schema
        self.is_explicit, self.is_refresh = is_explicit or bool(steps or unique), is_refresh
        encoders = dict(schema.encoders)
        self.attrs = list(attrs)
        self.columns = [(attr, schema.position[attr], attr in scores, encoders[attr]) for attr in attrs]
        self.defaults = [schema.position[attr] for attr in schema.defaulted if attr not in attrs]
        self.steps, self.reads_row = [step for step, _ in steps], any(reads_row for _, reads_row in steps)
        self.weight = 1 + len(scores) + len(unique)
        places = dict((attr, place) for place, attr in enumerate(attrs, 1))
        told = [[column._attr for column in indexed], [places[column._attr] for column in unique]] if self.is_explicit else [
            [places[attr] for attr in scores]]
        self._told = [schema.pk]
        for part in [self.attrs] + told:
            self._told += [len(part)] + part

    def is_all(self, raw, values):
        """Whether what was assigned to these columns is all that a save writes: no default to fill, no value that may have changed in place.

        :param raw: list of the stored values as this writer knows them
        :param values: {column: value} of what was read or assigned
        """
        for place in self.defaults:
            if raw[place] is None:
                return False
        for attr in self.schema.mutable:
            if attr in values:
                return False
        return True

    def told_once(self):
        kind = 'refresh' if self.is_refresh else 'update' if self.is_explicit else 'change'
        return [kind, self.schema.namespace] + self._told


class Alterations(dict):
    """The layouts of a model, by the columns that change, each made when it is first wanted: (plain, explicit); None where more follows."""

    def __init__(self, schema):
        dict.__init__(self)
        self.schema = schema
        self._refreshing = ()

    def refreshing(self):
        """Return the layout of rows that have their entries anew; None where these follow from more than texts."""
        if self._refreshing == ():
            attrs = self.schema.stored
            self._refreshing = AlterationLayout(self.schema, attrs, True, True) if attrs and self._follow_from(attrs) else None
        return self._refreshing

    def of(self, attrs):
        """Return the layouts for some columns, in whatever order."""
        return self[tuple(attrs) if len(attrs) == 1 else tuple(sorted(attrs))]

    def __missing__(self, attrs):
        layouts = [AlterationLayout(self.schema, attrs, is_explicit) for is_explicit in (False, True)] if self._are_enough(attrs) else None
        if len(self) < SETS_REMEMBERED:
            self[attrs] = layouts
        return layouts

    def _are_enough(self, attrs):
        """Whether all that follows from some columns follows from their texts, or from the row with these."""
        return not set(attrs).intersection(self.schema.references) and self._follow_from(attrs)

    def _follow_from(self, attrs):
        schema = self.schema
        if schema.reads_row or schema.affected_together(attrs):
            return False
        return all(column._rom_index.claims_text and column._attr in attrs for column in schema.affected_uniques(attrs))


class AlteredRow(object):
    """The operation that changes a row, of which nobody asks more than that.

    :ivar layout: `AlterationLayout` by which it is told
    :ivar said: list of what write.lua takes: id, what was seen of columns, the texts that take its place, parts behind their lengths
    :ivar weight: int, what it costs the server, in index entries
    """

    __slots__ = ('layout', 'said', 'weight')

    def __init__(self, layout, said, weight):
        self.layout, self.said, self.weight = layout, said, weight

    @property
    def keys(self):
        """List of text: the key of the row."""
        return [keys.row(self.layout.schema.namespace, self.said[0])]


class AlteredRows(object):
    """The operation that changes many rows, in the same columns each, of which nothing follows but scores that they have already.

    :param layout: `AlterationLayout` that is not explicit
    :ivar said: list of what write.lua takes of one row after the other
    """

    __slots__ = ('layout', 'said')

    def __init__(self, layout):
        self.layout, self.said = layout, []

    @property
    def keys(self):
        """List of text: the keys of the rows."""
        return [keys.row(self.layout.schema.namespace, id) for id in self.said[::1 + 2 * len(self.layout.columns)]]

    def takes(self, id, raw, values):
        """Add a row, unless nothing changes in it.

        :param raw: list of the stored values as this writer knows them
        :param values: {column: value} as they are assigned
        :returns: whether it was added; None where it is not of this kind: each of the columns has a value, and gets another one, or none does
        """
        before, after, same, characters = [str(id)], [], 0, 0
        for attr, place, is_score, encode in self.layout.columns:
            seen, value = text_if_utf8(raw[place]), values[attr]
            if value is None or seen is None or isinstance(seen, bytes):
                return None
            text = encode(value)
            if text == seen:
                same += 1
            elif is_score and not codecs.is_plain_score(text):
                return None
            before.append(seen)
            after.append(text)
            characters += len(text)
        if same == len(after):
            return False
        if same or characters >= CHARACTERS_PER_ENTRY:  # all of them weigh the same
            return None
        self.said += before
        self.said += after
        return True


def alter(schema, id, raw, texts, row_of):
    """Plan the operation that writes some columns of a row, where what follows from that follows from them alone.

    :param raw: list of the stored values as this writer knows them
    :param texts: {column: text or None} to be written
    :param row_of: callable(texts) -> `Row` as it will be; most changes are planned without
    :returns: `AlteredRow`; None where `plan.update` has to see to it
    """
    layouts = schema.alterations.of(texts)
    if layouts is None:
        return None
    layout, explicit = layouts
    said, written, characters, is_broken = [str(id)], [], 0, False
    for attr, place, is_score, _ in layout.columns:
        text, before = texts[attr], text_if_utf8(raw[place])
        if text is None:
            layout = explicit
        elif is_score and not codecs.is_plain_score(text):
            return None
        else:
            characters += len(text)
        if before is None:
            before = False
            if is_score:
                layout = explicit
        elif isinstance(before, bytes):
            before, is_broken = None, True
        said.append(before)
        written.append(text)
    if is_broken and layout.is_explicit:
        return None
    said += written
    weight = layout.weight + characters // CHARACTERS_PER_ENTRY
    if layout.is_explicit:
        weight += _say_entries(said, layout, texts, row_of)
    return AlteredRow(layout, said, weight)


def reindex(schema, id, raw):
    """Plan the operation that gives a row the index entries and unique values that follow from its texts, which stay as they are.

    :param raw: list of the stored values
    :returns: `AlteredRow`; None where `plan.rewrite` has to see to it
    :raises InvalidColumnValue: for what Redis would refuse
    """
    layout = schema.alterations.refreshing()
    if layout is None:
        return None
    said, texts = [str(int(id))], {}
    for attr, place, is_score, _ in layout.columns:
        text = text_if_utf8(raw[place])
        if text is not None and (isinstance(text, bytes) or is_score and not codecs.is_plain_score(text)):
            return None
        texts[attr] = text
        said.append(False if text is None else text)
    weight = layout.weight + _say_entries(said, layout, texts, lambda _: plan.Row(schema, raw, id=int(id)))
    return AlteredRow(layout, said, weight)


def _say_entries(said, layout, texts, row_of):
    """Add the index entries that a row says explicitly; returns how many."""
    found, stored = plan.Entries(), {}
    for attr, place, is_score, _ in layout.columns:
        stored[place] = texts[attr]
        if is_score and texts[attr] is not None:
            found.add_score(attr, texts[attr])
    if layout.is_refresh and layout.schema.pk_index:
        found.add_score(layout.schema.pk, said[0])
    after = row_of(texts) if layout.reads_row else None
    for add in layout.steps:
        add(found, after, stored)
    for part in (found.words, found.scores, found.prefixes, found.suffixes):
        said.append(len(part))
        said += part
    return len(found.words) + len(found.scores) // 2 + (len(found.prefixes) + len(found.suffixes)) // 3
