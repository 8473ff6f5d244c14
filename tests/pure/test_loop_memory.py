"""What a loop over results remembers: every id, whether few or a million."""
import random
import sys

import pytest

from rom.search import loops

pytestmark = pytest.mark.pure


@pytest.mark.parametrize('spread', [1, 3, 10 ** 6])
def test_ids_are_a_set(monkeypatch, spread):
    monkeypatch.setattr(loops, 'RECENT', 100)
    rng, ids, expected = random.Random(spread), loops.Ids(), set()
    for _ in range(50):
        some = [rng.randrange(0, 4000) * spread for _ in range(37)]
        assert ids.isdisjoint(some) == expected.isdisjoint(some)
        ids.update(some)
        expected.update(some)
        assert all(number in ids for number in some) and not ids.isdisjoint(some[-1:])
    assert set(number for number in range(0, 4000 * spread, spread) if number in ids) == expected
    assert all(number not in ids for number in (-1, 4000 * spread, 10 ** 30)) and ids.isdisjoint([])


def test_a_million_ids_take_little():
    ids = loops.Ids()
    for first in range(1, 1000001, 1000):
        ids.update(range(first, first + 1000))
    size = sum(sys.getsizeof(each) for each in ids._blocks.values()) + sys.getsizeof(ids._blocks)
    assert size < 2 ** 20 and len(ids._recent) <= loops.RECENT
    assert 1 in ids and 999999 in ids and 1000001 not in ids


def test_what_is_given_waits_no_longer():
    loop = loops.Loop('connection', 'User', 10)
    for id in (3, 5, 7):
        loop.note('connection', 'User', id, False)
    loop.note('connection', 'User', 11, True)
    assert loop.choose([b'3', b'4'], [[b'x'], [b'y']], 10) == ([b'3', b'4'], [[b'x'], [b'y']])
    loop.note('connection', 'User', 4, False)
    assert loop.passed_by() == {5, 7}
    assert loop.choose([b'3', b'7', b'11'], [1, 2, 3], 11) == ([b'7'], [2])
    assert loop.passed_by() == {5}
