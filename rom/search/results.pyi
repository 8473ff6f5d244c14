from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple, Type

from ..model import Model
from ..mapping.schema import Schema

__all__ = [
    "AS_IDS",
    "Selection",
    "_dict_data_factory",
    "_list_data_factory",
    "_namedtuple_data_factory",
    "_tuple_data_factory",
    "checked_timeout",
    "page_size",
    "rows_of_pages",
]

AS_IDS: str
_Row = Tuple[int, Optional[List[Any]]]
_Factory = Callable[[Tuple[str, ...]], Callable[[List[Any]], Any]]
_Kept = Tuple[Tuple[str, ...], bool, bool, _Factory]

def _dict_data_factory(columns: Sequence[str]) -> Callable[[List[Any]], Dict[str, Any]]: ...
def _list_data_factory(columns: Sequence[str]) -> Callable[[List[Any]], List[Any]]: ...
def _tuple_data_factory(columns: Sequence[str]) -> Callable[[List[Any]], Tuple[Any, ...]]: ...
def _namedtuple_data_factory(columns: Sequence[str]) -> Callable[[List[Any]], Any]: ...

class Selection:
    fields: List[bytes]
    def __init__(self, model: Type[Model], kept: _Kept) -> None: ...
    @staticmethod
    def checked(
        model: Type[Model],
        names: Tuple[str, ...],
        include_pk: bool = ...,
        decode: bool = ...,
        ff: Optional[_Factory] = ...,
        **ignored: Any,
    ) -> _Kept: ...
    def results(self, rows: List[_Row]) -> List[Any]: ...

def rows_of_pages(
    connection: Any, schema: Schema, pages: Iterable[Tuple[List[Any], List[Any]]], fields: Sequence[bytes], size: int
) -> Iterator[List[_Row]]: ...
def page_size(size: Any) -> int: ...
def checked_timeout(timeout: Any) -> int: ...
