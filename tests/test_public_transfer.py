# -*- coding: utf-8 -*-
"""Model.transfer: a value moves between two rows, once (spec 1, Models; spec 3, Writes)."""
import decimal

import pytest
import rom

from against import better_than_old

D = decimal.Decimal


@pytest.fixture
def accounts(connection):
    """Two accounts and a function for a new row that is the token of one transfer."""
    class Account(rom.Model):
        i = rom.Integer(index=True)
        f = rom.Float(index=True)
        d = rom.Decimal(index=True)

    class Token(rom.Model):
        used = rom.Text()
    pair = Account(i=10, f=10.5, d=D('10.25')), Account(i=1, f=1.5, d=D('1.50'))
    rom.session.save(*pair)

    def token():
        made = Token()
        made.save()
        return made
    return pair + (token,)


@pytest.mark.parametrize('attr,value,left,right', [
    ('i', 3, 7, 4), ('i', 10, 0, 11), ('f', 1.25, 9.25, 2.75), ('d', 1, D('9.25'), D('2.50'))])
def test_transfer(accounts, connection, attr, value, left, right):
    giver, taker, token = accounts
    proof = token()
    assert giver.transfer(taker, attr, value, proof, 'used', decimal_places=2) is None
    assert (getattr(giver, attr), getattr(taker, attr)) == (left, right)
    assert not giver._modified and not taker._modified
    assert connection.zscore('Account:%s:idx' % attr, '1') == float(left)
    assert connection.zscore('Account:%s:idx' % attr, '2') == float(right)
    assert connection.hget(proof._pk, 'used') == b'1'
    with pytest.raises(ValueError):
        giver.transfer(taker, attr, value, proof, 'used', decimal_places=2)


@better_than_old
def test_transfer_is_exact(accounts):
    giver, taker, token = accounts
    giver.transfer(taker, 'd', D('0.10'), token(), 'used', decimal_places=2)
    assert (giver.d, taker.d) == (D('10.15'), D('1.60'))
    giver.i = 10 ** 30
    giver.save()
    giver.transfer(taker, 'i', 1, token(), 'used')
    assert (giver.i, taker.i) == (10 ** 30 - 1, 2)


@pytest.mark.parametrize('value', [0, -1, 11])
def test_transfer_refused(accounts, connection, value):
    giver, taker, token = accounts
    with pytest.raises(ValueError):
        giver.transfer(taker, 'i', value, token(), 'used')
    assert connection.hmget('Account:1', 'i') == [b'10'] and connection.hmget('Account:2', 'i') == [b'1']


def test_transfer_needs_unmodified_entities(accounts):
    giver, taker, token = accounts
    giver.i = 50
    with pytest.raises(ValueError):
        giver.transfer(taker, 'i', 1, token(), 'used')


@better_than_old
def test_transfer_to_itself_or_nobody(accounts, connection):
    giver, taker, token = accounts
    with pytest.raises(ValueError):
        giver.transfer(giver, 'i', 1, token(), 'used')
    connection.delete('Account:2')
    with pytest.raises(Exception):
        giver.transfer(taker, 'i', 1, token(), 'used')
    assert connection.hget('Account:1', 'i') == b'10'
