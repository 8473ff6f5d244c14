# -*- coding: utf-8 -*-
"""Conditions as they are written: what joins them, how they read, what has no truth value; no server is asked."""
import copy
import datetime

import pytest
import rom
import six
from rom.values.conditions import Condition

pytestmark = pytest.mark.pure


class Base(rom.Model):
    _namespace = 'conditions-base'
    age = rom.Integer(index=True)
    active = rom.Boolean(index=True)
    note = rom.Text()
    tags = rom.UnsafeColumn()


class User(Base):
    _namespace = 'conditions-user'
    name = rom.Text(index=True, keygen=rom.IDENTITY, prefix=True)
    bio = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True)
    words = rom.Text(index=True, keygen=rom.FULL_TEXT)
    title = rom.Text(index=True, keygen=rom.SIMPLE)
    born = rom.Date(index=True)
    others = rom.OneToMany('User', column='boss')
    boss = rom.ManyToOne('User', on_delete='no action')
    folded = rom.IndexOnly('name', keygen=rom.IDENTITY_CI)
    geo_index = [rom.GeoIndex('place', lambda row: None)]


class Other(rom.Model):
    _namespace = 'conditions-other'
    age = rom.Integer(index=True)


for registry in (rom.MODELS, rom.MODELS_REFERENCED):  # other tests have models of these names
    for name in [name for name in registry if name in ('Base', 'User', 'Other') or name.startswith('conditions-')]:
        del registry[name]


def filters(*conditions, **keywords):
    return User.query.filter(*conditions, **keywords)._filters


def refused(*conditions, **keywords):
    with pytest.raises(rom.QueryError) as caught:
        User.query.filter(*conditions, **keywords)
    return str(caught.value)


@pytest.mark.parametrize('written', [
    "User.age >= 18", "User.age == 18", "User.age != 18", "User.age < 18", "User.age <= -18", "User.age > 18",
    "User.age.between(18, 65)", "User.age.in_([18, 65])", "User.age.in_([])", "User.age.is_null()", "User.age == None", "User.age != None",
    "User.name == 'x'", "User.name.startswith('a')", "User.name.endswith('a')", "User.name.like('a*n')", "User.bio.has_word('word')",
    "User.bio.search('new yo')", "User.born < datetime.date(2020, 1, 2)", "User.active", "~User.active", "~(User.age >= 18)",
    "~User.age.is_null()", "(User.age >= 18) & (User.age < 65)", "(User.age >= 18) & (User.age < 65) & ~User.active",
    "(User.age >= 18) & (User.age < 65) | User.active", "(User.age < 18 ) | (User.age > 65)", "~((User.age < 18) | User.active)",
    "((User.age < 18) | User.active) & User.name.is_null()", "User.active & User.name.is_null() | ~User.active",
    "within('place', 8.57, 50.03, 5, 'km') & User.active", "(User.age != 18) | ~(User.name != 'x')", "~~User.active",
    "~~((User.age < 18) & User.active)"])
def test_a_condition_reads_as_it_was_written(written):
    names = {'User': User, 'within': rom.within, 'datetime': datetime}
    condition = eval(written, names)
    if not isinstance(condition, Condition):
        return
    expected = written.replace('18 )', '18)')
    assert six.text_type(condition) == expected
    assert isinstance(condition, Condition) and expected in repr(condition)
    User.query.filter(condition) if 'endswith' not in written else None


def test_bytes_and_unicode_read_alike():
    assert six.text_type(User.name == u'caf\xe9') == u"User.name == '%s'" % (u'caf\\xe9' if six.PY2 else u'caf\xe9')


def test_reflected():
    assert str(18 <= User.age) == 'User.age >= 18'
    assert str(18 == User.age) == 'User.age == 18'


@pytest.mark.parametrize('use', [
    lambda: bool(User.age > 5), lambda: (User.age > 5) and (User.age < 9), lambda: (User.age > 5) or User.active, lambda: not (User.age > 5),
    lambda: 18 < User.age < 65, lambda: User.active & (User.age > 5) and 1, lambda: 5 in [User.age]])
def test_no_truth_value(use):
    with pytest.raises(TypeError) as caught:
        use()
    assert '&' in str(caught.value) and 'between' in str(caught.value) and 'User.a' in str(caught.value)


@pytest.mark.parametrize('join', [lambda: (User.age > 5) & 5, lambda: 5 | (User.age > 5), lambda: (User.age > 5) & 'x',
                                  lambda: User.active & 5])
def test_joined_with_conditions_only(join):
    with pytest.raises(TypeError):
        join()


# -- between columns ---------------------------------------------------------------------------------------------------

def test_columns_equal_themselves():
    columns = [User.age, User.name, Base.age, Other.age, User.tags, User.others]
    for place, column in enumerate(columns):
        assert (column == column) is True and (column != column) is False
        assert columns.index(column) == place and column in columns and {column: 1}[column] == 1
        for other in columns[:place]:
            assert (column == other) is False and (column != other) is True and (other == column) is False
    assert len(set(columns)) == 6 and Other.age not in columns[:3]
    assert copy.copy(User.age) is not User.age and (copy.copy(User.age) == User.age) is False


def test_no_index_compares_columns():
    for wrong in (User.age == User.boss, User.age != User.boss, User.age > User.boss, User.age.in_([User.boss]), User.age.between(1, User.boss)):
        assert 'no index compares columns' in refused(wrong)
    assert 'no index compares columns' in refused(age=User.boss) and 'no index' in refused(age=[1, User.boss])


def test_what_filter_takes():
    assert filters(User.active)[0].of == filters(User.active == True)[0].of  # noqa: E712
    assert 'alone' in refused(User.age) and 'User.age' in refused(User.age)
    with pytest.raises(rom.QueryError):
        ~User.age
    with pytest.raises(rom.QueryError):
        User.age & User.active
    assert 'User' in refused('age') and '5' in refused(5)
    with pytest.raises(rom.QueryError):
        User.query.exclude()


def test_columns_of_bases_and_of_others():
    assert [each.of for each in filters(Base.age > 5)] == [each.of for each in filters(User.age > 5)]
    message = refused(Other.age > 5)
    assert 'Other.age' in message and 'User' in message
    with pytest.raises(rom.QueryError):
        Base.query.filter(User.name == 'x')


def test_a_mixin_stands_for_the_models_that_have_it():
    class Stamped(object):
        made = rom.Integer(index=True)

    class ConditionsPost(Stamped, rom.Model):
        _namespace = 'conditions-post'
    assert [each.of for each in ConditionsPost.query.filter(Stamped.made > 5)._filters] == [
        each.of for each in ConditionsPost.query.filter(ConditionsPost.made > 5)._filters]


# -- what no index can answer says what would ----------------------------------------------------------------------------

@pytest.mark.parametrize('condition,told', [
    (lambda: User.bio == 'new york', ['User.bio', 'has_word', 'search']), (lambda: User.note == 'x', ['User.note', 'index']),
    (lambda: User.words.search('a b'), ['User.words', 'prefix']), (lambda: User.name.search('a'), ['User.name', 'FULL_TEXT']),
    (lambda: User.age.search('a'), ['User.age', 'prefix']), (lambda: User.words.startswith('a'), ['User.words', 'prefix']),
    (lambda: User.name.endswith('a'), ['User.name', 'suffix']), (lambda: User.name < 'x', ['User.name', 'SIMPLE']),
    (lambda: User.title == 'x', ['User.title', 'IDENTITY']), (lambda: User.active < True, ['User.active', 'order']),
    (lambda: User.age == [1, 2], ['User.age', 'in_']), (lambda: User.age == (1, 2), ['User.age', 'between']),
    (lambda: User.age.in_([1, None]), ['User.age', '| User.age.is_null()']), (lambda: User.age.between(None, 5), ['User.age', '<=']),
    (lambda: User.age > None, ['User.age']), (lambda: User.age > 'x', ['User.age']), (lambda: User.age.has_word('x'), ['User.age', 'words']),
    (lambda: User.bio.has_word('two words'), ['User.bio', 'search']), (lambda: User.bio.has_word(5), ['User.bio', 'string']),
    (lambda: User.bio.search(5), ['User.bio', 'string']), (lambda: User.folded.is_null(), ['User.folded', 'row']),
    (lambda: User.id.is_null(), ['User.id']), (lambda: User.others == 5, ['User.others']), (lambda: User.age.in_([(1, 2)]), ['User.age'])])
def test_refused(condition, told):
    message = refused(condition())
    assert [each for each in told if each not in message] == [], message


def test_a_text_is_no_list():
    with pytest.raises(rom.QueryError) as raised:
        User.name.in_(u'ann')
    assert 'User.name.in_ takes a list' in str(raised.value) and 'ann' in str(raised.value)


def test_exclusive_ends():
    assert [each.of for each in filters(User.age > 5)] == [(('age', u'(5.0', None),)]
    assert [each.of for each in filters(User.age <= 5)] == [(('age', None, u'5.0'),)]
    assert not filters(User.title > u'(x')[0].of[0][1].startswith(u'((')


# -- queries joined ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('other', [
    lambda: User.query.limit(0, 5), lambda: User.query.order_by('age'), lambda: User.query.select('age'), lambda: Base.query,
    lambda: Other.query.filter(age=5)])
def test_queries_that_cannot_be_joined(other):
    for join in (lambda one, two: one | two, lambda one, two: one & two):
        for pair in ((User.query, other()), (other(), User.query)):
            with pytest.raises(rom.QueryError):
                join(*pair)
    with pytest.raises(TypeError):
        User.query | 5


def test_all_rows_or_some_are_all():
    assert (User.query | User.query.filter(age=5))._filters == ()
    assert (User.query & User.query.filter(age=5))._filters == (('age', 5, 5),)


# -- names ---------------------------------------------------------------------------------------------------------------

def test_a_column_class_of_a_program_has_methods_of_its_own():
    class Words(rom.Text):
        def startswith(self, text):
            return 'mine'
        search = None

        def __eq__(self, other):
            return 'equal'
        __hash__ = rom.Text.__hash__

    class ConditionsPage(rom.Model):
        _namespace = 'conditions-page'
        text = Words(index=True, keygen=rom.IDENTITY, prefix=True)
    assert ConditionsPage.text.startswith('a') == 'mine' and ConditionsPage.text.search is None and (ConditionsPage.text == 5) == 'equal'
    assert ConditionsPage.query.startswith(text='a')._filters == (rom.Prefix('text', u'a'),)
    assert ConditionsPage.query.filter(rom.Column.startswith(ConditionsPage.text, 'a'))._filters[0].of == (rom.Prefix('text', u'a'),)


def test_new_names_are_in_no_star_import():
    assert 'within' not in rom.__all__ and rom.within
