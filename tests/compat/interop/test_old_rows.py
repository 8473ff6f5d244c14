# -*- coding: utf-8 -*-
"""Rows older than rom 1.0 keep their index data in the hash `NS::`; the next save moves it into the row."""
import pytest

from sides import index_data, keyspace

NAMESPACE = b'every thing'
VALUES = dict(integer=5, text=u'héllo world', unique_text=u'u', boolean=True)


@pytest.fixture
def aged(connection):
    def age(id):
        """Make the row as rom 0.x had it."""
        key = NAMESPACE + b':%d' % id
        connection.hset(NAMESPACE + b'::', str(id), connection.hget(key, '-index-data-'))
        connection.hdel(key, '-index-data-')
        return key
    return age


def test_old_row_is_read_and_moved(pair, aged, connection):
    writer, other = pair
    id, _ = writer.create('Every', VALUES)
    before = keyspace(connection)
    key = aged(id)
    assert other.read('Every', id)['text'] == VALUES['text']
    assert other.query('Every', [['filter', [], {'text': u'héllo'}]]) == [id]
    other.update('Every', id, {'plain_int': 8})
    assert not connection.exists(NAMESPACE + b'::')
    after = keyspace(connection)
    assert after[key].pop(b'plain_int') == b'8' and before[key].pop(b'plain_int') == b'3'
    assert after == before


def test_old_row_is_updated(pair, aged, connection):
    writer, other = pair
    id, _ = writer.create('Every', VALUES)
    key = aged(id)
    other.update('Every', id, {'text': u'other words', 'integer': 6})
    assert not connection.exists(NAMESPACE + b'::')
    assert index_data(connection.hget(key, '-index-data-'))[0][-2:] == [u'text:words', u'words:word-6']
    assert writer.query('Every', [['filter', [], {'text': u'héllo'}]]) == []
    assert writer.query('Every', [['filter', [], {'text': u'words'}]]) == [id]
    assert writer.query('Every', [['startswith', [], {'text': u'h'}]]) == []


def test_old_row_is_deleted(pair, aged, connection):
    writer, other = pair
    id, _ = writer.create('Every', VALUES)
    aged(id)
    other.delete('Every', id)
    left = keyspace(connection)
    left.pop(NAMESPACE + b':key:')
    assert left == {}
