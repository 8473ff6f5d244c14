from typing import Any, Callable, Dict, Generic, Iterator, List, Optional, Tuple, Type, TypeVar, Union, overload

from typing_extensions import Literal, Self

from .search.explanation import Explanation as Explanation
from .values.filter_forms import ALLOWED_DIST as ALLOWED_DIST, NOT_NULL as NOT_NULL
from .model import Model
from .search.results import (
    _dict_data_factory as _dict_data_factory,
    _list_data_factory as _list_data_factory,
    _namedtuple_data_factory as _namedtuple_data_factory,
    _tuple_data_factory as _tuple_data_factory,
)

__all__ = [
    "Explanation",
    "NOT_NULL",
    "Query",
    "_dict_data_factory",
    "_list_data_factory",
    "_namedtuple_data_factory",
    "_tuple_data_factory",
]

_R = TypeVar("_R", covariant=True)
_S = TypeVar("_S")
_Unit = Literal["m", "km", "mi", "ft"]
_Names = Union[str, List[str], Tuple[str, ...]]

NUMERIC_TYPES: Tuple[Type[Any], ...]

class Query(Generic[_R]):
    """`_R` is what a result is: an entity, or what `select` makes of a row."""

    __slots__ = ("_model", "_filters", "_order_by", "_limit", "_select")
    _model: Type[Model]
    _filters: Tuple[Any, ...]
    _order_by: Optional[str]
    _limit: Optional[Tuple[Optional[int], Optional[int]]]
    _select: Any
    def __class_getitem__(cls, types: Any) -> Type[Self]: ...
    def __init__(
        self,
        model: Type[Model],
        filters: Tuple[Any, ...] = ...,
        order_by: Optional[str] = ...,
        limit: Optional[Tuple[Optional[int], Optional[int]]] = ...,
        select: Any = ...,
    ) -> None: ...
    def replace(self, **kwargs: Any) -> Self: ...
    def filter(self, **kwargs: Any) -> Self: ...
    def startswith(self, **kwargs: Any) -> Self: ...
    def endswith(self, **kwargs: Any) -> Self: ...
    def like(self, **kwargs: Any) -> Self: ...
    def near(
        self, name: str, lon: float, lat: float, distance: float, measure: _Unit, count: Optional[int] = ...
    ) -> Self: ...
    def order_by(self, column: str) -> Self: ...
    def limit(self, offset: Optional[int], count: Optional[int]) -> Self: ...
    @overload
    def select(
        self, *column_names: _Names, include_pk: bool = ..., decode: bool = ..., ff: None = ...
    ) -> Query[Dict[str, Any]]: ...
    @overload
    def select(
        self,
        *column_names: _Names,
        include_pk: bool = ...,
        decode: bool = ...,
        ff: Callable[[Tuple[str, ...]], Callable[[List[Any]], _S]],
    ) -> Query[_S]: ...
    def __iter__(self) -> Iterator[_R]: ...
    def iter_result(self, timeout: int = ..., pagesize: int = ..., no_hscan: bool = ...) -> Iterator[_R]: ...
    def all(self) -> List[_R]: ...
    def execute(self) -> List[_R]: ...
    def first(self) -> Optional[_R]: ...
    def count(self) -> int: ...
    def cached_result(self, timeout: int) -> str: ...
    def delete(self, blocksize: int = ...) -> None: ...
    def explain(self) -> Explanation: ...
