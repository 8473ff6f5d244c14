"""An EntityLock of one library keeps the other out."""


def test_lock_excludes_the_other(pair, connection):
    holder, other = pair
    holder.create('Slot', {'n': 1})
    assert holder.lock('Slot', 1, 1, 10)
    assert connection.exists('lock:{slot}:1')
    assert 0 < connection.pttl('lock:{slot}:1') <= 10000
    assert not other.lock('Slot', 1, .2, 10)
    assert holder.refresh_lock('Slot', 1)
    assert holder.release('Slot', 1)
    assert not connection.exists('lock:{slot}:1')
    assert other.lock('Slot', 1, 1, 10)
    assert not holder.lock('Slot', 1, .2, 10)
    assert other.release('Slot', 1)


def test_lock_that_expired_goes_to_the_other(pair, connection):
    holder, other = pair
    holder.create('Slot', {'n': 1})
    assert holder.lock('Slot', 1, 1, 1)
    assert other.lock('Slot', 1, 3, 10)
    assert not holder.refresh_lock('Slot', 1)
    assert not holder.release('Slot', 1)
    assert other.refresh_lock('Slot', 1)
