from typing import Any, Dict, Iterable, Iterator, List, Optional, Sequence, Set, Tuple, Union

from .values.codecs import reverse_text as reverse_text
from .values.filter_forms import Geofilter as Geofilter, GeoIndex as GeoIndex, Pattern as Pattern, Prefix as Prefix, Suffix as Suffix
from .mapping.schema import Schema
from .storage.reads import lookup_unique as lookup_unique
from .search.request import parse_pattern as parse_pattern

__all__ = [
    "GeneralIndex",
    "GeoIndex",
    "Geofilter",
    "Pattern",
    "Prefix",
    "Search",
    "Suffix",
    "ids_without",
    "lookup_unique",
    "parse_pattern",
    "reverse_text",
]

_Text = Union[str, bytes]
_Row = Optional[List[Any]]

class Search:
    connection: Any
    namespace: str
    reports: List[Dict[str, Any]]
    request: Dict[str, Any]
    def __init__(
        self,
        connection: Any,
        namespace: str,
        filters: Iterable[Any],
        order_by: Optional[str] = ...,
        schema: Optional[Schema] = ...,
        explain: bool = ...,
        behind: Optional[Dict[str, Any]] = ...,
    ) -> None: ...
    distances: Dict[int, float]
    @property
    def order(self) -> Any: ...
    @property
    def is_apart(self) -> bool: ...
    @property
    def counted(self) -> Dict[str, Any]: ...
    def call(self, request: Dict[str, Any]) -> Any: ...
    def of_rows(self, filters: Sequence[Any]) -> Search: ...
    def that_have(self, name: str) -> Search: ...
    def key_of(self, name: str, kind: str = ...) -> str: ...
    def end_of(self, name: str, is_last: bool) -> Optional[Tuple[Optional[float]]]: ...
    def measure(self) -> None: ...
    def identity(self) -> List[Any]: ...
    def name_of(self, key: str) -> str: ...
    def pages(
        self, skip: int = ..., count: Optional[int] = ..., fields: Optional[Sequence[_Text]] = ..., first: int = ...
    ) -> Iterator[Tuple[List[str], List[_Row]]]: ...
    def all_ids(self) -> Set[int]: ...
    def count(self, skip: int = ..., count: Optional[int] = ...) -> int: ...
    def store(self, seconds: int) -> str: ...
    def explained(self) -> Dict[str, Any]: ...

class GeneralIndex:
    namespace: str
    def __init__(self, namespace: str) -> None: ...
    def search(
        self,
        conn: Any,
        filters: List[Any],
        order_by: Optional[str],
        offset: Optional[int] = ...,
        count: Optional[int] = ...,
        timeout: Optional[int] = ...,
    ) -> Any:
        """Return a list of ids, or with `timeout` the key that keeps them."""

    def count(self, conn: Any, filters: List[Any]) -> int: ...

def ids_without(connection: Any, namespace: str, attr: str, kind: str, starts: Sequence[str]) -> List[int]: ...
