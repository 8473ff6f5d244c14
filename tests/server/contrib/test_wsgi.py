"""rom.contrib.wsgi: nobody is told a status before what it stands for is stored. Applications here are called as servers do."""
import sys
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest
import rom
from rom.contrib.wsgi import UnitOfWorkMiddleware


class Server(object):
    """Calls an application as a server does; notes what it is told, and how many rows there are at that moment."""

    def __init__(self, app, count=lambda: None, **options):
        self.app, self.count = UnitOfWorkMiddleware(app, **options), count
        self.told, self.sent = [], []

    def start_response(self, status, headers, exc_info=None):
        self.told.append((status, self.count()))
        return self.sent.append

    def ask(self):
        body = self.app({}, self.start_response)
        try:
            for chunk in body:
                self.sent.append(chunk)
        finally:
            if hasattr(body, 'close'):
                body.close()
        return self


def stored(connection):
    return lambda: connection.hlen('User:email:uidx')


def answering(status, action):
    def app(environ, start_response):
        action()
        start_response(status, [])
        return [b'done']
    return app


def test_what_was_changed_is_stored_before_the_status_is_told(User, connection):
    server = Server(answering('201 Created', lambda: [User(email=u'a'), User(email=u'b')]), stored(connection)).ask()
    assert server.told == [('201 Created', 2)] and server.sent == [b'done']


@pytest.mark.parametrize('status', ['400 Bad Request', '404 Not Found', '500 Internal Server Error'])
def test_what_was_refused_is_not_stored(User, connection, status):
    server = Server(answering(status, lambda: User(email=u'a')), stored(connection)).ask()
    assert server.told == [(status, 0)]
    assert rom.session.commit() == 0


def test_what_was_refused_is_not_left_to_the_threads_own_session(User, connection, logged):
    """An entity that lasts longer than a request is again what it was."""
    user = User(email=u'a')
    user.save()
    User.get(user.id)

    def refused(environ, start_response):
        user.age = 7
        start_response('400 Bad Request', [])
        return iter([b'%d' % user.age])
    assert Server(refused).ask().sent == [b'7'] and user.age == 1

    def late(environ, start_response):
        start_response('200 OK', [])
        yield b'x'
        user.age = 8
    Server(late).ask()
    assert user.age == 1 and len(logged()) == 1
    assert rom.session.commit() == 0


def test_the_program_may_say_when_to_commit(User, connection):
    Server(answering('302 Found', lambda: User(email=u'a')), commit_when=lambda status: status < 300).ask()
    assert stored(connection)() == 0
    Server(answering('404 Not Found', lambda: User(email=u'a')), commit_when=lambda status: True).ask()
    assert stored(connection)() == 1


def test_an_application_that_raises(User, connection):
    user = User(email=u'a')
    user.save()

    def app(environ, start_response):
        user.age = 7
        User(email=u'b')
        start_response('200 OK', [])
        raise KeyError('late')
    server = Server(app)
    with pytest.raises(KeyError):
        server.ask()
    assert server.told == [] and stored(connection)() == 1
    assert user.age == 1 and rom.session.commit() == 0


def test_an_error_handler_may_answer_in_place_of_what_was_said_first(User, connection):
    def app(environ, start_response):
        start_response('200 OK', [])
        User(email=u'a')
        try:
            raise KeyError('late')
        except KeyError:
            start_response('500 Internal Server Error', [], sys.exc_info())
        return [b'sorry']
    assert Server(app, stored(connection)).ask().told == [('500 Internal Server Error', 0)]

    def twice(environ, start_response):
        start_response('200 OK', [])
        start_response('201 Created', [])
    with pytest.raises(AssertionError):
        Server(twice).ask()


def test_a_commit_that_fails_is_raised_and_nothing_is_sent(User, connection):
    User(email=u'taken').save()
    closed = []

    class Body(list):
        def close(self):
            closed.append(True)

    def app(environ, start_response):
        User(email=u'free')
        User(email=u'taken')
        start_response('200 OK', [])
        return Body([b'done'])
    server = Server(app)
    with pytest.raises(rom.UniqueKeyViolation):
        server.ask()
    assert server.told == [] == server.sent and closed == [True]
    assert stored(connection)() == 1 and User.get_by(email=u'free') is None
    assert rom.session.commit() == 0


# -- bodies ---------------------------------------------------------------------------------------------------------------

def test_a_generator_is_asked_for_its_first_chunk(User, connection):
    def app(environ, start_response):
        User(email=u'a')
        yield b''
        User(email=u'b')
        start_response('200 OK', [])
        User(email=u'c')
        yield b'first'
        yield b'second'
    server = Server(app, stored(connection)).ask()
    assert server.told == [('200 OK', 3)] and server.sent == [b'', b'first', b'second']


def test_a_generator_that_raises_first(User, connection):
    def app(environ, start_response):
        User(email=u'a')
        start_response('200 OK', [])
        raise KeyError('early')
        yield
    server = Server(app)
    with pytest.raises(KeyError):
        server.ask()
    assert server.told == [] and stored(connection)() == 0


def test_write(User, connection):
    def app(environ, start_response):
        write = start_response('200 OK', [])
        User(email=u'a')
        write(b'one')
        write(b'two')
        return [b'three']
    server = Server(app, stored(connection)).ask()
    assert server.told == [('200 OK', 1)] and server.sent == [b'one', b'two', b'three']


def test_a_failing_commit_is_not_the_matter_of_who_writes(User, connection):
    User(email=u'taken').save()
    went_on = []

    def app(environ, start_response):
        write = start_response('200 OK', [])
        User(email=u'taken')
        write(b'one')
        write(b'two')
        went_on.append(True)
        return [b'three']
    server = Server(app)
    with pytest.raises(rom.UniqueKeyViolation):
        server.ask()
    assert went_on and server.told == [] == server.sent


def test_who_never_tells_a_status_stores_nothing(User, connection):
    server = Server(lambda environ, start_response: [User(email=u'a') and b'x']).ask()
    assert server.told == [] and stored(connection)() == 0


def test_a_stream_reads_in_its_scope_and_what_it_changes_is_told(User, connection, logged):
    User(email=u'a').save()
    rom.session.rollback()
    seen = []

    def chunks():
        user = User.get_by(email=u'a')
        seen.append(User.get(user.id) is user)
        yield b'1'
        seen.append(User.get(user.id) is user)
        user.age = 9
        yield b'2'

    def app(environ, start_response):
        start_response('200 OK', [])
        return chunks()
    Server(app).ask()
    assert seen == [True, True]
    message, = logged()
    assert 'with rom.session' in message and 'User' in message
    rom.session.rollback()
    assert User.get(1).age == 1


def test_a_stream_with_scopes_of_its_own(User, connection, logged):
    def chunks():
        for number in range(2):
            with rom.session:
                User(email=u'%d' % number)
                yield b'x'

    def app(environ, start_response):
        start_response('200 OK', [])
        return chunks()
    server = Server(app, stored(connection)).ask()
    assert server.sent == [b'x', b'x'] and stored(connection)() == 2 and logged() == []


def test_reading_and_saving_in_a_stream_is_nothing_to_tell(User, connection, logged):
    user_id = []

    def app(environ, start_response):
        user_id.append(User(email=u'a').id)
        start_response('200 OK', [])
        yield b'1'
        user = User.get(user_id[0])
        user.age = 5
        user.save()
    Server(app).ask()
    rom.session.rollback()
    assert logged() == [] and User.get(user_id[0]).age == 5


def test_between_the_steps_the_session_is_the_servers_own(User, connection):
    def app(environ, start_response):
        user = User(email=environ['email'])
        start_response('200 OK', [])
        yield b'1'
        assert User.get(user.id) is user
        yield b'2'
    told, own = [], User(email=u'own')
    app = UnitOfWorkMiddleware(app)
    one = app({'email': u'one'}, lambda *args: told.append(args))
    assert list(rom.session.known.values()) == [own]
    two = app({'email': u'two'}, lambda *args: told.append(args))
    assert next(one) == next(two) == b'1' and next(one) == next(two) == b'2'
    one.close()
    two.close()
    assert list(rom.session.known.values()) == [own] and own._new
    assert stored(connection)() == 2
    rom.session.commit()


def test_what_runs_no_more_code_is_left_to_the_server(User):
    class Wrapper(object):
        def __iter__(self):
            return iter([b'x'])

    def app(environ, start_response):
        start_response('200 OK', [])
        return environ['body']
    for body in ([b'x'], (b'x',), Wrapper()):
        environ = {'body': body, 'wsgi.file_wrapper': Wrapper}
        assert UnitOfWorkMiddleware(app)(environ, lambda *args: None) is body


def test_the_body_is_closed_in_its_scope(User, connection, logged):
    class Body(object):
        def __iter__(self):
            return iter([b'x'])

        def close(self):
            User(email=u'late')

    def app(environ, start_response):
        start_response('200 OK', [])
        return Body()
    Server(app).ask()
    assert len(logged()) == 1 and stored(connection)() == 0 and not rom.session.known


def test_the_body_may_be_closed_twice(User, connection):
    def app(environ, start_response):
        start_response('200 OK', [])
        yield b'x'
    body = UnitOfWorkMiddleware(app)({}, lambda *args: None)
    assert next(body) == b'x'
    body.close()
    body.close()
    assert list(body) == []


def test_what_is_no_body(User, connection):
    def app(environ, start_response):
        User(email=u'a')
        start_response('200 OK', [])
    server = Server(app)
    with pytest.raises(TypeError):
        server.ask()
    assert server.told == [] and stored(connection)() == 0


def written(environ, start_response):
    write = start_response('200 OK', [('Content-Type', 'text/plain')])
    write(b'one')
    return [b'two']


def generated(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    yield b'one'
    yield b'two'


def changing_its_mind(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    try:
        raise KeyError('x')
    except KeyError:
        start_response('500 Internal Server Error', [('Content-Type', 'text/plain')], sys.exc_info())
    return iter([b'onetwo'])


@pytest.mark.parametrize('app', [written, generated, changing_its_mind])
def test_both_sides_of_it_keep_to_the_rules_of_wsgi(User, app):
    """As the checks of Python's own see them."""
    environ, told, sent = {'QUERY_STRING': ''}, [], []
    setup_testing_defaults(environ)

    def start_response(status, headers, exc_info=None):
        told.append(status)
        return sent.append
    body = validator(UnitOfWorkMiddleware(validator(app)))(environ, start_response)
    sent.extend(body)
    body.close()
    assert b''.join(sent) == b'onetwo' and len(told) == 1


def test_two_of_them(User, connection):
    """One around the other: the inner one is the request's."""
    server = Server(UnitOfWorkMiddleware(answering('200 OK', lambda: User(email=u'a'))), stored(connection)).ask()
    assert server.told == [('200 OK', 1)]


def test_on_several_connections(User, connection, server):
    other = server.spawn()

    class Far(rom.Model):
        _conn = other.client()
        n = rom.Integer()
    app = answering('200 OK', lambda: [User(email=u'a'), Far(n=1)])
    with pytest.raises(rom.InvalidOperation) as caught:
        Server(app).ask()
    assert 'atomic=False' in str(caught.value) and stored(connection)() == 0
    Server(app, atomic=False).ask()
    assert stored(connection)() == 1 and Far.get(1).n == 1
