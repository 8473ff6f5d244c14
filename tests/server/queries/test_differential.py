# -*- coding: utf-8 -*-
"""Queries against a table in plain Python (oracle.py): random rows, filters, orders, limits, selects, updates, deletes.

Each seed is a test of its own; ROM_TEST_SEED adds one. A failure shows the seed, and the query as it could be typed.
They are run as they are; with calls of search.lua cut into very small pieces, as only large tables have them; and with
searches that walk wherever they can, which for few rows seldom pays.
"""
import os

import pytest
import rom
import rom.index
from rom.storage.scripts import Script

pytest.register_assert_rewrite('random_rows', 'random_queries', 'random_conditions', 'random_writes')

from random_queries import AskedWorld  # noqa: E402 (their asserts are to be rewritten)

GIVEN = [int(os.environ['ROM_TEST_SEED'])] if os.environ.get('ROM_TEST_SEED') else []


@pytest.fixture
def in_pieces(monkeypatch):
    """Calls of search.lua take few entries at a time and end early."""
    change_search(monkeypatch, (b'local CHUNK = 1000', b'local CHUNK = 6'))
    monkeypatch.setattr(rom.search.search, 'STEPS_PER_CALL', 25)


@pytest.fixture
def walking(monkeypatch, in_pieces):
    """As well, searches walk in the wanted order, by the words of a filter rather than by all ids."""
    change_search(
        monkeypatch, (b"highest, 1, 'walks', request.sort", b"highest, 1e6, 'walks', request.sort"),
        (b'allowed, not is_begun and gathering.cost < work.allowed', b'allowed, false'),
        (b'(is_begun or gathering.cost > 4 * work.allowed) and math.huge', b'math.huge'))


def change_search(monkeypatch, *changes):
    """Let rom use search.lua with some of its text replaced."""
    text = rom.storage.searches._search.text
    for old, new in changes:
        assert text.count(old) == 1, '%r is not in search.lua any more: tell this test what is' % old
        text = text.replace(old, new)
    monkeypatch.setattr(rom.storage.searches, '_search', Script('search', text))


def run(seed, connection, size, rounds, questions, **kind):
    """Ask so many questions between changes; `kind` is that of the `AskedWorld`."""
    print('to repeat: ROM_TEST_SEED=%d' % seed)
    world = AskedWorld(seed, size, **kind)
    for _ in range(size):
        world.create()
    for _ in range(rounds):
        world.change()
        for _ in range(questions):
            world.ask(connection)
    world.check_storage(connection)
    world.delete_all(connection)
    print('%d checks' % world.checks)


@pytest.mark.parametrize('seed', [1, 2, 3, 4] + GIVEN)
def test_queries_agree(seed, connection):
    run(seed, connection, size=60, rounds=11, questions=8)


@pytest.mark.parametrize('seed', [11, 12, 13, 14] + GIVEN)
def test_queries_in_small_pieces_agree(seed, connection, in_pieces):
    run(seed, connection, size=60, rounds=7, questions=8, is_in_pieces=True)


@pytest.mark.parametrize('seed', [21, 22, 23, 24] + GIVEN)
def test_queries_that_walk_agree(seed, connection, walking):
    run(seed, connection, size=60, rounds=7, questions=8, is_in_pieces=True)


@pytest.mark.stress
@pytest.mark.parametrize('seed', range(100, 130))
def test_many_queries_agree(seed, connection):
    run(seed, connection, size=70, rounds=60, questions=12)


@pytest.mark.stress
@pytest.mark.parametrize('seed', range(200, 220))
def test_many_queries_in_small_pieces_agree(seed, connection, in_pieces):
    run(seed, connection, size=70, rounds=40, questions=12, is_in_pieces=True)


@pytest.mark.stress
@pytest.mark.parametrize('seed', range(400, 420))
def test_many_queries_that_walk_agree(seed, connection, walking):
    run(seed, connection, size=70, rounds=40, questions=12, is_in_pieces=True)


@pytest.mark.stress
@pytest.mark.parametrize('seed', range(300, 303))
def test_queries_of_many_rows_agree(seed, connection):
    run(seed, connection, size=2500, rounds=3, questions=20)


# -- what it has found -------------------------------------------------------------------------------------------------

def ids_of(query):
    return [entity.id for entity in query.all()]


def test_an_index_over_a_string_column_is_asked_for_bytes(connection):
    class Row(rom.Model):
        bytes = rom.String()
        folded = rom.IndexOnly('bytes', keygen=rom.IDENTITY_CI, prefix=True, suffix=True)
    Row(bytes=u'en \xe9cole'.encode('utf-8')).save()
    Row(bytes=b'\xc9\xff').save()
    assert ids_of(Row.query.endswith(folded=u'\xe9cole'.encode('utf-8'))) == [1]
    assert ids_of(Row.query.filter(folded=b'\xc9\xff')) == [2]
    assert ids_of(Row.query.startswith(folded=b'\xc9')) == [2]


def test_the_end_of_words_in_bytes_that_are_utf8(connection):
    class Row(rom.Model):
        bytes = rom.String(index=True, keygen=rom.FULL_TEXT, suffix=True)
    Row(bytes=u'grand caf\xe9'.encode('utf-8')).save()
    assert ids_of(Row.query.endswith(bytes=u'f\xe9'.encode('utf-8'))) == [1]


def test_ranges_of_bytes_do_not_read_them_as_text(connection):
    class Row(rom.Model):
        bytes = rom.String(index=True, keygen=rom.SIMPLE)
    Row(bytes=b'caf\xe9').save()
    Row(bytes=b'caf\xc3\xa9').save()
    assert ids_of(Row.query.filter(bytes=(b'caf\xc3\xa9', b'caf\xc3\xa9'))) == [2]
