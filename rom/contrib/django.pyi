from typing import Any, Callable, Iterable

__all__ = ["UnitOfWorkMiddleware"]

class UnitOfWorkMiddleware:
    sync_capable: bool
    async_capable: bool
    atomic: bool
    get_response: Callable[[Any], Any]
    def __init__(self, get_response: Callable[[Any], Any]) -> None: ...
    @staticmethod
    def commit_when(status: int) -> bool: ...
    def __call__(self, request: Any) -> Any: ...

def keep_open(response: Any, scope: Any) -> Any: ...
