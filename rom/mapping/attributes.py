"""Attributes of entities that are no columns, and are not stored: allowed as in 1.1.2, told where one looks like a slip."""

import warnings

from ..columns.arguments import frames_to_the_program
from ..exceptions import UnknownAttribute
from ..storage import secrets
from ..values import names
from ..values.codecs import _shown

__all__ = ['set_if_known', 'warn_of_slips']


def warn_of_slips(entities):
    """Warn, once for each class and name, of attributes that are nearly named like a column.

    :param entities: iterable, about to be written, or that would be if they had changed
    """
    for entity in entities:
        own = getattr(entity, '__dict__', None)
        if own:
            for attr in own:
                _look_at(entity._rom_schema, type(entity), attr)


def _look_at(schema, model, attr):
    if attr in schema.seen_attributes:
        return
    schema.seen_attributes.add(attr)
    if not (attr.startswith('_') or hasattr(model, attr)) and names.is_slip(attr, schema.columns):
        warnings.warn('%s.%s is no column, and is not stored%s (_strict = True in the class refuses such names)' % (
            schema.name, attr, names.suggestion(attr, schema.columns)), UserWarning, stacklevel=frames_to_the_program())


def set_if_known(entity, attr, value):
    """Set an attribute of an entity: the `__setattr__` of models with ``_strict = True``.

    :raises UnknownAttribute: where it is no column, and nothing else that the class has; names that begin with ``_`` are free
    """
    if not (attr.startswith('_') or hasattr(type(entity), attr)):
        schema = entity._rom_schema
        told = secrets.told_for(schema, attr, value)
        raise UnknownAttribute('%s (it has _strict = True; value: %s)' % (schema.no_column(attr), _shown(told)), model=schema.name,
                               columns=(attr,), value=told)
    object.__setattr__(entity, attr, value)
