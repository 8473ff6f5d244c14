"""Loops over queries that write: each row that was there at the beginning comes once, whatever the loop does."""
import threading

import pytest
import rom

ROWS, PAGE = 50, 20


@pytest.fixture
def Item(connection):
    class Item(rom.Model):
        n = rom.Integer(index=True)
        kind = rom.Text(index=True, keygen=rom.IDENTITY, prefix=True)
        lat = rom.Float(default=0., index=True)
        geo_index = [rom.GeoIndex('place', lambda row: {'lat': row.lat, 'lon': 0})]

    for n in range(ROWS):
        Item(n=n, kind=u'a', lat=float(n))
    rom.session.commit()
    rom.session.rollback()
    return Item


QUERIES = {
    'everything': lambda q: q, 'word': lambda q: q.filter(kind=u'a'), 'prefix': lambda q: q.startswith(kind=u'a'),
    'range': lambda q: q.filter(n=(None, None)), 'order': lambda q: q.order_by('n'),
    'descending': lambda q: q.filter(kind=u'a').order_by('-n'), 'near': lambda q: q.near('place', 0, 0, 20000, 'km'),
    'select': lambda q: q.filter(kind=u'a').order_by('n').select('id'),
    'alphabetical': lambda q: q.order_by('kind'), 'orders': lambda q: q.order_by('kind', '-n'), 'ties': lambda q: q.order_by('lat', 'n'),
    'reversed': lambda q: q.order_by('n').reverse(), 'backwards': lambda q: q.reverse(),
    'or': lambda q: q.filter((q._model.n < 10 ** 9) | (q._model.kind == u'b')), 'not': lambda q: q.exclude(kind=u'b'),
    'null': lambda q: q.filter(q._model.n.is_null() | ~(q._model.n > 10 ** 9)),
}


def ids_of(query, act):
    """What a loop of several pages gives, stopped where it does not end."""
    found = []
    for row in query.iter_result(pagesize=PAGE):
        found.append(row['id'] if isinstance(row, dict) else row.id)
        assert len(found) <= 2 * ROWS, 'no end'
        act(found[-1])
    return found


def raise_it(Item):
    def act(id):
        item = Item.get(id)
        item.n += 1000
        item.lat = 80.
        item.save()
    return act


def lower_another(Item):
    def act(id):
        item = Item.get(ROWS + 1 - id)
        item.n -= 1000
        item.lat = 0.
        rom.session.commit()
    return act


def make_another(Item):
    def act(id):
        Item(n=id + 1, kind=u'a', lat=70.)
        rom.session.commit()
        rom.session.rollback()
    return act


def make_in_a_thread(Item):
    def act(id):
        thread = threading.Thread(target=lambda: Item(n=10 ** 6, kind=u'a').save())
        thread.start()
        thread.join()
    return act


def update_all(Item):
    def act(id):
        Item.query.filter(n=(None, None)).update(n=100 - Item.n, lat=Item.lat * -.5)
        Item.bulk_create([{'n': id, 'kind': u'a'}])
    return act


def insert_again(Item):
    def act(id):
        item = Item.get(id)
        item.delete()
        if id % 2:
            item.save(force=True)
        else:
            item.copy().save()
    return act


@pytest.mark.parametrize('act', [raise_it, lower_another, make_another, make_in_a_thread, insert_again, update_all], ids=lambda act: act.__name__)
@pytest.mark.parametrize('name', sorted(QUERIES))
def test_each_row_comes_once(Item, name, act):
    """Also where the loop changes the column of order or filter, makes rows, deletes and inserts them again."""
    query = QUERIES[name](Item.query)
    found = ids_of(query, act(Item))
    assert sorted(found) == list(range(1, ROWS + 1))


def test_rows_that_the_loop_moves_behind_it_come_at_the_end(Item):
    """A row that the loop moves behind the place reached, before it was given, is given at the end."""
    moved = list(range(ROWS - 9, ROWS + 1))

    def act(id):
        if id == 1:
            for item in Item.get(moved):
                item.n = -item.id
            rom.session.commit()
    assert ids_of(Item.query.order_by('n'), act) == list(range(1, ROWS - 9)) + moved[::-1]


def test_rows_that_left_the_filter_do_not_come(Item):
    """What matches no longer when it is its turn is left out."""
    def act(id):
        if id == 1:
            for item in Item.get([ROWS - 1, ROWS]):
                item.kind = u'other'
            rom.session.commit()
    assert sorted(ids_of(Item.query.filter(kind=u'a').order_by('n'), act)) == list(range(1, ROWS - 1))


@pytest.mark.parametrize('limit, expected', [((0, 45), range(1, 46)), ((5, 40), range(6, 46)), ((25, None), range(26, ROWS + 1))])
def test_a_limit_counts_rows_not_visits(Item, limit, expected):
    """Rows met twice do not use up the limit."""
    def act(id):
        item = Item.get(id)
        item.n += 21
        item.save()
    assert ids_of(Item.query.filter(kind=u'a').order_by('n').limit(*limit), act) == list(expected)


@pytest.mark.parametrize('counter', [None, 30])
def test_a_counter_that_was_lost_or_set_back_hides_no_rows(Item, connection, counter):
    """Which rows are new is told by the counter only where it can be trusted."""
    connection.delete('Item:id:')
    if counter:
        connection.set('Item:id:', counter)
    found = ids_of(Item.query.order_by('n'), make_another(Item))
    assert sorted(found) == list(range(1, ROWS + 1))


def test_rows_of_other_programs_do_not_keep_it_going(Item, connection):
    """Also rows that are written past this process are told by the counter."""
    def act(_):
        id = connection.incr('Item:id:')
        connection.hset('Item:%d' % id, 'id', id)
        connection.zadd('Item:n:idx', {id: 1000 + id})
    assert ids_of(Item.query.order_by('n'), act) == list(range(1, ROWS + 1))


def test_a_loop_that_was_left_takes_no_more_notes(Item):
    """Nothing is remembered for a loop that nobody goes on with."""
    from rom.search import loops
    loop = Item.query.order_by('n').iter_result(pagesize=PAGE)
    next(loop)
    assert len(loops.running) == 1
    del loop
    assert not loops.running
    assert Item.query.order_by('n').limit(0, 20).all() and Item.query.order_by('n').first() and not loops.running


def test_a_read_only_loop_asks_no_more_than_its_pages(Item, calls):
    """The rows already given are remembered by the client: no call is made for it."""
    Item.query.order_by('n').first()  # the script is known from here on
    del calls[:]
    assert len(list(Item.query.order_by('n').iter_result(pagesize=PAGE))) == ROWS and len(calls) == 3
    del calls[:]
    assert next(Item.query.order_by('n').iter_result(pagesize=PAGE)).n == 0 and len(calls) == 1
