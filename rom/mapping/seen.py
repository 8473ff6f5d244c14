"""The row as an entity has seen it, told by an etag."""

from ..exceptions import DataRaceError
from ..values import etags

__all__ = ['check_etag', 'etag_of', 'matching']


def etag_of(state):
    """Return what stands for the row as it was last seen; None as long as there is none."""
    return None if state.new else etags.etag_of(zip(state.schema.stored, state.row))


def check_etag(state, etag):
    """Refuse a row that is not what an etag stands for.

    :raises DataRaceError: which columns differ an etag does not tell
    """
    if etag_of(state) != etag:
        what = 'has no row yet' if state.new else 'is not what if_match stands for: another writer changed it since'
        raise DataRaceError('%s %s; show what is stored now beside what was to be written' % (
            'a new %s' % state.schema.name if state.id is None else state.pk, what), state.schema.namespace, str(state.id),
            model=state.schema.name, pk=state.id)


def matching(state, etag):
    """{column: what stands for its value} of the row that a write is to find still, which an etag stands for, too.

    :raises DataRaceError: where this is another row already
    """
    check_etag(state, etag)
    return dict((attr, etags.fingerprint(raw)) for attr, raw in zip(state.schema.stored, state.row))
