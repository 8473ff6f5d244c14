from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Set, Tuple, Type

from ..columns.base import Column
from ..index import GeoIndex
from ..model import Model
from .redefinition import Origin

__all__ = ["Schema", "shared_key"]

_Column = Column[Any, Any]
_Attrs = Tuple[str, ...]

class Schema:
    name: str
    namespace: str
    known_as: str
    columns: Dict[str, Any]
    pk: str
    geo: Dict[str, GeoIndex]
    together: Tuple[_Attrs, ...]
    unsafe: _Attrs
    stored: _Attrs
    position: Dict[str, int]
    fields: List[bytes]
    mutable: _Attrs
    defaulted: _Attrs
    references: _Attrs
    starting: Tuple[Any, ...]
    counted: int
    shown: _Attrs
    indexed: Tuple[_Column, ...]
    unique: Tuple[_Column, ...]
    reads_row: bool
    seen_attributes: Set[str]
    origin: Origin
    successor: Optional[Type[Model]]
    def __init__(self, name: str, namespace: str, origin: Origin) -> None: ...
    def add(self, attr: str, column: Any) -> None: ...
    def use_namespace(self, namespace: str) -> None: ...
    def replace_by(self, model: Type[Model]) -> None: ...
    def no_column(self, name: Any, hint: Optional[str] = ...) -> str: ...
    def as_id(self, value: Any) -> int: ...
    def refuse_unknown(self, values: Mapping[str, Any], extra_ok: bool = ...) -> None: ...
    def finish(self, is_primary_key: Callable[[Any], bool], unique_together: Any, geo_index: Any) -> None: ...
    def keep_secret(self, attrs: Iterable[str]) -> None: ...
    def affected_indexes(self, attrs: Iterable[str]) -> List[_Column]: ...
    def affected_uniques(self, attrs: Iterable[str]) -> List[_Column]: ...
    def affected_together(self, attrs: Iterable[str]) -> List[_Attrs]: ...
    def sources(self, column: _Column) -> _Attrs: ...

def shared_key(outer: Schema, inner: Schema) -> Optional[str]: ...
