from typing import Any, Callable, Iterable, List, Mapping, NamedTuple, Optional, Tuple, Union

from ..columns.base import Column
from ..mapping.schema import Schema

__all__ = [
    "ALLOWED_DIST",
    "GeoIndex",
    "Geofilter",
    "NOT_NULL",
    "Pattern",
    "Prefix",
    "Suffix",
    "indexed_column",
    "to_filters",
    "to_near",
    "to_number",
    "to_patterns",
    "to_prefixes",
    "to_suffixes",
]

_Text = Union[str, bytes]

_Point = Mapping[str, Any]

class GeoIndex(NamedTuple):
    name: str
    callback: Callable[[Any], Union[_Point, Iterable[_Point], None]]

class Prefix(NamedTuple):
    attr: str
    prefix: _Text

class Suffix(NamedTuple):
    attr: str
    suffix: _Text

class Pattern(NamedTuple):
    attr: str
    pattern: _Text

class Geofilter(NamedTuple):
    name: str
    lon: float
    lat: float
    radius: float
    measure: str
    count: Optional[int]  # type: ignore[assignment]

ALLOWED_DIST: Tuple[str, ...]
NOT_NULL: Tuple[None, None]
SINGLE_WORD_KEYGENS: Tuple[Callable[[Any], Any], ...]

def plain_keygen(column: Any) -> Optional[Callable[[Any], Any]]: ...
def indexed_column(schema: Schema, name: str, clause: str, flag: str) -> Column[Any, Any]: ...
def to_filters(schema: Schema, name: str, value: Any) -> List[Any]: ...
def to_near(
    schema: Schema, name: str, lon: float, lat: float, distance: float, measure: str, count: Optional[int] = ...
) -> Geofilter: ...
def to_number(schema: Schema, name: str, column: Column[Any, Any], value: Any) -> Any: ...
def to_prefixes(schema: Schema, name: str, value: Any) -> Union[Prefix, List[Prefix]]: ...
def to_suffixes(schema: Schema, name: str, value: Any) -> Union[Suffix, List[Suffix]]: ...
def to_patterns(schema: Schema, name: str, value: Any) -> Union[Pattern, List[Pattern]]: ...
