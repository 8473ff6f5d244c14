"""Searches: filters, order and limit become one request to ``search.lua``, its replies ids and rows.

One call answers whatever fits a page. Results of many thousand rows, scans of many thousand index
entries, lists of many thousand values and the nearest many thousand places are cut into several
calls, none of which holds the server for long; between these, other writers may change what is
found. What is found in one call is of one moment.
"""
import heapq
import uuid

import six

from ..exceptions import QueryError
from ..storage import keys, searches
from ..storage.commands import as_str
from ..storage.reads import ROWS_PER_READ
from ..values.codecs import _shown
from ..values.filter_forms import Prefix
from .cursors import only_behind
from .explanation import explained_filters, hints
from .groups import Group
from .loops import Loop
from .orders import sorted_ids
from .request import Translator, drives, leaves, not_to_drive, pieces

__all__ = ['Search']


#: what one call may cost the server, in microseconds, roughly
STEPS_PER_CALL = 20000

MOST_SECONDS = 10 ** 12  # Redis refuses what leads beyond the end of its clock, and a key without an end would stay
#: how many parts of a list one call takes
PARTS_PER_CALL = 2000

#: how long a list may be that is asked for beside a longer one
PARTS_BESIDE = 100


# -- searches --------------------------------------------------------------------------------------------------------

class Search(object):
    """One search: filters, all of which are meant, and an order.

    :param connection: redis-py client
    :param namespace: text
    :param filters: list of filters, as :mod:`rom.values.filter_forms` describes them
    :param order_by: name of a column, ``'-'`` before it for descending, or an `Order`; None: the distance, or the
        last numeric filter, or the id as text
    :param schema: `Schema` of the model; None where it is unknown
    :param explain: whether `explained` will be asked for; a list of text or None: what the filters are told as
    :param behind: dict, the position behind which results begin, see `rom.search.cursors`; None: at the first
    :raises QueryError: for what is no filter, and for too many

    Example::

        search = Search(connection, 'User', [('age', 18, None)], '-age', User._rom_schema)
        for ids, rows in search.pages(count=20, fields=[b'name']):
            ...
    """

    def __init__(self, connection, namespace, filters, order_by=None, schema=None, explain=False, behind=None):
        self.connection = connection
        self.namespace = namespace
        self.reports = []
        self._given, self._schema, self._behind = filters, schema, behind
        self._order_by, self._order = order_by, None if order_by is None or isinstance(order_by, six.string_types) else order_by
        self._translator = Translator(namespace, schema, explain)
        self._counter = keys.counter(namespace, schema.pk if schema else 'id')
        filters = self._with_driver(self._translator.translate_all(filters), order_by) if filters else []
        self.request = {'namespace': namespace, 'filters': list(filters), 'steps': STEPS_PER_CALL}
        if schema:
            self.request['highest'] = self._counter
        if explain is not False:
            self.request['explain'] = True
        self._filters = filters
        self._set_order(order_by)
        self._set_apart()

    def measure(self):
        """Have distances told, by id in `distances`."""
        self.request['distances'], self.distances = True, {}

    @property
    def is_apart(self):
        """bool: whether lists in it are asked for by themselves."""
        return bool(self._apart)

    @property
    def counted(self):
        """dict: the request for all rows, in whatever order: that matters only where it leaves out rows."""
        made = dict(self.request, skip=0)
        if not self._order_by or self._is_default_order():
            made['filters'] = self._filters
            made.pop('order', None)
        return made

    def call(self, request):
        """Ask once."""
        return self._call(request)

    def of_rows(self, filters):
        """Return a search by other filters, in the same rows."""
        return type(self)(self.connection, self.namespace, filters, None, self._schema)

    def that_have(self, name):
        """Return a search for those of its rows that have a number in an index."""
        return type(self)(self.connection, self.namespace, list(self._given) + [(name, None, None)], self._order_by, self._schema)

    def key_of(self, name, kind='idx'):
        """Return the key of an index."""
        return self._translator.key(name, kind)

    def end_of(self, name, is_last):
        """Return (the first or last number of an index,), (None,) of an empty one; None where it is none."""
        return searches.end_of(self.connection, self.key_of(name), is_last)

    @property
    def order(self):
        """`Order`, where it is none that 1.1.2 has."""
        return self._order

    def identity(self):
        """Return what tells this search from all others, as JSON takes it."""
        return [self.namespace, [self.request.get(name) for name in ('filters', 'order', 'descending', 'sort')]]

    def name_of(self, key):
        """Return the name by which a query asks for an index."""
        return keys.name_and_kind(key[len(keys.start(self.namespace)):])[0]

    def _with_driver(self, filters, order_by):
        """Return filters with one that can be read among them: where all only ask about rows, all rows are."""
        if any(map(drives, filters)):
            return filters
        name = not_to_drive(filters)
        if name:
            raise QueryError("%s == '': no index has empty texts; beside a condition that an index answers, each row is asked" % name,
                             model=self.namespace, columns=(name.rpartition('.')[2],), value=u'')
        return filters if order_by and not self._is_default_order() else filters + [self._translator.rows()]

    def _is_default_order(self):
        return self._order is not None and self._order.parts is None

    def _set_apart(self):
        """Which lists are too long for one call: they are asked for in pieces, and, of several, each by itself."""
        lists = [(place, each) for place, each in enumerate(self.request['filters']) if _is_list(each)]
        self._apart = []
        if not lists:
            return
        self.request['lists'] = len(lists) > 1
        long = [place for place, each in lists if len(pieces(each, PARTS_PER_CALL)) > 1]
        self._apart = [place for place, each in lists if place in long or long and len(each.get('of', ())) > PARTS_BESIDE]

    def _set_order(self, order_by):
        filters, order = self.request['filters'], self._order
        if order:
            self.request['sort'] = order.request(self._translator)
            self.request['descending'] = order.parts is None or order.parts[0].is_down
        if order and order.is_alphabetical:
            self.request['order'] = self._place_of(self._translator.translate(Prefix(order.parts[0].name, u'')), 'prefix')
            return
        if order and order.parts:
            key = self._translator.key(order.parts[0].name)
        elif order_by and not order:
            key = self._translator.key(order_by.lstrip('-'))
            self.request['descending'] = order_by.startswith('-')
        else:
            place = self._deciding_filter()
            if place is None:
                return
            if filters[place]['kind'] not in ('any', 'numbers'):
                self.request['order'] = place + 1
                return
            key = leaves([filters[place]])[0]['key']
        self.request['order'] = self._place_of({'kind': 'range', 'key': key, 'low': u'-inf', 'high': u'+inf'}, 'low')

    def _place_of(self, wanted, narrowed):
        """Return the number of the filter that asks an index, `narrowed` or not; it is added where there is none."""
        filters = self.request['filters']
        for place in reversed(range(len(filters))):
            each = filters[place]
            if each['kind'] == wanted['kind'] and each['key'] == wanted['key'] and narrowed in each and 'pattern' not in each:
                return place + 1
        filters.append(wanted)
        return len(filters)

    def _deciding_filter(self):
        """Place of the filter that gives the order where none was asked for: distance, else the last number."""
        found = None
        for place, each in enumerate(self.request['filters']):
            kind = each['kind']
            if kind == 'set' or 'inside' in each:
                continue
            if kind == 'any' and 'of' in each and _is_list(each):
                kinds = set(part['kind'] for part in each['of'])
                kind = 'range' if kinds and kinds <= {'range', 'numbers'} else kind
            if kind == 'near' or kind in ('range', 'numbers') and (found is None or self.request['filters'][found]['kind'] != 'near'):
                found = place
        return found

    def _call(self, request):
        reply = searches.ask(self.connection, self._counter, request)
        if 'distances' in request and reply.scores:
            self.distances.update((int(id), float(score[0] if isinstance(score, list) else score)) for id, score in zip(reply.ids, reply.scores))
        if reply.report:
            self.reports.append(reply.report)
        if reply.state == 'long':
            raise QueryError('%s.%s.like: a word of a row is too long for a pattern with ? or !; use * in their place, or fewer '
                             'of them' % (self.namespace, as_str(reply.ids)), model=self.namespace, columns=(as_str(reply.ids),))
        if reply.state == 'crowded':
            for each in leaves(self.request['filters']):
                self._find_last(each)
            reply = self._call(request)
            # the report of the answer comes first, as `explained` tells its plan
            self.reports[:0] = [self.reports.pop()] if self.reports else []
        return reply

    def _find_last(self, near):
        """Replace the `count` of a near filter that takes the server too long, by the last of its places."""
        count = near.pop('count', None)
        if count is None:
            return
        near_alone = dict(self.request, filters=[dict(near)], order=1, descending=False, mode='parts')
        near_alone.pop('sort', None)
        places = heapq.nsmallest(count, ((away, id) for id, away in self._parts(near_alone)))
        if len(places) == count:
            away, id = places[-1]
            near['last'] = {'score': '%.17g' % away, 'id': as_str(id)}
            # hardly more than up to there, but by no rounding less
            near['radius'] = min(near['radius'], away * 1.001 + .001)

    def _requests(self, place, **more):
        """Return the requests that find everything for a list, in pieces, and all other filters that are not asked apart."""
        filters, order = self.request['filters'], self.request.get('order')
        kept = [each for each in range(len(filters)) if each == place or each not in self._apart]
        if order:
            more['order'] = kept.index(order - 1) + 1
        more['lists'] = False
        for piece in [None] if place is None else pieces(filters[place], PARTS_PER_CALL):
            yield dict(self.request, filters=[piece if each == place else filters[each] for each in kept], skip=0, **more)

    def pages(self, skip=0, count=None, fields=None, first=ROWS_PER_READ):
        """Return the ids in order, with rows as far as they came along.

        :param skip: how many to leave out
        :param count: how many at most; None: all
        :param fields: columns of the rows to return, as bytes; None: no rows
        :param first: how many rows to ask for in one call
        :returns: generator of (list of ids as the client gives them: bytes or text, list of rows for the first of
            them: values in the order of the fields, or None where the row is gone)
        """
        if self._apart:
            ids = only_behind(self._behind, dict(self._all_parts()), self._in_order)
            yield ids[skip:None if count is None else skip + count], []
            return
        request = dict(self.request, mode='page', skip=skip, rows=first, wants_rest=count is None or count > first)
        if fields is not None:
            request['fields'] = [field.decode('utf-8') for field in fields]
        if self._behind:
            request['after'] = dict(self._behind, skip=skip, is_fresh=True)
        loop = None
        try:
            while count is None or count > 0:
                request['count'] = first if count is None else min(first, count)
                reply = self._call(request)
                if reply.state == 'apart':
                    for page in self._with_lists_apart().pages(skip, count):
                        yield page
                    return
                if loop is None and reply.after is not None and reply.state != 'part' and (
                        count is None or reply.state == 'group' or len(reply.ids) < count):
                    loop = Loop(self.connection, self.namespace, reply.counter)
                    loop.begin()
                for ids, rows in self._found(request, reply, count, fields):
                    ids, rows = loop.choose(ids, rows, reply.counter, count) if loop else (ids[:count], rows)
                    yield ids, rows
                    count = None if count is None else count - len(ids)
                if reply.after is None:
                    break
                request['after'] = reply.after
            if loop and not skip and (count is None or count > 0):
                yield self._passed_by(loop)[:count], []
        finally:
            if loop:
                loop.end()

    def _found(self, request, reply, count, fields):
        """Yield (ids, rows) of a reply, and of the calls that it takes to sort what it has begun with."""
        if reply.state == 'group':
            group = Group(self, reply, request.get('after'))
            for page in group.pages(count, fields, request['rows']):
                yield page
            reply.after = group.end
        elif reply.state == 'part':
            # behind a page there are only those that follow it
            left_out = request['after'].get('skip', 0) if 'after' in request else request['skip']
            yield self._in_order(self._parts(request, reply))[left_out:], []
            reply.after = None
        else:
            yield reply.ids, reply.rows

    def _passed_by(self, loop):
        """Return the ids that the loop has moved behind the place reached before they were given, in order."""
        waiting = loop.passed_by()
        return [id for id in self._in_order(self._all_parts()) if int(id) in waiting] if waiting else []

    def _in_order(self, parts):
        """Return the ids of parts, each once, sorted."""
        found = dict(parts)
        if self._order:
            return sorted_ids(found, self.request)
        sign = -1 if self.request.get('descending') else 1
        return sorted(found, key=lambda id: (sign * found[id], id))

    def _parts(self, request, reply=None):
        """(id, score) of all that is found by a request whose replies, of which one may be there, come in parts."""
        reply = reply or self._call(request)
        while True:
            for id, score in zip(reply.ids, reply.scores):
                yield id, score if 'sort' in request else float(score)
            if reply.after is None:
                return
            reply = self._call(dict(request, after=reply.after))

    def _all_parts(self):
        """(id, score) of all that is found. Of several lists each is asked for, and what they have in common is taken."""
        found = None
        for place in self._apart or [None]:
            pairs = dict(pair for request in self._requests(place, mode='parts') for pair in self._parts(request))
            found = pairs if found is None else dict((id, pairs[id]) for id in found if id in pairs)
            if not found:
                break
        return found.items()

    def _with_lists_apart(self):
        """Return this search, set to ask for each list by itself, as the server has said is better."""
        self._apart = [place for place, each in enumerate(self.request['filters']) if _is_list(each)]
        return self

    def all_ids(self):
        """Return the ids of all rows as a set of int, in as few calls as that takes."""
        return set(int(id) for id, _ in self._all_parts())

    def count(self, skip=0, count=None):
        """How many rows there are; the limit is of no consequence, as in 1.1.2.

        :returns: int
        """
        if len(self.request['filters']) == 1:
            size = searches.size_of(self.connection, self.request['filters'][0])
            if size is not None:
                return size
        if self._apart:
            return len(self._all_parts())
        request = dict(self.counted, mode='count')
        reply = self._call(request)
        if reply.state == 'apart':
            return self._with_lists_apart().count()
        counted = 0
        while reply.state == 'count':
            counted += int(reply.ids)
            if reply.after is None:
                return counted
            reply = self._call(dict(request, after=reply.after))
        return len(self._all_parts()) if reply.state == 'shrunk' else len(dict(self._parts(request, reply)))

    def store(self, seconds):
        """Put all ids into a sorted set that expires.

        :param seconds: int, how long it lives; QueryError for more than Redis can count
        :returns: text, its key
        """
        if seconds > MOST_SECONDS:
            raise QueryError('Ids are kept for at most %d seconds, you gave %s' % (MOST_SECONDS, _shown(seconds)), model=self.namespace,
                             value=seconds)
        key = keys.results(self.namespace, uuid.uuid4())
        if len(self._apart) > 1 or self._order:
            self._store_parts(key, seconds)
            return key
        for request in self._requests(self._apart[0] if self._apart else None, mode='store', into=key, seconds=seconds):
            request['lists'] = 'lists' in self.request and self.request['lists'] and not self._apart
            reply = self._call(request)
            if reply.state == 'apart':
                return self._with_lists_apart().store(seconds)
            while reply.after is not None:
                reply = self._call(dict(request, after=reply.after))
        return key

    def _store_parts(self, key, seconds):
        sign = -1 if self.request.get('descending') else 1
        if self._order:
            pairs = list(enumerate(self._in_order(self._all_parts())))
            pairs = [(id, sign * place) for place, id in pairs]
        else:
            pairs = sorted(self._all_parts())
        for first in range(0, len(pairs), ROWS_PER_READ):
            block = [(id, sign * score) for id, score in pairs[first:first + ROWS_PER_READ]]
            searches.keep(self.connection, key, block, seconds)

    def explained(self):
        """Tell as a dict what the calls so far were planned as, and what they took."""
        first = self.reports[0] if self.reports else {}
        planned = next((report for report in self.reports if report.get('plan')), first)  # a list that is asked apart has one later
        filters = explained_filters(self.request['filters'], first.get('sizes') or [])
        order = self.request.get('order')
        return {
            'plan': planned.get('plan'), 'driver': planned.get('driver'), 'read': first.get('read'), 'filters': filters,
            'order': filters[order - 1]['key'] if order and filters else None,
            'further': [u'-' * part.is_down + part.name for part in (self._order and self._order.parts or ())[1:]],
            'descending': bool(self.request.get('descending')), 'keys': [each['key'] for each in leaves(self.request['filters']) if 'key' in each],
            'expected': first.get('expected'), 'scanned': sum(report['scanned'] for report in self.reports),
            'steps': sum(report['steps'] for report in self.reports), 'calls': len(self.reports),
            'hints': hints(self.request['filters'], self._schema),
        }


def _is_list(item):
    """Whether a filter is one for a list of values, each of which is asked for by itself."""
    kind = item['kind']
    return kind in ('any', 'numbers') and (kind == 'any' and 'is_tree' not in item or len(pieces(item, PARTS_PER_CALL)) > 1)
