from typing import Any, Callable, Generic, Optional, Tuple, Type, Union, overload

from typing_extensions import Self, TypeVar

from ..exceptions import InvalidColumnValue
from ..mapping.schema import Schema
from .operators import Operators

__all__ = ["Column", "_Column"]

_Get = TypeVar("_Get")
_Set = TypeVar("_Set")
# what stands beside both: None, or Never for a column that is required
_Null = TypeVar("_Null", default=None, covariant=True)
_Raw = Union[str, bytes]
_Keygen = Callable[[Any], Any]
_Keygen2 = Callable[[str, Any], Any]
_Default = Union[_Set, Callable[[], Optional[_Set]], None]

class _Column:
    __slots__ = ()
    def __new__(cls, *args: Any, **kwargs: Any) -> Self: ...
    is_secret: bool

class Column(Operators[Union[_Get, _Set]], _Column, Generic[_Get, _Set, _Null]):
    """`_Get` is what the attribute gives on an entity, and `_Set` what may be assigned, None aside.

    A column class whose columns are all required says so: ``Column[Get, Set, Never]``.
    """

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
    def __class_getitem__(cls, types: Any) -> Type[Self]: ...
    def __init__(
        self,
        required: bool = ...,
        default: _Default[_Set] = ...,
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
    def __get__(self, obj: object, objtype: Optional[Type[Any]] = ...) -> Union[_Get, _Null]: ...
    def __set__(self, obj: Any, value: Union[_Set, _Null]) -> None: ...  # type: ignore[misc]
    def __delete__(self, obj: Any) -> None: ...
    def initial(self) -> Optional[_Get]: ...
    def accept(self, value: Any) -> Any: ...
    def _validate(self, __value: Any) -> object: ...
    def _to_redis(self, __value: Any) -> Union[str, bytes, int, float]: ...
    def _from_redis(self, __value: str) -> Any: ...
    def missing(self) -> Optional[_Get]: ...
    def refuse(self, value: Any, why: str, kind: Type[InvalidColumnValue] = ...) -> InvalidColumnValue: ...
    def encode(self, value: Any) -> Optional[str]: ...
    def _rom_stored_text(self, value: Any) -> Optional[_Raw]: ...
    def decode(self, raw: _Raw) -> Optional[_Get]: ...
    def same(self, text: Optional[str], raw: Optional[_Raw]) -> bool: ...
