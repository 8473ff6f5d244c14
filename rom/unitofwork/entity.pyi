from typing import Any, ClassVar, Dict, Optional

from ..descriptors import ClassProperty
from .duplicates import Duplicates, Values
from ..mapping.schema import Schema

__all__ = ["Entity"]

class Entity(Duplicates):
    __slots__ = (
        "__weakref__",
        "_rom_assigned",
        "_deleted",
        "_rom_generation",
        "_rom_id",
        "_new",
        "_rom_order",
        "_rom_page",
        "_rom_raw",
        "_rom_values",
    )
    _schema: ClassVar[Schema]
    _columns: ClassVar[Dict[str, Any]]
    _namespace: ClassVar[str]
    _pkey: ClassVar[str]
    _connection: ClassVar[ClassProperty[Any]]
    _id: Optional[int]
    _new: bool
    _deleted: bool
    @property
    def _pk(self) -> str: ...
    @property
    def _modified(self) -> bool: ...
    @_modified.setter
    def _modified(self, value: bool) -> None: ...
    @property
    def _data(self) -> Values: ...
    @_data.setter
    def _data(self, values: Dict[str, Any]) -> None: ...
    @property
    def _last(self) -> Dict[str, str]: ...
    def _before_insert(self) -> Any: ...
    def _before_update(self) -> Any: ...
    def _before_delete(self) -> Any: ...
    def _after_insert(self) -> Any: ...
    def _after_update(self) -> Any: ...
    def _after_delete(self) -> Any: ...
