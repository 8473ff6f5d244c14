"""PURE: a schema, the stored row and new values in; what one save or delete does to Redis out.

An operation is a dict with the fields that `lua/write.lua` documents.
"""

import math

import six

from ..exceptions import ColumnError, InvalidColumnValue
from ..values import codecs
from ..values.texts import compact_json, is_spelt_alike, spelt_names, spelt_pairs
from . import keys
from .secrets import HIDDEN
from .rows import Row, as_text, is_broken

__all__ = ['Entries', 'Row', 'add', 'as_text', 'delete', 'expectation', 'look', 'missing_defaults', 'rewrite', 'stored_unique_values',
           'update']


# -- index entries -----------------------------------------------------------------------------------------------------

class Entries(object):
    """The index entries of a row, as each indexed column adds its own.

    :ivar words: list of ``COL:WORD``
    :ivar scores: list of ``COL`` or ``COL:X`` and score, in turn
    :ivar prefixes: list of ``COL``, word and score, in turn
    :ivar suffixes: the same
    :ivar listed: of these four, lists of what `-index-data-` has of them: items of its JSON
    """

    __slots__ = ('words', 'scores', 'prefixes', 'suffixes', 'listed')

    def __init__(self):
        self.words, self.scores, self.prefixes, self.suffixes, self.listed = [], [], [], [], ([], [], [], [])

    def add_words(self, attr, words, is_plain=False):
        """Add words of a column; with `is_plain`, they and its name are known to be spelt alike in JSON."""
        before = attr + u':'
        names = [before + word for word in words]
        self.words += names
        if words:
            self.listed[0].append(spelt_names(before, words) if is_plain else compact_json(names)[1:-1])

    def add_score(self, name, text):
        """Add a number, under the name of a column or ``COL:X``."""
        self.scores += (name, text)
        self.listed[1].append('"%s"' % name if is_spelt_alike(name) else compact_json(name))

    def add_prefixes(self, attr, words, is_plain=False):
        """Add words to the prefix index of a column."""
        self._add_affixes(self.prefixes, 2, attr, words, is_plain)

    def add_suffixes(self, attr, words, is_plain=False):
        """Add words, reversed, to the suffix index of a column."""
        self._add_affixes(self.suffixes, 3, attr, words, is_plain)

    def _add_affixes(self, entries, part, attr, words, is_plain):
        for word, score in zip(words, codecs.prefix_scores(words)):
            entries += (attr, word, score)
        if words:
            self.listed[part].append(spelt_pairs(attr, words) if is_plain else compact_json([(attr, word) for word in words])[1:-1])

    def take(self, other):
        """Take in the entries of other columns."""
        for part in self.__slots__[:4]:
            getattr(self, part).extend(getattr(other, part))
        for items, more in zip(self.listed, other.listed):
            items += more


def index_entries(columns, row):
    """Work out the index entries of some columns.

    :param columns: indexed columns
    :param row: `Row`
    :returns: `Entries`
    :raises InvalidColumnValue: for what Redis would refuse
    """
    found = Entries()
    for column in columns:
        column._rom_index.add_entries(found, row)
    return found


def geo_entries(schema, row):
    """{name: [longitude, latitude]} of a row, as text.

    :raises ColumnError: where a callback gives several points
    :raises InvalidColumnValue: for coordinates that Redis would refuse, and where a callback raises
    """
    found = {}
    for name, index in schema.geo.items():
        points = _called_back(schema, name, index.callback, row)
        points = points if isinstance(points, (list, tuple)) else [points]
        if len(points) > 1:
            raise ColumnError('geo index %s.%s: a row has one point, the callback gave %d'
                              % (schema.name, name, len(points)), model=schema.name)
        for point in points:
            if point:
                found[name] = _coordinates(schema, name, point)
    return found


def _called_back(schema, name, callback, row):
    try:
        return callback(row)
    except InvalidColumnValue:
        raise  # a field that cannot be read, which it names
    except Exception as error:  # whatever a callback of the program's own may raise
        cause = error
    pk = None if callable(row._id) else row._id
    what = type(cause).__name__ + ('' if schema.secret else ': %s' % (cause,))
    six.raise_from(InvalidColumnValue('geo index %s.%s of %s: the callback raised %s' % (
        schema.name, name, 'a new row' if pk is None else 'row %s' % pk, what), model=schema.name, pk=pk), None if schema.secret else cause)


def _coordinates(schema, name, point):
    try:
        longitude, latitude = float(point['lon']), float(point['lat'])
    except (KeyError, TypeError, ValueError, OverflowError):
        raise InvalidColumnValue("geo index %s.%s: expected {'lon': number, 'lat': number}, the callback gave %s"
                                 % (schema.name, name, _point_shown(schema, point)), model=schema.name,
                                 value=_point_told(schema, point))
    inside = abs(longitude) <= codecs.MAX_LONGITUDE and abs(latitude) <= codecs.MAX_LATITUDE
    if not inside or math.isnan(longitude) or math.isnan(latitude):
        raise InvalidColumnValue('geo index %s.%s: longitude %s must be within 180 and latitude %s within %s degrees'
                                 % (schema.name, name, _point_shown(schema, longitude), _point_shown(schema, latitude),
                                    codecs.MAX_LATITUDE), model=schema.name, value=_point_told(schema, point))
    return [repr(degrees) for degrees in codecs.inside_map(longitude, latitude)]


def _point_told(schema, point):
    return HIDDEN if schema.secret else point  # from which columns it comes, only the callback knows


def _point_shown(schema, point):
    return HIDDEN if schema.secret else codecs._shown(point)


# -- unique values -----------------------------------------------------------------------------------------------------

def _together_value(constraint, row):
    texts = [row.text(attr) for attr in constraint]
    return None if None in texts else codecs._encode_unique_constraint(texts)


def unique_values(columns, constraints, row):
    """Return {unique name: value} of a row, for some unique columns and unique_together constraints."""
    found = dict((column._attr, column._rom_index.claim(row)) for column in columns)
    for constraint in constraints:
        found[keys.together_name(constraint)] = _together_value(constraint, row)
    return dict((name, value) for name, value in found.items() if value is not None)


# -- operations --------------------------------------------------------------------------------------------------------

def _operation(schema, id):
    operation = {'namespace': schema.namespace, 'pk': schema.pk}
    if id is not None:
        operation['id'] = six.text_type(id)
    return operation


def expectation(schema, raw, attrs):
    """{column: text or False} to compare with the row; what is no UTF-8 cannot be told and is not compared."""
    found = {}
    for attr in attrs:
        value = raw[schema.position[attr]]
        if not is_broken(value):
            found[attr] = False if value is None else as_text(value)
    return found


def _index(operation, schema, columns, row):
    found = index_entries(columns, row)
    if found.words:
        operation['words'] = found.words
    if found.scores:
        operation['scores'] = dict(zip(found.scores[::2], found.scores[1::2]))
    for part, entries in (('prefixes', found.prefixes), ('suffixes', found.suffixes)):
        if entries:
            operation[part] = _by_column(entries)
    if schema.geo:
        operation['touched_geo'] = True
        operation['geo'] = geo_entries(schema, row)
    if schema.pk_index:
        operation['pk_index'] = True
    return found


def _by_column(entries):
    """{COL: [word, score, ...]} of COL, word and score in turn."""
    found = {}
    for attr, word, score in zip(entries[::3], entries[1::3], entries[2::3]):
        found.setdefault(attr, []).extend((word, score))
    return found


def _index_all(operation, schema, row):
    found = _index(operation, schema, schema.indexed, row)
    operation['index_data'] = index_data(schema, found, operation.get('geo', ()))


def index_data(schema, found, geo=(), scores=()):
    """Return what a row keeps of its index entries, as text: `-index-data-`.

    :param found: `Entries` of the row
    :param geo: names of its geo indexes
    :param scores: items of its JSON for scores beside those in `found`
    """
    words, own, prefixes, suffixes = found.listed
    own = list(scores) + own
    if schema.pk_index:
        own.append(compact_json(schema.pk))
    return u'[[%s],[%s],[%s],[%s],%s]' % (','.join(words), ','.join(own), ','.join(prefixes), ','.join(suffixes),
                                          compact_json(list(geo)) if geo else '[]')


def pairs_of(operation, part):
    """[(column, word)] of an operation's prefixes or suffixes."""
    return [(attr, word) for attr, entries in operation.get(part, {}).items() for word in entries[::2]]


def missing_defaults(schema, raw):
    """{column: text} of the defaults that a stored row lacks."""
    columns = [schema.columns[attr] for attr in schema.defaulted if raw[schema.position[attr]] is None]
    values = [(column, column.missing()) for column in columns]
    return dict((column._attr, column.encode(value)) for column, value in values if value is not None)


def update(schema, id, before, after, texts, filled=()):
    """Plan the operation that writes some columns of a row and leaves all others as they are stored.

    :param before: `Row` as this writer knows it
    :param after: `Row` as it will be
    :param texts: {column: text or None} to be written
    :param filled: those of them that only fill in a default: another writer's value goes before it
    """
    operation = _operation(schema, id)
    operation['set'] = dict((attr, text) for attr, text in texts.items() if text is not None)
    operation['unset'] = [attr for attr, text in texts.items() if text is None]
    operation['expect'] = expectation(schema, before._raw, (attr for attr in texts if attr not in filled))
    columns = schema.affected_indexes(texts)
    uniques, constraints = schema.affected_uniques(texts), schema.affected_together(texts)
    operation['touched'] = [column._attr for column in columns]
    _index(operation, schema, columns, after)
    _exchange(operation, uniques, constraints, before, after)
    sources = schema.stored if schema.reads_row else set().union(*constraints) if constraints else ()
    assumed = [attr for attr in sources if attr not in texts] + list(filled)
    operation['assume'] = expectation(schema, before._raw, assumed)
    if _only_rescores(operation, schema, columns):
        operation['rescore'] = True
    return operation


def add(schema, id, attr, by, default, kind):
    """Plan the operation that adds to a number of a row, whatever that is by then; no index follows from it but its own.

    :param by: text of the number to add
    :param default: text of that which a row without a value has
    :param kind: ``whole`` or ``float``
    """
    operation = _operation(schema, id)
    operation['touched'] = [column._attr for column in schema.affected_indexes([attr])]
    operation['add'] = {'column': attr, 'by': by, 'default': default, 'kind': kind}
    return operation


def _exchange(operation, uniques, constraints, before, after):
    old, new = stored_unique_values(uniques, constraints, before), unique_values(uniques, constraints, after)
    operation['claim'] = dict((name, value) for name, value in new.items() if old.get(name) != value)
    operation['release'] = dict((name, value) for name, value in old.items() if new.get(name) != value)


def _only_rescores(operation, schema, columns):
    """Whether the write changes nothing but scores of plain numeric indexes."""
    plain = all(c.is_numeric and not (c._keygen or c._keygen2 or c._prefix or c._suffix) for c in columns)
    if not plain or schema.geo or not operation.get('scores'):
        return False
    return not operation['unset'] and not any(c._attr not in operation['scores'] for c in columns)


def rewrite(schema, id, before, after, texts, force=False, filled=()):
    """Plan the operation that makes a row, and all its index entries, exactly what they should be.

    :param texts: {column: text or None} of every column, or of those filled in to refresh index entries only
    :param force: write the row even where it has gone
    :param filled: as for `update`
    """
    operation = _operation(schema, id)
    operation['set'] = dict((attr, text) for attr, text in texts.items() if text is not None)
    operation['unset'] = [attr for attr, text in texts.items() if text is None]
    operation['touched'], operation['repair'] = True, True
    _index_all(operation, schema, after)
    operation['touched_geo'] = True
    operation['claim'] = unique_values(schema.unique, schema.together, after)
    old = stored_unique_values(schema.unique, schema.together, before)
    operation['release'] = dict((name, value) for name, value in old.items() if operation['claim'].get(name) != value)
    known = expectation(schema, before._raw, schema.stored)
    if force:
        operation['force'], operation['assume'] = True, known
        operation['was'] = _known_index_data(schema, before)
    else:
        written = set(texts).difference(filled)
        operation['expect'] = dict((attr, text) for attr, text in known.items() if attr in written)
        operation['assume'] = dict((attr, text) for attr, text in known.items() if attr not in written)
    return operation


def delete(schema, id, before, guard=(), reason=None):
    """Plan the operation that removes a row and all that stands for it elsewhere.

    :param before: `Row` as this writer knows it
    :param guard: [[index key, id, ids]] of the rows that may refer to it
    :param reason: {reference: id as stored}, for which the row is to go
    """
    operation = _operation(schema, id)
    operation['delete'], operation['touched'], operation['touched_geo'] = True, True, True
    operation['release'] = stored_unique_values(schema.unique, schema.together, before)
    operation['assume'] = expectation(schema, before._raw, schema.removal.sources)
    if schema.unsafe:
        operation['drop'] = list(schema.unsafe)
    if reason:
        operation['expect'] = dict(reason)
    if guard:
        operation['guard'] = [list(one) for one in guard]
    return operation


def look(schema, id, guard):
    """Plan the operation that sees to guards, and to the right to delete a row, and changes nothing."""
    operation = _operation(schema, id)
    operation['look'], operation['guard'] = True, [list(one) for one in guard]
    return operation


def _known_index_data(schema, before):
    """Return what a row likely kept of its index entries, for the case that it has vanished with that."""
    if not any(before._raw):
        return u''
    known, geo = Entries(), ()
    for column in schema.indexed:
        try:
            known.take(index_entries([column], before))
        except Exception:  # broken fields, or a keygen of the program's own that does not like them
            continue
    try:
        geo = geo_entries(schema, before)
    except Exception:  # as above
        pass
    return index_data(schema, known, geo)


def stored_unique_values(columns, constraints, before):
    """Return the unique values of a stored row; a column whose field is broken claims nothing that could be told."""
    found = {}
    for column in columns:
        try:
            found.update(unique_values([column], (), before))
        except InvalidColumnValue:
            continue
    found.update(unique_values((), constraints, before))
    return found
