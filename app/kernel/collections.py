"""What every resource can do: be made, read, changed, listed; each with one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel import paging
from app.kernel.ids import new_id
from app.kernel.paging import Listing, Page
from app.kernel.preconditions import require_version
from app.kernel.problems import NotFound

T = TypeVar("T")


@dataclass(frozen=True)
class Collection(Generic[T]):
    """A table of versioned resources whose rows become `shape`s (frozen dataclasses with the columns' names).

    `derived` are the fields that are no columns: scalar subqueries on the row.
    """

    table: Table
    shape: type[T]
    noun: str
    derived: Mapping[str, ColumnElement[Any]] = field(default_factory=dict, hash=False)

    @property
    def columns(self) -> list[ColumnElement[Any]]:
        names = [field.name for field in fields(self.shape)]  # type: ignore[arg-type]
        return [self.derived[name].label(name) if name in self.derived else self.table.c[name] for name in names]

    def select(self) -> Select[Any]:
        """Selects what the shape needs."""
        return select(*self.columns)

    async def insert(self, connection: AsyncConnection, values: Mapping[str, Any]) -> T:
        """Makes one; the id is new, unless given."""
        statement = insert(self.table).returning(*self.columns)
        row = (await connection.execute(statement, {"id": new_id(), **values})).mappings().one()
        return self.shape(**row)

    async def insert_unless_there(
        self, connection: AsyncConnection, natural_key: Sequence[str], values: Mapping[str, Any]
    ) -> T | None:
        """Makes one; None when one with the same natural key (columns under a unique constraint) is there."""
        statement = insert(self.table).on_conflict_do_nothing(index_elements=natural_key).returning(*self.columns)
        row = (await connection.execute(statement, {"id": new_id(), **values})).mappings().first()
        return None if row is None else self.shape(**row)

    async def get(self, connection: AsyncConnection, id_: UUID, *, lock: bool = False) -> T:
        """Reads one; with `lock` nobody else changes it until the transaction ends, but whatever refers to it can be
        made.

        Raises:
            NotFound: there is none with this id.
        """
        return await self.find(connection, self.table.c.id, id_, lock=lock)

    async def find(
        self, connection: AsyncConnection, column: ColumnElement[Any], value: Any, *, lock: bool = False
    ) -> T:
        """Reads the one whose column has the value.

        Raises:
            NotFound: there is none.
        """
        found = await self.find_or_none(connection, column, value, lock=lock)
        if found is None:
            raise NotFound(f"There is no {self.noun} with {column.key} {value}.")
        return found

    async def find_or_none(
        self, connection: AsyncConnection, column: ColumnElement[Any], value: Any, *, lock: bool = False
    ) -> T | None:
        statement = self.select().where(column == bindparam("value"))
        if lock:
            statement = statement.with_for_update(key_share=True)
        row = (await connection.execute(statement, {"value": value})).mappings().first()
        return None if row is None else self.shape(**row)

    async def update(
        self,
        connection: AsyncConnection,
        present: T,
        changes: Mapping[str, Any],
        expected: frozenset[int] | None = None,
    ) -> T:
        """Changes one that was read with `lock`; nothing that differs means no new version.

        Raises:
            Stale: its version is none of those expected.
        """
        version: int = present.version  # type: ignore[attr-defined]
        require_version(expected, version)
        changes = {name: value for name, value in changes.items() if getattr(present, name) != value}
        if not changes:
            return present
        statement = (
            update(self.table)
            .where(self.table.c.id == present.id)  # type: ignore[attr-defined]
            .values(version=version + 1, updated_at=func.now(), **changes)
            .returning(*self.columns)
        )
        return self.shape(**(await connection.execute(statement)).mappings().one())

    async def page(
        self,
        connection: AsyncConnection,
        asked: Listing,
        *,
        sorts: Sequence[str] = (),
        conditions: Sequence[ColumnElement[bool]] = (),
        default: str = "id",
    ) -> Page[T]:
        """One page; the listing's filters are columns of the table, `conditions` what else must hold."""
        filters = [self.table.c[name] == value for name, value in asked.filters().items() if name in self.table.c]
        offered = {name: self.table.c[name] for name in ("id", "created_at", *sorts)}
        statement = self.select().where(*filters, *conditions)
        rows, cursor = await paging.fetch(connection, statement, asked, paging.order(asked.sort, offered, default))
        names = [field.name for field in fields(self.shape)]  # type: ignore[arg-type]
        return Page([self.shape(**{name: row[name] for name in names}) for row in rows], cursor)
