"""What stands in Redis for a model, looked at from outside: rows, index entries and unique values must tell the same."""
import json

KINDS = (b'idx', b'pre', b'suf', b'uidx', b'geo')


def rows_of(connection, namespace):
    """{id: {field: bytes}} of every row."""
    found = {}
    for key in connection.keys(namespace + ':*'):
        id = key.decode('utf-8')[len(namespace) + 1:]
        if id.isdigit():
            found[id] = dict((name.decode('utf-8'), value) for name, value in connection.hgetall(key).items())
    return found


def entries_of(connection, namespace):
    """Set of (index key, member) of every index entry, and {unique key: {value: id}}."""
    entries, unique = set(), {}
    for key in connection.keys(namespace + ':*'):
        kind = key.rpartition(b':')[2]
        if kind == b'uidx':
            unique[key.decode('utf-8')] = dict((value.decode('utf-8'), id.decode('utf-8')) for value, id in connection.hgetall(key).items())
        elif kind in KINDS:
            members = connection.smembers(key) if connection.type(key) == b'set' else connection.zrange(key, 0, -1)
            entries.update((key.decode('utf-8'), member.decode('utf-8')) for member in members)
    return entries, unique


def told_by(namespace, id, row):
    """The index entries that a row's own `-index-data-` tells of."""
    parts = (json.loads(row.get('-index-data-', b'[]').decode('utf-8')) + [[]] * 5)[:5]
    for name in parts[0] or ():
        yield '%s:%s:idx' % (namespace, name), id
    for name in parts[1] or ():
        yield '%s:%s:idx' % (namespace, name), id
    for kind, pairs in (('pre', parts[2]), ('suf', parts[3])):
        for attr, word in pairs or ():
            yield '%s:%s:%s' % (namespace, attr, kind), '%s\0%s' % (word, id)
    for name in parts[4] or ():
        yield '%s:%s:geo' % (namespace, name), id


def problems(connection, model, unique_of=None):
    """What does not fit together: a list of texts, empty where all is in step.

    :param unique_of: {unique key's middle: callable(row) -> text or None}; by default the fields of the unique columns
    """
    namespace, schema = model._namespace, model._rom_schema
    rows = rows_of(connection, namespace)
    entries, unique = entries_of(connection, namespace)
    told = set(entry for id, row in rows.items() for entry in told_by(namespace, id, row))
    found = ['stale entry %r' % (entry,) for entry in sorted(entries - told)]
    found += ['missing entry %r' % (entry,) for entry in sorted(told - entries)]
    found += list(_wrong_scores(connection, schema, rows))
    if unique_of is None:
        unique_of = dict((column._attr, lambda row, attr=column._attr: row.get(attr, b'').decode('utf-8') or None) for column in schema.unique)
    for name, value_of in unique_of.items():
        wanted = dict((value_of(row), id) for id, row in rows.items() if value_of(row) is not None)
        held = unique.get('%s:%s:uidx' % (namespace, name), {})
        if wanted != held:
            found.append('unique %s: rows tell %r, the hash holds %r' % (name, sorted(set(wanted.items()) - set(held.items())),
                                                                        sorted(set(held.items()) - set(wanted.items()))))
    found += ['row %s tells another id: %r' % (id, row.get(schema.pk)) for id, row in rows.items() if row.get(schema.pk) != id.encode('ascii')]
    return found


def _wrong_scores(connection, schema, rows):
    for column in schema.indexed:
        if not column.text_is_score:
            continue
        key = '%s:%s:idx' % (schema.namespace, column._attr)
        scores = dict((member.decode('utf-8'), score) for member, score in connection.zrange(key, 0, -1, withscores=True))
        wanted = dict((id, float(row[column._attr])) for id, row in rows.items() if column._attr in row)
        if scores != wanted:
            yield 'scores of %s: %r instead of %r' % (column.where, sorted(scores.items()), sorted(wanted.items()))


def snapshot(connection, pattern='*'):
    """{key: content} of everything but what write calls remember."""
    return dict((key, _content(connection, key)) for key in connection.keys(pattern) if b':once:' not in key)


def _content(connection, key):
    kind = connection.type(key)
    if kind == b'hash':
        return connection.hgetall(key)
    if kind == b'set':
        return connection.smembers(key)
    if kind == b'zset':
        return connection.zrange(key, 0, -1, withscores=True)
    return connection.get(key) if kind == b'string' else connection.lrange(key, 0, -1)
