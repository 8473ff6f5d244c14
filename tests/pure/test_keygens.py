# -*- coding: utf-8 -*-
"""Keygens and what they return: words, scores."""
import datetime
import decimal
import functools

import pytest
import six

from rom.values import keygens
from rom.values.keygens import (
    CASE_INSENSITIVE, FULL_TEXT, IDENTITY, IDENTITY_CI, IDENTITY_STRING, IDENTITY_STRING_CI, SIMPLE,
    SIMPLE_CI, _boolean_keygen, _many_to_one_keygen, _numeric_keygen, _string_keygen, casefolds, entries)

pytestmark = pytest.mark.pure

NAN = float('nan')
STRING_KEYGENS = (FULL_TEXT, SIMPLE, SIMPLE_CI, CASE_INSENSITIVE, IDENTITY, IDENTITY_CI, IDENTITY_STRING,
                  IDENTITY_STRING_CI)


@pytest.mark.parametrize('value, words', [
    (u'Hello, World! the foo-bar', ['foo-bar', 'hello', 'the', 'world']),
    (b'Hello W\xe9rld', [u'hello', u'w\xe9rld']),
    (b'caf\xc3\xa9', [u'caf\xe9']),
    (b'caf\xc3\xa9 \xff', [u'caf\xe3\xa9', u'\xff']),
    (u'H\xe9llo  \xc9 x', [u'h\xe9llo', u'x', u'\xe9']),
    (u"don't 'quoted' --- a.b.c e-mail@x.com snake_case $5.00",
     ['5.00', 'a.b.c', "don't", 'e-mail@x.com', 'quoted', 'snake_case']),
    (u"it''s (paren) [b] a/b\tq\nnew", ['a/b', 'b', "it''s", 'new', 'paren', 'q']),
    (u'\xa0x\u2003y', ['x', 'y']),
    (u'\u65e5\u672c\u8a9e \u30c6\u30b9\u30c8', [u'\u30c6\u30b9\u30c8', u'\u65e5\u672c\u8a9e']),
    (u'\u201ca\u201d a\u2014b', [u'a\u2014b', u'\u201ca\u201d']),
    (u'a  a A', ['a']), (u'--', []), (u'-a-', ['a']), (5, ['5']), (0, ['0']), (1.5, ['1.5']), (True, ['true']),
    (('a', 'B'), ['a', 'b']), (u'', None), (None, None)])
def test_full_text(value, words):
    assert FULL_TEXT(value) == words
    assert all(isinstance(word, six.text_type) for word in FULL_TEXT(value) or ())
    assert _string_keygen is FULL_TEXT


@pytest.mark.parametrize('value, simple, folded', [
    (u'Hello, World! the foo-bar', '6.431660051716289e-307', '2.708803281818685e-306'),
    (b'Hello W\xe9rld', '6.431660051713885e-307', '2.7088032818177335e-306'),
    (u'H\xe9llo  \xc9 x', '6.516817377111145e-307', '2.7428662119766273e-306'),
    (b'\x00\xff', '2.4819065730411793e-308', '2.4819065730411793e-308'),
    (b'caf\xc3\xa9 \xff', '2.2410629676223223e-306', '2.2410629676223223e-306'),
    (u'a  a A', '2.0309546918798354e-306', '2.030954691882446e-306')])
def test_simple(value, simple, folded):
    assert SIMPLE(value) == {'': simple}
    assert SIMPLE_CI(value) == CASE_INSENSITIVE(value) == {'': folded}


def test_simple_orders_bytes():
    words = sorted([b'\xc3\xa9', b'\xe0\xff', b'\xe9', b'a', b'\x00', b'\xff\xff', b'z\xe9'])
    scores = [float(SIMPLE(word)['']) for word in words]
    assert scores == sorted(scores)


def test_identities():
    assert IDENTITY(u' Hi, \xc9 ') == [u' Hi, \xc9 ']
    assert IDENTITY(b'\x00\xff') == [b'\x00\xff']
    assert IDENTITY_CI(u' Hi, \xc9 ') == [u' hi, \xe9 ']
    assert IDENTITY_CI(b'W\xc9') == [b'w\xc9']
    assert IDENTITY_STRING(u'H\xe9') == [b'H\xe9']
    assert IDENTITY_STRING_CI(u'H\xc9') == IDENTITY_STRING_CI(b'H\xc9') == [b'h\xc9']
    assert IDENTITY(5) == IDENTITY_CI(5) == ['5']
    with pytest.raises(UnicodeEncodeError):
        IDENTITY_STRING(u'\u65e5')


@pytest.mark.parametrize('keygen', STRING_KEYGENS)
def test_no_value_has_no_entries(keygen):
    for nothing in (None, u'', b''):
        assert not keygen(nothing)
        assert entries(keygen(nothing)) == ([], {})


def test_other_keygens():
    assert _numeric_keygen(None) is None
    assert _numeric_keygen(5) == {'': '5'}
    assert _numeric_keygen(2 ** 70) == {'': '1180591620717411303424'}
    assert _numeric_keygen(0.1 + 0.2) == {'': '0.30000000000000004'}
    assert _numeric_keygen(decimal.Decimal('1.10')) == {'': '1.10'}
    assert _numeric_keygen(datetime.datetime(2020, 1, 2, 3, 4, 5, 6)) == {'': '1577934245.000006'}
    assert _numeric_keygen(datetime.date(2020, 1, 2)) == {'': '1577923200.0'}
    assert _numeric_keygen(datetime.time(3, 4, 5, 6)) == {'': '11045.000006'}
    assert (_boolean_keygen(1), _boolean_keygen(''), _boolean_keygen(None)) == (['True'], ['False'], ['False'])

    class Entity(object):
        id = 5
    assert _many_to_one_keygen(Entity()) == {'': 5}
    assert _many_to_one_keygen(None) == []


def test_names_of_the_groups():
    assert keygens.STRING_INDEX_KEYGENS == (FULL_TEXT, SIMPLE, SIMPLE_CI, IDENTITY, IDENTITY_CI, CASE_INSENSITIVE)
    assert keygens.STRING_INDEX_KEYGENS_STR == 'FULL_TEXT, SIMPLE, SIMPLE_CI, IDENTITY, IDENTITY_CI, CASE_INSENSITIVE'
    assert keygens.STRING_SORT_KEYGENS == (SIMPLE, SIMPLE_CI, CASE_INSENSITIVE)
    assert keygens.STRING_SORT_KEYGENS_STR == 'SIMPLE, SIMPLE_CI, CASE_INSENSITIVE'


def test_casefolds():
    folding = [keygen for keygen in STRING_KEYGENS if casefolds(keygen)]
    assert folding == [FULL_TEXT, SIMPLE_CI, CASE_INSENSITIVE, IDENTITY_CI, IDENTITY_STRING_CI]
    assert casefolds(functools.partial(functools.partial(IDENTITY_CI)))
    assert not casefolds(functools.partial(IDENTITY)) and not casefolds(None) and not casefolds(len)


# -- entries

@pytest.mark.parametrize('result, words', [
    (['b', u'a'], ['b', 'a']), (('a', 'b'), ['a', 'b']), (set(['b', 'a', 'c']), ['a', 'b', 'c']),
    (frozenset([b'b', u'a']), ['a', 'b']), ([b'a\xff', b'\xc3\xa9'], [u'a\xff', u'\xe9']),
    (['a', None, 'a', b'a', ''], ['a', '']), ([1, 1.5, True], ['1', '1.5', 'True']),
    ([decimal.Decimal('1.10'), datetime.date(2020, 1, 2)], ['1.10', '2020-01-02']),
    ([0.1 + 0.2], ['0.30000000000000004']),
    (None, []), ([], []), ('', []), (False, []), (0, []), ({}, [])])
def test_words(result, words):
    made = entries(result)
    assert made == (words, {})
    assert all(isinstance(word, six.text_type) for word in made.words)


def test_words_of_a_generator():
    made = entries(word for word in ('ab', 'cd'))
    assert made == (['ab', 'cd'], {})
    assert made.prefixes == ['ab', 'cd'] and made.suffixes == ['ba', 'dc']


@pytest.mark.parametrize('result, words, scores', [
    ({'': 5}, [], {'': 5.0}), ({'': '1.5'}, [], {'': 1.5}), ({'x': b'2.5'}, [], {'x': 2.5}), ({'x': 0}, [], {'x': 0.0}),
    ({'x': True}, [], {'x': 1.0}), ({'x': False}, [], {'x': 0.0}), ({'x': '-inf'}, [], {'x': -float('inf')}),
    ({'x': decimal.Decimal('1.1')}, [], {'x': 1.1}), ({'x': datetime.date(1970, 1, 2)}, [], {'x': 86400.0}),
    ({'': datetime.datetime(1970, 1, 2)}, [], {'': 86400.0}), ({'': datetime.time(1)}, [], {'': 3600.0}),
    ({b'\xe9': 1, 5: 2}, [], {u'\xe9': 1.0, '5': 2.0}),
    ({'w': None}, ['w'], {}), ({'w': ''}, ['w'], {}), ({'': None}, [], {}), ({'': ''}, [], {}),
    ({'a': None, '': 3, 'z': 4}, ['a'], {'': 3.0, 'z': 4.0})])
def test_named_entries(result, words, scores):
    made = entries(result)
    assert made == (words, scores)
    assert made.prefixes == [] and made.suffixes == []
    assert all(isinstance(name, six.text_type) for name in made.scores)
    assert all(type(score) is float for score in made.scores.values())


@pytest.mark.parametrize('result', [
    'abc', b'ab', 5, True, 1.5, [['a']], [{}], [object()], object(), {'x': NAN}, {'x': 'nan'}, {'x': 'abc'},
    {'x': 10 ** 400}, {'x': [1]}, {'x': object()}, {('a',): 1}, {None: 1}, [u'a\ud800'], {u'\udc00': 1}])
def test_what_no_keygen_may_return(result):
    with pytest.raises(ValueError):
        entries(result)


def test_errors_name_the_entry():
    with pytest.raises(ValueError) as caught:
        entries({'price': NAN})
    assert 'price' in str(caught.value) and 'NaN' in str(caught.value)
    with pytest.raises(ValueError) as caught:
        entries(u'abc')
    assert "Don't know how to turn" in str(caught.value)


def test_suffixes_are_reversed_as_they_were_given():
    made = entries([u'h\xe9', b'caf\xc3\xa9 X', b'ab'])
    assert made.prefixes == made.words == [u'h\xe9', u'caf\xe9 X', u'ab']
    # as 1.1.2: bytes by bytes, and then Latin-1
    assert made.suffixes == [u'\xe9h', u'X \xa9\xc3fac', u'ba']
