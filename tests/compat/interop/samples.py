# -*- coding: utf-8 -*-
"""Values for the interop tests: each column of models.Every, twice over, and values at the edges."""
import datetime
import decimal

FULL = dict(
    integer=5, float=1.5, decimal=decimal.Decimal('1.10'), boolean=True,
    datetime=datetime.datetime(2020, 1, 2, 3, 4, 5, 678901),
    date=datetime.date(2020, 1, 2), time=datetime.time(3, 4, 5, 6),
    string=b'Hello W\xe9rld', string_id=b'Id', text=u'Héllo, World! the foo-bar', simple=u'Simple Thing',
    simple_ci=u'Simple Thing', case=u'Case Ity', identity=u'Ident Ity', identity_ci=u'Ident Ity',
    identity_prefix=u'Préfix word', json={u'b': [1, 2.5, None], u'a': {u'é': True}}, reference=1, one=2, foreign=9,
    computed=u'x', unique_int=3, unique_text=u'Ünique', unique_bytes=b'\x00\xff', unique_indexed=u'bob@x',
    plain=u'plain text', plain_int=0)
OTHER = dict(
    integer=-7, float=-0.25, decimal=decimal.Decimal('-100'), boolean=False,
    datetime=datetime.datetime(2038, 1, 19, 3, 14, 8),
    date=datetime.date(1969, 7, 20), time=datetime.time(0),
    string=b'other bytes', string_id=b'Id2', text=u'日本語 テスト words', simple=u'Zebra', simple_ci=u'zebra', case=u'ALSO',
    identity=u'Two', identity_ci=u'TWO', identity_prefix=u'日本', json=[1, u'x'], reference=2, one=1, foreign=10,
    computed=u'', unique_int=-3, unique_text=u'other', unique_bytes=b'bytes', unique_indexed=u'ann@x', plain=u'',
    plain_int=10 ** 20)
SPARSE = dict(text=u'sparse', integer=0, boolean=False)
EDGES = [
    dict(integer=2 ** 53, float=1e308, decimal=decimal.Decimal('1E+3')),
    dict(integer=-2 ** 53, float=5e-324, decimal=decimal.Decimal('0.000001')),
    dict(plain_int=-10 ** 30, float=0.1 + 0.2),
    dict(text=u'', string=b'', plain=u'', identity=u'', simple=u'', unique_text=u''),
    dict(text=u'  \t\n ', string=b' ', identity=u' '),
    dict(text=u'a:b c:d', identity=u'x:y:z', plain=u'nul\x00inside'),
    dict(text=u"don't 'quoted' --- a.b.c e-mail@x.com snake_case $5.00", identity=u'😀 smile'),
    dict(text=u'\U0001f600 x', identity_prefix=u'\U0001f600'),
    dict(string=bytes(bytearray(range(256))), unique_bytes=bytes(bytearray(range(255, -1, -1)))),
    dict(string_id=b'caf\xc3\xa9', string=b'caf\xc3\xa9 na\xefve'),
    dict(json={}), dict(json=[]), dict(json={u'k': u'é\x00"\\'}),
    dict(datetime=datetime.datetime(1970, 1, 1), date=datetime.date(1970, 1, 1), time=datetime.time(23, 59, 59, 999999)),
    dict(datetime=datetime.datetime(1900, 1, 1, 0, 0, 0, 1), date=datetime.date(1, 1, 1)),
    dict(datetime=datetime.datetime(9999, 12, 31, 23, 59, 59), date=datetime.date(9999, 12, 31)),
    dict(simple=u'same7chAAA', simple_ci=u'SAME7chAAA', identity_prefix=u'same7chAAA'),
    dict(simple=u'ÿ', case=u'ẞß', identity_ci=u'İ'),
]
