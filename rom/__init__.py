"""An object mapper for Redis and Valkey, with the active record's manners.

    import rom

    class User(rom.Model):
        email = rom.Text(required=True, unique=True)
        born = rom.Date(index=True)

    User(email=u'ann@example.org', born=date(1990, 5, 17)).save()
    User.get_by(email=u'ann@example.org')
    User.query.filter(born=(date(1980, 1, 1), None)).order_by('-born').all()

What there is, of which `help` tells more:

    Model         a row as an object: get, get_by, query, save, delete
    columns       Boolean Date DateTime Decimal Float ForeignModel IndexOnly Integer Json ManyToOne OneToMany OneToOne PrimaryKey
                  SaferDateTime String Text Time UnsafeColumn, and Column, of which one's own derive
    keygens       under what a text is found: FULL_TEXT IDENTITY IDENTITY_CI SIMPLE SIMPLE_CI
    query.Query   what is asked of a model
    session       what was read and changed: commit, rollback, `with rom.session:`
    util          set_connection_settings, get_connection, refresh_indices, check_indexes, EntityLock and more
    exceptions    ORMError and what derives from it
    embedded      a server out of a wheel; the URL embedded:// starts one
    testing       an empty database for each test; to be imported by itself
    contrib       wsgi, asgi, django and celery: a scope for each request or task; to be imported by themselves

(Of no concern but to pytest, which need not rewrite what is here: PYTEST_DONT_REWRITE.)
"""

from datetime import date, datetime, time as dtime
import types as _types

import six

from . import columns, compat, exceptions, index, model, query, util
from .columns import (COLUMN_TYPES, MODELS, MODELS_REFERENCED, NULL, ON_DELETE, SKIP_ON_DELETE, Boolean, Column, Date, DateTime,
                      Decimal, Float, ForeignModel, IndexOnly, Integer, Json, ManyToOne, OneToMany, OneToOne,
                      PrimaryKey, SaferDateTime, String, Text, Time, UnsafeColumn, _Column)
from .exceptions import (BulkError, ColumnError, DataRaceError, EntityDeletedError, InvalidColumnValue,
                         InvalidOperation, MissingColumn, MultipleResultsFound, NoResultFound, NotLatin1, ORMError,
                         OutcomeUnknownError, QueryError, RestrictError, RowGoneError, UniqueKeyViolation, UnknownArgument,
                         UnknownAttribute, UnsafeError, WrongArgument, WrongQuery)
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
from .values.conditions import within

__version__ = VERSION = '2.0.0'

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

#: beside the classes and functions: of the modules those that programs import
_MODULES = ('columns', 'contrib', 'embedded', 'exceptions', 'index', 'model', 'query', 'testing', 'util')
#: names that 1.1.2 has here by the way
_BY_THE_WAY = ('date', 'datetime', 'dtime')


def __dir__():
    """Tell what is public; programs find the rest here, too. Python 2.7 does not ask, and tells all."""
    return sorted(name for name, value in globals().items() if name in _MODULES or name.startswith('__') or not (
        name.startswith('_') or name in _BY_THE_WAY or isinstance(value, _types.ModuleType)))
