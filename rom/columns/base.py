"""A column declares and converts: its arguments, its checks, and value <-> stored text."""

import copy
import numbers
import re

import six

from ..descriptors import class_itself
from ..exceptions import InvalidColumnValue, InvalidOperation, MissingColumn
from ..storage import secrets
from ..storage.plan import as_text
from ..values import keygens, plain
from ..values.codecs import encode_int
from . import index_kinds, kinds
from .arguments import check_arguments, check_names, refused
from .operators import Operators
from .registry import NULL
from .showing import Showing

__all__ = ['Column', '_Column']

_PACKAGE = __name__.rpartition('.')[0]


class _Column(Showing):
    """What the metaclass looks for in a class body."""

    __slots__ = ()

    #: the bound column's index; None for what can have none
    _rom_index = None

    def __new__(cls, *args, **kwargs):
        if kwargs:
            check_names(cls, kwargs)
        return object.__new__(cls)


class Column(Operators, _Column):
    """A typed attribute of a model, kept as one field of the row.

    :param bool required: refuse None; ``''`` is a value
    :param default: a value, or a callable without arguments, for rows without one
    :param bool unique: no two rows share a value (strings, integers, references); None and ``''`` are shared by any number
    :param bool index: allow `query.filter()`, ranges and ordering
    :param keygen: callable(value) -> index entries
    :param bool prefix: allow `startswith()` and `like()`
    :param bool suffix: allow `endswith()`
    :param keygen2: callable(attribute, row) -> index entries, instead of keygen
    :raises ColumnError: where the arguments contradict each other

    Example::

        class User(rom.Model):
            email = rom.Text(required=True, unique=True)
    """

    #: type or tuple of types of the values; a column class of one's own says which
    _allowed = ()
    #: what kind of values the index holds; of plain columns `_allowed` says so
    is_numeric = is_reference = is_text = is_derived = False
    #: the kind of index that its values have by themselves, see `rom.columns.index_kinds`; else `_allowed` says which
    _rom_index_kind = None
    #: whether the row has a field for this column
    is_stored = True
    #: whether a value can change without being assigned
    is_mutable = False
    #: whether what a row gives back is what was assigned: of a Float 3 becomes 3.0
    is_read_as_written = True
    #: whether it can be unique although its values are neither strings nor integers
    can_be_unique = False

    __class_getitem__ = classmethod(class_itself)

    def __init__(self, required=False, default=NULL, unique=False, index=False, keygen=None, prefix=False,
                 suffix=False, keygen2=None):
        """Declare a column; `help(rom.Column)` explains the arguments."""
        self._required = required
        self._default = default
        self.has_default = default is not NULL and default is not None
        self._unique = unique
        self._index = index
        self._keygen = keygen
        self._keygen2 = keygen2
        self._prefix = prefix
        self._suffix = suffix
        self._model = None
        self._attr = None
        self._init = False
        self._position = None
        self.text_is_score = False
        self._takes_other_types = self._reads_itself = self._checks = self._rom_starts = False
        self._set_kind(kinds.kinds_of(self._allowed))
        check_arguments(self)

    def _set_kind(self, allowed):
        """Take from the allowed types what kind of index there is."""
        if not allowed and self.is_stored and not self.is_reference:
            raise refused(type(self), '%s needs a class attribute _allowed: the type, or tuple of types, of its values'
                          % type(self).__name__)
        self.is_text = kinds.are_strings(allowed)
        self.is_numeric = kinds.are_numbers(allowed)
        self.can_be_unique = self.can_be_unique or kinds.are_unique(allowed)
        self._rom_index_kind = self._rom_index_kind or index_kinds.kind_for(allowed)
        words_only = not (self.is_text or self._index) and (self._prefix or self._suffix)
        self._rom_default_keygen = keygens.FULL_TEXT if words_only else self._rom_index_kind.keygen

    def _keeps_its_score(self):
        """Whether the text that the row keeps is the score that the index holds."""
        return (self._rom_index_kind.scores_texts and self._index
                and not (self._keygen or self._keygen2 or self._prefix or self._suffix)
                and not (self._overrides('_to_redis') or self._overrides('_from_redis')))

    def _overrides(self, name):
        """Whether the program's own, be it a column class or this column, and not this package defines `name`."""
        owner = self._owner_of(name)
        return owner is self or not owner.__module__.startswith(_PACKAGE)

    def _owner_of(self, name):
        return self if name in vars(self) else next(cls for cls in type(self).__mro__ if name in vars(cls))

    # -- binding ---------------------------------------------------------------------------------------------------

    def bind(self, schema, attr):
        """Learn name and model, once, when the class is made; a column already in use is copied.

        :param schema: the `Schema` of the model being made
        :param attr: text, the attribute's name
        :returns: the bound column
        """
        column = self if self._attr is None else copy.copy(self)
        column._attr = attr
        column._model = schema.name
        column._init = True
        column._takes_other_types = column._overrides('_allowed')
        column._checks = column._overrides('_validate')
        column._rom_starts = column._overrides('_init_')
        column._reads_itself = column._takes_other_types or column._overrides('_from_redis')
        if column._reads_itself:
            column.is_mutable = not kinds.are_immutable(kinds.kinds_of(column._allowed))
        column.text_is_score = column._keeps_its_score()
        column._rom_index = index_kinds.index_of(column)
        schema.add(attr, column)
        return column

    def check_relations(self, schema):
        """Refuse what cannot work together with the models that exist already; references and their lists do."""

    def register(self, namespace):
        """Do what a column has to once its class is made; references let the other side know."""

    @property
    def _rom_is_boolean(self):
        """bool: whether it stands for a condition alone: ``filter(User.active)``."""
        return self._rom_index_kind is index_kinds.Booleans

    @property
    def where(self):
        """text: 'Model.attribute', for messages."""
        return '%s.%s' % (self._model, self._attr)

    # -- the attribute ---------------------------------------------------------------------------------------------

    def __get__(self, obj, objtype=None):
        if obj is None:
            return self
        state = obj._rom
        values, attr = state.values, self._attr
        return values[attr] if attr in values else self._read(state)

    def _read(self, state):
        """Decode the value of which a `State` has the text only, and put it among its values."""
        raw = state.row[self._position]
        try:
            if self._rom_starts and not state.new and self._rom_start(state, as_text(raw)):
                return state.values[self._attr]
            value = self.missing() if raw is None else self.decode(raw)
        except InvalidColumnValue as error:
            raise InvalidColumnValue('%s of row %s cannot be read: %s' % (self.where, state.entity()._pk, error.args[0]),
                                     model=self._model, pk=state.id, columns=(self._attr,), value=self._rom_told(raw))
        state.know(self._attr, value)
        return value

    def __set__(self, obj, value):
        if value is None:
            return self.__delete__(obj)
        obj._rom_assign(self._attr, self.accept(value))

    def __delete__(self, obj):
        if self._required:
            raise InvalidOperation('%s cannot be null: it is required' % self.where, model=self._model, pk=obj._rom.id,
                                   columns=(self._attr,))
        obj._rom_assign(self._attr, None)

    def _init_(self, obj, model, attr, value, loading):
        """Give an entity its first value; columns of a program's own that have this method are asked on loading, too.

        :param obj: the entity
        :param model: text, the namespace
        :param attr: text, the column's name
        :param value: what the constructor was given; on loading the text of the row; None for nothing
        :param bool loading: whether a row is loaded
        :raises MissingColumn: where a required column has neither value nor default
        """
        if loading:
            obj._rom.know(attr, self.missing() if value is None else self.decode(value))
            return
        value = self.initial() if value is None else self.accept(value)
        if value is None and self._required:
            raise MissingColumn('%s cannot be missing' % self.where, model=self._model, columns=(attr,))
        if value is not None:
            obj._rom.hold(attr, value)

    def _rom_beginning(self):
        """Return (attribute, column, what takes the value of a new entity, or None where `_init_` does, whether it may have none)."""
        is_plain = self._owner_of('accept') is Column and not (self.is_secret or self._takes_other_types or self._checks)
        accept = self._converted if is_plain else self.accept
        return self._attr, self, accept if self._owner_of('_init_') is Column else None, not (self._required or self.has_default)

    def _rom_start(self, state, text):
        """Ask an `_init_` of the program's own what a row holds. Returns whether it has said so."""
        state.know(self._attr, None)  # until it has: it may well look at the entity
        entity = state.entity()
        try:
            self._init_(entity, entity._namespace, self._attr, text, True)
        finally:
            if state.values.get(self._attr) is None:
                state.values.pop(self._attr, None)
        return self._attr in state.values

    def initial(self):
        """Return the default for one entity: called, copied or as it is; None without a default."""
        if self._default is NULL:
            return None
        value = self._default() if callable(self._default) else copy.deepcopy(self._default)
        return None if value is None else self.accept(value)

    def missing(self):
        """Return what a row without a value for this column reads."""
        return self.initial()

    # -- converting ------------------------------------------------------------------------------------------------

    def accept(self, value):
        """Return the value as this column holds it, converted where that is exact.

        :param value: anything but None
        :raises InvalidColumnValue: where it does not fit
        """
        try:
            value = Column._converted(self, value) if self._takes_other_types else self._converted(value)
            if self._checks:
                self._validate(value)
        except Exception as error:
            if self.is_secret:
                secrets.without_cause(error)
            raise
        return value

    def _converted(self, value):
        """Return the value as one of the allowed types; what is none of them is read as a row's text would be."""
        if isinstance(value, self._allowed):
            return value
        try:
            found = self._from_redis(as_text(value) if isinstance(value, bytes) else value)
            if isinstance(value, numbers.Number) and isinstance(found, numbers.Number) and found != value:
                raise ValueError('it would become %r' % (found,))
        except InvalidColumnValue:
            raise
        except Exception as error:
            raise self.refuse(value, 'must be of type %s, and cannot be converted: %s' % (self._types(), self._rom_why(error)))
        return self._typed(found)

    def _typed(self, value):
        if isinstance(value, self._allowed):
            return value
        takes = getattr(self, '_takes', None)
        raise self.refuse(value, 'takes %s' % takes if takes else 'has type %s but must be of type %s' % (
            type(value).__name__, self._types()))

    def _types(self):
        return ' or '.join(kind.__name__ for kind in kinds.kinds_of(self._allowed))

    def _validate(self, value):
        """Check a value that has been converted; column classes of one's own add their checks here.

        :returns: nothing: what comes back is ignored
        :raises InvalidColumnValue: where it does not fit
        """
        self._typed(value)

    def refuse(self, value, why, kind=InvalidColumnValue):
        """Return an InvalidColumnValue for `value`, naming model, column and value."""
        return kind('%s %s (value: %s)' % (self.where, why, self._rom_shown(value)), model=self._model,
                    columns=(self._attr,), value=self._rom_told(value))

    def _rom_plain(self, entity):
        """Return the value of an entity as `json.dumps` takes it; of a type unknown to that, the text that the row keeps."""
        value = getattr(entity, self._attr)
        try:
            return plain.plain(value)
        except (TypeError, ValueError):
            return self.encode(value)

    def _to_redis(self, value):
        """Return the text that a row keeps for a value; column classes of one's own may say another."""
        return value if isinstance(value, six.text_type) else six.text_type(repr(value))

    def _from_redis(self, value):
        """Return the value that a row's text stands for; by default what the first allowed type makes of it that takes it."""
        for kind in kinds.kinds_of(self._allowed)[:-1]:
            try:
                return kind(value)
            except (TypeError, ValueError, ArithmeticError):
                continue
        return kinds.kinds_of(self._allowed)[-1](value)

    def encode(self, value):
        """Return the text that a row keeps for `value`; None for None.

        :raises InvalidColumnValue: where the value cannot be stored
        """
        if value is None:
            return None
        text = self._to_redis(value)
        return text if isinstance(text, six.text_type) else self._rom_text_of(text)

    def _rom_encoder(self):
        """Return a callable(value) -> text for the values of new rows, None aside, worked out once: `encode`, or what that comes to."""
        is_plain = six.PY3 and not self._overrides('encode') and not self._overrides('_to_redis')
        return self._to_redis if is_plain else self.encode

    def _rom_text_of(self, made):
        """Return what a row keeps of what a `_to_redis` of the program's own returned, if that is no text."""
        if isinstance(made, bytes):
            return made.decode('latin-1')
        if isinstance(made, six.integer_types) and not isinstance(made, bool):
            return six.text_type(encode_int(made))
        if isinstance(made, float):
            return six.text_type(re.sub(r'\.0$', '', repr(made)))  # as Lua tells numbers, which 1.1.2 left to it
        raise self.refuse(made, 'cannot be stored: _to_redis returns text, bytes or a number')

    def _rom_stored_text(self, value):
        """Return the text of a row for what a program says that it holds: text and bytes as they are."""
        return value if value is None or isinstance(value, (six.text_type, bytes)) else self.encode(self.accept(value))

    def decode(self, raw):
        """Return the value that stands in a row.

        :param raw: bytes or text of the field
        :raises InvalidColumnValue: where the field is broken
        """
        try:
            text = raw.decode('utf-8') if isinstance(raw, bytes) else raw
            if self._reads_itself and isinstance(text, self._allowed):
                return text
            return self._from_redis(text)
        except InvalidColumnValue as error:
            if self.is_secret:
                secrets.without_cause(error)
            raise
        except Exception as error:
            cause = error
        self._rom_raise(self.refuse(raw, 'holds a broken value: %s' % self._rom_why(cause)), cause)

    def same(self, text, raw):
        """Whether `text` (or None) is what the row already holds."""
        if raw is None or text is None:
            return raw is text
        return (text.encode('utf-8') if isinstance(raw, bytes) and not isinstance(text, bytes) else text) == raw

    # -- what its index is made from ---------------------------------------------------------------------------------

    @property
    def _rom_source(self):
        """Column: the one whose values are indexed."""
        return self

    def _rom_is_missing(self, row):
        """Whether a row has nothing to index: a default that it lacks makes no entries before it is written."""
        return row.text(self._attr) is None

    def _rom_generated(self, row):
        """Return what the keygen makes of a row, in any form that `keygens.entries` takes.

        :param row: `Row`
        """
        if self._keygen2 is not None:
            return self._keygen2(self._attr, row)
        value, keygen = row[self._attr], self._keygen or self._rom_default_keygen
        return None if value is None or keygen is None else keygen(value)

    @property
    def _rom_is_stock_text(self):
        """bool: whether a value is the text that the row keeps, and its words what a keygen of this package makes of that."""
        return (six.PY3 and self._allowed is six.text_type and self.is_stored and self._keygen2 is None
                and not any(self._overrides(name) for name in ('encode', '_to_redis', '_from_redis', '_converted', 'accept')))

    def _rom_whole_word(self, row):
        """Return the one word that prefix and suffix indexes hold where the keygen gives an order; else None."""
        if self._keygen is None or not (self._prefix or self._suffix):
            return None
        return keygens.whole_word(self._keygen, row[self._attr])

    @property
    def _rom_claims_words(self):
        """bool: whether what a unique column claims is a word of its keygen, and not the text that the row keeps."""
        return self._keygen is not None and not self._index

    def _rom_read_all(self, texts):
        """Return the values of many rows, for queries that select them.

        :param texts: list of what the rows keep, None for nothing
        :returns: list
        """
        return [self.initial() if text is None else self.decode(text) for text in texts]
