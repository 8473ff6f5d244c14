# -*- coding: utf-8 -*-
"""Many rows at once: one exchange, one moment, the same as by the script, and by the script where need be."""
import os
import threading

import pytest
import redis
import rom
from redis.exceptions import ConnectionError, ResponseError
from rom.storage import bulk_reads, reads

COUNT = 1000
DECODE = os.environ.get('ROM_TEST_DECODE') == '1'


@pytest.fixture
def Item(rom_connection):
    class Item(rom.Model):
        _namespace = u'caf\xe9'
        name = rom.Text()
        n = rom.Integer(index=True)
    return Item


@pytest.fixture
def filled(Item, connection):
    """Rows 1 to 1,000, and among them what is none, or hardly one."""
    pipe = connection.pipeline(transaction=False)
    for id in range(1, COUNT + 1):
        pipe.hset(u'caf\xe9:%d' % id, mapping={'id': id, 'name': u'n\xe4me%d' % id, 'n': id})
    pipe.set(u'caf\xe9:id:', COUNT)
    pipe.delete(u'caf\xe9:5', u'caf\xe9:6', u'caf\xe9:7', u'caf\xe9:8')
    pipe.set(u'caf\xe9:6', 'a string')
    pipe.hset(u'caf\xe9:7', 'other', 'no column of the model')
    pipe.hset(u'caf\xe9:8', 'id', 8)
    pipe.hdel(u'caf\xe9:9', 'id', 'n')
    pipe.execute()
    return Item


@pytest.fixture
def link_class(rom_connection):
    """The class of the connections of rom's client."""
    return rom_connection.connection_pool.connection_class


def read(Item, ids, fields=None):
    schema = Item._rom_schema
    return reads.read_batch(Item._connection, schema, schema.fields if fields is None else fields, ids)


def test_rows_are_what_the_script_reads(filled):
    schema, ids = filled._rom_schema, list(range(1, 1003)) + [3, 3]
    for fields in (schema.fields, [b'n'], []):
        rows, highest = read(filled, ids, fields)
        assert (rows, highest) == reads._read_by_script(filled._connection, schema, fields, ids)
        assert highest == COUNT and rows[4] is rows[5] is rows[1000] is None
        assert rows[6] == rows[7] == [None] * len(fields) and rows[2] == rows[-1]
    assert [item.id for item in filled.get(list(range(1, 12)))] == [1, 2, 3, 4, 7, 8, 9, 10, 11]
    assert (filled.get(9).name, filled.get(9).n, filled.get(3).name) == (u'n\xe4me9', None, u'n\xe4me3')


def test_a_thousand_rows_are_one_exchange(filled, calls):
    connection, kept = filled._connection, []
    for first, last, most in ((10, COUNT, 1), (10, 1999, 2), (2000, 2999, 1)):
        rom.session.rollback()
        del calls[:]
        kept.append(filled.get(list(range(first, last + 1))))
        assert len(calls) == most
    assert [len(items) for items in kept] == [COUNT - 9, COUNT - 9, 0] and connection.ping()
    connection.delete(*[u'caf\xe9:%d' % id for id in (6, 7, 8)])  # rows without any value are asked about once more
    del calls[:]
    assert len(filled.query.all()) == COUNT - 4 and len(calls) == 1
    del calls[:]
    assert len(list(filled.query.iter_result(pagesize=100))) == COUNT - 4 and len(calls) == COUNT // 100


def test_rows_are_of_one_moment(filled, server):
    """What is moved from one row to another is never missing, and never there twice."""
    other, done = server.client(), threading.Event()

    def move():
        while not done.is_set():
            pipe = other.pipeline()
            pipe.hincrby(u'caf\xe9:10', 'n', -1).hincrby(u'caf\xe9:1000', 'n', 1)
            pipe.execute()
    thread = threading.Thread(target=move)
    thread.start()
    try:
        for _ in range(100):
            rows, _ = read(filled, list(range(10, COUNT + 1)), [b'n'])
            assert int(rows[0][0]) + int(rows[-1][0]) == COUNT + 10
    finally:
        done.set()
        thread.join()


def test_clients_that_are_not_plain_are_asked_by_the_script(filled, server):
    """A client of one connection has none left for a pipeline; what a callback makes of HMGET is no row."""
    client = server.client(decode_responses=DECODE)
    expected, taken = read(filled, list(range(1, 50))), []
    bulk_reads.read_hashes(client, u'caf\xe9', [[1, 2]], [b'n'], b'x', lambda *reply: taken.append(reply))
    assert bulk_reads.fits(client) and [existing for _, existing, _ in taken] == [2]
    of_one = redis.Redis(connection_pool=client.connection_pool, single_connection_client=True)
    changing = server.client(decode_responses=DECODE)
    changing.set_response_callback('HMGET', lambda reply, **options: dict(enumerate(reply)))
    for other in (of_one, changing):
        assert not bulk_reads.fits(other)
        rom.util.CONNECTION = other
        assert read(filled, list(range(1, 50))) == expected
        assert reads.read_rows(other, filled._rom_schema, [3]) == [expected[0][2]]
        assert filled.get(3).name == u'n\xe4me3'
        rom.session.rollback()
    assert not bulk_reads.fits(client.pipeline())


def test_a_server_that_refuses_transactions_is_asked_by_the_script(filled, monkeypatch, connection):
    expected = read(filled, list(range(1, 50)))
    packed = bulk_reads._packed
    of_two = took(filled, list(range(1, 1050)))
    for broken in (lambda *args: packed(*args).replace(b'MULTI', b'MULTX'),
                   lambda *args: packed(*args).replace(b'HMGET', b'HMGEX', 1)):
        monkeypatch.setattr(bulk_reads, '_packed', broken)
        assert read(filled, list(range(1, 50))) == expected
        assert took(filled, list(range(1, 1050))) == of_two
        assert filled._connection.ping() and connection.ping()


def refuse_a_key(monkeypatch, call):
    """Have the server refuse the first key of a call."""
    real, calls = bulk_reads.read_hashes, []

    def refused(*args):
        def take(replies, existing, highest):
            calls.append(replies)
            args[-1]([ResponseError('NOPERM no access')] + replies[1:] if len(calls) == call else replies, existing, highest)
        real(*args[:-1] + (take,))
    monkeypatch.setattr(bulk_reads, 'read_hashes', refused)


def test_an_error_about_a_key_is_raised(filled, monkeypatch):
    refuse_a_key(monkeypatch, 1)
    with pytest.raises(ResponseError, match='NOPERM'):
        read(filled, list(range(1, 50)))


def let_fail(monkeypatch, link_class, error, after):
    """Let the reading of replies fail once, after some of them."""
    left, read_response = [after], link_class.read_response

    def failing(self, *args, **kwargs):
        left[0] -= 1
        if left[0] == 0:
            raise error
        return read_response(self, *args, **kwargs)
    monkeypatch.setattr(link_class, 'read_response', failing)
    return left


def read_one_by_one(monkeypatch):
    """Have each reply read by itself, as without hiredis."""
    monkeypatch.setattr(bulk_reads, '_acknowledgments', bulk_reads._replies)


@pytest.mark.parametrize('after', [1, 2, 30, 53])
def test_a_lost_connection_is_made_anew(filled, monkeypatch, link_class, after):
    """It is asked again as often as the client is set to."""
    if after > 2:
        read_one_by_one(monkeypatch)
    expected = read(filled, list(range(1, 50)))
    filled._connection.ping()
    left = let_fail(monkeypatch, link_class, ConnectionError('lost'), after)
    if redis.VERSION < (6,):
        with pytest.raises(ConnectionError):
            read(filled, list(range(1, 50)))
    assert read(filled, list(range(1, 50))) == expected
    assert left[0] < 0 and filled._connection.echo('x') in (b'x', u'x')


@pytest.mark.parametrize('after', [1, 2, 20])
def test_an_interrupted_reader_leaves_no_replies_behind(filled, monkeypatch, link_class, after):
    if after > 2:
        read_one_by_one(monkeypatch)
    filled._connection.ping()
    let_fail(monkeypatch, link_class, KeyboardInterrupt(), after)
    with pytest.raises(KeyboardInterrupt):
        read(filled, list(range(1, 50)))
    assert filled._connection.echo('x') in (b'x', u'x')
    assert read(filled, [1, 2, 3], [b'n'])[0][2][0] in (b'3', u'3')


def test_a_server_that_is_gone_is_said_to_be(Item, server):
    spawned = server.spawn()
    rom.util.CONNECTION = spawned.client()
    assert read(Item, [1, 2]) == ([None, None], 0)
    spawned.stop()
    with pytest.raises(ConnectionError):
        read(Item, [1, 2])


@pytest.mark.skipif(not hasattr(redis.client, 'NEVER_DECODE'), reason='redis-py cannot leave a reply as bytes')
def test_broken_text_is_read_by_a_client_that_decodes(filled, server, connection):
    connection.hset(u'caf\xe9:3', 'name', b'\xff\xfe')
    rom.util.CONNECTION = server.client(decode_responses=True)
    rows, highest = read(filled, list(range(1, 50)), [b'n', b'name'])
    assert rows[0] == [b'1', b'n\xc3\xa4me1'] and rows[2] == [b'3', b'\xff\xfe'] and highest == COUNT
    assert rom.util.CONNECTION.echo('x') == u'x'


def test_gaps_and_offsets_in_everything(filled, connection):
    """Deleted rows are passed over in few calls, whatever is skipped."""
    pipe = connection.pipeline(transaction=False)
    for id in list(range(20, 700)) + list(range(702, 990)):
        pipe.delete(u'caf\xe9:%d' % id)
    pipe.execute()
    expected = [1, 2, 3, 4, 7, 8] + list(range(9, 20)) + [700, 701] + list(range(990, COUNT + 1))
    query = filled.query
    for pagesize in (1, 3, 100, 1000):
        assert [item.id for item in query.iter_result(pagesize=pagesize)] == expected
    for offset in (0, 1, 16, 17, 18, 19, 20, len(expected) - 1, len(expected), 2000):
        for count in (0, 1, 3, 50, None):
            wanted = expected[offset:] if count is None else expected[offset:offset + count]
            assert [item.id for item in query.limit(offset, count).all()] == wanted, (offset, count)
    assert query.limit(17, 2).explain().plan == 'rows' and query.limit(17, 2).explain().returned == 2
    assert query.limit(18, 5).select('n').first() == {'n': 701}
    query.limit(18, 3).delete()
    assert [item.id for item in query.all()] == expected[:18] + expected[21:]


def test_everything_of_nothing(Item):
    assert Item.query.all() == [] and Item.query.first() is None and list(Item.query.iter_result()) == []
    assert Item.query.limit(5, 5).all() == [] and Item.query.explain().returned == 0


def test_single_values_are_bytes_however_broken(Item, connection):
    """Also where the client decodes, and cannot."""
    connection.hset(u'caf\xe9:1', mapping={'id': 1, 'name': b'\xff'})
    connection.set(u'caf\xe9:id:', b'\xff')
    found, schema = Item._connection, Item._rom_schema
    assert reads.read_fields(found, schema, ['name', 'other'], 1) == [b'\xff', None]
    assert reads.read_rows(found, schema, [1])[0][schema.position['name']] == b'\xff'
    assert reads.ask(found, 'GET', u'caf\xe9:id:') == b'\xff' and reads.highest_id(found, schema) == 0
    assert found.ping()


def test_what_the_server_says_out_of_turn_is_no_reply(filled, server):
    """Over RESP3 a server may say something between the replies; it is not taken for one of them."""
    client = server.client(decode_responses=DECODE)
    schema, ids, taken = filled._rom_schema, list(range(1, 50)), []
    expected = reads._read_by_script(filled._connection, schema, schema.fields, ids)
    link = client.connection_pool.get_connection('PING')
    if getattr(link, 'protocol', 2) not in (3, '3'):
        pytest.skip('this redis-py speaks RESP2')
    heard = []
    link._parser.set_invalidation_push_handler(heard.append)
    link.send_command('CLIENT', 'TRACKING', 'ON', 'BCAST', 'PREFIX', 'caf')
    link.read_response()
    writer = server.client()
    for said in (1, 2, 3):
        writer.hset(u'caf\xe9:1000', 'other', said)
        read_on_link = bulk_reads._BulkRead(client.connection_pool, client.response_callbacks, True, None)
        read_on_link.connection = link
        commands = bulk_reads._Commands(u'caf\xe9', [ids], schema.fields, b'x')
        read_on_link.read(commands, True, lambda replies, *more: taken.append(replies))
        assert taken[-1][:4] == expected[0][:4] and len(taken[-1]) == len(ids)
    client.connection_pool.release(link)
    assert heard


# -- the rows of one call are worked at while the next is on its way -----------------------------------------------------

def took(Item, ids, take=lambda ids, rows: None):
    """What was taken of some ids: [(ids, rows) of each call]."""
    blocks = []

    def note(ids, rows):
        take(ids, rows)
        blocks.append((ids, rows))
    reads.take_rows(Item._connection, Item._rom_schema, ids, note)
    return blocks


def note_sent(monkeypatch, link_class):
    """The list that has 'sent' in it for each time that something is sent."""
    noted, send = [], link_class.send_packed_command

    def sending(self, *args, **kwargs):
        noted.append('sent')
        return send(self, *args, **kwargs)
    monkeypatch.setattr(link_class, 'send_packed_command', sending)
    return noted


def test_rows_are_taken_while_the_next_call_is_on_its_way(filled, monkeypatch, link_class):
    filled._connection.ping()
    noted = note_sent(monkeypatch, link_class)
    took(filled, list(range(10, 2510)), lambda ids, rows: noted.append(len(rows)))
    assert noted == ['sent', 'sent', COUNT, 'sent', COUNT, 500]


@pytest.mark.parametrize('many', [0, 1, 2, COUNT, COUNT + 1, 2 * COUNT + 500])
def test_rows_are_taken_in_order_and_once(filled, server, many):
    """By plain commands or by the script."""
    schema, ids = filled._rom_schema, ([9, 3, 3, 5, 2000] * COUNT)[:many]
    pool = server.client(decode_responses=DECODE).connection_pool
    for client in (filled._connection, redis.Redis(connection_pool=pool, single_connection_client=True)):
        rom.util.CONNECTION = client
        blocks = took(filled, ids)
        assert [id for block, _ in blocks for id in block] == ids
        assert all(len(block) == COUNT for block, _ in blocks[:-1])
        taken = [row for _, rows in blocks for row in rows]
        assert taken == reads._read_by_script(client, schema, schema.fields, ids)[0]


def test_a_connection_lost_in_the_second_call_has_no_row_taken_twice(filled, monkeypatch, link_class):
    if redis.VERSION < (6,):
        pytest.skip('this redis-py asks only once')
    filled._connection.ping()
    left = let_fail(monkeypatch, link_class, ConnectionError('lost'), 4)
    blocks = took(filled, list(range(10, 2510)))
    assert left[0] < 0 and [block[0] for block, _ in blocks] == [10, 1010, 2010]
    assert all(row is not None for row in blocks[0][1][:COUNT - 9])


def test_what_stops_the_taker_leaves_no_replies_behind(filled):
    def stop(ids, rows):
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        took(filled, list(range(10, 2510)), stop)
    assert filled._connection.echo('x') in (b'x', u'x') and filled.get(10).n == 10


def test_an_error_in_the_second_call_is_raised(filled, monkeypatch):
    refuse_a_key(monkeypatch, 2)
    with pytest.raises(ResponseError, match='NOPERM'):
        filled.get(list(range(10, 2510)))
    monkeypatch.undo()
    assert [item.id for item in filled.get(list(range(10, 2510)))] == list(range(10, COUNT + 1)) and not rom.session.commit()


def test_rows_of_several_calls_are_loaded_together(rom_connection, calls):
    """A reference of one of them is read with those of all."""
    class Page(rom.Model):
        n = rom.Integer()

    class Line(rom.Model):
        page = rom.ManyToOne('Page', on_delete='no action')
    pages = [Page(n=number) for number in range(2)]
    rom.session.commit()
    kept = [Line(page=pages[number == COUNT]) for number in range(COUNT + 1)]
    rom.session.commit()
    del kept, pages
    rom.session.rollback()
    lines = Line.get(list(range(1, COUNT + 2)))
    del calls[:]
    assert (lines[0].page.n, lines[-1].page.n, len(calls)) == (0, 1, 1)


def test_a_program_that_asks_while_rows_are_loaded_finds_a_connection(rom_connection, server):
    """Nothing of the program's own is called with a call on its way: of a pool of one connection there would be none left."""
    class Asking(rom.Model):
        name = rom.Text()

        def __init__(self, **values):
            self.asked = rom.util.get_connection().echo('x')
            rom.Model.__init__(self, **values)
    kept = [Asking(name=u'x') for _ in range(COUNT + 1)]
    rom.session.commit()
    del kept
    rom.session.rollback()
    pool = server.client(decode_responses=DECODE).connection_pool
    rom.util.CONNECTION = redis.Redis(connection_pool=redis.BlockingConnectionPool(
        max_connections=1, timeout=1, connection_class=pool.connection_class, **pool.connection_kwargs))
    ids = list(range(1, COUNT + 2))
    assert [item.id for item in Asking.get(ids)] == ids
