"""The one road of every write: planned jobs go out in calls, each of which is done exactly once."""

import sys

import six

from ..exceptions import ORMError
from ..storage import batches

__all__ = ['ATTEMPTS', 'Meanwhile', 'raise_first', 'write', 'write_batches']

#: how often a write is planned anew because other writers keep changing the row
ATTEMPTS = 200


def write(writer, jobs, atomic=False, refuse=None, meanwhile=None):
    """Send planned jobs until all are done; one that was not done is planned anew, or says why that is of no use.

    :param writer: `Writer`
    :param jobs: list of jobs with an operation each, for one connection
    :param bool atomic: all of them or none
    :param refuse: callable([(entity, ORMError)], how many jobs there were), which raises; by default the first error
    :param meanwhile: `Meanwhile`, which may be called while the first call is on its way, or None
    :returns: int, the columns written or rows removed
    """
    written, total = 0, None
    while jobs:
        call = writer.write(jobs, atomic, meanwhile)
        if call is None:  # a signal handler, or a hook, has saved, changed or deleted something since it was planned
            jobs = [job for job in batches.each_alone(jobs) if job.is_current() or job.plan_anew()]
            continue
        written += call.columns
        if call.is_all_done():
            break
        total = total or call.rows
        problems = _recover(call.jobs, call.outcome.errors, writer.is_ending)
        if problems:
            (refuse or raise_first)(problems, total)
        jobs, meanwhile = [job for job in call.jobs[len(call.outcome.done):] if job.operation], None
    return written


class Meanwhile(object):
    """What is done while a call is on its way; whatever it raises is raised when the entities know what became of that.

    :param work: callable(*arguments)
    :ivar is_begun: whether it was called
    """

    __slots__ = ('_work', '_arguments', '_raised', 'is_begun')

    def __init__(self, work, *arguments):
        self._work, self._arguments = work, arguments
        self._raised, self.is_begun = None, False

    def __call__(self):
        self.is_begun = True
        try:
            self._work(*self._arguments)
        except BaseException:
            self._raised = sys.exc_info()

    def has_failed(self):
        """Whether there is anything to raise."""
        return self._raised is not None

    def finish(self):
        """Raise what it raised."""
        raised, self._raised = self._raised, None
        if raised:
            six.reraise(*raised)


def write_batches(writer, calls, plan, ahead):
    """Write lists of jobs, one after the other.

    :param writer: `Writer`
    :param calls: list of lists of jobs, one for each call
    :param plan: callable(list of jobs), which plans them
    :param bool ahead: whether each may be planned while the one before is on its way
    """
    planning = Meanwhile(plan)
    for place, jobs in enumerate(calls):
        planning.finish()
        if not planning.is_begun:
            plan(jobs)
        following = calls[place + 1:place + 2]
        planning = Meanwhile(plan, *following)
        write(writer, jobs, meanwhile=planning if following and ahead else None)


def raise_first(problems, total):
    """Raise the first problem: what `write` does by default with jobs that Redis refused."""
    raise problems[0][1]


def _recover(jobs, errors, is_ending):
    problems = []
    for error in errors:
        job = jobs[error[0]]
        job.together, job.is_last = len(jobs), is_ending
        try:
            job.recover(error)
        except ORMError as problem:
            problems.append((job.entity, problem))
    return problems
