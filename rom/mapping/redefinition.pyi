from typing import Any, Dict, List, NamedTuple, Type

from ..model import Model

__all__ = ["Origin", "check_free", "origin_of"]

class Origin(NamedTuple):
    module: str
    qualname: str
    file: str
    line: int
    def is_that_of(self, other: Origin) -> bool: ...

def origin_of(name: str, attrs: Dict[str, Any]) -> Origin: ...
def check_free(origin: Origin, name: str, namespace: str) -> List[Type[Model]]: ...
