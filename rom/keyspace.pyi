import re
from typing import Any, Iterator, Tuple

__all__ = ["KEYS_PER_SCAN", "ROW_ID", "keys_of", "row_ids"]

KEYS_PER_SCAN: int
ROW_ID: re.Pattern[str]

def keys_of(connection: Any, namespace: str, pattern: str) -> Iterator[str]: ...
def row_ids(connection: Any, namespace: str) -> Tuple[int, Iterator[int]]: ...
