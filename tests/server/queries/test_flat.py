# -*- coding: utf-8 -*-
"""The plainest searches over few rows are answered before anything is planned, and as plans would answer them."""
import pytest
import rom.storage.searches
from rom import FULL_TEXT, IDENTITY, Float, Model, Text, session
from rom.storage.scripts import Script

ROWS = [(u'a', 1, u'ab ac'), (u'a', None, u'abc'), (u'b', 1, u'b'), (u'a', -2.5, None), (u'é', 7, u'éa ab'), (u'a', 1, u'a'),
        (None, 0, u'abcdefgh'), (u'a', float('inf'), u'abcdefghi'), (u'b', -float('inf'), u'zz'), (u'a', 0, u'ab'), (u'a', 10, u'x')] * 3


@pytest.fixture
def Row():
    class Row(Model):
        word = Text(index=True, keygen=IDENTITY)
        number = Float(index=True)
        other = Float(index=True)
        text = Text(index=True, keygen=FULL_TEXT, prefix=True, suffix=True)
    for place, (word, number, text) in enumerate(ROWS):
        Row(word=word, number=number, other=place % 5, text=text)
    session.commit()
    session.rollback()
    return Row


def told(query):
    return [row.id for row in query.all()]


#: what needs no plan where few rows are looked at
PLAIN = [
    lambda query: [query.filter(word=u'a', number=(low, high)).count() for low in (None, '(1', 1, -3) for high in (None, '(10', 7, 0)],
    lambda query: query.filter(other=(1, 3), word=u'a', number=(0, '(10')).count(),
    lambda query: query.filter(word=u'nobody', number=(0, 1)).count(),
    lambda query: [told(query.filter(number=(low, '(8')).limit(skip, 6)) for low in (None, '(0', 0, 9) for skip in (0, 4, 40)],
    lambda query: [told(query.order_by('number').limit(skip, count)) for skip in (0, 7) for count in (1, 20)],
    lambda query: [told(query.filter(word=word).order_by(order).limit(skip, 5)) for word in (u'a', u'é') for order in ('number', '-number')
                   for skip in (0, 3, 30)],
    lambda query: [told(query.filter(word=u'a').limit(skip, 5)) for skip in (0, 3, 30)],
    lambda query: [told(query.startswith(text=start).limit(skip, 7)) for start in (u'a', u'ab', u'é', u'abcdefg', u'q')
                   for skip in (0, 5, 50)],
    lambda query: told(query.endswith(text=u'b').limit(0, 9)),
    lambda query: [row.text for row in query.filter(word=u'é').limit(0, 2).all()],
]
#: what takes a plan
OTHERS = [
    lambda query: told(query.filter(number=(0, 7))),
    lambda query: told(query.startswith(text=u'abcdefgh').limit(0, 7)),
    lambda query: told(query.filter(word=u'a', number=(0, 7)).limit(0, 7)),
    lambda query: told(query.order_by('-number').limit(0, 7)),
    lambda query: query.filter(word=[u'a', u'b'], number=(0, 7)).count(),
    lambda query: query.filter(word=u'a', text=u'ab').count(),
]


def change_search(monkeypatch, old, new):
    text = Script('search').text
    assert text.count(old) == 1
    monkeypatch.setattr(rom.storage.searches, '_search', Script('search', text.replace(old, new)))


def test_answers_are_those_of_plans(Row, monkeypatch):
    """With the short way and without it."""
    found = [ask(Row.query) for ask in PLAIN + OTHERS]
    change_search(monkeypatch, b'local answer = answer_flat()', b'local answer = answer_flat and nil')
    assert found == [ask(Row.query) for ask in PLAIN + OTHERS]


@pytest.mark.parametrize('place', range(len(PLAIN)))
def test_plain_searches_are_not_planned(Row, connection, monkeypatch, place):
    """Where the server has the commands for it."""
    version = tuple(int(part) for part in connection.info('server')['redis_version'].split('.')[:2])
    if version < (7, 0):
        pytest.skip('SORT_RO is of Redis 7')
    change_search(monkeypatch, b'return search()', b"return search and redis.error_reply('planned')")
    assert PLAIN[place](Row.query) is not None


def test_an_index_of_another_kind_is_left_to_the_search(Row, connection):
    """A number under the name of a word, a word under that of a number."""
    connection.delete('Row:word:a:idx', 'Row:number:idx')
    connection.zadd('Row:word:a:idx', {'1': 5, '2': 6})
    connection.sadd('Row:number:idx', 1, 3)
    assert told(Row.query.filter(word=u'a').limit(0, 5)) == [1, 2]
    assert Row.query.filter(word=u'a', other=(0, 9)).count() == 2
    assert told(Row.query.filter(number=(0, 1)).limit(0, 5)) == [1, 3]
    assert told(Row.query.filter(word=u'b').order_by('number').limit(0, 5)) == [3]


def test_rows_that_are_gone_are_left_out(Row, connection):
    """As everywhere: an index may lead to them."""
    connection.delete('Row:3')
    assert told(Row.query.filter(word=u'b').order_by('number').limit(3, 3)) == [14, 25]
