from typing import Any, Callable

__all__ = ["UnitOfWorkMiddleware"]

class UnitOfWorkMiddleware:
    app: Any
    commit_when: Callable[[int], bool]
    atomic: bool
    def __init__(self, app: Callable[..., Any], commit_when: Callable[[int], bool] = ..., atomic: bool = ...) -> None: ...
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...
