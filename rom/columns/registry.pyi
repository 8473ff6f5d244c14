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
    "references_to",
]

NULL: Any
NO_ACTION_DEFAULT: Any
SKIP_ON_DELETE: Any
ON_DELETE: Tuple[str, ...]
MODELS: Dict[str, Type[Model]]
MODELS_REFERENCED: Dict[str, List[Tuple[str, str, str]]]

def find_model(table: Union[str, Type[Model]]) -> Optional[Type[Model]]: ...
def references_to(model: Type[Model]) -> List[Tuple[Type[Model], str, str]]: ...
