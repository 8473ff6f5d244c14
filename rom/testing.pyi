from typing import Any, ContextManager, Optional

from .embedded import Server

__all__ = ["WithDatabase", "database"]

def database(server: Optional[Server] = ...) -> ContextManager[Any]:
    """Give all models an empty database and this thread an empty session; as a context manager, gives the client."""

def pytest_configure(config: Any) -> None: ...

class WithDatabase:
    rom_database: Any
    def run(self, result: Any = ...) -> Any: ...
