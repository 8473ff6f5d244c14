# -*- coding: utf-8 -*-
"""plan.py without Redis: schema, stored row and new values in; what to expect, set, unset, claim, release, index and unindex out."""
import json

import pytest
import rom
from rom.storage import alteration, batches, insertion, plan
from rom.exceptions import ColumnError, InvalidColumnValue
from rom.values import codecs
from rom.values.texts import compact_json
from naming import shown

pytestmark = pytest.mark.pure


@pytest.fixture
def registry():
    """The models of these tests leave no trace."""
    before = [(models, dict(models)) for models in (rom.columns.MODELS, rom.columns.MODELS_REFERENCED)]
    yield
    for models, content in before:
        models.clear()
        models.update(content)


@pytest.fixture
def schema(registry):
    class Person(rom.Model):
        _namespace = 'people'
        name = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True)
        email = rom.Text(unique=True)
        age = rom.Integer(index=True)
        city = rom.Text()
        born = rom.Integer()
        active = rom.Boolean(index=True)
        upper = rom.IndexOnly('city', keygen=lambda value: value and [value.upper()])
        unique_together = [('city', 'born')]
    return Person._rom_schema


@pytest.fixture
def derived(registry):
    class Derived(rom.Model):
        key = rom.PrimaryKey(index=True)
        a = rom.Integer()
        b = rom.Integer()
        plain = rom.Text()
        sum = rom.IndexOnly(keygen2=lambda attr, row: {'': (row['a'] or 0) + (row['b'] or 0), 'id': row['key'], 'w': None})
        one = rom.IndexOnly(keygen2=lambda attr, row: [u'only %s' % row.b], unique=True)
        data = rom.UnsafeColumn()
        geo_index = [rom.GeoIndex('at', lambda row: {'lon': row.a, 'lat': row.b} if row.a else None)]
    return Derived._rom_schema


def raw(schema, **texts):
    """A stored row: bytes in the order of the schema."""
    return [None if texts.get(attr) is None else texts[attr].encode('utf-8') for attr in schema.stored]


def planned(schema, stored, texts, id=7):
    """The operation for writing `texts` over a stored row."""
    before = plan.Row(schema, raw(schema, **stored), id=id)
    after = plan.Row(schema, raw(schema, **stored), texts=texts, id=id)
    operation = plan.update(schema, id, before, after, texts)
    json.dumps(operation)
    return operation


STORED = {'name': u'Ann Lee', 'email': u'a@x', 'age': u'5', 'city': u'Rome', 'born': u'1990', 'active': u'1'}


def score(word):
    return codecs.prefix_scores([word])[0]


# Inserts ---------------------------------------------------------------------------------------------------------

PARTS = (('words', 1), ('scores', 2), ('prefixes', 3), ('suffixes', 3), ('geo', 3), ('claim', 2), ('refer', 2))


def no_id():
    return None


def inserted(schema, texts, id=None):
    """What is said of a new row, read as lua/write.lua describes a batch."""
    after = plan.Row(schema, raw(schema), texts=texts, id=id)
    row = insertion.insert(schema, lambda: after, [texts.get(attr) for attr in schema.stored], lambda: id)
    batch, = json.loads(batches.requested([row]))
    assert batch.pop(0) == 'new'
    places, found = {}, {'namespace': batch.pop(0), 'pk': batch.pop(0), 'pk_index': batch.pop(0)}
    columns = [batch.pop(0) for _ in range(batch.pop(0))]
    for part in ('scores', 'claim'):
        places[part] = [(batch.pop(0), batch.pop(0)) for _ in range(batch.pop(0))]
    row = list(batch)
    found.update(id=batch.pop(0), index_data=json.loads(batch.pop(0)), set=dict((column, batch.pop(0)) for column in columns))
    for part, width in PARTS:
        found[part] = [tuple(batch.pop(0) for _ in range(width)) for _ in range(batch.pop(0) // width)]
        found[part] += [(name, row[place]) for name, place in places.get(part, ()) if row[place]]
    assert batch == []
    return found


def test_insert(schema):
    new = inserted(schema, dict(STORED, city=None))
    assert (new['namespace'], new['pk'], new['pk_index'], new['id']) == ('people', 'id', False, None)
    assert new['set'] == {'name': u'Ann Lee', 'email': u'a@x', 'age': u'5', 'born': u'1990', 'active': u'1', 'city': None}
    assert sorted(new['words']) == [(u'active:True',), (u'name:ann',), (u'name:lee',)] and new['scores'] == [('age', u'5')]
    assert new['prefixes'] == [('name', word, score(word)) for word in (u'ann', u'lee')]
    assert [part[:2] for part in new['suffixes']] == [('name', u'nna'), ('name', u'eel')]
    words, scores, prefixes, suffixes, geo = new['index_data']
    assert sorted(words) == sorted(word for word, in new['words']) and scores == ['age'] and geo == []
    assert prefixes == [['name', u'ann'], ['name', u'lee']] and suffixes == [['name', u'nna'], ['name', u'eel']]
    assert new['claim'] == [('email', u'a@x')]


@pytest.mark.parametrize('text', [u'ann lee', u'a/b "c" d\\e', u'h\xe9 \u2028 \x7f', u'\x00 x\x1fy', u''])
def test_what_a_row_lists_is_spelt_as_the_server_spells_it(schema, text):
    """Quickly where that is as it is, and with escapes elsewhere."""
    after = plan.Row(schema, raw(schema), texts=dict(STORED, name=text, city=text))
    said = insertion.insert(schema, lambda: after, [after.text(attr) for attr in schema.stored], no_id).said
    assert said[1] == compact_json(json.loads(said[1]))
    assert json.loads(said[1])[2] == [[u'name', word] for word in rom.FULL_TEXT(text) or ()]


def test_insert_claims_what_is_complete(schema):
    new = inserted(schema, STORED)
    assert dict(new['claim']) == {'email': u'a@x', 'born:city': rom.util._encode_unique_constraint([u'1990', u'Rome'])}
    assert (u'upper:ROME',) in new['words']


def test_insert_of_nothing(schema):
    new = inserted(schema, {})
    assert set(new['set'].values()) == {None} and not any(new[part] for part, _ in PARTS)
    assert new['index_data'] == [[], [], [], [], []]


def test_insert_of_what_derives_from_the_row(derived):
    new = inserted(derived, {'a': u'1', 'b': u'2'}, id=7)
    assert (new['id'], new['pk_index']) == ('7', True) and new['words'] == [(u'sum:w',)]
    assert sorted(new['scores']) == [('sum', '3.0'), ('sum:id', '7.0')] and new['geo'] == [('at', '1.0', '2.0')]
    assert new['claim'] == [('one', u'only 2')]
    assert new['index_data'][1:] == [['sum', 'sum:id', 'key'], [], [], ['at']]


@pytest.mark.parametrize('text,score', [(u'5', u'5'), (u'1e5', '100000.0'), (u'-inf', '-inf'), (None, None)])
def test_a_number_whose_text_is_not_its_score(registry, text, score):
    class Amounts(rom.Model):
        plain = rom.Integer(index=True)
        value = rom.Decimal(index=True)
    new = inserted(Amounts._rom_schema, {'plain': u'7', 'value': text})
    assert sorted(new['scores']) == [('plain', new['scores'][0][1])] + [('value', score)] * (text is not None)
    assert float(dict(new['scores'])['plain']) == 7 and sorted(new['index_data'][1]) == sorted(dict(new['scores']))


def test_new_rows_of_a_model_are_told_it_once(schema, derived):
    def new(schema, texts):
        return insertion.insert(schema, lambda: plan.Row(schema, raw(schema), texts=texts), [texts.get(attr) for attr in schema.stored], no_id)
    other = planned(schema, STORED, {'age': u'6'})
    items = json.loads(batches.requested([new(schema, STORED), new(schema, STORED), other, other, new(derived, {})]))
    assert [item[0] for item in items] == ['new', other, 'new'] and (items[0][1], items[2][1]) == ('people', 'Derived')
    assert items[1] == [other, other] and json.dumps(items[0]).count('"name"') == 2 * 4 + 1  # entries of both, and the column


def test_a_batch_is_told_the_namespace_of_the_moment(registry):
    schema = type('Moving', (rom.Model,), {'name': rom.Text()})._rom_schema
    told = [schema.layout.head()]
    assert schema.layout.head() is told[0]
    schema.use_namespace(u'tenant \u00e9')
    told.append(schema.layout.head())
    schema.use_namespace('Moving')
    assert told[0] == schema.layout.head() and [json.loads(text + ']')[:3] for text in told] == [
        ['new', namespace, 'id'] for namespace in ('Moving', u'tenant \u00e9')]


def test_an_insert_costs_about_what_it_writes(schema):
    texts = [STORED.get(attr) for attr in schema.stored]
    row = insertion.insert(schema, lambda: plan.Row(schema, raw(schema), texts=STORED), texts, no_id)
    assert 10 <= row.weight <= 13
    longer = dict(STORED, name=u' '.join(u'w%d' % number for number in range(1000)))
    row = insertion.insert(schema, lambda: plan.Row(schema, raw(schema), texts=longer), [longer.get(attr) for attr in schema.stored], no_id)
    assert 3000 < row.weight < 3100
    for places in (0, 30):
        column = {'geo_index': [rom.GeoIndex('at%d' % place, lambda row: {'lon': 1, 'lat': 2}) for place in range(places)]}
        made = type('Spots%d' % places, (rom.Model,), column)._rom_schema
        row = insertion.insert(made, lambda: plan.Row(made, [], texts={}), [], no_id)
        assert row.weight == 1 + places


# Plain values ----------------------------------------------------------------------------------------------------

def altered(schema, stored, texts):
    return alteration.alter(schema, 7, raw(schema, **stored), texts, lambda texts: plan.Row(schema, raw(schema, **stored), texts=texts, id=7))


def test_rows_whose_plain_values_change_are_told_the_columns_once(schema):
    broken = raw(schema, **STORED)
    broken[schema.position['age']] = b'\xff'
    rows = [altered(schema, STORED, {'age': u'6'}), alteration.alter(schema, 7, broken, {'age': u'7'}, None)]
    batch, = json.loads(batches.requested(rows))
    assert batch == ['change', 'people', 'id', 1, 'age', 1, 1, '7', u'5', u'6', '7', None, u'7']
    assert rows[0].keys == ['people:7'] and rows[0].weight == 2 and rows[0].layout is rows[1].layout


@pytest.mark.parametrize('stored,texts,said', [
    ({}, {'name': u'Bob /'}, [1, 'name', 1, 'name', 0, '7', u'Ann Lee', u'Bob /', 1, 'name:bob', 0, 3, 'name', 'bob', score('bob'), 3, 'name', 'bob',
                              score('bob')]),
    ({}, {'name': None}, [1, 'name', 1, 'name', 0, '7', u'Ann Lee', None, 0, 0, 0, 0]),
    ({'email': None}, {'email': u'b@x'}, [1, 'email', 0, 1, 1, '7', False, u'b@x', 0, 0, 0, 0]),
    ({}, {'age': None}, [1, 'age', 1, 'age', 0, '7', u'5', None, 0, 0, 0, 0]),
    ({'age': None}, {'age': u'6'}, [1, 'age', 1, 'age', 0, '7', False, u'6', 0, 2, 'age', u'6', 0, 0]),
    ({}, {'active': u''}, [1, 'active', 1, 'active', 0, '7', u'1', u'', 1, 'active:False', 0, 0, 0]),
    ({}, {'age': u'6', 'email': u'b'}, [2, 'age', 'email', 1, 'age', 1, 2, '7', u'5', u'a@x', u'6', u'b', 0, 2, 'age', u'6', 0, 0]),
])
def test_rows_of_which_more_changes_say_all_entries_of_the_columns(schema, stored, texts, said):
    row = altered(schema, dict(STORED, **stored), texts)
    batch, = json.loads(batches.requested([row]))
    assert batch == ['update', 'people', 'id'] + said


@pytest.mark.parametrize('texts', [{'born': u'1991'}, {'age': u'1e5'}, {'age': u'6', 'city': u'Paris'}])
def test_what_follows_from_more_than_the_columns_that_change(schema, texts):
    assert altered(schema, STORED, texts) is None


def test_a_broken_unique_value_is_not_told(schema):
    broken = raw(schema, **STORED)
    broken[schema.position['email']] = b'\xff'
    assert alteration.alter(schema, 7, broken, {'email': u'b@x'}, None) is None


def test_no_change_is_enough_where_the_row_is_read(derived):
    assert altered(derived, {'a': u'1', 'b': u'2'}, {'b': u'3'}) is None


# Updates ---------------------------------------------------------------------------------------------------------

def test_an_update_says_only_what_it_changes(schema):
    operation = planned(schema, STORED, {'age': u'6'})
    assert operation['id'] == '7' and operation['set'] == {'age': u'6'} and operation['unset'] == []
    assert operation['expect'] == {'age': u'5'} and operation['touched'] == ['age'] and operation['scores'] == {'age': u'6'}
    assert operation['claim'] == operation['release'] == operation['assume'] == {}
    assert 'words' not in operation and 'prefixes' not in operation and operation['rescore']


def test_clearing_a_column(schema):
    operation = planned(schema, STORED, {'email': None, 'name': None})
    assert operation['set'] == {} and sorted(operation['unset']) == ['email', 'name']
    assert operation['expect'] == {'email': u'a@x', 'name': u'Ann Lee'}
    assert operation['release'] == {'email': u'a@x'} and operation['claim'] == {}
    assert operation['touched'] == ['name'] and 'words' not in operation and 'rescore' not in operation


def test_setting_a_column_for_the_first_time(schema):
    operation = planned(schema, {'name': u'x'}, {'email': u'b@x'})
    assert operation['expect'] == {'email': False} and operation['claim'] == {'email': u'b@x'} and operation['release'] == {}
    assert operation['touched'] == []


def test_a_unique_value_is_exchanged(schema):
    operation = planned(schema, STORED, {'email': u'b@x'})
    assert operation['claim'] == {'email': u'b@x'} and operation['release'] == {'email': u'a@x'}


def test_unique_together_assumes_the_other_columns(schema):
    operation = planned(schema, STORED, {'city': u'Oslo'})
    encode = rom.util._encode_unique_constraint
    assert operation['claim'] == {'born:city': encode([u'1990', u'Oslo'])} and operation['release'] == {'born:city': encode([u'1990', u'Rome'])}
    assert operation['assume'] == {'born': u'1990'} and operation['expect'] == {'city': u'Rome'}
    assert operation['touched'] == ['upper'] and operation['words'] == [u'upper:OSLO']


def test_a_constraint_that_loses_a_column(schema):
    operation = planned(schema, STORED, {'born': None})
    assert operation['claim'] == {} and list(operation['release']) == ['born:city']


def test_what_derives_from_the_row_assumes_all_of_it(derived):
    operation = planned(derived, {'a': u'1', 'b': u'2', 'plain': u'p'}, {'a': u'3'})
    assert operation['expect'] == {'a': u'1'} and operation['assume'] == {'b': u'2', 'plain': u'p'}
    assert operation['scores'] == {'sum': '5.0', 'sum:id': '7.0'} and operation['words'] == [u'sum:w']
    assert operation['geo'] == {'at': ['3.0', '2.0']} and operation['touched_geo']
    assert operation['claim'] == operation['release'] == {} and operation['pk_index']


def test_a_location_that_goes(derived):
    operation = planned(derived, {'a': u'1', 'b': u'2'}, {'a': None})
    assert operation['geo'] == {} and operation['touched_geo'] and operation['scores'] == {'sum': '2.0', 'sum:id': '7.0'}


def test_a_unique_index_only(derived):
    operation = planned(derived, {'a': u'1', 'b': u'2'}, {'b': u'3'})
    assert operation['claim'] == {'one': u'only 3'} and operation['release'] == {'one': u'only 2'}


def test_bytes_that_are_no_utf8_are_not_compared(schema):
    stored = raw(schema, **STORED)
    stored[schema.position['email']] = b'\xff'
    before, after = plan.Row(schema, stored, id=7), plan.Row(schema, stored, texts={'email': u'b'}, id=7)
    operation = plan.update(schema, 7, before, after, {'email': u'b'})
    assert operation['expect'] == {} and operation['claim'] == {'email': u'b'}
    json.dumps(operation)


# Rewrites --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('force', [False, True])
def test_a_rewrite_says_everything(schema, force):
    texts = dict(STORED, email=u'b@x', age=None)
    before, after = plan.Row(schema, raw(schema, **STORED), id=7), plan.Row(schema, raw(schema, **STORED), texts=texts, id=7)
    operation = plan.rewrite(schema, 7, before, after, texts, force)
    assert operation['touched'] is True and operation['touched_geo'] is True and operation['repair'] is True
    assert operation['unset'] == ['age'] and operation['set'] == dict((attr, text) for attr, text in texts.items() if text)
    assert set(operation['claim']) == set(['email', 'born:city']) and operation['release'] == {'email': u'a@x'}
    known = dict((attr, STORED[attr]) for attr in schema.stored)
    if force:
        assert operation['force'] is True and operation['assume'] == known and 'expect' not in operation
    else:
        assert operation['expect'] == known and operation['assume'] == {} and 'force' not in operation


def test_refreshing_entries_expects_nothing_and_sets_nothing(schema):
    row = plan.Row(schema, raw(schema, **STORED), id=7)
    operation = plan.rewrite(schema, 7, row, row, {})
    assert operation['set'] == {} and operation['unset'] == [] and operation['expect'] == {}
    assert operation['assume'] == STORED and operation['scores'] == {'age': u'5'} and operation['release'] == {}


# Deletes ---------------------------------------------------------------------------------------------------------

def test_a_delete_releases_what_is_stored(schema):
    operation = plan.delete(schema, 7, plan.Row(schema, raw(schema, **STORED), id=7), [['x:idx', '7', ['3']]], {'city': u'Rome'})
    assert operation['delete'] and operation['touched'] is True and operation['touched_geo']
    assert operation['release'] == {'email': u'a@x', 'born:city': rom.util._encode_unique_constraint([u'1990', u'Rome'])}
    assert operation['assume'] == {'email': u'a@x', 'born': u'1990', 'city': u'Rome'}
    assert operation['expect'] == {'city': u'Rome'}
    assert operation['guard'] == [['x:idx', '7', ['3']]] and not set(operation) & set(['set', 'words', 'scores', 'prefixes', 'geo', 'claim'])


def test_a_delete_drops_unsafe_keys(derived):
    operation = plan.delete(derived, 7, plan.Row(derived, raw(derived, a=u'1', b=u'2'), id=7))
    assert operation['drop'] == ['data'] and operation['release'] == {'one': u'only 2'} and 'guard' not in operation


# Refused ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('point', [{'lon': 181, 'lat': 0}, {'lon': 0, 'lat': -86}, {'lon': float('nan'), 'lat': 1}, {'lon': 'x', 'lat': 1}, {'lat': 1}, 7], ids=shown)
def test_points_that_redis_would_refuse(registry, point):
    class Place(rom.Model):
        n = rom.Integer()
        geo_index = [rom.GeoIndex('at', lambda row: point)]
    schema = Place._rom_schema
    with pytest.raises(InvalidColumnValue) as caught:
        plan.geo_entries(schema, plan.Row(schema, [None]))
    assert 'Place.at' in str(caught.value)


def test_several_points(registry):
    class Place(rom.Model):
        geo_index = [rom.GeoIndex('at', lambda row: [{'lon': 1, 'lat': 1}] * 2)]
    with pytest.raises(ColumnError):
        plan.geo_entries(Place._rom_schema, plan.Row(Place._rom_schema, []))


@pytest.mark.parametrize('text,score', [(u'5', u'5'), (u'-1.5', u'-1.5'), (u'1e5', '100000.0'), (u'1E-400', '0.0'), (u'inf', 'inf'), (u'0.1', u'0.1')])
def test_scores_that_redis_takes(registry, text, score):
    class Amount(rom.Model):
        value = rom.Decimal(index=True)
    schema = Amount._rom_schema
    assert plan.index_entries(schema.indexed, plan.Row(schema, [text.encode('ascii')])).scores == ['value', score]


@pytest.mark.parametrize('text', [u'x', u'x1', u'', u'nan', u'1e400', u'1 2'])
def test_scores_that_redis_would_refuse(registry, text):
    class Amount(rom.Model):
        value = rom.Decimal(index=True)
    schema = Amount._rom_schema
    with pytest.raises(InvalidColumnValue) as caught:
        plan.index_entries(schema.indexed, plan.Row(schema, [text.encode('ascii')]))
    assert 'Amount.value' in str(caught.value)


# Row -------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('column', [rom.Integer(default=5, index=True), rom.Boolean(default=True, index=True),
                                    rom.Text(default=u'x', unique=True, keygen=rom.IDENTITY),
                                    rom.Text(default=u'x', index=True, keygen=rom.SIMPLE, prefix=True, suffix=True)], ids=shown)
def test_a_default_that_the_row_lacks_makes_no_entries(registry, column):
    """Index entries and unique values tell what the row holds: a default is told from the write on that fills it in."""
    made = type('Holder', (rom.Model,), {'col': column})._rom_schema
    row = plan.Row(made, [None], id=1)
    assert row['col'] == column.initial()
    found = plan.index_entries(made.indexed, row)
    assert found.words == found.scores == found.prefixes == found.suffixes == []
    assert plan.unique_values(made.unique, (), row) == {}
    assert list(plan.missing_defaults(made, [None])) == ['col'] and plan.missing_defaults(made, [b'']) == {}


def test_a_row_as_keygens_see_it(derived):
    row = plan.Row(derived, raw(derived, a=u'1', plain=u'\xe9'), texts={'b': u'2'}, id=lambda: 9)
    assert (row['a'], row.b, row['plain'], row.key, row['key']) == (1, 2, u'\xe9', 9, 9)
    assert row.sum is None and row.nowhere is None and row.get('nowhere') is None and row['one'] is None
    with pytest.raises(KeyError):
        row['nowhere']
    assert dict(row) == {'key': 9, 'a': 1, 'b': 2, 'plain': u'\xe9', 'sum': None, 'one': None} and len(row) == 6
    assert row.text('b') == u'2' and row.text('a') == u'1'


def test_values_given_stand_for_stored_ones(derived):
    row = plan.Row(derived, raw(derived, a=u'1'), values={'a': 5}, texts={'a': u'5'}, id=9)
    assert (row['a'], row.text('a'), row['b'], row.text('b')) == (5, u'5', None, None)
