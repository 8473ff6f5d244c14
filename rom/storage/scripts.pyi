from typing import Any, Callable, List, Optional, Protocol, Sequence, Tuple, Union

__all__ = [
    "CLUSTERS",
    "NO_SCRIPT_MESSAGES",
    "Script",
    "_script_load",
    "is_one_of",
    "shares_slot",
]

CLUSTERS: Tuple[type, ...]

NO_SCRIPT_MESSAGES: List[str]

def is_one_of(conn: Any, classes: Sequence[type]) -> bool: ...
def shares_slot(conn: Any, key: Union[str, bytes]) -> bool: ...

class Script:
    name: str
    declares_all: bool
    def __init__(self, name: str, text: Optional[Union[str, bytes]] = ..., declares_all: bool = ...) -> None: ...
    @property
    def text(self) -> bytes: ...
    @property
    def sha(self) -> str: ...
    def __call__(
        self, conn: Any, keys: Sequence[Any] = ..., args: Sequence[Any] = ..., before_sending: Callable[[], Any] = ...,
        send: Callable[..., Any] | None = ..., **options: Any
    ) -> Any: ...
    def read(self, conn: Any, keys: Sequence[Any] = ..., args: Sequence[Any] = ...) -> Any: ...
    def eval(self, conn: Any, keys: Sequence[Any] = ..., args: Sequence[Any] = ..., **options: Any) -> Any: ...
    @staticmethod
    def eval_error_is_noscript(error: BaseException) -> bool: ...

class _LoadedScript(Protocol):
    def __call__(
        self, conn: Any, keys: Sequence[Any] = ..., args: Sequence[Any] = ..., force_eval: bool = ...
    ) -> Any: ...

def _script_load(script: Union[str, bytes]) -> _LoadedScript: ...
