"""What `Query.explain` tells."""

import six
from six.moves import zip_longest

__all__ = ['Explanation', 'explained_filters', 'hints']


@six.python_2_unicode_compatible
class Explanation(object):
    """How a query was answered.

    :ivar data: dict of plan, driver, read (the number of the filter that is read), filters (each kind, key, size, what it was
        told as, and what it is made `of`), order, descending, further (columns that the order has beside the first), keys,
        expected (how many entries it was thought to look at), scanned (how many it did), returned, calls, steps and hints;
        each is an attribute as well

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
        'groups': 'goes along %(driver)s, and sorts what is equal there',
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
        driver = data['driver'] or ('a filter that no row has' if data['plan'] == 'size' else 'several keys')
        lines = [u'%s: %s' % (self.name, self._PLANS.get(data['plan'], data['plan']) % {'driver': driver})]
        for number, each in enumerate(data['filters'], 1):
            use = 'read' if number == data['read'] or each['key'] and each['key'] == data['driver'] else 'asked'
            lines.append(u'  %s; %s' % (_line(each), use))
            lines += _lines_of(each['of'], u'    ')
        if data['order']:
            further = u''.join(u', then %s' % name for name in data['further'])
            lines.append(u'  in %s order of %s%s' % ('descending' if data['descending'] else 'ascending', data['order'], further))
        expected = u'' if data['expected'] is None else u' (%d expected)' % data['expected']
        lines.append(u'  %d entries looked at%s, %d ids returned, in %d call(s)'
                     % (data['scanned'], expected, data['returned'], data['calls']))
        lines += [u'  hint: %s' % hint for hint in data['hints']]
        return u'\n'.join(lines)

    def __repr__(self):
        return '<Explanation %r>' % (self.data,)


#: how many parts of a filter are shown
MOST_PARTS = 8


def _line(each):
    size = 'unknown' if each['size'] is None else 'at most %d' % each['size']
    told = u'%s: ' % shortened(each['told']) if each['told'] else u''
    return u'%s%s, rows: %s' % (told, u' '.join(filter(None, [each['kind'], each['key']])), size)


def _lines_of(parts, indent):
    """Return the lines of what a filter is made of, to any depth."""
    lines = []
    for each in parts[:MOST_PARTS]:
        lines.append(indent + _line(each))
        lines += _lines_of(each['of'], indent + u'  ')
    return lines + [u'%sand %d more' % (indent, len(parts) - MOST_PARTS)] * (len(parts) > MOST_PARTS)


def explained_filters(made, sizes):
    """Return what an explanation has of filters, as list of dict.

    :param made: list of objects of the request
    :param sizes: list of the sizes that were reported, -1 for none; of what is made of others lists, their own size first
    """
    found = []
    for each, size in zip_longest(made, sizes):
        own, parts = (size[0], size[1:]) if isinstance(size, list) else (size, [])
        is_tree = each['kind'] in ('all', 'none') or each['kind'] == 'any' and 'is_tree' in each
        found.append({'kind': each['kind'], 'key': each.get('key'), 'size': None if own == -1 else own, 'told': each.get('told'),
                      'of': explained_filters(each['of'], parts) if is_tree else []})
    return found


def shortened(text):
    """Return a text without its middle, where it is long."""
    return text if len(text) <= 200 else u'%s ... %s' % (text[:120], text[-70:])


def hints(filters, schema=None):
    """Return what would be answered with less, as list of text.

    :param filters: list of objects of the request
    :param schema: `Schema` of the model; None where it is unknown
    """
    found = []
    if any(each['kind'] == 'rows' for each in filters):
        found.append(u'row after row is looked at, as nothing here is read from an index: add a condition without NOT and .is_null(), '
                     u'or order_by a column')
    for each in filters:
        column = schema.columns.get(each['column']) if schema and each['kind'] == 'words' else None
        text = u''.join([each['prefix']] + each.get('pattern', [])) if column is not None else u''
        if text.split() not in ([], [text]) and getattr(column._rom_index, 'is_full_text', False):
            found.append(u'%s has a blank in it, which no word of %s has: several words are found by .search()' % (
                each.get('told') or u'what is asked of ' + each['column'], column.where))
        if each['kind'] == 'words' and each['prefix'] == u'' and each.get('pattern'):
            is_declared = column is not None and column._suffix
            found.append(u'%s begins with a wildcard, and no index is made for that: %s there is .endswith(), with '
                         u'FULL_TEXT words are found by .has_word() and .search()' % (
                             each.get('told') or u'a pattern of ' + each['column'],
                             u'with its suffix=True' if is_declared else u'with suffix=True'))
    return found
