from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple, TypeVar

from .exceptions import BulkError, ORMError
from .model import Model
from .store import Outcome, Writer

__all__ = [
    "ATTEMPTS",
    "Change",
    "Entities",
    "Job",
    "Removal",
    "Work",
    "after_errors",
    "bulk_error",
    "entities_of",
    "finish",
    "gather_errors",
    "once_each",
    "one_connection",
    "with_references",
]

_J = TypeVar("_J", bound="Job")
_Error = Sequence[Any]
_Operation = Dict[str, Any]

ATTEMPTS: int

class Entities:
    def __init__(self, entities: Iterable[Model] = ...) -> None: ...
    def update(self, entities: Iterable[Model]) -> None: ...
    def add(self, entity: Model) -> None: ...
    def __contains__(self, entity: Model) -> bool: ...
    def __len__(self) -> int: ...

def finish(jobs: Sequence[Job], outcome: Outcome) -> List[int]: ...
def after_errors(jobs: List[_J], outcome: Outcome) -> List[_J]: ...
def bulk_error(jobs: Sequence[Job], errors: Iterable[_Error]) -> BulkError: ...
def gather_errors(jobs: Iterable[_J], work: Callable[[_J], Any], total: int) -> None: ...
def once_each(entities: Iterable[Model]) -> Iterator[Model]: ...
def one_connection(jobs: Sequence[Job]) -> None: ...
def entities_of(objects: Iterable[Any], verb: str, skip_none: bool = ...) -> List[Model]: ...
def with_references(entities: Iterable[Model]) -> List[Model]: ...

class Job:
    entity: Model
    connection: Any
    full: bool
    force: bool
    refresh: bool
    was_new: bool
    stored: Optional[List[Any]]
    attempts: int
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
    def finish(self, id: Any) -> int: ...
    def run_hook(self) -> None: ...

class StoredJob(Job):
    may_move: bool
    def __init__(self, entity: Model) -> None: ...

class Removal(StoredJob):
    guard: Iterable[Sequence[Any]]
    reason: Optional[Dict[str, Optional[str]]]
    def __init__(
        self,
        entity: Model,
        guard: Iterable[Sequence[Any]] = ...,
        reason: Optional[Dict[str, Optional[str]]] = ...,
    ) -> None: ...

class Change(StoredJob):
    targets: Dict[str, Optional[Model]]
    expect: Optional[Dict[str, Any]]
    def __init__(self, entity: Model, stored: List[Any], targets: Dict[str, Optional[Model]]) -> None: ...

class Work:
    writer: Writer
    full: bool
    force: bool
    refresh: bool
    settled: Dict[int, Tuple[Model, int]]
    saving: Sequence[Optional[Model]]
    jobs: List[Job]
    weight: int
    columns: int
    def __init__(
        self, writer: Writer, full: bool, force: bool, refresh: bool, settled: Dict[int, Tuple[Model, int]],
        saving: Sequence[Optional[Model]] = ...,
    ) -> None: ...
    def add(self, entity: Model) -> None: ...
    def send(self) -> None: ...
    def finish(self) -> int: ...
