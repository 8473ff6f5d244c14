from typing import Any, List, Optional, Type, Union, overload

from typing_extensions import Literal, Never, TypeVar

from ..model import Model
from .base import Column, _Default, _Null

__all__ = ["ForeignModel", "ManyToOne", "OneToMany", "OneToOne"]

_T = TypeVar("_T")
# of a model that is given by name nothing is known, unless it is said: ManyToOne["Team"]("Team", ...)
_M = TypeVar("_M", bound=Model, default=Any)
_Id = Union[int, str, bytes]
_OnDelete = Literal["no action", "restrict", "cascade", "set null", "set default"]

class _Reference(Column[_T, Union[_T, _Id], _Null]):
    # what is made, the two `__new__` of each class say: by them also ManyToOne["Team"]("Team", ..., required=True) is never None
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    def _rom_may_refer_to(self, entity: Any) -> bool: ...

class ManyToOne(_Reference[_M, _Null]):
    @overload
    def __new__(
        cls,
        ftable: Union[Type[_M], str],
        on_delete: _OnDelete,
        required: Literal[True],
        default: _Default[Union[_M, _Id]] = ...,
    ) -> ManyToOne[_M, Never]: ...
    @overload
    def __new__(
        cls,
        ftable: Union[Type[_M], str],
        on_delete: _OnDelete,
        required: bool = ...,
        default: _Default[Union[_M, _Id]] = ...,
    ) -> ManyToOne[_M, None]: ...
    def get_related_model(self) -> Optional[Type[_M]]: ...
    def takes(self, value: Any) -> bool: ...

class OneToOne(ManyToOne[_M, _Null]):
    @overload
    def __new__(
        cls,
        ftable: Union[Type[_M], str],
        on_delete: _OnDelete,
        required: Literal[True],
        default: _Default[Union[_M, _Id]] = ...,
        unique: bool = ...,
    ) -> OneToOne[_M, Never]: ...
    @overload
    def __new__(
        cls,
        ftable: Union[Type[_M], str],
        on_delete: _OnDelete,
        required: bool = ...,
        default: _Default[Union[_M, _Id]] = ...,
        unique: bool = ...,
    ) -> OneToOne[_M, None]: ...

class ForeignModel(_Reference[_T, _Null]):
    @overload
    def __new__(
        cls, fmodel: Type[_T], required: Literal[True], default: _Default[Union[_T, _Id]] = ...
    ) -> ForeignModel[_T, Never]: ...
    @overload
    def __new__(
        cls, fmodel: Type[_T], required: bool = ..., default: _Default[Union[_T, _Id]] = ...
    ) -> ForeignModel[_T, None]: ...

class OneToMany(Column[List[_M], Never, Never]):
    def __init__(self, ftable: Union[Type[_M], str], column: Optional[str] = ...) -> None: ...
    def get_related_model(self) -> Optional[Type[_M]]: ...
    def __set__(self, obj: Any, value: Never) -> None: ...
    def __delete__(self, obj: Never) -> None: ...
