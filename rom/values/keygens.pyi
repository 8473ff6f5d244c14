from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

__all__ = [
    "FULL_TEXT",
    "SIMPLE",
    "SIMPLE_CI",
    "CASE_INSENSITIVE",
    "IDENTITY",
    "IDENTITY_CI",
    "IDENTITY_STRING",
    "IDENTITY_STRING_CI",
    "_string_keygen",
    "_numeric_keygen",
    "_boolean_keygen",
    "_many_to_one_keygen",
    "STRING_KEYGENS",
    "STRING_INDEX_KEYGENS",
    "STRING_INDEX_KEYGENS_STR",
    "STRING_SORT_KEYGENS",
    "STRING_SORT_KEYGENS_STR",
    "Entries",
    "entries",
    "casefolds",
]

def FULL_TEXT(val: Any) -> Optional[List[str]]: ...
def SIMPLE(val: Any) -> Optional[Dict[str, str]]: ...
def SIMPLE_CI(val: Any) -> Optional[Dict[str, str]]: ...
def CASE_INSENSITIVE(val: Any) -> Optional[Dict[str, str]]: ...
def IDENTITY(val: Any) -> Optional[List[Any]]: ...
def IDENTITY_CI(val: Any) -> Optional[List[Any]]: ...
def IDENTITY_STRING(val: Any) -> Optional[List[bytes]]: ...
def IDENTITY_STRING_CI(val: Any) -> Optional[List[bytes]]: ...

_string_keygen = FULL_TEXT

def _numeric_keygen(val: Any) -> Optional[Dict[str, str]]: ...
def _boolean_keygen(val: Any) -> List[str]: ...
def _many_to_one_keygen(val: Any) -> Any: ...

STRING_KEYGENS: Tuple[Callable[[Any], Any], ...]
STRING_INDEX_KEYGENS: Tuple[Callable[[Any], Any], ...]
STRING_INDEX_KEYGENS_STR: str
STRING_SORT_KEYGENS: Tuple[Callable[[Any], Any], ...]
STRING_SORT_KEYGENS_STR: str

class _EntriesBase(NamedTuple):
    words: List[str]
    scores: Dict[str, float]

class Entries(_EntriesBase):
    @property
    def prefixes(self) -> List[str]: ...
    @property
    def suffixes(self) -> List[str]: ...

def casefolds(keygen: Any) -> bool: ...
def entries(result: Any, whole: Any = ...) -> Entries: ...
