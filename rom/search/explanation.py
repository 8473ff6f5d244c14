"""What `Query.explain` tells."""

import six

__all__ = ['Explanation']


@six.python_2_unicode_compatible
class Explanation(object):
    """How a query was answered.

    :ivar data: dict of plan, driver, filters (each kind, key and size), order, descending, keys,
        scanned, returned, calls and steps; each is an attribute as well

    Example::

        told = User.query.filter(age=5).explain()
        print(told)
        told.scanned        # how many index entries were looked at
    """

    _PLANS = {
        'rows': 'looks at the ids in the order of their numbers',
        'size': 'the size of %(driver)s is the answer',
        'ids': 'walks the ids in the order of their texts and asks the filters about each',
        'score': 'walks %(driver)s in its order',
        'common': 'takes what the sets have in common with %(driver)s, in its order',
        'sorted': 'has the server sort the ids of %(driver)s',
        'runs': 'walks the few words of %(driver)s that fit, all at once, by id',
        'near': 'looks at growing circles in %(driver)s',
        'gather': 'reads %(driver)s, the cheapest filter, and sorts what passes',
    }

    def __init__(self, name, data):
        self.name = name
        self.data = data

    def __getattr__(self, attr):
        try:
            return self.__dict__['data'][attr]
        except KeyError:
            raise AttributeError(attr)

    @property
    def probes(self):
        """Keys of the filters that are asked about ids, rather than read."""
        return [each['key'] or each['kind'] for each in self.data['filters'] if each['key'] != self.data['driver']]

    def __str__(self):
        data = self.data
        driver = data['driver'] or 'several keys'
        lines = [u'%s: %s' % (self.name, self._PLANS.get(data['plan'], data['plan']) % {'driver': driver})]
        for each in data['filters']:
            size = 'unknown' if each['size'] is None else 'at most %d' % each['size']
            use = 'read' if each['key'] == data['driver'] else 'asked'
            lines.append(u'  %s %s, rows: %s; %s' % (each['kind'], each['key'] or '', size, use))
        if data['order']:
            lines.append(u'  in %s order of %s' % ('descending' if data['descending'] else 'ascending', data['order']))
        lines.append(u'  %(scanned)d entries looked at, %(returned)d ids returned, in %(calls)d call(s)' % data)
        return u'\n'.join(lines)

    def __repr__(self):
        return '<Explanation %r>' % (self.data,)
