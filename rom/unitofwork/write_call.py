"""The one road of every write: planned jobs go out in calls, each of which is done exactly once."""

from ..exceptions import ORMError

__all__ = ['ATTEMPTS', 'raise_first', 'write']

#: how often a write is planned anew because other writers keep changing the row
ATTEMPTS = 200


def write(writer, jobs, atomic=False, refuse=None):
    """Send planned jobs until all are done; one that was not done is planned anew, or says why that is of no use.

    :param writer: `Writer`
    :param jobs: list of jobs with an operation each, for one connection
    :param bool atomic: all of them or none
    :param refuse: callable([(entity, ORMError)], how many jobs there were), which raises; by default the first error
    :returns: int, the columns written or rows removed
    """
    written, total = 0, len(jobs)
    while jobs:
        outcome = writer.write(jobs, atomic)
        written += sum(job.columns for job in jobs[:len(outcome.done)])
        problems = _recover(jobs, outcome.errors)
        if problems:
            (refuse or raise_first)(problems, total)
        jobs = [job for job in jobs[len(outcome.done):] if job.operation]
    return written


def raise_first(problems, total):
    """Raise the first problem: what `write` does by default with jobs that Redis refused."""
    raise problems[0][1]


def _recover(jobs, errors):
    problems = []
    for error in errors:
        jobs[error[0]].together = len(jobs)
        try:
            jobs[error[0]].recover(error)
        except ORMError as problem:
            problems.append((jobs[error[0]].entity, problem))
    return problems
