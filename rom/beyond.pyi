from typing import Any, Callable, ClassVar, Generic, List, Optional, Type, TypeVar, overload

from .unitofwork.entity import Entity

__all__ = ["Beyond", "Shown", "condition", "etag"]

_T = TypeVar("_T")

def etag(entity: Entity) -> Optional[str]: ...
def condition(entity: Entity, if_match: Any, force: Any) -> Optional[str]: ...

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
