"""Marking: which commitments are to be looked at again because their history, or what it was read by, has changed.

Every change of a history is told in the feed, and this follows it: an event of a ticket marks the commitments above it,
to each of which it may have passed a delay on. No event tells that a department has another key or keeps other hours:
what was last known of departments is compared with what they are.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel.database import Database
from app.kernel.following import AT_ONCE, Follower, Stretch
from app.ripple.keeping import mark_queries as queries

BATCH: Final = 2_000
"""How many events are read at a time."""


class Marking:
    """The duty to mark commitments."""

    name = "ripple marks"
    woken_by = frozenset({"events", "departments"})

    def __init__(self) -> None:
        self._follower = Follower("ripple")

    async def next_at(self, connection: AsyncConnection) -> datetime | None:
        if (await connection.execute(queries.ANY_DEPARTMENT_OTHERWISE)).scalar_one():
            return AT_ONCE
        return await self._follower.next_at(connection)

    async def turn(self, database: Database, now: datetime) -> int:
        """Marks for what departments are by now, and for one batch of events. One worker at a time does it."""
        async with database.writing() as connection:
            stretch = await self._follower.take(connection)
            if stretch is None:
                return 0
            changed = await _mark_for_departments(connection)
            if stretch.until == stretch.after:
                return changed
            return changed + await self._mark_for_events(connection, stretch)

    async def _mark_for_events(self, connection: AsyncConnection, stretch: Stretch) -> int:
        told = {"after": stretch.after, "until": stretch.until, "batch": BATCH}
        read = (await connection.execute(queries.MARK_FOR_EVENTS, told)).one()
        more = read.events == BATCH
        await self._follower.move(connection, read.last if more else stretch.until, more=more)
        return max(1, int(read.events))


async def mark_above(connection: AsyncConnection, ticket_ids: Iterable[UUID]) -> None:
    """Marks the commitments that these tickets serve, in the transaction of a change that no event tells of."""
    await connection.execute(queries.MARK_ABOVE, {"ticket_ids": list(ticket_ids)})


async def _mark_for_departments(connection: AsyncConnection) -> int:
    """How many departments are not what they were when commitments were last marked for that."""
    found = (await connection.execute(queries.DEPARTMENTS_OTHERWISE)).mappings().all()
    if not found:
        return 0
    told: dict[str, Any] = {"department_ids": [row["department_id"] for row in found if row["is_otherwise"]]}
    if told["department_ids"]:
        await connection.execute(queries.MARK_FOR_DEPARTMENTS, told)
    since = [row["hours_from"] for row in found if not row["is_otherwise"] and row["hours_from"] is not None]
    if since:
        await connection.execute(queries.MARK_DELIVERED_AFTER, {"instant": min(since)})
    columns = ("department_id", "key", "calendar_id", "calendar_version")
    await connection.execute(queries.KNOW_DEPARTMENTS, [{name: row[name] for name in columns} for row in found])
    return len(found)
