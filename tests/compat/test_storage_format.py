# -*- coding: utf-8 -*-
"""The wire format, read raw: every kind of key, every value, `-index-data-`, prefix scores,
unique entries."""
import datetime
import decimal
import json
import time

import pytest
import redis
import rom
from rom import util

from against import OLD, better_than_old
import servers
from naming import shown

INDEX_DATA = b'-index-data-'


def index_data(connection, key):
    """`-index-data-` of a row: five sorted lists."""
    parts = json.loads(connection.hget(key, INDEX_DATA).decode('utf-8'))
    assert len(parts) == 5
    return [sorted(part, key=repr) for part in parts]


def utf8(text):
    return text.encode('utf-8')


# Keys ------------------------------------------------------------------------------------------------------------

def test_counter_and_row(connection):
    class User(rom.Model):
        name = rom.Text()
        age = rom.Integer()
    first, second = User(name=u'é', age=5), User()
    first.save()
    second.save()
    assert connection.get('User:id:') == b'2'
    assert connection.type('User:1') == b'hash'
    row = connection.hgetall('User:1')
    assert row.pop(INDEX_DATA)
    assert row == {b'id': b'1', b'name': u'é'.encode('utf-8'), b'age': b'5'}
    # A column without a value has no field.
    assert set(connection.hgetall('User:2')) == {b'id', INDEX_DATA}


def test_namespace_and_key_name(connection):
    class Account(rom.Model):
        _namespace = 'other name'
        number = rom.PrimaryKey()
        n = rom.Integer(index=True)
    Account(n=1).save()
    assert set(connection.keys('*')) - once(connection) == {b'other name:number:', b'other name:1', b'other name:n:idx'}
    assert connection.hget('other name:1', 'number') == b'1'


def once(connection):
    """The keys of ours alone: the last write call of a session."""
    keys = set(connection.keys('*:once:*'))
    assert all(connection.ttl(key) > 0 for key in keys)
    return keys


def test_numeric_index(connection):
    class Number(rom.Model):
        i = rom.Integer(index=True)
        f = rom.Float(index=True)
        d = rom.Decimal(index=True)
    Number(i=-5, f=1.5, d=decimal.Decimal('1.10')).save()
    assert connection.zrange('Number:i:idx', 0, -1, withscores=True) == [(b'1', -5.0)]
    assert connection.zrange('Number:f:idx', 0, -1, withscores=True) == [(b'1', 1.5)]
    assert connection.zrange('Number:d:idx', 0, -1, withscores=True) == [(b'1', 1.1)]
    assert index_data(connection, 'Number:1') == [[], ['d', 'f', 'i'], [], [], []]


def test_primary_key_index(connection):
    class Indexed(rom.Model):
        id = rom.PrimaryKey(index=True)
    Indexed().save()
    assert connection.zrange('Indexed:id:idx', 0, -1, withscores=True) == [(b'1', 1.0)]
    assert index_data(connection, 'Indexed:1')[1] == ['id']


def test_dates_and_times_are_scored_by_their_seconds(connection):
    class Moment(rom.Model):
        dt = rom.DateTime(index=True)
        da = rom.Date(index=True)
        ti = rom.Time(index=True)
    Moment(dt=datetime.datetime(2020, 1, 2, 3, 4, 5, 678901), da=datetime.date(2020, 1, 2),
           ti=datetime.time(3, 4, 5, 6)).save()
    assert connection.zscore('Moment:dt:idx', '1') == 1577934245.678901
    assert connection.zscore('Moment:da:idx', '1') == 1577923200.0
    assert connection.zscore('Moment:ti:idx', '1') == 11045.000006


def test_words(connection):
    class Word(rom.Model):
        t = rom.Text(index=True, keygen=rom.FULL_TEXT)
        i = rom.Text(index=True, keygen=rom.IDENTITY)
    Word(t=u'Hello, Wörld! hello', i=u'As It Is').save()
    for key in (u'Word:t:hello:idx', u'Word:t:wörld:idx', u'Word:i:As It Is:idx'):
        assert connection.type(utf8(key)) == b'set' and connection.smembers(utf8(key)) == {b'1'}
    assert index_data(connection, 'Word:1') == [[u'i:As It Is', u't:hello', u't:wörld'], [], [], [], []]


def test_dict_keygen(connection):
    class Mixed(rom.Model):
        j = rom.Json(index=True, keygen=lambda value: {'': 3, 'x': value['a'], 'w': None})
    Mixed(j={'a': 7}).save()
    assert connection.zrange('Mixed:j:idx', 0, -1, withscores=True) == [(b'1', 3.0)]
    assert connection.zrange('Mixed:j:x:idx', 0, -1, withscores=True) == [(b'1', 7.0)]
    assert connection.smembers('Mixed:j:w:idx') == {b'1'}
    assert index_data(connection, 'Mixed:1') == [['j:w'], ['j', 'j:x'], [], [], []]


def test_prefix_and_suffix(connection):
    class Fix(rom.Model):
        t = rom.Text(keygen=rom.FULL_TEXT, prefix=True, suffix=True)
    Fix(t=u'Foo héllo').save()
    assert connection.zrange('Fix:t:pre', 0, -1, withscores=True) == [
        (b'foo\x001', float(util._prefix_score('foo'))), (utf8(u'héllo\x001'), 2.742866211976617e-306)]
    # Reversed by characters, not by bytes.
    assert connection.zrange('Fix:t:suf', 0, -1) == [utf8(u'oll\xe9h\x001'), b'oof\x001']
    assert index_data(connection, 'Fix:1')[2:4] == [
        [['t', 'foo'], ['t', u'héllo']], [['t', u'olléh'], ['t', 'oof']]]


def test_prefix_without_index_adds_no_words(connection):
    class OnlyPrefix(rom.Model):
        t = rom.Text(keygen=rom.IDENTITY, prefix=True)
    OnlyPrefix(t=u'word').save()
    assert index_data(connection, 'OnlyPrefix:1') == [[], [], [['t', 'word']], [], []]
    assert not connection.exists('OnlyPrefix:t:word:idx')


def test_sortable_keygens(connection):
    class Sorted(rom.Model):
        a = rom.Text(index=True, keygen=rom.SIMPLE)
        b = rom.Text(index=True, keygen=rom.SIMPLE_CI)
        c = rom.Text(index=True, keygen=rom.CASE_INSENSITIVE)
    Sorted(a=u'Simple', b=u'Simple', c=u'Simple').save()
    assert connection.zscore('Sorted:a:idx', '1') == float(util._prefix_score('Simple'))
    assert connection.zscore('Sorted:b:idx', '1') == float(util._prefix_score('simple'))
    assert connection.zscore('Sorted:c:idx', '1') == float(util._prefix_score('simple'))


def test_unique(connection):
    class Unique(rom.Model):
        n = rom.Integer(unique=True)
        t = rom.Text(unique=True)
        s = rom.String(unique=True)
    Unique(n=3, t=u'é', s=b'\xe9').save()
    assert connection.hgetall('Unique:n:uidx') == {b'3': b'1'}
    assert connection.hgetall('Unique:t:uidx') == {b'\xc3\xa9': b'1'}
    assert connection.hgetall('Unique:s:uidx') == {b'\xc3\xa9': b'1'}


def test_unique_with_keygen(connection):
    class Keyed(rom.Model):
        alone = rom.Text(unique=True, keygen=rom.IDENTITY_CI)
        indexed = rom.Text(unique=True, index=True, keygen=rom.IDENTITY_CI)
    Keyed(alone=u'Ann@X', indexed=u'Bob@X').save()
    assert connection.hgetall('Keyed:alone:uidx') == {b'ann@x': b'1'}
    assert connection.hgetall('Keyed:indexed:uidx') == {b'Bob@X': b'1'}
    assert connection.hget('Keyed:1', 'alone') == (b'ann@x' if OLD else b'Ann@X')


def test_unique_together(connection):
    class Together(rom.Model):
        i = rom.Integer()
        t = rom.Text()
        f = rom.Float()
        unique_together = [('t', 'i'), ('i', 'f', 't')]
    Together(i=5, t=u'Héllo', f=1.5).save()
    Together(i=5, t=u'x').save()
    assert connection.hgetall('Together:i:t:uidx') == {
        b'\x00\x005\x00\x00\x00H\xc3\x83\xc2\xa9llo': b'1', b'\x00\x005\x00\x00\x00x': b'2'}
    # Not where one of them is None.
    assert connection.hgetall('Together:f:i:t:uidx') == {
        b'\x00\x001.5\x00\x00\x005\x00\x00\x00H\xc3\x83\xc2\xa9llo': b'1'}


def test_geo(connection):
    class Place(rom.Model):
        n = rom.Integer()
        geo_index = [rom.GeoIndex('where', lambda row: {'lon': 10 + row.n, 'lat': 20})]
    Place(n=0).save()
    assert connection.type('Place:where:geo') == b'zset'
    assert connection.zrange('Place:where:geo', 0, -1, withscores=True) == [(b'1', 3403951602136190.0)]


@better_than_old
def test_geo_part_of_the_index_data(connection):
    class Place(rom.Model):
        geo_index = [rom.GeoIndex('where', lambda row: {'lon': 10, 'lat': 20})]
    Place().save()
    assert index_data(connection, 'Place:1') == [[], [], [], [], ['where']]


def test_unsafe_column(connection):
    class Unsafe(rom.Model):
        log = rom.UnsafeColumn()
    entity = Unsafe()
    entity.save()
    entity.log.rpush('a', 'b')
    assert connection.lrange('Unsafe:1:log', 0, -1) == [b'a', b'b']


def test_lock(connection):
    class Locked(rom.Model):
        pass
    entity = Locked()
    entity.save()
    with util.EntityLock(entity, 1, 10):
        assert 0 < connection.ttl('lock:Locked:1') <= 10
    assert not connection.exists('lock:Locked:1')


# Values in the row -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize('column,value,stored', [
    (rom.Integer, 5, b'5'), (rom.Integer, -10 ** 30, b'-1' + b'0' * 30), (rom.Integer, 0, b'0'),
    (rom.Float, 1.5, b'1.5'), (rom.Float, 0.1 + 0.2, b'0.30000000000000004'), (rom.Float, 1e300, b'1e+300'),
    (rom.Float, 5, b'5'), (rom.Decimal, decimal.Decimal('1.10'), b'1.10'),
    (rom.Decimal, decimal.Decimal('1E+3'), b'1E+3'),
    (rom.Boolean, True, b'1'), (rom.Boolean, False, b''),
    (rom.DateTime, datetime.datetime(2020, 1, 2, 3, 4, 5, 678901), b'1577934245.678901'),
    (rom.DateTime, datetime.datetime(1970, 1, 1), b'0.0'),
    (rom.DateTime, datetime.datetime(1969, 12, 31), b'-86400.0'),
    (rom.SaferDateTime, datetime.datetime(2020, 1, 2), b'1577923200.0'),
    (rom.Date, datetime.date(2020, 1, 2), b'1577923200.0'), (rom.Time, datetime.time(3, 4, 5, 6), b'11045.000006'),
    (rom.Time, datetime.time(0), b'0.0'),
    (rom.Text, u'Héllo \U0001f600', u'Héllo \U0001f600'.encode('utf-8')), (rom.Text, u'', b''),
    (rom.String, b'W\xe9\x00\xff', b'W\xc3\xa9\x00\xc3\xbf'), (rom.String, b'', b''),
    (rom.Json, {'b': [1, None], 'a': True}, b'{"a": true, "b": [1, null]}'), (rom.Json, [], b'[]'),
    (rom.Json, {'k': u'é'}, b'{"k": "\\u00e9"}'),
], ids=shown)
def test_stored_value(connection, column, value, stored):
    class Stored(rom.Model):
        col = column()
    Stored(col=value).save()
    found = connection.hget('Stored:1', 'col')
    assert found == stored
    rom.session.rollback()
    assert Stored.get(1).col == value


def test_stored_reference(connection):
    class Target(rom.Model):
        pass

    class Pointing(rom.Model):
        a = rom.ManyToOne('Target', 'no action')
        b = rom.OneToOne('Target', 'no action')
    Target().save()
    target = Target()
    target.save()
    Pointing(a=target, b=target).save()
    row = connection.hgetall('Pointing:1')
    assert (row[b'a'], row[b'b']) == (b'2', b'2')
    assert connection.zscore('Pointing:a:idx', '1') == 2 and connection.zscore('Pointing:b:idx', '1') == 2
    assert index_data(connection, 'Pointing:1')[1] == ['a', 'b']


def test_index_only_and_unsafe_store_nothing_in_the_row(connection):
    class Extra(rom.Model):
        t = rom.Text()
        words = rom.IndexOnly('t', keygen=rom.FULL_TEXT)
        u = rom.UnsafeColumn()
    Extra(t=u'a b').save()
    assert set(connection.hgetall('Extra:1')) == {b'id', b't', INDEX_DATA}
    assert index_data(connection, 'Extra:1')[0] == ['words:a', 'words:b']


# -index-data- ----------------------------------------------------------------------------------------------------

def test_boolean_words(connection):
    class Flag(rom.Model):
        b = rom.Boolean(index=True)
    for value in (True, False, None):
        Flag(b=value).save()
    assert connection.smembers('Flag:b:True:idx') == {b'1'}
    assert connection.smembers('Flag:b:False:idx') == {b'2'}
    assert [index_data(connection, 'Flag:%d' % id)[0] for id in (1, 2, 3)] == [['b:True'], ['b:False'], []]


@better_than_old
def test_words_of_byte_strings(connection):
    class Bytes(rom.Model):
        s = rom.String(index=True, keygen=rom.IDENTITY)
    for value in (b'caf\xc3\xa9', b'caf\xe9', b'\xff\xfe'):
        Bytes(s=value).save()
    assert connection.smembers(u'Bytes:s:café:idx'.encode('utf-8')) == {b'1', b'2'}
    assert index_data(connection, 'Bytes:1')[0] == index_data(connection, 'Bytes:2')[0] == [u's:café']
    for value in (b'caf\xc3\xa9', b'caf\xe9', u'café'):
        assert sorted(entity.id for entity in Bytes.query.filter(s=value).all()) == [1, 2]


class Everything(object):
    """The columns of a model with all five parts."""
    @staticmethod
    def model():
        class Parts(rom.Model):
            n = rom.Integer(index=True)
            t = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True)
            plain = rom.Integer()
            geo_index = [rom.GeoIndex('g', lambda row: {'lon': 1, 'lat': row.n or 0})]
        return Parts


def lasting(connection):
    """The keys that no TTL takes away."""
    return {key for key in connection.keys('*') if connection.ttl(key) < 0}


@pytest.mark.parametrize('stored', [
    b'[["t:ab","t:cd"],["n"],[["t","ab"],["t","cd"]],[["t","ba"],["t","dc"],"g"],{}]',
    b'[["t:cd","t:ab"],["n"],[["t","ab"],["t","cd"]],[["t","ba"],["t","dc"],"g"],[]]',
    b'[["t:ab","t:cd"],["n"],[["t","ab"],["t","cd"]],[["t","ba"],["t","dc"]],["g"]]',
    b'[["t:ab", "t:cd"], ["n"], [["t", "ab"], ["t", "cd"]], [["t", "ba"], ["t", "dc"]]]',
])
def test_forms_that_are_accepted(connection, stored):
    """Whoever wrote the index data, in whichever form: an update and a delete take out what it names."""
    model = Everything.model()
    entity = model(n=5, t=u'ab cd')
    entity.save()
    rom.session.rollback()
    connection.hset('Parts:1', INDEX_DATA, stored)
    entity = model.get(1)
    entity.t = u'ab xy'
    entity.n = 6
    entity.save()
    assert not connection.exists('Parts:t:cd:idx') and connection.exists('Parts:t:xy:idx')
    assert connection.zrange('Parts:t:pre', 0, -1) == [b'ab\x001', b'xy\x001']
    assert connection.zrange('Parts:t:suf', 0, -1) == [b'ba\x001', b'yx\x001']
    if not OLD:
        assert index_data(connection, 'Parts:1') == [
            ['t:ab', 't:xy'], ['n'], [['t', 'ab'], ['t', 'xy']], [['t', 'ba'], ['t', 'yx']], ['g']]
        entity.delete()
        assert lasting(connection) == {b'Parts:id:'}


@pytest.mark.parametrize('stored', [b'[{},["n"],{},{},{}]', b'[[],["n"],[],[]]', b'[{},["n"]]'])
@better_than_old
def test_short_and_empty_parts(connection, stored):
    model = Everything.model()
    model(n=5).save()
    rom.session.rollback()
    connection.hset('Parts:1', INDEX_DATA, stored)
    connection.delete('Parts:g:geo')
    model.get(1).delete()
    assert lasting(connection) == {b'Parts:id:'}


@pytest.mark.parametrize('stored', [
    b'not json', b'5', b'null', b'{"a":1}', b'[[null],[null],[null],[null],[null]]', b'[[["a"]],[["n"]],["t"],[["t"]],[[]]]',
    b'[[true],[false],[[1,2]],[[null,"x"]],[{}]]', b'[{"a":"b"},{"1":"n"},[[{},[]]],[[[],{}]],5]', b'[7,"x",true,null,1.5]'])
@better_than_old
def test_whatever_stands_for_index_data_stops_no_write_half_way(connection, stored):
    """What is no entry of an index is left alone: the row, its unique value and its new entries are written together."""
    class Parts(rom.Model):
        n = rom.Integer(index=True)
        t = rom.Text(unique=True, index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True)
        geo_index = [rom.GeoIndex('g', lambda row: {'lon': 1, 'lat': row.n or 0})]
    entity = Parts(n=5, t=u'ab')
    entity.save()
    connection.hset('Parts:1', INDEX_DATA, stored)
    entity.n, entity.t = 6, u'cd'
    assert entity.save() == 2
    assert connection.hgetall('Parts:t:uidx') == {b'cd': b'1'} and connection.zscore('Parts:n:idx', 1) == 6
    assert index_data(connection, 'Parts:1') == [['t:cd'], ['n'], [['t', 'cd']], [['t', 'dc']], ['g']]
    connection.hset('Parts:1', INDEX_DATA, stored)
    entity.delete()
    assert not connection.exists('Parts:1') and not connection.exists('Parts:t:uidx')


@better_than_old
def test_bare_geo_name_is_repaired(connection):
    model = Everything.model()
    model(n=5, t=u'ab').save()
    rom.session.rollback()
    connection.hset('Parts:1', INDEX_DATA, b'[["t:ab"],["n"],[["t","ab"]],[["t","ba"],"g"],{}]')
    model.get(1).save()
    assert index_data(connection, 'Parts:1') == [['t:ab'], ['n'], [['t', 'ab']], [['t', 'ba']], ['g']]


def test_row_older_than_1_0(connection):
    model = Everything.model()
    model(n=5, t=u'ab').save()
    rom.session.rollback()
    connection.hset('Parts::', '1', connection.hget('Parts:1', INDEX_DATA))
    connection.hset('Parts::', '2', '[[],[],[],[]]')
    connection.hdel('Parts:1', INDEX_DATA)
    entity = model.get(1)
    assert entity.n == 5
    entity.plain = 1
    entity.save()
    assert index_data(connection, 'Parts:1')[:3] == [['t:ab'], ['n'], [['t', 'ab']]]
    assert connection.hgetall('Parts::') == {b'2': b'[[],[],[],[]]'}
    entity.t = u'cd'
    entity.save()
    assert not connection.exists('Parts:t:ab:idx')


# Prefix score ----------------------------------------------------------------------------------------------------

@pytest.mark.pure
@pytest.mark.parametrize('word,score', [
    (b'foo bar', '2.525907083670111e-306'), (b'x', '5.4797008793264326e-306'),
    (b'h\xc3\xa9llo', '2.742866211976617e-306'), (u'héllo', '2.742866211976617e-306'),
    (u'', '2.2250738585072014e-308'), (u'abcdefg', '2.054905097979465e-306'), (u'abcdefgh', '2.054905097979465e-306'),
    (b'\xff' * 7, '2.668601134957275e-303')])
def test_prefix_score_check_values(word, score):
    assert util._prefix_score(word) == score


@pytest.mark.pure
def test_prefix_score_keeps_the_order():
    words = sorted([b'', b'\x00', b'\x00\x00', b'a', b'a\x00', b'aa', b'ab', b'abcdefg', b'b', b'\x7f', b'\x80', b'\xff',
                    b'\xff\xff\xff\xff\xff\xff\xff'])
    scores = [float(util._prefix_score(word)) for word in words]
    assert scores == sorted(scores) and len(set(scores)) == len(scores)


@pytest.mark.pure
def test_prefix_score_is_the_formula():
    for word in (b'', b'a', b'foo bar', b'\xff' * 7, b'\x00\x01\x02'):
        number = 0
        for byte in bytearray(word.ljust(7, b'\0')[:7]):
            number = number * 258 + byte
        for place in range(min(len(word), 7)):
            number += 258 ** (6 - place)
        exponent, mantissa = divmod(number, 2 ** 52)
        if exponent:
            assert util._prefix_score(word) == repr((2 ** 52 + mantissa) * 2.0 ** (exponent - 1074))


# Unique values and the cluster rule ------------------------------------------------------------------------------

@pytest.mark.pure
@pytest.mark.parametrize('values,encoded', [
    (['5', u'Héllo'], u'\x00\x005\x00\x00\x00H\xc3\xa9llo'), (['a'], u'\x00\x00a'),
    ([b'5', b'\xff'], u'\x00\x005\x00\x00\x00\xff'),
    ([], u''), ([b'h\xc3\xa9'], u'\x00\x00h\xc3\xa9')])
def test_encode_unique_constraint(values, encoded):
    found = util._encode_unique_constraint(values)
    assert (found if isinstance(found, type(u'')) else found.decode('latin-1')) == encoded


def test_every_key_begins_with_the_namespace(connection):
    class Clustered(rom.Model):
        _namespace = '{user}'
        n = rom.Integer(index=True, unique=True)
        t = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True)
        u = rom.UnsafeColumn()
        unique_together = [('n', 't')]
        geo_index = [rom.GeoIndex('g', lambda row: {'lon': 1, 'lat': 2})]
    seen = set()

    def look():
        seen.update(connection.keys('*'))
    entity = Clustered(n=1, t=u'hello world')
    entity.save()
    entity.u.set('x')
    look()
    Clustered(n=2, t=u'other').save()
    Clustered.query.filter(n=(0, 5), t=u'hello').order_by('-n').all()
    look()
    Clustered.query.filter(t=u'hello').cached_result(10)
    list(Clustered.query.startswith(t=u'h').iter_result(pagesize=1))
    list(Clustered.query.near('g', 1, 2, 5, 'km').all())
    look()
    entity.delete()
    look()
    assert seen and all(key.startswith(b'{user}:') for key in seen)


@pytest.fixture(params=[False, True], ids=['bytes', 'decodes'])
def cluster(request, server):
    """The client of a cluster of one node."""
    if not hasattr(redis, 'RedisCluster'):
        pytest.skip('redis-py %s knows no clusters' % redis.__version__)
    port = servers.free_cluster_port()
    node = server.spawn(port=port, cluster_enabled='yes').client(decode_responses=True)
    node.execute_command('CLUSTER', 'ADDSLOTS', *range(16384))
    while 'cluster_state:ok' not in str(node.eval("return redis.call('CLUSTER', 'INFO')", 0)):
        time.sleep(.05)
    return redis.RedisCluster(host='127.0.0.1', port=port, decode_responses=request.param)


@better_than_old
def test_everything_works_in_a_cluster(cluster):
    class Team(rom.Model):
        _namespace, _conn = '{team}', cluster
        name = rom.Text(unique=True)
        users = rom.OneToMany('User')

    class User(rom.Model):
        _namespace, _conn = '{user}:x', cluster
        email = rom.Text(unique=True)
        n = rom.Integer(index=True)
        t = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True)
        team = rom.ManyToOne('Team', on_delete='cascade')
        u = rom.UnsafeColumn()
        unique_together = [('n', 't')]
        geo_index = [rom.GeoIndex('g', lambda row: {'lon': row.n, 'lat': 2})]
    teams = [Team(name=u'a'), Team(name=u'b')]
    for n in range(20):
        User(email=u'e%d' % n, n=n, t=u'h\xe9llo w%d' % n, team=teams[n % 2])
    assert rom.session.commit() > 80
    rom.session.rollback()
    user = User.get_by(email=u'e3')
    assert (user.n, user.team.name) == (3, u'b')
    assert [each.n for each in User.query.filter(t=u'h\xe9llo', n=(2, 9)).order_by('-n').limit(1, 2).all()] == [8, 7]
    assert [each.n for each in User.query.startswith(t=u'w1').near('g', 12.2, 2, 300, 'km')] == [12, 13, 11, 14, 10]
    with pytest.raises(rom.UniqueKeyViolation):
        User(email=u'e3', n=0).save()
    rom.session.rollback()
    one, two = User.get([1, 2])
    one.email, two.email = two.email, one.email
    assert rom.session.commit(atomic=True) == 2
    one.n, Team.get(2).name = 50, u'c'
    with pytest.raises(rom.InvalidOperation) as caught:
        rom.session.commit(atomic=True)
    assert 'hash tag' in str(caught.value)
    rom.session.rollback()
    with rom.EntityLock(user, 0, 5):
        assert not rom.EntityLock(user, 0, 5).acquire()
    user.u.set('x')
    Team.get(2).delete()
    assert User.query.filter(n=(None, None)).count() == 10 and User.get_by(email=u'e3') is None
    cluster.delete('{user}:x:1')
    cluster.delete('{user}:x:n:idx')
    cluster.set('{user}:x:1:u', 'y')
    assert list(util.refresh_indices(User))[-1] == (9, 9)
    assert list(util.clean_old_index(User)) and util.clean_unsafe_cols(User)[1] == 1
    for model in Team, User:
        job = util.check_indexes(model)
        assert list(job) and job.problems == []
