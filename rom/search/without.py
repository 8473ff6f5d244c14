"""Rows none of whose words begins, or ends, with certain texts."""

from ..values.filter_forms import Prefix, Suffix
from .search import Search

__all__ = ['ids_without']


def ids_without(connection, namespace, attr, kind, starts):
    """Ids of rows that have words in an index, none of which begins with certain texts.

    :param kind: 'pre' or 'suf'
    :param starts: list of text; for 'suf' reversed
    :returns: list of int, each once, in order
    """
    make = Prefix if kind == 'pre' else Suffix
    having = Search(connection, namespace, [make(attr, u'')]).all_ids()
    if starts:
        having -= Search(connection, namespace, [[make(attr, start) for start in starts]]).all_ids()
    return sorted(having)
