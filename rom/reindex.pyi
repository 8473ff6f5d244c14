import re
from contextlib import AbstractContextManager
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple, Type, TypeVar

from .exceptions import ORMError
from .model import Model
from .write_call import Writer

__all__ = [
    "ENTRIES_PER_CALL",
    "blocks",
    "counter_of",
    "namespace_of",
    "planned",
    "refresh_rows",
    "retry_sizes",
    "session_aside",
]

_T = TypeVar("_T")
_Operation = Dict[str, Any]

ENTRIES_PER_CALL: int

def namespace_of(model: Type[Model]) -> str: ...
def counter_of(model: Type[Model]) -> str: ...
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
