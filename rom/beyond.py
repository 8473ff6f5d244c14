"""What entities and models can do beyond 1.1.2, as functions; `rom.util` has them, too.

A model has each of them as an attribute of the same name, unless the program calls something of its own so: a name that
is new here never gets in the way of one that a program has had all along. A new name is a function here, a line in `Beyond`
and an import in `rom.util`.
"""

from . import upserts
from .columns.registry import NULL
from .exceptions import InvalidOperation
from .mapping.seen import etag_of
from .mapping.showing import shown_entity
from .unitofwork.increment import increment as _increment
from .values.codecs import _shown
from .values.etags import is_etag

__all__ = ['Beyond', 'Shown', 'bulk_create', 'condition', 'etag', 'get_one', 'get_or_create', 'increment', 'update_or_create']


def etag(entity):
    """Return a text that stands for the row as this entity saw it: for a form, which shows it and is sent back later.

    Unsaved changes do not count, nor do columns without a value.

    :param entity: of a model
    :returns: text of 22 characters that may stand in an URL; None for a new entity

    Example::

        shown = rom.util.etag(user)             # or user.etag
        user.save(if_match=shown)               # DataRaceError, where the row is another by then
    """
    return etag_of(entity._rom)


def condition(entity, if_match, force):
    """Return the etag that a write depends on; None where none was given.

    :raises InvalidOperation: for anything that is no etag: what was lost on the way is not to mean "no condition"
    """
    if if_match is NULL:
        return None
    name = entity._rom_schema.name
    if not is_etag(if_match):
        hint = '; the quotes of an ETag header are not part of it' if '"' in _shown(if_match) else ''
        raise InvalidOperation('%s: if_match takes an etag, the 22 characters that rom.util.etag(entity) gives, you provided %s%s'
                               % (name, _shown(if_match), hint), model=name, pk=entity._rom.id)
    if force:
        raise InvalidOperation('%s: force=True writes whatever is stored, and if_match only what is stored still: give one of '
                               'them' % name, model=name, pk=entity._rom.id)
    return if_match


def increment(entity, attr, by=1):
    """Add to a number of a row, whatever it is by then, and write that at once; hooks are called as by `save`.

    A row without a value has the column's default, else 0. It is done once, also where the reply is lost and the program
    asks again.

    :param entity: of a model, without an unsaved change of the column
    :param attr: name of an Integer, Float or Decimal column
    :param by: the number to add
    :returns: the new value
    :raises InvalidOperation: for a new entity, an unsaved change of the column, and what is no column of numbers
    :raises EntityDeletedError: where the row is gone
    :raises InvalidColumnValue: where the column refuses the sum

    Example::

        page.increment('visits')
        rom.util.increment(page, 'balance', by=-5)
    """
    return _increment(entity, attr, by)


def get_one(model, id):
    """Return the entity of an id, as `Model.get` does.

    :param model: the Model class
    :param id: int, or its digits
    :raises NoResultFound: where there is no such row

    Example::

        User.get_one(1)
    """
    return upserts.get_one(model, id)


def get_or_create(*args, **unique):
    """Return the entity with a unique value, made and saved where there is none; others may do the same at the same time.

    An unsaved entity of this session that has the value is saved first. What is made is written at once.

    :param args: the Model class; `defaults`, {column: value} for a row that is made, of which a callable is asked only then;
        also by keyword, where no column is called so
    :param unique: exactly one unique column=value, or all columns of one `unique_together`
    :returns: (entity, whether it was made)
    :raises QueryError: for anything but that
    :raises InvalidColumnValue: for None, '' and what else is no unique value
    :raises UniqueKeyViolation: where another row has another unique value of what was to be made

    Example::

        user, is_new = User.get_or_create({'name': u'Ann', 'since': datetime.date.today}, email=u'ann@example.com')
    """
    model, defaults = upserts.told(args, unique)
    return upserts.get_or_create(model, defaults, unique)


def update_or_create(*args, **unique):
    """Write values on the row with a unique value, or make and save it; others may do the same at the same time.

    :param args: the Model class; `defaults`, {column: value or expression}; callables are asked for a row that is made alone,
        and not written otherwise
    :param unique: as for `get_or_create`
    :returns: (entity, whether it was made)
    :raises QueryError: as `get_or_create` does
    :raises InvalidColumnValue: as `get_or_create` does, and for what a column refuses

    Example::

        page, is_new = Page.update_or_create({'title': u'Home'}, path=u'/')
    """
    model, defaults = upserts.told(args, unique)
    return upserts.update_or_create(model, defaults, unique)


def bulk_create(model, rows, progress=None):
    """Make and save entities, in batches that are forgotten once they are written: memory stays as it is, however many there are.

    What is made is written at once, whatever becomes of a scope around it. The first error stops; the rows before it are written.

    :param model: the Model class
    :param rows: iterable of {column: value}
    :param progress: callable(how many are written), called after each batch
    :returns: int, how many were written

    Example::

        User.bulk_create(({'email': email} for email in file), progress=print)
    """
    return upserts.bulk_create(model, rows, progress)


class Shown(object):
    """A function of an entity as its attribute; of a class, the function. What is assigned to it is the program's own, and wins."""

    def __init__(self, function):
        self.function = function

    def __get__(self, obj, cls=None):
        return self.function if obj is None else self.function(obj)


class Beyond(object):
    """The names of a model that 1.1.2 does not have. Among the bases of a model it comes last, see `_ModelMetaclass.mro`."""

    __slots__ = ()

    _rom_comes_last = True

    etag = Shown(etag)
    increment = increment
    get_one, get_or_create, update_or_create = classmethod(get_one), classmethod(get_or_create), classmethod(update_or_create)
    bulk_create = classmethod(bulk_create)

    def __repr__(self):
        return shown_entity(self)
