"""Which scope is the current one: threads, generators, and scopes that are left where they were not opened."""
import contextlib
import gc
import threading
import time

import pytest

import rom

contextvars = pytest.importorskip('contextvars') if hasattr(contextlib, 'AsyncExitStack') else None


@pytest.fixture
def User(connection):
    class User(rom.Model):
        email = rom.Text(unique=True)
        n = rom.Integer(default=0, index=True)
    return User


def in_thread(work, *args):
    """What `work` returns or raises in a thread of its own."""
    answers = []

    def run():
        try:
            answers.append(work(*args))
        except BaseException as error:
            answers.append(error)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return answers[0]


def in_copied_context(work, *args):
    """As `asyncio.to_thread` and the pools of anyio do it."""
    return in_thread(contextvars.copy_context().run, work, *args)


def emails(User):
    with rom.session.scope(commit=False):
        return sorted(user.email for user in User.query.all())


needs_contexts = pytest.mark.skipif(contextvars is None, reason='contexts are of Python 3.7')


# -- threads -----------------------------------------------------------------------------------------------------------

def test_a_plain_thread_begins_with_its_own_session(User):
    with rom.session:
        user = User(email=u'a')

        def elsewhere():
            assert rom.session.known == {} and rom.session.commit() == 0
            with rom.session:
                User(email=u'b')
            return rom.session.known
        assert in_thread(elsewhere) == {}
        assert list(rom.session.known.values()) == [user]
    assert emails(User) == [u'a', u'b']


@needs_contexts
def test_a_copied_context_shares_the_scope(User):
    with rom.session:
        assert in_copied_context(lambda: User(email=u'a')) in rom.session.known.values()
        user = in_copied_context(lambda: User(email=u'b'))
        assert in_copied_context(rom.session.commit) > 0 and not user._new
        user.n = 5
    assert emails(User) == [u'a', u'b'] and User.get_by(email=u'b').n == 5


@needs_contexts
def test_it_ends_for_all_that_share_it(User):
    with rom.session:
        context = contextvars.copy_context()
        user = User(email=u'a')
    for work in (lambda: User(email=u'b'), lambda: setattr(user, 'n', 1), rom.session.commit, rom.session.flush, user.save, user.delete,
                 lambda: rom.session.add(user), lambda: rom.session.save(user), lambda: rom.session.delete(user)):
        with pytest.raises(rom.InvalidOperation, match='this scope has ended: open one of your own'):
            context.run(work)
    assert context.run(lambda: (User.get(1).email, rom.session.known, rom.session.get('User:1'))) == (u'a', {}, None)

    def own():
        with rom.session:
            User.get(1).n = 7
    context.run(own)
    assert User.get(1).n == 7 and user.n == 0 and rom.session.commit() == 0


@needs_contexts
@pytest.mark.parametrize('atomic', [True, False])
def test_threads_add_while_it_is_left_and_committed(User, atomic):
    """What was taken is stored, all else was refused."""
    taken, refused, begin = [], [], threading.Event()

    def add(first):
        begin.wait()
        for n in range(first, first + 1000):
            try:
                user = User(email=u'%d' % n)
            except rom.InvalidOperation:
                refused.append(n)
                return
            taken.append(u'%d' % n)
            try:
                user.n = n + 1
                if n % 100 == 0:
                    rom.session.commit()
            except rom.InvalidOperation:
                refused.append(n)
                return

    with rom.session.scope(atomic=atomic):
        threads = [threading.Thread(target=contextvars.copy_context().run, args=(add, first)) for first in range(0, 8000, 1000)]
        for thread in threads:
            thread.start()
        begin.set()
        time.sleep(.1)
    for thread in threads:
        thread.join()
    rom.session.rollback()
    assert sorted(taken) == emails(User) and len(refused) <= 8
    ended = set(refused)
    assert [user.email for user in User.query.all() if user.n == 0 and int(user.email) not in ended] == []


@needs_contexts
def test_commits_of_a_scope_run_one_after_the_other(User):
    running, together = [], []

    def hook(self):
        running.append(self)
        together.append(len(running))
        time.sleep(.01)
        running.remove(self)
    User._before_insert = hook
    with rom.session:
        threads = []
        for n in range(4):
            User(email=u'%d' % n)
            threads.append(threading.Thread(target=contextvars.copy_context().run, args=(rom.session.commit,)))
            threads[-1].start()
        for thread in threads:
            thread.join()
        assert rom.session.commit() == 0
    assert set(together) == {1} and len(emails(User)) == 4


def test_many_threads_with_scopes_of_their_own(User):
    def work(number):
        for n in range(20):
            try:
                with rom.session:
                    User(email=u'%d-%d' % (number, n))
                    User(email=u'%d-%d second' % (number, n), n=n)
                    if n % 4 == 0:
                        raise KeyError(n)
            except KeyError:
                pass
    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(emails(User)) == 5 * 15 * 2


# -- generators --------------------------------------------------------------------------------------------------------

def scoped(User, email):
    with rom.session:
        User(email=email)
        yield
        User(email=email + u' after')


def test_a_scope_stays_open_between_the_yields_of_a_generator(User):
    generator = scoped(User, u'a')
    next(generator)
    User(email=u'b')
    with rom.session:
        User(email=u'c')
    assert emails(User) == [u'c']
    next(generator, None)
    assert emails(User) == [u'a', u'a after', u'b', u'c'] and rom.session.known == {}


def test_a_generator_that_is_closed_is_rolled_back(User):
    generator = scoped(User, u'a')
    next(generator)
    generator.close()
    assert emails(User) == [] and rom.session.commit() == 0
    generator = scoped(User, u'a')
    next(generator)
    del generator
    gc.collect()
    User(email=u'b')
    rom.session.commit()
    assert emails(User) == [u'b']


@pytest.mark.parametrize('is_empty', [True, False], ids=['empty', 'not empty'])
def test_left_while_a_later_one_is_open(User, is_empty):
    first, second = rom.session.scope(), rom.session.scope()
    first.__enter__()
    if not is_empty:
        User(email=u'first')
    second.__enter__()
    User(email=u'second')
    with pytest.raises(rom.InvalidOperation, match='opened later is still open: it is rolled back'):
        first.__exit__(None, None, None)
    User(email=u'third')
    second.__exit__(None, None, None)
    assert emails(User) == [u'second', u'third']
    User(email=u'fourth')  # the thread's own session is there again
    assert rom.session.commit() > 0 and emails(User) == [u'fourth', u'second', u'third']


def test_generators_that_take_turns(User):
    one, two = scoped(User, u'1'), scoped(User, u'2')
    next(one), next(two)
    with pytest.raises(rom.InvalidOperation, match='still open'):
        next(one)
    next(two, None)
    assert emails(User) == [u'1 after', u'2', u'2 after'] and rom.session.commit() == 0  # what is added goes to the innermost


@pytest.mark.parametrize('is_empty', [True, False], ids=['empty', 'not empty'])
@pytest.mark.parametrize('end', ['next', 'close', 'throw'])
def test_left_in_another_thread(User, is_empty, end):
    def generated():
        with rom.session:
            if not is_empty:
                User(email=u'a')
            yield
    generator = generated()
    next(generator)
    error = in_thread({'next': lambda: next(generator), 'close': generator.close, 'throw': lambda: generator.throw(KeyError('x'))}[end])
    assert isinstance(error, rom.InvalidOperation) and 'in another context' in str(error) and 'rolled back' in str(error)
    with pytest.raises(rom.InvalidOperation, match='has ended'):
        User(email=u'b')
    rom.session.rollback()
    User(email=u'c')
    assert emails(User) == [] and rom.session.commit() > 0


@needs_contexts
def test_left_in_a_copy_of_its_context(User):
    """As a dependency of FastAPI is that is no coroutine."""
    generator = scoped(User, u'a')
    next(generator)
    error = in_copied_context(next, generator)
    assert isinstance(error, rom.InvalidOperation) and 'in another context' in str(error)
    rom.session.rollback()
    assert emails(User) == []


@needs_contexts
def test_it_is_not_taken_for_a_scope_that_is_open_where_it_is_left(User):
    generator = scoped(User, u'a')
    contextvars.copy_context().run(next, generator)
    with rom.session:
        User(email=u'b')
        with pytest.raises(rom.InvalidOperation, match='in another context'):
            next(generator)
        User(email=u'c')
    assert emails(User) == [u'a after', u'b', u'c']


def test_an_exception_of_the_system_goes_through(User):
    def generated():
        with rom.session:
            yield
    for error in (KeyboardInterrupt, SystemExit):
        generator = generated()
        in_thread(next, generator)
        with pytest.raises(error):
            generator.throw(error())


# -- other ways --------------------------------------------------------------------------------------------------------

@pytest.mark.skipif(not hasattr(contextlib, 'ExitStack'), reason='of Python 3')
def test_exit_stacks(User):
    with contextlib.ExitStack() as stack:
        stack.enter_context(rom.session)
        User(email=u'a')
        stack.enter_context(rom.session.scope(atomic=False))
        User(email=u'b')
        inner = stack.pop_all()
        inner.close()
    assert emails(User) == [u'a', u'b'] and rom.session.known == {}
    stack = contextlib.ExitStack()
    stack.enter_context(rom.session)
    User(email=u'c')
    with rom.session:
        User(email=u'd')
        with pytest.raises(rom.InvalidOperation, match='still open'):
            stack.close()
    assert emails(User) == [u'a', u'b', u'd']
    with pytest.raises(KeyError):
        with contextlib.ExitStack() as stack:
            stack.enter_context(rom.session)
            User(email=u'e')
            raise KeyError
    assert emails(User) == [u'a', u'b', u'd'] and rom.session.commit() == 0


@pytest.fixture
def within(User):
    with rom.session:
        User(email=u'by the fixture')
        yield
        assert sorted(rom.session.known) and emails(User) == []
    assert emails(User) == [u'by the fixture', u'by the test']


def test_a_fixture(within, User):
    User(email=u'by the test')
