"""`Session`: the interface of the current scope."""

from ..exceptions import InvalidOperation
from .contexts import Contexts
from .opening import Half, Opening

__all__ = ['Session', 'anew', 'aside', 'current', 'session']


class Session(object):
    """What a program has read and changed in the current scope: the innermost `with rom.session:` of this context, else the thread's own.

    Example::

        with rom.session:
            user = User.get(1)
            user.name = u'Ann'
    """

    __enter__, __exit__ = Half('__enter__'), Half('__exit__')

    def __init__(self, *args, **kwargs):
        self._contexts = Contexts()
        self._current = self._contexts.current

    def __repr__(self):
        held = list(self.known.values())
        changed = sum(not entity._rom.deleted and entity._rom.is_changed() for entity in held)
        return '<%s: %d entities, %d of them changed>' % ('rom.session' if self is session else 'rom.Session', len(held), changed)

    def _init(self):
        """Kept from 1.1.2, where it makes a thread's session ready for use: it always is."""

    def scope(self, commit=True, atomic=True, force=False):
        """Return a scope to be opened: ``with rom.session:`` with options.

        :param bool commit: write what has changed when it is left; False: for reading, or for commits of one's own
        :param bool atomic: all of that or nothing, in one script
        :param bool force: write over what other writers changed
        :returns: context manager, which gives the session
        :raises InvalidOperation: where it is left in another context, or while a later one is open; with `atomic`, where one script
            cannot hold it

        Example::

            with rom.session.scope(atomic=False):
                User(name=u'Ann')
        """
        return Opening(self, self._contexts, commit, atomic, force)

    # -- known entities -----------------------------------------------------------------------------------------------

    @property
    def known(self):
        """dict: new and changed entities, and those fetched by id, by 'namespace:id'."""
        return self._current().known

    @known.setter
    def known(self, entities):
        self._current().known = entities

    @property
    def wknown(self):
        """WeakValueDictionary: the entities that the program still holds, by 'namespace:id'."""
        return self._current().wknown

    @wknown.setter
    def wknown(self, entities):
        self._current().wknown = entities

    @property
    def _writer(self):
        return self._current().writer

    @_writer.setter
    def _writer(self, writer):
        self._current().writer = writer

    @property
    def null_session(self):
        """bool: whether this thread's session remembers nothing; True, False, or deleted to follow the default. Off in a scope."""
        return self._current().is_off

    @null_session.setter
    def null_session(self, value):
        own = self._contexts.of_thread()
        own.null_session = value
        if value:
            own.begin()

    @null_session.deleter
    def null_session(self):
        self._contexts.of_thread().null_session = None

    def add(self, obj):
        """Remember an entity, so that the next commit writes what changed in it.

        :param obj: an entity

        Example::

            rom.session.add(user)
        """
        self._current().add(obj)

    def forget(self, obj):
        """Drop an entity: the next commit writes nothing of it, and `get` reads its row anew.

        :param obj: an entity

        Example::

            rom.session.forget(user)
        """
        self._current().forget(obj)

    def get(self, pk):
        """Return the entity that the session knows of a row.

        :param pk: text, 'namespace:id'
        :returns: the entity, or None

        Example::

            rom.session.get('User:1')
        """
        return self._current().get(pk)

    def rollback(self):
        """Forget every entity; edits in them are not undone, and nothing is written. A scope that has ended is forgotten itself.

        Example::

            rom.session.rollback()
        """
        if not self._contexts.forget_ended():
            self._current().begin()

    # -- writing ------------------------------------------------------------------------------------------------------

    def flush(self, full=False, all=False, force=False):
        """Write the changed entities, in the order in which they came to the session.

        :param bool full: write every column of them
        :param bool all: write unchanged ones too
        :param bool force: write over what other writers changed
        :returns: int, the number of columns written
        :raises ORMError: the first error stops; what was written before it stays written

        Example::

            rom.session.flush()
        """
        return self._current().flush(full, all, force)

    def commit(self, full=False, all=False, force=False, atomic=False):
        """`flush`, then forget the strong references: `get` will read rows again, into entities that are still held.

        :param bool full: write every column of the changed entities
        :param bool all: write unchanged ones too
        :param bool force: write over what other writers changed
        :param bool atomic: all entities or none, in one script
        :returns: int, the number of columns written
        :raises ORMError: the first error stops; what was written before it stays written
        :raises BulkError: with `atomic`, listing every entity that stood in the way
        :raises InvalidOperation: with `atomic`, where the entities are on several connections

        Example::

            User(name=u'Ann')
            rom.session.commit()
        """
        return self._current().commit(full, all, force, atomic)

    def save(self, *objects, **kwargs):
        """Write those of some entities that have changed; deleted ones are passed over.

        :param objects: entities, or lists of them
        :param bool full: write every column of them
        :param bool all: write unchanged ones too
        :param bool force: write over what other writers changed
        :returns: int, the number of columns written
        :raises ORMError: the first error stops; what was written before it stays written

        Example::

            rom.session.save(ann, bob)
        """
        _refuse_condition(kwargs)
        return self._current().save(objects, kwargs.get('full', False), kwargs.get('all', False), kwargs.get('force', False))

    def delete(self, *objects, **kwargs):
        """Delete entities, many in one round trip; None is passed over.

        :param objects: entities, or lists of them
        :param kwargs: of no consequence
        :raises QueryError: for models on which an on_delete rule other than 'no action' depends

        Example::

            rom.session.delete(ann, bob)
        """
        _refuse_condition(kwargs)
        self._current().delete(objects)

    def refresh(self, *objects, **kwargs):
        """Read entities again, those that are new aside: they have no row yet.

        :param objects: entities, or lists of them
        :param bool force: also those with changes, which are lost
        :raises InvalidOperation: for entities with changes, where `force` is False
        :raises EntityDeletedError: where a row is gone

        Example::

            rom.session.refresh(ann, bob, force=True)
        """
        self._current().refresh(objects, kwargs.get('force', False))

    def refresh_all(self, *objects, **kwargs):
        """Read every entity again that the session holds on to.

        :param objects: of no consequence
        :param bool force: also those with changes, which are lost
        :raises InvalidOperation: as `refresh` does
        :raises EntityDeletedError: where a row is gone

        Example::

            rom.session.refresh_all(force=True)
        """
        self._current().refresh(self._current().held(), kwargs.get('force', False))


def _refuse_condition(kwargs):
    if 'if_match' in kwargs:
        raise InvalidOperation('if_match is for one entity: entity.save(if_match=...) or entity.delete(if_match=...)')


#: the session of every program: it stands for the current scope
session = Session()

#: callable() -> the current scope
current = session._current

#: callable() -> context manager: know nothing for a while
aside = session._contexts.aside

#: callable() -> context manager: begin as in a new thread, and go on afterwards with what there was
anew = session._contexts.anew
