"""What entities and models can do beyond 1.1.2, as functions; `rom.util` has them, too.

A model has each of them as an attribute of the same name, unless the program calls something of its own so: a name that
is new here never gets in the way of one that a program has had all along. A new name is a function here, a line in `Beyond`
and an import in `rom.util`.
"""

from .columns.registry import NULL
from .exceptions import InvalidOperation
from .mapping.seen import etag_of
from .mapping.showing import shown_entity
from .values.codecs import _shown
from .values.etags import is_etag

__all__ = ['Beyond', 'Shown', 'condition', 'etag']


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
        raise InvalidOperation('%s: if_match takes an etag, the 22 characters that rom.util.etag(entity) gives, you provided %s'
                               % (name, _shown(if_match)), model=name, pk=entity._rom.id)
    if force:
        raise InvalidOperation('%s: force=True writes whatever is stored, and if_match only what is stored still: give one of '
                               'them' % name, model=name, pk=entity._rom.id)
    return if_match


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

    def __repr__(self):
        return shown_entity(self)
