"""On which mornings a digest is told, and of what. Pure.

At six in the morning, where the department is, of the day before, if it was open on that; on Mondays of the week
before, if it was open in that. Without a calendar every day is a working day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from app.digests.spans import Span, SpanName, last_span
from app.directory.calendar import CalendarTimeline, elapsed

MORNING: Final = time(6)

_MONDAY: Final = 0


@dataclass(frozen=True, slots=True)
class Morning:
    """The instant at which a digest is told, and its day or week."""

    at: datetime
    name: SpanName
    span: Span


def next_morning(after: datetime, timezone: str) -> datetime:
    """The first morning after an instant."""
    zone = ZoneInfo(timezone)
    day = after.astimezone(zone).date()
    at = _on(day, zone)
    return at if at > after else _on(day + timedelta(days=1), zone)


def mornings(after: datetime, until: datetime, timezone: str, timeline: CalendarTimeline | None) -> Iterator[Morning]:
    """The digests of the mornings after one instant and up to another, the earliest first."""
    at = next_morning(after, timezone)
    while at <= until:
        names: tuple[SpanName, ...] = ("day", "week") if _is_monday(at, timezone) else ("day",)
        for name in names:
            span = last_span(name, at, timezone)
            if timeline is None or elapsed(timeline, span.start, span.end):
                yield Morning(at, name, span)
        at = next_morning(at, timezone)


def _is_monday(at: datetime, timezone: str) -> bool:
    return at.astimezone(ZoneInfo(timezone)).weekday() == _MONDAY


def _on(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, MORNING, zone).astimezone(UTC)
