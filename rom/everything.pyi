from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from .schema import Schema

__all__ = ["Everything"]

class Everything:
    connection: Any
    schema: Schema
    def __init__(self, connection: Any, schema: Schema) -> None: ...
    def pages(
        self, skip: int = ..., count: Optional[int] = ..., fields: Optional[Sequence[bytes]] = ..., first: int = ...
    ) -> Iterator[Tuple[List[int], List[List[Any]]]]: ...
    def explained(self) -> Dict[str, Any]: ...
