# -*- coding: utf-8 -*-
"""What a mistake is told: which exception, what it says and carries; that nothing was written, and the session can be used."""
import datetime
import traceback
import warnings

import pytest
import six

import rom
from rom.exceptions import (BulkError, ColumnError, InvalidColumnValue, InvalidOperation, MissingColumn, NotLatin1, ORMError,
                            QueryError, UniqueKeyViolation, UnknownArgument, UnknownAttribute, WrongArgument, WrongQuery)


def initial(value):
    return [value.strip()[0]]


@pytest.fixture
def world(rom_connection):
    class Team(rom.Model):
        name = rom.Text(unique=True)
        members = rom.OneToMany('User')

    class User(rom.Model):
        email = rom.Text(required=True, unique=True)
        name = rom.Text(index=True, keygen=rom.FULL_TEXT)
        note = rom.Text()
        nick = rom.Text(index=True, keygen=initial)
        raw = rom.String(index=True, unique=True, keygen=rom.IDENTITY)
        age = rom.Integer(index=True)
        born = rom.Date(index=True)
        seen = rom.DateTime()
        ok = rom.Boolean(index=True)
        first = rom.Text()
        last = rom.Text()
        folded = rom.IndexOnly('note', keygen=rom.IDENTITY_CI, unique=True)
        team = rom.ManyToOne('Team', on_delete='no action')
        tags = rom.UnsafeColumn()
        unique_together = [('first', 'last')]
        geo_index = [rom.GeoIndex('place', lambda row: None)]

    class World(object):
        pass
    made = World()
    made.User, made.Team = User, Team
    made.core = Team(name=u'core')
    made.ann = User(email=u'a@x', name=u'Ann', note=u'N', first=u'A', last=u'B', team=made.core, age=5)
    rom.session.commit()
    made.other = User(email=u'o@x')
    made.other.save()
    return made


def twins(world):
    world.User(email=u'twin@x')
    world.User(email=u'twin@x')
    rom.session.commit(atomic=True)


# what is done, which exception, what it says, and the columns and value that it carries (Ellipsis for whatever)
MISTAKES = [
    # values
    ('taken', lambda w: w.User(email=u'a@x').save(), UniqueKeyViolation,
     ["User.email 'a@x' is taken: row User:1 has it", 'stays in the session', 'rom.session.rollback()'], ('email',), u'a@x'),
    ('taken by assignment', lambda w: w.other.update(email=u'a@x').save(), UniqueKeyViolation, ["'a@x' is taken"], ('email',), u'a@x'),
    ('taken together', lambda w: w.User(email=u'b@x', first=u'A', last=u'B').save(), UniqueKeyViolation,
     ["User.first and User.last ('A', 'B') is taken: row User:1"], ('first', 'last'), (u'A', u'B')),
    ('taken as the keygen has it', lambda w: w.User(email=u'b@x', note=u'n').save(), UniqueKeyViolation,
     ["User.folded 'n' is taken"], ('folded',), u'n'),
    ('not Latin-1', lambda w: w.User(email=u'b@x', raw=u'\u20ac'), NotLatin1,
     ['User.raw is bytes: text is taken if it is Latin-1; rom.Text is for text (value: '], ('raw',), u'\u20ac'),
    ('not Latin-1, 1.1.2', lambda w: w.User(email=u'b@x', raw=u'\u20ac'), UnicodeEncodeError, ['User.raw is bytes'], ('raw',), u'\u20ac'),
    ('looked up, not Latin-1', lambda w: w.User.get_by(raw=u'\u20ac'), QueryError, ['User.raw is bytes'], ('raw',), u'\u20ac'),
    ('text for a date', lambda w: w.User(email=u'b@x', born=u'1990-1-1'), InvalidColumnValue,
     ["User.born takes datetime.date; datetime.date.fromisoformat(...) makes one", "1990-1-1"], ('born',), u'1990-1-1'),
    ('text for a datetime', lambda w: setattr(w.ann, 'seen', u'yesterday'), InvalidColumnValue, ['User.seen takes datetime.datetime'],
     ('seen',), u'yesterday'),
    ('number for a date', lambda w: setattr(w.ann, 'born', 5), InvalidColumnValue, ['User.born takes datetime.date (value: 5)'], ('born',), 5),
    ('keygen that raises', lambda w: w.User(email=u'b@x', nick=u' ').save(), InvalidColumnValue,
     ['User.nick of ', 'cannot be indexed: IndexError: string index out of range'], ('nick',), u' '),
    ('required', lambda w: w.User(), MissingColumn, ['User.email cannot be missing'], ('email',), None),
    ('required, cleared', lambda w: setattr(w.ann, 'email', None), InvalidOperation, ['User.email cannot be null', 'required'], ('email',), None),
    ('key given', lambda w: w.User(email=u'b@x', id=5), InvalidColumnValue, ['User.id comes from a counter'], ('id',), 5),
    ('key assigned', lambda w: setattr(w.ann, 'id', 5), InvalidOperation, ['User.id comes from a counter'], ('id',), 5),
    # names of columns
    ('slip, required', lambda w: w.User(emial=u'b@x'), InvalidColumnValue, ["User has no column 'emial': did you mean 'email'?"],
     ('emial',), u'b@x'),
    ('slip', lambda w: w.User(email=u'b@x', nmae=u'x'), InvalidColumnValue,
     ["User has no column 'nmae': did you mean 'name'?", '_extra_ok=True ignores such names'], ('nmae',), u'x'),
    ('no such name', lambda w: w.User(email=u'b@x', colour=1), InvalidColumnValue, ["User has no column 'colour': there are "],
     ('colour',), 1),
    ('two slips', lambda w: w.User(email=u'b@x', nmae=1, aeg=2), InvalidColumnValue, ["'nmae': did you mean 'name'?", "did you mean 'age'?"],
     ('aeg', 'nmae'), Ellipsis),
    ('unsafe value', lambda w: w.User(email=u'b@x', tags=1), InvalidColumnValue, ['User.tags is an UnsafeColumn'], ('tags',), 1),
    ('get_by slip', lambda w: w.User.get_by(emial=u'a@x'), QueryError, ["User has no column 'emial': did you mean 'email'?"], ('emial',), None),
    ('get_by other case', lambda w: w.User.get_by(EMAIL=u'a@x'), QueryError, ["did you mean 'email'?"], ('EMAIL',), None),
    ('get_by id', lambda w: w.User.get_by(id=1), QueryError, ['use User.get(1)', 'id = rom.PrimaryKey(index=True)'], ('id',), None),
    ('get_by nothing', lambda w: w.User.get_by(), QueryError, ['exactly one attribute, you provided 0'], (), None),
    ('filter slip', lambda w: w.User.query.filter(aeg=5), QueryError, ["User has no column 'aeg': did you mean 'age'?"], ('aeg',), None),
    ('filter id', lambda w: w.User.query.filter(id=1), QueryError, ['rom.PrimaryKey(index=True)'], ('id',), None),
    ('filter unique', lambda w: w.User.query.filter(email=u'a@x'), QueryError,
     ['User.email is unique, not indexed: User.get_by(email=...) finds it; filter() needs index=True, keygen='], ('email',), None),
    ('filter without index', lambda w: w.User.query.filter(note=u'x'), QueryError,
     ['User.note', 'declare it rom.Text(index=True, keygen=rom.IDENTITY)', 'refresh_indices(User) once'], ('note',), None),
    ('filter unsafe', lambda w: w.User.query.filter(tags=1), QueryError, ['UnsafeColumn', 'no index'], ('tags',), None),
    ('filter list', lambda w: w.Team.query.filter(members=1), QueryError, ['filter those by their reference'], ('members',), None),
    ('lookup', lambda w: w.User.query.filter(age__gt=5), QueryError,
     ["'age__gt'", 'a range is filter(age=(5, None))', 'there are no lookups or joins'], ('age__gt',), None),
    ('join', lambda w: w.User.query.filter(team__name=u'core'), QueryError, ['filter(team=entity)', 'there are no lookups or joins'],
     ('team__name',), None),
    ('lookup of words', lambda w: w.User.query.filter(name__contains=u'x'), QueryError, ['filter(name=...)', 'no lookups'],
     ('name__contains',), None),
    ('startswith', lambda w: w.User.query.startswith(name=u'x'), QueryError, ['declare it with prefix=True too'], ('name',), None),
    ('endswith slip', lambda w: w.User.query.endswith(nmae=u'x'), QueryError, ["did you mean 'name'?"], ('nmae',), None),
    ('like slip', lambda w: w.User.query.like(nmae=u'x'), QueryError, ["did you mean 'name'?"], ('nmae',), None),
    ('does not start', lambda w: list(w.User.does_not_startwith('nmae', u'x')), QueryError, ["did you mean 'name'?"], ('nmae',), None),
    ('order slip', lambda w: w.User.query.order_by('-aeg'), QueryError, ["did you mean 'age'?"], ('aeg',), None),
    ('order by id', lambda w: w.User.query.order_by('-id'), QueryError, ['id = rom.PrimaryKey(index=True)'], ('id',), None),
    ('order without index', lambda w: w.User.query.order_by('note'), QueryError, ['rom.Text(index=True, keygen=rom.SIMPLE'], ('note',), None),
    ('order by words', lambda w: w.User.query.order_by('name'), QueryError, ['User.name has words, which have no order', 'SIMPLE_CI', 'IndexOnly'],
     ('name',), None),
    ('order by Boolean', lambda w: w.User.query.order_by('-ok'), QueryError, ['User.ok has no order'], ('ok',), None),
    ('order by what', lambda w: w.User.query.order_by(5), QueryError, ['order_by takes the names of columns, you provided 5'], (), Ellipsis),
    ('select slip', lambda w: w.User.query.select('nmae'), QueryError, ["User has no column 'nmae': did you mean 'name'?"], ('nmae',), None),
    ('select twice', lambda w: w.User.query.select('age', 'age'), QueryError, ['must be unique', 'age, age'], ('age', 'age'), None),
    ('near slip', lambda w: w.User.query.near('plcae', 0, 0, 1, 'km'), QueryError, ["did you mean 'place'?"], (), 'plcae'),
    ('near slip, 1.1.2', lambda w: w.User.query.near('plcae', 0, 0, 1, 'km'), ValueError, ["did you mean 'place'?"], (), 'plcae'),
    ('near unit', lambda w: w.User.query.near('place', 0, 0, 1, 'miles'), WrongQuery, ["one of 'm', 'km', 'mi', 'ft'", "'miles'"], (), 'miles'),
    ('limit', lambda w: w.User.query.limit(10), WrongQuery, ['limit(offset, count)', 'limit(0, 10)'], (), 10),
    ('limit, 1.1.2', lambda w: w.User.query.limit(10), TypeError, ['limit(0, 10)'], (), 10),
    ('limit of text', lambda w: w.User.query.limit(0, '5'), QueryError, ['takes integers', 'limit(offset, count)'], (), '5'),
    # values that are asked for
    ('filter date by text', lambda w: w.User.query.filter(born=u'1990-01-01'), QueryError, ['User.born takes datetime.date', '1990-01-01'],
     ('born',), u'1990-01-01'),
    ('filter number by text', lambda w: w.User.query.filter(age=u'old'), QueryError, ['User.age takes whole numbers', 'old'], ('age',), u'old'),
    ('filter reference by text', lambda w: w.User.query.filter(team=u'core'), QueryError,
     ['User.team takes Team entities, ids, NOT_NULL or lists of them', 'core'], ('team',), u'core'),
    ('filter reference by anything', lambda w: w.User.query.filter(team=object), QueryError, ['User.team takes Team entities'], ('team',), object),
    ('filter by None', lambda w: w.User.query.filter(age=None), QueryError, ['User.age cannot be filtered by None'], ('age',), None),
    # ids and entities
    ('get text', lambda w: w.User.get('abc'), WrongArgument, ["User.get takes an id (int or its digits)", "'abc'"], ('id',), 'abc'),
    ('get text, 1.1.2', lambda w: w.User.get('abc'), ValueError, ["'abc'"], ('id',), 'abc'),
    ('get None', lambda w: w.User.get(None), WrongArgument, ['you provided None'], ('id',), None),
    ('get None, 1.1.2', lambda w: w.User.get(None), TypeError, ['you provided None'], ('id',), None),
    ('get 1.9', lambda w: w.User.get(1.9), WrongArgument, ['you provided 1.9'], ('id',), 1.9),
    ('get True', lambda w: w.User.get(True), WrongArgument, ['you provided True'], ('id',), True),
    ('get digits and more', lambda w: w.User.get('1_0'), WrongArgument, ["'1_0'"], ('id',), '1_0'),
    ('get list', lambda w: w.User.get([1, 'x']), WrongArgument, ["you provided 'x'"], ('id',), 'x'),
    ('get an entity', lambda w: w.User.get(w.ann), WrongArgument, ['User.get takes an id'], ('id',), Ellipsis),
    ('add', lambda w: rom.session.add('x'), ORMError, ["Cannot add an object that is not an instance of a Model (you provided 'x')"], (), 'x'),
    ('add None', lambda w: rom.session.add(None), ORMError, ['Cannot add', 'None'], (), None),
    ('forget', lambda w: rom.session.forget('x'), ORMError, ['Cannot forget', "'x'"], (), 'x'),
    ('save', lambda w: rom.session.save('x'), ORMError, ['Cannot save', "'x'"], (), 'x'),
    ('delete', lambda w: rom.session.delete(5), ORMError, ['Cannot delete', '5'], (), 5),
    ('refresh changed', lambda w: w.ann.update(age=6).refresh(), InvalidOperation, ['force=True', 'User:1'], ('age',), None),
    ('refresh new', lambda w: w.User(email=u'b@x').refresh(), InvalidOperation, ['this User has no row yet'], ('email',), None),
    ('transfer to None', lambda w: w.ann.transfer(None, 'age', 1, w.other, 'paid'), WrongArgument, ['transfer takes an entity, you provided None'],
     (), None),
    ('transfer slip', lambda w: w.ann.transfer(w.other, 'aeg', 1, w.other, 'paid'), InvalidOperation, ["did you mean 'age'?"], ('aeg',), None),
    ('transfer of a text', lambda w: w.ann.transfer(w.other, 'age', '1', w.other, 'paid'), WrongArgument,
     ["transfer takes numbers, you provided '1'"], ('age',), '1'),
    ('transfer of nothing', lambda w: w.ann.transfer(w.other, 'age', 0, w.other, 'paid'), WrongArgument, ['value must be >0'], ('age',), 0),
    ('transfer to itself', lambda w: w.ann.transfer(w.ann, 'age', 1, w.other, 'paid'), WrongArgument, ['User:1 cannot transfer to itself'],
     ('age',), None),
    ('transfer too much', lambda w: w.ann.transfer(w.other, 'age', 6, w.other, 'paid'), WrongArgument, ['not enough credit: User.age of User:1'],
     ('age',), 6),
    ('transfer of changed ones', lambda w: w.ann.update(age=6).transfer(w.other, 'age', 1, w.other, 'paid'), WrongArgument,
     ['must be unmodified before transfer', 'User:1'], (), None),
    ('values_list', lambda w: w.User.query.values_list('name', flt=True), WrongQuery, ["unexpected keyword argument 'flt'"], (), None),
    ('get_or_create twice', lambda w: rom.util.get_or_create(), WrongArgument, ['defaults={}'], (), None),
    ('clean_unsafe_cols of nothing', lambda w: rom.util.clean_unsafe_cols(), WrongArgument, ['missing models'], (), None),
    ('no time for a lock', lambda w: rom.util.Lock(rom.util.get_connection(), 'x', 0, 0).acquire(), WrongArgument,
     ['must be more than 0 seconds'], (), 0),
    ('unsafe assigned', lambda w: setattr(w.ann, 'tags', 'x'), UnknownAttribute, ['User.tags takes commands'], ('tags',), 'x'),
    ('increment by a text', lambda w: rom.util.increment(w.ann, 'age', 'x'), WrongArgument, ['increment takes a number'], ('age',), 'x'),
    ('part from the end', lambda w: w.User.query[-1], QueryError, ['takes numbers from 0'], (), -1),
    ('part in steps', lambda w: w.User.query[0:9:2], QueryError, ['takes no steps'], (), slice(0, 9, 2)),
    ('exclude nothing', lambda w: w.User.query.exclude(), QueryError, ['takes conditions or keywords'], (), None),
    ('locked', lambda w: [rom.util.EntityLock(w.ann, 0, 9).__enter__() for _ in range(2)], rom.DataRaceError, ['Lock is already held'], (), None),
    ('twins', twins, BulkError, ["User.email 'twin@x' twice in this commit"], ('email',), u'twin@x'),
    ('append', lambda w: w.core.members.append(w.ann), InvalidOperation, ['Team.members is read anew', 'assign to User.team'], ('members',), Ellipsis),
    ('remove', lambda w: w.core.members.remove(w.ann), InvalidOperation, ['assign to User.team'], ('members',), Ellipsis),
    ('clear', lambda w: w.core.members.clear(), InvalidOperation, ['assign to User.team'], ('members',), None),
    ('assign list', lambda w: setattr(w.core, 'members', [w.ann]), InvalidOperation, ['Team.members is read-only'], ('members',), Ellipsis),
    # maintenance
    ('refresh_indices', lambda w: rom.util.refresh_indices('User'), WrongArgument, ["refresh_indices takes a model class, you provided 'User'"],
     (), 'User'),
    ('clean_old_index', lambda w: rom.util.clean_old_index('User'), WrongArgument, ["clean_old_index takes a model class"], (), 'User'),
    ('check_indexes', lambda w: rom.util.check_indexes(None), WrongArgument, ['check_indexes takes a model class, you provided None'], (), None),
    ('check_indexes of an entity', lambda w: rom.util.check_indexes(w.ann), WrongArgument, ['check_indexes takes a model class'], (), Ellipsis),
    ('clean_unsafe_cols', lambda w: rom.util.clean_unsafe_cols('User'), WrongArgument, ['clean_unsafe_cols takes a model class'], (), 'User'),
    ('problems too early', lambda w: rom.util.check_indexes(w.User).problems, InvalidOperation, ['not run yet', 'show_progress'], (), None),
]


@pytest.mark.parametrize('make, kind, says, columns, value', [each[1:] for each in MISTAKES], ids=[each[0] for each in MISTAKES])
def test_a_mistake_is_told(world, connection, make, kind, says, columns, value):
    before = dict((key, connection.dump(key)) for key in connection.keys('*') if connection.ttl(key) < 0)
    with pytest.raises(kind) as caught:
        make(world)
    error = caught.value
    told = six.text_type(error) if six.PY3 else six.text_type(ORMError.__str__(error))
    for text in says:
        assert text.replace(u"'", u'') in told.replace(u"u'", u"'").replace(u"'", u''), told
    assert isinstance(error, ORMError) and tuple(error.columns) == columns
    assert value is Ellipsis or error.value == value
    assert error.model in ('User', 'Team', None)
    assert error.model or not columns
    after = dict((key, connection.dump(key)) for key in connection.keys('*') if connection.ttl(key) < 0)
    counters = set([b'User:id:', b'Team:id:'])
    assert dict(item for item in after.items() if item[0] not in counters) == dict(
        item for item in before.items() if item[0] not in counters)
    rom.session.rollback()
    world.User(email=u'c@x').save()
    assert world.User.get_by(email=u'c@x') is not None


def test_twins_in_one_commit(world):
    with pytest.raises(BulkError) as caught:
        twins(world)
    (entity, error), = caught.value.errors
    assert 'User.email %s twice in this commit: entity 1 of 2 has it, too' % repr(u'twin@x') in str(error)
    assert (error.value, error.columns, error.model) == (u'twin@x', ('email',), 'User') and entity.email == u'twin@x'
    rom.session.rollback()
    assert world.User.get_by(email=u'twin@x') is None


@pytest.mark.skipif(six.PY2, reason='tracebacks of Python 2 have no context')
def test_a_slip_is_told_alone(world):
    """Not on top of the required column that is missing because of it."""
    with pytest.raises(InvalidColumnValue) as caught:
        world.User(emial=u'b@x')
    told = ''.join(traceback.format_exception(type(caught.value), caught.value, caught.value.__traceback__))
    assert 'did you mean' in told and 'cannot be missing' not in told


@pytest.mark.skipif(six.PY2, reason='Python 2 has no annotations')
def test_an_annotation_is_no_column(world):
    names = {'rom': rom, '__name__': __name__}
    exec('class Noted(rom.Model):\n    name: str\n    city: rom.Text', names)
    for name in ('name', 'city'):
        with pytest.raises(InvalidColumnValue) as caught:
            names['Noted'](**{name: 'x'})
        assert 'only an annotation' in str(caught.value) and '%s = rom.Text()' % name in str(caught.value)
    with pytest.raises(InvalidColumnValue) as caught:
        names['Noted'](other='x')
    assert 'annotation' not in str(caught.value)


@pytest.mark.skipif(six.PY2, reason='Python 2 refuses the call by itself')
def test_delete_of_a_class_is_told_what_to_do(world):
    for wrong in (1, None, u'1'):
        with pytest.raises(WrongArgument) as caught:
            world.User.delete(wrong)
        assert 'User.get(1).delete()' in str(caught.value)


def test_what_is_let_through(world):
    assert world.User(email=u'b@x', nmae=1, _extra_ok=True).email == u'b@x'
    assert world.User.get('1') is world.User.get(1) is world.User.get(1.0) is world.ann
    assert world.User.get(b'1') is world.ann and world.User.get(-1) is None


def test_a_list_of_referrers_is_a_list(world):
    import copy
    import json
    members = world.core.members
    assert isinstance(members, list) and members == [world.ann] and members + [1] == [world.ann, 1]
    assert type(copy.copy(members)) is list
    members.sort(key=id)
    members.reverse()
    assert members.pop() is world.ann and members == [] and json.dumps(members) == '[]'


# -- declarations ------------------------------------------------------------------------------------------------------

def declared(**attrs):
    return type(rom.Model)('Declared', (rom.Model,), attrs)


def forgotten_keygen():
    class Post(rom.Model):
        title = rom.Text(index=True)


def forgotten_on_delete():
    class Post(rom.Model):
        team = rom.ManyToOne('Team')


def wrong_on_delete():
    class Post(rom.Model):
        team = rom.ManyToOne('Team',
                             on_delete='explode')


def unknown_argument():
    class Post(rom.Model):
        title = rom.Text(nullable=True)


def misspelt_argument():
    class Post(rom.Model):
        title = rom.Text(requird=True)


def no_parentheses():
    class Post(rom.Model):
        title = rom.Text


def not_unique():
    class Post(rom.Model):
        ok = rom.Float(unique=True)


def misspelt_constraint():
    class Post(rom.Model):
        title = rom.Text()
        n = rom.Integer()
        unique_together = [('tilte', 'n')]


def missing_model():
    class Bee(rom.Model):
        pass

    class Post(rom.Model):
        bee = rom.ManyToOne('Be', on_delete='no action')
    Post(bee=1)


def reference_to_no_model():
    class Post(rom.Model):
        owner = rom.ManyToOne(int, on_delete='cascade')


def list_of_no_model():
    class Post(rom.Model):
        owners = rom.OneToMany(None)


def index_of_nothing():
    class Post(rom.Model):
        folded = rom.IndexOnly('title')


@pytest.mark.parametrize('make, kind, says', [
    (reference_to_no_model, ColumnError, ['the other side is a model, told by its class or its name', 'int']),
    (list_of_no_model, ColumnError, ['the other side is a model', 'None']),
    (index_of_nothing, WrongArgument, ['Need both of `column` and `keygen`']),
    (forgotten_keygen, ColumnError, ['Post.title: ', 'missing explicit keygen', 'IDENTITY', 'FULL_TEXT', 'SIMPLE', 'whole value']),
    (forgotten_on_delete, ColumnError, ['Post.team: ', 'on_delete=', "'cascade'"]),
    (wrong_on_delete, ColumnError, ['Post.team: ', "'restrict'", "'explode'"]),
    (unknown_argument, UnknownArgument, ['Post.title: ', "rom.Text has no argument 'nullable'", 'required, default, unique, index, keygen']),
    (unknown_argument, TypeError, ["'nullable'"]),
    (misspelt_argument, ColumnError, ["did you mean 'required'"]),
    (no_parentheses, ColumnError, ['Post.title is the class Text', 'forget the ()?']),
    (not_unique, ColumnError, ['Post.ok: ', 'strings or integers']),
    (misspelt_constraint, ColumnError, ["Post has no column 'tilte': did you mean 'title'?"]),
    (missing_model, ORMError, ["'Be'", 'Post.bee', "did you mean 'Bee'?"]),
], ids=lambda each: getattr(each, '__name__', None) or '')
def test_a_declaration_is_told_about(rom_connection, make, kind, says):
    with pytest.raises(kind) as caught:
        make()
    for text in says:
        if six.PY3 or not text.startswith('Post.t') and text != 'Post.ok: ':  # 2.7 does not tell which attribute it is
            assert text in str(caught.value)
    if six.PY3:
        assert caught.value.model == 'Post' and len(caught.value.columns) == 1


def test_columns_outside_of_a_class_are_told_about_by_their_class():
    with pytest.raises(ColumnError) as caught:
        rom.Text(index=True)
    assert str(caught.value).startswith('rom.Text: ') and caught.value.model is None
    with pytest.raises(UnknownArgument) as caught:
        rom.ManyToOne('Team', on_delete='cascade', null=True)
    assert 'it knows ftable, on_delete, required, default' in str(caught.value)


def test_a_column_class_of_a_programs_own_takes_what_it_takes(rom_connection):
    class Short(rom.Text):
        def __init__(self, length, **kwargs):
            self.length = length
            rom.Text.__init__(self, **kwargs)

    class Post(rom.Model):
        title = Short(length=5, required=True)
    assert Post(title=u'x').title == u'x'


def test_a_list_given_to_a_new_entity(world):
    """As 1.1.2 has it nothing comes of it, but not in silence; of nothing, nothing is said."""
    with pytest.warns(UserWarning, match='members=... is not stored: Team.members lists what refers here'):
        team = world.Team(name=u'new', members=[world.ann])
    team.save()
    assert team.members == []
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        world.Team(name=u'other', members=[])


def test_a_geo_callback_that_raises(rom_connection):
    class Place(rom.Model):
        east = rom.Text()
        geo_index = [rom.GeoIndex('at', lambda row: {'lon': float(row.east), 'lat': 1})]
    Place(east=u'1').save()
    with pytest.raises(InvalidColumnValue) as caught:
        Place(east=u'far').save()
    assert 'geo index Place.at of a new row: the callback raised ValueError: could not convert' in str(caught.value)
    assert type(getattr(caught.value, '__cause__', None)) in (ValueError, type(None)) and caught.value.model == 'Place'
    rom.session.rollback()
    with pytest.raises(InvalidColumnValue) as caught:
        Place.get(1).update(east=u'near').save()
    assert 'of row 1' in str(caught.value) and caught.value.pk == 1


def test_dataclass(rom_connection):
    dataclasses = pytest.importorskip('dataclasses')
    with pytest.raises(ColumnError) as caught:
        @dataclasses.dataclass
        class Post(rom.Model):
            title = rom.Text()
    assert 'Post: models make their own __init__, take @dataclass away' in str(caught.value)


def test_an_init_that_cannot_load(rom_connection):
    class Post(rom.Model):
        title = rom.Text()

        def __init__(self, title):
            rom.Model.__init__(self, title=title)
    id = Post(u'x').id
    rom.session.commit()
    rom.session.rollback()
    with pytest.raises(InvalidOperation) as caught:
        Post.get(id)
    assert 'Post.__init__() must take **values' in str(caught.value) and caught.value.pk == id


# -- attributes that are no columns ------------------------------------------------------------------------------------

def test_a_slip_in_an_attribute_warns_once(world):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        for user in (world.ann, world.other):
            user.nmae, user.cached, user._name = u'x', 5, 6
            user.save()
            rom.session.commit()
    warning, = [each for each in caught if issubclass(each.category, UserWarning)]
    assert "User.nmae is no column, and is not stored: did you mean 'name'?" in str(warning.message)
    assert 'test_messages.py' in warning.filename


def test_a_slip_in_an_unchanged_entity_is_told_by_commit(world):
    assert world.User.get(1).age == 5
    world.User.get(1).aeg = 6
    with pytest.warns(UserWarning, match='User.aeg is no column'):
        rom.session.commit()


def test_strict_models_refuse_attributes_that_are_no_columns(rom_connection):
    class Strict(rom.Model):
        _strict = True
        name = rom.Text()
        label = 'class attribute'

    class Loose(Strict):
        _strict = False
    user = Strict(name=u'a')
    user.name, user.label, user._cache = u'b', 'x', 5
    for kind in (UnknownAttribute, AttributeError, InvalidColumnValue):
        with pytest.raises(kind) as caught:
            user.nmae = u'x'
        assert "Strict has no column 'nmae': did you mean 'name'?" in str(caught.value)
    assert caught.value.value == u'x' and caught.value.columns == ('nmae',)
    user.save()
    assert Strict.get(user.id).name == u'b'
    Loose().nmae = 5


# -- maintenance that was not run --------------------------------------------------------------------------------------

def test_jobs_say_how_far_they_are(world):
    assert repr(rom.util.refresh_indices(world.User)) == '<refresh_indices of User: not run yet, iterate it or show_progress(it)>'
    job = rom.util.check_indexes(world.User)
    assert 'not run yet' in repr(job) and 'not run yet' in str(job)
    next(job)
    with pytest.raises(InvalidOperation):
        job.unmended
    assert list(job) is not None and job.problems == []


def test_a_date_is_taken(world):
    world.ann.born = datetime.date(1990, 1, 1)
    world.ann.save()
    assert world.User.query.filter(born=datetime.date(1990, 1, 1)).count() == 1


def test_reindexing_tells_the_value_that_two_rows_have(world, connection):
    connection.hset('User:%d' % world.other.id, 'email', 'a@x')
    rom.session.rollback()
    with pytest.raises(BulkError) as caught:
        list(rom.util.refresh_indices(world.User))
    (_, error), = caught.value.errors
    assert 'User.email %s is taken: row User:' % repr(u'a@x') in str(error) and 'session' not in str(error)
    assert error.value == u'a@x' and error.columns == ('email',)


def test_the_truth_of_an_entity_is_not_asked(rom_connection):
    class Empty(rom.Model):
        code = rom.Text(unique=True)

        def __len__(self):
            raise AssertionError('whether it is true was asked')
    Empty(code=u'x').save()
    with pytest.raises(UniqueKeyViolation) as caught:
        Empty(code=u'x').save()
    assert caught.value.value == u'x'
    rom.session.rollback()
