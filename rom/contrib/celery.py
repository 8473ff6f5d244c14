"""A scope for each run of a Celery task."""

from __future__ import absolute_import

import six

from ..util import session

__all__ = ['UnitOfWork', 'UnitOfWorkTask']  # noqa: F822 (it is made below)


class UnitOfWork(object):
    """What makes a class of tasks run each task in a scope of its own; for classes of one's own, which derive from it first.

    All that a task has changed is written when it has succeeded, and before Celery notes so. Nothing of it is written where it
    raises, be it an error, `Retry`, `Ignore` or `Reject`; and where the commit fails, the task has failed.

    Example::

        class Task(UnitOfWork, celery.Task):
            autoretry_for = (rom.DataRaceError,)
    """

    #: whether all or nothing is written; False where the models are on several connections
    atomic = True

    def __call__(self, *args, **kwargs):
        original = vars(self).get('_orig_run')
        if original is not None and not hasattr(original, 'rom_commits'):
            self._orig_run = self._committing(original)
        with session.scope(atomic=self.atomic):
            request = self.request
            if request.called_directly or request.get('rom_has_begun'):
                return super(UnitOfWork, self).__call__(*args, **kwargs)
            request.rom_has_begun = True
            return self.run(*args, **kwargs)  # a worker has set up the request, which the __call__ of Celery would hide

    def _committing(self, run):
        """Return what Celery runs, and runs again by `autoretry_for`, as one that commits itself: a commit that fails is tried again, too."""
        def run_and_commit(*args, **kwargs):
            with session.scope(atomic=self.atomic):
                return run(*args, **kwargs)
        run_and_commit.rom_commits = True
        return run_and_commit


def _task_class():
    from celery import Task

    class UnitOfWorkTask(UnitOfWork, Task):
        """Celery's `Task` with `UnitOfWork`: for ``Celery('app', task_cls=UnitOfWorkTask)`` or ``@app.task(base=UnitOfWorkTask)``."""

        abstract = True
    UnitOfWorkTask.__module__ = __name__
    UnitOfWorkTask.__qualname__ = 'UnitOfWorkTask'
    return UnitOfWorkTask


def __getattr__(name):
    """Make `UnitOfWorkTask` when it is asked for first: importing this does not import Celery."""
    if name != 'UnitOfWorkTask':
        raise AttributeError('module %r has no attribute %r' % (__name__, name))
    globals()[name] = found = _task_class()
    return found


def __dir__():
    return sorted(set(globals()) | set(__all__))


if six.PY2:  # there a module cannot be asked
    try:
        UnitOfWorkTask = _task_class()
    except ImportError:
        pass
