"""The day or week of a digest, in the local time of whom it is for. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

SpanName: TypeAlias = Literal["day", "week"]

_DAYS: dict[SpanName, int] = {"day": 1, "week": 7}


@dataclass(frozen=True, slots=True)
class Span:
    """From a local midnight to another: a day, or a week that begins on Monday."""

    first_day: date
    start: datetime
    end: datetime


def span_of(name: SpanName, at: datetime, timezone: str) -> Span:
    """The day, or week, in which an instant lies at that place."""
    zone = ZoneInfo(timezone)
    day = at.astimezone(zone).date()
    first = day - timedelta(days=day.weekday()) if name == "week" else day
    return Span(first, _midnight(first, zone), _midnight(first + timedelta(days=_DAYS[name]), zone))


def last_span(name: SpanName, now: datetime, timezone: str) -> Span:
    """The last day, or week, that is over at that place."""
    present = span_of(name, now, timezone)
    return span_of(name, present.start - timedelta(seconds=1), timezone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
