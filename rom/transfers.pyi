from typing import Any

from .model import Model

__all__ = ["transfer"]

def transfer(
    source: Model, target: Model, attr: str, value: Any, token_entity: Model, token_attr: str, decimal_places: int
) -> None: ...
