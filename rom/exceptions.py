"""The errors of rom, all of them subclasses of :class:`ORMError`.

::

    ORMError
        UniqueKeyViolation
        InvalidOperation
            QueryError
                NoResultFound
                MultipleResultsFound
            RestrictError
            DataRaceError
            EntityDeletedError
            OutcomeUnknownError
            RowGoneError (a DataRaceError and an EntityDeletedError)
        ColumnError
            MissingColumn
            InvalidColumnValue
            UnsafeError
        BulkError

Where 1.1.2 lets an error of Python's own through, which programs may catch, the error is both:

* WrongArgument: an InvalidOperation, ValueError and TypeError
* WrongQuery: a QueryError, ValueError and TypeError
* UnknownArgument: a ColumnError and TypeError
* UnknownAttribute: an InvalidColumnValue and AttributeError
* NotLatin1: an InvalidColumnValue and UnicodeEncodeError
"""
import six

__all__ = [
    'ORMError',
    'UniqueKeyViolation',
    'InvalidOperation',
    'QueryError',
    'RestrictError',
    'DataRaceError',
    'EntityDeletedError',
    'ColumnError',
    'MissingColumn',
    'InvalidColumnValue',
    'UnsafeError',
    'BulkError',
]

_DATA = {'model': None, 'pk': None, 'columns': (), 'value': None, 'errors': ()}


@six.python_2_unicode_compatible
class ORMError(Exception):
    """The base of every error that rom raises itself.

    Positional arguments stay in ``.args``, the message first. Keyword arguments
    become attributes of the error; those not given have their empty value:

    :param model: the model (class or namespace) concerned, else None.
    :param pk: the primary key concerned, else None.
    :param columns: the names of the columns concerned, else ``()``.
    :param value: the value that was refused, else None.
    :param errors: for :class:`BulkError`, a list of ``(entity, exception)``; else ``()``.
    :raises TypeError: for any other keyword argument.

    Example::

        try:
            user.save()
        except ORMError as error:
            print(error, error.model, error.pk, error.columns)
    """

    def __init__(self, *args, **data):
        unknown = sorted(set(data) - set(_DATA))
        if unknown:
            raise TypeError('%s() takes no keyword argument %r, only: %s' % (
                type(self).__name__, unknown[0], ', '.join(sorted(_DATA))))
        super(ORMError, self).__init__(*args)
        self._describe(data)

    def _describe(self, data):
        for name, empty in _DATA.items():
            setattr(self, name, data.get(name, empty))

    def __str__(self):
        # the message alone: namespace and id follow it in .args
        message = self.args[0] if self.args else u''
        if six.PY2 and isinstance(message, bytes):
            return message.decode('utf-8', 'replace')
        return six.text_type(message)


class UniqueKeyViolation(ORMError):
    """Raised when a value of a unique column, or of a ``unique_together``, already belongs to another row."""


class InvalidOperation(ORMError):
    """Raised when an entity, session or query is asked for something that it cannot do in its state."""


class QueryError(InvalidOperation):
    """Raised when a query does not fit the model's columns and indexes."""


class RestrictError(InvalidOperation):
    """Raised when a row cannot be deleted because ``on_delete='restrict'`` references point at it."""


class DataRaceError(InvalidOperation):
    """Raised when another writer changed what was about to be written, or holds the lock that was asked for."""


class EntityDeletedError(InvalidOperation):
    """Raised when the row of an entity was deleted by another writer."""


# No star import may cover a name of a program's own: what 1.1.2 does not have is not in __all__.
class OutcomeUnknownError(InvalidOperation):
    """Raised when a write got no answer and nobody knows any more whether it was done.

    What is stored is to be looked at; written again, the row may be there twice.
    """


class RowGoneError(DataRaceError, EntityDeletedError):
    """Raised when a write with `if_match` finds that the row was deleted by another writer."""


class NoResultFound(QueryError):
    """Raised when a row was to be found, and there is none."""


class MultipleResultsFound(QueryError):
    """Raised when one row was to be found, and there are several."""


class ColumnError(ORMError):
    """Raised when a column is declared or used in a way that it does not support."""


class MissingColumn(ColumnError):
    """Raised when a required column has no value."""


class InvalidColumnValue(ColumnError):
    """Raised when a column cannot hold the value given, or holds something that cannot be read."""


class UnsafeError(ColumnError):
    """Raised when an unsafe column is declared or used where only ordinary columns fit."""


class BulkError(ORMError):
    """Raised when several entities were to be written together and could not be.

    ``.errors`` lists every entity that stood in the way, as ``(entity, exception)``.

    Example::

        try:
            session.commit(atomic=True)
        except BulkError as error:
            for entity, reason in error.errors:
                print(entity, reason)
    """


# -- of two kinds: what 1.1.2 leaves to Python, which programs may catch ------------------------------------------------

class WrongArgument(InvalidOperation, ValueError, TypeError):
    """Raised when a call is given what it does not take: an id that is none, the name of a model in place of the model."""


class WrongQuery(QueryError, ValueError, TypeError):
    """Raised when a method of a query is given what it does not take, as an index of places that is not there."""


class UnknownArgument(ColumnError, TypeError):
    """Raised when a column is declared with an argument that it does not know."""


class UnknownAttribute(InvalidColumnValue, AttributeError):
    """Raised when an entity of a model with ``_strict = True`` is given an attribute that is no column."""


class NotLatin1(InvalidColumnValue, UnicodeEncodeError):
    """Raised when a String column is given text that is not Latin-1."""

    def __init__(self, *args, **data):
        text = data.get('value') if isinstance(data.get('value'), six.text_type) else u''
        start = next((place for place, each in enumerate(text) if each > u'\xff'), 0)
        UnicodeEncodeError.__init__(self, 'latin-1', text, start, start + 1, 'ordinal not in range(256)')
        self.args = args
        self._describe(data)
