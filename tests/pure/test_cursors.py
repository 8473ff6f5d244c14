"""What comes behind a place among ids that are all at hand."""
import pytest
from rom.search.cursors import only_behind

FOUND = {'10': 2., '55': 2., '7': 3., '9': 1.}


def ascending(found):
    return sorted(found, key=lambda id: (found[id], id))


def descending(found):
    return ascending(found)[::-1]


@pytest.mark.parametrize('position,in_order,right', [
    (None, ascending, ['9', '10', '55', '7']), ({'id': '55', 'score': '2'}, ascending, ['7']), ({'id': '5', 'score': 2}, ascending, ['55', '7']),
    ({'id': '55', 'score': 2}, descending, ['10', '9']), ({'id': '550', 'score': 2}, descending, ['55', '10', '9']),
    ({'id': '7', 'score': 9}, ascending, []), ({'id': '7', 'score': 0}, ascending, ['9', '10', '55', '7'])])
def test_what_comes_behind_a_place(position, in_order, right):
    assert only_behind(position, FOUND, in_order) == right
    of_bytes = dict((id.encode('ascii'), score) for id, score in FOUND.items())
    assert only_behind(position, of_bytes, in_order) == [id.encode('ascii') for id in right]
    assert only_behind(position, {}, in_order) == []


def test_what_comes_behind_a_place_in_an_order_of_several_columns():
    found = {'1': ['2', 'b'], '2': ['1', None], '3': ['1', 'a']}

    def in_order(found):
        return sorted(found, key=lambda id: (found[id][0], found[id][1] is None, found[id][1], id))
    assert only_behind({'id': '3', 'first': '1', 'keys': ['a']}, found, in_order) == ['2', '1']
    assert only_behind({'id': '2', 'first': '1', 'keys': [False]}, found, in_order) == ['1']


def test_without_an_order_all_are_at_one_place_but_for_their_ids():
    assert only_behind({'id': '2'}, {'1': 0., '2': 0., '3': 0.}, ascending) == ['3']
