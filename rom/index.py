"""The indexes of a namespace, as 1.1.2 has them: what declares an index of places, and searches without a model."""

from .search.request import parse_pattern
from .search.search import Search
from .search.without import ids_without
from .storage.reads import lookup_unique
from .values.codecs import reverse_text
from .values.filter_forms import Geofilter, GeoIndex, Pattern, Prefix, Suffix

__all__ = ['GeneralIndex', 'GeoIndex', 'Geofilter', 'Pattern', 'Prefix', 'Search', 'Suffix', 'ids_without',
           'lookup_unique', 'parse_pattern', 'reverse_text']


class GeneralIndex(object):
    """Searches in the indexes of one namespace.

    :param namespace: text, the prefix of the keys

    Example::

        GeneralIndex('User').search(connection, [('age', 18, 21), 'name:ann'], '-age', 0, 10)
    """

    def __init__(self, namespace):
        self.namespace = namespace

    def __repr__(self):
        return '<rom.GeneralIndex of %s>' % self.namespace

    def search(self, conn, filters, order_by, offset=None, count=None, timeout=None):
        """Ids of rows, or the key of a sorted set of all of them.

        :param conn: redis-py client
        :param filters: list of filters, as :mod:`rom.values.filter_forms` describes them
        :param order_by: as in :class:`Search`
        :param offset: how many to leave out
        :param count: how many at most
        :param timeout: seconds; the ids are kept so long under a key, which is returned instead
        :returns: list of ids as the client gives them: bytes, or text with `decode_responses`
        :raises QueryError: for what is no filter

        Example::

            GeneralIndex('User').search(connection, [rom.Prefix('name', u'an')], None, 0, 10)
        """
        search = Search(conn, self.namespace, filters, order_by)
        if timeout is not None and timeout > 0:
            return search.store(timeout)
        if not search.request['filters']:
            return []
        return [id for page, _ in search.pages(offset or 0, count) for id in page]

    def count(self, conn, filters):
        """How many rows pass all filters; 0 without any.

        :param conn: redis-py client
        :param filters: list of filters, as :mod:`rom.values.filter_forms` describes them
        :returns: int
        :raises QueryError: for what is no filter

        Example::

            GeneralIndex('User').count(connection, ['name:ann'])
        """
        return Search(conn, self.namespace, filters).count() if filters else 0
