# -*- coding: utf-8 -*-
"""Patterns of `Query.like`: how they are taken apart, and what they match."""
import json
import pkgutil
import re
import time

import pytest

from rom import FULL_TEXT, IDENTITY, IDENTITY_CI, Model, String, Text, session, util
from rom.index import parse_pattern
from rom.storage.scripts import Script


@pytest.mark.pure
@pytest.mark.parametrize('pattern,start,steps', [
    (u'', u'', ''), (u'abc', u'abc', ''), (u'ab*', u'ab', ''), (u'ab?', u'ab', ''), (u'a!c', u'a', '!c'),
    (u'a+c', u'a', '!*c'), (u'a**c', u'a', '*c'), (u'a?*?c', u'a', '*c'), (u'a*!?+c', u'a', '!!*c'),
    (u'a??c', u'a', '??c'), (u'!', u'', '!'), (u'a+', u'a', '!'), (u'*b', u'', '*b'), (u'é!日', u'é', u'!日'),
    (u'a.c%d', u'a.c%d', ''), (u'a*b?c', u'a', '*b?c')])
def test_parse(pattern, start, steps):
    assert parse_pattern(pattern) == (start, list(steps))


@pytest.mark.pure
def test_parse_keeps_characters_whole():
    assert parse_pattern(u'*\U0001F600x') == (u'', [u'*', u'\U0001F600', u'x'])


@pytest.fixture
def matches(connection):
    text = pkgutil.get_data('rom', 'lua/search/kinds/pattern.lua')
    script = Script('match', text + b"""
        local reply = {}
        local matches = new_matcher(cjson.decode(ARGV[1]))
        for place = 2, #ARGV do reply[place - 1] = matches(ARGV[place]) and 1 or 0 end
        return reply""")

    def call(pattern, words):
        start, steps = parse_pattern(pattern)
        tails = [word[len(start):] for word in words]
        found = script(connection, ['any'], [json.dumps(steps)] + [tail.encode('utf-8') for tail in tails])
        return [word for word, yes in zip(words, found) if yes and word.startswith(start)]
    return call


def as_regex(pattern):
    wild = {u'?': u'.?', u'*': u'.*', u'+': u'.+', u'!': u'.'}
    return re.compile(u''.join(wild.get(each) or re.escape(each) for each in pattern), re.DOTALL)


def test_matches_as_a_regular_expression_would(matches, rng):
    alphabet = u'aab.é日%\0'
    for _ in range(600):
        pattern = u''.join(rng.choice(alphabet + u'?*+!') for _ in range(rng.randint(0, 8)))
        words = [u''.join(rng.choice(alphabet) for _ in range(rng.randint(0, 10))) for _ in range(20)]
        regex = as_regex(pattern)
        assert matches(pattern, words) == [word for word in words if regex.match(word)], pattern


def test_work_is_bounded(matches):
    began = time.time()
    assert matches(u'*a' * 40 + u'b', [u'a' * 500]) == []
    assert matches(u'?a' * 40 + u'b', [u'a' * 500]) == []
    assert matches(u'+' * 200 + u'b', [u'a' * 500]) == []
    assert matches(u'*a!' * 40 + u'b', [u'a' * 500]) == []
    assert matches(u'*a' * 40, [u'a' * 500]) == [u'a' * 500]
    assert time.time() - began < 5


def test_patterns_of_any_length_leave_the_server_alive(server, monkeypatch):
    class Long(Model):
        text = Text(index=True, keygen=IDENTITY, prefix=True)
    monkeypatch.setattr(util, 'CONNECTION', server.spawn().client())
    Long(text=u'a' * 300000).save()
    for start in (u'', u'*', u'a'):
        assert Long.query.like(text=start + u'!' * 100000).count() == 1
        assert Long.query.like(text=start + u'!' * 100 + u'b').count() == 0
    assert Long.query.like(text=u'!' * 100000 + u'b').count() == 0
    assert Long.query.like(text=u'!' * 100000 + u'a').count() == 1


@pytest.fixture
def Page():
    class Page(Model):
        words = Text(index=True, keygen=FULL_TEXT, prefix=True)
        name = Text(index=True, keygen=IDENTITY, prefix=True)
        folded = Text(index=True, keygen=IDENTITY_CI, prefix=True)
        data = String(index=True, keygen=IDENTITY, prefix=True)
    return Page


def names(query):
    return sorted(page.name for page in query.all())


def save(model, *values):
    for value in values:
        model(name=value, words=value, folded=value).save()
    session.rollback()


@pytest.mark.parametrize('pattern,expected', [
    (u'a.c', [u'a.c']), (u'a%c', [u'a%c']), (u'a-c', [u'a-c']), (u'a[c', [u'a[c']), (u'a^c', [u'a^c']), (u'^', []),
    (u'a(c)', [u'a(c)']), (u'a!c', [u'a%c', u'a(c)', u'a-c', u'a.c', u'a[c', u'a^c', u'abc']), (u'$', []), (u'a\\c', [])])
def test_all_but_wildcards_is_literal(Page, pattern, expected):
    save(Page, u'a.c', u'abc', u'a%c', u'a-c', u'a[c', u'a^c', u'a(c)')
    assert names(Page.query.like(name=pattern)) == expected


def test_wildcards_stand_for_characters(Page):
    save(Page, u'hello', u'héllo', u'h日llo', u'hllo', u'heello')
    assert names(Page.query.like(name=u'h!llo')) == [u'hello', u'héllo', u'h日llo']
    assert names(Page.query.like(name=u'h!!llo')) == [u'heello']
    assert names(Page.query.like(name=u'h?llo')) == [u'hello', u'hllo', u'héllo', u'h日llo']
    assert names(Page.query.like(name=u'h+llo')) == [u'heello', u'hello', u'héllo', u'h日llo']
    assert names(Page.query.like(name=u'h*llo')) == [u'heello', u'hello', u'hllo', u'héllo', u'h日llo']


def test_anchored_at_the_start_only(Page):
    save(Page, u'banana', u'anab')
    assert names(Page.query.like(name=u'ana')) == [u'anab']
    assert names(Page.query.like(name=u'*ana')) == [u'anab', u'banana']
    assert names(Page.query.like(name=u'')) == [u'anab', u'banana']


def test_folds_as_the_keygen_does(Page):
    save(Page, u'Hello World')
    assert names(Page.query.like(folded=u'HE*O W')) == [u'Hello World']
    assert names(Page.query.like(words=u'W!RL')) == [u'Hello World']
    assert names(Page.query.like(name=u'h*')) == []


def test_long_words_and_bytes(Page):
    Page(name=u'x', data=b'\xff\xfe long prefix 1').save()
    Page(name=u'y', data=b'\xff\xfe long prefix 2').save()
    session.rollback()
    assert names(Page.query.like(data=b'\xff\xfe long pre*2')) == [u'y']
    assert names(Page.query.like(data=b'\xff! long')) == [u'x', u'y']


def test_lists_are_any_of(Page):
    save(Page, u'one', u'two', u'three')
    assert names(Page.query.like(name=[u'o!e', u't!o'])) == [u'one', u'two']


def test_a_row_with_several_words_that_fit_comes_once(Page):
    Page(name=u'x', words=u'alpha alpine altitude').save()
    assert len(Page.query.like(words=u'al*').all()) == 1
    assert Page.query.like(words=u'al*').count() == 1
