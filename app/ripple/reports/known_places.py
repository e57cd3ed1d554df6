"""The stored places, read once: they are only ever added to."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Database
from app.ripple.engine.graph import RESERVED_NAMES
from app.ripple.naming import Names
from app.ripple.reports.ids import Ints
from app.ripple.reports.placing import NO_PLACES, PlaceTable
from app.ripple.reports.report_queries import PLACES


class KnownPlaces:
    """What this process has read of one database's places, departments by their ids."""

    def __init__(self) -> None:
        self._table = NO_PLACES
        self._renamed: tuple[Mapping[UUID, str], PlaceTable] | None = None
        # The last row that was read: while it is the same row, so are those before it.
        self._last: tuple[int, int] | None = None

    async def read(self, connection: AsyncConnection, used: Ints) -> PlaceTable:
        """At least the places that are used: in one statement, and at most two more."""
        rows = await self._rows_since(connection)
        if self._last is not None and (not rows or (rows[0].id, rows[0].xmin) != self._last):
            rows = await self._all_rows(connection)
        self._add(rows)
        # A place may be seen after one with a higher id.
        if not self._table.knows(used):
            self._add(await self._all_rows(connection))
        return self._table

    def renamed(self, keys: Mapping[UUID, str]) -> PlaceTable:
        """What was read, departments by these keys: the same one for as long as nothing of it is other."""
        if self._renamed is None or self._renamed[0] != keys:
            self._renamed = keys, self._table.renamed(lambda value: keys.get(value, value))
        return self._renamed[1]

    async def _rows_since(self, connection: AsyncConnection) -> list[Row[Any]]:
        since = 0 if self._last is None else self._last[0]
        return list((await connection.execute(PLACES, {"since": since})).all())

    async def _all_rows(self, connection: AsyncConnection) -> list[Row[Any]]:
        self._table, self._renamed, self._last = NO_PLACES, None, None
        return await self._rows_since(connection)

    def _add(self, rows: list[Row[Any]]) -> None:
        last = (rows[-1].id, rows[-1].xmin) if rows else self._last
        if last != self._last:
            self._table = self._table.extended([(row.id, _values(row)) for row in rows])
            self._renamed, self._last = None, last


def _values(row: Row[Any]) -> tuple[Any, ...]:
    party = row.party if row.party in RESERVED_NAMES else UUID(row.party)
    return (party, row.requester_id, row.provider_id, row.request_type_id, row.priority)


_known: WeakKeyDictionary[Database, KnownPlaces] = WeakKeyDictionary()


async def places_of(database: Database, connection: AsyncConnection, names: Names, used: Ints) -> PlaceTable:
    """The stored places, departments by their keys."""
    known = _known.setdefault(database, KnownPlaces())
    await known.read(connection, used)
    return known.renamed(names.department_keys)
