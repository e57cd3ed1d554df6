"""Lists: a keyset cursor over a sort column and the id, so that a page is stable under concurrent writes."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
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


def sorted_by(*fields: str) -> Any:
    """The field `sort` of a list's query: what the list can be sorted by, beside `created_at` and `id`."""
    return choice_of((*fields, "created_at", "id"))


def choice_of(fields: Sequence[str]) -> Any:
    """The field `sort` of a query whose list can be sorted by just these."""
    return Field(
        None,
        description=f"One of {', '.join(f'`{name}`' for name in fields)}; with a `-` before it, descending.",
        json_schema_extra={"enum": [sign + name for name in fields for sign in ("", "-")]},
    )


class Listing(BaseModel):
    """The query of a list: how many, from where, in which order. Each list adds the fields it filters by."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: int = Field(50, ge=1, le=200, description="Items per page.")
    cursor: str | None = Field(
        None,
        max_length=1000,
        description="`next_cursor` of the page before, with the same `sort`.",
        json_schema_extra={"pattern": "^[A-Za-z0-9_-]+$"},
    )
    sort: str | None = sorted_by()

    def filters(self) -> dict[str, Any]:
        """The fields that were asked for, with the values they must have."""
        return {
            name: value
            for name in sorted(self.model_fields_set - {"limit", "cursor", "sort"})
            if (value := getattr(self, name)) is not None
        }


def require_in_order(filters: Mapping[str, Any], first: str, last: str) -> None:
    """Refuses two bounds, either of which may be missing, of which the lower lies above the upper.

    Raises:
        Invalid: it does.
    """
    lower, upper = filters.get(first), filters.get(last)
    if lower is not None and upper is not None and lower > upper:
        raise Invalid.field(f"?{first}", f"must not lie after {last}.")


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list: a column that is never null, ties broken by the id."""

    column: ColumnElement[Any]
    id: ColumnElement[UUID]
    descending: bool
    name: str

    @property
    def made_for(self) -> str:
        """What a cursor of it is good for: the list and the order."""
        return f"{self.id.table.name}.{self.name}"


def order(
    asked: str | None, sorts: Mapping[str, ColumnElement[Any]], default: str, tie: ColumnElement[UUID] | None = None
) -> Order:
    """The order that was asked for, among those a list offers; ties are broken by `tie`, else by the `id` among them.

    Raises:
        Invalid: it is none of them.
    """
    name = default if asked is None else asked
    field = name.removeprefix("-")
    if field not in sorts:
        raise Invalid.field("?sort", f"must be one of {', '.join(sorted(sorts))}, each also with a leading '-'.")
    return Order(sorts[field], sorts["id"] if tie is None else tie, name.startswith("-"), name)


def position(asked: Listing, ordered: Order) -> tuple[Any, UUID] | None:
    """After which value and id of this order the page begins; None: with the first.

    Raises:
        Invalid: the cursor is none of this list in this order.
    """
    return None if asked.cursor is None else _read(asked.cursor, ordered)


async def fetch(
    connection: AsyncConnection,
    statement: Select[Any],
    asked: Listing,
    ordered: Order,
    values: Mapping[str, Any] | None = None,
) -> tuple[list[Any], str | None]:
    """One page of a statement's rows, with the cursor of the next: one query, whatever the page.

    The statement must select the id as `id`; the sort column is added as `_sort`. `values` are its own parameters'.
    """
    key = tuple_(ordered.column, ordered.id)
    begins = position(asked, ordered)
    if begins is not None:
        after = tuple_(literal(begins[0], ordered.column.type), literal(begins[1], ordered.id.type))
        statement = statement.where(key < after if ordered.descending else key > after)
    directions = [column.desc() if ordered.descending else column.asc() for column in (ordered.column, ordered.id)]
    statement = statement.add_columns(ordered.column.label("_sort")).order_by(*directions).limit(asked.limit + 1)
    rows = list((await connection.execute(statement, values)).mappings())
    if len(rows) <= asked.limit:
        return rows, None
    rows.pop()
    return rows, _write(ordered, rows[-1]["_sort"], rows[-1]["id"])


def _write(ordered: Order, value: Any, last: UUID) -> str:
    plain = value.isoformat() if isinstance(value, datetime) else str(value) if isinstance(value, UUID) else value
    return base64.urlsafe_b64encode(orjson.dumps([ordered.made_for, plain, str(last)])).decode().rstrip("=")


def _read(cursor: str, ordered: Order) -> tuple[Any, UUID]:
    try:
        made_for, plain, last = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if made_for == ordered.made_for:
            return _READERS[ordered.column.type.python_type](plain), UUID(last)
    except (ValueError, TypeError, ArithmeticError, AttributeError) as error:
        raise Invalid.field("?cursor", "is no cursor of this list; begin again without it.") from error
    raise Invalid.field("?cursor", "belongs to another list, or to this one in another order; begin again without it.")


def _instant(plain: str) -> datetime:
    return datetime.fromisoformat(plain).astimezone(UTC)


def _text(plain: Any) -> str:
    if not isinstance(plain, str) or "\x00" in plain:
        raise ValueError("no text")
    return plain


def _number(plain: Any) -> int:
    if type(plain) is not int or not -(2**63) <= plain < 2**63:
        raise ValueError("no number")
    return plain


_READERS: dict[type, Callable[[Any], Any]] = {datetime: _instant, UUID: UUID, str: _text, int: _number}
"""How a cursor's value becomes one of a sort column, by the column's type."""
