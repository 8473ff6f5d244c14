"""`with rom.session:`: a scope is a unit of work, and nothing of it is left behind."""
import pytest

import rom

pytestmark = pytest.mark.usefixtures('connection')


@pytest.fixture
def User(clean_state):
    class User(rom.Model):
        email = rom.Text(unique=True)
        name = rom.Text()
        n = rom.Integer(default=0)
        data = rom.Json()
    return User


@pytest.fixture
def ann(User):
    ann = User(email=u'ann@x', name=u'Ann', data={'a': [1]})
    rom.session.commit()
    return ann


def test_what_changes_in_a_scope_is_written_at_its_end(User, connection):
    with rom.session as session:
        assert session is rom.session
        User(email=u'a')
        assert connection.keys('User:[0-9]*') == []
    assert User.get_by(email=u'a') is not None and rom.session.commit() == 0


def test_nothing_is_written_on_an_exception(User):
    with pytest.raises(KeyError):
        with rom.session:
            User(email=u'a')
            raise KeyError('x')
    assert rom.session.commit() == 0 and User.query.count() == 0


def test_it_is_all_or_nothing(User, ann):
    with pytest.raises(rom.UniqueKeyViolation) as caught:
        with rom.session:
            User(email=u'b')
            User(email=u'ann@x')
    assert caught.value.columns == ('email',)
    assert User.get_by(email=u'b') is None and rom.session.known == {} and rom.session.commit() == 0


def test_of_several_that_stand_in_the_way_all_are_told(User, ann):
    with pytest.raises(rom.BulkError) as caught:
        with rom.session:
            User(email=u'ann@x')
            User(email=u'ann@x')
    assert len(caught.value.errors) == 2
