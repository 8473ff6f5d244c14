from typing import Any

__all__ = ["UnitOfWork", "UnitOfWorkTask"]

class UnitOfWork:
    atomic: bool
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...

UnitOfWorkTask: Any
