"""A forked child begins with an empty session: what the parent had not committed is the parent's."""
import json
import os
import threading

import pytest

import rom

pytestmark = pytest.mark.skipif(not hasattr(os, 'fork'), reason='there is no fork here')


@pytest.fixture
def Job(connection):
    class Job(rom.Model):
        n = rom.Integer(index=True, default=0)
        data = rom.Json()
    return Job


def in_child(work):
    """What `work` returns in a forked child; it never returns from there."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            rom.util.CONNECTION.connection_pool.reset()
            said = work()
        except BaseException as error:
            said = repr(error)
        os.write(writer, json.dumps(said).encode('ascii'))
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    try:
        return json.loads(os.read(reader, 10000).decode('ascii'))
    finally:
        os.close(reader)


def numbers(Job):
    with rom.session.scope(commit=False):
        return sorted(job.n for job in Job.query.all())


def test_of_the_thread(Job):
    job = Job(n=1, data=[])
    assert in_child(lambda: [len(rom.session.known), rom.session.commit(), len(rom.session.wknown)]) == [0, 0, 0]
    job.data.append(1)
    assert rom.session.commit() > 0 and numbers(Job) == [1]


def test_within_scopes(Job):
    """The child is in the same scopes, which are empty, and commits what it makes itself."""
    Job(n=1)
    with rom.session:
        Job(n=2)
        with rom.session:
            Job(n=3)
            child = os.fork()
            if child:
                os.waitpid(child, 0)
                assert numbers(Job) == [10, 20]
            else:
                rom.util.CONNECTION.connection_pool.reset()
                Job(n=10)
        if not child:
            Job(n=20)
            rom.session.commit()
            os._exit(0)
        assert numbers(Job) == [3, 10, 20]
    assert numbers(Job) == [2, 3, 10, 20] and len(rom.session.known) == 1
    rom.session.commit()
    assert numbers(Job) == [1, 2, 3, 10, 20]


def test_while_other_threads_are_at_work(Job):
    """Locks that they hold, and calls that they make, are not the child's."""
    contextvars = pytest.importorskip('contextvars')
    entered, leave = threading.Event(), threading.Event()

    def hook(self):
        entered.set()
        leave.wait(10)
    Job._before_insert = hook
    with rom.session:
        Job(n=1)
        thread = threading.Thread(target=contextvars.copy_context().run, args=(rom.session.commit,))
        thread.start()
        entered.wait(10)
        Job._before_insert = lambda self: None

        def work():
            Job(n=10)
            return rom.session.commit()
        assert in_child(work) > 0
        leave.set()
        thread.join()
    assert numbers(Job) == [1, 10]


def test_two_processes_do_not_write_under_one_name(Job):
    """Parent and child go on from one and the same moment, and each of their calls is done."""
    for n in range(3):
        with rom.session:
            Job(n=n)

    def work():
        for n in range(10, 15):
            with rom.session:
                Job(n=n)
        return len(numbers(Job))
    assert in_child(work) == 8
    for n in range(20, 25):
        with rom.session:
            Job(n=n)
    assert in_child(work) == 18
    assert numbers(Job) == sorted([0, 1, 2] + 2 * list(range(10, 15)) + list(range(20, 25)))


def test_an_entity_of_the_parent_is_saved_by_whoever_says_so(Job):
    job = Job(n=1)
    assert in_child(job.save) > 0
    assert numbers(Job) == [1]
    rom.session.rollback()


def test_in_children_of_children(Job):
    Job(n=1)

    def child():
        Job(n=2)
        return [in_child(lambda: [Job(n=3) and rom.session.commit() > 0, numbers(Job)]), rom.session.commit() > 0]
    assert in_child(child) == [[True, [3]], True]
    rom.session.commit()
    assert numbers(Job) == [1, 2, 3]
