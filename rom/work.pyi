from typing import Any, Callable, Dict, Iterable, Iterator, List, NoReturn, Optional, Sequence, Tuple, TypeVar

from .exceptions import ORMError
from .model import Model
from .ordering import Entities, groups, with_references
from .write_call import Writer

__all__ = [
    "Change",
    "Entities",
    "Job",
    "Look",
    "Moved",
    "Removal",
    "StoredJob",
    "Work",
    "entities_of",
    "gather_errors",
    "once_each",
    "one_connection",
    "raise_bulk_error",
    "with_references",
]

_J = TypeVar("_J", bound="Job")
_Error = Sequence[Any]
_Operation = Dict[str, Any]

def raise_bulk_error(problems: Sequence[Tuple[Any, ORMError]], total: int) -> NoReturn: ...
def gather_errors(jobs: Iterable[_J], work: Callable[[_J], Any], total: int) -> None: ...
def once_each(entities: Iterable[Model]) -> Iterator[Model]: ...
def one_connection(jobs: Sequence[Job]) -> None: ...
def entities_of(objects: Iterable[Any], verb: str, skip_none: bool = ...) -> List[Model]: ...

class Job:
    entity: Model
    connection: Any
    full: bool
    force: bool
    refresh: bool
    was_new: bool
    was_deleted: bool
    stored: Optional[List[Any]]
    attempts: int
    columns: int
    hook_called: bool
    operation: Optional[_Operation]
    texts: Dict[str, Optional[str]]
    filled: Dict[str, str]
    planned: Dict[str, Any]
    seen: Optional[List[Any]]
    def __init__(self, entity: Model, full: bool, force: bool, refresh: bool) -> None: ...
    def plan(self) -> Optional[_Operation]: ...
    def is_current(self) -> bool: ...
    def plan_anew(self) -> Optional[_Operation]: ...
    def read_again(self) -> None: ...
    def recover(self, error: _Error) -> None: ...
    def problem(self, error: _Error) -> ORMError: ...
    def name(self) -> str: ...
    def current_connection(self) -> Any: ...
    def finish(self, id: Any) -> int: ...
    def has_own_hook(self) -> bool: ...
    def run_hook(self) -> None: ...

class Moved(Exception): ...

class StoredJob(Job):
    may_move: bool
    def __init__(self, entity: Model, may_move: bool) -> None: ...

class Removal(StoredJob):
    guard: Iterable[Sequence[Any]]
    reason: Optional[Dict[str, Optional[str]]]
    def __init__(
        self,
        entity: Model,
        guard: Iterable[Sequence[Any]] = ...,
        reason: Optional[Dict[str, Optional[str]]] = ...,
        may_move: bool = ...,
    ) -> None: ...

class Change(StoredJob):
    targets: Dict[str, Optional[Model]]
    expect: Optional[Dict[str, Any]]
    def __init__(self, entity: Model, stored: List[Any], targets: Dict[str, Optional[Model]]) -> None: ...

class Look(StoredJob):
    guard: Sequence[Any]
    def __init__(self, entity: Model, guard: Sequence[Any]) -> None: ...

class Work:
    writer: Writer
    full: bool
    force: bool
    refresh: bool
    settled: Dict[int, Tuple[Model, int]]
    saving: Sequence[Optional[Model]]
    asked: Entities
    sent: List[Model]
    hooked: bool
    jobs: List[Job]
    weight: int
    columns: int
    def __init__(
        self, writer: Writer, full: bool, force: bool, refresh: bool, settled: Dict[int, Tuple[Model, int]],
        saving: Sequence[Optional[Model]] = ...,
    ) -> None: ...
    def add_all(self, entities: Iterable[Model]) -> None: ...
    def add(self, entity: Model) -> None: ...
    def send(self) -> None: ...
    def finish(self) -> int: ...
