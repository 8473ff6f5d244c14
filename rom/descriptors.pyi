from typing import Any, Callable, Generic, Optional, Type, TypeVar

from typing_extensions import Self

__all__ = ["ClassProperty"]

_T = TypeVar("_T")

class ClassProperty(Generic[_T]):
    get: Callable[[Any], _T]
    set: Optional[Callable[[Any, _T], object]]
    delete: Optional[Callable[[Any], object]]
    def __init__(
        self,
        get: Callable[[Any], _T],
        set: Optional[Callable[[Any, _T], object]] = ...,
        delete: Optional[Callable[[Any], object]] = ...,
    ) -> None: ...
    def __get__(self, obj: Any, cls: Optional[Type[Any]] = ...) -> _T: ...
    def __set__(self, obj: Any, value: _T) -> None: ...
    def __delete__(self, obj: Any) -> None: ...
    def getter(self, get: Callable[[Any], _T]) -> Self: ...
    def setter(self, set: Optional[Callable[[Any, _T], object]]) -> Self: ...
    def deleter(self, delete: Optional[Callable[[Any], object]]) -> Self: ...
