# -*- coding: utf-8 -*-
"""Adding to a number of a row, whatever it is by then (docs/writing.rst)."""
import decimal
import threading

import pytest
import rom
from rom.exceptions import EntityDeletedError, InvalidColumnValue, InvalidOperation, UniqueKeyViolation

from consistency import problems
from lossy_proxy import LossyProxy
from test_exactly_once import WAYS, Way, client_of

D = decimal.Decimal


@pytest.fixture
def Page(connection):
    class Page(rom.Model):
        visits = rom.Integer(index=True)
        stars = rom.Integer(default=lambda: 3)
        weight = rom.Float(index=True)
        heat = rom.Float(default=.5)
        cost = rom.Decimal(index=True)
        place = rom.Integer(unique=True)
        band = rom.Integer(index=True, keygen=lambda value: {'': value, 'tens': value // 10} if value is not None else None)
        parity = rom.IndexOnly('stars', keygen=lambda value: [u'odd' if value % 2 else u'even'] if value is not None else None)
        title = rom.Text(index=True, keygen=rom.IDENTITY)
        born = rom.Date()
    return Page


@pytest.fixture
def page(Page):
    page = Page(title=u'home')
    page.save()
    rom.session.rollback()
    return Page.get(1)


@pytest.mark.parametrize('attr, by, expected, stored', [
    ('visits', 1, 1, b'1'), ('visits', -5, -5, b'-5'), ('visits', 10 ** 30, 10 ** 30, b'1' + b'0' * 30), ('visits', 0, 0, b'0'),
    ('stars', 1, 4, b'4'), ('weight', .1, .1, b'0.1'), ('weight', 2, 2., b'2.0'), ('heat', 1e22, 1e22, b'1e+22'), ('cost', D('1.50'), D('1.50'), b'1.50'),
    ('cost', 2, D(2), b'2'), ('place', 7, 7, b'7'), ('band', 25, 25, b'25'), ('visits', 2., 2, b'2')])
def test_the_sum_is_returned_written_indexed_and_known(Page, page, connection, attr, by, expected, stored):
    """A row without a value has the default, else 0."""
    connection.hdel('Page:1', attr)
    assert page.increment(attr, by) == expected == getattr(page, attr)
    assert type(getattr(page, attr)) is type(expected)
    assert connection.hget('Page:1', attr) == stored and not page._modified
    assert problems(connection, Page) == []
    assert page.increment(attr, by=by) == expected + by == getattr(page, attr)


@pytest.mark.parametrize('attr, by, trips', [('visits', 1, 1), ('stars', 1, 3), ('weight', .5, 1), ('heat', 1, 1), ('visits', 10 ** 20, 1)])
def test_round_trips(page, calls, attr, by, trips):
    """One, where the server can work it out, and what depends on the number is its own plain index alone."""
    page.increment('visits', 5)
    del calls[:]
    page.increment(attr, by)
    assert len(calls) <= trips
    assert trips > 1 or calls == ['EVALSHA']


def test_what_others_have_written_is_added_to(Page, page, connection):
    assert page.visits is None
    connection.hset('Page:1', 'visits', 41)
    connection.hset('Page:1', 'cost', '0.5')
    assert page.increment('visits') == 42 and page.increment('cost', D('0.25')) == D('0.75')


@pytest.mark.parametrize('first', [2 ** 53 - 1, -2 ** 53, 2 ** 53, 2 ** 60, -10 ** 25, -1])
@pytest.mark.parametrize('by', [1, -1, 2 ** 53, -2 ** 53])
def test_whole_numbers_of_any_size_are_exact(page, connection, first, by):
    connection.hset('Page:1', 'visits', first)
    assert page.increment('visits', by) == first + by
    assert connection.hget('Page:1', 'visits') == str(first + by).encode('ascii')


def test_floats_are_written_as_python_writes_them(page, connection, rng):
    """Each the very sum, and with as few digits."""
    def any_float():
        return rng.choice([rng.uniform(-1, 1) * 10 ** rng.randint(-300, 300), float(rng.randint(-10 ** 17, 10 ** 17)), 2. ** rng.randint(-1074, 1000),
                           rng.randint(-100, 100) / 10., rng.uniform(0, 1e16), -0.])
    for _ in range(150):
        first = any_float()
        by = rng.choice([0., any_float(), -first, first])
        connection.hset('Page:1', 'weight', repr(first))
        assert repr(page.increment('weight', by)) == repr(first + by), (first, by)
        assert connection.hget('Page:1', 'weight') == repr(first + by).encode('ascii'), (first, by)


def test_what_it_refuses(Page, page, connection):
    for attr, by, error, word in [
            ('visit', 1, InvalidOperation, 'visits'), ('title', 1, InvalidOperation, 'Page.title'), ('born', 1, InvalidOperation, 'born'),
            ('id', 1, InvalidOperation, 'id'), ('visits', u'1', TypeError, 'Page.visits'), ('visits', True, TypeError, 'number'),
            ('visits', None, TypeError, 'number'), ('visits', .5, InvalidColumnValue, 'row Page:1: Page.visits'),
            ('cost', .5, InvalidColumnValue, 'Page.cost'), ('weight', float('nan'), InvalidColumnValue, 'NaN')]:
        with pytest.raises(error) as raised:
            page.increment(attr, by)
        assert word in str(raised.value), (attr, by)
    with pytest.raises(InvalidOperation):
        Page(visits=1).increment('visits')
    page.visits = 5
    with pytest.raises(InvalidOperation) as raised:
        page.increment('visits')
    assert 'unsaved' in str(raised.value) and raised.value.pk == 1 and page.visits == 5
    assert page.increment('stars') == 4 and page._modified  # of other columns they wait
    assert not connection.hexists('Page:1', 'visits')


def test_a_row_that_is_gone(Page, page, connection):
    for attr in ('visits', 'cost'):
        page = Page()
        page.save()
        connection.delete(page._pk)
        with pytest.raises(EntityDeletedError):
            page.increment(attr, 1)
    page.save(force=True)
    page.delete()
    with pytest.raises(EntityDeletedError):
        page.increment('visits')
    assert connection.keys('Page:2*') == []


def test_a_unique_sum_may_be_taken(Page, page, connection):
    Page(place=1).save()
    with pytest.raises(UniqueKeyViolation) as raised:
        page.increment('place')
    assert raised.value.columns == ('place',) and raised.value.value == 1
    assert problems(connection, Page) == []


def test_hooks_are_called_as_by_save(Page, page, monkeypatch, connection):
    told = []

    def before(self):
        told.append(self.visits)
        self.title = u'%s!' % self.title
    monkeypatch.setattr(Page, '_before_update', before)
    monkeypatch.setattr(Page, '_after_update', lambda self: told.append((self.visits, self._modified)))
    assert page.increment('visits', 3) == 3
    assert told == [None, (3, False)] and connection.hget('Page:1', 'title') == b'home!'
    assert Page.query.filter(title=u'home!').count() == 1 and problems(connection, Page) == []


def test_a_hook_that_fails_afterwards_is_not_taken_for_a_lost_reply(Page, page, monkeypatch):
    monkeypatch.setattr(Page, '_after_update', lambda self: 1 / 0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            page.increment('visits')
    monkeypatch.undo()
    assert page.increment('visits') == 3


def test_all_that_is_added_at_once_counts(Page, page, connection):
    def work():
        own = Page.get(1)
        for n in range(25):
            own.increment('visits')
            own.increment('cost', D('.5'))
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert connection.hget('Page:1', 'visits') == b'100' and connection.hget('Page:1', 'cost') == b'50.0'
    assert problems(connection, Page) == []


@pytest.mark.parametrize('how, who', WAYS)
@pytest.mark.parametrize('attr', ['visits', 'weight', 'cost', 'band'])
def test_it_is_done_once_though_the_reply_is_lost(Page, page, server, connection, attr, how, who):
    proxy = LossyProxy(server.kwargs)
    try:
        rom.util.CONNECTION = client_of(server, proxy, who, how)
        way = Way(proxy, how, who)
        way.lose()
        assert way.do(lambda: page.increment(attr, 2)) == 2
        assert page.increment(attr, 2) == 4  # that was told: this is another
    finally:
        proxy.stop()
    assert float(connection.hget('Page:1', attr)) == 4


def test_a_name_of_the_programs_own_wins(connection):
    class Counter(rom.Model):
        increment = rom.Integer()
        get_one = rom.Text()

        @classmethod
        def get_or_create(cls):
            return 'own'

    counter = Counter(increment=1, get_one=u'x')
    counter.save()
    assert rom.util.increment(counter, 'increment') == 2 == counter.increment and Counter.get_or_create() == 'own'
    assert rom.util.get_one(Counter, 1) is counter
