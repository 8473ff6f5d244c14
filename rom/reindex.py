"""Finding the rows of a model, and deriving their index entries anew while others write."""

import contextlib
import re

import redis

from . import codecs, plan, store
from .exceptions import InvalidColumnValue, ORMError
from .sessions import session

__all__ = ['ATTEMPTS', 'ENTRIES_PER_CALL', 'KEYS_PER_SCAN', 'ROW_ID', 'blocks', 'counter_of', 'keys_of', 'namespace_of', 'planned',
           'refresh_rows', 'retry_sizes', 'row_ids', 'session_aside']

#: how often a row is looked at anew because other writers keep changing it
ATTEMPTS = 200

#: index entries that one call rewrites or looks up: a few milliseconds of the server's time
ENTRIES_PER_CALL = 2000

#: keys that one SCAN call looks at
KEYS_PER_SCAN = 1000

#: keys of other programs may be no text, and SCAN tells of them as well; redis-py 3 knows no such option
_AS_BYTES = {store.NEVER_DECODE: True} if hasattr(redis.client, 'NEVER_DECODE') else {}


# -- what is there -----------------------------------------------------------------------------------------------------

def namespace_of(model):
    return plan.as_text(model._rom_schema.namespace)


def counter_of(model):
    return u'%s:%s:' % (namespace_of(model), model._rom_schema.pk)


def keys_of(model, pattern):
    """What follows 'NS:' in the keys that match, each once or, while the server moves its keys, twice."""
    start = namespace_of(model) + u':'
    match = re.sub(u'([\\\\*?\\[\\]])', r'\\\1', start) + pattern
    for key in model._connection.scan_iter(match=match, count=KEYS_PER_SCAN, **_AS_BYTES):
        key = plan.as_text(key)
        if key.startswith(start):
            yield key[len(start):]


ROW_ID = re.compile(u'(0|[1-9][0-9]*)$')


def row_ids(model):
    """(how many rows there are, their ids in order), kept as one bit each."""
    blocks = {}
    for text in keys_of(model, u'[0-9]*'):
        if ROW_ID.match(text):
            block, place = divmod(int(text), 1024)
            blocks[block] = blocks.get(block, 0) | 1 << place
    ids = (block * 1024 + place for block in sorted(blocks) for place in range(1024) if blocks[block] >> place & 1)
    return sum(bin(bits).count('1') for bits in blocks.values()), ids


def blocks(items, size):
    block = []
    for item in items:
        block.append(item)
        if len(block) >= size:
            yield block
            block = []
    if block:
        yield block


def retry_sizes():
    """How many rows to take at once in each attempt: fewer are written sooner after they were read."""
    for attempt in range(ATTEMPTS):
        yield max(1, store.ROWS_PER_WRITE >> 3 * attempt)


@contextlib.contextmanager
def session_aside():
    """Keygens that follow references see what is stored, and leave nothing in the program's session."""
    known, wknown = session.known, session.wknown
    session.rollback()
    try:
        yield
    finally:
        session.known, session.wknown = known, wknown


def planned(model, id, raw, fill=False):
    """The operation that makes a stored row's index entries and unique values what they should be.

    :param bool fill: write the defaults that the row lacks, as 1.1.2 does, so that a new column gets into old rows
    :raises ORMError: where they cannot be told, as of a row with a broken field
    """
    schema = model._rom_schema
    texts = plan.missing_defaults(schema, raw) if fill else {}
    before, after = plan.Row(schema, raw, id=int(id)), plan.Row(schema, raw, texts=texts, id=int(id))
    operation = plan.rewrite(schema, int(id), before, after, texts, filled=texts)
    scores = operation.setdefault('scores', {})
    if operation.get('pk_index'):
        scores[schema.pk] = operation['id']
    for name, score in scores.items():
        # the row may have been written by hand
        try:
            scores[name] = codecs.float_repr(codecs.check_score(score))
        except ValueError as error:
            raise InvalidColumnValue('%s.%s cannot be indexed: %s' % (schema.name, name, error), model=schema.name,
                                     pk=id, columns=(name,), value=score)
    return operation


# -- rows -> index entries ---------------------------------------------------------------------------------------------

def refresh_rows(model, writer, ids, failures):
    """Rewrite the index entries of some rows; notes in `failures` {(id, unique name or None): ORMError}."""
    for size in retry_sizes():
        ids = [id for block in blocks(ids, size) for id in _refresh_block(model, writer, block, failures)]
        if not ids:
            return
    for id in ids:
        failures[id, None] = store.problem(model._rom_schema, id, [0, 'stale'])


def _refresh_block(model, writer, ids, failures):
    """One attempt; returns the ids of rows that have changed meanwhile."""
    operations = []
    rows = store.read_rows(model._connection, model._rom_schema, ids)
    with session_aside():
        for id, raw in zip(ids, rows):
            try:
                if raw is not None:
                    operations.append(planned(model, id, raw, fill=True))
            except ORMError as error:
                failures[id, None] = error
    return [id for page in store.pages(operations, store.weight, most=ENTRIES_PER_CALL) for id in _rewrite(model, writer, page, failures)]


def _rewrite(model, writer, operations, failures):
    """Write in one call, or go on behind what fails; returns the ids of rows that have changed meanwhile."""
    changed = []
    while operations:
        outcome = writer.write(model._connection, operations)
        operations = operations[len(outcome.done):]
        for error in outcome.errors:
            id = int(operations[0]['id'])
            if error[1] == 'unique':
                failures[id, error[2]] = store.problem(model._rom_schema, id, error)
                del operations[0]['claim'][error[2]]
                continue
            for failure in [failure for failure in failures if failure[0] == id]:
                del failures[failure]  # that was said of a row which now is another, or gone
            if error[1] == 'stale':
                changed.append(id)
            elif error[1] != 'gone':
                failures[id, None] = store.problem(model._rom_schema, id, error)
            operations = operations[1:]
    return changed


