"""The list that OneToMany gives: of rows, not of what is to be stored."""

from ..exceptions import InvalidOperation

__all__ = ['Referrers']


class Referrers(list):
    """The rows that refer to another, as they were read: a list, which says that nothing is stored of what is put into it.

    :param rows: list of entities
    :param where: text, the column that lists them
    :param reference: text, the column by which they refer
    """

    def __init__(self, rows, where, reference):
        list.__init__(self, rows)
        self._where, self._reference = where, reference

    def _refuse(self, *args):
        model, _, attr = self._where.partition('.')
        raise InvalidOperation('%s is read anew each time, and nothing that is put into the list or taken out of it is stored: assign '
                               'to %s, or work on list(...)' % (self._where, self._reference), model=model, columns=(attr,), value=args[-1] if args else None)

    append = extend = insert = remove = clear = __iadd__ = _refuse

    def __reduce__(self):
        return list, (list(self),)
