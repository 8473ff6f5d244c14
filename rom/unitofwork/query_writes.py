"""The half of `Query` that writes what it finds."""

from ..search.results import page_size
from ..storage import reads
from . import ondelete
from .row_writes import Rewriting
from .session import current

__all__ = ['QueryWrites']


class QueryWrites(object):
    """Writing by a `Query`, whose attributes it has."""

    __slots__ = ()

    def update(self, **values):
        """Write values to the results, within the limit and in the order, at once.

        Ids are found first; then each row is written only if it still matches: in the columns that the conditions name it
        has to be as it was found, else it is asked about again. So a row is claimed by one of several processes. Where
        rows within a limit were lost to others, later ones take their place.

        Hooks are called as by `save`, and a `save` of the model's own entity by entity. Entities that the session knows
        learn what was written; unsaved changes stay what they are.

        :param values: column=value, None for no value; or an expression, ``+ - *`` of one numeric column and constants,
            worked out from each row as it is stored: a row without a value has the column's default, else 0
        :returns: int, the rows that matched and were written
        :raises QueryError: for what is no column that rows hold, and for expressions of other models
        :raises InvalidColumnValue: for what a column refuses; of an expression, it names the row: those before it are written
        :raises UniqueKeyViolation: where another row has a unique value

        Example::

            Job.query.filter(state=u'new').order_by('created').limit(0, 1).update(state=u'taken', worker=me)
            Page.query.filter(Page.site == site).update(visits=Page.visits + 1)
        """
        return Rewriting(self, values).run()

    def delete(self, blocksize=100):
        """Delete the results, page by page.

        :param blocksize: rows to delete in one call
        :raises QueryError: for models on which an on_delete rule other than 'no action' depends

        Example::

            User.query.filter(active=False).delete()
        """
        ondelete.refuse_rules([self._model])
        query = self.replace(select=None)
        offset, count = query._window()
        search = query._search()
        # all ids are read before the first is deleted: pages would shift
        ids = [int(id) for page, _ in search.pages(offset, count) for id in page]
        size = page_size(blocksize)
        for first in range(0, len(ids), size):
            block = ids[first:first + size]
            rows = reads.read_rows(self._model._connection, self._model._rom_schema, block)
            entities = self._model._rom_adopt(list(zip(block, rows)))
            if entities:
                current().delete(entities)
