from typing import Any

from .beyond import (
    bulk_create as bulk_create,
    etag as etag,
    get_one as get_one,
    get_or_create as get_or_create,
    increment as increment,
    update_or_create as update_or_create,
)
from .values.codecs import (
    _bigint_to_float as _bigint_to_float,
    _encode_unique_constraint as _encode_unique_constraint,
    _epoch as _epoch,
    _epochd as _epochd,
    _prefix_score as _prefix_score,
    _to_score as _to_score,
    dt2ts as dt2ts,
    t2ts as t2ts,
    ts2dt as ts2dt,
    ts2t as ts2t,
)
from .descriptors import (
    ClassProperty as ClassProperty,
)
from .exceptions import (
    DataRaceError as DataRaceError,
    ORMError as ORMError,
)
from .values.keygens import (
    CASE_INSENSITIVE as CASE_INSENSITIVE,
    FULL_TEXT as FULL_TEXT,
    IDENTITY as IDENTITY,
    IDENTITY_CI as IDENTITY_CI,
    IDENTITY_STRING as IDENTITY_STRING,
    IDENTITY_STRING_CI as IDENTITY_STRING_CI,
    SIMPLE as SIMPLE,
    SIMPLE_CI as SIMPLE_CI,
    STRING_INDEX_KEYGENS as STRING_INDEX_KEYGENS,
    STRING_INDEX_KEYGENS_STR as STRING_INDEX_KEYGENS_STR,
    STRING_SORT_KEYGENS as STRING_SORT_KEYGENS,
    STRING_SORT_KEYGENS_STR as STRING_SORT_KEYGENS_STR,
    _boolean_keygen as _boolean_keygen,
    _many_to_one_keygen as _many_to_one_keygen,
    _numeric_keygen as _numeric_keygen,
    _string_keygen as _string_keygen,
)
from .locks import (
    EntityLock as EntityLock,
    Lock as Lock,
)
from .upkeep.tasks import (
    check_indexes as check_indexes,
    clean_old_index as clean_old_index,
    clean_unsafe_cols as clean_unsafe_cols,
    refresh_all_indexes as refresh_all_indexes,
    refresh_indices as refresh_indices,
    show_progress as show_progress,
)
from .storage.scripts import (
    NO_SCRIPT_MESSAGES as NO_SCRIPT_MESSAGES,
    _script_load as _script_load,
)
from .unitofwork.session import (
    Session as Session,
    session as session,
)

__all__ = [
    "CASE_INSENSITIVE",
    "CONNECTION",
    "ClassProperty",
    "EntityLock",
    "FULL_TEXT",
    "IDENTITY",
    "IDENTITY_CI",
    "IDENTITY_STRING",
    "IDENTITY_STRING_CI",
    "Lock",
    "NO_SCRIPT_MESSAGES",
    "NULL_SESSION",
    "REDIS_URI",
    "SIMPLE",
    "SIMPLE_CI",
    "STRING_INDEX_KEYGENS",
    "STRING_INDEX_KEYGENS_STR",
    "STRING_SORT_KEYGENS",
    "STRING_SORT_KEYGENS_STR",
    "Session",
    "_connect",
    "_encode_unique_constraint",
    "_epoch",
    "_epochd",
    "_script_load",
    "_string_keygen",
    "check_indexes",
    "clean_old_index",
    "clean_unsafe_cols",
    "get_connection",
    "refresh_all_indexes",
    "refresh_indices",
    "session",
    "set_connection_settings",
    "show_progress",
    "use_null_session",
    "use_rom_session",
]

# a redis-py client of any kind; None until an embedded server is asked for the first time
CONNECTION: Any
REDIS_URI: str
NULL_SESSION: bool

def set_connection_settings(*args: Any, **kwargs: Any) -> None: ...
def get_connection() -> Any: ...
def _connect(obj: Any) -> Any: ...
def use_null_session() -> None: ...
def use_rom_session() -> None: ...
