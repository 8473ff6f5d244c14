"""rom: an object mapper for Redis and Valkey, with the active record's manners."""

from datetime import date, datetime, time as dtime

import six

from . import columns, compat, exceptions, index, model, query, util
from .columns import (COLUMN_TYPES, MODELS, MODELS_REFERENCED, NULL, ON_DELETE, SKIP_ON_DELETE, Boolean, Column, Date, DateTime,
                      Decimal, Float, ForeignModel, IndexOnly, Integer, Json, ManyToOne, OneToMany, OneToOne,
                      PrimaryKey, SaferDateTime, String, Text, Time, UnsafeColumn, _Column)
from .exceptions import (BulkError, ColumnError, DataRaceError, EntityDeletedError, InvalidColumnValue,
                         InvalidOperation, MissingColumn, ORMError, OutcomeUnknownError, QueryError, RestrictError, RowGoneError,
                         UniqueKeyViolation, UnsafeError)
from .index import GeneralIndex, Geofilter, GeoIndex, Pattern, Prefix, Suffix
from .model import Model, _ModelMetaclass
from .query import (NOT_NULL, NUMERIC_TYPES, Query, _dict_data_factory, _list_data_factory, _namedtuple_data_factory,
                    _tuple_data_factory)
from .storage import store  # how much a call carries, and how long it is remembered
from .util import (CASE_INSENSITIVE, ClassProperty, EntityLock, FULL_TEXT, IDENTITY, IDENTITY_CI, IDENTITY_STRING,
                   IDENTITY_STRING_CI, Lock, SIMPLE, SIMPLE_CI, STRING_INDEX_KEYGENS, STRING_INDEX_KEYGENS_STR,
                   STRING_SORT_KEYGENS, STRING_SORT_KEYGENS_STR, Session, _boolean_keygen, _connect,
                   _encode_unique_constraint, _many_to_one_keygen, _numeric_keygen, _prefix_score, _script_load,
                   _string_keygen, _to_score, check_indexes, clean_old_index, clean_unsafe_cols, dt2ts,
                   get_connection, refresh_all_indexes, refresh_indices, session, set_connection_settings,
                   show_progress, t2ts, ts2dt, ts2t, use_null_session, use_rom_session)

VERSION = '2.0.0'

compat.give_names()

__all__ = [
    'Boolean', 'CASE_INSENSITIVE', 'COLUMN_TYPES', 'ClassProperty', 'Column', 'ColumnError', 'DataRaceError', 'Date',
    'DateTime', 'Decimal', 'EntityDeletedError', 'FULL_TEXT', 'Float', 'ForeignModel', 'GeneralIndex', 'GeoIndex',
    'IDENTITY', 'IDENTITY_CI', 'IDENTITY_STRING', 'IDENTITY_STRING_CI', 'IndexOnly', 'Integer', 'InvalidColumnValue',
    'InvalidOperation', 'Json', 'MODELS', 'MODELS_REFERENCED', 'ManyToOne', 'MissingColumn', 'Model', 'NOT_NULL',
    'NUMERIC_TYPES', 'ORMError', 'OneToMany', 'OneToOne', 'Pattern', 'Prefix', 'PrimaryKey', 'Query', 'QueryError',
    'RestrictError', 'SIMPLE', 'SIMPLE_CI', 'SKIP_ON_DELETE', 'SaferDateTime', 'String', 'Suffix', 'Text', 'Time',
    'UniqueKeyViolation', 'UnsafeColumn', 'VERSION', 'columns', 'exceptions', 'index', 'model', 'query', 'session',
    'util',
]
