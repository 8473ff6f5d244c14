from typing import Any, Sequence, Tuple

__all__ = [
    "ORMError",
    "UniqueKeyViolation",
    "InvalidOperation",
    "QueryError",
    "RestrictError",
    "DataRaceError",
    "EntityDeletedError",
    "ColumnError",
    "MissingColumn",
    "InvalidColumnValue",
    "UnsafeError",
    "BulkError",
]

class ORMError(Exception):
    model: Any
    pk: Any
    columns: Sequence[str]
    value: Any
    errors: Sequence[Tuple[Any, Exception]]
    def __init__(
        self,
        *args: Any,
        model: Any = ...,
        pk: Any = ...,
        columns: Sequence[str] = ...,
        value: Any = ...,
        errors: Sequence[Tuple[Any, Exception]] = ...,
    ) -> None: ...

class UniqueKeyViolation(ORMError): ...
class InvalidOperation(ORMError): ...
class QueryError(InvalidOperation): ...
class RestrictError(InvalidOperation): ...
class DataRaceError(InvalidOperation): ...
class EntityDeletedError(InvalidOperation): ...
class OutcomeUnknownError(InvalidOperation): ...
class ColumnError(ORMError): ...
class MissingColumn(ColumnError): ...
class InvalidColumnValue(ColumnError): ...
class UnsafeError(ColumnError): ...
class BulkError(ORMError): ...
