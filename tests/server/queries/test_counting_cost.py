"""What it costs to count and to sum: the server does it, as long as it can tell, and goes on as it began."""
import collections

import pytest
import rom
from rom.search import search as searches
from saving import save


@pytest.fixture
def Item(connection):
    class Item(rom.Model):
        n = rom.Integer(index=True)
        rank = rom.Integer(index=True)
        city = rom.Text(index=True, keygen=rom.IDENTITY, prefix=True)
        kind = rom.Text(index=True, keygen=rom.IDENTITY)
        text = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True)
        sold = rom.Boolean(index=True)
    return Item


def rows(count, **more):
    return [dict({'n': n, 'rank': n % 10, 'city': u'c%d' % (n % 20), 'kind': u'ab'[n % 2], 'text': u'new york' if n % 3 else u'old',
                  'sold': n % 4 == 0}, **more) for n in range(count)]


@pytest.fixture
def replies(monkeypatch):
    """What search.lua answered, call by call."""
    found, ask = [], searches.searches.ask
    monkeypatch.setattr(searches.searches, 'ask', lambda *args: found.append(ask(*args)) or found[-1])
    return found


def has_sintercard(connection):
    return int(connection.info()['redis_version'].split('.')[0]) >= 7


def commands_of(connection, work):
    """What a piece of work gives, and how often the server has run each command for it."""
    connection.config_resetstat()
    found = work()
    stats = connection.info('commandstats')
    return found, collections.Counter(dict((name.split('_', 1)[1], told['calls']) for name, told in stats.items()))


def test_numbers_in_a_list_are_one_filter(Item, connection, replies):
    save(Item, rows(600))
    query, few = Item.query.filter(n=list(range(100, 5000))), Item.query.filter(n=list(range(100)))
    assert [item.n for item in query.limit(0, 20).all()] == list(range(100, 120))
    assert query.count() == 500 and len(query.all()) == 500 and len(query.filter(kind=u'a').all()) == 250
    assert [item.n for item in query.order_by('-n').limit(0, 2).all()] == [599, 598]
    del replies[:]
    found, commands = commands_of(connection, few.count)
    assert found == 100 and len(replies) == 1 and commands['zcount'] == 100 and sum(commands.values()) < 110
    # whatever the list, a page of it costs a page
    page = Item.query.filter(n=list(range(-30000, 600)))
    assert len(page._search().request['filters'][0]['numbers']) == 30600
    assert [item.n for item in page.limit(0, 3).all()] == [0, 1, 2] and page.count() == 600


@pytest.mark.parametrize('values,right', [
    ([0, 1, 2 ** 53, 2 ** 53 + 1], [0, 1]), ([5, 5.0, 5], [5]), ([-3, 10 ** 30], []), ([1, (2, 3), 3], [1, 2, 3]), ([599], [599])])
def test_lists_of_numbers(Item, values, right):
    save(Item, rows(600))
    query = Item.query.filter(n=values)
    assert [item.n for item in query.all()] == right and query.count() == len(right) == query.filter(Item.n >= 0).count()
    assert Item.query.filter(~Item.n.in_([value for value in values if not isinstance(value, tuple)] + [2, 3])).count() == 600 - len(set(right) | {2, 3})


def test_many_rows_of_a_few_numbers_come_bit_by_bit(Item, monkeypatch):
    save(Item, rows(2500, rank=1) + rows(20, rank=2))
    monkeypatch.setattr(searches, 'STEPS_PER_CALL', 300)
    query = Item.query.filter(rank=[1, 2, 7], city=[u'c1', u'c2', u'c3'])
    assert len(query.all()) == query.count() == 378 and Item.query.filter(rank=[1, 2]).order_by('-n').first().n == 2499
    assert sorted(Item.query.filter(rank=[1, 2], kind=u'a').values_list('n', flat=True).all()) == sorted(
        list(range(0, 2500, 2)) + list(range(0, 20, 2)))


def test_what_the_server_counts_itself_is_one_command(Item, connection, replies):
    save(Item, rows(400))
    if not has_sintercard(connection):
        pytest.skip('SINTERCARD came with Redis 7')
    for query, right in ((Item.query.filter(city=u'c2', kind=u'a'), 20), (Item.query.filter(kind=u'a').order_by('-n'), 200),
                         (Item.query.filter(text=u'new york', kind=u'b').order_by('rank'), 133)):
        del replies[:]
        assert query.count() == right == query.page(1, 5).total and query.explain()
        search = query._search(explain=True)
        assert search.count() == right and search.reports[0]['plan'] == 'size' and search.reports[0]['scanned'] == 0


def test_an_order_that_all_rows_are_in_is_left_out_of_counting(Item, connection):
    if not has_sintercard(connection):
        pytest.skip('SINTERCARD came with Redis 7')
    save(Item, rows(1200))
    of_two, of_one = Item.query.filter(city=u'c2', kind=u'a').order_by('-n'), Item.query.filter(kind=u'a').order_by('n')

    def counted():
        (two, one), commands = commands_of(connection, lambda: (of_two.count(), of_one.count()))
        return two, one, commands['sintercard'], commands['zintercard']
    assert counted() == (60, 600, 1, 0)
    save(Item, [{'city': u'c2', 'kind': u'a'}])
    assert counted() == (60, 600, 0, 2), 'one row is not in the order'
    connection.delete('Item:1')
    connection.set('Item:id:', 1200)
    assert counted() == (60, 600, 0, 2), 'nor are the ids told by a counter that was set back'


@pytest.mark.parametrize('steps', [100, 20000])
def test_nothing_is_sent_to_be_counted(Item, replies, monkeypatch, steps):
    save(Item, rows(3000))
    monkeypatch.setattr(searches, 'STEPS_PER_CALL', steps)
    given = [dict(row, id=place + 1) for place, row in enumerate(rows(3000))]
    for condition, is_found in [
            ((Item.city == u'c1') | (Item.n < 700), lambda row: row['city'] == u'c1' or row['n'] < 700),
            (~(Item.city == u'c1'), lambda row: row['city'] != u'c1'),
            (((Item.n > 100) | (Item.rank == 3)) & ~((Item.kind == u'a') | (Item.n < 500)),
             lambda row: (row['n'] > 100 or row['rank'] == 3) and not (row['kind'] == u'a' or row['n'] < 500)),
            (Item.n.between(100, 2000) & (Item.kind == u'b'), lambda row: 100 <= row['n'] <= 2000 and row['kind'] == u'b'),
            (Item.text.search(u'new yo'), lambda row: row['text'] == u'new york')]:
        del replies[:]
        query, right = Item.query.filter(condition), [row for row in given if is_found(row)]
        assert query.count() == len(right) and set(reply.state for reply in replies) == {'count'}
        assert query.sum('n') == sum(row['n'] for row in right)
        assert query.count_by('kind') == collections.Counter(row['kind'] for row in right)
        assert query.count_by('rank') == collections.Counter(row['rank'] for row in right)
    assert Item.query.count(exact=True) == 3000


def test_each_row_is_not_asked_about_many_words(Item):
    save(Item, [{'n': n, 'text': u'all w%02da w%02db' % (n % 12, n * 5 % 12)} for n in range(4000)])
    for condition in (Item.text.search(u'all w'), Item.text.startswith(u'w') & (Item.n < 3900)):
        search = Item.query.filter(condition)._search(explain=True)
        assert search.count() in (4000, 3900)
        # two or so for each entry; of each row it would be asked whether it has one of 24 words
        assert sum(report['steps'] for report in search.reports) < 50000


def test_values_are_counted_without_looking_at_rows(Item, connection):
    save(Item, rows(400))
    in_words, in_range = Item.query.filter(kind=u'a'), Item.query.filter(rank=(2, 5))
    cities = collections.Counter(u'c%d' % (n % 20) for n in range(0, 400, 2))
    asks = [(lambda: Item.query.count_by('city'), dict((u'c%d' % n, 20) for n in range(20))),
            (lambda: Item.query.distinct('city'), sorted(u'c%d' % n for n in range(20))),
            (lambda: in_words.count_by('city'), cities), (lambda: in_words.distinct('city'), sorted(cities)),
            (lambda: in_words.count_by('sold'), {True: 100, False: 100}), (lambda: in_words.count_by('rank'), dict((n, 40) for n in (0, 2, 4, 6, 8))),
            (lambda: in_range.count_by('rank'), dict((n, 40) for n in range(2, 6))), (lambda: in_range.distinct('rank'), [2, 3, 4, 5]),
            (lambda: Item.query.startswith(city=u'c1').count_by('city'), dict((u'c%d' % n, 20) for n in [1] + list(range(10, 20))))]
    for ask, right in asks:
        found, commands = commands_of(connection, ask)
        assert found == right
        if has_sintercard(connection) or ask not in [asks[2][0], asks[3][0]]:
            assert commands['hget'] == 0 and commands['exists'] < 5


def test_counts_by_value_know_rows_without_one(Item, connection):
    save(Item, rows(40) + [{'n': 1, 'kind': u'a'}, {'kind': u'a', 'city': u''}, {'kind': u'b', 'city': u'c1', 'rank': 3}])
    right = collections.Counter(u'c%d' % (n % 20) for n in range(0, 40, 2))
    right.update([None, u''])
    assert Item.query.filter(kind=u'a').count_by('city') == right
    assert Item.query.filter(kind=u'a').distinct('city') == sorted(each for each in right if each is not None)
    assert Item.query.filter(kind=u'a').count_by('rank')[None] == 2 and Item.query.count_by('rank')[None] == 2
    assert Item.query.filter(kind=u'a').count_by('sold')[None] == 2 and Item.query.filter(kind=u'none').count_by('city') == {}
    connection.delete('Item:1')
    assert Item.query.filter(kind=u'a').count_by('city')[u''] == 1


def test_a_call_ends_when_its_time_is_over_whatever_was_thought(Item, monkeypatch):
    """Steps are a guess of what a piece of work takes; here they are without end."""
    save(Item, [{'text': u' '.join(u'%s%d' % (letter, n) for letter in u'abcdefgh')} for n in range(2000)])
    monkeypatch.setattr(searches, 'STEPS_PER_CALL', 10 ** 9)
    query = Item.query.filter(Item.text.like(u'*9'))
    for letter in u'abcdefgh' * 3:
        query = query.filter(~Item.text.like(u'%s*x%s' % (letter, letter)), Item.text.like(u'*%s*' % letter))
    search = query._search(explain=True)
    assert search.count() == 542 and len(search.reports) > 2


# -- what changes meanwhile ------------------------------------------------------------------------------------------

@pytest.fixture
def after_first_call(monkeypatch):
    """What is appended is called, and taken off, once a call has more to come."""
    ask, waiting = searches.searches.ask, []

    def asking(*args):
        reply = ask(*args)
        if waiting and reply.after is not None:
            waiting.pop()()
        return reply
    monkeypatch.setattr(searches.searches, 'ask', asking)
    return waiting


@pytest.mark.parametrize('first', ['word', 'range', 'either', 'list'])
def test_what_was_begun_goes_on_with_the_filter_that_was_read(Item, monkeypatch, connection, after_first_call, first):
    """The other filter becomes the smaller one in between: rows that stay as they are count once."""
    save(Item, rows(1200, city=u'x'))
    query = Item.query.filter(city=u'x').filter(Item.n >= 0)
    if first == 'either':
        query = Item.query.filter((Item.city == u'x') & (Item.n >= 0) | (Item.city == u'z'), (Item.n >= 0) | (Item.city == u'z'))
    if first == 'list':
        query = Item.query.filter(rank=list(range(10)), city=u'x').filter(Item.n >= 0)
    word, numbers = 'Item:city:x:idx', 'Item:n:idx'

    def make_longer(key, first, count):
        ids = range(first, first + count)
        if key == word:
            connection.sadd(key, *ids)
        else:
            connection.zadd(key, dict((id, 5) for id in ids))
    small, large = (word, numbers) if first in ('word', 'list') else (numbers, word)
    make_longer(large, 5000, 1000)
    monkeypatch.setattr(searches, 'STEPS_PER_CALL', 150)
    for ask, right in [
            (query.count, 1200), (lambda: query.sum('n'), sum(range(1200))), (lambda: query.count_by('kind')[u'b'], 600),
            (lambda: len(query.all()), 1200), (lambda: len(query._search().all_ids()), 1200), (lambda: query.avg('rank'), 4.5),
            (lambda: query.count_by('text')[u'new york'], 800)]:
        after_first_call.append(lambda: make_longer(small, 7000, 3000))
        assert ask() == right and not after_first_call
        connection.execute_command('SREM' if small == word else 'ZREM', small, *range(7000, 10000))


def test_rows_that_become_few_meanwhile_are_counted_once(Item, monkeypatch, connection, after_first_call):
    save(Item, rows(50, city=u'x'))
    connection.sadd('Item:city:x:idx', *range(5000, 17000))
    connection.zadd('Item:n:idx', dict((id, 1) for id in range(5000, 40000)))
    query = Item.query.filter(city=u'x').filter((Item.n >= 0) | (Item.city == u'z'))
    monkeypatch.setattr(searches, 'STEPS_PER_CALL', 3000)
    for ask, right in ((query.count, 50), (lambda: query.sum('n'), sum(range(50)))):
        connection.sadd('Item:city:x:idx', *range(5000, 17000))
        after_first_call.append(lambda: connection.srem('Item:city:x:idx', *range(5000, 17000)))
        assert ask() == right and not after_first_call


# -- columns as names ------------------------------------------------------------------------------------------------

def test_a_column_stands_for_its_name(Item):
    class Special(Item):
        extra = rom.Integer(index=True)
    save(Item, rows(20))
    save(Special, [{'n': 3, 'city': u'x', 'extra': 1}, {'n': 2, 'city': u'y', 'extra': 2}])
    query = Item.query
    assert [item.n for item in query.order_by(Item.rank, '-n').limit(0, 2).all()] == [10, 0] and query.order_by(column=Item.n).last().n == 19
    assert (query.sum(Item.n), query.min(Item.n), query.max(Item.rank), query.avg(Item.n)) == (190, 0, 9, 9.5)
    assert query.count_by(Item.kind) == {u'a': 10, u'b': 10} and query.distinct(Item.rank) == list(range(10))
    assert query.count_by(Item.text, words=True) == {u'new': 13, u'york': 13, u'old': 7}
    assert query.filter(n=3).values(Item.n, 'kind').all() == [{'n': 3, 'kind': u'b'}]
    assert query.filter(n=3).values_list(Item.n, flat=True).all() == [3]
    assert query.filter(n=3).select(Item.n).all() == query.filter(n=3).select([Item.n]).all() == [{'n': 3}]
    assert str(query.order_by(Item.n)) == str(query.order_by('n'))
    # that of a base class is the subclass's own
    assert Special.query.order_by(Item.n).first().n == 2 and Special.query.sum(Item.n) == 5 and Special.query.distinct(Item.city) == [u'x', u'y']


@pytest.mark.parametrize('ask', [
    lambda query, column: query.order_by(column), lambda query, column: query.order_by('n', column), lambda query, column: query.sum(column),
    lambda query, column: query.min(column), lambda query, column: query.max(column), lambda query, column: query.avg(column),
    lambda query, column: query.count_by(column), lambda query, column: query.count_by(column, words=True),
    lambda query, column: query.distinct(column), lambda query, column: query.values(column), lambda query, column: query.select(column),
    lambda query, column: query.values_list(column, flat=True), lambda query, column: query.select([column])])
def test_columns_of_other_models_are_refused(Item, ask):
    class Other(rom.Model):
        n = rom.Integer(index=True)
    with pytest.raises(rom.QueryError) as caught:
        ask(Item.query, Other.n)
    assert 'Other.n' in str(caught.value) and 'Item' in str(caught.value)


def test_least_and_greatest_of_some_rows_are_the_ends_of_their_order(Item, connection, replies):
    save(Item, rows(600))
    query = Item.query.filter(kind=u'b')
    assert (query.min('n'), query.max('n'), query.filter(n=(100, 200)).max('n')) == (1, 599, 199)
    assert [len(reply.ids) for reply in replies] == [1, 1, 1]
    assert query.filter(n=(700, None)).max('n') is None and query.order_by('rank').max('n') == 599
    assert query.limit(0, 10).order_by('n').max('n') == 19

    connection.hset('Item:600', 'n', 'broken')
    connection.delete('Item:2')
    assert (query.min('n'), query.max('n')) == (1, 599), 'the index has them'
    save(Item, [{'n': 2 ** 53 + 1, 'kind': u'b'}, {'n': 2 ** 53, 'kind': u'b'}])
    assert query.max('n') == 2 ** 53 + 1 and query.min('n') == 1
