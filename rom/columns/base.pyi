from typing import Any, Callable, Generic, Optional, Tuple, Type, TypeVar, Union, overload

from typing_extensions import Self

from ..unitofwork.entity import Entity
from ..exceptions import InvalidColumnValue
from ..mapping.schema import Schema

__all__ = ["Column", "_Column"]

_Get = TypeVar("_Get")
_Set = TypeVar("_Set")
_Raw = Union[str, bytes]
_Keygen = Callable[[Any], Any]
_Keygen2 = Callable[[str, Any], Any]

class _Column:
    __slots__ = ()

class Column(_Column, Generic[_Get, _Set]):
    """`_Get` is what the attribute gives on an entity, None aside; `_Set` what may be assigned."""

    _allowed: Union[Type[Any], Tuple[Type[Any], ...]]
    _required: bool
    _default: Any
    _unique: bool
    _index: bool
    _keygen: Optional[_Keygen]
    _keygen2: Optional[_Keygen2]
    _prefix: bool
    _suffix: bool
    _model: Optional[str]
    _attr: Optional[str]
    is_numeric: bool
    is_reference: bool
    is_text: bool
    is_derived: bool
    is_stored: bool
    is_mutable: bool
    is_read_as_written: bool
    can_be_unique: bool
    text_is_score: bool
    has_default: bool
    def __init__(
        self,
        required: bool = ...,
        default: Union[_Set, Callable[[], Optional[_Set]], None] = ...,
        unique: bool = ...,
        index: bool = ...,
        keygen: Optional[_Keygen] = ...,
        prefix: bool = ...,
        suffix: bool = ...,
        keygen2: Optional[_Keygen2] = ...,
    ) -> None: ...
    def bind(self, schema: Schema, attr: str) -> Self: ...
    def check_relations(self, schema: Schema) -> None: ...
    def register(self, namespace: str) -> None: ...
    @property
    def where(self) -> str: ...
    @overload
    def __get__(self, obj: None, objtype: Optional[Type[Any]] = ...) -> Self: ...
    @overload
    def __get__(self, obj: Entity, objtype: Optional[Type[Any]] = ...) -> Optional[_Get]: ...
    def __set__(self, obj: Any, value: Optional[_Set]) -> None: ...
    def __delete__(self, obj: Any) -> None: ...
    def initial(self) -> Optional[_Get]: ...
    def accept(self, value: Any) -> Any: ...
    def _validate(self, value: Any) -> object: ...
    def _to_redis(self, value: Any) -> Union[str, bytes, int, float]: ...
    def _from_redis(self, value: str) -> Any: ...
    def missing(self) -> Optional[_Get]: ...
    def refuse(self, value: Any, why: str) -> InvalidColumnValue: ...
    def encode(self, value: Any) -> Optional[str]: ...
    def _rom_stored_text(self, value: Any) -> Optional[_Raw]: ...
    def decode(self, raw: _Raw) -> Optional[_Get]: ...
    def same(self, text: Optional[str], raw: Optional[_Raw]) -> bool: ...
