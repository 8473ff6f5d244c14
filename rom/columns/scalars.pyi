import datetime
import decimal
from typing import Any, Dict, Iterable, List, Optional, Tuple, TypeVar, Union, overload

from typing_extensions import Literal, Never

from ..values.conditions import Condition
from .operators import Operators
from .base import Column, _Default, _Keygen, _Keygen2, _Null, _Raw

__all__ = [
    "Boolean",
    "Date",
    "DateTime",
    "Decimal",
    "Float",
    "Integer",
    "Json",
    "PrimaryKey",
    "SaferDateTime",
    "String",
    "Text",
    "Time",
]

_Get = TypeVar("_Get")
_Set = TypeVar("_Set")

# what a date or time can be compared with, the seconds of the index included
_Asked = Union[datetime.date, datetime.time, float, decimal.Decimal]
# what may be assigned: what is converted exactly
_ForInteger = Union[int, float, decimal.Decimal, _Raw]
_ForFloat = Union[float, decimal.Decimal, _Raw]
_ForDecimal = Union[decimal.Decimal, int, _Raw]
_ForJson = Union[Dict[Any, Any], List[Any], Tuple[Any, ...], _Raw]

class _Number(Column[_Get, _Set, _Null]): ...

class _Moment(Column[_Get, _Set, _Null]):
    @overload  # type: ignore[override]
    def __eq__(self, other: Operators[Any]) -> bool: ...
    @overload
    def __eq__(self, other: Optional[_Asked]) -> Condition: ...
    @overload  # type: ignore[override]
    def __ne__(self, other: Operators[Any]) -> bool: ...
    @overload
    def __ne__(self, other: Optional[_Asked]) -> Condition: ...
    def __lt__(self, other: _Asked) -> Condition: ...
    def __le__(self, other: _Asked) -> Condition: ...
    def __gt__(self, other: _Asked) -> Condition: ...
    def __ge__(self, other: _Asked) -> Condition: ...
    def between(self, low: _Asked, high: _Asked) -> Condition: ...
    def in_(self, values: Iterable[_Asked]) -> Condition: ...

# Each column class has two signatures: a required column never gives None.

class Integer(_Number[int, _ForInteger, _Null]):
    @overload
    def __init__(
        self: Integer[Never],
        required: Literal[True],
        default: _Default[_ForInteger] = ...,
        unique: bool = ...,
        index: bool = ...,
        keygen: Optional[_Keygen] = ...,
        prefix: bool = ...,
        suffix: bool = ...,
        keygen2: Optional[_Keygen2] = ...,
    ) -> None: ...
    @overload
    def __init__(
        self: Integer[None],
        required: bool = ...,
        default: _Default[_ForInteger] = ...,
        unique: bool = ...,
        index: bool = ...,
        keygen: Optional[_Keygen] = ...,
        prefix: bool = ...,
        suffix: bool = ...,
        keygen2: Optional[_Keygen2] = ...,
    ) -> None: ...

class Float(_Number[float, _ForFloat, _Null]):
    @overload
    def __init__(
        self: Float[Never],
        required: Literal[True],
        default: _Default[_ForFloat] = ...,
        unique: bool = ...,
        index: bool = ...,
        keygen: Optional[_Keygen] = ...,
        prefix: bool = ...,
        suffix: bool = ...,
        keygen2: Optional[_Keygen2] = ...,
    ) -> None: ...
    @overload
    def __init__(
        self: Float[None],
        required: bool = ...,
        default: _Default[_ForFloat] = ...,
        unique: bool = ...,
        index: bool = ...,
        keygen: Optional[_Keygen] = ...,
        prefix: bool = ...,
        suffix: bool = ...,
        keygen2: Optional[_Keygen2] = ...,
    ) -> None: ...

class Decimal(_Number[decimal.Decimal, _ForDecimal, _Null]):
    @overload
    def __init__(
        self: Decimal[Never],
        required: Literal[True],
        default: _Default[_ForDecimal] = ...,
        unique: bool = ...,
        index: bool = ...,
        keygen: Optional[_Keygen] = ...,
        prefix: bool = ...,
        suffix: bool = ...,
        keygen2: Optional[_Keygen2] = ...,
    ) -> None: ...
    @overload
    def __init__(
        self: Decimal[None],
        required: bool = ...,
        default: _Default[_ForDecimal] = ...,
        unique: bool = ...,
        index: bool = ...,
        keygen: Optional[_Keygen] = ...,
        prefix: bool = ...,
        suffix: bool = ...,
        keygen2: Optional[_Keygen2] = ...,
    ) -> None: ...

class Boolean(Column[bool, Any, _Null]):
    @overload
    def __init__(
        self: Boolean[Never],
        required: Literal[True],
        default: _Default[Any] = ...,
        unique: bool = ...,
        index: bool = ...,
        keygen: Optional[_Keygen] = ...,
        prefix: bool = ...,
        suffix: bool = ...,
        keygen2: Optional[_Keygen2] = ...,
    ) -> None: ...
    @overload
    def __init__(
        self: Boolean[None],
        required: bool = ...,
        default: _Default[Any] = ...,
        unique: bool = ...,
        index: bool = ...,
        keygen: Optional[_Keygen] = ...,
        prefix: bool = ...,
        suffix: bool = ...,
        keygen2: Optional[_Keygen2] = ...,
    ) -> None: ...

class DateTime(_Moment[datetime.datetime, datetime.datetime, _Null]):
    @overload
    def __init__(
        self: DateTime[Never],
        required: Literal[True],
        default: _Default[datetime.datetime] = ...,
        unique: bool = ...,
        index: bool = ...,
        keygen: Optional[_Keygen] = ...,
        prefix: bool = ...,
        suffix: bool = ...,
        keygen2: Optional[_Keygen2] = ...,
    ) -> None: ...
    @overload
    def __init__(
        self: DateTime[None],
        required: bool = ...,
        default: _Default[datetime.datetime] = ...,
        unique: bool = ...,
        index: bool = ...,
        keygen: Optional[_Keygen] = ...,
        prefix: bool = ...,
        suffix: bool = ...,
        keygen2: Optional[_Keygen2] = ...,
    ) -> None: ...

class SaferDateTime(DateTime[_Null]):
    @overload
    def __init__(
        self: SaferDateTime[Never],
        required: Literal[True],
        default: _Default[datetime.datetime] = ...,
        unique: bool = ...,
        index: bool = ...,
        keygen: Optional[_Keygen] = ...,
        prefix: bool = ...,
        suffix: bool = ...,
        keygen2: Optional[_Keygen2] = ...,
    ) -> None: ...
    @overload
    def __init__(
        self: SaferDateTime[None],
        required: bool = ...,
        default: _Default[datetime.datetime] = ...,
        unique: bool = ...,
        index: bool = ...,
        keygen: Optional[_Keygen] = ...,
        prefix: bool = ...,
        suffix: bool = ...,
        keygen2: Optional[_Keygen2] = ...,
    ) -> None: ...

class Date(_Moment[datetime.date, datetime.date, _Null]):
    @overload
    def __init__(
        self: Date[Never],
        required: Literal[True],
        default: _Default[datetime.date] = ...,
        unique: bool = ...,
        index: bool = ...,
        keygen: Optional[_Keygen] = ...,
        prefix: bool = ...,
        suffix: bool = ...,
        keygen2: Optional[_Keygen2] = ...,
    ) -> None: ...
    @overload
    def __init__(
        self: Date[None],
        required: bool = ...,
        default: _Default[datetime.date] = ...,
        unique: bool = ...,
        index: bool = ...,
        keygen: Optional[_Keygen] = ...,
        prefix: bool = ...,
        suffix: bool = ...,
        keygen2: Optional[_Keygen2] = ...,
    ) -> None: ...

class Time(_Moment[datetime.time, datetime.time, _Null]):
    @overload
    def __init__(
        self: Time[Never],
        required: Literal[True],
        default: _Default[datetime.time] = ...,
        unique: bool = ...,
        index: bool = ...,
        keygen: Optional[_Keygen] = ...,
        prefix: bool = ...,
        suffix: bool = ...,
        keygen2: Optional[_Keygen2] = ...,
    ) -> None: ...
    @overload
    def __init__(
        self: Time[None],
        required: bool = ...,
        default: _Default[datetime.time] = ...,
        unique: bool = ...,
        index: bool = ...,
        keygen: Optional[_Keygen] = ...,
        prefix: bool = ...,
        suffix: bool = ...,
        keygen2: Optional[_Keygen2] = ...,
    ) -> None: ...

class String(Column[bytes, _Raw, _Null]):
    @overload
    def __init__(
        self: String[Never],
        required: Literal[True],
        default: _Default[_Raw] = ...,
        unique: bool = ...,
        index: bool = ...,
        keygen: Optional[_Keygen] = ...,
        prefix: bool = ...,
        suffix: bool = ...,
        keygen2: Optional[_Keygen2] = ...,
    ) -> None: ...
    @overload
    def __init__(
        self: String[None],
        required: bool = ...,
        default: _Default[_Raw] = ...,
        unique: bool = ...,
        index: bool = ...,
        keygen: Optional[_Keygen] = ...,
        prefix: bool = ...,
        suffix: bool = ...,
        keygen2: Optional[_Keygen2] = ...,
    ) -> None: ...

class Text(Column[str, _Raw, _Null]):
    @overload
    def __init__(
        self: Text[Never],
        required: Literal[True],
        default: _Default[_Raw] = ...,
        unique: bool = ...,
        index: bool = ...,
        keygen: Optional[_Keygen] = ...,
        prefix: bool = ...,
        suffix: bool = ...,
        keygen2: Optional[_Keygen2] = ...,
    ) -> None: ...
    @overload
    def __init__(
        self: Text[None],
        required: bool = ...,
        default: _Default[_Raw] = ...,
        unique: bool = ...,
        index: bool = ...,
        keygen: Optional[_Keygen] = ...,
        prefix: bool = ...,
        suffix: bool = ...,
        keygen2: Optional[_Keygen2] = ...,
    ) -> None: ...

class Json(Column[Any, _ForJson, _Null]):
    @overload
    def __init__(
        self: Json[Never],
        required: Literal[True],
        default: _Default[_ForJson] = ...,
        unique: bool = ...,
        index: bool = ...,
        keygen: Optional[_Keygen] = ...,
        prefix: bool = ...,
        suffix: bool = ...,
        keygen2: Optional[_Keygen2] = ...,
    ) -> None: ...
    @overload
    def __init__(
        self: Json[None],
        required: bool = ...,
        default: _Default[_ForJson] = ...,
        unique: bool = ...,
        index: bool = ...,
        keygen: Optional[_Keygen] = ...,
        prefix: bool = ...,
        suffix: bool = ...,
        keygen2: Optional[_Keygen2] = ...,
    ) -> None: ...

class PrimaryKey(_Number[int, Never, Never]):
    def __init__(self, index: bool = ...) -> None: ...
    def __set__(self, obj: Any, value: Never) -> None: ...
    def __delete__(self, obj: Never) -> None: ...
