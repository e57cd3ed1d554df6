"""The business hours of the departments in an analysis, and what of its time lay outside of them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.directory.calendar import CalendarTimeline
from app.directory.calendars import timelines
from app.ripple import queries
from app.ripple.engine.walk import Segment


@dataclass(frozen=True, slots=True)
class Organisation:
    """The departments by their keys: their ids, and the calendars of those that keep business hours."""

    ids: Mapping[str, UUID]
    calendars: Mapping[str, UUID]


async def organisation(connection: AsyncConnection) -> Organisation:
    """All departments, in one statement."""
    rows = (await connection.execute(queries.DEPARTMENTS)).all()
    return Organisation(
        {row.key: row.id for row in rows},
        {row.key: row.calendar_id for row in rows if row.calendar_id is not None},
    )


async def business_hours(
    connection: AsyncConnection, calendars: Mapping[str, UUID], names: Iterable[str]
) -> dict[str, CalendarTimeline]:
    """The business hours of those of these departments that keep any."""
    wanted = {name: calendars[name] for name in names if name in calendars}
    kept = await timelines(connection, set(wanted.values()))
    return {name: kept[calendar_id] for name, calendar_id in wanted.items()}


def closed_seconds(
    segments: Sequence[Segment], hours: Mapping[str, CalendarTimeline]
) -> dict[tuple[str | None, str], int]:
    """Per (department, cause) of departments that keep business hours, the seconds outside of them."""
    closed: Counter[tuple[str | None, str]] = Counter()
    for segment in segments:
        timeline = None if segment.department is None else hours.get(segment.department)
        if timeline is not None:
            opened = timeline.between(segment.started_at, segment.ended_at)
            closed[segment.department, segment.cause] += segment.seconds - opened
    return closed
