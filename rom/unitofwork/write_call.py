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
        problems = _recover(jobs, outcome.errors, writer.is_ending)
        if problems:
            (refuse or raise_first)(problems, total)
        jobs = [job for job in jobs[len(outcome.done):] if job.operation]
    return written


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
