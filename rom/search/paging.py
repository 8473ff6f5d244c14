"""The part of `Query` that gives parts of its results: slices, pages, places to go on from, single rows."""

import six

from ..exceptions import MultipleResultsFound, NoResultFound, QueryError, WrongArgument
from ..values.codecs import _shown
from ..values.filter_forms import Geofilter, Ids, Meant
from . import cursors

__all__ = ['Page', 'Paging']


class Page(object):
    """One page of the results of a query.

    :ivar items: list of results
    :ivar number: which page this is, from 1
    :ivar size: how many results a page has
    :ivar total: how many results there are; None where that was not asked
    :ivar pages: how many pages there are; None where that was not asked
    :ivar has_next: whether there are results behind this page
    :ivar cursor: text from which `Query.after` goes on behind this page; None where there is no such place
    """

    def __init__(self, query, items, number, size, total, has_next):
        self._query, self.items, self.number, self.size, self.total, self.has_next = query, items, number, size, total, has_next

    @property
    def pages(self):
        """int: how many pages there are; None where that was not asked."""
        return None if self.total is None else -(-self.total // self.size)

    @property
    def cursor(self):
        """text: from where `Query.after` goes on; None without results, and where there is no such place."""
        if not self.items or self._query._select is not None or self._query._is_by_distance():
            return None
        return self._query.cursor(self.items[-1])

    def __iter__(self):
        return iter(self.items)

    def __len__(self):
        return len(self.items)

    def __repr__(self):
        of = '' if self.pages is None else ' of %d' % self.pages
        return '<Page %d%s of %r>' % (self.number, of, self._query)


class Paging(object):
    """Pages and single rows of a `Query`, whose attributes it has."""

    __slots__ = ()

    # -- slices and pages ----------------------------------------------------------------------------------------------

    def __getitem__(self, key):
        """Return a query of a part of the results, ``query[20:40]``, or one result, ``query[0]``.

        :raises IndexError: for one that is past the end
        :raises QueryError: for negative numbers, steps, and what is no number
        """
        is_slice = isinstance(key, slice)
        for number in (key.start, key.stop, key.step) if is_slice else (key,):
            if not isinstance(number, six.integer_types + (type(None),) * is_slice) or number is not None and number < 0:
                raise QueryError('%s.query[...] takes numbers from 0, you provided %s' % (self._model.__name__, _shown(key)),
                                 model=self._model.__name__, value=key)
        if is_slice and key.step not in (None, 1):
            raise QueryError('%s.query[...] takes no steps, you provided %s' % (self._model.__name__, _shown(key)),
                             model=self._model.__name__, value=key)
        if is_slice:
            return self._part(key.start or 0, key.stop)
        for result in self._part(key, key + 1).all():
            return result
        raise IndexError('%s.query[%d]: there are not so many results' % (self._model.__name__, key))

    def _part(self, start, stop):
        """Return the query for a part of what the limit leaves."""
        offset, count = self._window()
        left = None if count is None else max(0, count - start)
        wanted = None if stop is None else max(0, stop - start)
        sizes = [size for size in (left, wanted) if size is not None]
        return self.replace(limit=(offset + start, min(sizes) if sizes else None))

    def page(self, number, size, total=True):
        """Return one page of the results, for showing them page by page.

        :param number: which page, from 1
        :param size: how many results a page has
        :param bool total: count all results, too; that may take a call or more, and `total` and `pages` are None without
        :returns: `Page` with items, total, pages, has_next and cursor; without items past the end
        :raises QueryError: for numbers below 1, and behind a limit

        Example::

            page = User.query.order_by('-age').page(3, 20)
            page.items, page.pages, page.has_next
        """
        for what, value in (('number', number), ('size', size)):
            if not isinstance(value, six.integer_types) or isinstance(value, bool) or value < 1:
                raise QueryError('%s.query.page: the %s is a number from 1, you provided %s'
                                 % (self._model.__name__, what, _shown(value)), model=self._model.__name__, value=value)
        if self._limit is not None:
            raise QueryError('%s.query.page stands in the place of limit' % self._model.__name__, model=self._model.__name__)
        first = (number - 1) * size
        items = self.replace(limit=(first, size + 1)).all()
        counted = self.count(exact=True) if total else None
        return Page(self, items[:size], number, size, counted, len(items) > size)

    # -- places to go on from ------------------------------------------------------------------------------------------

    def cursor(self, entity):
        """Return a text for the place of an entity among the results, from which :meth:`after` goes on.

        It can stand in an URL, and holds the values that the results are sorted by, in the clear.

        :param entity: one of the results
        :returns: text
        :raises QueryError: behind `near`, and for an entity that has no place in the order

        Example::

            cursor = query.cursor(users[-1])
            query.after(cursor).limit(0, 20)
        """
        search = self.replace(behind=None, limit=None)._search()
        return cursors.to_cursor(search, self._position(search, entity))

    def after(self, place):
        """Only results behind a place, at the cost of a page however deep that is.

        :param place: text that :meth:`cursor` gave for the same filters and order; or an entity
        :returns: Query
        :raises QueryError: for a text that is of another query or was changed, and behind `near`

        Example::

            User.query.order_by('-age').after(request.args['after']).limit(0, 20)
        """
        query = self.replace(behind=None)
        search = query.replace(limit=None)._search()
        if isinstance(place, six.string_types):
            return query.replace(behind=cursors.to_position(search, place))
        return query.replace(behind=self._position(search, place))

    def _position(self, search, entity):
        if not isinstance(entity, self._model) or entity._rom.id is None:
            raise QueryError('%s.query: a place is that of a saved %s, you provided %s'
                             % (self._model.__name__, self._model.__name__, _shown(entity)), model=self._model.__name__)
        return cursors.position_in(search, self._model._rom_schema, entity)

    def _is_by_distance(self):
        return self._order_by is None and any(isinstance(part, Geofilter) for each in self._filters
                                              for part in (each.of if isinstance(each, Meant) else (each,)))

    # -- single rows ---------------------------------------------------------------------------------------------------

    def exists(self):
        """Whether there is any result, within the limit.

        :returns: bool

        Example::

            User.query.filter(name=u'ann').exists()
        """
        offset, count = self._window()
        return count != 0 and any(len(ids) > 0 for ids, _ in self._search().pages(offset, 1, None, 1))

    def one(self):
        """Return the only result.

        :returns: an entity, or what :meth:`select` says
        :raises NoResultFound: where there is none
        :raises MultipleResultsFound: where there are several

        Example::

            User.query.filter(name=u'ann').one()
        """
        found = self.one_or_none()
        if found is None:
            raise NoResultFound('%r has no result' % self, model=self._model.__name__)
        return found

    def one_or_none(self):
        """Return the only result; None where there is none.

        :returns: an entity, or what :meth:`select` says
        :raises MultipleResultsFound: where there are several

        Example::

            User.query.filter(name=u'ann').one_or_none()
        """
        found = self._part(0, 2).all()
        if len(found) > 1:
            raise MultipleResultsFound('%r has more than one result' % self, model=self._model.__name__)
        return found[0] if found else None

    def last(self):
        """Return the last result, within the limit.

        :returns: an entity, or what :meth:`select` says; None where there is none

        Example::

            User.query.order_by('age').last()
        """
        if self._window()[1] is None:
            # what goes on to the end has the last one of all, if it has any
            is_all = self._limit is None and self._behind is None
            return self.replace(limit=None, behind=None).reverse().first() if is_all or self.exists() else None
        found = self.all()
        return found[-1] if found else None

    def in_bulk(self, ids):
        """Return those of some rows that the query finds, by their ids.

        :param ids: list of ids
        :returns: dict of entities by id
        :raises QueryError: behind a limit
        :raises WrongArgument: for what is no list of ids

        Example::

            User.query.filter(active=True).in_bulk([3, 5, 8])      # {3: <User ...>}
        """
        if self._limit is not None:
            raise QueryError('%s.query.in_bulk: there is no limit to a choice by id' % self._model.__name__, model=self._model.__name__)
        if isinstance(ids, (six.text_type, bytes)) or not hasattr(ids, '__iter__'):
            raise WrongArgument('%s.query.in_bulk takes a list of ids, you provided %s' % (self._model.__name__, _shown(ids)),
                                model=self._model.__name__, value=ids)
        asked = sorted(set(self._model._rom_schema.as_id(id) for id in ids))
        query = self.replace(order_by=None, is_reversed=False, behind=None, select=None, has_distance=False)._and([Ids(tuple(asked))])
        return dict((entity._rom.id, entity) for entity in query.all()) if asked else {}
