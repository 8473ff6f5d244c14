from typing import Any, Dict, List, Optional, Tuple, Union

from .schema import Schema

__all__ = ["Translator", "parse_pattern"]

_Text = Union[str, bytes]

def parse_pattern(pattern: str) -> Tuple[str, List[str]]: ...

class Translator:
    def __init__(self, namespace: str, schema: Optional[Schema] = ...) -> None: ...
    def key(self, name: _Text, kind: str = ...) -> str: ...
    def translate(self, item: Any) -> Dict[str, Any]: ...
