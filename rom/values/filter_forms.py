"""The forms that a filter has, as 1.1.2 keeps them in a query. PURE.

A filter is one of

- ``'col:word'``: rows with that word
- ``('col', low, high)``: rows whose number lies between, ends included; ``None`` is an open end,
  ``'(5'`` an end that is not included
- :class:`Prefix`, :class:`Suffix`, :class:`Pattern`, :class:`Geofilter`
- a list: rows that any of its filters has; a list in a list: rows that all of its filters have

and, beyond 1.1.2, :class:`Any`, :class:`All`, :class:`Not`, :class:`Null`, :class:`Empty`, and :class:`Meant`, which says how
a program wrote it.
"""
from collections import namedtuple

from .showing import function_name, short

__all__ = ['ALLOWED_DIST', 'All', 'Any', 'Empty', 'GeoIndex', 'Geofilter', 'Ids', 'Meant', 'NOT_NULL', 'Not', 'Null', 'Pattern', 'Prefix',
           'Suffix']


class Prefix(namedtuple('Prefix', 'attr prefix')):
    """Rows with a word that begins so; what `Query.startswith` makes.

    :param attr: name of a column with `prefix=True`
    :param prefix: text

    Example: ``rom.Prefix('name', u'an')``
    """

    __slots__ = ()


class Suffix(namedtuple('Suffix', 'attr suffix')):
    """Rows with a word that ends so; what `Query.endswith` makes.

    :param attr: name of a column with `suffix=True`
    :param suffix: text

    Example: ``rom.Suffix('email', u'.org')``
    """

    __slots__ = ()


class Pattern(namedtuple('Pattern', 'attr pattern')):
    """Rows with a word that begins with a pattern; what `Query.like` makes.

    :param attr: name of a column with `prefix=True`
    :param pattern: text, as `Query.like` takes it

    Example: ``rom.Pattern('name', u'a*n')``
    """

    __slots__ = ()


class Geofilter(namedtuple('Geofilter', 'name lon lat radius measure count')):
    """Rows near a point; what `Query.near` makes.

    :param name: name of a GeoIndex
    :param lon: float, degrees
    :param lat: float, degrees
    :param radius: float
    :param measure: its unit: 'm', 'km', 'mi' or 'ft'
    :param count: only so many of the nearest; None: all

    Example: ``rom.index.Geofilter('place', 8.57, 50.03, 100, 'km', None)``
    """

    __slots__ = ()


class GeoIndex(namedtuple('GeoIndex', 'name callback')):
    """An index of places, for the `geo_index` of a model; :meth:`rom.query.Query.near` asks it.

    :param name: text, the name of the index
    :param callback: callable(row) -> ``{'lon': number, 'lat': number}`` in degrees, or a list of one; None or
        an empty list for a row that has no place. A row gives its columns as attributes and as items.

    Example::

        class Airport(rom.Model):
            lat = rom.Float(required=True)
            lon = rom.Float(required=True)
            geo_index = [rom.GeoIndex('place', lambda row: {'lon': row.lon, 'lat': row.lat})]
    """

    __slots__ = ()

    def __repr__(self):
        return 'GeoIndex(name=%s, callback=%s)' % (short(self.name), function_name(self.callback))


class Any(namedtuple('Any', 'of')):
    """Rows that any of some filters has; unlike a list it gives no order.

    :param of: tuple of filters
    """

    __slots__ = ()


class All(namedtuple('All', 'of')):
    """Rows that all of some filters have.

    :param of: tuple of filters
    """

    __slots__ = ()


class Not(namedtuple('Not', 'part')):
    """Rows that a filter does not have.

    :param part: a filter
    """

    __slots__ = ()


class Null(namedtuple('Null', 'field')):
    """Rows without a field.

    :param field: name of a column
    """

    __slots__ = ()


class Empty(namedtuple('Empty', 'name field')):
    """Rows with an empty field: no index has them.

    :param name: text, what was asked, for messages: ``User.name``
    :param field: name of a column
    """

    __slots__ = ()


class Ids(namedtuple('Ids', 'ids')):
    """Rows with certain ids.

    :param ids: tuple of int
    """

    __slots__ = ()


class Meant(namedtuple('Meant', 'condition of')):
    """Rows that all of some filters have, which is what a condition means.

    :param condition: whatever tells as text how a program wrote it
    :param of: tuple of filters
    """

    __slots__ = ()


#: as a value of `filter` on a reference: rows that have one
NOT_NULL = (None, None)

#: units of distance
ALLOWED_DIST = ('m', 'km', 'mi', 'ft')
