"""Use cases of calendars, and their timelines for whoever counts business time."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.directory import calendar as business_time
from app.directory.calendar import WEEKDAYS, CalendarTimeline, InvalidCalendar, TooFar, parse_calendar
from app.directory.public_holidays import public_holidays
from app.directory.queries import CALENDAR_VERSIONS, INSERT_CALENDAR_VERSION, PRESENT_CALENDARS
from app.directory.schemas import Calendar, CalendarChange, CalendarDraft, Due, Elapsed
from app.directory.tables import calendars
from app.kernel.collections import Collection
from app.kernel.problems import Invalid, NotFound
from app.kernel.schemas import EARLIEST
from app.kernel.work import Work

collection = Collection(calendars, Calendar, "calendar")

Intervals = tuple[tuple[str, ...], ...]

_BUSINESS_HOURS = ("timezone", "hours", "holidays", "holiday_country", "holiday_subdivision")
_TIMELINES_KEPT = 256

_timelines: dict[UUID, tuple[int, CalendarTimeline]] = {}


async def create_calendar(work: Work, draft: CalendarDraft) -> Calendar:
    """Makes a calendar, which holds from the beginning of time."""
    made = await collection.insert(work.connection, {"name": draft.name, **_checked(draft.model_dump())})
    await _keep_version(work, made, EARLIEST)
    return made


async def change_calendar(
    work: Work, id_: UUID, change: CalendarChange, expected: frozenset[int] | None
) -> tuple[Calendar, bool]:
    """Changes what the request states; whether other business hours hold from now on."""
    present = await collection.get(work.connection, id_, lock=True)
    stated = change.stated()
    wanted = {name: stated.get(name, getattr(present, name)) for name in ("name", *_BUSINESS_HOURS)}
    changed = await collection.update(work.connection, present, wanted | _checked(wanted), expected)
    other_hours = any(getattr(changed, name) != getattr(present, name) for name in _BUSINESS_HOURS)
    if other_hours:
        await _keep_version(work, changed, work.now)
    return changed, other_hours


async def due(connection: AsyncConnection, id_: UUID, start: datetime, seconds: int) -> Due:
    """By when so much business time has passed.

    Raises:
        Invalid: that takes more than 3,653 days.
    """
    timeline = await _timeline(connection, id_)
    try:
        return Due(business_time.due(timeline, start, seconds))
    except TooFar as error:
        raise Invalid.field("/seconds", f"{error}.") from error


async def elapsed(connection: AsyncConnection, id_: UUID, start: datetime, end: datetime) -> Elapsed:
    """How much business time has passed."""
    return Elapsed(business_time.elapsed(await _timeline(connection, id_), start, end))


async def timelines(connection: AsyncConnection, calendar_ids: Iterable[UUID]) -> dict[UUID, CalendarTimeline]:
    """The timelines of those of these calendars that exist: one statement, and one more for those not yet kept."""
    ids = list(calendar_ids)
    if not ids:
        return {}
    rows = await connection.execute(PRESENT_CALENDARS, {"ids": ids})
    return await timelines_of(connection, {row.id: row.version for row in rows})


async def timelines_of(connection: AsyncConnection, versions: Mapping[UUID, int]) -> dict[UUID, CalendarTimeline]:
    """The timelines of calendars that are known to be of these versions: no statement if they are kept."""
    found = {}
    for id_, version in versions.items():
        kept = _timelines.get(id_)
        if kept is not None and kept[0] >= version:
            found[id_] = kept[1]
    missing = [id_ for id_ in versions if id_ not in found]
    return found | await _load(connection, missing) if missing else found


async def _load(connection: AsyncConnection, ids: list[UUID]) -> dict[UUID, CalendarTimeline]:
    rows = (await connection.execute(CALENDAR_VERSIONS, {"ids": ids})).mappings().all()
    loaded = {}
    for id_, versions in groupby(rows, key=lambda row: row["calendar_id"]):
        own = list(versions)
        loaded[id_] = CalendarTimeline(tuple((row["holds_from"], _calendar(row)) for row in own))
        if not own[-1]["changed_here"]:
            while len(_timelines) >= _TIMELINES_KEPT:
                del _timelines[next(iter(_timelines))]
            _timelines[id_] = (own[-1]["version"], loaded[id_])
    return loaded


async def _timeline(connection: AsyncConnection, id_: UUID) -> CalendarTimeline:
    found = await timelines(connection, [id_])
    if id_ not in found:
        raise NotFound(f"There is no calendar with id {id_}.")
    return found[id_]


async def _keep_version(work: Work, calendar: Calendar, holds_from: datetime) -> None:
    version = {name: getattr(calendar, name) for name in _BUSINESS_HOURS}
    version |= {"calendar_id": calendar.id, "number": calendar.version}
    instants = {"from_instant": holds_from, "of_calendar": calendar.id}
    await work.connection.execute(INSERT_CALENDAR_VERSION, version | instants)


def _checked(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The business hours that are wanted, as they are stored: in order, each interval once.

    Raises:
        Invalid: no calendar can have them.
    """
    try:
        parsed = _calendar(wanted)
    except InvalidCalendar as error:
        raise Invalid.field(error.pointer, f"{error.detail}.") from error
    hours = {
        day: [[_time(begin), _time(end)] for begin, end in intervals]
        for day, intervals in zip(WEEKDAYS, parsed.hours, strict=True)
        if intervals
    }
    own_holidays = sorted(set(wanted["holidays"]))
    return {name: wanted[name] for name in _BUSINESS_HOURS} | {"hours": hours, "holidays": own_holidays}


def _time(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}"


def _calendar(given: Mapping[Any, Any]) -> business_time.Calendar:
    hours = tuple((day, tuple(tuple(each) for each in intervals)) for day, intervals in given["hours"].items())
    holidays = tuple(given["holidays"])
    return _parsed(given["timezone"], hours, holidays, given["holiday_country"], given["holiday_subdivision"])


@lru_cache(maxsize=256)
def _parsed(
    timezone: str,
    hours: tuple[tuple[str, Intervals], ...],
    holidays: tuple[date, ...],
    country: str | None,
    subdivision: str | None,
) -> business_time.Calendar:
    public: frozenset[date] = frozenset()
    if country is not None:
        public = public_holidays(country, subdivision)
    elif subdivision is not None:
        raise InvalidCalendar("/holiday_subdivision", "a subdivision is one of a holiday_country, which is missing")
    return parse_calendar(timezone, dict(hours), public.union(holidays))
