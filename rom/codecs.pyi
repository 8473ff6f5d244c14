import datetime
from decimal import Decimal
from typing import Any, Iterable, List, Tuple, TypeVar, Union

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
    "check_score",
    "_to_score",
    "_bigint_to_float",
    "_prefix_score",
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
]

_Text = Union[str, bytes]
_Number = Union[int, float, Decimal, str, bytes, datetime.date, datetime.time]
_AnyStr = TypeVar("_AnyStr", str, bytes)

def encode_int(value: int) -> str: ...
def decode_int(text: _Text) -> int: ...
def float_repr(value: float) -> str: ...
def check_score(value: _Number) -> float: ...
def _to_score(v: Any, s: bool = ...) -> str: ...
def _bigint_to_float(v: int) -> float: ...
def _prefix_score(v: _Text, next: bool = ...) -> str: ...
def prefix_range(prefix: _Text) -> Tuple[str, str]: ...
def _encode_unique_constraint(data: Iterable[Any]) -> str: ...
def latin1_to_text(value: bytes) -> str: ...
def text_to_bytes(value: _Text) -> bytes: ...
def plain_string(value: _AnyStr) -> _AnyStr: ...
def word_text(value: _Text) -> str: ...
def word_forms(value: _Text) -> List[str]: ...
def has_surrogates(text: str) -> bool: ...
def reverse_text(value: _AnyStr) -> _AnyStr: ...
def json_dumps(value: Any) -> str: ...
