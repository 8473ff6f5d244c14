from typing import Any, Callable, Optional, Type, overload

from typing_extensions import Never, Self

from ..unitofwork.entity import Entity
from ..mapping.schema import Schema
from .base import Column, _Column, _Keygen, _Keygen2

__all__ = ["IndexOnly", "UnsafeColumn"]

class IndexOnly(Column[None, Any]):
    def __set__(self, obj: Any, value: None) -> None: ...
    def __init__(
        self,
        column: Optional[str] = ...,
        keygen: Optional[_Keygen] = ...,
        prefix: bool = ...,
        suffix: bool = ...,
        keygen2: Optional[_Keygen2] = ...,
        index: bool = ...,
        unique: bool = ...,
    ) -> None: ...
    def check_source(self, schema: Schema) -> None: ...

class UnsafeColumn(_Column):
    def __init__(self) -> None: ...
    def bind(self, schema: Schema, attr: str) -> UnsafeColumn: ...
    @overload
    def __get__(self, obj: None, objtype: Optional[Type[Any]] = ...) -> Self: ...
    @overload
    def __get__(self, obj: object, objtype: Optional[Type[Any]] = ...) -> _UnsafeWrapper: ...
    def __set__(self, obj: Any, value: Never) -> None: ...
    def __delete__(self, obj: Any) -> None: ...

class _UnsafeWrapper:
    __slots__ = ("key", "entity")
    key: str
    entity: Entity
    def __init__(self, key: str, entity: Entity) -> None: ...
    def __getattr__(self, cmd: str) -> Callable[..., Any]: ...
