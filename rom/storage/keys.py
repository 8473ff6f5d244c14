"""PURE: each key of Redis, spelt once. A key is text of its namespace's own type, and begins with the namespace.

The namespace is given with each call: a program may set `_namespace` at any time.
"""

__all__ = ['INDEX_KINDS', 'counter', 'entry_name', 'entry_names', 'index', 'is_memory', 'legacy_lists', 'lock', 'memory',
           'memory_of_lock', 'name_and_kind', 'namespace_of', 'results', 'row', 'rows', 'start', 'together_name',
           'unsafe']

#: how the keys of indexes end: words and numbers, words by their beginnings, by their ends, unique values, places
INDEX_KINDS = ('idx', 'pre', 'suf', 'uidx', 'geo')


def start(namespace):
    """Return what all keys of a namespace begin with, those of rows in front of their id: ``NS:``."""
    return namespace + ':'


def row(namespace, id):
    """Return the key of one row: ``NS:ID``."""
    return '%s:%s' % (namespace, id)


def rows(namespace, ids):
    """Return the keys of many rows, as list of bytes."""
    before = (namespace + ':').encode('utf-8')
    return [before + id for id in ' '.join(map(str, ids)).encode('utf-8').split()]


def counter(namespace, pk):
    """Return the key of the counter that ids come from: ``NS:PK:``."""
    return '%s:%s:' % (namespace, pk)


def index(namespace, name, kind='idx'):
    """One index: ``NS:COL:idx``, ``NS:COL:WORD:idx``, ``NS:COL:pre``, ``NS:A:B:uidx``.

    :param namespace: text
    :param name: of the column, of the entry, of the geo index, or the columns of a unique_together joined by ``:``
    :param kind: one of `INDEX_KINDS`
    :returns: text

    Example::

        index('User', 'name', 'uidx')       # 'User:name:uidx'
    """
    return '%s:%s:%s' % (namespace, name, kind)


def entry_name(attr, word):
    """Return the name, for `index` and for what a row lists of its entries, of a word of a column: ``COL:WORD``."""
    return u'%s:%s' % (attr, word)


def entry_names(attr, words):
    """Return the same for many words, as list."""
    return [u'%s:%s' % (attr, word) for word in words]


def together_name(attrs):
    """Return the name of the index of a unique_together: ``A:B``.

    :param attrs: the columns, sorted
    """
    return u':'.join(attrs)


def name_and_kind(rest):
    """Return what `index` was made of, from that which follows ``NS:`` in a key; ('', ...) for what is no index.

    Example::

        name_and_kind(u'name:ann:idx')      # ('name:ann', 'idx')
    """
    name, _, kind = rest.rpartition(':')
    return (name, kind) if kind in INDEX_KINDS else ('', kind)


def unsafe(row, attr):
    """Return the key of an unsafe column: ``NS:ID:COL``."""
    return '%s:%s' % (row, attr)


def legacy_lists(namespace):
    """Where rom before 1.0 kept what rows list of their entries: ``NS::``."""
    return namespace + '::'


def results(namespace, name):
    """Return the key for the ids that a search has found, kept for a while."""
    return '%s:%s' % (namespace, name)


def memory(namespace, writer):
    """Where the server remembers the last write call of one writer: ``NS:once:WRITER``."""
    return '%s:once:%s' % (namespace, writer)


def is_memory(rest):
    """Whether a key is such a memory, by what follows ``NS:`` in it."""
    return rest.startswith('once:')


def namespace_of(key):
    """Return the namespace of a counter or such a memory."""
    return key.rsplit(':', 2)[0]


def lock(name):
    """Return the key of a lock: ``lock:NAME``, of an entity ``lock:NS:ID``."""
    return 'lock:' + name


def memory_of_lock(lock, holder):
    """Where the release of a lock is remembered: in the slot of the lock."""
    has_tag = lock.partition('{')[2].partition('}')[0]
    return memory(lock if has_tag else '{%s}' % lock, holder)
