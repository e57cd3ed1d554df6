"""Resources of several kinds by their ids, in one statement."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Executable,
    Numeric,
    Select,
    Text,
    Uuid,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy import union_all as union
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import JSON, DateTime, TypeEngine

from app.kernel.database import Row, any_of

_Read = Callable[[Any], Any]
_READERS: Mapping[type[TypeEngine[Any]], _Read] = {DateTime: datetime.fromisoformat, Numeric: Decimal, Uuid: UUID}


class Lookup:
    """Finds rows of these statements, each of which selects an `id`: `Lookup(department=…, customer=…)`."""

    def __init__(self, **kinds: Select[Any]) -> None:
        self._readers = {kind: _readers(statement) for kind, statement in kinds.items()}
        self._kinds = {kind: _values(kind, statement) for kind, statement in kinds.items()}
        self._unions: dict[tuple[str, ...], Executable] = {}

    async def rows(self, connection: AsyncConnection, **ids: Collection[UUID]) -> dict[str, dict[UUID, Row]]:
        """The rows of each kind by their ids, those that exist, with values such as the statements would have given.
        Costs one statement, or none if nothing is asked for."""
        found: dict[str, dict[UUID, Row]] = {kind: {} for kind in self._kinds}
        asked = tuple(kind for kind in self._kinds if ids[kind])
        if not asked:
            return found
        named = {f"{kind}_ids": list(ids[kind]) for kind in asked}
        for kind, values in await connection.execute(self._union(asked), named):
            row: dict[str, Any] = {
                name: value if value is None else read(value)
                for (name, read), value in zip(self._readers[kind], values, strict=True)
            }
            found[kind][row["id"]] = row
        return found

    def _union(self, kinds: tuple[str, ...]) -> Executable:
        if kinds not in self._unions:
            self._unions[kinds] = union(*(self._kinds[kind] for kind in kinds))
        return self._unions[kinds]


def _values(kind: str, statement: Select[Any]) -> Select[Any]:
    rows = statement.subquery(kind)
    values = func.json_build_array(*map(_exact, rows.c), type_=JSON)
    named = literal_column(f"'{kind}'", Text).label("kind")
    return select(named, values.label("values")).where(rows.c.id == any_of(f"{kind}_ids"))


def _exact(column: ColumnElement[Any]) -> ColumnElement[Any]:
    # A number of JSON would be read as a float.
    return cast(column, Text) if isinstance(column.type, Numeric) else column


def _readers(statement: Select[Any]) -> Sequence[tuple[str, _Read]]:
    return [(column.name, _reader(column.type)) for column in statement.selected_columns]


def _reader(kind: TypeEngine[Any]) -> _Read:
    if isinstance(kind, ARRAY):
        inner = _reader(kind.item_type)
        return lambda values: [inner(value) for value in values]
    return next((read for type_, read in _READERS.items() if isinstance(kind, type_)), lambda value: value)
