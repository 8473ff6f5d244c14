"""Celery with a real worker: what has failed is not stored, what has succeeded is."""
import sys
import time

import pytest
import rom

import serving
from needed import need

need('celery')


@pytest.fixture
def broker(server, monkeypatch):
    """A server for the queue, apart from the rows."""
    spawned = server.spawn()
    uri = spawned.uri.partition('?')[0].replace('unix://', 'redis+socket://') + '?virtual_host=0'
    monkeypatch.setenv('CELERY_BROKER_URL', uri)
    return uri


def working(env, broker, program, concurrency):
    arguments = ['celery', '-A', program, 'worker', '--pool', 'prefork', '--concurrency', str(concurrency), '--loglevel', 'WARNING',
                 '--without-gossip', '--without-mingle', '--without-heartbeat']
    return serving.running(arguments, dict(env, CELERY_BROKER_URL=broker))


def status_of(result):
    """What the client believes: the state that Celery has noted, as a status of HTTP."""
    result.get(timeout=60, propagate=False)
    if result.state == 'SUCCESS':
        return 200
    return 400 if type(result.result).__name__ == 'Refused' else 500


def test_mixed_tasks(shop, env, broker, monkeypatch):
    import celery_shop
    with working(env, broker, 'celery_shop', 4):
        orders = list(serving.mixed_orders())
        results = [celery_shop.place_order.delay(**dict((name, value) for name, value in order.items() if name != 'kind'))
                   for order in orders]
        answered = list(zip(orders, [status_of(result) for result in results]))
        serving.check_stored(shop, answered)
        check_retries(shop, celery_shop)


def check_retries(shop, celery_shop):
    """A task that is tried again leaves nothing of the attempts before."""
    shop.Item(name=u'cake', left=0).save()
    result = celery_shop.place_order_when_there_is_some.delay('cake1', 'cake1', 1, 'cake')
    while result.state not in ('RETRY', 'SUCCESS', 'FAILURE'):
        time.sleep(.02)
    rom.session.rollback()
    cake = shop.Item.get_by(name=u'cake')
    assert cake.left == 0
    cake.left = 5
    cake.save()
    result.get(timeout=20)
    rom.session.rollback()
    assert shop.Item.get_by(name=u'cake').left == 4 and shop.Order.get_by(code=u'cake1') is not None


def test_all_the_ways_to_end(shop, env, broker, monkeypatch):
    monkeypatch.syspath_prepend(serving.PROGRAMS)
    import odd_tasks
    try:
        with working(env, broker, 'odd_tasks', 1):
            odd_tasks.ending.delay('ignore', 'ignored')
            odd_tasks.ending.delay('reject', 'rejected')
            odd_tasks.ending.delay('commit', 'committed').get(timeout=20)
            assert odd_tasks.third_time.delay('third').get(timeout=20) == 2
            odd_tasks.second_time.delay('second').get(timeout=20)
            assert odd_tasks.count.delay().get(timeout=20) == 3
    finally:
        del sys.modules['odd_tasks']
    assert sorted(order.code for order in shop.Order.query) == ['committed', 'second-1', 'third-2']


def test_called_as_a_function(shop, broker):
    """In the program's own process, a task is a function with a scope; `apply` runs it as a worker would."""
    import celery_shop
    assert celery_shop.place_order('a', 'a', 2) == {'code': 'a', 'quantity': 2}
    assert celery_shop.place_order.apply(('b', 'b', 2)).successful()
    with pytest.raises(rom.UniqueKeyViolation):
        celery_shop.place_order('c', 'a', 2)
    assert celery_shop.place_order.apply(('d', 'a', 2)).failed()
    rom.session.rollback()
    assert sorted(order.code for order in shop.Order.query) == ['a', 'b']


@pytest.mark.parametrize('times, state, stored', [(1, 'SUCCESS', ['a', 'b']), (9, 'FAILURE', ['a'])])
def test_a_commit_that_fails_is_tried_again(shop, broker, times, state, stored):
    """By `autoretry_for`, as what the task itself raises is; each attempt starts from what is stored."""
    import celery
    from rom.contrib.celery import UnitOfWorkTask
    shop.Order(code='a').save()
    app, attempts = celery.Celery('again', broker=broker), []

    @app.task(base=UnitOfWorkTask, autoretry_for=(rom.UniqueKeyViolation,), max_retries=2, default_retry_delay=0)
    def order():
        attempts.append(1)
        shop.Order(code='b')
        if len(attempts) <= times:
            shop.Order(code='a')

    assert order.apply().state == state
    assert len(attempts) == min(times, 2) + 1
    rom.session.rollback()
    assert sorted(each.code for each in shop.Order.query) == stored
