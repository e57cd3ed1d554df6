"""Which weeks' partitions there should be: deliveries and attempts go by the week in which the delivery was made.

A week begins on its Monday at 00:00 UTC. A delivery's id is a UUIDv7, which begins with the milliseconds of when it was
made: so a week is a range of ids.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Final
from uuid import UUID

WEEK: Final = timedelta(weeks=1)
AHEAD: Final = 2
"""How many weeks after the present one have their partition already."""

_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


def week_of(instant: datetime) -> date:
    """The Monday of the week in which an instant lies."""
    day = instant.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def beginning(week: date) -> datetime:
    """The instant at which a week begins."""
    return datetime.combine(week, time(), UTC)


def lowest_id(instant: datetime) -> UUID:
    """The lowest UUIDv7 that can have been made at an instant."""
    return UUID(int=(int(instant.timestamp() * 1000)) << 80)


def bounds(week: date) -> tuple[UUID, UUID]:
    """The lowest id of a week, and the lowest one after it."""
    return lowest_id(beginning(week)), lowest_id(beginning(week + WEEK))


def name_of(table: str, week: date) -> str:
    """What a week's partition is called: by its Monday, as in `webhook_deliveries_20261123`."""
    return f"{table}_{week:%Y%m%d}"


def week_named(table: str, name: str) -> date | None:
    """The week whose partition goes by a name; None if it is no week's."""
    suffix = name.removeprefix(f"{table}_")
    try:
        return datetime.strptime(suffix, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def missing(there: Collection[date], now: datetime) -> list[date]:
    """The weeks to make partitions for: from the oldest that is there, else the present one, to `AHEAD` after that."""
    last = week_of(now) + WEEK * AHEAD
    first = min(there, default=week_of(now))
    wanted = (first + WEEK * number for number in range((last - first) // WEEK + 1))
    return [week for week in wanted if week not in there]


def outlived(there: Iterable[date], now: datetime, kept_days: int) -> list[date]:
    """The weeks to drop, oldest first: those that ended so many days ago."""
    return sorted(week for week in there if _outlived_at(week, kept_days) <= now)


def next_change(there: Collection[date], kept_days: int) -> datetime:
    """From when on a week is missing or outlived."""
    if not there:
        return _EVER
    oldest = min(there)
    absent = next(week for number in count() if (week := oldest + WEEK * number) not in there)
    return min(beginning(absent) - WEEK * AHEAD, _outlived_at(oldest, kept_days))


def _outlived_at(week: date, kept_days: int) -> datetime:
    return beginning(week + WEEK) + timedelta(days=kept_days)
