from typing import Any, List, Optional, Sequence, Tuple

__all__ = ["read_hashes"]

def read_hashes(
    connection: Any, keys: Sequence[bytes], fields: Sequence[bytes], counter: bytes
) -> Optional[Tuple[List[Any], int, Any]]: ...
