"""A shop whose orders are placed by Celery's workers.

    ROM_REDIS_URI=redis://localhost:6379/0 celery -A celery_shop worker --concurrency=4
"""
import os

import celery
from rom.contrib.celery import UnitOfWorkTask

import shop

BROKER = os.environ.get('CELERY_BROKER_URL', 'redis://localhost:6379/1')
app = celery.Celery('shop', broker=BROKER, backend=BROKER, task_cls=UnitOfWorkTask)


@app.task
def place_order(code, receipt, quantity, item=None):
    """Saved as a whole when the task has succeeded, and not at all when it fails."""
    return shop.place_order(code, receipt, quantity, item)


@app.task(bind=True, max_retries=3, default_retry_delay=0.1)
def place_order_when_there_is_some(self, code, receipt, quantity, item):
    """Tried again until there is enough: what an attempt has changed by then goes with it."""
    told = shop.place_order(code, receipt, quantity, item)
    if shop.Item.get_by(name=item).left < 0:
        raise self.retry()
    return told
