from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple, TypeVar

from .exceptions import ORMError
from .schema import Schema

__all__ = [
    "lookup_unique",
    "ENTRIES_PER_WRITE",
    "NOTHING_DONE",
    "REMEMBERED_SECONDS",
    "ROWS_PER_READ",
    "ROWS_PER_WRITE",
    "Outcome",
    "allocate_ids",
    "ask",
    "ask_what_became",
    "call_write",
    "highest_id",
    "likely_weight",
    "look_what_became",
    "may_have_evicted",
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
def ask(connection: Any, name: str, key: Any, *arguments: Any) -> Any: ...
def allocate_ids(connection: Any, schema: Schema, count: int) -> List[int]: ...

def weight(operation: Dict[str, Any]) -> int: ...
def highest_id(connection: Any, schema: Schema) -> int: ...
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

NOTHING_DONE: Outcome

def distinct(connections: Iterable[_T]) -> List[_T]: ...
def lead_to_the_same(one: Any, other: Any) -> bool: ...
def call_write(
    connection: Any,
    key: str,
    sequence: int,
    operations: Sequence[Dict[str, Any]],
    atomic: bool,
    before_sending: Callable[[], Any],
) -> Outcome: ...
def ask_what_became(connection: Any, key: str, sequence: int, next_number: int) -> Optional[Outcome]: ...
def look_what_became(connection: Any, key: str, sequence: int) -> Optional[Outcome]: ...
def may_have_evicted(connection: Any) -> bool: ...
def problem(schema: Schema, id: Optional[int], error: Sequence[Any]) -> Exception: ...
def lookup_unique(
    connection: Any, schema: Schema, attr: str, values: Sequence[str]
) -> List[Optional[Tuple[int, List[Any]]]]: ...
