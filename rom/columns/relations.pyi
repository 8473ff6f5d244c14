from typing import Any, Callable, List, NoReturn, Optional, Type, TypeVar, Union, overload

from typing_extensions import Literal, Self

from ..unitofwork.entity import Entity
from ..model import Model
from .base import Column

__all__ = ["ForeignModel", "ManyToOne", "OneToMany", "OneToOne"]

_T = TypeVar("_T")
_M = TypeVar("_M", bound=Model)
_Id = Union[int, str, bytes]
_OnDelete = Literal["no action", "restrict", "cascade", "set null", "set default"]
_Default = Union[_T, _Id, Callable[[], Union[_T, _Id, None]], None]

class _Reference(Column[_T, Union[_T, _Id]]):
    def _rom_may_refer_to(self, entity: Any) -> bool: ...

class ManyToOne(_Reference[_M]):
    """Knows the type of its entities where it is given the class; by name, annotate it."""

    @overload
    def __init__(
        self, ftable: Type[_M], on_delete: _OnDelete, required: bool = ..., default: _Default[_M] = ...
    ) -> None: ...
    @overload
    def __init__(
        self: ManyToOne[Any], ftable: str, on_delete: _OnDelete, required: bool = ..., default: _Default[Any] = ...
    ) -> None: ...
    def get_related_model(self) -> Optional[Type[_M]]: ...
    def takes(self, value: Any) -> bool: ...

class OneToOne(ManyToOne[_M]):
    @overload
    def __init__(
        self,
        ftable: Type[_M],
        on_delete: _OnDelete,
        required: bool = ...,
        default: _Default[_M] = ...,
        unique: bool = ...,
    ) -> None: ...
    @overload
    def __init__(
        self: OneToOne[Any],
        ftable: str,
        on_delete: _OnDelete,
        required: bool = ...,
        default: _Default[Any] = ...,
        unique: bool = ...,
    ) -> None: ...

class ForeignModel(_Reference[_T]):
    def __init__(self, fmodel: Type[_T], required: bool = ..., default: _Default[_T] = ...) -> None: ...

class OneToMany(Column[List[_M], None]):
    @overload
    def __init__(self, ftable: Type[_M], column: Optional[str] = ...) -> None: ...
    @overload
    def __init__(self: OneToMany[Any], ftable: str, column: Optional[str] = ...) -> None: ...
    def get_related_model(self) -> Optional[Type[_M]]: ...
    @overload
    def __get__(self, obj: None, objtype: Optional[Type[Any]] = ...) -> Self: ...
    @overload
    def __get__(self, obj: Entity, objtype: Optional[Type[Any]] = ...) -> List[_M]: ...
    def __set__(self, obj: Any, value: Any) -> NoReturn: ...
