"""Columns that point at other rows: references one way, lists of referrers the other."""

import warnings

import six

from ..exceptions import ColumnError, InvalidColumnValue, InvalidOperation, ORMError
from ..values import names
from .arguments import check_on_delete, check_table, frames_to_the_program
from .base import Column
from .index_kinds import References
from .referrers import Referrers
from .registry import MODELS, MODELS_REFERENCED, NO_ACTION_DEFAULT, NULL, find_model, if_replaced

__all__ = ['ForeignModel', 'ManyToOne', 'OneToMany', 'OneToOne']

_id_kinds = six.integer_types + (six.text_type, bytes)


def _name_of(table):
    return getattr(table, '__name__', table)


def _existing(column):
    """Return the model on the other side of a relation.

    :raises ORMError: where no such model has been made
    """
    model = column.get_related_model()
    if model is None:
        known = sorted(set(model.__name__ for model in MODELS.values()) - set(['Model']))
        raise ORMError('Missing foreign table %s referenced by %s: no module that was imported has a model of that name%s' % (
            names.quoted(column._ftable), column.where, names.suggestion(column._ftable, known)), model=column._model,
            columns=(column._attr,), value=column._ftable)
    return model


def _references(columns, target):
    """Return the names among `columns` of the references to a model."""
    return [attr for attr, column in columns.items()
            if isinstance(column, ManyToOne) and find_model(column._ftable) is target]


class _Reference(Column):
    """What all references share: the row keeps an id, the attribute gives the object."""

    _allowed = ()  # what fits, `_converted` says
    is_reference = True
    _rom_index_kind = References

    def initial(self):
        value = None if self._default is NULL else self._default
        value = value() if callable(value) else value
        return None if value is None else self.accept(value)

    def _init_(self, obj, model, attr, value, loading):
        if not loading:  # references load when they are touched
            super(_Reference, self)._init_(obj, model, attr, value, loading)

    def _typed(self, value):
        return value

    def missing(self):
        """As for any column, and None where the default is a row that is gone, or one that is not there yet."""
        value = self._default_if_any()
        return None if getattr(value, '_new', False) else value

    def _default_if_any(self):
        """Return the default, which may be a new entity; None where it is a row that is gone."""
        try:
            return self.initial()
        except InvalidColumnValue:
            return None

    def encode(self, value):
        try:
            return None if value is None else six.text_type(int(value.id))
        except (TypeError, ValueError) as error:
            cause = error
        self._rom_raise(self.refuse(value, 'takes objects whose id is a whole number, not %s' % self._rom_shown(value.id)), cause)

    def _rom_plain(self, entity):
        """Return the id; nothing is loaded for it."""
        state = entity._rom
        raw = None if self._attr in state.assigned else state.raw(self._attr)
        if raw is None:
            return self._id_of(state.values[self._attr] if self._attr in state.values else self._default)
        return self._id_in(raw, 'of row %s is no id' % state.pk)

    def _id_in(self, raw, what):
        try:
            return int(raw)
        except ValueError as error:
            cause = error
        self._rom_raise(self.refuse(raw, what), cause)

    def _id_of(self, value):
        """Return the id of an object, or of what a default may be."""
        value = value() if callable(value) else value
        if value is None or value is NULL or isinstance(value, _id_kinds):
            return int(value) if isinstance(value, _id_kinds) else None
        return int(self.encode(value))

    def _refuse_deleted(self, value):
        """Refuse what is to be written and refers to a row that is gone, where that can be told."""

    def _rom_encoder(self):
        return self._encode_living

    def _encode_living(self, value):
        text = self.encode(value)
        self._refuse_deleted(value)
        return text

    def _rom_generated(self, row):
        """Return the id as a number, from the text that the row keeps: the other row is never read for this."""
        if self._keygen2 is not None:
            return super(_Reference, self)._rom_generated(row)
        text = row.text(self._attr)
        return None if text is None else {'': int(text)}

    def _rom_may_refer_to(self, entity):
        """Whether an entity of rom may be what this refers to, as far as can be told."""
        return True


class ManyToOne(_Reference):
    """A reference to one row of another model; None where that row is gone.

    :param ftable: class name, namespace or class of the model pointed at
    :param on_delete: one of `ON_DELETE`: what becomes of this row when the other is deleted; mandatory
    :param bool required: refuse None
    :param default: an entity or id
    :raises ColumnError: where on_delete is missing or cannot work

    Example: ``country = rom.ManyToOne('Country', on_delete='restrict')``
    """

    def __init__(self, ftable, on_delete=NO_ACTION_DEFAULT, required=False, default=NULL):
        self._set_up(ftable, on_delete, required, default, False)

    def _set_up(self, ftable, on_delete, required, default, unique):
        check_table(type(self), ftable)
        check_on_delete(type(self), on_delete, required, default)
        self._ftable = ftable
        self._on_delete = on_delete
        Column.__init__(self, required, default, unique, index=True)

    def check_relations(self, schema):
        """Refuse a second reference to a model whose list of referrers does not say which one it follows.

        :raises ColumnError: naming that list
        """
        target = find_model(self._ftable)
        if target is None or len(_references(schema.columns, target)) < 2:
            return
        for column in target._columns.values():
            if isinstance(column, OneToMany) and column._column is None and column._ftable in (schema.name,
                                                                                              schema.namespace):
                raise ColumnError('%s needs a `column` argument: %s has several references to %s'
                                  % (column.where, schema.name, target.__name__), model=schema.name)

    def register(self, namespace):
        """Let the model pointed at know, once the class is made."""
        table = self._ftable.__name__ if isinstance(self._ftable, type) else self._ftable
        MODELS_REFERENCED.setdefault(table, []).append((namespace, self._attr, self._on_delete))

    def encode(self, value):
        return None if value is None else six.text_type(value._rom_allocate_id())

    def _refuse_deleted(self, value):
        """Refuse a reference to a row that was deleted since it was assigned.

        :raises InvalidColumnValue: naming it
        """
        if value is not None and value._deleted:
            raise self.refuse(value, 'cannot refer to a deleted %s' % type(value).__name__)

    def _from_redis(self, value):
        return _existing(self).get(int(value))

    def _rom_traits(self):
        return ['to %s' % _name_of(self._ftable), 'on_delete=%r' % self._on_delete] + super(ManyToOne, self)._rom_traits()

    def get_related_model(self):
        """Return the model pointed at.

        :returns: Model class; None where no such model has been made

        Example::

            Airport.country.get_related_model()     # Country
        """
        return find_model(self._ftable)

    def _init_(self, obj, model, attr, value, loading):
        _existing(self)
        super(ManyToOne, self)._init_(obj, model, attr, value, loading)

    def _converted(self, value):
        model = _existing(self)
        if isinstance(value, _id_kinds) and not isinstance(value, bool):
            return self._by_id(model, value)
        if not self.takes(value):
            raise self.refuse(value, 'takes %s entities or their ids%s' % (model.__name__, if_replaced(value, model)))
        self._refuse_deleted(value)
        return value

    def __set__(self, obj, value):
        if value is not None and value is obj._rom.values.get(self._attr):
            obj._rom_assign(self._attr, value)  # what it is already, though its row may be gone by now
        else:
            super(ManyToOne, self).__set__(obj, value)

    def takes(self, value):
        """Whether a value is a row of the model pointed at; one of a subclass is a row of another."""
        model = _existing(self)
        return isinstance(value, model) and value._namespace == model._namespace

    def _rom_may_refer_to(self, entity):
        return self.takes(entity)

    def _by_id(self, model, value):
        try:
            found = model.get(int(value))
        except ValueError:
            raise self.refuse(value, 'takes %s entities or their ids' % model.__name__)
        if found is None:
            raise self.refuse(value, 'refers to a %s that does not exist' % model.__name__)
        return found

    def _read(self, state):
        if state.row[self._position] is None:
            state.know(self._attr, self.missing())
        else:
            self._read_with_siblings(state)
        return state.values[self._attr]

    def _read_with_siblings(self, state):
        """Fetch what a row and those loaded with it refer to, in one call."""
        attr, position = self._attr, self._position
        ids, cause = [], None
        for each in state.siblings_alive():
            raw = each.row[position]
            if attr in each.values or raw is None:
                continue
            try:
                ids.append((each, int(raw)))
            except ValueError as error:
                cause = error if each is state else cause
        if cause is not None:
            self._rom_raise(self.refuse(state.row[position], 'of row %s is no id' % state.entity()._pk), cause)
        found = _existing(self)._rom_targets(sorted(set(id for _, id in ids)))
        for each, id in ids:
            each.know(attr, found.get(id))


    def _rom_read_all(self, texts):
        """Return the entities, read in one call."""
        ids = [None if text is None else self._id_in(text, 'holds no id') for text in texts]
        wanted = sorted(set(id for id in ids if id is not None))
        found = _existing(self)._rom_targets(wanted, fresh=True) if wanted else {}
        return [found.get(id) for id in ids]


class OneToOne(ManyToOne):
    """A ManyToOne that, with `unique=True`, no two rows share.

    :param ftable: class name, namespace or class of the model pointed at
    :param on_delete: one of `ON_DELETE`: what becomes of this row when the other is deleted; mandatory
    :param bool required: refuse None
    :param default: an entity or id
    :param bool unique: refuse a second row that refers to the same one
    :raises ColumnError: where on_delete is missing or cannot work

    Example: ``profile = rom.OneToOne('Profile', 'cascade', unique=True)``
    """

    can_be_unique = True

    def __init__(self, ftable, on_delete=NO_ACTION_DEFAULT, required=False, default=NULL, unique=False):
        self._set_up(ftable, on_delete, required, default, unique)


class ForeignModel(_Reference):
    """A reference to an object of another ORM.

    :param fmodel: a class with `get(id)`, whose objects have an `id`
    :param bool required: refuse None
    :param default: such an object

    Example: ``author = rom.ForeignModel(DjangoUser)``
    """

    def __init__(self, fmodel, required=False, default=NULL):
        self._fmodel = fmodel
        Column.__init__(self, required, default, index=True)

    def _rom_traits(self):
        return ['to %s' % _name_of(self._fmodel)] + super(ForeignModel, self)._rom_traits()

    def _converted(self, value):
        if isinstance(value, _id_kinds) and not isinstance(value, bool):
            try:
                found = self._fmodel.get(int(value))
            except ValueError:
                raise self.refuse(value, 'takes objects of %r or their ids' % (self._fmodel,))
            if found is None:
                raise self.refuse(value, 'refers to an object that does not exist')
            return found
        if not hasattr(value, 'id'):
            raise self.refuse(value, 'takes objects of %r or their ids' % (self._fmodel,))
        return value

    def _from_redis(self, value):
        return self._fmodel.get(int(value))


class OneToMany(Column):
    """The rows of another model that refer to this one; read-only.

    :param ftable: class name, namespace or class of the referring model
    :param column: its reference to follow, needed where two point here
    :raises ColumnError: for what is no model

    Example: ``airports = rom.OneToMany('Airport')``
    """

    is_stored = False

    def __init__(self, ftable, column=None):
        check_table(type(self), ftable)
        self._ftable = ftable
        self._column = column
        Column.__init__(self)

    def _rom_traits(self):
        return ['of %s' % _name_of(self._ftable)] + ['column=%r' % self._column] * bool(self._column)

    def get_related_model(self):
        """Return the referring model.

        :returns: Model class; None where no such model has been made

        Example::

            Country.airports.get_related_model()    # Airport
        """
        return find_model(self._ftable)

    def check_relations(self, schema):
        """Refuse a list that does not say which of several references it follows.

        :raises ColumnError: naming it
        """
        referrer = find_model(self._ftable)
        if self._column is not None or referrer is None:
            return
        found = [attr for attr, column in referrer._columns.items()
                 if isinstance(column, ManyToOne) and column._ftable in (schema.name, schema.namespace)]
        if len(found) > 1:
            raise ColumnError('%s needs a `column` argument, one of %r: %s has several references to %s'
                              % (self.where, sorted(found), referrer.__name__, schema.name), model=schema.name)

    def _referring_column(self, obj):
        model = _existing(self)
        if self._column is not None:
            column = model._columns.get(self._column)
            if column is None:
                raise ColumnError('%s: %s' % (self.where, model._rom_schema.no_column(self._column)), model=self._model,
                                  columns=(self._attr,), value=self._column)
            if isinstance(column, ManyToOne) and not column.takes(obj):
                raise ColumnError('%s: %s.%s refers to no rows of %s'
                                  % (self.where, model.__name__, self._column, type(obj).__name__), model=self._model,
                                  columns=(self._attr,))
            return self._column
        found = [attr for attr, column in model._columns.items()
                 if isinstance(column, ManyToOne) and column.takes(obj)]
        if len(found) != 1:
            raise ColumnError('%s needs a `column` argument: %s has %d references to %s%s' % (
                self.where, model.__name__, len(found), type(obj).__name__, ': ' + ', '.join(found) if found else ''),
                model=self._model, columns=(self._attr,))
        return found[0]

    def __get__(self, obj, objtype=None):
        if obj is None:
            return self
        if obj._rom.id is None:
            return []
        model, attr = _existing(self), self._referring_column(obj)
        return Referrers(model._rom_query().filter(**{attr: obj._rom.id}).all(), self.where, '%s.%s' % (model.__name__, attr))

    def __set__(self, obj, value):
        raise InvalidOperation('Cannot assign to OneToMany relationships: %s is read-only, assign the reference on the '
                               'other side' % self.where, model=self._model, columns=(self._attr,), value=value)

    def __delete__(self, obj):
        self.__set__(obj, None)

    def _init_(self, obj, model, attr, value, loading):
        _existing(self)
        if value:  # as in 1.1.2 it is passed over, but not in silence
            warnings.warn('%s=... is not stored: %s lists what refers here, assign the reference on the other side' % (
                attr, self.where), UserWarning, frames_to_the_program())
