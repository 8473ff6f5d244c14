"""What makes a class statement a model."""

import collections
import copy
import inspect
import warnings

import six

from ..columns import MODELS, Column, PrimaryKey, UnsafeColumn, _Column
from ..columns.registry import put_back, take_out
from ..exceptions import ColumnError, ORMError
from ..values.names import nearest
from .attributes import set_if_known
from .redefinition import check_free, origin_of
from .schema import Schema, shared_key

__all__ = ['_ModelMetaclass']


class _ModelMetaclass(type):
    """Makes a class statement a model: binds its columns, works out its schema, registers it."""

    _conn = CONN = None  # of a model that has none of its own: what is there is found more quickly than what is not

    def __new__(cls, name, bases, dict):
        namespace = dict['_namespace'] = dict.get('_namespace') or name
        if not isinstance(namespace, six.string_types):
            raise ORMError('The _namespace attribute must be a string: that of %s is %r' % (name, namespace), model=name,
                           value=namespace)
        origin = origin_of(name, dict)
        dict.setdefault('__module__', origin.module)  # of what `type()` makes, Python would say this module
        replaced = check_free(origin, name, namespace)
        for model in replaced:
            model._rom_check_saved()
        taken = take_out(replaced, namespace)
        try:
            model = _made(cls, name, namespace, origin, bases, dict, not replaced)
        except BaseException:
            put_back(taken)
            raise
        MODELS[name] = MODELS[namespace] = model
        for column in model._columns.values():
            if isinstance(column, Column):
                column.register(namespace)
        for old in replaced:
            old._rom_replace_by(model)
        return model

    def mro(cls):
        """Names that are new here come after those of a program's own, mixins behind the model included."""
        found = type.mro(cls)
        return [base for base in found[:-1] if not _comes_last(base)] + [base for base in found if _comes_last(base)] + found[-1:]

    def __setattr__(cls, name, value):
        if name in _MARKS_OF_DATACLASSES:
            raise ColumnError('%s: models make their own __init__, take @%s away' % (
                cls.__name__, _MARKS_OF_DATACLASSES[name]), model=cls.__name__)
        type.__setattr__(cls, name, value)
        if name == '_namespace':  # a tenant, a test run: from now on all keys begin so
            cls._rom_schema.use_namespace(value)


def _made(metaclass, name, namespace, origin, bases, dict, is_first):
    """Return the class, which no registry knows yet."""
    for attr, value in dict.items():
        _check_has_parentheses(name, attr, value)
    schema = Schema(name, namespace, origin)
    schema.annotated = tuple(dict.get('__annotations__', ()))
    for attr, column in _declared_columns(name, bases, dict).items():
        dict[attr] = column.bind(schema, attr)
    for column in schema.columns.values():
        if isinstance(column, Column) and is_first:  # else the other side may be about to be replaced as well
            column.check_relations(schema)
    schema.finish(_is_primary_key, _unique_together(bases, dict, schema.columns),
                  _inherited(bases, dict, 'geo_index'))
    schema.keep_secret(_secret_columns(bases, dict, schema))
    dict.update(_described(schema))
    if dict.get('_strict') in (True, False):
        dict.setdefault('__setattr__', set_if_known if dict['_strict'] else object.__setattr__)
    _warn_shadowing(name, bases, schema)
    _warn_of_shared_keys(schema)
    return type.__new__(metaclass, name, bases, dict)


#: what decorators put into a class to whose columns and `__init__` they do what is done here
_MARKS_OF_DATACLASSES = {'__dataclass_params__': 'dataclass', '__dataclass_fields__': 'dataclass', '__attrs_attrs__': 'attr.s'}


def _is_primary_key(column):
    return isinstance(column, PrimaryKey)


def _is_root(base):
    return isinstance(base, _ModelMetaclass) and base._rom_schema.name == 'Model'


def _declared_columns(name, bases, dict):
    """{attr: column}: inherited ones as copies, then the class's own, then the primary key.

    Of two bases the first one's column counts; what the class body puts in the place of a column takes it out.
    """
    own = [(attr, value) for attr, value in dict.items() if isinstance(value, _Column)]
    if six.PY2:
        own.sort()  # a class body has no order there
    has_key = any(_is_primary_key(column) for _, column in own)
    columns = collections.OrderedDict()
    for base in bases:
        for attr, column in _columns_of(base).items():
            if attr in dict or attr in columns or _is_primary_key(column) and (has_key or _is_root(base)):
                continue
            columns[attr] = column
            has_key = has_key or _is_primary_key(column)
    if not has_key and 'id' in dict:
        raise ColumnError("Cannot have non-primary key named 'id' when no explicit PrimaryKey() is defined: give %s a rom.PrimaryKey() "
                          "of another name, or take 'id' for it" % name, model=name, columns=('id',))
    _drop_derived(columns, dict)
    columns.update(own)
    if not has_key:
        columns['id'] = PrimaryKey()
    return columns


def _drop_derived(columns, dict):
    """Without its source, an inherited index over another column has nothing to hold."""
    for attr, column in list(columns.items()):
        source = getattr(column, '_column', None) if getattr(column, 'is_derived', False) else None
        if source in dict and not isinstance(dict[source], _Column):
            del columns[attr]
            dict[attr] = None


def _columns_of(base):
    """{attr: column} of a base: those of a model, or those that a plain mixin class and its bases have."""
    if isinstance(base, _ModelMetaclass):
        return base._columns
    columns = collections.OrderedDict()
    for cls in reversed(inspect.getmro(base)):
        attrs = vars(cls)
        for attr in sorted(attrs) if six.PY2 else attrs:
            columns.pop(attr, None)
            if isinstance(attrs[attr], _Column):
                columns[attr] = copy.copy(attrs[attr])  # the mixin's own stays as it is, for other models
            _check_has_parentheses(cls.__name__, attr, attrs[attr])
    return columns


def _check_has_parentheses(name, attr, value):
    """Refuse `title = rom.Text`; a column class that is defined in the class body has its own name."""
    if isinstance(value, type) and issubclass(value, _Column) and value.__name__ != attr:
        raise ColumnError('%s.%s is the class %s, not a column: did you forget the ()?' % (name, attr, value.__name__),
                          model=name, columns=(attr,))


def _inherited(bases, dict, name):
    if name in dict:
        return dict[name]
    for base in bases:
        if getattr(base, name, None) is not None:
            return getattr(base, name)


def _unique_together(bases, dict, columns):
    """Return what the class says; or what its bases say, constraints aside of which a column was taken out."""
    found = _inherited(bases, dict, 'unique_together')
    if not found or 'unique_together' in dict:
        return found
    gone = set(attr for base in bases for cls in inspect.getmro(base) for attr in getattr(cls, '_columns', ())).difference(columns)
    constraints = [tuple(found)] if all(isinstance(part, six.string_types) for part in found) else found
    return [constraint for constraint in constraints if not gone.intersection(constraint)]


def _secret_columns(bases, dict, schema):
    """Return the columns that the class, or one of its bases, names in `_secret`: a subclass adds to them.

    :raises ColumnError: for a name that is no column
    """
    found = set()
    for cls in [dict] + [vars(cls) for base in bases for cls in inspect.getmro(base)]:
        told = cls.get('_secret')
        if '_rom_schema' in cls:
            found.update(cls['_rom_schema'].secret)  # those of a base that the class has no longer are none
        elif isinstance(told, six.string_types) and nearest(told, schema.columns) is None:
            continue  # a program's own attribute of that name
        elif isinstance(told, six.string_types + (list, tuple, set, frozenset)):
            said = [told] if isinstance(told, six.string_types) else told
            for name in said:
                if name not in schema.columns:
                    raise ColumnError('%s._secret: %s' % (schema.name, schema.no_column(name)), model=schema.name)
            found.update(said)
    return found.intersection(schema.columns)


def _described(schema):
    """Return the class attributes by which 1.1.2 tells what a model has."""
    columns = [column for column in schema.columns.values() if not isinstance(column, UnsafeColumn)]

    def having(flag):
        return set(column._attr for column in columns if getattr(column, flag))
    return {
        '_rom_schema': schema, '_columns': schema.columns, '_pkey': schema.pk, '_geo': schema.geo,
        '_index': having('_index'), '_unique': having('_unique'), '_cunique': set(schema.together),
        '_prefix': having('_prefix'), '_suffix': having('_suffix'), '_required': having('_required'),
        '_no_fk': not any(column.is_reference for column in columns),
    }


def _warn_shadowing(name, bases, schema):
    for attr in schema.columns:
        if any(_hides(base, attr) for base in bases):
            warnings.warn('column %s.%s hides a method or attribute of Model' % (name, attr), UserWarning, stacklevel=4)


def _hides(base, attr):
    for cls in inspect.getmro(base):
        if attr in vars(cls):
            return not (_comes_last(cls) or vars(cls)[attr] is None or isinstance(vars(cls)[attr], _Column))
    return False


def _comes_last(cls):
    return '_rom_comes_last' in vars(cls)


def _warn_of_shared_keys(schema):
    """Say where a key of this model could be a key of another, the namespace of the one lying within that of the other."""
    for other in sorted(set(model._rom_schema for model in MODELS.values()), key=lambda each: each.namespace):
        shared = shared_key(other, schema) or shared_key(schema, other)
        if shared:
            outer, inner = sorted((other.namespace, schema.namespace), key=len)
            warnings.warn('namespaces %r and %r meet: %s; give one of them another _namespace' % (outer, inner, shared),
                          UserWarning, stacklevel=4)
