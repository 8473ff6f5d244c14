"""Tasks that end in all the ways in which a task of Celery can end."""
import os

import celery
import rom
import shop
from celery.exceptions import Ignore, Reject
from rom.contrib.celery import UnitOfWork, UnitOfWorkTask

app = celery.Celery('odd', broker=os.environ['CELERY_BROKER_URL'], backend=os.environ['CELERY_BROKER_URL'])


class Own(UnitOfWork, celery.Task):
    autoretry_for = (KeyError,)
    retry_kwargs = {'max_retries': 1, 'countdown': 0}


@app.task(base=UnitOfWorkTask)
def ending(how, code):
    shop.place_order(code, code, '1')
    if how == 'ignore':
        raise Ignore()
    if how == 'reject':
        raise Reject('not now', requeue=False)
    return rom.session.commit(atomic=True) if how == 'commit' else None


@app.task(base=UnitOfWorkTask, bind=True, max_retries=2, default_retry_delay=0)
def third_time(self, code):
    shop.place_order('%s-%d' % (code, self.request.retries), code, '1')
    if self.request.retries < 2:
        raise self.retry()
    return self.request.retries


@app.task(base=Own, bind=True)
def second_time(self, code):
    shop.place_order('%s-%d' % (code, self.request.retries), code, '1')
    if not self.request.retries:
        raise KeyError(code)


@app.task
def count():
    """One that ends after those before it, in a worker of one process."""
    with rom.session:
        return shop.Order.query.filter(quantity=1).count()
