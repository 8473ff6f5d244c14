# -*- coding: utf-8 -*-
"""Values and what is stored of them (docs/promises.rst: Values)."""
import datetime
import decimal
import json
import random

import pytest
import six

from rom.values import codecs
from rom.values.codecs import (
    _bigint_to_float, _encode_unique_constraint, _prefix_score, _to_score, check_score, decode_date,
    decode_datetime, decode_int, decode_time, dt2ts, encode_date, encode_datetime, encode_int,
    encode_time, float_repr, has_surrogates, json_dumps, latin1_to_text, naive_utc, prefix_range,
    reverse_text, t2ts, text_to_bytes, ts2dt, ts2t, word_forms, word_text)

pytestmark = pytest.mark.pure

DT = datetime.datetime


class East(datetime.tzinfo):
    """Two hours east of Greenwich; Python 2.7 has no timezone of its own."""

    def utcoffset(self, moment):
        return datetime.timedelta(hours=2)

    def dst(self, moment):
        return datetime.timedelta(0)


# -- dates and times

def test_timestamps_are_those_of_1_1_2():
    assert dt2ts(DT(2020, 1, 2, 3, 4, 5, 678901)) == 1577934245.678901
    assert repr(dt2ts(datetime.date(2020, 1, 2))) == '1577923200.0'
    assert repr(dt2ts(DT(1969, 12, 31, 23, 59, 59, 999999))) == '-1.0000000000287557e-06'
    assert t2ts(datetime.time(3, 4, 5, 6)) == 11045.000006
    assert ts2dt(1577934245.678901) == DT(2020, 1, 2, 3, 4, 5, 678901)
    assert ts2dt(-1.5) == DT(1969, 12, 31, 23, 59, 58, 500000)
    assert ts2dt(0) == DT(1970, 1, 1)
    # 1.1.2 came back one microsecond short
    assert ts2t(3723.000004) == datetime.time(1, 2, 3, 4)


@pytest.mark.parametrize('moment, text', [
    (DT(2020, 1, 2, 3, 4, 5, 678901), '1577934245.678901'),
    (DT(1970, 1, 1), '0.0'),
    (DT(1969, 12, 31, 23, 59, 59, 999999), '-1.0000000000287557e-06'),
    (DT(1, 1, 1), '-62135596800.0'),
    (DT(1, 1, 1, 0, 0, 0, 1), '-62135596799.999999'),
    (DT(9999, 12, 31, 23, 59, 59, 999999), '253402300799.999999'),
    (DT(9999, 12, 31, 23, 59, 59), '253402300799.0'),
])
def test_stored_datetimes(moment, text):
    assert encode_datetime(moment) == text
    assert decode_datetime(text) == decode_datetime(text.encode('ascii')) == moment
    float(text)  # which is how 1.1.2 reads it


def test_datetimes_of_every_year_come_back_exactly():
    chance = random.Random(20)
    for year in range(1, 10000, 7):
        moment = DT(year, chance.randint(1, 12), chance.randint(1, 28), chance.randint(0, 23),
                    chance.randint(0, 59), chance.randint(0, 59), chance.randint(0, 999999))
        assert decode_datetime(encode_datetime(moment)) == moment
        if 1700 < year < 2240:  # the text of 1.1.2 is exact here, and so must not change
            assert encode_datetime(moment) == repr(dt2ts(moment))


def test_old_text_of_the_last_microsecond():
    assert decode_datetime('253402300800.0') == DT.max


@pytest.mark.parametrize('text', ['', 'x', 'nan', 'inf', '1e99', '1e999999999', '1' * 5000, '1.5.5', '253402387200.0'])
def test_what_is_no_datetime(text):
    with pytest.raises(ValueError):
        decode_datetime(text)


def test_reading_does_not_depend_on_the_decimal_context():
    with decimal.localcontext() as context:
        context.prec = 3
        assert decode_datetime('-1.0000000000287557e-06') == DT(1969, 12, 31, 23, 59, 59, 999999)


def test_aware_datetimes_count_in_utc():
    moment = DT(2020, 1, 2, 3, 4, 5, 6, East())
    assert naive_utc(moment) == DT(2020, 1, 2, 1, 4, 5, 6)
    assert encode_datetime(moment) == encode_datetime(DT(2020, 1, 2, 1, 4, 5, 6))
    assert dt2ts(moment) == dt2ts(DT(2020, 1, 2, 1, 4, 5, 6))
    assert naive_utc(DT(2020, 1, 2)) == DT(2020, 1, 2)
    with pytest.raises(ValueError):
        naive_utc(DT(1, 1, 1, tzinfo=East()))


def test_dates():
    for day in (datetime.date.min, datetime.date(1969, 12, 31), datetime.date(2020, 1, 2), datetime.date.max):
        assert encode_date(day) == repr(dt2ts(day))
        assert decode_date(encode_date(day)) == day
    assert encode_date(datetime.date(2020, 1, 2)) == '1577923200.0'
    assert encode_date(DT(2020, 1, 2, 3, 4)) == '1577923200.0'
    assert decode_date('-0.5') == datetime.date(1969, 12, 31)


def test_times_come_back_exactly():
    chance = random.Random(21)
    times = [datetime.time(0), datetime.time(23, 59, 59, 999999), datetime.time(1, 2, 3, 4)]
    for _ in range(2000):
        times.append((DT.min + datetime.timedelta(microseconds=chance.randrange(86400 * 10 ** 6))).time())
    for time in times:
        assert encode_time(time) == repr(t2ts(time))
        assert decode_time(encode_time(time)) == time
    for wrong in ('-1', '86400', '86399.9999999', 'x'):
        with pytest.raises(ValueError):
            decode_time(wrong)


# -- numbers

def test_ints_of_any_size():
    for number in (0, 5, -5, 2 ** 70, -2 ** 70, 10 ** 3999, 10 ** 4000, 7 - 10 ** 12345, 10 ** 9000 - 1):
        text = encode_int(number)
        assert text == '0' or text.lstrip('-')[0] != '0'
        # comparing first: pytest would print them
        same = decode_int(text) == decode_int(text.encode('ascii')) == number
        assert same


@pytest.mark.parametrize('text', ['', 'x', '1.5', '1' * 5000 + 'x', '--' + '1' * 5000])
def test_what_is_no_int(text):
    with pytest.raises(ValueError):
        decode_int(text)


def test_float_repr():
    assert float_repr(0.1 + 0.2) == '0.30000000000000004'
    assert float_repr(1e22) == '1e+22'
    assert float_repr(5) == '5.0'


@pytest.mark.parametrize('value, score', [
    (5, 5.0), (1.5, 1.5), ('1.5', 1.5), (u'1.5', 1.5), (b'2.5', 2.5), (True, 1.0), (False, 0.0),
    (decimal.Decimal('1.1'), 1.1), (DT(1970, 1, 2), 86400.0), (datetime.date(1970, 1, 2), 86400.0),
    (datetime.time(1), 3600.0), (float('inf'), float('inf')), ('-inf', -float('inf')),
    (decimal.Decimal('-Infinity'), -float('inf')), (2 ** 70, 2.0 ** 70)])
def test_scores(value, score):
    assert check_score(value) == score
    assert type(check_score(value)) is float


@pytest.mark.parametrize('value', [
    float('nan'), 'nan', decimal.Decimal('nan'), 10 ** 400, -10 ** 400, decimal.Decimal('1e400'), '1e400',
    '1' * 400, 'x', '', b'\xff', '1_0', None, [1], object()])
def test_what_is_no_score(value):
    with pytest.raises(ValueError):
        check_score(value)


def test_an_int_too_long_to_print_is_no_score():
    with pytest.raises(ValueError):
        check_score(-10 ** 5000)


def test_to_score():
    assert [_to_score(value) for value in (5, 1.5, '(5', '((5', '5(', 'inf')] == ['5', '1.5', '5', '5', '5(', 'inf']
    assert [_to_score(value, True) for value in (5, 1.5, '(5', '')] == ['(5', '(1.5', '5', '(']


# -- prefixes

@pytest.mark.parametrize('word, score, above', [
    (b'foo bar', '2.525907083670111e-306', '2.5259070836701114e-306'),
    (u'foo bar', '2.525907083670111e-306', '2.5259070836701114e-306'),
    (u'x', '5.4797008793264326e-306', '5.666215491827769e-306'),
    (u'h\xe9llo', '2.742866211976617e-306', '2.7428662119766985e-306'),
    (b'h\xc3\xa9llo', '2.742866211976617e-306', '2.7428662119766985e-306'),
    (u'', '2.2250738585072014e-308', '2.7644681943073786e-303'),
    (u'abcdefgh', '2.054905097979465e-306', '2.0549050979794655e-306'),
    (b'\xff' * 7, '2.668601134957275e-303', '2.6686011349572752e-303'),
    (u'\xff' * 7, '1.717496635781884e-304', '1.7174966357818841e-304'),
    (u'\U0001f600x', '1.3293558175948343e-303', None),
])
def test_prefix_scores_are_those_of_1_1_2(word, score, above):
    assert _prefix_score(word) == score
    if above:
        assert _prefix_score(word, True) == _prefix_score(word, next=1) == above
        assert prefix_range(word) == (score, above)


def test_entries_have_the_same_scores_whatever_their_digits():
    chance = random.Random(26)
    words = [u''.join(chance.choice(u'ab\xe9\u4e16\U0001f600\x00\x7f') for _ in range(chance.randint(0, 9))) for _ in range(3000)]
    words += [u'', u'\uffff' * 7, u'\U0010ffff' * 7, u'x']
    for _ in range(2):  # worked out, and remembered
        assert [float(text) for text in codecs.prefix_scores(words)] == [float(_prefix_score(word)) for word in words]


def test_digits_of_entries_tell_each_double_from_its_neighbours():
    chance, most = random.Random(27), 258 ** 7
    numbers = [2 ** bits + off for bits in range(1, 56) for off in (-1, 0, 1)] + [0, most - 2, most - 1]
    numbers += [part * 2 ** 52 + off for part in range(1, most // 2 ** 52 + 1) for off in (-2, -1, 0, 1)]
    numbers += [chance.randrange(most) for _ in range(20000)]
    for number in numbers:
        text = codecs._enough_digits(number)
        assert float(text) == _bigint_to_float(number), number
        assert 18 <= len(text.partition('e')[0]) <= 19


@pytest.mark.parametrize('place, number', [
    (0, '2.2250738585072014e-308'), (1, '2.225073858507202e-308'), (2 ** 52 - 1, '4.4501477170144023e-308'),
    (2 ** 52, '4.450147717014403e-308'), (2 ** 53, '8.900295434028806e-308'),
    (258 ** 7 - 1, '2.7644681943073783e-303'), (123456789012345, '2.286069616704072e-308')])
def test_bigint_to_float(place, number):
    assert repr(_bigint_to_float(place)) == number


def test_prefix_scores_keep_the_order_of_bytes():
    chance = random.Random(22)
    words = sorted(bytes(bytearray(chance.randrange(256) for _ in range(chance.randint(0, 9)))) for _ in range(3000))
    scores = [float(_prefix_score(word)) for word in words]
    assert scores == sorted(scores)
    for word, score in zip(words, scores):
        low, high = prefix_range(word[:3])
        assert float(low) <= score < float(high)


# -- unique keys

@pytest.mark.parametrize('values, key', [
    (['5', u'H\xe9llo'], u'\0\x005\0\0\0H\xc3\xa9llo'),
    ([b'5', b'\xff'], u'\0\x005\0\0\0\xff'),
    ([5], u'\0\x005'),
    ([u'\xe9', None], u'\0\0\xc3\xa9\0\0\0'),
    ([], u''),
    ([b'h\xc3\xa9'], u'\0\0h\xc3\xa9'),
    ([1.5, True], u'\0\x001.5\0\0\0True')])
def test_unique_together(values, key):
    made = _encode_unique_constraint(values)
    assert made == key
    assert isinstance(made, six.text_type)


# -- text

def test_string_columns_store_every_byte():
    every = bytes(bytearray(range(256)))
    assert text_to_bytes(latin1_to_text(every)) == every
    assert latin1_to_text(b'\xe9').encode('utf-8') == b'\xc3\xa9'
    assert text_to_bytes(b'\xe9') == b'\xe9'
    with pytest.raises(UnicodeEncodeError):
        text_to_bytes(u'\u65e5')


def test_words_of_bytes():
    assert word_text(b'caf\xc3\xa9') == word_text(b'caf\xe9') == word_text(u'caf\xe9') == u'caf\xe9'
    assert word_text(b'\xed\xa0\x80') == u'\xed\xa0\x80'  # a surrogate, encoded, is no UTF-8
    assert word_forms(b'\xc3\xa9') == [u'\xe9', u'\xc3\xa9']
    assert word_forms(b'ab') == word_forms(u'ab') == [u'ab']
    assert word_forms(b'\xe9') == [u'\xe9']


def test_surrogates():
    assert has_surrogates(u'a\ud800') and has_surrogates(u'\udc00b')
    assert not has_surrogates(u'') and not has_surrogates(u'caf\xe9 \U0001f600')


def test_reversed_words():
    assert reverse_text(u'h\xe9llo') == u'oll\xe9h'
    assert reverse_text(u'a\U0001f600b') == u'b\U0001f600a'
    assert reverse_text(b'\xc3\xa9x') == b'x\xa9\xc3'


# -- JSON

def test_json_is_deterministic():
    assert json_dumps({'b': 1, 'a': (2, None)}) == '{"a": [2, null], "b": 1}'
    assert json_dumps({10: 1, 9: 2}) == '{"9": 2, "10": 1}'
    assert json_dumps([u'\xe9']) == '["\\u00e9"]'
    one, two = {'b': 1, 2: [{None: 1, 'x': 2}], True: 3}, {True: 3, 2: [{'x': 2, None: 1}], 'b': 1}
    assert json_dumps(one) == json_dumps(two) == '{"true": 3, "2": [{"null": 1, "x": 2}], "b": 1}'
    assert json.loads(json_dumps(one)) == {'b': 1, '2': [{'null': 1, 'x': 2}], 'true': 3}


@pytest.mark.parametrize('value', [{'a': json}, {'a': {1: json, 'b': 2}}, [object()], {(1, 2): 3}])
def test_what_json_cannot_hold(value):
    with pytest.raises(TypeError):
        json_dumps(value)


@pytest.mark.parametrize('value', [{None: 1, 'null': 2}, [{'a': {1: 1, '1': 2}}], {True: 1, 'true': 2}, ({1.5: 1, '1.5': 2},)])
def test_keys_that_json_cannot_tell_apart(value):
    with pytest.raises(ValueError) as caught:
        json_dumps(value)
    assert 'keys' in str(caught.value)


def test_all_is_complete():
    for name in codecs.__all__:
        assert hasattr(codecs, name)
