from typing import Any, Callable, Iterable, Mapping, NamedTuple, Optional, Tuple, Union

__all__ = ["ALLOWED_DIST", "GeoIndex", "Geofilter", "NOT_NULL", "Pattern", "Prefix", "Suffix"]

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
