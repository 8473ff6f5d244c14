from typing import Any, Iterable, Iterator, List, Tuple, Type

from .inspection import Problem as Problem
from .progress import Progress
from ..model import Model

__all__ = [
    "Problem",
    "check_indexes",
    "clean_old_index",
    "clean_unsafe_cols",
    "refresh_all_indexes",
    "refresh_indices",
    "show_progress",
]

def refresh_indices(model: Type[Model], block_size: int = ..., scan: bool = ...) -> Iterator[Tuple[int, int]]: ...
def refresh_all_indexes() -> None: ...
def show_progress(job: Iterable[Tuple[int, int]]) -> None: ...
def clean_old_index(model: Type[Model], block_size: int = ..., **kwargs: Any) -> Iterator[Tuple[int, int]]: ...
def clean_unsafe_cols(*models: Type[Model], **kwargs: Any) -> Tuple[int, int]: ...

class check_indexes(Progress):
    model: Type[Model]
    repair: bool
    def __init__(self, model: Type[Model], repair: bool = ...) -> None: ...
    @property
    def problems(self) -> List[Problem]: ...
    @property
    def unmended(self) -> List[Problem]: ...
