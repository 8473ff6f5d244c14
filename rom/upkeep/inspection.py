"""Compare rows with index entries, both ways, and repair what differs, while others write."""

import collections
import json

import six

from ..columns.registry import MODELS
from ..exceptions import DataRaceError, ORMError
from ..storage import batches, index_checks, keys, plan, reads, secrets
from ..storage.keyspace import ROW_ID, keys_of
from ..storage.store import Writer
from .reindex import ENTRIES_PER_CALL, blocks, namespace_of, planned, refresh_rows, retry_sizes, session_aside

__all__ = ['Inspector', 'Problem']


class Problem(collections.namedtuple('Problem', 'kind key pk detail')):
    """Something that :func:`check_indexes` found.

    ``kind`` is one of

    * ``missing``: the row should have an entry in the index `key`, and has none or a wrong one
    * ``stale``: the index `key` has an entry for a row that should have none, or is gone
    * ``listing``: the row's own list of its index entries is wrong
    * ``duplicate``: two rows have the same unique value; only you know which is right
    * ``broken``: the index entries of the row cannot be worked out, because a field is broken, or cannot be written,
      because the key of an index holds something else
    * ``busy``: the row was changed again and again while it was looked at; check again

    ``key`` is the Redis key concerned, ``pk`` the id as text, ``detail`` says more.
    """

    __slots__ = ()


#: -index-data- as sets: names of words and scores, (column, word) of prefixes and suffixes, names of geo indexes
_Listing = collections.namedtuple('_Listing', 'words scores prefixes suffixes geo')


def _listing_of(operation):
    """Return the list that the row should keep, according to the operation that would write it."""
    pairs = [set(plan.pairs_of(operation, part)) for part in ('prefixes', 'suffixes')]
    return _Listing(set(operation.get('words', ())), set(operation['scores']), pairs[0], pairs[1],
                    set(operation.get('geo', ())))


def _listing_in(text):
    """Return the list that a row keeps, in any version of its format; what cannot be read counts as empty."""
    try:
        parts = json.loads(text or u'[]')
    except ValueError:
        parts = []
    parts = [part if isinstance(part, list) else [] for part in parts] if isinstance(parts, list) else []
    words, scores, prefixes, suffixes, geo = (parts + [[]] * 5)[:5]

    def are_texts(pair):
        return all(isinstance(text, six.text_type) for text in pair)

    def names(part):
        return set(name for name in part if isinstance(name, six.text_type))

    def pairs(part):
        return set(tuple(pair) for pair in part if isinstance(pair, list) and len(pair) == 2 and are_texts(pair))
    # kept from 1.1.2: it put the names of geo indexes among the suffixes
    return _Listing(names(words), names(scores), pairs(prefixes), pairs(suffixes), names(geo) | names(suffixes))


class _View(object):
    """One row as it was read, and the index entries that it should have.

    `wanted` is {(key, member): what the index should hold}, `stray` a list of (key, member) that should not be there.
    """

    def __init__(self, id, raw, listing, operation):
        self.id, self.raw, self.listing, self.operation = id, raw, listing, operation
        self.wanted, self.stray, self.list_differs = {}, [], False


class Inspector(object):
    """Looks at the index entries of one model, reports problems and, if asked to, repairs them.

    :param model: Model class
    :param bool repair: repair what is found
    """

    def __init__(self, model, repair=False):
        self.model, self.schema, self.connection = model, model._rom_schema, model._connection
        self.namespace = namespace_of(model)
        self.repair = repair
        self.problems = []
        self._seen = set()
        self._writer = Writer()

    def _report(self, kind, key, pk, detail):
        if (kind, key, pk) not in self._seen:
            self._seen.add((kind, key, pk))
            self.problems.append(Problem(kind, secrets.hidden_in_key(self.schema, key), pk, detail))

    def _shown(self, key, member):
        return '%r' % (secrets.HIDDEN if secrets.is_of_secret(self.schema, key) else member,)

    def _key(self, name, kind):
        return keys.index(self.namespace, name, kind)

    def _row_key(self, id):
        return keys.row(self.namespace, id)

    # -- which keys ---------------------------------------------------------------------------------------------------

    def index_keys(self):
        """Find the model's index keys, as sift.lua takes them: [[key, kind, name as rows list it or False]]."""
        own = keys.start(self.namespace)
        longer = set(keys.start(namespace_of(model)) for model in MODELS.values()) - set([own])
        longer = [start for start in longer if start.startswith(own)]
        found = [[keys.legacy_lists(self.namespace), u'old', False]]
        for rest in set(keys_of(self.connection, self.namespace, u'*[xefo]')):
            name, kind = keys.name_and_kind(rest)
            key = self._key(name, kind)
            # NS:ID:COL is the key of an unsafe column
            if not name or ROW_ID.match(name.partition(u':')[0]):
                continue
            known = self._is_known(name, kind)
            # no column of ours has this name, so that it may be a key of another model: leave it to that model
            if known or not (u':' in name and kind in (u'pre', u'suf', u'geo')
                             or u':' in self.namespace and kind == u'uidx'
                             or any(key.startswith(start) for start in longer)):
                found.append([key, kind, name if known and self._tells_by_row(name, kind) else False])
        return sorted(found)

    def _is_known(self, name, kind):
        """Whether the model has such an index."""
        if kind == u'geo':
            return name in self.schema.geo
        if kind == u'uidx':
            return name in self._unique_names()
        column = self.schema.columns.get(name.partition(u':')[0] if kind == u'idx' else name)
        flag = {u'idx': '_index', u'pre': '_prefix', u'suf': '_suffix'}[kind]
        return bool(getattr(column, flag, False))

    def _unique_names(self):
        return [column._attr for column in self.schema.unique] + [keys.together_name(attrs) for attrs in self.schema.together]

    def _tells_by_row(self, name, kind):
        """Whether a stored row says itself that it has an entry: in its list, or by a field that is the unique value."""
        column = self.schema.columns.get(name)
        return kind != u'uidx' or bool(column is not None and column.is_stored and not column._keygen2
                                       and (column._keygen is None or column._index))

    # -- from entries to rows -----------------------------------------------------------------------------------------

    def sift(self, indexes, limit):
        """Look at every entry of the index keys, and repair or report those that no row accounts for.

        :param indexes: as `index_keys` gives them
        :param limit: entries a call, roughly
        :returns: generator of int, the keys done so far
        """
        position, cursor = 0, '0'
        while position < len(indexes):
            chunk = indexes[position:position + limit]
            done, cursor, suspects = index_checks.suspects_in(self.connection, self.schema, chunk, cursor, limit)
            found = {}
            for place, id, member in suspects:
                found.setdefault(plan.as_text(id), []).append((chunk[place][0], plan.as_text(member)))
            for block in blocks(found.items(), batches.ROWS_PER_WRITE):
                self.examine(dict(block))
            position += done
            yield position

    # -- from rows to entries -----------------------------------------------------------------------------------------

    def examine(self, found, whole=False):
        """Compare rows with index entries, and repair or report what differs.

        :param found: {id text: [(key, member)]}, entries that may be wrong
        :param whole: compare all entries of the rows, not only those
        """
        wrong, left = set(), found
        for size in retry_sizes():
            changed = []
            for block in blocks(left.items(), size):
                for view, reply in self._answers(dict(block), whole):
                    if not reply:
                        changed.append(view.id)
                    elif self._judge(view, reply):
                        wrong.add(view.id)
            left = dict((id, found[id]) for id in changed)
            if not left:
                break
        for id in left:
            self._report('busy', self._row_key(id), id, 'the row kept changing while it was looked at')
        if not self.repair or not wrong:
            return
        if whole:
            self._repair_rows(sorted(int(id) for id in wrong))
        else:
            self.examine(dict((id, []) for id in wrong), whole=True)

    def _answers(self, found, whole):
        """Yield (view, reply of inspect.lua) for each row; the reply is false if the row has changed since it was read."""
        for page in batches.in_batches(self._views(found, whole), lambda view: 1 + len(view.wanted) + len(view.stray),
                                most=ENTRIES_PER_CALL):
            for view, reply in zip(page, self._ask(page)):
                yield view, reply

    def _views(self, found, whole):
        ids = [id for id in found if ROW_ID.match(id)]
        rows = dict((read[0], read[1:]) for read in self._read(ids))
        views = []
        with session_aside():
            for id, entries in found.items():
                raw, listed, old = rows.get(id, (None, None, None))
                view = self._view(id, raw, listed, old, whole)
                if view is not None and (raw is not None or entries):
                    view.stray.extend(entry for entry in entries if entry not in view.wanted)
                    if not whole:
                        view.wanted = {}
                    views.append(view)
        return views

    def _read(self, ids):
        """Return (id, row, its list of index entries, the old list beside the rows) for each id; None for what is missing."""
        if not ids:
            return []
        rows = reads.read_rows(self.connection, self.schema, ids)
        lists = index_checks.lists_of(self.connection, self.schema, ids)
        return [(id, row) + pair for id, row, pair in zip(ids, rows, lists)]

    def _view(self, id, raw, listed, old, whole):
        """Return what to ask about one row; None if its entries cannot be worked out."""
        if raw is None:
            return _View(id, None, None, None)
        try:
            operation = planned(self.model, id, raw)
        except ORMError as error:
            if whole:
                self._report('broken', self._row_key(id), id, six.text_type(error))
            return None
        listing = _listing_in(plan.as_text(old if listed is None else listed))
        view = _View(id, raw, listing, operation)
        if not plan.is_broken(listed):
            operation['assume']['-index-data-'] = False if listed is None else plan.as_text(listed)
        view.wanted = self._wanted(id, operation)
        if whole:
            view.list_differs = listing != _listing_of(operation)
            view.stray = [entry for entry in self._named(id, listing) if entry not in view.wanted]
        return view

    def _wanted(self, id, operation):
        """Return {(key, member): what the index should hold} for a row: True in a set, a score, a point, or an id."""
        found = {}
        for name in operation.get('words', ()):
            found[self._key(name, u'idx'), id] = True
        for name, score in operation['scores'].items():
            found[self._key(name, u'idx'), id] = float(score)
        for part, kind in (('prefixes', u'pre'), ('suffixes', u'suf')):
            for attr, entries in operation.get(part, {}).items():
                for word, score in zip(entries[::2], entries[1::2]):
                    found[self._key(attr, kind), u'%s\0%s' % (word, id)] = float(score)
        for name, point in operation.get('geo', {}).items():
            found[self._key(name, u'geo'), id] = tuple(float(degrees) for degrees in point)
        for name, value in operation['claim'].items():
            found[self._key(name, u'uidx'), value] = id
        return found

    def _named(self, id, listing):
        """Return the entries that a row's list may seem to name.

        sift.lua looks into the list as text, and may take one part of it for another.
        """
        pairs = listing.prefixes | listing.suffixes
        strings = set(text for pair in pairs for text in pair) | listing.geo
        strings = set(text for text in strings if text.partition(u':')[0] in self.schema.columns)
        found = set((self._key(name, u'idx'), id) for name in listing.words | listing.scores | strings)
        for attr, word in pairs:
            found.update((self._key(attr, kind), u'%s\0%s' % (word, id)) for kind in (u'pre', u'suf'))
        found.update((self._key(name, u'geo'), id) for name in listing.geo.union(self.schema.geo))
        return found

    # -- asking, judging, repairing -----------------------------------------------------------------------------------

    def _ask(self, views):
        questions = [self._question(view) for view in views]
        return index_checks.compare(self.connection, self.schema, questions, remove=self.repair)

    def _question(self, view):
        question = {'id': view.id, 'wanted': list(view.wanted),
                    'stray': [[key, member, self._others(key, view.id)] for key, member in view.stray]}
        if ROW_ID.match(view.id):
            question['row'] = self._row_key(view.id)
            question['gone'] = view.raw is None
            question['assume'] = view.operation['assume'] if view.operation else {}
        return question

    def _others(self, key, id):
        """Return [[row key, name or False]]: rows of models with longer or shorter namespaces, which may own this entry."""
        name, kind = keys.name_and_kind(key)
        if kind not in ('idx', 'uidx'):
            return []
        parts, own = name.split(u':'), self.namespace.count(u':') + 1
        longer = [[u':'.join(parts[:size] + [id]), False] for size in range(own + 1, len(parts))]
        shorter = [[u':'.join(parts[:size] + [id]), u':'.join(parts[size:])] for size in range(1, own)]
        return longer + shorter

    def _judge(self, view, reply):
        """Report what is wrong with a row; returns whether the row exists and needs repair."""
        wrong = view.list_differs
        wanted, stray = reply
        for (entry, expected), there in zip(view.wanted.items(), wanted):
            if not _fits(expected, plan.as_text(there)):
                wrong = True
                self._report_missing(view.id, entry, expected, plan.as_text(there))
        for (key, member), there in zip(view.stray, stray):
            if there:
                wrong = True
                detail = 'there is no such row' if view.raw is None else 'the row should have no entry here'
                self._report('stale', key, view.id, '%s (%s)' % (detail, self._shown(key, member)))
        if view.list_differs:
            self._report('listing', self._row_key(view.id), view.id, _difference(self.schema, view))
        return wrong and view.raw is not None

    def _report_missing(self, id, entry, expected, there):
        key, member = entry
        if there is None:
            return self._report('missing', key, id, 'no entry %s' % self._shown(key, member))
        if keys.name_and_kind(key)[1] == 'uidx' and self._claims(there, entry):
            return self._report('duplicate', key, id, 'the value %s belongs to row %s' % (self._shown(key, member), there))
        self._report('missing', key, id, 'the entry %s holds %s instead of %s' % (self._shown(key, member), there, expected))

    def _claims(self, id, entry):
        """Whether a row has a unique value."""
        if not ROW_ID.match(id):
            return False
        view = self._views({id: [entry]}, False)
        return bool(view) and view[0].raw is not None and entry not in view[0].stray

    def _repair_rows(self, ids):
        failures = collections.OrderedDict()
        refresh_rows(self.model, self._writer, ids, failures)
        for (id, name), error in failures.items():
            id = six.text_type(id)
            if name is None:
                kind = 'busy' if isinstance(error, DataRaceError) else 'broken'
                self._report(kind, self._row_key(id), id, six.text_type(error))
            else:
                self._report('duplicate', self._key(name, u'uidx'), id, six.text_type(error))


def _fits(expected, there):
    """Whether an index holds what it should."""
    if there is None or isinstance(expected, six.text_type) or expected is True:
        return there is not None and expected in (True, there)
    if isinstance(expected, float):
        return float(there) == expected
    # a geo set rounds points to less than a millionth of its range
    return all(abs(float(degrees) - wanted) < 1e-5 for degrees, wanted in zip(there.split(u' '), expected))


def _difference(schema, view):
    """Describe what a row lists and should not, or the other way round."""
    def shown(entries):
        return sorted(secrets.hidden_in_entry(schema, entry) for entry in entries)
    texts = []
    for part, listed, wanted in zip(_Listing._fields, view.listing, _listing_of(view.operation)):
        if listed != wanted:
            texts.append('%s: too many %.200r, too few %.200r'
                         % (part, shown(listed - wanted), shown(wanted - listed)))
    return '; '.join(texts)
