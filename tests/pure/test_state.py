"""What an entity remembers of its row: no server, no session."""
import pytest
import rom
from rom.mapping import assignments, state as states
from rom.mapping.state import State

pytestmark = pytest.mark.pure


@pytest.fixture
def Person():
    before = [(models, dict(models)) for models in (rom.columns.MODELS, rom.columns.MODELS_REFERENCED)]

    class Person(rom.Model):
        age = rom.Integer(index=True)
        data = rom.Json()
        flag = rom.Boolean(default=True)
        name = rom.Text()
    yield Person
    for models, content in before:
        models.clear()
        models.update(content)


def loaded(model, row):
    entity = model.__new__(model)
    entity._rom = State.of(entity, 7, row, generation=3)
    return entity


def state_of(model, row):
    return loaded(model, row)._rom


def written(state, planned, generation):
    state.written(planned.row, [(state.schema.position[attr], text) for attr, text in planned.texts.items()], planned, generation)


def test_values_are_decoded_when_they_are_read(Person):
    entity = loaded(Person, [b'5', None, None, b'Ann'])
    other = loaded(Person, [None, None, None, b'Bob'])
    assert entity._rom.values == other._rom.values == {}
    assert (entity.name, entity.flag, entity._rom.values) == (u'Ann', True, {'name': u'Ann', 'flag': True})
    assert other._rom.values == {} and other.name == u'Bob'
    assert not entity._rom.is_changed() and entity._rom.changes() == {}


def test_changes_are_what_differs_from_the_row(Person):
    state = state_of(Person, [b'5', b'[1]', None, b'Ann'])
    state.hold('name', u'Ann')
    state.hold('age', 6)
    state.value('data').append(2)
    assert state.changes() == {'age': u'6', 'data': u'[1, 2]'}
    assert state.defaults_to_fill(state.changes()) == {'flag': u'1'}


def test_a_plan_knows_the_row_that_it_was_made_of(Person):
    state = state_of(Person, [b'5', None, b'1', b'Ann'])
    state.hold('age', 6)
    planned = state.plan()
    assert planned.row is state.row
    written(state, planned, 4)
    assert state.row == [u'6', None, b'1', b'Ann'] and planned.row == [b'5', None, b'1', b'Ann']


def test_a_plan_and_what_becomes_of_it(Person):
    state = state_of(Person, [b'5', None, None, b'Ann'])
    assert state.plan().operation is None and state.plan(refresh=True).operation['repair']
    state.hold('age', 6)
    planned = state.plan()
    assert planned.operation['set'] == {'age': u'6', 'flag': u'1'} and planned.operation['expect'] == {'age': u'5'}
    assert (planned.texts, planned.filled) == ({'age': u'6', 'flag': u'1'}, {'flag': u'1'})
    state.hold('name', u'Bob')  # while it is being written
    written(state, planned, 4)
    assert (state.row, state.generation, state.changes()) == ([u'6', None, u'1', b'Ann'], 4, {'name': u'Bob'})


def test_a_row_that_was_read_meanwhile_knows_better(Person):
    state = state_of(Person, [b'5', None, None, b'Ann'])
    state.hold('age', 6)
    planned = state.plan()
    state.refreshed([b'8', None, None, b'Cid'], 5)
    written(state, planned, 6)
    assert state.row == [b'8', None, u'1', b'Cid'] and not state.is_changed()
    written(state, planned, 7)  # again: by now all is known
    assert state.row == [b'8', None, u'1', b'Cid']


@pytest.mark.parametrize('others', [{}, {'name': u'Bob'}])
def test_what_is_assigned_while_assignments_are_replaced(Person, monkeypatch, others):
    """As a handler of signals, or another thread, does between any two steps of taking in what was written."""
    state = state_of(Person, [b'5', None, b'1', b'Ann'])
    state.hold('age', 6)
    planned = state.plan()
    for attr, value in others.items():
        state.hold(attr, value)
    plain, calls = assignments.assigned_after, []

    def interrupted(assigned, number):
        found = plain(assigned, number)
        calls.append(number)
        if len(calls) == 1:
            state.hold('age', 7)
        return found
    monkeypatch.setattr(states, 'assigned_after', interrupted)
    written(state, planned, 4)
    assert len(calls) == 1 and state.changes() == dict(others, age=u'7')


def test_what_is_written_while_a_row_is_replaced(Person):
    """What was planned earlier is not taken in over it, in the columns that it has written."""
    state = state_of(Person, [b'5', None, b'1', b'Ann'])
    state.hold('age', 6)
    state.hold('name', u'Bob')
    planned = state.plan()
    state.hold('age', 7)
    later = state.plan()
    written(state, later, 4)
    written(state, planned, 4)
    assert state.row == [u'7', None, b'1', u'Bob'] and not state.is_changed()


def test_what_others_wrote_is_taken_over(Person):
    state = state_of(Person, [b'5', None, None, b'Ann'])
    assert state.value('name') == u'Ann'
    state.hold('age', 6)
    state.take_over([b'9', None, None, b'Bob'], ['age'])
    assert (state.value('name'), state.changes()) == (u'Bob', {'age': u'6'}) and state.raw('age') == b'5'
    assert state.take_defaults([b'5', None, b'1', b'Bob'], ['flag']) and state.raw('flag') == b'1'
    assert not state.take_defaults([b'5', None, b'1', b'Cid'], ['name'])


def test_changes_of_two_objects_come_together(Person):
    one, other = (state_of(Person, [b'5', None, None, b'Ann']) for _ in range(2))
    one.hold('age', 6)
    other.hold('age', 7)
    one.hold('name', u'Bob')
    one.join([other])
    assert one.changes() == {'age': u'7', 'name': u'Bob'}
