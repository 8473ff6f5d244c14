import datetime
from decimal import Decimal
from typing import Any, Iterable, Tuple, Union

from .texts import (
    compact_json as compact_json,
    has_surrogates as has_surrogates,
    json_dumps as json_dumps,
    latin1_to_text as latin1_to_text,
    plain_string as plain_string,
    reverse_text as reverse_text,
    text_to_bytes as text_to_bytes,
    word_forms as word_forms,
    word_text as word_text,
)
from .timestamps import (
    _epoch as _epoch,
    _epochd as _epochd,
    decode_date as decode_date,
    decode_datetime as decode_datetime,
    decode_time as decode_time,
    dt2ts as dt2ts,
    encode_date as encode_date,
    encode_datetime as encode_datetime,
    encode_time as encode_time,
    is_moment as is_moment,
    naive_utc as naive_utc,
    t2ts as t2ts,
    ts2dt as ts2dt,
    ts2t as ts2t,
)

__all__ = [
    "_epoch",
    "_epochd",
    "dt2ts",
    "ts2dt",
    "t2ts",
    "ts2t",
    "is_moment",
    "naive_utc",
    "encode_datetime",
    "decode_datetime",
    "encode_date",
    "decode_date",
    "encode_time",
    "decode_time",
    "encode_int",
    "decode_int",
    "float_repr",
    "NotANumber",
    "check_score",
    "_to_score",
    "MAX_LATITUDE",
    "MAX_LONGITUDE",
    "inside_map",
    "_bigint_to_float",
    "_prefix_score",
    "prefix_scores",
    "prefix_range",
    "_encode_unique_constraint",
    "latin1_to_text",
    "text_to_bytes",
    "plain_string",
    "word_text",
    "word_forms",
    "has_surrogates",
    "reverse_text",
    "json_dumps",
    "compact_json",
]

_Text = Union[str, bytes]
_Number = Union[int, float, Decimal, str, bytes, datetime.date, datetime.time]

def encode_int(value: int) -> str: ...
def decode_int(text: _Text) -> int: ...
def float_repr(value: float) -> str: ...
class NotANumber(ValueError): ...

def check_score(value: _Number) -> float: ...
def _to_score(v: Any, s: bool = ...) -> str: ...
MAX_LONGITUDE: float
MAX_LATITUDE: float

def inside_map(longitude: float, latitude: float) -> Tuple[float, float]: ...
def _bigint_to_float(v: int) -> float: ...
def _prefix_score(v: _Text, next: bool = ...) -> str: ...
def prefix_scores(words: Iterable[_Text]) -> list[str]: ...
def prefix_range(prefix: _Text) -> Tuple[str, str]: ...
def _encode_unique_constraint(data: Iterable[Any]) -> str: ...
