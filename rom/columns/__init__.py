"""Typed columns, and what the models of a program know of each other."""

# programs written for 1.1.2 import the errors from here, too
from ..exceptions import (ColumnError, InvalidColumnValue, InvalidOperation, MissingColumn, ORMError,  # noqa: F401
                          RestrictError)
from .base import Column, _Column
from .registry import (MODELS, MODELS_REFERENCED, NO_ACTION_DEFAULT, NULL, ON_DELETE, SKIP_ON_DELETE)
from .relations import ForeignModel, ManyToOne, OneToMany, OneToOne
from .scalars import (Boolean, Date, DateTime, Decimal, Float, Integer, Json, PrimaryKey, SaferDateTime, String, Text,
                      Time)
from .special import IndexOnly, UnsafeColumn

__all__ = ['Boolean', 'Column', 'Date', 'DateTime', 'Decimal', 'Float', 'ForeignModel', 'IndexOnly', 'Integer',
           'Json', 'MODELS', 'MODELS_REFERENCED', 'ManyToOne', 'ON_DELETE', 'OneToMany', 'OneToOne', 'PrimaryKey',
           'SaferDateTime', 'String', 'Text', 'Time', 'UnsafeColumn', '_Column']

COLUMN_TYPES = [Column, Integer, Boolean, Float, Decimal, DateTime, Date, Time, String, Text, Json, PrimaryKey,
                ManyToOne, ForeignModel, OneToMany, OneToOne, IndexOnly]
