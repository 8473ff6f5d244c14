"""Long jobs as generators of progress: reindex, clean, check and repair."""

import collections
import sys
import time

import six

from ..columns.registry import MODELS
from ..exceptions import BulkError, WrongArgument
from ..storage import batches, keys, plan, reads
from ..storage.keyspace import KEYS_PER_SCAN, ROW_ID, delete_orphans, keys_of, row_ids
from ..storage.store import Writer
from .inspection import Inspector, Problem
from .progress import Progress, checked_model, long_job
from .reindex import blocks, namespace_of, refresh_rows

__all__ = ['Problem', 'check_indexes', 'clean_old_index', 'clean_unsafe_cols', 'refresh_all_indexes',
           'refresh_indices', 'show_progress']


# -- reindexing --------------------------------------------------------------------------------------------------------

@long_job
def refresh_indices(model, block_size=100, scan=True):
    """Work out every index entry and unique value of a model from its stored rows, and write what differs.

    It does not touch the session or change any column; others may write meanwhile.

    :param model: Model class
    :param int block_size: rows between two reports
    :param bool scan: find the rows with SCAN; else look at every id up to the id counter
    :returns: generator of (rows done, rows in all), of ids where `scan` is False
    :raises BulkError: at the end, listing ('namespace:id', error) for each row that could not be indexed, such as one
        with a broken field or with another row's unique value; everything else is done

    Example::

        for done, total in refresh_indices(User):
            print(done, total)
    """
    failures, writer, done = collections.OrderedDict(), Writer(), 0
    total, ids = row_ids(model._connection, namespace_of(model)) if scan else _counted_ids(model)
    for block in blocks(ids, block_size):
        refresh_rows(model, writer, block, failures)
        done += len(block)
        yield done, total
    if failures:
        raise _bulk_error([(keys.row(namespace_of(model), id), error) for (id, _), error in failures.items()])


def _counted_ids(model):
    """Return (the id counter, every id up to it)."""
    last = reads.highest_id(model._connection, model._rom_schema)
    return last, iter(range(1, last + 1))


def _bulk_error(errors):
    shown = '; '.join('%s: %s' % (pk, error) for pk, error in errors[:5])
    return BulkError('%d index entries or rows could not be written: %s' % (len(errors), shown), errors=errors)


def refresh_all_indexes():
    """Reindex every model, one after another, and print the progress.

    :raises BulkError: at the end, as :func:`refresh_indices` does

    Example::

        rom.util.refresh_all_indexes()
    """
    errors, seen = [], set()
    for model in list(MODELS.values()):
        if model in seen:
            continue
        seen.add(model)
        sys.stdout.write('updating %s\n' % model.__name__)
        try:
            show_progress(refresh_indices(model))
        except BulkError as error:
            errors.extend(error.errors)
    if errors:
        raise _bulk_error(errors)


def show_progress(job):
    """Run a job to its end and print its progress; for :func:`check_indexes` also what was wrong.

    :param job: iterable of (done, total)

    Example::

        show_progress(refresh_indices(User))
    """
    start = time.time()
    shown = None
    for done, total in job:
        now = time.time()
        if shown is None or now - shown >= .1:
            shown = now
            part = min(1., float(done) / total) if total else 1.
            left = (now - start) / part - (now - start) if part else 0.
            _print_progress(part, now - start, left, '\r')
    _print_progress(1., time.time() - start, 0., '\r\n')
    if hasattr(job, 'problems'):
        sys.stdout.write('%s\n' % job)


def _print_progress(part, elapsed, left, end):
    sys.stdout.write('%.1f%% complete, %.1f seconds elapsed, %.1f seconds remaining%s'
                     % (100 * part, elapsed, left, end))
    sys.stdout.flush()


# -- cleaning ----------------------------------------------------------------------------------------------------------

@long_job
def clean_old_index(model, block_size=100, **kwargs):
    """Remove index entries and unique values that no row accounts for.

    Those are of rows deleted from outside, or of columns and indexes that the model no longer has; and the lists that rom
    before 1.0 kept beside the rows.

    :param model: Model class
    :param int block_size: index entries between two reports, roughly
    :param kwargs: ignored, as in 1.1.2
    :returns: generator of (index keys done, index keys in all)

    Example::

        show_progress(clean_old_index(User))
    """
    inspector = Inspector(model, repair=True)
    indexes = inspector.index_keys()
    for done in inspector.sift(indexes, block_size):
        yield done, len(indexes)


def clean_unsafe_cols(*models, **kwargs):
    """Delete the keys of unsafe columns whose row does not exist.

    :param models: Model classes
    :param kwargs: ignored, as in 1.1.2
    :returns: (keys of the models looked at, keys deleted)
    :raises WrongArgument: (a ValueError) without models

    Example::

        examined, deleted = clean_unsafe_cols(User, Post)
    """
    if not models:
        raise WrongArgument('clean_unsafe_cols: missing models')
    examined = deleted = 0
    for model in [checked_model('clean_unsafe_cols', model) for model in models]:
        unsafe = set(plan.as_text(attr) for attr in model._rom_schema.unsafe)
        pairs = []
        for rest in keys_of(model._connection, namespace_of(model), u'*'):
            examined += not keys.is_memory(rest)  # keys of write calls are no data of the model
            id, _, attr = rest.partition(u':')
            if attr in unsafe and ROW_ID.match(id):
                row = keys.row(namespace_of(model), id)
                pairs.append((row, keys.unsafe(row, attr)))
        for page in blocks(pairs, KEYS_PER_SCAN):
            deleted += delete_orphans(model._connection, model._rom_schema, page)
    return examined, deleted


# -- checking ----------------------------------------------------------------------------------------------------------

@six.python_2_unicode_compatible
class check_indexes(Progress):
    """Check every index entry and unique value of a model against every row, both ways, while others may write.

    Iterating does the work and gives (index keys and rows done, all of them). Then ``problems`` lists what was wrong,
    as :class:`Problem`, ``unmended`` what still is, and `str()` says it in words.

    :param model: Model class
    :param bool repair: repair what is found; each repair is atomic, and looks at the row again before it writes

    Example::

        job = check_indexes(User, repair=True)
        for done, total in job:
            print(done, total)
        print(job)
    """

    def __init__(self, model, repair=False):
        self.model = checked_model('check_indexes', model)
        self.repair = repair
        self._inspector = Inspector(model, repair)
        Progress.__init__(self, 'check_indexes', model, self._run())

    def _run(self):
        indexes = self._inspector.index_keys()
        rows, ids = row_ids(self.model._connection, namespace_of(self.model))
        done, total = 0, len(indexes) + rows
        for done in self._inspector.sift(indexes, batches.ROWS_PER_WRITE):
            yield done, total
        for block in blocks(ids, batches.ROWS_PER_WRITE):
            self._inspector.examine(dict((six.text_type(id), []) for id in block), whole=True)
            done += len(block)
            yield done, total

    @property
    def problems(self):
        """List of :class:`Problem`: all that was found.

        :raises InvalidOperation: before the end: until then nobody knows
        """
        self._checked_end('problems')
        return self._inspector.problems

    @property
    def unmended(self):
        """List of :class:`Problem`: what was found and is still so."""
        return [problem for problem in self.problems
                if not self.repair or problem.kind in ('broken', 'busy', 'duplicate')]

    def _outcome(self):
        return '%d problems found, %d mended' % (len(self.problems), len(self.problems) - len(self.unmended))

    def __str__(self):
        if not self._has_ended:
            return repr(self)
        return u'\n'.join([u'%s: %s' % (self.model.__name__, self._outcome())] + [u'%s: %r, row %s: %s' % tuple(problem) for problem in self.problems])
