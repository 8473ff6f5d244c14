# -*- coding: utf-8 -*-
"""Given the same calls, the two libraries leave the same keys with the same content."""
import pytest

from samples import EDGES, FULL, OTHER, SPARSE
from sides import differences, keyspace

TARGETS = [('create', 'Target', {'name': u'one'}), ('create', 'Target', {'name': u'two', 'weight': 0})]


@pytest.fixture
def same(ours, theirs, connection):
    """Let both libraries make the same calls, each on an empty database; compare answers and keys.

    How many columns an update wrote is left out: 1.1.2 counts references and Json that are as they were."""
    def check(*calls):
        outcomes = []
        for side in (ours, theirs):
            connection.flushdb()
            side.reset()
            answers = [(call[0], getattr(side, call[0])(*call[1:])) for call in calls]
            answers = [answer for answer in answers if answer[0] not in ('update', 'clear')]
            outcomes.append((answers, keyspace(connection)))
        (our_answers, our_keys), (their_answers, their_keys) = outcomes
        assert our_answers == their_answers
        assert differences(our_keys, their_keys) == {}
    return check


def every(*values):
    return TARGETS + [('create', 'Every', row) for row in values]


@pytest.mark.parametrize('values', [FULL, OTHER, SPARSE, {}] + EDGES)
def test_create(same, values):
    same(*every(values))


def test_each_column_alone(same):
    same(*every(*[{name: FULL[name]} for name in sorted(FULL)]))


def test_commit_of_many(same):
    rows = [{'name': u'n%d word' % n, 'n': n} for n in range(20)]
    same(('create_many', 'Slot', rows), ('create_many', 'Target', [{'name': u'a'}, {'name': u'b', 'weight': None}]))


@pytest.mark.parametrize('first,second', [(FULL, OTHER), (OTHER, FULL), (SPARSE, FULL), ({}, FULL), (FULL, FULL)])
def test_update(same, first, second):
    same(*(every(first) + [('update', 'Every', 1, second)]))


@pytest.mark.parametrize('name', sorted(FULL))
def test_update_of_one_column(same, name):
    same(*(every(FULL) + [('update', 'Every', 1, {name: OTHER[name]}), ('read', 'Every', 1)]))


@pytest.mark.parametrize('name', sorted(set(FULL) - {'plain_int'}))
def test_clear_of_one_column(same, name):
    same(*(every(FULL) + [('clear', 'Every', 1, [name]), ('read', 'Every', 1)]))


def test_unchanged_and_full_saves(same):
    same(*(every(FULL, SPARSE) + [('update', 'Every', id, {}, full, force)
                                  for id in (1, 2) for full in (False, True) for force in (False, True)]))


def test_delete(same):
    same(*(every(FULL, OTHER) + [('delete', 'Every', 1)]))


def test_session_and_query_delete(same):
    rows = [{'name': u'n%d' % n, 'n': n} for n in range(10)]
    same(('create_many', 'Slot', rows), ('session_delete', 'Slot', [1, 2, 3]),
         ('query_delete', 'Slot', [['filter', [], {'n': (7, None)}]]))


def test_unsafe(same):
    same(('create', 'Every', {}), ('create', 'Every', {}), ('unsafe', 'Every', 1, 'log', 'rpush', [u'a', u'b']),
         ('unsafe', 'Every', 2, 'log', 'rpush', [u'c']), ('delete', 'Every', 1))


def test_geo(same):
    same(('create', 'Geo', {'integer': 3, 'float': 30.0, 'name': u'x y'}), ('create', 'Geo', {'name': u'nowhere'}),
         ('update', 'Geo', 1, {'float': -120.5}), ('update', 'Geo', 1, {'name': u'z'}),
         ('create', 'Geo', {'integer': 79, 'float': 1799.0}))


def test_on_delete(same):
    same(('create', 'Owner', {'name': u'o'}), ('create', 'Cascaded', {'owner': 1, 'n': 1}),
         ('create', 'Cascaded', {'owner': 1, 'n': 2}), ('create', 'Owner', {'name': u'p'}), ('delete', 'Owner', 1))


def test_transfer(same):
    same(('create', 'Slot', {'n': 10}), ('create', 'Slot', {'n': 1}), ('create', 'Owner', {}),
         ('transfer', 'Slot', 1, 2, 'n', 4, 1))


def test_reads_leave_nothing(ours, connection):
    """Ours alone: 1.1.2 leaves temporary keys for half a minute."""
    ours.create('Every', {'integer': 5, 'text': u'hello'})
    before = set(connection.keys('*'))
    ours.query('Every', [['filter', [], {'integer': (1, 9), 'text': u'hello'}]])
    ours.query('Every', [['startswith', [], {'text': u'he'}], ['order_by', ['integer'], {}]])
    ours.count('Every', [['like', [], {'text': u'*l'}]])
    ours.read('Every', 1)
    assert set(connection.keys('*')) == before


def test_mixed_hands(ours, theirs, connection):
    """A row that both have written in turns ends as if one alone had written it."""
    outcomes = []
    for hands in ([ours, theirs], [theirs, ours], [ours, ours], [theirs, theirs]):
        connection.flushdb()
        for call in TARGETS:
            getattr(hands[0], call[0])(*call[1:])
        hands[0].create('Every', FULL)
        for n, name in enumerate(sorted(OTHER)):
            hands[n % 2].update('Every', 1, {name: OTHER[name]})
        outcomes.append(keyspace(connection))
    for outcome in outcomes[1:]:
        assert differences(outcomes[0], outcome) == {}
