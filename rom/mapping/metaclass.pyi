from typing import Any, Dict, List, Tuple

__all__ = ["_ModelMetaclass"]

class _ModelMetaclass(type):
    CONN: Any
    def __new__(cls, name: str, bases: Tuple[type, ...], dict: Dict[str, Any]) -> _ModelMetaclass: ...
    def mro(cls) -> List[type]: ...
