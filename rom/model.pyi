from typing import (
    AbstractSet,
    Any,
    ClassVar,
    Dict,
    Iterator,
    List,
    Optional,
    Sequence,
    Set,
    Tuple,
    Type,
    TypeVar,
    Union,
    overload,
)

from .columns.scalars import PrimaryKey
from .unitofwork.entity import Entity
from .index import GeneralIndex, GeoIndex
from .mapping.metaclass import _ModelMetaclass as _ModelMetaclass
from .query import Query

__all__ = ["Model"]

_M = TypeVar("_M", bound="Model")
_Id = Union[int, str, bytes]
_Ids = Union[List[Any], Tuple[Any, ...], AbstractSet[Any]]
_Word = Union[str, bytes]

class _QueryOfModel:
    def __get__(self, obj: Optional[Entity], cls: Type[_M]) -> Query[_M]: ...

class Model(Entity, metaclass=_ModelMetaclass):
    __slots__ = ()
    _conn: ClassVar[Any]
    _index: ClassVar[Set[str]]
    _unique: ClassVar[Set[str]]
    _cunique: ClassVar[Set[Tuple[str, ...]]]
    _prefix: ClassVar[Set[str]]
    _suffix: ClassVar[Set[str]]
    _required: ClassVar[Set[str]]
    _geo: ClassVar[Dict[str, GeoIndex]]
    _gindex: ClassVar[GeneralIndex]
    id: PrimaryKey
    query: ClassVar[_QueryOfModel]
    def __init__(self, **values: Any) -> None: ...
    @overload
    @classmethod
    def get(cls: Type[_M], ids: _Id) -> Optional[_M]: ...
    @overload
    @classmethod
    def get(cls: Type[_M], ids: _Ids) -> List[_M]: ...
    @overload
    @classmethod
    def get_by(
        cls: Type[_M], *, _limit: Optional[Tuple[int, Optional[int]]] = ..., _numeric: bool = ..., **kwargs: _Ids
    ) -> List[_M]: ...
    @overload
    @classmethod
    def get_by(cls, *, _limit: Optional[Tuple[int, Optional[int]]] = ..., _numeric: bool = ..., **kwargs: Any) -> Any:
        """Return an entity or None for a value of a unique column, else a list of them."""

    def refresh(self, force: bool = ...) -> None: ...
    @classmethod
    def does_not_startwith(
        cls: Type[_M], attr: str, values: Union[_Word, Sequence[_Word]], blocksize: int = ...
    ) -> Iterator[_M]: ...
    @classmethod
    def does_not_endwith(
        cls: Type[_M], attr: str, values: Union[_Word, Sequence[_Word]], blocksize: int = ...
    ) -> Iterator[_M]: ...
    def save(self, full: bool = ..., force: bool = ...) -> int: ...
    def delete(self, **kwargs: Any) -> None: ...
    def copy(self: _M) -> _M: ...
    def update(self: _M, *args: Any, **kwargs: Any) -> _M: ...
    def to_dict(self) -> Dict[str, Any]: ...
    def transfer(
        self,
        other: Model,
        attr: str,
        value: Any,
        txn_model: Model,
        txn_attr: str,
        decimal_places: int = ...,
        refresh_entities: bool = ...,
        refresh_index: bool = ...,
    ) -> None: ...
