"""Lists: a keyset cursor over a sort column and the id, so that a page is stable under concurrent writes."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, Select, literal, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.problems import Invalid

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """A page of a list; `next_cursor` is null on the last one."""

    items: list[T]
    next_cursor: str | None


class Listing(BaseModel):
    """The query of a list: how many, from where, in which order. Each list adds the fields it filters by."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: int = Field(50, ge=1, le=200, description="Items per page.")
    cursor: str | None = Field(None, max_length=1000, description="`next_cursor` of the page before.")
    sort: str | None = Field(None, max_length=60, description="A field to sort by; `-field` for descending.")

    def filters(self) -> dict[str, Any]:
        """The fields that were asked for, with the values they must have."""
        return {
            name: value
            for name in sorted(self.model_fields_set - {"limit", "cursor", "sort"})
            if (value := getattr(self, name)) is not None
        }


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list: a column that is never null, ties broken by the id."""

    column: ColumnElement[Any]
    id: ColumnElement[UUID]
    descending: bool
    name: str


def order(asked: str | None, sorts: Mapping[str, ColumnElement[Any]], default: str) -> Order:
    """The order that was asked for, among those a list offers; `id` is always one of them.

    Raises:
        Invalid: it is none of them.
    """
    name = asked or default
    field = name.removeprefix("-")
    if field not in sorts:
        raise Invalid.field("?sort", f"must be one of {', '.join(sorted(sorts))}, each also with a leading '-'.")
    return Order(sorts[field], sorts["id"], name.startswith("-"), name)


async def fetch(
    connection: AsyncConnection, statement: Select[Any], asked: Listing, ordered: Order
) -> tuple[list[Any], str | None]:
    """One page of a statement's rows, with the cursor of the next: one query, whatever the page.

    The statement must select the id as `id`; the sort column is added as `_sort`.
    """
    key = tuple_(ordered.column, ordered.id)
    if asked.cursor is not None:
        value, last = _read(asked.cursor, ordered.name)
        position = tuple_(literal(value, ordered.column.type), literal(last, ordered.id.type))
        statement = statement.where(key < position if ordered.descending else key > position)
    directions = [column.desc() if ordered.descending else column.asc() for column in (ordered.column, ordered.id)]
    statement = statement.add_columns(ordered.column.label("_sort")).order_by(*directions).limit(asked.limit + 1)
    rows = list((await connection.execute(statement)).mappings())
    if len(rows) <= asked.limit:
        return rows, None
    rows.pop()
    return rows, _write(ordered.name, rows[-1]["_sort"], rows[-1]["id"])


def _write(sort: str, value: Any, last: UUID) -> str:
    kind = next((kind for kind, types in _KINDS.items() if isinstance(value, types)), "")
    plain = value.isoformat() if kind == "t" else str(value) if kind else value
    return base64.urlsafe_b64encode(orjson.dumps([sort, kind, plain, str(last)])).decode().rstrip("=")


def _read(cursor: str, sort: str) -> tuple[Any, UUID]:
    try:
        made_for, kind, plain, last = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if made_for != sort:
            raise Invalid.field("?cursor", f"belongs to a list sorted by {made_for!r}, this one is by {sort!r}.")
        return _READERS[kind](plain), UUID(last)
    except (ValueError, TypeError, KeyError, ArithmeticError, binascii.Error, AttributeError) as error:
        raise Invalid.field("?cursor", "is no cursor of this list; begin again without it.") from error


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


_KINDS: dict[str, type] = {"t": datetime, "d": Decimal, "u": UUID}
_READERS: dict[str, Callable[[Any], Any]] = {"t": _instant, "d": Decimal, "u": UUID, "": lambda value: value}
