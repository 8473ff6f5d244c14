# -*- coding: utf-8 -*-
"""Model.transfer: a value moves between two rows, once (docs/promises.rst: Writes)."""
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


# What marks a transfer as sent ----------------------------------------------------------------------------------------

@pytest.fixture
def marked(connection):
    """Makes a transfer with a mark of these values; returns what is left of 10."""
    class Balance(rom.Model):
        amount = rom.Integer(index=True)

    class Mark(rom.Model):
        whole = rom.Integer(default=0, index=True)
        flag = rom.Boolean(default=False, index=True)
        text = rom.Text(index=True, keygen=rom.IDENTITY)
        exact = rom.Decimal()

    def move(attr, values):
        giver, taker, mark = Balance(amount=10), Balance(amount=0), Mark(**values)
        rom.session.commit()
        giver.transfer(taker, 'amount', 3, mark, attr)
        with pytest.raises(ValueError):
            giver.transfer(taker, 'amount', 3, mark, attr)
        rom.session.rollback()
        return Balance.get(giver.id).amount, Mark.get(mark.id)
    return move


@pytest.mark.parametrize('attr,values', [
    ('whole', {}), ('whole', {'whole': 0}), ('whole', {'whole': -1}), ('flag', {}), ('text', {}), ('text', {'text': u''}),
    ('text', {'text': u'0'}), ('text', {'text': u'0.0'}), ('text', {'text': u'no'}), ('exact', {'exact': D('0.00')}), ('no column', {})])
def test_a_number_above_zero_marks_a_transfer(marked, connection, attr, values):
    """A default of 0 or False, and text, say that it is still to be sent."""
    left, mark = marked(attr, values)
    assert left == 7
    assert connection.hget(mark._pk, attr) in (b'1', u'1')


@pytest.mark.parametrize('attr,values', [
    ('whole', {'whole': 1}), ('whole', {'whole': 7}), ('flag', {'flag': True}), ('text', {'text': u'0.5'}), ('exact', {'exact': D(2)})])
def test_what_is_marked_is_not_sent(marked, attr, values):
    with pytest.raises(ValueError) as caught:
        marked(attr, values)
    assert 'already sent' in str(caught.value)


@better_than_old
def test_the_index_of_the_mark_follows(marked):
    _, mark = marked('whole', {})
    assert type(mark).query.filter(whole=1).all() == [mark]
    _, mark = marked('text', {'text': u'no'})
    assert type(mark).query.filter(text=u'1').all() == [mark] and type(mark).query.filter(text=u'no').all() == []


@better_than_old
def test_a_mark_that_another_writer_sets_meanwhile(connection):
    """The mark is compared in the write itself, be it a column or not."""
    class Balance(rom.Model):
        amount = rom.Integer(index=True)

    class Mark(rom.Model):
        whole = rom.Integer(default=0)
    for attr in ('whole', 'other'):
        giver, taker, mark = Balance(amount=10), Balance(amount=0), Mark()
        rom.session.commit()
        connection.hset(mark._pk, attr, 1)
        with pytest.raises(ValueError):
            giver.transfer(taker, 'amount', 3, mark, attr)
        assert connection.hget(giver._pk, 'amount') in (b'10', u'10')
        connection.hset(mark._pk, attr, 'x')  # anything else than what was seen is looked at again
        giver.transfer(taker, 'amount', 3, mark, attr)
        assert connection.hget(giver._pk, 'amount') in (b'7', u'7')
        rom.session.rollback()
