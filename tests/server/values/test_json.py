# -*- coding: utf-8 -*-
"""What `json.dumps` takes (docs/promises.rst: Applications): to_dict(json=True)."""
import datetime
import decimal
import json

import pytest
import rom
import six
from rom.exceptions import InvalidColumnValue


class Elsewhere(object):
    """A class of another ORM, of which nothing is to be loaded."""

    def __init__(self, id):
        self.id = id

    @classmethod
    def get(cls, id):
        raise AssertionError('it was loaded')


class Shout(six.text_type):
    def __str__(self):
        return 'shout'


class Count(int):
    def __str__(self):
        return 'count'


class Words(rom.Column):
    _allowed = (set,)

    def _to_redis(self, value):
        return u' '.join(sorted(value))

    def _from_redis(self, text):
        return set(text.split(u' '))


class East(datetime.tzinfo):
    def utcoffset(self, moment):
        return datetime.timedelta(hours=2)

    def dst(self, moment):
        return datetime.timedelta(0)


#: (column, value, what JSON has)
CASES = {
    'text': (rom.Text, u'\xe4\u20ac\U0001f600', u'\xe4\u20ac\U0001f600'),
    'subclass of text': (rom.Text, Shout(u'quiet'), u'quiet'),
    'bytes': (rom.String, b'\x00\xff\xe9', u'\x00\xff\xe9'),
    'integer': (rom.Integer, 2 ** 70, 2 ** 70),
    'subclass of int': (rom.Integer, Count(5), 5),
    'longer than Python prints': (rom.Integer, 10 ** 5000, u'1' + u'0' * 5000),
    'float': (rom.Float, 1.5, 1.5),
    'int in a Float': (rom.Float, 3, 3),
    'nan': (rom.Float, float('nan'), None),
    'infinity': (rom.Float, float('-inf'), None),
    'decimal': (rom.Decimal, decimal.Decimal('1.50'), u'1.50'),
    'true': (rom.Boolean, True, True),
    'false': (rom.Boolean, False, False),
    'datetime': (rom.DateTime, datetime.datetime(2020, 1, 2, 3, 4, 5, 6), u'2020-01-02T03:04:05.000006'),
    'whole second': (rom.DateTime, datetime.datetime(2020, 1, 2, 3), u'2020-01-02T03:00:00'),
    'aware': (rom.DateTime, datetime.datetime(2020, 1, 2, 3, tzinfo=East()), u'2020-01-02T01:00:00'),
    'safer': (rom.SaferDateTime, datetime.datetime(1, 1, 1), u'0001-01-01T00:00:00'),
    'date': (rom.Date, datetime.date(2020, 1, 2), u'2020-01-02'),
    'time': (rom.Time, datetime.time(1, 2, 3, 4), u'01:02:03.000004'),
    'json': (rom.Json, {u'a': (1, [None]), 5: 1.5}, {u'a': [1, [None]], u'5': 1.5}),
    'json with nan': (rom.Json, [float('nan'), {u'a': float('inf')}], [None, {u'a': None}]),
    'another type': (Words, set([u'b', u'a']), u'a b'),
    'nothing': (rom.Text, None, None),
    'nothing in Json': (rom.Json, None, None),
}


@pytest.mark.parametrize('case', sorted(CASES))
@pytest.mark.parametrize('how', ['new', 'saved', 'loaded'])
def test_values(rom_connection, case, how):
    column, value, expected = CASES[case]
    model = type('Holder', (rom.Model,), {'col': column()})
    entity = model(col=value)
    if how != 'new':
        entity.save()
    if how == 'loaded':
        rom.session.rollback()
        entity = model.get(entity.id)
    told = entity.to_dict(json=True)
    assert told == {'id': 1, 'col': expected} and json.loads(json.dumps(told, allow_nan=False)) == told
    assert type(told['col']) in (six.text_type, dict, list, bool, float, type(None)) + six.integer_types
    assert not entity._modified or how == 'new'


@pytest.fixture
def Team(rom_connection):
    class Team(rom.Model):
        name = rom.Text()
        members = rom.OneToMany('Member')
    return Team


@pytest.fixture
def Member(Team):
    class Member(rom.Model):
        team = rom.ManyToOne('Team', on_delete='no action')
        twin = rom.OneToOne('Member', on_delete='no action')
        outside = rom.ForeignModel(Elsewhere)
        names = rom.IndexOnly('team', keygen2=lambda attr, row: [])
        key = rom.UnsafeColumn()
    return Member


def test_references_are_ids_and_none_is_loaded(Team, Member, connection, calls):
    twin = Member()
    Member(team=Team(name=u'x'), twin=twin, outside=Elsewhere(9))
    rom.session.commit()
    rom.session.rollback()
    connection.delete('Team:1')
    member = Member.query.filter(team=1).first()
    del calls[:]
    assert member.to_dict(json=True) == {'id': member.id, 'team': 1, 'twin': twin.id, 'outside': 9, 'names': None}
    assert calls == []


def test_those_that_were_read_or_assigned_are_ids_as_well(Team, Member, connection):
    member, other = Member(team=Team()), Team()
    assert member.to_dict(json=True)['team'] == member.team.id
    rom.session.commit()
    member.team = other
    assert member.to_dict(json=True)['team'] == other.id
    member.team = None
    assert member.to_dict(json=True)['team'] is None
    rom.session.commit()
    member.team = other
    rom.session.commit()
    connection.delete('Team:%d' % other.id)
    rom.session.rollback()
    again = Member.get(member.id)
    assert again.team is None and again.to_dict(json=True)['team'] == other.id


def test_lists_of_referrers_and_keys_beside_the_row_are_left_out(Team, Member):
    team = Team(name=u'x')
    assert team.to_dict(json=True) == {'id': 1, 'name': u'x'} == team.to_dict()


def test_a_default_reference(Team, Member):
    Team(name=u'home').save()
    for number, default in enumerate([1, lambda: 1, lambda: Team.get(1), None]):
        model = type('Guest%d' % number, (rom.Model,), {'team': rom.ManyToOne('Team', on_delete='no action', default=default)})
        guest = model()
        guest.team = None
        guest.save()
        rom.session.rollback()
        assert model.get(1).to_dict(json=True)['team'] == (1 if default is not None else None)


def test_a_broken_field_is_told(Team, Member, connection):
    Member().save()
    connection.hset('Member:1', 'team', 'x')
    rom.session.rollback()
    with pytest.raises(InvalidColumnValue) as caught:
        Member.get(1).to_dict(json=True)
    assert caught.value.columns == ('team',) and caught.value.pk in (None, 1)


def test_the_copy_of_a_json_value_is_one(rom_connection):
    class Doc(rom.Model):
        data = rom.Json()
    Doc(data={'a': [1]}).save()
    rom.session.rollback()
    doc = Doc.query.first()
    doc.to_dict(json=True)['data']['a'].append(2)
    assert doc.data == {'a': [1]} and not doc._modified


def test_to_dict_stays(Team, Member):
    team = Team()
    member = Member(team=team)
    assert member.to_dict() == {'id': member.id, 'team': team, 'twin': None, 'outside': None, 'names': None} == member.to_dict(False)
