from typing import Any as _Any, Callable, Iterable, Mapping, NamedTuple, Optional, Tuple, Union

__all__ = ["ALLOWED_DIST", "All", "Any", "Empty", "GeoIndex", "Geofilter", "Ids", "Meant", "NOT_NULL", "Not", "Null", "Pattern", "Prefix", "Suffix"]

_Text = Union[str, bytes]

_Point = Mapping[str, _Any]

class GeoIndex(NamedTuple):
    name: str
    callback: Callable[[_Any], Union[_Point, Iterable[_Point], None]]

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

class Any(NamedTuple):
    of: Tuple[_Any, ...]

class All(NamedTuple):
    of: Tuple[_Any, ...]

class Not(NamedTuple):
    part: _Any

class Null(NamedTuple):
    field: str

class Empty(NamedTuple):
    name: str
    field: str

class Ids(NamedTuple):
    ids: Tuple[int, ...]

class Meant(NamedTuple):
    condition: _Any
    of: Tuple[_Any, ...]
