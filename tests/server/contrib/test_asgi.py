"""rom.contrib.asgi: each request of an event loop has its scope, and is committed before it is told that it was done."""
import asyncio
import contextvars
import functools
import threading

import pytest
import rom
from rom.contrib.asgi import UnitOfWorkMiddleware


async def to_thread(function, *args):
    """Python 3.7 has no asyncio.to_thread."""
    call = functools.partial(contextvars.copy_context().run, function, *args)
    return await asyncio.get_running_loop().run_in_executor(None, call)


HTTP = {'type': 'http', 'method': 'GET', 'path': '/'}
START, BODY = {'type': 'http.response.start', 'status': 200, 'headers': []}, {'type': 'http.response.body', 'body': b'x'}


@pytest.fixture
def stored(connection):
    return lambda: connection.hlen('User:email:uidx')


def ask(app, sent=None, scope=HTTP, **options):
    """Run one request; return the messages that came."""
    sent = [] if sent is None else sent

    async def send(message):
        sent.append(message)

    async def receive():
        return {'type': 'http.request'}
    asyncio.run(UnitOfWorkMiddleware(app, **options)(scope, receive, send))
    return sent


def answering(action, status=200):
    async def app(scope, receive, send):
        action()
        await send(dict(START, status=status))
        await send(BODY)
    return app


def test_what_was_changed_is_stored_before_the_status_is_told(User, stored):
    seen = []

    class Sent(list):
        def append(self, message):
            seen.append(stored())
            list.append(self, message)
    sent = ask(answering(lambda: [User(email=u'a'), User(email=u'b')]), Sent())
    assert sent == [START, BODY] and seen == [2, 2]


@pytest.mark.parametrize('status', [400, 503])
def test_what_was_refused_is_not_stored(User, stored, status):
    assert ask(answering(lambda: User(email=u'a'), status))[0]['status'] == status
    assert stored() == 0 == rom.session.commit()
    ask(answering(lambda: User(email=u'a'), status), commit_when=lambda told: told == status)
    assert stored() == 1


def test_a_commit_that_fails_is_raised_after_the_application_returned(User, stored):
    User(email=u'taken').save()
    went_on = []

    async def app(scope, receive, send):
        User(email=u'free')
        User(email=u'taken')
        await send(START)
        await send(BODY)
        went_on.append(True)
    sent = []
    with pytest.raises(rom.UniqueKeyViolation):
        ask(app, sent)
    assert sent == [] and went_on and stored() == 1


@pytest.mark.parametrize('status, email', [(200, u'taken'), (400, u'free')])
def test_what_was_not_written_is_taken_back(User, stored, status, email):
    """Also in an entity that lasts longer than the request, lest it be written by somebody else."""
    user = User(email=u'taken')
    user.save()
    User.get(user.id)

    def action():
        user.age = 7
        User(email=email)
    try:
        ask(answering(action, status))
    except rom.UniqueKeyViolation:
        assert status == 200
    assert user.age == 1 and rom.session.commit() == 0 and stored() == 1


def test_an_application_that_raises(User, stored):
    user = User(email=u'a')
    user.save()

    def action():
        user.age = 7
        User(email=u'b')
        raise KeyError('x')
    sent = []
    with pytest.raises(KeyError):
        ask(answering(action), sent)
    assert sent == [] and stored() == 1 and user.age == 1 and rom.session.commit() == 0


def test_who_never_answers_stores_nothing(User, stored):
    async def app(scope, receive, send):
        User(email=u'a')
    assert ask(app) == [] and stored() == 0


def test_after_the_answer_the_scope_is_for_reading(User, stored, logged):
    seen = []

    async def app(scope, receive, send):
        user = User(email=u'a')
        await send(START)
        seen.append(User.get(user.id) is user)
        await to_thread(setattr, user, 'age', 9)  # a background task
        await send(BODY)
        with rom.session:
            User(email=u'b')
    ask(app)
    message, = logged()
    assert seen == [True] and stored() == 2 and 'with rom.session' in message
    assert User.get(1).age == 1


def test_tasks_and_threads_of_a_request_share_its_scope(User, stored):
    async def app(scope, receive, send):
        async def make(email):
            User(email=email)
        await asyncio.gather(make(u'a'), make(u'b'), to_thread(lambda: User(email=u'c')))
        await send(START)
    ask(app)
    assert stored() == 3


def test_requests_at_once_do_not_see_each_other(User, stored):
    async def app(scope, receive, send):
        User(email=scope['path'])
        await asyncio.sleep(0.02)
        await send(dict(START, status=scope['status']))
    async def main():
        async def send(message):
            pass
        await asyncio.gather(*[UnitOfWorkMiddleware(app)({'type': 'http', 'path': u'%d' % n, 'status': 200 + 200 * (n % 2)}, None, send)
                               for n in range(20)])
    asyncio.run(main())
    assert stored() == 10 and sorted(int(user.email) % 2 for user in User.query) == [0] * 10


def test_the_commit_runs_in_a_thread_and_in_the_context_of_the_request(connection):
    language, seen = contextvars.ContextVar('language'), []

    class Hooked(rom.Model):
        n = rom.Integer()

        def _before_insert(self):
            seen.append((threading.current_thread() is threading.main_thread(), language.get()))
            Noted(n=self.n)

    class Noted(rom.Model):
        n = rom.Integer()

    def action():
        language.set('de')
        Hooked(n=1)
    ask(answering(action))
    assert seen == [(False, 'de')] and Noted.get(1).n == 1


def test_where_nothing_was_changed_no_thread_is_asked(User, monkeypatch):
    User(email=u'a').save()
    monkeypatch.setattr(asyncio.BaseEventLoop, 'run_in_executor', None)
    assert ask(answering(lambda: User.get_by(email=u'a'))) == [START, BODY]


def test_a_request_that_is_given_up_while_it_is_committed(connection):
    """It is stored or not as a whole, nobody is told that it was, and the loop goes on only when that is settled."""
    entered, let_go = threading.Event(), threading.Event()

    class Slow(rom.Model):
        n = rom.Integer()

        def _before_insert(self):
            entered.set()
            let_go.wait(5)
    sent = []

    async def main():
        async def send(message):
            sent.append(message)
        task = asyncio.ensure_future(UnitOfWorkMiddleware(answering(lambda: Slow(n=1)))(HTTP, None, send))
        await to_thread(entered.wait, 5)
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0.01)
            assert not task.done()
        let_go.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        return connection.exists('Slow:1')
    assert asyncio.run(main()) == 1 and sent == []


def test_cancelled_before_it_answered(User, stored):
    async def app(scope, receive, send):
        User(email=u'a')
        await asyncio.sleep(5)
        await send(START)

    async def main():
        task = asyncio.ensure_future(UnitOfWorkMiddleware(app)(HTTP, None, None))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert rom.session.commit() == 0
    asyncio.run(main())
    assert stored() == 0


def test_a_websocket_has_a_scope_that_is_not_committed(User, stored, logged):
    async def app(scope, receive, send):
        held = User(email=u'never')
        with rom.session:
            User(email=u'message')
        await send({'type': 'websocket.send', 'text': held.email})
    assert ask(app, scope={'type': 'websocket'}) == [{'type': 'websocket.send', 'text': u'never'}]
    assert stored() == 1 == len(logged()) and rom.session.commit() == 0


def test_lifespan_passes_through(User, stored):
    seen = []

    async def app(scope, receive, send):
        seen.append((scope, receive, send))
        User(email=u'a')
    own = User(email=u'own')
    asyncio.run(UnitOfWorkMiddleware(app)({'type': 'lifespan'}, 1, 2))
    assert seen == [({'type': 'lifespan'}, 1, 2)]
    rom.session.forget(own)
