from decimal import Decimal
from typing import Any, Callable, Dict, Generic, Iterable, Mapping, Optional, Tuple, Type, TypeVar, Union, overload

from .unitofwork.entity import Entity

__all__ = [
    "Beyond",
    "Shown",
    "bulk_create",
    "condition",
    "etag",
    "get_one",
    "get_or_create",
    "increment",
    "update_or_create",
]

_T = TypeVar("_T")
_E = TypeVar("_E", bound=Entity)
_Defaults = Dict[str, Any]
_Id = Union[int, str, bytes]
_Number = Union[int, float, Decimal]

def etag(entity: Entity) -> Optional[str]: ...
def condition(entity: Entity, if_match: Any, force: Any) -> Optional[str]: ...

def increment(entity: Entity, attr: str, by: _Number = ...) -> Any: ...
def get_one(model: Type[_E], id: _Id) -> _E: ...
def get_or_create(model: Type[_E], __defaults: _Defaults = ..., **unique: Any) -> Tuple[_E, bool]: ...
def update_or_create(model: Type[_E], __defaults: _Defaults = ..., **unique: Any) -> Tuple[_E, bool]: ...
def bulk_create(
    model: Type[Entity], rows: Iterable[Mapping[str, Any]], progress: Optional[Callable[[int], object]] = ...
) -> int: ...

class Shown(Generic[_T]):
    function: Callable[[Any], _T]
    def __init__(self, function: Callable[[Any], _T]) -> None: ...
    @overload
    def __get__(self, obj: None, cls: Optional[Type[Any]] = ...) -> Callable[[Any], _T]: ...
    @overload
    def __get__(self, obj: Any, cls: Optional[Type[Any]] = ...) -> _T: ...

class Beyond:
    __slots__ = ()
    # may be assigned: what is, is the program's own
    etag: Any
    def increment(entity, attr: str, by: _Number = ...) -> Any: ...
    @classmethod
    def get_one(cls: Type[_T], id: _Id) -> _T: ...
    @classmethod
    def get_or_create(cls: Type[_T], __defaults: _Defaults = ..., **unique: Any) -> Tuple[_T, bool]: ...
    @classmethod
    def update_or_create(cls: Type[_T], __defaults: _Defaults = ..., **unique: Any) -> Tuple[_T, bool]: ...
    @classmethod
    def bulk_create(
        cls, rows: Iterable[Mapping[str, Any]], progress: Optional[Callable[[int], object]] = ...
    ) -> int: ...
