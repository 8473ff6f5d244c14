"""What a model knows about itself, worked out once when the class is made."""

import collections
import types
import warnings

import six

from ..exceptions import ColumnError, InvalidColumnValue, ORMError, WrongArgument
from ..storage import keys, secrets
from ..storage.alteration import Alterations
from ..storage.commands import request_text
from ..storage.insertion import Layout
from ..storage.removal import RemovalLayout
from ..values import codecs, keygens, names

__all__ = ['Schema', 'shared_key']

_STRINGS = (six.text_type, bytes)
_PACKAGE = __name__.partition('.')[0] + '.'


class Schema(object):
    """Columns, indexes and constraints of one model.

    :param name: text, the class name
    :param namespace: text, the prefix of the model's keys
    :param origin: `Origin` of the class statement
    """

    def __init__(self, name, namespace, origin):
        self.name = name
        self.namespace = self.known_as = namespace  # that of its keys, and that by which sessions know its entities
        self.origin = origin
        self.successor = None  # the Model class that has replaced this one's
        self.columns = collections.OrderedDict()
        self.pk = None
        self.geo = {}
        self.together = ()
        self.unsafe = ()
        self.secret = frozenset()  # columns whose values are not shown
        self.annotated = ()        # what the class body names, and gives no value
        self.stored = ()
        self.position = {}
        self.fields, self.fields_told = [], '[]'  # names of the columns as bytes, and all of them in one argument
        self.beginnings = ()  # how a new entity gets its values: see `Column._rom_beginning`
        self.starting = ()  # columns with an `_init_` of the program's own
        self.mutable = ()   # stored columns whose values can change without being assigned
        self.defaulted = ()  # stored columns with a default
        self.references = ()  # those that refer to rows of another model
        self.counted = 0    # columns that a first save counts: all but the unsafe ones
        self.shown = ()     # columns that to_dict() shows: all but lists of referrers and the unsafe ones
        self.indexed = ()
        self.unique = ()
        self.reads_row = False
        self.plans_alone = False  # whether nothing of the program's own is called to plan a write
        self.pk_index = False  # whether ids are indexed
        self.layout = self.explicit_layout = self.removal = None  # of new rows, and of those that go
        self.alterations = None  # of those that change
        self.encoders = ()  # (stored column, callable(value) -> text) in their order
        self.seen_attributes = set()  # of entities, that are no columns
        self._affected_indexes = {}
        self._affected_uniques = {}

    def add(self, attr, column):
        """Take a bound column in; each column adds itself."""
        self.columns[attr] = column

    def use_namespace(self, namespace):
        """Begin all keys with another namespace from now on."""
        self.namespace = namespace
        self.known_as = namespace if self.successor is None else '%s (defined before: %d)' % (namespace, id(self))

    def replace_by(self, model):
        """Note that the class was defined again: of one row, sessions tell entities of this one and of `model` apart."""
        self.successor = model
        self.use_namespace(self.namespace)

    def no_column(self, name, hint=None):
        """Return the message about a name that is no column's, with a hint, by default the one that was probably meant."""
        if hint is None and name in self.annotated:
            hint = ', only an annotation: a column is made by %s = rom.Text(), rom.Integer() ...' % name
        return '%s has no column %s%s' % (self.name, names.quoted(name), hint or names.suggestion(name, self.columns))

    def as_id(self, value):
        """Return an id as int: an int, a number equal to one, or its digits.

        :raises WrongArgument: for anything else; it is an InvalidOperation, ValueError and TypeError
        """
        try:
            id = int(value)
            if isinstance(value, bool) or (id != value if not isinstance(value, _STRINGS) else '_' in str(value)):
                raise ValueError(value)
            return id
        except (TypeError, ValueError, OverflowError):
            raise WrongArgument('%s.get takes an id (int or its digits), or a list of them, you provided %s' % (
                self.name, codecs._shown(value)), model=self.name, columns=(self.pk,), value=value)

    def refuse_unknown(self, values, extra_ok=False):
        """Refuse values for what is no column, which `_extra_ok=True` ignores.

        :param values: {name: value}
        :raises InvalidColumnValue: naming them
        """
        wrong = tuple(sorted(name for name in values if name not in self.columns or name in self.unsafe))
        if wrong and not extra_ok:
            told = ['%s.%s is an UnsafeColumn, which takes commands once the entity is made' % (self.name, name)
                    if name in self.unsafe else self.no_column(name) for name in wrong]
            error = InvalidColumnValue('%s (_extra_ok=True ignores such names)' % '; '.join(told), model=self.name, columns=wrong,
                                       value=secrets.told_for(self, wrong[0], values[wrong[0]]))
            error.__cause__ = None  # a traceback does not begin with the column that is missing because of this
            raise error

    # -- what the class statement said -------------------------------------------------------------------------------

    def finish(self, is_primary_key, unique_together, geo_index):
        """Check the whole and work out what depends on what.

        :param is_primary_key: callable(column) -> bool
        :param unique_together: what the class says, or None
        :param geo_index: what the class says, or None
        :raises ColumnError: for columns or constraints that contradict each other
        """
        primary = [attr for attr, column in self.columns.items() if is_primary_key(column)]
        if len(primary) > 1:
            raise ColumnError('Only one primary key column allowed, %s has: %s' % (self.name, ' '.join(primary)), model=self.name,
                              columns=tuple(primary))
        self.pk = primary[0]
        self.unsafe = tuple(attr for attr, column in self.columns.items() if not hasattr(column, '_index'))
        columns = [column for attr, column in self.columns.items() if attr not in self.unsafe]
        self._lay_out_row(columns)
        for column in columns:
            if column.is_derived:
                column.check_source(self)
        self.together = tuple(self._checked_constraints(unique_together or ()))
        self.geo = self._checked_geo(geo_index)
        self.indexed = tuple(column for column in columns if column._attr != self.pk
                             and (column._index or column._prefix or column._suffix))
        self.unique = tuple(column for column in columns if column._unique)
        self.reads_row = bool(self.geo) or any(c._keygen2 for c in self.indexed + self.unique)
        self.plans_alone = not self.geo and all(_is_our_own(column) for column in columns)
        for attr in self.stored:
            self._affected_indexes[attr] = tuple(c for c in self.indexed if self._depends(c, attr))
            self._affected_uniques[attr] = tuple(c for c in self.unique if self._depends(c, attr))
        self.encoders = tuple((attr, self.columns[attr]._rom_encoder()) for attr in self.stored)
        self.pk_index = bool(self.columns[self.pk]._index)
        self.layout, self.explicit_layout = Layout(self), Layout(self, is_explicit=True)
        self.removal, self.alterations = RemovalLayout(self), Alterations(self)

    def keep_secret(self, attrs):
        """Take note of the columns whose values are not shown; an index over one of them is none to show, either."""
        derived = [attr for attr, column in self.columns.items() if getattr(column, '_column', None) in attrs
                   and getattr(column, 'is_derived', False)]
        self.secret = frozenset(attrs).union(derived)
        for attr, column in self.columns.items():
            column.is_secret = attr in self.secret
        self.beginnings = tuple(column._rom_beginning() for attr, column in self.columns.items() if attr not in self.unsafe)

    def _lay_out_row(self, columns):
        self.stored = tuple(column._attr for column in columns if column.is_stored)
        self.starting = tuple(column for column in columns if getattr(column, '_rom_starts', False))
        self.fields, self.fields_told = [attr.encode('utf-8') for attr in self.stored], request_text(self.stored)
        self.position = dict((attr, place) for place, attr in enumerate(self.stored))
        for column in columns:
            column._position = self.position.get(column._attr)
        self.mutable = tuple(column._attr for column in columns if column.is_stored and column.is_mutable)
        self.defaulted = tuple(column._attr for column in columns if column.is_stored and column.has_default)
        self.references = tuple(column._attr for column in columns if column.is_stored and hasattr(column, '_ftable'))
        self.counted = len(columns)
        self.shown = tuple(column._attr for column in columns
                           if column.is_stored or column.is_derived or column._attr == self.pk)

    def _checked_constraints(self, unique_together):
        if unique_together and all(not isinstance(part, (tuple, list, set, frozenset)) for part in unique_together):
            unique_together = [tuple(unique_together)]
        seen = {}
        for constraint in unique_together:
            attrs = tuple(sorted(set(constraint)))
            self._check_constraint(tuple(constraint), attrs)
            empty = [attr for attr in attrs if attr not in self.position]
            if empty:  # programs in use have that: as a row without a value, it takes no part
                warnings.warn('Multi-column unique constraint %r of %s never holds: column %r holds no data'
                              % (tuple(constraint), self.name, empty[0]), UserWarning, stacklevel=5)
                continue
            if attrs in seen:
                raise ColumnError('Multi-column unique constraint: %r not different than earlier constraint: %r of %s'
                                  % (tuple(constraint), seen[attrs], self.name), model=self.name, columns=attrs)
            seen[attrs] = tuple(constraint)
            yield attrs

    def _check_constraint(self, constraint, attrs):
        if len(attrs) < 2:
            raise ColumnError("Single-column unique constraint: %r should be defined via 'unique=True' on the %r "
                              "column of %s" % (constraint, attrs[0] if attrs else '', self.name), model=self.name, columns=attrs)
        for attr in attrs:
            if attr == self.pk:
                raise ColumnError('Multi-column unique index %r of %s references primary key column %r'
                                  % (constraint, self.name, attr), model=self.name, columns=(attr,))
            if attr not in self.columns:
                raise ColumnError('Multi-column unique index %r references non-existant column %r: %s'
                                  % (constraint, attr, self.no_column(attr)), model=self.name, columns=(attr,))

    def _checked_geo(self, geo_index):
        found = {}
        if geo_index is None:
            return found
        if not isinstance(geo_index, list) or not all(_is_geo_index(index) for index in geo_index):
            raise ORMError('geo_index attribute must be a list of GeoIndex(name, callback) definitions if present: that of %s is %s'
                           % (self.name, codecs._shown(geo_index)), model=self.name, value=geo_index)
        for index in geo_index:
            if index.name in found:
                raise ColumnError('Geo index named %r already defined in %s' % (index.name, self.name), model=self.name)
            found[index.name] = index
        return found

    # -- what depends on what ----------------------------------------------------------------------------------------

    @staticmethod
    def _depends(column, attr):
        if column._keygen2 is not None:
            return True
        return attr == (column._column if column.is_derived else column._attr)

    def affected_indexes(self, attrs):
        """Return the indexed columns whose entries follow from one of `attrs`."""
        return _once(column for attr in attrs for column in self._affected_indexes[attr])

    def affected_uniques(self, attrs):
        """Return the unique columns whose values follow from one of `attrs`."""
        return _once(column for attr in attrs for column in self._affected_uniques[attr])

    def affected_together(self, attrs):
        """Return the unique_together constraints that have one of `attrs` in them."""
        return [constraint for constraint in self.together if any(attr in constraint for attr in attrs)]

    def sources(self, column):
        """Return the stored columns that an indexed or unique column's entries are made from."""
        if column._keygen2 is not None:
            return self.stored
        attr = column._column if column.is_derived else column._attr
        return (attr,) if attr in self.position else ()


def shared_key(outer, inner):
    """Which key of one model could be a key of another whose namespace lies within the first one's.

    :param outer: `Schema`
    :param inner: `Schema`
    :returns: text that names both keys; None where there is none

    Example::

        shared_key(User._rom_schema, Role._rom_schema)  # "user:role:level:WORD:idx is a key of User.role, for ..."
    """
    if inner.namespace == keys.lock(outer.namespace):
        return '%s is the lock of a row of %s, and a row of %s' % (keys.row(inner.namespace, 'ID'), outer.name, inner.name)
    start = keys.start(outer.namespace)
    if not inner.namespace.startswith(start):
        return None
    within = inner.namespace[len(start):]
    first, _, rest = within.partition(u':')
    column = outer.columns.get(first)
    if column is not None and column in outer.indexed and column._index and column._rom_index.has_names:
        for other in inner.indexed + (inner.columns[inner.pk],):
            if other._index:
                word = u':'.join([rest] * bool(rest) + [other._attr] + [u'WORD'] * other._rom_index.has_names)
                return ('%s is a key of %s, for a word %r, and the index of %s'
                        % (keys.index(outer.namespace, keys.entry_name(first, word)), column.where, str(word), other.where))
    for name in inner.geo:
        if u':'.join((within, name)) in outer.geo:
            return '%s is the geo index of both' % keys.index(inner.namespace, name, 'geo')
    for attrs in set(inner.together) | set((each._attr,) for each in inner.unique):
        parts = tuple(within.split(u':')) + attrs
        if parts in outer.together:
            name = keys.together_name(parts)
            return '%s is the unique index of %s.%s and of %s.%s' % (
                keys.index(outer.namespace, name, 'uidx'), outer.name, name, inner.name, keys.together_name(attrs))


def _is_our_own(column):
    """Whether nothing of the program's own is called to plan what is written of a column."""
    default = column._default
    return (type(column).__module__.startswith(_PACKAGE) and not any(callable(value) for name, value in vars(column).items()
                                                                     if name in ('_to_redis', '_from_redis'))
            and all(keygen is None or keygens.plain(keygen).__module__.startswith(_PACKAGE)
                    for keygen in (column._keygen, column._keygen2))
            and (not callable(default) or isinstance(default, types.BuiltinFunctionType) or default in (dict, list, set)))


def _is_geo_index(index):
    return hasattr(index, 'name') and hasattr(index, 'callback')


def _once(columns):
    return list(collections.OrderedDict.fromkeys(columns))
