from typing import Any, NoReturn, Optional, Tuple, Union

from ..columns.base import Column
from ..query import _Unit

__all__ = ["AllOf", "AnyOf", "Comparison", "Condition", "Not", "Within", "condition_of", "literal", "within"]

def condition_of(item: Any) -> Optional[Condition]: ...
def literal(value: Any) -> str: ...

# of bare columns a Boolean is a condition
_Joined = Union[Condition, Column[bool, Any, Any]]

class Condition:
    __slots__ = ()
    def __and__(self, other: _Joined) -> Condition: ...
    def __rand__(self, other: _Joined) -> Condition: ...
    def __or__(self, other: _Joined) -> Condition: ...
    def __ror__(self, other: _Joined) -> Condition: ...
    def __invert__(self) -> Condition: ...
    def __bool__(self) -> NoReturn: ...
    def __nonzero__(self) -> NoReturn: ...
    def text(self, within: int) -> str: ...

class Comparison(Condition):
    __slots__ = ("column", "operator", "values", "written")
    column: Any
    operator: str
    values: Tuple[Any, ...]
    written: str
    def __init__(self, column: Any, operator: str, values: Any = ..., written: Optional[str] = ...) -> None: ...

class Within(Condition):
    __slots__ = ("values",)
    values: Tuple[Any, ...]
    def __init__(self, *values: Any) -> None: ...

class _Group(Condition):
    __slots__ = ("parts",)
    parts: Tuple[Condition, ...]
    def __init__(self, parts: Any) -> None: ...

class AllOf(_Group):
    __slots__ = ()

class AnyOf(_Group):
    __slots__ = ()

class Not(Condition):
    __slots__ = ("part",)
    part: Condition
    def __init__(self, part: Condition) -> None: ...

def within(name: str, lon: float, lat: float, distance: float, measure: _Unit) -> Condition: ...
