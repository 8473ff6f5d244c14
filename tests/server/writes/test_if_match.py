# -*- coding: utf-8 -*-
"""What changed between showing a row and saving it (docs/promises.rst: Applications): etag, and if_match of save and delete."""
import copy

import pytest
import redis
import rom
from rom.exceptions import DataRaceError, EntityDeletedError, InvalidOperation, RowGoneError
from rom.values.etags import etag_of, is_etag

from lossy_proxy import LossyProxy
from naming import shown


@pytest.fixture
def User(rom_connection):
    class User(rom.Model):
        email = rom.Text(unique=True)
        name = rom.Text(index=True, keygen=rom.IDENTITY)
        token = rom.String()
        visits = rom.Integer()
        level = rom.Integer(default=1)
    return User


@pytest.fixture
def ann(User):
    user = User(email=u'ann@x', name=u'Änn', token=b'\xff\xe9', visits=3)
    user.save()
    return user


def again(entity):
    """The same row, as another request reads it."""
    rom.session.rollback()
    return type(entity).get(entity.id)


# -- what an etag is -----------------------------------------------------------------------------------------------------

def test_a_new_entity_has_none(User):
    assert User().etag is None is rom.util.etag(User())


def test_it_stands_in_an_url(ann):
    assert is_etag(ann.etag) and len(ann.etag) == 22 and rom.util.etag(ann) == ann.etag


def test_it_is_of_the_stored_bytes(ann, connection):
    row = dict((name.decode(), value) for name, value in connection.hgetall('User:1').items() if name not in (b'id', b'-index-data-'))
    assert ann.etag == etag_of(row.items()) == etag_of(reversed(sorted(row.items()))) == again(ann).etag


def test_its_text_is_the_same_on_every_python():
    assert etag_of([(u'name', b'Ann')]) == etag_of([(u'name', u'Ann'), (u'age', None)]) == 'hGPXfNMha_l4kFuA4b1qQg'


def test_no_two_rows_share_one_by_where_their_values_end():
    assert len(set(map(etag_of, [[(u'a', b'bc')], [(u'ab', b'c')], [(u'a', b'b'), (u'c', b'')], [(u'a', b'')], []]))) == 5


def test_unsaved_changes_do_not_count_and_saved_ones_do(ann):
    before = ann.etag
    ann.name = u'Bob'
    assert ann.etag == before
    ann.save()
    assert ann.etag != before and ann.etag == again(ann).etag


def test_a_value_in_place_is_unsaved_too(User):
    class Doc(rom.Model):
        data = rom.Json()
    doc = Doc(data={'a': 1})
    doc.save()
    before = doc.etag
    doc.data['a'] = 2
    assert doc.etag == before
    rom.session.commit()
    assert doc.etag != before


def test_copies_and_clients_agree(ann, server):
    assert copy.copy(ann).etag == copy.deepcopy(ann).etag == ann.etag
    for decode in (False, True):
        rom.util.CONNECTION = server.client(decode_responses=decode)
        assert again(ann).etag == ann.etag


def test_columns_that_are_new_or_that_the_class_does_not_have_do_not_count(ann, connection):
    before = ann.etag
    for name in ('User', 'Team'):
        rom.columns.MODELS.pop(name, None)
    grown = type('User', (rom.Model,), dict((name, rom.Text()) for name in ('aaa', 'email', 'name', 'token', 'visits', 'level', 'zzz')))
    connection.hset('User:1', 'of_another_release', 'x')
    rom.session.rollback()
    assert grown.get(1).etag == before


def test_defaults_that_are_not_stored_do_not_count(ann, connection):
    connection.hdel('User:1', 'level')
    user = again(ann)
    before = user.etag
    assert user.level == 1 and user.etag == before == etag_of(
        (attr, raw) for attr, raw in zip(User_stored(user), user._rom.row) if raw is not None)


def User_stored(user):
    return type(user)._rom_schema.stored


# -- save ----------------------------------------------------------------------------------------------------------------

def test_saves_what_is_still_as_shown(ann):
    shown_etag, user = ann.etag, again(ann)
    user.name = u'Bob'
    assert user.save(if_match=shown_etag) == 1 and again(user).name == u'Bob'


@pytest.mark.parametrize('field', ['email', 'token', 'visits', 'level'])
@pytest.mark.parametrize('change', [True, False], ids=['changed', 'unchanged'])
def test_any_column_that_another_writer_changed_refuses_and_is_named(ann, connection, field, change):
    user = again(ann)
    if change:
        user.name = u'Bob'
    connection.hset('User:1', field, '7')
    with pytest.raises(DataRaceError) as caught:
        user.save(if_match=user.etag)
    assert (caught.value.model, caught.value.pk, caught.value.columns) == ('User', 1, (field,)) and field in str(caught.value)
    assert connection.hget('User:1', 'name') == u'Änn'.encode('utf-8') and user._modified == change


def test_several_columns_are_named(ann, connection):
    connection.hdel('User:1', 'visits')
    connection.hset('User:1', 'name', 'x')
    with pytest.raises(DataRaceError) as caught:
        ann.save(if_match=ann.etag)
    assert caught.value.columns == ('name', 'visits')


def test_a_default_filled_in_by_another_writer_is_a_change(ann, connection):
    connection.hdel('User:1', 'level')
    user = again(ann)
    connection.hset('User:1', 'level', '1')
    user.name = u'Bob'
    with pytest.raises(DataRaceError):
        user.save(if_match=user.etag)


def test_bytes_that_are_no_text_count_as_well(ann, connection):
    connection.hset('User:1', 'email', b'\xff\xfe')
    user = again(ann)
    user.visits = 4
    connection.hset('User:1', 'email', b'\xff\xfd')
    with pytest.raises(DataRaceError):
        user.save(if_match=user.etag)
    connection.hset('User:1', 'email', b'\xff\xfe')
    assert user.save(if_match=user.etag) == 1


def test_an_entity_loaded_later_is_compared_first(ann, connection, calls):
    shown_etag = ann.etag
    connection.hset('User:1', 'name', 'Zoe')
    user = again(ann)
    user.visits = 4
    del calls[:]
    for write in (user.save, user.delete):
        with pytest.raises(DataRaceError) as caught:
            write(if_match=shown_etag)
    assert calls == [] and caught.value.pk == 1 and caught.value.columns == ()


def test_in_one_call(ann, calls):
    ann.name = u'Bob'
    del calls[:]
    ann.save(if_match=ann.etag)
    assert len(calls) == 1


def test_with_full(ann, connection):
    connection.hset('User:1', 'name', 'Zoe')
    with pytest.raises(DataRaceError):
        ann.save(full=True, if_match=ann.etag)
    user = again(ann)
    assert user.save(full=True, if_match=user.etag) == 6


def test_a_row_that_is_gone(ann, connection):
    connection.delete('User:1')
    ann.name = u'Bob'
    for write in (ann.save, ann.delete):
        with pytest.raises(RowGoneError) as caught:
            write(if_match=ann.etag)
        assert isinstance(caught.value, DataRaceError) and isinstance(caught.value, EntityDeletedError) and caught.value.pk == 1
    assert not connection.exists('User:1')


def test_a_new_entity_has_no_row_to_match(User, ann):
    with pytest.raises(DataRaceError):
        User().save(if_match=ann.etag)


@pytest.mark.parametrize('etag', [None, '', u'', 'x', 5, b'', True, '"%s"', 'W/%s', '%s ', '%s\n', '%sA', 'é' * 22, '%s?' * 2], ids=shown)
def test_what_is_no_etag_is_no_condition_to_leave_out(ann, etag, connection):
    etag = etag % ann.etag if isinstance(etag, str) and etag.count('%s') == 1 else etag
    ann.name = u'Bob'
    for write in (ann.save, ann.delete):
        with pytest.raises(InvalidOperation) as caught:
            write(if_match=etag)
        assert not isinstance(caught.value, DataRaceError) and 'if_match' in str(caught.value)
    assert connection.hget('User:1', 'name') == u'Änn'.encode('utf-8')


def test_not_beside_force(ann):
    for write in (ann.save, ann.delete):
        with pytest.raises(InvalidOperation) as caught:
            write(force=True, if_match=ann.etag)
        assert 'force' in str(caught.value)


def test_a_session_refuses_it_for_many(ann):
    for write in (rom.session.save, rom.session.delete):
        with pytest.raises(InvalidOperation):
            write(ann, if_match=ann.etag)


def test_text_of_python_2_and_of_a_form(ann):
    assert ann.save(if_match=u'' + ann.etag) == 0 and ann.save(if_match=str(ann.etag)) == 0


def test_hooks_do_not_run_for_what_is_refused_at_once(rom_connection):
    class Noted(rom.Model):
        n = rom.Integer()
        called = []

        def _before_update(self):
            self.called.append('update')

        def _before_delete(self):
            self.called.append('delete')
    noted = Noted(n=1)
    noted.save()
    old = noted.etag
    noted.n = 2
    noted.save()
    del noted.called[:]
    for write in (noted.save, noted.delete):
        with pytest.raises(DataRaceError):
            write(if_match=old)
    assert noted.called == []
    noted.save(if_match=noted.etag)
    assert noted.called == ['update']


def test_what_a_hook_reads_anew_is_not_what_was_shown(rom_connection, connection):
    class Fresh(rom.Model):
        n = rom.Integer()

        def _before_update(self):
            connection.hset('Fresh:1', 'n', '5')
            self.refresh(force=True)
    fresh = Fresh(n=1)
    fresh.save()
    with pytest.raises(DataRaceError):
        fresh.save(if_match=fresh.etag)


def test_an_override_hands_it_on(rom_connection, connection):
    class Own(rom.Model):
        n = rom.Integer()

        def save(self, full=False, force=False, **more):
            return super(Own, self).save(full, force, **more)
    own = Own(n=1)
    own.save()
    connection.hset('Own:1', 'n', '5')
    with pytest.raises(DataRaceError):
        own.save(if_match=own.etag)


def test_an_override_without_it_is_never_given_it(rom_connection):
    class Old(rom.Model):
        n = rom.Integer()
        up = rom.ManyToOne('Old', on_delete='cascade')

        def save(self, full=False, force=False):
            return rom.Model.save(self, full, force)

        def to_dict(self):
            return 'own'
    first = Old(n=1)
    second = Old(n=2, up=first)
    rom.session.commit()
    second.n = 3
    rom.session.flush()
    rom.session.save(second, all=True, force=True)
    rom.Model.save(second, if_match=rom.util.etag(second))
    first.delete(if_match=first.etag)
    assert second._deleted


# -- delete --------------------------------------------------------------------------------------------------------------

@pytest.fixture
def Note(User):
    class Note(rom.Model):
        user = rom.ManyToOne('User', on_delete='cascade')
        text = rom.Text()
    return Note


def test_deletes_what_is_still_as_shown(ann, Note, connection):
    Note(user=ann, text=u'x').save()
    ann.delete(if_match=ann.etag)
    assert not connection.exists('User:1') and not connection.exists('Note:1')
    ann.delete(if_match=ann.etag)  # it is


@pytest.mark.parametrize('rules', [True, False])
def test_deletes_nothing_else(ann, Note, connection, rules):
    Note(user=ann, text=u'x').save()
    connection.hset('User:1', 'visits', '4')
    more = {} if rules else {'skip_on_delete_i_really_mean_it': rom.SKIP_ON_DELETE}
    with pytest.raises(DataRaceError) as caught:
        ann.delete(if_match=ann.etag, **more)
    assert caught.value.columns == ('visits',) and connection.exists('User:1') and connection.exists('Note:1')


def test_not_a_row_of_many_batches(ann, Note, connection, monkeypatch):
    monkeypatch.setattr(rom.storage.batches, 'ROWS_PER_WRITE', 2)
    for number in range(5):
        Note(user=ann, text=u'%d' % number)
    rom.session.commit()
    connection.hset('User:1', 'visits', '4')
    with pytest.raises(DataRaceError):
        ann.delete(if_match=ann.etag)
    assert len(connection.keys('Note:[0-9]*')) == 5


def test_of_a_row_of_bare_fields(rom_connection, connection):
    class Bare(rom.Model):
        n = rom.Integer()
    bare = Bare()
    bare.save()
    assert bare.etag == etag_of([])
    connection.delete('Bare:1')
    with pytest.raises(RowGoneError):
        bare.delete(if_match=bare.etag)


def test_a_delete_of_its_own_may_ask_for_it_when_it_goes_with_another(rom_connection, connection):
    class Parent(rom.Model):
        pass

    class Child(rom.Model):
        parent = rom.ManyToOne('Parent', on_delete='cascade')
        n = rom.Integer()

        def delete(self, **kwargs):
            super(Child, self).delete(if_match=self.seen, **kwargs)
    parent = Parent()
    child = Child(parent=parent, n=1)
    rom.session.commit()
    child.seen = child.etag
    connection.hset('Child:1', 'n', '2')
    with pytest.raises(DataRaceError):
        parent.delete()
    assert connection.exists('Parent:1') and connection.exists('Child:1')
    connection.hset('Child:1', 'n', '1')
    parent.delete()
    assert not connection.exists('Parent:1') and not connection.exists('Child:1')


# -- lost replies --------------------------------------------------------------------------------------------------------

@pytest.fixture
def lossy(server, connection):
    proxy = LossyProxy(server.kwargs)
    kwargs = dict((name, value) for name, value in server.kwargs.items() if name in ('password', 'username'))
    rom.util.CONNECTION = redis.Redis(host='127.0.0.1', port=proxy.port, **dict(kwargs, **no_retries()))
    yield proxy
    proxy.stop()


def no_retries():
    try:
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError:
        return {}
    return {'retry': Retry(NoBackoff(), 0)}


@pytest.mark.parametrize('how', ['reply', 'request'])
def test_again_after_a_lost_reply(User, ann, lossy, how, connection):
    user = again(ann)
    shown_etag, user.name = user.etag, u'Bob'
    lossy.lose(True, how=how)
    with pytest.raises((redis.ConnectionError, redis.TimeoutError)):
        user.save(if_match=shown_etag)
    assert user.save(if_match=shown_etag) == 1 and connection.hget('User:1', 'name') == b'Bob'
    with pytest.raises(DataRaceError):
        user.save(if_match=shown_etag)


def test_again_after_a_lost_reply_with_another_change(User, ann, lossy, connection):
    user = again(ann)
    shown_etag, user.name = user.etag, u'Bob'
    lossy.lose(True, how='reply')
    with pytest.raises((redis.ConnectionError, redis.TimeoutError)):
        user.save(if_match=shown_etag)
    user.visits = 9
    assert user.save(if_match=shown_etag) == 1 and connection.hmget('User:1', 'name', 'visits') == [b'Bob', b'9']


def test_a_lost_save_for_another_etag_says_nothing_for_this_one(User, ann, lossy):
    user = again(ann)
    shown_etag, user.name = user.etag, u'Bob'
    lossy.lose(True, how='reply')
    with pytest.raises((redis.ConnectionError, redis.TimeoutError)):
        user.save()
    with pytest.raises(DataRaceError):
        user.save(if_match=shown_etag)


@pytest.mark.parametrize('how', ['reply', 'request'])
def test_a_delete_again_after_a_lost_reply(User, ann, lossy, how, connection):
    user = again(ann)
    shown_etag = user.etag
    lossy.lose(True, how=how)
    with pytest.raises((redis.ConnectionError, redis.TimeoutError)):
        user.delete(if_match=shown_etag)
    user.delete(if_match=shown_etag)
    assert user._deleted and not connection.exists('User:1')


@pytest.mark.parametrize('header', ['"%s"', 'W/"%s"'])
def test_an_etag_with_the_quotes_of_its_header(ann, header):
    ann.name = u'Anna'
    with pytest.raises(InvalidOperation) as caught:
        ann.save(if_match=header % ann.etag)
    assert 'quotes' in str(caught.value)
    with pytest.raises(InvalidOperation) as caught:
        ann.save(if_match='')
    assert 'quotes' not in str(caught.value)
