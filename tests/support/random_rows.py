# -*- coding: utf-8 -*-
"""Random rows, in Redis and in the oracle (oracle.py), created, changed and deleted alike: for test_differential.py."""
import datetime
import decimal
import random
import re
import sys

import rom

import oracle
from oracle import Column, Entries

WIDE = sys.maxunicode > 0xffff

day, moment, clock = datetime.date, datetime.datetime, datetime.time


# -- the models and what the oracle knows of them ----------------------------------------------------------------------

def split_words(value):
    return value.split(u'/') if value else None


def json_entries(value):
    entries = dict((word, None) for word in value.get('words', ()))
    entries[''] = len(value)
    if 'x' in value:
        entries['x'] = value['x']
    return entries


def summed(attr, row):
    if row['number'] is None:
        return None
    return {'': row['number'] % 7, 'negative': 1 if row['number'] < 0 else 0}


def place_of(row):
    if row['longitude'] is not None and row['latitude'] is not None:
        return {'lon': row['longitude'], 'lat': row['latitude']}


class Thing(object):
    """What another library keeps, for ForeignModel."""

    def __init__(self, id):
        self.id = id

    @classmethod
    def get(cls, id):
        return cls(int(id))


def make_models(is_pk_indexed, tag=''):
    """The models; `tag` stands before their namespaces."""
    class Owner(rom.Model):
        _namespace = tag + 'Owner'
        name = rom.Text()

    class Row(rom.Model):
        _namespace = tag + 'Row'
        id = rom.PrimaryKey(index=is_pk_indexed)
        number = rom.Integer(index=True)
        float = rom.Float(index=True)
        decimal = rom.Decimal(index=True)
        flag = rom.Boolean(index=True)
        moment = rom.DateTime(index=True)
        safer = rom.SaferDateTime(index=True)
        day = rom.Date(index=True)
        clock = rom.Time(index=True)
        json = rom.Json(index=True, keygen=json_entries)
        owner = rom.ManyToOne('Owner', 'no action')
        best = rom.OneToOne('Owner', 'no action')
        thing = rom.ForeignModel(Thing)
        code = rom.Text(unique=True)
        note = rom.Text()
        longitude = rom.Float()
        latitude = rom.Float()
        full = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True)
        whole = rom.Text(index=True, keygen=rom.IDENTITY, prefix=True, suffix=True)
        folded = rom.Text(index=True, keygen=rom.IDENTITY_CI, prefix=True, suffix=True)
        sorting = rom.Text(index=True, keygen=rom.SIMPLE, prefix=True, suffix=True)
        sorting_ci = rom.Text(index=True, keygen=rom.SIMPLE_CI, prefix=True)
        insensitive = rom.Text(index=True, keygen=rom.CASE_INSENSITIVE, suffix=True)
        slashed = rom.Text(index=True, keygen=split_words, prefix=True, suffix=True)
        bytes = rom.String(index=True, keygen=rom.IDENTITY_STRING, prefix=True, suffix=True)
        bytes_ci = rom.String(index=True, keygen=rom.IDENTITY_STRING_CI, prefix=True, suffix=True)
        bytes_full = rom.String(index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True)
        bytes_sorting = rom.String(index=True, keygen=rom.SIMPLE, prefix=True)
        whole_sorting = rom.IndexOnly('whole', keygen=rom.SIMPLE_CI)
        whole_full = rom.IndexOnly('whole', keygen=rom.FULL_TEXT, prefix=True, suffix=True)
        bytes_folded = rom.IndexOnly('bytes', keygen=rom.IDENTITY_CI, prefix=True, suffix=True)
        summed = rom.IndexOnly(keygen2=summed)
        geo_index = [rom.GeoIndex('place', place_of)]
    return Owner, Row


def json_known(value, row):
    if value is None:
        return Entries()
    scores = {'': float(len(value))}
    if value.get('x') is not None:
        scores['x'] = float(value['x'])
    return Entries(value.get('words', ()), scores)


def summed_known(value, row):
    number = row.get('number')
    return Entries() if number is None else Entries(scores={'': float(number % 7), 'negative': float(number < 0)})


def slashed_known(value, row):
    words = value.split(u'/') if value else []
    return Entries(words, affixed=words)


def known_columns(is_pk_indexed):
    text = dict((name, Column('text', keygen, prefix, suffix)) for name, keygen, prefix, suffix in [
        ('full', 'FULL_TEXT', True, True), ('whole', 'IDENTITY', True, True), ('folded', 'IDENTITY_CI', True, True),
        ('sorting', 'SIMPLE', True, True), ('sorting_ci', 'SIMPLE_CI', True, False),
        ('insensitive', 'CASE_INSENSITIVE', False, True), ('slashed', slashed_known, True, True)])
    columns = dict(
        text, flag=Column('boolean'), day=Column('day'), json=Column('any', json_known),
        owner=Column('reference'), best=Column('reference'), thing=Column('reference'),
        bytes=Column('bytes', 'IDENTITY_STRING', True, True),
        bytes_ci=Column('bytes', 'IDENTITY_STRING_CI', True, True),
        bytes_full=Column('bytes', 'FULL_TEXT', True, True), bytes_sorting=Column('bytes', 'SIMPLE', True),
        whole_sorting=Column('text', 'SIMPLE_CI', source='whole'), summed=Column('any', summed_known),
        whole_full=Column('text', 'FULL_TEXT', True, True, source='whole'),
        bytes_folded=Column('bytes', 'IDENTITY_CI', True, True, source='bytes'))
    for name in ('number', 'float', 'decimal', 'moment', 'safer', 'clock') + (('id',) if is_pk_indexed else ()):
        columns[name] = Column('number')
    return columns


def known_place(row):
    place = place_of(dict({'longitude': None, 'latitude': None}, **row))
    return place and (place['lon'], place['lat'])


# -- random values: few enough that rows share them --------------------------------------------------------------------

NUMBERS = [-2 ** 60, -300, -3, -1, 0, 1, 2, 3, 4, 5, 10, 100, 2 ** 53, 2 ** 53 + 1, 10 ** 17]
FLOATS = [-float('inf'), -1e300, -2.5, -0.0, 0.0, -0.0, 0.0, 1e-300, 0.1, 0.5, 1, 2.5, 1 / 3.0, 1e300, float('inf')]
DECIMALS = [decimal.Decimal(text) for text in (
    '-1E+3', '-2.5', '0', '0.1', '1.1', '1.10', '3', '12345678901234567890.123456789', '1E-20')]
MOMENTS = [moment(1, 1, 1), moment(1969, 12, 31, 23, 59, 59, 999999), moment(1970, 1, 1), moment(2020, 2, 29),
           moment(2020, 2, 29, 0, 0, 0, 1), moment(2020, 2, 29, 12, 30), moment(2021, 7, 1, 1, 2, 3, 456789),
           moment(9999, 12, 31, 23, 59, 59, 999999)]
DAYS = sorted(set(each.date() for each in MOMENTS)) + [day(2020, 3, 1)]
CLOCKS = [clock(0), clock(0, 0, 0, 1), clock(9, 30), clock(9, 30, 0, 500000), clock(23, 59, 59, 999999)]
WORDS = [u'a', u'ab', u'Abc', u'abcdefg', u'abcdefgh', u'abcdefghi', u'ABCDEFGHJ', u'foo-bar', u"don't", u'caf\xe9',
         u'CAF\xc9', u'\xe9cole', u'(5', u'a*c', u'[x]', u'%d', u'x:y', u'a\0b', u'100', u'\xdfen']
WIDE_WORDS = WORDS + [u'\u65e5\u672c\u8a9e', u'\u65e5\u672c', u'\u03b1\u03b2\u03b3', u'A\u0301']
WIDE_WORDS += [u'\U0001f40d\U0001f600'] * WIDE
BYTES = [b'\xff\xfe', b'\xe9', b'caf\xe9', b'Caf\xc3\xa9 noir', b'\x80abcdefgh', b'\xc3\xa9\xff']
FULL = [u'Hello, World!', u'hello  world', u' -- ', u'', u'Hello\tfoo-bar.']


def words_of(rng, words):
    return u' '.join(rng.choice(words[:3] if rng.random() < .3 else words) for _ in range(rng.choice([1, 1, 1, 2, 3])))


def random_text(rng):
    return rng.choice(FULL) if rng.random() < .15 else words_of(rng, WIDE_WORDS)


def random_bytes(rng):
    if rng.random() < .3:
        return rng.choice(BYTES)
    return words_of(rng, WORDS).encode(rng.choice(['latin-1', 'utf-8']))


def random_json(rng):
    value = {}
    if rng.random() < .7:
        value['x'] = rng.choice([-1, 0, 1, 1.5, 7])
    if rng.random() < .7:
        value['words'] = rng.sample([u'alpha', u'beta', u'\xe9', u'Alpha'], 2)
    return value


def random_slashed(rng):
    return u'/'.join(rng.sample(WIDE_WORDS, rng.choice([1, 2])))


def choose(values):
    return lambda rng: rng.choice(values)


class World(object):
    """Rows in Redis and the same in the oracle, changed alike."""

    def __init__(self, seed, size, tag=''):
        self.rng = rng = random.Random(seed)
        self.seed, self.size, self.checks, self.tag = seed, size, 0, tag
        self.is_pk_indexed = bool(seed % 2)
        self.Owner, self.Row = make_models(self.is_pk_indexed, tag)
        self.table = oracle.Table(known_columns(self.is_pk_indexed), known_place)
        self.owners = [self.new_owner() for _ in range(6)]
        self.points = [(round(rng.uniform(-180, 180), 6), round(rng.uniform(-85, 85), 6)) for _ in range(8)]
        self.points += [(longitude, latitude) for longitude in (-180, 180) for latitude in (-85.05112878, 0, 85.05112878)]
        self.points += [(8.57 + rng.uniform(-1, 1), 50.03 + rng.uniform(-1, 1)) for _ in range(8)]
        self.makers = {
            'number': choose(NUMBERS), 'float': choose(FLOATS), 'decimal': choose(DECIMALS), 'moment': choose(MOMENTS),
            'safer': choose(MOMENTS), 'thing': choose([1, 2, 3]),
            'day': choose(DAYS), 'clock': choose(CLOCKS), 'flag': choose([True, False]), 'json': random_json,
            'slashed': random_slashed, 'owner': lambda rng: rng.choice(self.owners), 'note': random_text,
            'best': lambda rng: rng.choice(self.owners)}
        for name in ('full', 'whole', 'folded', 'sorting', 'sorting_ci', 'insensitive'):
            self.makers[name] = random_text
        for name in ('bytes', 'bytes_ci', 'bytes_full', 'bytes_sorting'):
            self.makers[name] = random_bytes

    def new_owner(self):
        owner = self.Owner(name=u'owner')
        owner.save()
        return owner.id

    def random_value(self, name):
        return self.makers[name](self.rng)

    def random_row(self):
        row = dict((name, self.random_value(name)) for name in sorted(self.makers) if self.rng.random() < .75)
        if self.rng.random() < .8:
            # at one of them there are many
            row['longitude'], row['latitude'] = self.rng.choice(self.points + self.points[-1:] * 6)
        if self.rng.random() < .5:
            row['code'] = self.free_code()
        return row

    def free_code(self):
        while True:
            code = u'code%d' % self.rng.randrange(2 * self.size)
            if not any(row.get('code') == code for row in self.table.rows.values()):
                return code

    def save(self, entity):
        if self.rng.random() < .5:
            entity.save()
        rom.session.commit()

    def create(self, row=None):
        row = self.random_row() if row is None else row
        entity = self.Row(**row)
        self.save(entity)
        self.table.put(entity.id, row)

    def some_id(self):
        return self.rng.choice(sorted(self.table.rows))

    def update(self):
        id = self.some_id()
        row, entity = dict(self.table.rows[id]), self.Row.get(id)
        for name in self.rng.sample(sorted(self.makers), self.rng.choice([1, 1, 2, 5])):
            if self.rng.random() < .2:
                row.pop(name, None)
                setattr(entity, name, None)
            elif name == 'json' and row.get('json') is not None and self.rng.random() < .5:
                row['json'] = dict(row['json'], x=self.rng.choice([2, 3]))
                entity.json['x'] = row['json']['x']
            else:
                row[name] = self.random_value(name)
                setattr(entity, name, row[name])
        if self.rng.random() < .3:
            row['longitude'], row['latitude'] = self.rng.choice(self.points + [(None, None)])
            entity.longitude, entity.latitude = row['longitude'], row['latitude']
        if self.rng.random() < .2:
            row['code'] = entity.code = self.rng.choice([None, self.free_code()])
        self.save(entity)
        self.table.put(id, row)

    def delete(self):
        id = self.some_id()
        entity = self.Row.get(id)
        if self.rng.random() < .5:
            entity.delete()
        else:
            rom.session.delete(entity)
        assert self.Row.get(id) is None
        self.table.remove(id)

    def change_owners(self):
        place = self.rng.randrange(len(self.owners))
        self.Owner.get(self.owners[place]).delete()
        self.owners[place] = self.new_owner()

    # -- what is stored

    def index_entries(self):
        """{key: {member: score, or None in sets}} as the oracle has it."""
        found, start = {}, self.tag + u'Row:'
        for id, indexes in self.table.index.items():
            for name, entries in indexes.items():
                column = self.table.columns[name]
                for word, score in list(entries.scores.items()) + [(word, None) for word in entries.words]:
                    key = start + (u'%s:%s:idx' % (name, word) if word else u'%s:idx' % name)
                    found.setdefault(key, {})[u'%d' % id] = score
                for flag, words, kind in (
                        (column.prefix, entries.starts, 'pre'), (column.suffix, entries.ends, 'suf')):
                    for word in words if flag else ():
                        key = u'%s%s:%s' % (start, name, kind)
                        found.setdefault(key, {})[u'%s\0%d' % (word, id)] = oracle.prefix_score(word)
        return found

    def check_storage(self, connection):
        found, counters, tag = {}, set(), self.tag
        for key in connection.keys('*'):
            name, kind = key.decode('utf-8'), connection.type(key)
            if name.endswith((u':idx', u':pre', u':suf')):
                if kind == b'set':
                    found[name] = dict((member.decode('utf-8'), None) for member in connection.smembers(key))
                else:
                    found[name] = dict((member.decode('utf-8'), score)
                                       for member, score in connection.zrange(key, 0, -1, withscores=True))
            elif not re.match(u'%s(Row|Owner):([0-9]+$|once:)' % re.escape(tag), name):
                counters.add(name)
        expected = self.index_entries()
        assert sorted(found) == sorted(expected)
        for key in expected:
            assert found[key] == expected[key], key
        assert counters <= set(tag + name for name in (u'Row:id:', u'Owner:id:', u'Row:code:uidx', u'Row:place:geo'))
        codes = dict((row['code'].encode('ascii'), b'%d' % id)
                     for id, row in self.table.rows.items() if row.get('code'))
        assert connection.hgetall(tag + 'Row:code:uidx') == codes
        places = set(int(id) for id in connection.zrange(tag + 'Row:place:geo', 0, -1))
        assert places == set(self.table.places)
