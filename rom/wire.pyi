from typing import Any, List, Optional, Sequence, Tuple

__all__ = ["ask", "read_hashes"]

def ask(connection: Any, *arguments: Any) -> Optional[List[Any]]: ...
def read_hashes(
    connection: Any, keys: Sequence[bytes], fields: Sequence[bytes], counter: bytes
) -> Optional[Tuple[List[Any], int, Any]]: ...
