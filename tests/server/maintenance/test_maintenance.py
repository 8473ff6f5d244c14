# -*- coding: utf-8 -*-
"""Long jobs (docs/promises.rst: Maintenance, locks): reindex, clean, check, repair, progress."""
import itertools
import json
import threading
import time

import pytest
import redis
import rom
from rom import util

INDEX_DATA = '-index-data-'


def thing(namespace='Thing', name='Thing'):
    """A model with every kind of index."""
    return type(rom.Model)(name, (rom.Model,), dict(
        _namespace=namespace,
        id=rom.PrimaryKey(index=True),
        n=rom.Integer(index=True),
        f=rom.Float(index=True),
        flag=rom.Boolean(index=True),
        text=rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True),
        order=rom.Text(index=True, keygen=rom.SIMPLE),
        email=rom.Text(unique=True),
        nick=rom.Text(unique=True, keygen=rom.IDENTITY_CI),
        both=rom.IndexOnly(keygen2=lambda attr, row: {'sum': (row.n or 0) + (row.f or 0), 'word': None}),
        unique_together=[('n', 'order')],
        geo_index=[rom.GeoIndex('place', lambda row: row.f is not None and {'lon': row.f, 'lat': (row.n or 0) % 80})]))


def fill(model, count=5):
    for i in range(count):
        model(n=i, f=i + .5, flag=bool(i % 2), text=u'Wörd w%d, a/b' % i, order=u'o%d' % i, email=u'é%d' % i,
              nick=u'N%d' % i).save()
    rom.session.rollback()


def snapshot(connection, lists=True):
    """{key: content} of everything but what write calls remember; with `lists` the rows' lists are read and sorted."""
    found = {}
    for key in connection.keys('*'):
        kind = connection.type(key)
        if b':once:' in key:
            continue
        if kind == b'hash':
            found[key] = connection.hgetall(key)
            if lists and INDEX_DATA.encode() in found[key]:
                parts = json.loads(found[key][INDEX_DATA.encode()].decode('utf-8'))
                found[key][INDEX_DATA.encode()] = [sorted(part) for part in parts]
        else:
            found[key] = {b'set': connection.smembers, b'string': connection.get}.get(
                kind, lambda key: connection.zrange(key, 0, -1, withscores=True))(key)
    return found


def problems(model, repair=False):
    job = util.check_indexes(model, repair)
    progress = list(job)
    assert progress[-1][0] == progress[-1][1]
    assert all(done <= total for done, total in progress)
    return job.problems


def found(model, repair=False):
    return set((problem.kind, problem.key, problem.pk) for problem in problems(model, repair))


def index_keys(connection, namespace='Thing'):
    kinds = (b'idx', b'pre', b'suf', b'uidx', b'geo')
    return [key for key in connection.keys(namespace + ':*') if key.rpartition(b':')[2] in kinds]


# Reindexing ------------------------------------------------------------------------------------------------------

def test_refresh_restores_every_index(connection):
    Thing = thing()
    fill(Thing)
    before = snapshot(connection)
    connection.delete(*index_keys(connection))
    assert list(util.refresh_indices(Thing)) == [(5, 5)]
    assert snapshot(connection) == before


def test_refresh_takes_out_what_the_rows_no_longer_tell(connection):
    Thing = thing()
    fill(Thing, 2)
    connection.hset('Thing:1', 'text', u'other')
    list(util.refresh_indices(Thing))
    assert Thing.query.filter(text=u'wörd').count() == 1
    assert Thing.query.filter(text=u'other').count() == 1
    assert problems(Thing) == []


def test_refresh_goes_by_the_stored_rows_and_leaves_the_session_alone(connection):
    Thing = thing()
    fill(Thing)
    changed, unsaved, read = Thing.get(1), Thing(n=77), Thing.get(2)
    changed.n = 1000
    known, watched = dict(rom.session.known), dict(rom.session.wknown)
    list(util.refresh_indices(Thing))
    assert rom.session.known == known and dict(rom.session.wknown) == watched
    assert changed._modified and unsaved._new and not read._modified
    assert connection.hget('Thing:1', 'n') == b'0'
    assert connection.zscore('Thing:n:idx', '1') == 0
    assert connection.zcard('Thing:n:idx') == 5


def test_keygens_that_follow_references_see_what_is_stored(connection):
    class Owner(rom.Model):
        name = rom.Text()
        notes = rom.Json()

    class Pet(rom.Model):
        owner = rom.ManyToOne('Owner', on_delete='no action')
        who = rom.IndexOnly(keygen2=lambda attr, row: row.owner and row.owner.notes and [row.owner.name])
    Pet(owner=Owner(name=u'ann', notes={'a': 1})).save()
    rom.session.rollback()
    owner = Owner.get(1)
    owner.name = u'unsaved'
    list(util.refresh_indices(Pet))
    assert connection.smembers('Pet:who:ann:idx') == set([b'1'])
    assert list(rom.session.known.values()) == [owner] and len(rom.session.wknown) == 1
    assert problems(Pet) == []


def test_refresh_reports_honest_totals(connection):
    Thing = thing()
    fill(Thing, 25)
    connection.delete('Thing:3')
    assert list(util.refresh_indices(Thing, block_size=10)) == [(10, 24), (20, 24), (24, 24)]
    assert list(util.refresh_indices(Thing, 10, scan=False)) == [(10, 25), (20, 25), (25, 25)]
    assert list(util.refresh_indices(thing('None', 'Nothing'))) == []


def test_refresh_finds_rows_beyond_a_lost_counter(connection):
    Thing = thing()
    fill(Thing, 3)
    before = snapshot(connection)
    connection.delete(*(index_keys(connection) + [b'Thing:id:']))
    assert list(util.refresh_indices(Thing)) == [(3, 3)]
    before.pop(b'Thing:id:')
    assert snapshot(connection) == before


@pytest.mark.parametrize('namespace', ['a*b', 'a?b', '[ab]', 'a\\b', '{user}', u'ünï', 'a:b'])
def test_namespaces_are_no_patterns(connection, namespace):
    Thing = thing(namespace)
    fill(Thing, 3)
    for other in ('axb:1', 'a:1', 'b:7', 'axb:9:tags', 'a:n:idx'):
        connection.set(other, 'not ours')
    before = snapshot(connection)
    assert list(util.refresh_indices(Thing)) == [(3, 3)]
    assert problems(Thing, repair=True) == []
    list(util.clean_old_index(Thing))
    util.clean_unsafe_cols(Thing)
    assert snapshot(connection) == before
    connection.zrem(namespace + ':n:idx', '2')
    assert found(Thing) == set([('missing', namespace + ':n:idx', '2')])


def test_empty_scan_pages_end_nothing(connection):
    Thing = thing()
    fill(Thing, 3)
    pipeline = connection.pipeline()
    for i in range(20000):
        pipeline.set('other:%d' % i, '')
    pipeline.execute()
    assert list(util.refresh_indices(Thing))[-1] == (3, 3)
    connection.delete('Thing:2')
    list(util.clean_old_index(Thing))
    assert problems(Thing) == []


def test_one_bad_row_does_not_stop_the_others(connection):
    Thing = thing()
    fill(Thing, 5)
    connection.hset('Thing:2', 'n', 'abc5')
    connection.hset('Thing:4', 'email', u'é0')
    connection.delete('Thing:n:idx', 'Thing:text:pre')
    with pytest.raises(rom.BulkError) as caught:
        list(util.refresh_indices(Thing))
    assert [(pk, type(error)) for pk, error in caught.value.errors] == [
        ('Thing:2', rom.InvalidColumnValue), ('Thing:4', rom.UniqueKeyViolation)]
    assert 'Thing.n' in str(caught.value)
    assert sorted(connection.zrange('Thing:n:idx', 0, -1)) == [b'1', b'3', b'4', b'5']
    assert connection.zcard('Thing:text:pre') == 3 * 4
    assert connection.hget('Thing:email:uidx', u'é0') == b'1'


def test_an_index_key_that_holds_something_else_is_told(connection):
    Thing = thing()
    fill(Thing, 3)
    connection.delete('Thing:n:idx', 'Thing:f:idx')
    connection.set('Thing:n:idx', 'something else')
    with pytest.raises(rom.BulkError) as caught:
        list(util.refresh_indices(Thing))
    assert [(pk, type(error)) for pk, error in caught.value.errors] == [
        ('Thing:%d' % id, rom.InvalidOperation) for id in (1, 2, 3)]
    assert 'Thing:n:idx holds a string' in str(caught.value)
    job = util.check_indexes(Thing, repair=True)
    list(job)
    assert sorted((problem.kind, problem.pk) for problem in job.unmended) == [('broken', id) for id in '123']
    connection.delete('Thing:n:idx')
    list(util.refresh_indices(Thing))
    assert problems(Thing) == []


@pytest.mark.parametrize('listing', [
    '[[5,null,true],[null,[]],[["text"],["text",null],[1,2,3]],[null,["text"],"place"],[7]]', '{"a":1}', '5', '[', '[null]'])
def test_a_list_of_index_entries_that_holds_anything(connection, listing):
    Thing = thing()
    fill(Thing, 2)
    before = snapshot(connection)
    for mend in util.refresh_indices, lambda model: util.check_indexes(model, repair=True):
        connection.hset('Thing:1', INDEX_DATA, listing)
        list(mend(Thing))
        assert snapshot(connection) == before
    connection.hset('Thing:1', INDEX_DATA, listing)
    Thing.get(1).delete()
    assert problems(Thing) is not None and not connection.exists('Thing:1')


def test_a_row_deleted_or_changed_meanwhile(connection, monkeypatch):
    Thing = thing()
    fill(Thing, 4)
    read_rows = rom.storage.reads.read_rows
    writes = iter([lambda: Thing.get(2).delete(), lambda: Thing.get(3).update(n=50).save()])

    def interrupted(*args):
        rows = read_rows(*args)
        for write in itertools.islice(writes, 2):
            write()
        return rows
    monkeypatch.setattr(rom.upkeep.reindex.reads, 'read_rows', interrupted)
    list(util.refresh_indices(Thing))
    monkeypatch.undo()
    assert not connection.exists('Thing:2') and connection.zscore('Thing:n:idx', '2') is None
    assert connection.zscore('Thing:n:idx', '3') == 50
    assert problems(Thing) == []


def test_refresh_all_indexes(connection, capsys):
    Thing = thing('things')
    fill(Thing, 3)
    before = snapshot(connection)
    connection.delete(*index_keys(connection, 'things'))
    assert util.refresh_all_indexes() is None
    assert snapshot(connection) == before
    printed = capsys.readouterr().out
    assert printed.count('updating Thing\n') == 1  # it stands in MODELS under two names
    assert '100.0% complete' in printed


# Progress --------------------------------------------------------------------------------------------------------

def test_show_progress(capsys):
    assert util.show_progress(iter([(1, 4), (4, 4)])) is None
    first, last, end = capsys.readouterr().out.split('\r')
    assert first.startswith('25.0% complete, 0.0 seconds elapsed, 0.')
    assert last.startswith('100.0% complete, 0.') and last.endswith(' 0.0 seconds remaining') and end == '\n'


@pytest.mark.parametrize('progress', [[], [(0, 0)], [(0, 5)]])
def test_show_progress_of_next_to_nothing(progress, capsys):
    util.show_progress(progress)
    assert capsys.readouterr().out.endswith('100.0% complete, 0.0 seconds elapsed, 0.0 seconds remaining\r\n')


def test_show_progress_tells_what_a_check_found(connection, capsys):
    Thing = thing()
    fill(Thing, 1)
    connection.zadd('Thing:n:idx', {'9': 1})
    util.show_progress(util.check_indexes(Thing))
    printed = capsys.readouterr().out
    assert 'Thing: 1 problems found, 0 mended' in printed
    assert "Thing:n:idx" in printed and 'row 9' in printed


# Cleaning --------------------------------------------------------------------------------------------------------

def test_clean_removes_everything_of_rows_deleted_from_outside(connection):
    Thing = thing()
    fill(Thing, 4)
    rest = [key for key in snapshot(connection)]
    Thing.get([3, 4])[0].delete()
    Thing.get(4).delete()
    expected = snapshot(connection)
    connection.flushdb()
    fill(Thing, 4)
    assert sorted(snapshot(connection)) == sorted(rest)
    connection.hset('Thing::', '4', '[["n:x"],["n"],[],[]]')  # as rom before 1.0 left it
    connection.delete('Thing:3', 'Thing:4')
    progress = list(util.clean_old_index(Thing, block_size=3, ignored=True))
    assert progress[-1][0] == progress[-1][1] and [total for _, total in progress] == [progress[0][1]] * len(progress)
    assert snapshot(connection) == expected


def test_clean_keeps_the_lists_of_old_rows(connection):
    Thing = thing()
    fill(Thing, 2)
    listing = connection.hget('Thing:1', INDEX_DATA)
    connection.hdel('Thing:1', INDEX_DATA)
    connection.hset('Thing::', '1', listing)
    before = snapshot(connection)
    list(util.clean_old_index(Thing))
    assert snapshot(connection) == before
    assert problems(Thing) == []
    list(util.refresh_indices(Thing))
    assert not connection.exists('Thing::') and connection.hget('Thing:1', INDEX_DATA)


def test_clean_removes_columns_that_are_no_more(connection):
    Thing = thing()
    fill(Thing, 2)
    before = snapshot(connection)
    connection.sadd('Thing:old:word:idx', 1, 99)
    connection.zadd('Thing:old:idx', {'1': 5})
    connection.zadd('Thing:old:pre', {u'é\x002': 5})
    connection.zadd('Thing:n:suf', {u'é\x002': 5})
    connection.hset('Thing:old:uidx', 'x', '2')
    connection.hset('Thing:n:old:uidx', 'x', '2')
    connection.execute_command('GEOADD', 'Thing:old:geo', 1, 2, '2')
    data = json.loads(connection.hget('Thing:1', INDEX_DATA).decode('utf-8'))
    data[0].append('old:word')
    connection.hset('Thing:1', INDEX_DATA, json.dumps(data))
    list(util.clean_old_index(Thing))
    assert snapshot(connection) == before


def test_clean_leaves_models_of_longer_and_shorter_namespaces_alone(connection):
    User, Post, Deep = thing('User', 'User'), thing('User:x', 'Post'), thing('User:x:n', 'Deep')

    class Short(rom.Model):
        _namespace = 'Us'
        x = rom.Text(index=True, keygen=rom.IDENTITY)
    for model in (User, Post, Deep):
        fill(model, 3)
    before = snapshot(connection)
    for registered in (True, False):
        for model in (User, Post, Deep, Short):
            assert problems(model, repair=True) == []
            list(util.clean_old_index(model))
        # what another program declares is not known here
        for name in ('User:x', 'User:x:n'):
            rom.columns.MODELS.pop(name, None)
        for name in ('Post', 'Deep'):
            rom.columns.MODELS.pop(name, None)
    assert snapshot(connection) == before


def test_clean_tells_a_word_from_a_model(connection):
    class User(rom.Model):
        x = rom.Text(index=True, keygen=rom.IDENTITY)

    class Post(rom.Model):
        _namespace = 'User:x'
        a = rom.Integer()
    User(x=u'n:5').save()
    Post(a=1).save()
    before = snapshot(connection)
    assert before[b'User:x:n:5:idx'] == set([b'1'])
    assert problems(Post, repair=True) == [] and problems(User, repair=True) == []
    assert snapshot(connection) == before


def test_clean_of_a_model_without_indexes(connection):
    class Plain(rom.Model):
        a = rom.Integer()
    assert list(util.clean_old_index(Plain)) == [(1, 1)]  # the lists of old rows


def test_unsafe_keys_are_no_index(connection):
    class Odd(rom.Model):
        idx = rom.UnsafeColumn()
        n = rom.Integer(index=True)
    odd = Odd(n=1)
    odd.save()
    odd.idx.sadd('1', '99')
    assert problems(Odd, repair=True) == []
    assert connection.smembers('Odd:1:idx') == set([b'1', b'99'])


def test_clean_unsafe_cols(connection):
    class One(rom.Model):
        tags = rom.UnsafeColumn()
        n = rom.Integer(index=True)

    class Two(rom.Model):
        tags = rom.UnsafeColumn()
    for model, count in ((One, 120), (Two, 3)):
        for i in range(count):
            entity = model()
            entity.save()
            entity.tags.rpush('x')
    connection.delete(*['One:%d' % i for i in range(1, 111)])
    connection.delete('Two:2')
    connection.set('One:5:other', 'not declared')
    left = 10 + 2
    examined, deleted = util.clean_unsafe_cols(One, Two, ignored=True)
    assert deleted == 110 + 1
    assert examined == (120 + 10 + 1 + 1) + (3 + 2 + 1)
    assert len(connection.keys('*:tags')) == left
    assert util.clean_unsafe_cols(One, Two)[1] == 0
    with pytest.raises(ValueError):
        util.clean_unsafe_cols()


# Checking --------------------------------------------------------------------------------------------------------

def test_a_sound_model_has_no_problems(connection):
    Thing = thing()
    fill(Thing, 7)
    before = snapshot(connection)
    job = util.check_indexes(Thing)
    assert isinstance(next(job), tuple)
    assert list(job)[-1:] and job.problems == [] == job.unmended
    assert str(job) == 'Thing: 0 problems found, 0 mended'
    assert snapshot(connection) == before


def damage_words(c):
    c.srem(u'Thing:text:wörd:idx', 1)
    c.sadd(u'Thing:text:wörd:idx', 99)
    c.sadd('Thing:text:w1:idx', 1)
    return [('missing', u'Thing:text:wörd:idx', '1'), ('stale', u'Thing:text:wörd:idx', '99'),
            ('stale', 'Thing:text:w1:idx', '1')]


def damage_scores(c):
    c.zrem('Thing:n:idx', 1)
    c.zadd('Thing:n:idx', {'2': 7, '98': 1})
    c.zadd('Thing:both:sum:idx', {'1': 7})
    c.zadd('Thing:id:idx', {'4': 9})
    c.zadd('Thing:text:idx', {'1': 9})
    return [('missing', 'Thing:n:idx', '1'), ('missing', 'Thing:n:idx', '2'), ('stale', 'Thing:n:idx', '98'),
            ('missing', 'Thing:both:sum:idx', '1'), ('missing', 'Thing:id:idx', '4'), ('stale', 'Thing:text:idx', '1')]


def damage_prefixes(c):
    c.zrem('Thing:text:pre', u'wörd\x001')
    c.zadd('Thing:text:pre', {u'wörd\x002': 5, u'wörd\x0099': 5, u'drw\x003': 5, u'b/a\x004': 6})
    return [('missing', 'Thing:text:pre', '1'), ('missing', 'Thing:text:pre', '2'), ('stale', 'Thing:text:pre', '99'),
            ('stale', 'Thing:text:pre', '3'), ('stale', 'Thing:text:pre', '4')]


def damage_suffixes(c):
    c.zrem('Thing:text:suf', u'dröw\x001')
    c.zadd('Thing:text:suf', {u'no id': 5, u'x\x00y\x002': 5, u'wörd\x003': 6})
    return [('missing', 'Thing:text:suf', '1'), ('stale', 'Thing:text:suf', ''), ('stale', 'Thing:text:suf', '2'),
            ('stale', 'Thing:text:suf', '3')]


def damage_uniques(c):
    c.hdel('Thing:email:uidx', u'é0')
    c.hset('Thing:email:uidx', 'ghost', 2)
    c.hset('Thing:nick:uidx', 'n2', 2)
    c.hset('Thing:nick:uidx', 'n9', 77)
    value = util._encode_unique_constraint([u'3', u'o3'])
    c.hset('Thing:n:order:uidx', value, 1)
    return [('missing', 'Thing:email:uidx', '1'), ('stale', 'Thing:email:uidx', '2'),
            ('stale', 'Thing:nick:uidx', '2'), ('missing', 'Thing:nick:uidx', '3'), ('stale', 'Thing:nick:uidx', '77'),
            ('stale', 'Thing:n:order:uidx', '1'), ('missing', 'Thing:n:order:uidx', '4')]


def damage_geo(c):
    c.zrem('Thing:place:geo', 1)
    c.execute_command('GEOADD', 'Thing:place:geo', 50, 50, '2')
    c.execute_command('GEOADD', 'Thing:place:geo', 50, 50, '99')
    c.execute_command('GEOADD', 'Thing:elsewhere:geo', 50, 50, '3')
    return [('missing', 'Thing:place:geo', '1'), ('missing', 'Thing:place:geo', '2'),
            ('stale', 'Thing:place:geo', '99'), ('stale', 'Thing:elsewhere:geo', '3')]


def damage_lists(c):
    c.hdel('Thing:1', INDEX_DATA)
    c.hset('Thing:2', INDEX_DATA, 'no json')
    c.hset('Thing:3', INDEX_DATA, b'\xff')
    c.hset('Thing:4', INDEX_DATA, '[["n:x"],{},{},["place"]]')
    return [('listing', 'Thing:%d' % id, str(id)) for id in (1, 2, 3, 4)]


def damage_rows(c):
    c.delete('Thing:1')
    c.hset('Thing:2', 'flag', '1')
    return None


DAMAGES = [damage_words, damage_scores, damage_prefixes, damage_suffixes, damage_uniques, damage_geo, damage_lists]


@pytest.mark.parametrize('damage', DAMAGES, ids=lambda damage: damage.__name__)
def test_every_damage_is_found_and_mended(connection, damage):
    Thing = thing()
    fill(Thing)
    before = snapshot(connection)
    expected = set(damage(connection))
    damaged = snapshot(connection, lists=False)
    assert found(Thing) == expected
    assert snapshot(connection, lists=False) == damaged, 'checking alone changes nothing'
    assert found(Thing, repair=True) == expected
    assert problems(Thing) == []
    assert snapshot(connection) == before


def test_rows_changed_by_hand(connection):
    Thing = thing()
    fill(Thing)
    connection.delete('Thing:1')
    connection.hset('Thing:2', 'n', '500')
    connection.hset('Thing:2', 'email', 'by hand')
    assert problems(Thing)
    assert problems(Thing, repair=True)
    assert problems(Thing) == []
    assert Thing.get_by(email=u'by hand').n == 500
    assert Thing.get_by(email=u'é1') is None
    assert [entity.id for entity in Thing.query.filter(n=(500, 500)).all()] == [2]


def test_any_damage_at_all_is_mended(connection, rng):
    Thing = thing()
    fill(Thing, 30)
    before = snapshot(connection)
    keys = sorted(index_keys(connection))
    for key in rng.sample(keys, 40):
        kind = connection.type(key)
        id = str(rng.randrange(1, 60))
        if rng.random() < .3:
            connection.delete(key)
        elif kind == b'set':
            connection.sadd(key, id)
        elif kind == b'hash':
            connection.hset(key, rng.choice(connection.hkeys(key)), id)
        elif key.endswith(b'pre') or key.endswith(b'suf'):
            connection.zadd(key, {u'w%s\0%s' % (id, id): 3})
        else:
            connection.zadd(key, {id: rng.random()})
    for id in rng.sample(range(1, 31), 5):
        connection.hdel('Thing:%d' % id, INDEX_DATA)
    wrong = found(Thing)
    assert wrong == found(Thing, repair=True)
    assert problems(Thing) == []
    assert snapshot(connection) == before


def test_what_cannot_be_mended_is_told(connection):
    Thing = thing()
    fill(Thing, 4)
    connection.hset('Thing:2', 'email', u'é0')
    connection.hset('Thing:3', 'n', 'abc')
    connection.zrem('Thing:f:idx', 2)
    job = util.check_indexes(Thing, repair=True)
    list(job)
    assert sorted((problem.kind, problem.pk) for problem in job.unmended) == [('broken', '3'), ('duplicate', '2')]
    assert connection.zscore('Thing:f:idx', '2') == 1.5
    assert 'Thing.n' in str(job) and 'belongs to row 1' in str(job)
    connection.hset('Thing:2', 'email', u'free')
    connection.hset('Thing:3', 'n', '2')
    assert problems(Thing, repair=True)
    assert problems(Thing) == []


def test_the_lists_of_1_1_2_are_right(connection):
    Thing = thing()
    fill(Thing, 1)
    data = json.loads(connection.hget('Thing:1', INDEX_DATA).decode('utf-8'))
    data[3] += data[4]
    data[4] = {}
    connection.hset('Thing:1', INDEX_DATA, json.dumps(data))
    assert problems(Thing) == []


def test_a_text_without_end_and_words_without_number(connection):
    class Book(rom.Model):
        text = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True)
    Book(text=u' '.join(u'word%d' % i for i in range(4000))).save()
    for i in range(3):
        Book(text=u'short').save()
    rom.session.rollback()
    before = snapshot(connection)
    assert problems(Book) == []
    connection.delete('Book:text:pre')
    connection.sadd('Book:text:word7:idx', 2)
    assert len(problems(Book, repair=True)) == 3 + 1 + 1
    assert snapshot(connection) == before


def test_a_row_that_never_stands_still_is_told(connection, monkeypatch):
    Thing = thing()
    fill(Thing, 3)
    read_rows, count = rom.storage.reads.read_rows, itertools.count()

    def interrupted(*args):
        rows = read_rows(*args)
        connection.hset('Thing:2', 'flag', next(count))
        return rows
    monkeypatch.setattr(rom.upkeep.reindex, 'ATTEMPTS', 5)
    monkeypatch.setattr(rom.storage.reads, 'read_rows', interrupted)
    assert found(Thing) == set([('busy', 'Thing:2', '2')])
    with pytest.raises(rom.BulkError) as caught:
        list(util.refresh_indices(Thing))
    assert [pk for pk, _ in caught.value.errors] == ['Thing:2']


def test_mending_while_others_write(connection):
    Thing = thing()
    fill(Thing, 40)
    stop = threading.Event()
    errors = []

    def write(seed):
        try:
            for i in itertools.count():
                if stop.is_set():
                    break
                id = seed + 2 * (i % 20)
                entity = Thing.get(id)
                if entity is None:
                    Thing(n=1000 + i * 2 + seed, text=u'new %d' % i, email=u'%d-%d' % (seed, i)).save()
                elif i % 7 == 6:
                    entity.delete()
                else:
                    entity.update(n=entity.n + 100, text=u'changed w%d' % (i % 10), email=u'%d-%d' % (seed, i)).save()
                rom.session.rollback()
        except Exception as error:
            errors.append(error)
    writers = [threading.Thread(target=write, args=(seed,)) for seed in (1, 2)]
    for writer in writers:
        writer.start()
    try:
        deadline = time.time() + 3
        for i in range(6):
            if time.time() > deadline:
                break
            connection.zadd('Thing:n:idx', {'9999': 5})
            connection.delete(*['Thing:f:idx', 'Thing:text:pre', 'Thing:email:uidx'][i % 3:i % 3 + 1])
            list(util.check_indexes(Thing, repair=True))
            list(util.refresh_indices(Thing))
            list(util.clean_old_index(Thing))
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert errors == []
    assert problems(Thing, repair=True) == problems(Thing) == []


@pytest.mark.parametrize('decodes', [False, True])
def test_keys_and_members_of_others(connection, server, decodes):
    Thing = thing()
    Thing._conn = server.client(decode_responses=decodes)
    fill(Thing, 3)
    before = snapshot(connection)
    others = {b'Thing:77': b'no row', b'Thing::': b'no list', b'Thing:x:idx': b''}
    if not decodes or hasattr(redis.client, 'NEVER_DECODE'):  # redis-py 3 can only decode, or not
        others.update({b'Thing:\xff': b'', b'Thing:\xff:idx': b''})
    connection.mset(others)
    connection.rpush('Thing:78', 'no row')
    connection.zadd('Thing:n:idx', {b'77': 1, b'78': 2})
    connection.zadd('Thing:text:pre', {b'word\x0077': 1, b'\xff\x0078': 2})
    connection.hset('Thing:email:uidx', 'free', '78')
    connection.sadd('Thing:flag:True:idx', b'\xff')
    assert list(util.refresh_indices(Thing))
    assert list(util.clean_old_index(Thing))
    assert problems(Thing) == []
    assert util.clean_unsafe_cols(Thing)[1] == 0
    connection.srem('Thing:flag:True:idx', b'\xff')
    connection.zrem('Thing:text:pre', b'\xff\x0078')
    assert connection.mget(others) == list(others.values())
    connection.delete('Thing:78', *others)
    assert snapshot(connection) == before


def test_everything_works_when_the_client_decodes(connection, server):
    util.CONNECTION = server.client(decode_responses=True)
    Thing = thing()
    fill(Thing)
    before = snapshot(connection)
    expected = set(item for damage in DAMAGES if damage is not damage_lists for item in damage(connection))
    assert expected <= found(Thing)
    assert problems(Thing, repair=True)
    assert problems(Thing) == []
    assert snapshot(connection) == before
    connection.delete('Thing:1')
    assert list(util.clean_old_index(Thing))
    assert list(util.refresh_indices(Thing)) == [(4, 4)]
    assert util.clean_unsafe_cols(Thing)[1] == 0
    assert problems(Thing) == []
