# -*- coding: utf-8 -*-
"""Transfer (docs/promises.rst: Writes): refuses self-transfer, NaN, a missing row on any of the three sides; exact for Integer (any size) and Decimal, the total is
preserved at every `decimal_places`; indexes are always right afterwards; one atomic write."""
import decimal
import threading

import pytest
import rom
from rom.exceptions import EntityDeletedError, InvalidColumnValue, InvalidOperation

from consistency import problems, snapshot
from naming import shown

D = decimal.Decimal


@pytest.fixture
def Purse(connection):
    class Purse(rom.Model):
        coins = rom.Integer(default=0, index=True)
        money = rom.Decimal(index=True)
        weight = rom.Float(index=True)
        plain = rom.Text()
        rich = rom.IndexOnly('coins', keygen=lambda coins: [u'rich' if coins and coins > 50 else u'poor'])
    return Purse


@pytest.fixture
def Receipt(connection):
    class Receipt(rom.Model):
        sent = rom.Text()
    return Receipt


@pytest.fixture
def parties(Purse, Receipt):
    found = Purse(coins=100, money=D('100.00'), weight=10.0), Purse(coins=1, money=D('1.50'), weight=1.5), Receipt()
    rom.session.commit()
    return found


def column(connection, attr, *ids):
    return [connection.hget('Purse:%d' % id, attr).decode('ascii') for id in ids or (1, 2)]


def test_an_amount_moves(parties, connection, Purse):
    giver, taker, receipt = parties
    assert giver.transfer(taker, 'coins', 60, receipt, 'done') is None
    assert (giver.coins, taker.coins) == (40, 61) and column(connection, 'coins') == ['40', '61']
    assert connection.hget('Receipt:1', 'done') == b'1'
    assert not any(entity._modified for entity in parties)
    assert problems(connection, Purse) == []
    assert connection.smembers('Purse:rich:rich:idx') == {b'2'} and connection.smembers('Purse:rich:poor:idx') == {b'1'}


def test_it_is_one_write(parties, calls):
    """One atomic write."""
    giver, taker, receipt = parties
    del calls[:]
    giver.transfer(taker, 'coins', 1, receipt, 'sent')
    assert calls == ['EVALSHA']


def test_to_itself(parties, connection):
    """`transfer` refuses self-transfer."""
    giver, taker, receipt = parties
    before = snapshot(connection)
    with pytest.raises(ValueError):
        giver.transfer(giver, 'coins', 1, receipt, 'sent')
    assert snapshot(connection) == before


@pytest.mark.parametrize('value,error', [(float('nan'), ValueError), (D('NaN'), ValueError), (float('inf'), ValueError), (D('-Infinity'), ValueError),
                                         (0, ValueError), (-1, ValueError), ('1', TypeError), (None, TypeError), (True, TypeError)], ids=shown)
def test_values_that_are_no_amounts(parties, connection, value, error):
    """`transfer` refuses NaN, and whatever else is no amount."""
    giver, taker, receipt = parties
    before = snapshot(connection)
    for attr in ('coins', 'money', 'weight'):
        with pytest.raises(error):
            giver.transfer(taker, attr, value, receipt, 'sent')
    assert snapshot(connection) == before


@pytest.mark.parametrize('gone', [0, 1, 2], ids=['giver', 'taker', 'receipt'])
@pytest.mark.parametrize('how', ['elsewhere', 'here'])
def test_a_missing_row(parties, connection, gone, how):
    """`transfer` refuses a missing row on any of the three sides."""
    giver, taker, receipt = parties
    if how == 'here':
        parties[gone].delete()
    else:
        connection.delete(parties[gone]._pk)
    before = snapshot(connection)
    with pytest.raises((EntityDeletedError, ValueError)):
        giver.transfer(taker, 'coins', 1, receipt, 'sent')
    assert snapshot(connection) == before


@pytest.mark.parametrize('attr,amount', [('plain', 1), ('nowhere', 1), ('id', 1), ('rich', 1)])
def test_columns_without_amounts(parties, attr, amount):
    giver, taker, receipt = parties
    with pytest.raises((InvalidOperation, AttributeError)):
        giver.transfer(taker, attr, amount, receipt, 'sent')


def test_too_little_credit(parties, connection):
    giver, taker, receipt = parties
    before = snapshot(connection)
    with pytest.raises(ValueError):
        giver.transfer(taker, 'coins', 101, receipt, 'sent')
    assert snapshot(connection) == before
    giver.transfer(taker, 'coins', 100, receipt, 'sent')
    assert (giver.coins, taker.coins) == (0, 101)


def test_it_happens_once(parties, connection):
    giver, taker, receipt = parties
    giver.transfer(taker, 'coins', 1, receipt, 'sent')
    for value in (1, 2):
        with pytest.raises(ValueError) as caught:
            giver.transfer(taker, 'coins', value, receipt, 'sent')
        assert 'already sent' in str(caught.value)
    assert column(connection, 'coins') == ['99', '2']


@pytest.mark.parametrize('which', [0, 1, 2])
def test_changed_entities(parties, which):
    giver, taker, receipt = parties
    entity = parties[which]
    if which == 2:
        entity.sent = u'x'
    else:
        entity.plain = u'x'
    with pytest.raises(ValueError):
        giver.transfer(taker, 'coins', 1, receipt, 'done')


@pytest.mark.parametrize('balance,amount', [(10 ** 30, 1), (2 ** 53 + 1, 2 ** 53), (10 ** 300, 10 ** 299 + 7)], ids=['30 digits', '2**53', '300 digits'])
def test_integers_of_any_size(connection, Receipt, balance, amount):
    """Exact for Integer (any size)."""
    class Vault(rom.Model):
        gold = rom.Integer()
    giver, taker, receipt = Vault(gold=balance), Vault(gold=3), Receipt()
    rom.session.commit()
    giver.transfer(taker, 'gold', amount, receipt, 'sent')
    assert (giver.gold, taker.gold) == (balance - amount, amount + 3)
    rom.session.rollback()
    assert [vault.gold for vault in Vault.get([1, 2])] == [balance - amount, amount + 3]


@pytest.mark.parametrize('amount', [D('0.25'), D('0.000000000000000000000000000000000000001'), 1, D('99.999999999999999999999999999999999')], ids=str)
def test_decimals(parties, connection, amount, Purse):
    """Exact for Decimal."""
    giver, taker, receipt = parties
    giver.transfer(taker, 'money', amount, receipt, 'sent')
    with decimal.localcontext() as context:
        context.prec = 100
        assert (giver.money, taker.money) == (D('100.00') - amount, D('1.50') + amount)
        assert giver.money + taker.money == D('101.50')
    assert problems(connection, Purse) == []


@pytest.mark.parametrize('places', [0, 1, 2, 3, 5])
@pytest.mark.parametrize('attr', ['money', 'weight', 'coins'])
def test_the_total_is_preserved(parties, places, attr):
    """The total is preserved at every `decimal_places`."""
    giver, taker, receipt = parties
    total = getattr(giver, attr) + getattr(taker, attr)
    amount = {'money': D('3.14159265'), 'weight': 3.140625, 'coins': 3}[attr]
    giver.transfer(taker, attr, amount, receipt, 'sent', decimal_places=places)
    assert getattr(giver, attr) + getattr(taker, attr) == total
    moved = D(repr(amount)) if attr == 'weight' else D(amount)
    if places:
        moved = moved.quantize(D(1).scaleb(-places))
    before = {'money': D('1.50'), 'weight': D('1.5'), 'coins': D(1)}[attr]
    assert D(repr(taker.weight)) == before + moved if attr == 'weight' else getattr(taker, attr) == before + moved


@pytest.mark.parametrize('places,error', [(-1, ValueError), ('x', TypeError), (None, TypeError)])
def test_decimal_places_that_are_none(parties, places, error):
    giver, taker, receipt = parties
    with pytest.raises(error):
        giver.transfer(taker, 'money', 1, receipt, 'sent', decimal_places=places)


def test_a_fraction_of_an_integer(parties, connection):
    """Exact for Integer: what is not whole is refused, and nothing moves."""
    giver, taker, receipt = parties
    for value in (1.5, D('0.5')):
        with pytest.raises(InvalidColumnValue):
            giver.transfer(taker, 'coins', value, receipt, 'sent')
    giver.transfer(taker, 'coins', D(2), receipt, 'sent')
    assert column(connection, 'coins') == ['98', '3']


def test_a_missing_balance_is_zero(Purse, Receipt, connection):
    giver, taker, receipt = Purse(money=D(5)), Purse(), Receipt()
    rom.session.commit()
    giver.transfer(taker, 'money', 2, receipt, 'sent')
    assert (giver.money, taker.money) == (3, 2) and problems(connection, Purse) == []


@pytest.mark.parametrize('refresh', [False, True])
def test_indexes_and_entities_are_right(parties, connection, Purse, refresh):
    """Indexes are always right afterwards."""
    giver, taker, receipt = parties
    giver.transfer(taker, 'coins', 7, receipt, 'sent', refresh_entities=refresh, refresh_index=refresh)
    assert Purse.query.filter(coins=93).all() == [giver] and Purse.query.filter(coins=8).all() == [taker]
    assert (giver.coins, taker.coins) == (93, 8) and problems(connection, Purse) == []


def test_stored_balances_count(parties, connection, Purse):
    """Stale values in memory are ignored: the stored ones count, and the total is preserved."""
    giver, taker, receipt = parties
    for id, coins in ((1, 20), (2, 5)):
        rom.session.rollback()
        other = Purse.get(id)
        other.coins = coins
        other.save()
    with pytest.raises(ValueError):
        giver.transfer(taker, 'coins', 50, receipt, 'sent')
    giver.transfer(taker, 'coins', 15, receipt, 'sent')
    assert (giver.coins, taker.coins) == (5, 20) and column(connection, 'coins') == ['5', '20']
    assert problems(connection, Purse) == []


def test_between_models_and_the_receipt_as_party(parties, connection):
    class Till(rom.Model):
        coins = rom.Integer()
    till = Till()
    till.save()
    giver, taker, _ = parties
    giver.transfer(till, 'coins', 5, giver, 'to_till')
    assert (giver.coins, till.coins) == (95, 5) and connection.hget('Purse:1', 'to_till') == b'1'
    with pytest.raises(ValueError):
        giver.transfer(till, 'coins', 5, giver, 'to_till')


def test_the_mark_in_a_column(parties):
    """The field may be a column of the receipt."""
    giver, taker, receipt = parties
    giver.transfer(taker, 'coins', 5, receipt, 'sent')
    assert receipt.sent == u'1' and not receipt._modified


def test_many_at_once_preserve_the_total(Purse, Receipt, connection):
    """The total is preserved, also where several write at once."""
    for _ in range(4):
        Purse(coins=1000)
    rom.session.commit()
    errors = []

    def work(number):
        try:
            for n in range(25):
                receipt = Receipt()
                receipt.save()
                giver, taker = Purse.get((n + number) % 4 + 1), Purse.get((n * 3 + number + 1) % 4 + 1)
                if giver is not taker:
                    giver.transfer(taker, 'coins', n + 1, receipt, 'sent')
                rom.session.rollback()
        except Exception as error:
            errors.append(error)
    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sum(int(coins) for coins in column(connection, 'coins', 1, 2, 3, 4)) == 4000
    assert problems(connection, Purse) == []
