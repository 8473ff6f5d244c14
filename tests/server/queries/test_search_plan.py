# -*- coding: utf-8 -*-
"""How searches are answered: every plan gives the same, in one call for a page, without writing, at the page's cost."""
import math
import os
import re
import time

import pytest
import redis

import servers
from rom import FULL_TEXT, IDENTITY, IDENTITY_CI, SIMPLE, Boolean, Float, GeoIndex, Integer, Model, PrimaryKey, Text, session, util
from rom.search import search as searches, without
from rom.storage import searches as asked
from rom.storage.scripts import Script

WORDS = [u'alpha', u'beta', u'al', u'alphabet', u'alphabetagamma', u'alphabetagammb', u'é', u'éa', u'zz', u'日本',
         u'日本語テスト', u'a', u'b', u'abcdefgh', u'abcdefgi']
STEPS = int(os.environ.get('ROM_TEST_STEPS', 40))


@pytest.fixture
def Row():
    class Row(Model):
        i = Integer(index=True)
        f = Float(index=True)
        b = Boolean(index=True)
        t = Text(index=True, keygen=FULL_TEXT, prefix=True, suffix=True)
        s = Text(index=True, keygen=IDENTITY_CI, prefix=True, suffix=True)
        o = Text(index=True, keygen=SIMPLE)
        lon = Float()
        lat = Float()
        geo_index = [GeoIndex('g', lambda row: {'lon': row.lon, 'lat': row.lat} if row.lon is not None else None)]
    return Row


def set_sizes(monkeypatch, chunk, steps, runs=32, absent=()):
    """Search in small pieces: `chunk` entries at once, `steps` per call; `runs` words count as few."""
    text = Script('search').text
    for before, after in ((b'local CHUNK = 1000', b'local CHUNK = %d' % chunk),
                          (b'MOST_RUNS, SAMPLES = 32', b'MOST_RUNS, SAMPLES = %d' % runs),
                          (b'local absent = {}', b'local absent = {%s}' % b','.join(b'%s=true' % each for each in absent))):
        assert text.count(before) == 1
        text = text.replace(before, after)
    monkeypatch.setattr(asked, '_search', Script('search', text))
    monkeypatch.setattr(searches, 'STEPS_PER_CALL', steps)


# -- against plain Python --------------------------------------------------------------------------------------------

def distance(values):
    """Metres from (1, 1)."""
    one, other = math.radians(1), math.radians(values['lat'])
    up, along = math.sin((other - one) / 2), math.sin(math.radians(values['lon'] - 1) / 2)
    return 2 * 6372797.560856 * math.asin(math.sqrt(up * up + math.cos(one) * math.cos(other) * along * along))


def words_of(column, values):
    return set((values[column] or u'').lower().split()) if column == 't' else set([(values['s'] or u'').lower()]) - {u''}


class Oracle(object):
    """Rows as dicts, and filters as pairs: what a query is told, and which dicts it means."""

    def __init__(self, model, rng):
        self.model, self.rng, self.rows = model, rng, {}

    def values(self):
        some = lambda value: value if self.rng.random() < .9 else None
        rng = self.rng
        return dict(
            i=some(rng.randint(-3, 8)), f=some(rng.choice([rng.random(), .5, 1e300, -0.0, float('inf'), -float('inf')])),
            b=some(rng.random() < .3), t=some(u' '.join(rng.sample(WORDS, rng.randint(1, 4)))),
            s=some(rng.choice(WORDS) + rng.choice([u'', u' X', u'1', u'2'])), o=some(rng.choice(WORDS)),
            lon=rng.choice([None, 1.0, 1.01, rng.uniform(-2, 2)]), lat=rng.choice([1.0, 1.01, rng.uniform(-2, 2)]))

    def change(self, count):
        """Insert, update and delete rows."""
        for _ in range(count):
            kind = self.rng.random()
            if kind < .15 and self.rows:
                id = self.rng.choice(sorted(self.rows))
                self.model.get(id).delete()
                del self.rows[id]
            elif kind < .3 and self.rows:
                id, values = self.rng.choice(sorted(self.rows)), self.values()
                self.model.get(id).update(**values).save()
                self.rows[id] = values
            else:
                values = self.values()
                entity = self.model(**values)
                entity.save()
                self.rows[entity.id] = values
        session.rollback()

    def number_filter(self):
        rng = self.rng
        kind = rng.choice(['range', 'equal', 'list', 'float', 'sort'])
        if kind == 'equal':
            value = rng.randint(-3, 8)
            return lambda q: q.filter(i=value), lambda v: v['i'] == value, 'i'
        if kind == 'list':
            chosen = [rng.randint(-3, 8) for _ in range(rng.randint(1, 3))]
            return lambda q: q.filter(i=chosen), lambda v: v['i'] in chosen, 'i'
        if kind == 'sort':
            start = rng.choice(WORDS)
            return (lambda q: q.filter(o=(start, None)),
                    lambda v: v['o'] is not None and self.score(v, 'o') >= start.encode('utf-8')[:7], 'o')
        column = 'i' if kind == 'range' else 'f'
        low, high = rng.choice([(0, 3), (None, 2), (4, None), (5, 2)] if column == 'i' else
                               [(None, .5), (.5, None), (.2, .7), (.5, .5), (-float('inf'), 0), (0, float('inf'))])
        return (lambda q: q.filter(**{column: (low, high)}),
                lambda v: v[column] is not None and (low is None or v[column] >= low) and (high is None or v[column] <= high),
                column)

    def word_filter(self):
        rng = self.rng
        kind = rng.choice(['flag', 'word', 'phrase', 'any', 'whole'])
        if kind == 'flag':
            flag = rng.random() < .5
            return lambda q: q.filter(b=flag), lambda v: v['b'] is flag, None
        if kind == 'word':
            word = rng.choice(WORDS)
            return lambda q: q.filter(t=word), lambda v: word in words_of('t', v), None
        if kind == 'whole':
            word = rng.choice(WORDS)
            return lambda q: q.filter(s=word), lambda v: word in words_of('s', v), None
        phrases = [rng.sample(WORDS, rng.randint(1, 2)) for _ in range(1 if kind == 'phrase' else 3)]
        given = [u' '.join(phrase) for phrase in phrases]
        return (lambda q: q.filter(t=given[0].upper() if kind == 'phrase' else given),
                lambda v: any(set(phrase) <= words_of('t', v) for phrase in phrases), None)

    def affix_filter(self):
        rng, word = self.rng, self.rng.choice(WORDS)
        column, kind = rng.choice('ts'), rng.choice(['start', 'starts', 'end', 'like'])
        if kind == 'end':
            end = word[-rng.randint(1, len(word)):]
            return (lambda q: q.endswith(**{column: end}),
                    lambda v: any(each.endswith(end) for each in words_of(column, v)), None)
        if kind == 'like':
            pattern = list(word)
            for _ in range(rng.randint(1, 3)):
                place = rng.randint(0, len(pattern))
                pattern[place:place + rng.randint(0, 1)] = rng.choice(u'?*+!')
            pattern = u''.join(pattern)
            wild = {u'?': u'.?', u'*': u'.*', u'+': u'.+', u'!': u'.'}
            regex = re.compile(u''.join(wild.get(each) or re.escape(each) for each in pattern), re.DOTALL)
            return (lambda q: q.like(**{column: pattern}),
                    lambda v: any(regex.match(each) for each in words_of(column, v)), None)
        starts = [word[:rng.randint(0, len(word))]] + ([rng.choice(WORDS)] if kind == 'starts' else [])
        return (lambda q: q.startswith(**{column: starts}),
                lambda v: any(each.startswith(tuple(starts)) for each in words_of(column, v)), None)

    def near_filter(self):
        radius = self.rng.choice([1, 50, 150, 400])
        return (lambda q: q.near('g', 1.0, 1.0, radius, 'km'),
                lambda v: v['lon'] is not None and distance(v) <= radius * 1000, 'near')

    @staticmethod
    def score(values, column):
        if column == 'near':
            # what is stored has been rounded by the geohash
            return round(distance(values), -1)
        if column == 'o' and values['o'] is not None:
            return values['o'].encode('utf-8')[:7]
        return values[column]

    def question(self):
        """A query, the ids it means in order, and what decides the order."""
        query, tests, order = self.model.query, [], None
        for _ in range(self.rng.choice([1, 1, 2, 2, 3])):
            make = self.rng.choice([self.number_filter, self.word_filter, self.affix_filter, self.near_filter])
            add, test, decides = make()
            query = add(query)
            tests.append(test)
            if decides and order != 'near':
                order = decides
        descending = False
        if self.rng.random() < .4:
            order, descending = self.rng.choice('ifo'), self.rng.random() < .5
            query = query.order_by('-' + order if descending else order)
        found = sorted((id for id, values in self.rows.items() if all(test(values) for test in tests)), key=str)
        if order:
            found = [id for id in found if self.score(self.rows[id], order) is not None]
            found.sort(key=lambda id: self.score(self.rows[id], order), reverse=descending)
        return query, found, order


def check(oracle, connection, query, expected, order):
    ids = lambda results: [entity.id for entity in results]
    if order == 'near':
        # places that are nearly as far away may change places
        place = lambda found: [oracle.score(oracle.rows[id], 'near') for id in found]
        found = ids(query.all())
        assert sorted(found) == sorted(expected)
        assert all(abs(one - other) <= 20 for one, other in zip(place(found), place(expected)))
        expected = found
    assert query.count() == len(expected)
    assert ids(query.all()) == expected
    for offset, count in ((0, 1), (0, 5), (3, 4), (len(expected) // 2, 7), (len(expected), 3), (2, None)):
        end = None if count is None else offset + count
        assert ids(query.limit(offset, count).all()) == expected[offset:end]
    for page in (1, 3, 20):
        assert ids(query.iter_result(pagesize=page)) == expected
    first = query.first()
    assert (first and first.id) == (expected[0] if expected else None)
    assert [row['id'] for row in query.select('i', include_pk=True).all()] == expected
    key = query.cached_result(30)
    assert [int(id) for id in connection.zrange(key, 0, -1)] == expected
    connection.delete(key)


def info(connection):
    """The version of Redis that a server has the commands of."""
    return tuple(int(part) for part in connection.info('server')['redis_version'].split('.')[:2])


NEW = (b'SMISMEMBER', b'ZMSCORE', b'GEOSEARCH', b'ZINTER', b'SORT_RO', b'SINTERCARD')


@pytest.mark.parametrize('descending', [False, True])
@pytest.mark.parametrize('more', [{}, {'t': u'even'}], ids=['one set', 'two sets'])
def test_a_page_of_sets_in_an_order_is_found_by_the_server(rom_connection, descending, more):
    """Ties by id as text, rows without a number left out, and pages that go on behind the first."""
    Thing = type('Thing', (Model,), dict(s=Text(index=True, keygen=IDENTITY), n=Integer(index=True),
                                            t=Text(index=True, keygen=FULL_TEXT)))
    for number in range(1, 2001):
        Thing(s=u'x%d' % (number % 40), n=None if number % 3 == 0 else number % 7 - 3, t=u'even' if number % 2 == 0 else u'odd')
    session.commit()
    expected = [(n, id) for n, id in ((number % 7 - 3, str(number)) for number in range(1, 2001)
                                     if number % 40 == 8 and number % 3)]
    expected = [int(id) for n, id in sorted(expected, key=lambda pair: (-pair[0] if descending else pair[0], pair[1]))]
    query = Thing.query.filter(s=u'x8', **more).order_by('-n' if descending else 'n')
    if info(rom_connection) >= (6, 2) and not more:
        assert query.limit(0, 10).explain().plan == 'common'
    assert [thing.id for thing in query.limit(0, 10).all()] == expected[:10]
    assert [thing.id for thing in query.limit(5, 10).all()] == expected[5:15]
    assert [thing.id for thing in query.all()] == expected == [thing.id for thing in query.iter_result(pagesize=4)]


def test_a_page_of_one_set_is_sorted_by_the_server(rom_connection):
    Thing = type('Thing', (Model,), dict(s=Text(index=True, keygen=IDENTITY)))
    for number in range(1, 1001):
        Thing(s=u'x%d' % (number % 10))
    session.commit()
    query, expected = Thing.query.filter(s=u'x3'), sorted(range(3, 1001, 10), key=str)
    if info(rom_connection) >= (7, 0):
        assert query.limit(0, 10).explain().plan == 'sorted'
    assert [thing.id for thing in query.limit(0, 10).all()] == expected[:10]
    assert [thing.id for thing in query.limit(95, 10).all()] == expected[95:]
    assert [thing.id for thing in query.all()] == expected == [thing.id for thing in query.iter_result(pagesize=7)]


@pytest.fixture(scope='module')
def named():
    """(number of rows, {id: word}): two in three rows begin with 'al', which are many words; three rows are odd."""
    words = dict((id, u'al%d' % (id * 7919 % 3001) if id % 3 else u'be') for id in range(1, 3001))
    words.update({10: u'al\x001', 1000: u'al\x00100\n5', 1003: u'al\x0010'})
    return len(words), words


@pytest.fixture
def Named(named):
    Named = type('Named', (Model,), dict(s=Text(index=True, keygen=IDENTITY, prefix=True, suffix=True), w=Text(index=True, keygen=IDENTITY)))
    for id in range(1, named[0] + 1):
        Named(s=named[1][id], w=u'w%d' % (id % 5))
    session.commit()
    session.rollback()
    return Named


def ids(entities):
    return [entity.id for entity in entities]


def check_first_pages(Named, words):
    expected = sorted((id for id, word in words.items() if word.startswith(u'al')), key=str)
    query = Named.query.startswith(s=u'al')
    for offset, count in ((0, 1), (0, 20), (5, 20), (40, 1), (0, 100), (1000, 30), (1990, 50)):
        assert ids(query.limit(offset, count).all()) == expected[offset:offset + count]
    some = [id for id in expected if id % 5 in (2, 3)]
    assert ids(query.filter(w=[u'w2', u'w3']).limit(3, 15).all()) == some[3:18]
    assert ids(Named.query.endswith(s=u'7').limit(0, 9).all()) == sorted(
        (id for id, word in words.items() if word.endswith(u'7')), key=str)[:9]
    return query


def test_first_pages_by_id_leave_the_others_in_the_index(Named, named, monkeypatch):
    """Only entries of ids that begin as the first ones do are taken apart; words may hold what looks like an id."""
    text = Script('search').text
    # walking would be as good here
    gathering = text.replace(b'if walk and walk.cost <= most', b'if false and walk.cost <= most')
    monkeypatch.setattr(asked, '_search', Script('search', gathering))
    told = check_first_pages(Named, named[1]).limit(0, 20).explain()
    assert told.plan == 'gather' and told.scanned >= 2000 and told.steps < 0.7 * told.scanned
    assert text.count(b'each * count_beginning(beginning) > most') == 1
    too_few = gathering.replace(b'each * count_beginning(beginning) > most', b'beginning < 1e5 and 1e9 > most')
    monkeypatch.setattr(asked, '_search', Script('search', too_few))
    check_first_pages(Named, named[1])


def test_first_pages_by_id_when_the_first_rows_are_gone(Named, named, connection):
    """There are fewer that begin so than by chance: then all are taken."""
    words = dict(named[1])
    for id in [id for id in words if str(id).startswith('1') and id != 100]:
        Named.get(id).delete()
        del words[id]
    session.rollback()
    check_first_pages(Named, words)
    connection.set('Named:id:', 30)   # a counter that was set back
    check_first_pages(Named, words)


@pytest.mark.parametrize('chunk,steps,runs,absent', [
    (1000, 20000, 32, ()), (1000, 20000, 32, NEW), (3, 20000, 32, ()), (3, 30, 32, ()), (5, 300, 3, ()), (2, 1, 100, ()),
    (4, 1000, 100, ()), (1000, 1, 32, ()), (3, 60, 8, NEW)])
def test_every_plan_finds_the_same(Row, rng, connection, monkeypatch, chunk, steps, runs, absent):
    set_sizes(monkeypatch, chunk, steps, runs, absent)
    oracle = Oracle(Row, rng)
    plans = set()
    for _ in range(3):
        oracle.change(60)
        for _ in range(max(1, STEPS // 10)):
            query, expected, order = oracle.question()
            try:
                check(oracle, connection, query, expected, order)
            except AssertionError:
                print(query._filters, query._order_by, expected, query.explain())
                raise
            plans.add(query.explain().plan)
    assert plans <= {'gather', 'score', 'common', 'sorted', 'ids', 'runs', 'near', 'size'} - ({'common', 'sorted'} if absent else set())
    session.rollback()
    Row.query.delete()
    left = [key for key in connection.keys('*') if b':once:' not in key]
    assert left == [b'Row:id:']


# -- calls and writes ------------------------------------------------------------------------------------------------

@pytest.fixture
def rows(Row):
    for n in range(300):
        Row(i=n, f=n / 2.0, b=bool(n % 3), t=u'word%d common' % (n % 7), s=u'name %d' % n, o=u'sort %03d' % n, lon=n / 10.0,
            lat=1.0)
    session.commit()
    session.rollback()
    return Row.query


def queries(rows):
    return [rows.limit(0, 20), rows.filter(i=(10, 200)).limit(0, 20), rows.filter(t=u'common').limit(0, 20),
            rows.filter(t=u'word1', i=(5, None)).limit(0, 20), rows.startswith(s=u'name 1').limit(0, 20),
            rows.startswith(t=u'word').limit(0, 20), rows.endswith(s=u'7').limit(0, 20), rows.like(s=u'name*9').limit(0, 20),
            rows.filter(t=u'common').order_by('-f').limit(5, 20), rows.order_by('-o').limit(100, 20),
            rows.near('g', 1, 1, 500, 'km').limit(0, 20), rows.filter(i=[1, 2, 3]).limit(0, 20),
            rows.filter(t=[u'word1 common', u'word2']).limit(0, 20), rows.filter(i=5).select('i')]


def test_a_page_is_one_call(rows, calls):
    rows.filter(i=5).all(), rows.all()
    for query in queries(rows):
        del calls[:]
        assert query.all()
        assert calls in (['EVALSHA'], ['MULTI']), query._filters  # rows by their ids come in a pipeline
        del calls[:]
        query.first(), query.count()
        assert len(calls) == 2, query._filters


def test_get_by_a_unique_column_is_one_call(calls):
    class Person(Model):
        email = Text(unique=True)
    Person(email=u'ann').save()
    session.rollback()
    Person.get_by(email=u'bob')
    del calls[:]
    assert Person.get_by(email=u'ann').email == u'ann'
    assert calls == ['EVALSHA']


def test_iterating_everything_is_one_call_a_page(rows, calls):
    rows.filter(i=5).all()
    del calls[:]
    assert len(list(rows.iter_result(pagesize=100))) == 300
    assert len(calls) <= 4 and 'INFO' not in calls


def stored(connection):
    read = {b'hash': connection.hgetall, b'set': connection.smembers, b'string': connection.get,
            b'zset': lambda key: connection.zrange(key, 0, -1, withscores=True)}
    return dict((key, read[connection.type(key)](key)) for key in connection.keys('*'))


def test_reading_writes_nothing(rows, connection):
    before = stored(connection)
    for query in queries(rows):
        query.all(), query.count(), query.first(), list(query.iter_result(pagesize=7))
    assert stored(connection) == before


def test_read_only_replicas_answer(Row, server, monkeypatch):
    port = servers.free_port()
    primary, replica = server.spawn(port=str(port)), server.spawn()
    monkeypatch.setattr(util, 'CONNECTION', primary.client())
    for n in range(50):
        Row(i=n, f=n / 2.0, t=u'word%d common' % (n % 7), s=u'name %d' % n, o=u'sort %03d' % n, lon=n / 10.0, lat=1.0)
    session.commit()
    session.rollback()
    follow(primary, port, replica)
    expected = [[getattr(each, 'id', each) for each in query.all()] for query in queries(Row.query)]
    monkeypatch.setattr(util, 'CONNECTION', replica.client())
    for steps in (20000, 10):
        monkeypatch.setattr(searches, 'STEPS_PER_CALL', steps)
        assert [[getattr(each, 'id', each) for each in query.all()] for query in queries(Row.query)] == expected
    with pytest.raises(redis.ResponseError):
        util.CONNECTION.set('x', 'y')


def follow(primary, port, replica):
    client = replica.client()
    client.execute_command('REPLICAOF', '127.0.0.1', port)
    deadline = time.time() + 20
    while time.time() < deadline:
        if client.info('replication').get('master_link_status') == 'up' and client.dbsize() == primary.client().dbsize():
            return
        time.sleep(.05)
    pytest.fail('the replica did not follow')


def test_temporary_keys_have_a_ttl_from_the_first_moment(rows, connection, monkeypatch):
    monkeypatch.setattr(searches, 'STEPS_PER_CALL', 10)
    set_sizes(monkeypatch, 5, 10)
    seen = []
    call = searches.Search._call

    def watched(self, request):
        reply = call(self, request)
        seen.append(connection.ttl(request['into']))
        return reply
    monkeypatch.setattr(searches.Search, '_call', watched)
    key = rows.filter(i=(0, None)).cached_result(30)
    assert len(seen) > 3 and all(0 < left <= 30 for left in seen)
    assert key.startswith('Row:') and connection.zcard(key) == 300


def test_all_keys_begin_with_the_namespace(connection, rom_connection):
    class Tagged(Model):
        _namespace = '{tag}'
        i = Integer(index=True)
        t = Text(index=True, keygen=FULL_TEXT, prefix=True)
    for n in range(5):
        Tagged(i=n, t=u'common w%d' % n).save()
    session.rollback()
    assert len(Tagged.query.filter(t=u'common').order_by('-i').all()) == 5
    assert all(key.startswith('{tag}:') for key in Tagged.query.filter(t=u'common', i=1).startswith(t=u'w').explain().keys)
    assert Tagged.query.filter(i=1).cached_result(5).startswith('{tag}:')


# -- cost ------------------------------------------------------------------------------------------------------------

@pytest.fixture(scope='module')
def sizes():
    return 400, 8000


@pytest.fixture
def tables(sizes, connection):
    """Two tables, one thirty times the other; rows and indexes written by hand."""
    made = []
    for size in sizes:
        namespace = 'Big%d' % size
        made.append(type(namespace, (Model,), dict(
            i=Integer(index=True), t=Text(index=True, keygen=FULL_TEXT, prefix=True), s=Text(
                index=True, keygen=IDENTITY_CI, prefix=True), lon=Float(),
            geo_index=[GeoIndex('g', lambda row: {'lon': row.lon, 'lat': 1})])))
        pipe = connection.pipeline(transaction=False)
        for id in range(1, size + 1):
            number, name = (id * 7919) % size, u'%s%d' % (u'abcdefghij'[id % 10], id)
            key, words = '%s:%d' % (namespace, id), [u'common', u'w%d' % (id % 10)]
            pipe.hset(key, 'id', id)
            for field, value in (('i', number), ('s', name), ('t', u' '.join(words)), ('lon', id * 100.0 / size)):
                pipe.hset(key, field, value)
            pipe.zadd(namespace + ':i:idx', {id: number})
            pipe.sadd('%s:s:%s:idx' % (namespace, name), id)
            pipe.zadd(namespace + ':s:pre', {'%s\0%d' % (name, id): util._prefix_score(name)})
            for word in words:
                pipe.sadd('%s:t:%s:idx' % (namespace, word), id)
                pipe.zadd(namespace + ':t:pre', {'%s\0%d' % (word, id): util._prefix_score(word)})
            pipe.execute_command('GEOADD', namespace + ':g:geo', id * 100.0 / size, 1, id)
        pipe.set(namespace + ':id:', size)
        pipe.execute()
    return made


def test_a_page_costs_what_the_page_costs(tables, sizes):
    for ask in (lambda q, n: q.filter(i=(n // 2, n // 2 + n // 10)), lambda q, n: q.order_by('-i'),
                lambda q, n: q.filter(t=u'common'), lambda q, n: q.filter(t=u'w3'),
                lambda q, n: q.filter(t=u'w3').order_by('i'), lambda q, n: q.startswith(t=u'w'),
                lambda q, n: q.filter(t=u'w3', i=(n // 2, None)), lambda q, n: q.startswith(s=u'a'),
                lambda q, n: q.startswith(s=u'b').order_by('-i'), lambda q, n: q.near('g', 50, 1, 2000, 'km'),
                lambda q, n: q.filter(t=[u'w3', u'w4'])):
        small, large = [ask(model.query, size).limit(0, 20).explain() for model, size in zip(tables, sizes)]
        assert (small.returned, small.calls, large.returned, large.calls) == (20, 1, 20, 1)
        assert large.steps <= 3 * small.steps + 1500, (str(small), str(large))


def test_counting_one_filter_reads_nothing(tables):
    for ask in (lambda q: q.filter(i=(10, None)), lambda q: q.filter(t=u'common'), lambda q: q.startswith(s=u'a'),
                lambda q: q.order_by('i'), lambda q: q.startswith(t=u'w3')):
        search = ask(tables[1].query)._search(explain=True)
        assert search.count() > 0
        assert search.explained()['scanned'] == 0 and search.explained()['steps'] < 1000


def test_long_searches_are_cut_into_calls(tables, sizes, monkeypatch):
    monkeypatch.setattr(searches, 'STEPS_PER_CALL', 2000)
    query = tables[1].query.like(s=u'*5')
    expected = sorted((id for id in range(1, sizes[1] + 1) if '5' in str(id)), key=str)
    search = query._search(explain=True)
    assert search.count() == len(expected)
    assert search.explained()['calls'] > 3
    assert max(report['steps'] for report in search.reports) < 10000
    assert [entity.id for entity in query.limit(100, 50).all()] == expected[100:150]


def leaves(filters):
    return sum([leaves(each['of']) if 'of' in each else [each] for each in filters], [])


def test_long_lists_are_cut_into_calls(tables, sizes, monkeypatch, connection):
    monkeypatch.setattr(searches, 'PARTS_PER_CALL', 200)
    requests, call = [], searches.Search._call
    monkeypatch.setattr(searches.Search, '_call', lambda self, request: requests.append(request) or call(self, request))
    model = tables[1]
    number_of = dict((id, (id * 7919) % sizes[1]) for id in range(1, sizes[1] + 1))
    numbers = list(range(0, 8000, 8))
    words = [u'w3'] + [u'no%d' % n for n in range(500)] + [u'w4']
    starts = [u'%s%d' % (u'abcdefghij'[n % 10], n) for n in range(1, 40)]
    by_number = sorted((id for id in number_of if number_of[id] % 8 == 0), key=lambda id: number_of[id])
    worded = sorted((id for id in number_of if id % 10 in (3, 4)), key=str)
    started = sorted((id for id in number_of if any((u'%s%d' % (u'abcdefghij'[id % 10], id)).startswith(start)
                                                    for start in starts)), key=str)
    both = [id for id in by_number if id in set(worded)]
    for query, expected in (
            (model.query.filter(i=numbers), by_number), (model.query.filter(t=words), worded),
            (model.query.filter(t=words).order_by('-i'), sorted(worded, key=lambda id: -number_of[id])),
            (model.query.startswith(s=starts), started), (model.query.filter(i=numbers).filter(t=words), both),
            (model.query.filter(i=numbers + numbers), by_number)):
        del requests[:]
        assert [entity.id for entity in query.all()] == expected
        assert [entity.id for entity in query.limit(7, 20).all()] == expected[7:27]
        assert [entity.id for entity in query.iter_result(pagesize=300)] == expected
        assert query.count() == len(expected) and query.first().id == expected[0]
        assert [int(id) for id in connection.zrange(query.cached_result(30), 0, -1)] == expected
        assert max(len(leaves(request['filters'])) for request in requests) <= 401
    del requests[:]
    assert without.ids_without(connection, 'Big%d' % sizes[1], 's', 'pre', starts) == sorted(set(number_of) - set(started))
    assert max(len(leaves(request['filters'])) for request in requests) <= 11


def test_near_costs_little_however_many_there_are(tables, sizes, connection, monkeypatch):
    model = tables[1]
    # half of them at one place, most others close to it
    for id in range(1, sizes[1] + 1):
        longitude = 50 if id % 2 else 50 + id / 1e4
        connection.execute_command('GEOADD', 'Big%d:g:geo' % sizes[1], longitude, 1, id)
    crowd, others = [sorted(range(first, sizes[1] + 1, 2), key=key) for first, key in ((1, str), (2, int))]
    monkeypatch.setattr(searches, 'STEPS_PER_CALL', 3000)
    for lon, expected in ((50, crowd + others), (51, others[::-1] + crowd)):
        around = model.query.near('g', lon, 1, 15000, 'km')
        counted = model.query.near('g', lon, 1, 15000, 'km', 5000)
        for query, found in ((around.limit(0, 20), expected[:20]), (around.limit(6000, 20), expected[6000:6020]),
                             (counted.limit(4990, 30), expected[4990:5000]), (counted.limit(0, 5), expected[:5]),
                             (counted.order_by('-i').limit(0, 5), sorted(expected[:5000], key=lambda id: -(id * 7919 % 8000))[:5]),
                             (counted.filter(t=u'w3').limit(0, 9), [id for id in expected[:5000] if id % 10 == 3][:9])):
            assert [entity.id for entity in query.all()] == found
            search = query._search(explain=True)
            assert sum(len(page) for page, _ in search.pages(*query._limit)) == len(found)
            assert max(report['steps'] for report in search.reports) < 15000
        assert counted.count() == 5000 and around.count() == 8000


def test_pages_of_near_go_on_behind_what_is_gone(tables, sizes, connection):
    key, model = 'Big%d:g:geo' % sizes[1], tables[1]
    for count, found in ((None, 8000), (1200, 1200), (5000, 5000)):
        for id in range(1, sizes[1] + 1):
            connection.execute_command('GEOADD', key, 10 + id / 1e4, 1, id)
        search, seen = model.query.near('g', 10, 1, 15000, 'km', count)._search(explain=True), []
        for page, _ in search.pages(first=400):
            seen += map(int, page)
            if len(page) == 400:
                connection.zrem(key, *page)
        assert seen == list(range(1, found + 1))
        assert sum(report['scanned'] for report in search.reports) < 3 * 8000  # a slow server first looks which is the last one


def test_deep_offsets_in_everything(tables, sizes, connection):
    query = tables[1].query
    connection.delete(*['Big%d:%d' % (sizes[1], id) for id in range(10, 5000, 10)])
    left = [id for id in range(1, sizes[1] + 1) if id >= 5000 or id % 10]
    for offset in (0, 1, 8, 9, 17, 500, 4499, 7000, 7490):
        assert [entity.id for entity in query.limit(offset, 20).all()] == left[offset:offset + 20]
    assert [entity.id for entity in query.limit(5, 3000).iter_result(pagesize=700)] == left[5:3005]


def test_primary_key_index_is_walked_in_pages():
    class Keyed(Model):
        id = PrimaryKey(index=True)
        n = Integer()
    for n in range(30):
        Keyed(n=n)
    session.commit()
    assert Keyed.query.limit(10, 5).explain().plan == 'score'
    assert [entity.id for entity in Keyed.query.limit(10, 5).all()] == [11, 12, 13, 14, 15]


@pytest.mark.parametrize('order', [None, 'i', '-i'])
def test_words_that_have_less_in_common_than_a_page(Row, connection, monkeypatch, order):
    """The server is asked before a walk begins, which would not end before the last row."""
    connection.set('Row:id:', 6000)
    connection.sadd('Row:s:even:idx', *range(2, 6001, 2))
    connection.sadd('Row:t:odd:idx', *list(range(1, 6001, 2)) + [2, 5000])
    connection.zadd('Row:i:idx', dict((id, -id) for id in range(1, 6001)))
    query = Row.query.filter(s=u'even', t=u'odd')
    query = query.order_by(order) if order else query
    found = {None: [b'2', b'5000'], 'i': [b'5000', b'2'], '-i': [b'2', b'5000']}[order]

    def asked_for(count):
        search = query._search(explain=True)
        ids = [id if isinstance(id, bytes) else id.encode() for page, _ in search.pages(0, count) for id in page]
        return ids, search.explained()
    ids, told = asked_for(20)
    assert ids == found
    if int(connection.info()['redis_version'].split('.')[0]) >= 7:  # SINTERCARD came with it
        assert (told['plan'], told['scanned'], told['calls']) == ('gather', 2, 1)
        assert asked_for(2)[1]['plan'] != 'gather'
    set_sizes(monkeypatch, 1000, 20000, absent=[b'SINTERCARD'])
    ids, told = asked_for(20)
    assert ids == found and told['scanned'] > 1000
