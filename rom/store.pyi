from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple, TypeVar

from .exceptions import ORMError
from .schema import Schema

__all__ = [
    "ENTRIES_PER_WRITE",
    "ROWS_PER_READ",
    "ROWS_PER_WRITE",
    "Outcome",
    "Writer",
    "allocate_ids",
    "likely_weight",
    "pages",
    "place_of",
    "problem",
    "read_page",
    "read_rows",
    "weight",
]

_Row = List[Any]
_T = TypeVar("_T")

ROWS_PER_READ: int
ROWS_PER_WRITE: int
ENTRIES_PER_WRITE: int
CHARACTERS_PER_ENTRY: int
REMEMBERED_SECONDS: int

def as_bytes(value: Any) -> Any: ...
def as_str(value: Any) -> Any: ...
def place_of(connection: Any, namespace: str) -> Any: ...
def read_rows(connection: Any, schema: Schema, ids: Sequence[int]) -> List[Optional[_Row]]: ...
def read_page(
    connection: Any, schema: Schema, fields: Sequence[bytes], ids: Sequence[Any]
) -> Tuple[List[Optional[_Row]], int]: ...
def allocate_ids(connection: Any, schema: Schema, count: int) -> List[int]: ...

def weight(operation: Dict[str, Any]) -> int: ...
def likely_weight(raw: Iterable[Any]) -> int: ...
def pages(
    items: Iterable[_T],
    weight: Callable[[_T], int],
    place: Optional[Callable[[_T], Any]] = ...,
    most: int = ...,
) -> Iterator[List[_T]]: ...

class Outcome:
    __slots__ = ("done", "errors")
    done: List[Any]
    errors: List[List[Any]]
    def __init__(self, reply: Dict[str, Any]) -> None: ...

class Writer:
    doubts: List[List[Any]]
    def __init__(self) -> None: ...
    def write(
        self, connection: Any, operations: List[Dict[str, Any]], atomic: bool = ..., about: Any = ...
    ) -> Outcome: ...
    def settle(self, needed: Iterable[Any]) -> List[Tuple[Any, Outcome]]: ...

def problem(schema: Schema, id: Optional[int], error: Sequence[Any]) -> ORMError: ...
