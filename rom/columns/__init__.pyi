from typing import Any, List, Type

from .base import Column as Column, _Column as _Column
from .registry import (
    MODELS as MODELS,
    MODELS_REFERENCED as MODELS_REFERENCED,
    NO_ACTION_DEFAULT as NO_ACTION_DEFAULT,
    NULL as NULL,
    ON_DELETE as ON_DELETE,
    SKIP_ON_DELETE as SKIP_ON_DELETE,
)
from .relations import (
    ForeignModel as ForeignModel,
    ManyToOne as ManyToOne,
    OneToMany as OneToMany,
    OneToOne as OneToOne,
)
from .scalars import (
    Boolean as Boolean,
    Date as Date,
    DateTime as DateTime,
    Decimal as Decimal,
    Float as Float,
    Integer as Integer,
    Json as Json,
    PrimaryKey as PrimaryKey,
    SaferDateTime as SaferDateTime,
    String as String,
    Text as Text,
    Time as Time,
)
from .special import IndexOnly as IndexOnly, UnsafeColumn as UnsafeColumn

__all__ = [
    "Boolean",
    "Column",
    "Date",
    "DateTime",
    "Decimal",
    "Float",
    "ForeignModel",
    "IndexOnly",
    "Integer",
    "Json",
    "MODELS",
    "MODELS_REFERENCED",
    "ManyToOne",
    "ON_DELETE",
    "OneToMany",
    "OneToOne",
    "PrimaryKey",
    "SaferDateTime",
    "String",
    "Text",
    "Time",
    "UnsafeColumn",
    "_Column",
]

COLUMN_TYPES: List[Type[Column[Any, Any]]]
