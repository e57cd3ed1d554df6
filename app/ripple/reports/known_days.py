"""The days that were put together, read once for as long as they stay the same, and so all of a period."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final, TypeAlias
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Database
from app.ripple.reports import report_queries as queries
from app.ripple.reports.columns import Columns, columns_of
from app.ripple.reports.pieces import Pieces, joined
from app.ripple.tables import DAY_COLUMNS

MOST_BYTES: Final = 128 * 1024 * 1024
"""How much of it a process keeps: what was asked for last."""
PERIODS: Final = 2
"""Of how many periods it keeps the columns, too, those that were asked for last: they take as much again."""

Day: TypeAlias = tuple[UUID, Pieces]
"""By which id it was made, and what is on it."""


class KnownDays:
    """What this process has read of one database's days."""

    def __init__(self) -> None:
        self._days: OrderedDict[date, Day] = OrderedDict()
        self._bytes = 0
        self._columns: OrderedDict[tuple[UUID, ...], Columns] = OrderedDict()

    async def read(self, connection: AsyncConnection, wanted: Mapping[date, UUID]) -> dict[date, Day]:
        """These days, each as it was when it was made then: in one statement at most.

        One that became stale, or was made anew, meanwhile may be left out, or be newer.
        """
        found = {day: known for day, made in wanted.items() if (known := self._days.get(day)) and known[0] == made}
        for day in found:
            self._days.move_to_end(day)
        missing = [day for day in wanted if day not in found]
        if missing:
            for row in await connection.execute(queries.DAYS, {"days": missing}):
                found[row.day] = self._keep(row)
            self._forget()
        return dict(sorted(found.items()))

    def columns(self, days: Iterable[Day]) -> Columns:
        """Days that were read, behind one another. Costs time by the entry, when others were asked for last."""
        pieces = dict(days)
        known = self._columns.pop(tuple(pieces), None) or columns_of(joined(list(pieces.values())))
        self._columns[tuple(pieces)] = known
        while len(self._columns) > PERIODS:
            self._columns.popitem(last=False)
        return known

    def _keep(self, row: Row[Any]) -> Day:
        pieces = Pieces(*(getattr(row, name) for name in DAY_COLUMNS))
        before = self._days.pop(row.day, None)
        self._bytes += pieces.size - (0 if before is None else before[1].size)
        self._days[row.day] = row.made, pieces
        return self._days[row.day]

    def _forget(self) -> None:
        while self._bytes > MOST_BYTES and self._days:
            _, (_, pieces) = self._days.popitem(last=False)
            self._bytes -= pieces.size


_known: WeakKeyDictionary[Database, KnownDays] = WeakKeyDictionary()


def known_days(database: Database) -> KnownDays:
    return _known.setdefault(database, KnownDays())
