from typing import Any, Dict, List

__all__ = ["Explanation"]

class Explanation:
    name: str
    data: Dict[str, Any]
    def __init__(self, name: str, data: Dict[str, Any]) -> None: ...
    def __getattr__(self, attr: str) -> Any: ...
    @property
    def probes(self) -> List[str]: ...
