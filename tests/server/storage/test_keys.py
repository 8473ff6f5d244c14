# -*- coding: utf-8 -*-
"""Keys: what Python spells is what the scripts write, and what stands in the stored format."""
import pytest

import rom
from rom.storage import keys


def test_the_scripts_write_what_is_spelt(connection, rom_connection):
    class Place(rom.Model):
        _namespace = u'caf\xe9'
        name = rom.Text(index=True, keygen=rom.IDENTITY, prefix=True, suffix=True, unique=True)
        n = rom.Integer(index=True)
        city = rom.Text()
        unique_together = [('name', 'city')]
        geo_index = [rom.GeoIndex('where', callback=lambda row: {'lon': 1, 'lat': 2})]
        notes = rom.UnsafeColumn()
    place = Place(name=u'a', n=1, city=u'b')
    place.save()
    place.notes.set('x')
    lock = rom.util.EntityLock(place, 1, 10)
    assert lock.acquire()
    kept = Place.query.filter(n=1).cached_result(10)
    namespace = Place._namespace
    expected = [keys.row(namespace, 1), keys.counter(namespace, 'id'), keys.index(namespace, keys.entry_name('name', u'a')),
                keys.index(namespace, 'n'), keys.index(namespace, 'city:name', 'uidx'), keys.index(namespace, 'where', 'geo'),
                keys.unsafe(place._pk, 'notes'), keys.lock(place._pk)]
    expected += [keys.index(namespace, 'name', kind) for kind in ('pre', 'suf', 'uidx')]
    found = set(key if isinstance(key, type(u'')) else key.decode('utf-8') for key in connection.scan_iter())
    others = found.difference(expected)
    assert found.issuperset(expected)
    rest = sorted(key[len(keys.start(namespace)):] for key in others)
    assert [keys.is_memory(each) for each in rest] == [False, True]
    assert keys.results(namespace, rest[0]) == (kept if isinstance(kept, type(u'')) else kept.decode('utf-8'))
    assert lock.release() and connection.exists(keys.memory_of_lock(keys.lock(place._pk), 'other')) == 0


@pytest.mark.pure
def test_spelling():
    assert keys.rows(u'caf\xe9', [1, u'2']) == [b'caf\xc3\xa9:1', b'caf\xc3\xa9:2']
    assert (keys.row('A', 7), keys.counter('A', 'id'), keys.legacy_lists('A')) == ('A:7', 'A:id:', 'A::')
    assert (keys.index('A', 'n'), keys.index('A', 'a:b', 'uidx')) == ('A:n:idx', 'A:a:b:uidx')
    assert keys.entry_names('a', [u'x', u'y']) == [keys.entry_name('a', u'x'), u'a:y']
    assert keys.memory('A', 'me') == 'A:once:me' and keys.is_memory('once:me') and not keys.is_memory('1')


@pytest.mark.pure
def test_what_an_index_is_named():
    for name in ('a', 'a:x', 'a:b:c'):
        for kind in keys.INDEX_KINDS:
            assert keys.name_and_kind('%s:%s' % (name, kind)) == (name, kind)
    assert [keys.name_and_kind(rest)[0] for rest in ('1', '1:notes', 'id:', 'idx', ':idx')] == [''] * 5


@pytest.mark.pure
def test_the_memory_of_a_lock_is_in_its_slot():
    assert keys.memory_of_lock('lock:A:1', 'me') == '{lock:A:1}:once:me'
    assert keys.memory_of_lock('lock:{A}:1', 'me') == 'lock:{A}:1:once:me'
