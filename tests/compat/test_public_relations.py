# -*- coding: utf-8 -*-
"""References, their other side, on_delete rules (docs/promises.rst: Relations)."""
import pytest
import rom
from rom.exceptions import ColumnError, InvalidColumnValue, InvalidOperation, ORMError, RestrictError

from against import OLD, better_than_old
from naming import shown


@pytest.fixture
def models(connection):
    """Author and Book, as attributes of one object."""
    class Author(rom.Model):
        name = rom.Text()
        books = rom.OneToMany('Book', column='author')
        edited = rom.OneToMany('Book', column='editor')

    class Book(rom.Model):
        title = rom.Text()
        author = rom.ManyToOne('Author', 'no action')
        editor = rom.OneToOne('Author', 'no action')
    return Author, Book


def forget():
    rom.session.rollback()


# Values of references --------------------------------------------------------------------------------------------

def test_reference_holds_an_entity(models, connection):
    Author, Book = models
    author = Author(name=u'x')
    author.save()
    book = Book(author=author, editor=author)
    book.save()
    assert book.author is author
    assert book.to_dict() == {'id': 1, 'title': None, 'author': author, 'editor': author}
    forget()
    book = Book.get(1)
    assert book.author is book.editor is Author.get(1)
    assert book.author.name == u'x'
    assert Book._columns['author'].get_related_model() is Author
    assert Author._columns['books'].get_related_model() is Book


@pytest.mark.parametrize('convert', [int, str])
def test_reference_takes_an_id(models, convert):
    Author, Book = models
    author = Author()
    author.save()
    book = Book(author=convert(author.id))
    assert book.author is author
    book.author = None
    assert book.author is None
    book.author = convert(author.id)
    assert book.author is author


@pytest.mark.parametrize('wrong', ['x', {}, object()], ids=shown)
def test_wrong_references_are_refused(models, wrong):
    Author, Book = models
    book = Book()
    with pytest.raises((InvalidColumnValue, AttributeError) if OLD else InvalidColumnValue):
        Book(author=wrong)
    with pytest.raises(InvalidColumnValue):
        book.author = wrong
    with pytest.raises(InvalidColumnValue):
        book.author = Book()


@better_than_old
def test_ids_that_do_not_exist_are_refused(models):
    Author, Book = models
    for missing in (99, 0):
        with pytest.raises(InvalidColumnValue):
            Book(author=missing)
        with pytest.raises(InvalidColumnValue):
            Book().author = missing


def test_reference_to_a_row_that_is_gone(models, connection):
    Author, Book = models
    author = Author()
    author.save()
    Book(author=author).save()
    forget()
    connection.delete('Author:1')
    book = Book.get(1)
    assert book.author is None and book.save() == 0
    assert connection.hget('Book:1', 'author') == b'1'
    if not OLD:
        book.author = None
        book.save()
        assert not connection.hexists('Book:1', 'author')


def test_required_reference(connection):
    class Target(rom.Model):
        pass

    class Needs(rom.Model):
        target = rom.ManyToOne('Target', 'no action', required=True)
    with pytest.raises(rom.MissingColumn):
        Needs()
    target = Target()
    target.save()
    needs = Needs(target=target)
    with pytest.raises(InvalidOperation):
        needs.target = None


def test_new_target_is_saved_with_what_refers_to_it(models, connection):
    Author, Book = models
    author = Author(name=u'new')
    book = Book(author=author)
    book.save()
    assert connection.hget('Author:1', 'name') == b'new' and not author._new
    assert connection.hget('Book:1', 'author') == b'1'


@better_than_old
def test_constructing_writes_nothing(models, connection):
    Author, Book = models
    Book(author=Author(), title=u'x')
    assert not connection.keys('*:[0-9]*')


@better_than_old
def test_two_new_rows_that_refer_to_each_other(connection):
    class Node(rom.Model):
        other = rom.ManyToOne('Node', 'no action')
    first, second = Node(), Node()
    first.other, second.other = second, first
    rom.session.commit()
    forget()
    assert Node.get(1).other is Node.get(2) and Node.get(2).other is Node.get(1)


def test_filter_by_reference(models):
    Author, Book = models
    authors = [Author() for _ in range(2)]
    for n in range(4):
        Book(author=authors[n % 2] if n < 3 else None)
    rom.session.commit()

    def ids(query):
        return [book.id for book in query.all()]
    assert ids(Book.query.filter(author=1)) == [1, 3]
    assert ids(Book.query.filter(author=rom.NOT_NULL)) == [1, 3, 2]
    assert [book.id for book in Book.get_by(author=2)] == [2]
    if not OLD:
        assert ids(Book.query.filter(author=authors[0])) == [1, 3]
        assert sorted(ids(Book.query.filter(author=[authors[1], 1]))) == [1, 2, 3]


# The other side --------------------------------------------------------------------------------------------------

def test_one_to_many(models):
    Author, Book = models
    author = Author()
    assert author.books == []
    author.save()
    books = [Book(author=author) for _ in range(3)]
    rom.session.commit()
    assert sorted(book.id for book in author.books) == [1, 2, 3] and author.edited == []
    assert 'books' not in author.to_dict()
    forget()
    assert sorted(book.id for book in Author.get(1).books) == [1, 2, 3]
    with pytest.raises(InvalidOperation):
        author.books = books
    with pytest.raises(InvalidOperation):
        del author.books


def test_two_references_need_a_column(connection):
    class Parent(rom.Model):
        children = rom.OneToMany('Child')

    def make():
        class Child(rom.Model):
            a = rom.ManyToOne('Parent', 'no action')
            b = rom.ManyToOne('Parent', 'no action')
        parent = Parent()
        parent.save()
        return parent.children
    with pytest.raises(ColumnError):
        make()


def test_missing_model(connection):
    class Lost(rom.Model):
        ref = rom.ManyToOne('Nowhere', 'no action')
    with pytest.raises(ORMError) as caught:
        Lost(ref=5)
    assert 'Nowhere' in str(caught.value) and 'Lost.ref' in str(caught.value)


@better_than_old
def test_one_to_one_unique(connection):
    class Target(rom.Model):
        pass

    class Single(rom.Model):
        target = rom.OneToOne('Target', 'no action', unique=True)
    target = Target()
    target.save()
    single = Single(target=target)
    single.save()
    with pytest.raises(rom.UniqueKeyViolation):
        Single(target=target).save()
    assert Single.get_by(target=target) is single is Single.get_by(target=target.id)


@better_than_old
def test_namespaces_and_key_names_on_both_sides(connection):
    class Left(rom.Model):
        _namespace = 'left side'
        key = rom.PrimaryKey()
        rights = rom.OneToMany('Right')

    class Right(rom.Model):
        _namespace = 'right side'
        number = rom.PrimaryKey()
        left = rom.ManyToOne('Left', 'cascade')
    left = Left()
    left.save()
    right = Right(left=left)
    right.save()
    forget()
    assert [found.number for found in Left.get(1).rights] == [1] and Right.get(1).left is Left.get(1)
    Left.get(1).delete()
    assert Right.get(1) is None


class Other(object):
    """A model of another ORM."""

    def __init__(self, id):
        self.id = id

    @classmethod
    def get(cls, id):
        return cls(id)


def test_foreign_model(connection):
    class Uses(rom.Model):
        thing = rom.ForeignModel(Other)
    thing = Other(5)
    uses = Uses(thing=thing)
    assert uses.thing is thing
    uses.save()
    assert connection.hget('Uses:1', 'thing') == b'5' and connection.zscore('Uses:thing:idx', '1') == 5
    forget()
    assert isinstance(Uses.get(1).thing, Other) and Uses.get(1).thing.id == 5
    uses = Uses(thing=7)
    assert uses.thing.id == 7
    assert [found.id for found in Uses.query.filter(thing=5).all()] == [1]


@better_than_old
def test_foreign_ids_are_whole_numbers(connection):
    class Uses(rom.Model):
        thing = rom.ForeignModel(Other)
    uses = Uses()
    with pytest.raises(InvalidColumnValue):
        uses.thing = u'no id'
    uses.thing = Other(u'no id')
    with pytest.raises(InvalidColumnValue) as caught:
        uses.save()
    assert 'Uses.thing' in str(caught.value) and not connection.exists('Uses:1')


# on_delete -------------------------------------------------------------------------------------------------------

@pytest.fixture
def ruled(connection):
    """A function: the parent with one child under this rule, both saved."""
    def make(rule, **arguments):
        class Parent(rom.Model):
            n = rom.Integer(index=True)

        class Child(rom.Model):
            parent = rom.ManyToOne('Parent', rule, **arguments)
        parent = Parent(n=1)
        parent.save()
        child = Child(parent=parent)
        child.save()
        return parent, child
    return make


def test_restrict(ruled, connection):
    parent, child = ruled('restrict')
    with pytest.raises(RestrictError) as caught:
        parent.delete()
    assert 'Child.parent' in str(caught.value)
    assert connection.exists('Parent:1') and not parent._deleted
    child.delete()
    parent.delete()
    assert not connection.exists('Parent:1')


def test_cascade(ruled, connection):
    parent, child = ruled('cascade')
    parent.delete()
    assert child._deleted and not connection.exists('Child:1') and not connection.exists('Parent:1')


def test_set_null(ruled, connection):
    parent, child = ruled('set null')
    parent.delete()
    assert child.parent is None and not child._deleted
    assert connection.zscore('Child:parent:idx', '1') is None
    if not OLD:
        assert not connection.hexists('Child:1', 'parent')


def test_set_default(connection):
    class Parent(rom.Model):
        pass
    fallback = Parent()
    fallback.save()

    class Child(rom.Model):
        parent = rom.ManyToOne('Parent', 'set default', default=fallback)
    parent = Parent()
    parent.save()
    child = Child(parent=parent)
    child.save()
    parent.delete()
    assert child.parent is fallback and connection.hget('Child:1', 'parent') == b'1'


def test_no_action(ruled, connection):
    parent, child = ruled('no action')
    parent.delete()
    assert connection.hget('Child:1', 'parent') == b'1'


def test_restrict_further_down(connection):
    class Top(rom.Model):
        pass

    class Middle(rom.Model):
        top = rom.ManyToOne('Top', 'cascade')

    class Bottom(rom.Model):
        middle = rom.ManyToOne('Middle', 'restrict')
    top = Top()
    middle = Middle(top=top)
    bottom = Bottom(middle=middle)
    for entity in (top, middle, bottom):
        entity.save()
    with pytest.raises(RestrictError):
        top.delete()
    assert connection.exists('Top:1', 'Middle:1', 'Bottom:1') == 3


@better_than_old
def test_cycles_of_cascades(connection):
    class Node(rom.Model):
        other = rom.ManyToOne('Node', 'cascade')
    first, second, alone = Node(), Node(), Node()
    first.other, second.other, alone.other = second, first, alone
    rom.session.commit()
    first.delete()
    alone.delete()
    assert not connection.keys('Node:[0-9]*')


@better_than_old
def test_row_that_only_restricts_itself(connection):
    class Selfish(rom.Model):
        me = rom.ManyToOne('Selfish', 'restrict')
    entity = Selfish()
    entity.me = entity
    entity.save()
    entity.delete()
    assert not connection.exists('Selfish:1')


def test_skip_on_delete(ruled, connection):
    parent, child = ruled('restrict')
    with pytest.raises(RestrictError):
        parent.delete(skip_on_delete_i_really_mean_it=True)
    parent.delete(skip_on_delete_i_really_mean_it=rom.SKIP_ON_DELETE)
    assert parent._deleted and not connection.exists('Parent:1') and connection.exists('Child:1')


@pytest.mark.parametrize('rule', ['restrict', 'cascade', 'set null'])
def test_bulk_deletes_refuse_models_with_rules(ruled, rule):
    parent, child = ruled(rule)
    with pytest.raises(ORMError):
        rom.session.delete(parent)
    with pytest.raises(rom.QueryError):
        type(parent).query.filter(n=1).delete()
    assert not parent._deleted
