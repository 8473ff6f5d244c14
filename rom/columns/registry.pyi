from typing import Any, Dict, List, Optional, Tuple, Type, Union

from ..model import Model

__all__ = [
    "MODELS",
    "MODELS_REFERENCED",
    "NO_ACTION_DEFAULT",
    "NULL",
    "ON_DELETE",
    "SKIP_ON_DELETE",
    "find_model",
    "if_replaced",
    "put_back",
    "references_to",
    "take_out",
    "today",
]

NULL: Any
NO_ACTION_DEFAULT: Any
SKIP_ON_DELETE: Any
ON_DELETE: Tuple[str, ...]
MODELS: Dict[str, Type[Model]]
MODELS_REFERENCED: Dict[str, List[Tuple[str, str, str]]]

def find_model(table: Union[str, Type[Model]]) -> Optional[Type[Model]]: ...
def today(model: type) -> type: ...
def if_replaced(entity: Any, model: type) -> str: ...
def take_out(models: List[Type[Model]], namespace: str) -> Tuple[Any, Any]: ...
def put_back(taken: Tuple[Any, Any]) -> None: ...
def references_to(model: Type[Model]) -> List[Tuple[Type[Model], str, str]]: ...
