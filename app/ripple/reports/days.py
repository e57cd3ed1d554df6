"""The duty to put the stored analyses of each day together, so that reports over many days read few rows."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Database
from app.ripple.reports import report_queries as queries

AT_ONCE: Final = 20
"""How many days are made anew in one turn, each in a transaction of its own."""

AFTER: Final = timedelta(seconds=10)
"""How long a day stays stale, so that one on which much is delivered isn't made anew with each: reports read its rows
meanwhile."""


class PuttingDaysTogether:
    """The duty."""

    name = "ripple days"
    woken_by = frozenset[str]()

    async def next_at(self, connection: AsyncConnection) -> datetime | None:
        since: datetime | None = (await connection.execute(queries.STALE_SINCE)).scalar_one()
        return None if since is None else since + AFTER

    async def turn(self, database: Database, now: datetime) -> int:
        """Makes days anew that have been stale long enough; how many."""
        for number in range(AT_ONCE):
            if not await _put_one_together(database, now - AFTER):
                return number
        return AT_ONCE


async def _put_one_together(database: Database, stale_since: datetime) -> bool:
    async with database.writing() as connection:
        day = (await connection.execute(queries.STALE_DAY, {"since": stale_since})).scalar_one_or_none()
        if day is not None:
            # A statement of its own: it sees all that was committed before the day was locked.
            await connection.execute(queries.PUT_TOGETHER, {"day": day})
        return day is not None
