# -*- coding: utf-8 -*-
"""While a cluster's slot moves: written once, or refused; keys that a script touches are declared (docs/promises.rst: Writes)."""
import pytest
import redis
import rom
from rom.exceptions import ORMError

import servers

pytestmark = pytest.mark.skipif(not hasattr(redis, 'RedisCluster'), reason='this redis-py knows no clusters')


@pytest.fixture
def nodes(server):
    try:
        return servers.start_cluster(server.spawn)
    except Exception as error:
        pytest.skip('no cluster can be started: %s' % error)


def move(nodes, slot, part):
    """Begin to move a slot, and move the keys for which `part(key)` is true."""
    (first, second), ports = nodes
    names = [client.execute_command('CLUSTER', 'MYID') for client in (first, second)]
    second.execute_command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', names[0])
    first.execute_command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', names[1])
    for key in first.execute_command('CLUSTER', 'GETKEYSINSLOT', slot, 1000):
        if part(key):
            first.execute_command('MIGRATE', '127.0.0.1', ports[1], key, 0, 5000)


def finish(nodes, slot):
    (first, second), ports = nodes
    name = second.execute_command('CLUSTER', 'MYID')
    for key in first.execute_command('CLUSTER', 'GETKEYSINSLOT', slot, 1000):
        first.execute_command('MIGRATE', '127.0.0.1', ports[1], key, 0, 5000)  # BUSYKEY: made on both sides
    for client in (first, second):
        client.execute_command('CLUSTER', 'SETSLOT', slot, 'NODE', name)


def test_writes_while_a_slot_moves(nodes):
    """Written once, or refused: whichever keys have moved already."""
    (first, second), ports = nodes

    class Row(rom.Model):
        _namespace = '{row}'
        _conn = redis.RedisCluster(host='127.0.0.1', port=ports[0])
        name = rom.Text(unique=True)
        n = rom.Integer(index=True)
        words = rom.Text(index=True, keygen=rom.FULL_TEXT)

    slot = first.execute_command('CLUSTER', 'KEYSLOT', '{row}')
    for n in range(1, 6):
        Row(name=u'n%d' % n, n=n, words=u'w%d' % n)
    rom.session.commit()
    rows = Row.get([1, 2, 3, 4, 5])
    known = Row.query.filter(n=(0, 9)).count()
    move(nodes, slot, lambda key: key in (b'{row}:2', b'{row}:id:', b'{row}:name:uidx', b'{row}:words:w4:idx'))

    def new():
        Row(name=u'fresh', n=9, words=u'other').save()

    def taken():
        Row(name=u'n2', n=9).save()

    def change():
        rows[3].words, rows[3].n = u'changed', 50
        rows[3].save()

    said = []
    for work in (new, taken, change, rows[2].delete):
        try:
            work()
            said.append(True)
        except (ORMError, redis.RedisError):
            said.append(False)
    finish(nodes, slot)
    rom.session.rollback()
    assert known == 5 and not said[1]
    assert len([row for row in Row.query.all() if row.name == u'fresh']) == said[0]
    assert (Row.get(3) is None) == said[3] and (Row.get(4).n == 50) == said[2]
    job = rom.util.check_indexes(Row)
    list(job)
    assert job.problems == []
    again = Row(name=u'later', n=7)
    again.save()
    assert Row.get_by(name=u'later').n == 7 and again.id > 5
