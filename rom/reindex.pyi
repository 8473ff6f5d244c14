import re
from contextlib import AbstractContextManager
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple, Type, TypeVar

from .exceptions import ORMError
from .model import Model
from .write_call import Writer

__all__ = [
    "ENTRIES_PER_CALL",
    "KEYS_PER_SCAN",
    "ROW_ID",
    "blocks",
    "counter_of",
    "keys_of",
    "namespace_of",
    "planned",
    "refresh_rows",
    "retry_sizes",
    "row_ids",
    "session_aside",
]

_T = TypeVar("_T")
_Operation = Dict[str, Any]

ENTRIES_PER_CALL: int
KEYS_PER_SCAN: int
ROW_ID: re.Pattern[str]

def namespace_of(model: Type[Model]) -> str: ...
def counter_of(model: Type[Model]) -> str: ...
def keys_of(model: Type[Model], pattern: str) -> Iterator[str]: ...
def row_ids(model: Type[Model]) -> Tuple[int, Iterator[int]]: ...
def blocks(items: Iterable[_T], size: int) -> Iterator[List[_T]]: ...
def retry_sizes() -> Iterator[int]: ...
def session_aside() -> AbstractContextManager[None]: ...
def planned(model: Type[Model], id: Any, raw: Sequence[Any], fill: bool = ...) -> _Operation: ...
def refresh_rows(
    model: Type[Model],
    writer: Writer,
    ids: Iterable[int],
    failures: Dict[Tuple[int, Optional[str]], ORMError],
) -> None: ...
