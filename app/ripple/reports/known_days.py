"""The days that were put together, read once for as long as they stay the same."""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Database
from app.ripple.reports import report_queries as queries
from app.ripple.reports.columns import Pieces
from app.ripple.tables import DAY_COLUMNS

MOST_BYTES: Final = 128 * 1024 * 1024
"""How much of it a process keeps: what was asked for last."""


class KnownDays:
    """What this process has read of one database's days."""

    def __init__(self) -> None:
        self._days: OrderedDict[date, tuple[UUID, Pieces]] = OrderedDict()
        self._bytes = 0

    async def read(self, connection: AsyncConnection, wanted: Mapping[date, UUID]) -> dict[date, Pieces]:
        """These days, each as it was when it was made then: in one statement at most.

        One that became stale, or was made anew, meanwhile may be left out, or be newer.
        """
        found = {day: known[1] for day, made in wanted.items() if (known := self._days.get(day)) and known[0] == made}
        for day in found:
            self._days.move_to_end(day)
        missing = [day for day in wanted if day not in found]
        if missing:
            for row in await connection.execute(queries.DAYS, {"days": missing}):
                found[row.day] = self._keep(row)
            self._forget()
        return found

    def _keep(self, row: Row[Any]) -> Pieces:
        pieces = Pieces(*(getattr(row, name) for name in DAY_COLUMNS))
        before = self._days.pop(row.day, None)
        self._bytes += pieces.size - (0 if before is None else before[1].size)
        self._days[row.day] = row.made, pieces
        return pieces

    def _forget(self) -> None:
        while self._bytes > MOST_BYTES and self._days:
            _, (_, pieces) = self._days.popitem(last=False)
            self._bytes -= pieces.size


_known: WeakKeyDictionary[Database, KnownDays] = WeakKeyDictionary()


def known_days(database: Database) -> KnownDays:
    return _known.setdefault(database, KnownDays())
