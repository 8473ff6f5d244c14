from typing import Any, Callable, Iterable

__all__ = ["UnitOfWorkMiddleware"]

class UnitOfWorkMiddleware:
    app: Any
    commit_when: Callable[[int], bool]
    atomic: bool
    def __init__(self, app: Callable[..., Iterable[bytes]], commit_when: Callable[[int], bool] = ..., atomic: bool = ...) -> None: ...
    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]: ...
