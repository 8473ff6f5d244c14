from typing import Any, Dict, Iterator, List, NamedTuple, Sequence, Tuple, Type

from ..model import Model
from ..mapping.schema import Schema

__all__ = ["Inspector", "Problem"]

class Problem(NamedTuple):
    kind: str
    key: str
    pk: str
    detail: Any

class Inspector:
    model: Type[Model]
    schema: Schema
    connection: Any
    namespace: str
    repair: bool
    problems: List[Problem]
    def __init__(self, model: Type[Model], repair: bool = ...) -> None: ...
    def index_keys(self) -> List[List[Any]]: ...
    def sift(self, indexes: Sequence[Sequence[Any]], limit: int) -> Iterator[int]: ...
    def examine(self, found: Dict[str, List[Tuple[str, str]]], whole: bool = ...) -> None: ...
