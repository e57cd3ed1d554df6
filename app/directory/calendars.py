"""Use cases of calendars, and their timelines for whoever counts business time."""

from asyncio import to_thread
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.directory import calendar as business_time
from app.directory.calendar import WEEKDAYS, CalendarTimeline, InvalidCalendar, TooFar, parse_calendar
from app.directory.holiday_file import InvalidFile, holidays_of
from app.directory.public_holidays import public_holidays
from app.directory.queries import (
    CALENDAR_VERSIONS,
    INSERT_CALENDAR_VERSION,
    KEPT_PUBLIC_HOLIDAYS,
    LISTED_VERSIONS,
    NEW_CALENDAR_VERSION,
    PRESENT_CALENDARS,
)
from app.directory.schemas import (
    MOST_HOLIDAYS,
    Calendar,
    CalendarChange,
    CalendarDraft,
    CalendarVersion,
    CalendarVersionListing,
    Due,
    Elapsed,
    Holiday,
)
from app.directory.tables import calendar_versions, calendars
from app.kernel import paging
from app.kernel.collections import Collection
from app.kernel.ids import new_id
from app.kernel.paging import Page
from app.kernel.problems import FieldError, Invalid, NotFound
from app.kernel.schemas import EARLIEST
from app.kernel.work import Work

collection = Collection(calendars, Calendar, "calendar")

Intervals = tuple[tuple[str, ...], ...]

_BUSINESS_HOURS = ("timezone", "hours", "holidays", "holiday_country", "holiday_subdivision")
_TIMELINES_KEPT = 256

_timelines: dict[UUID, tuple[int, CalendarTimeline]] = {}


async def create_calendar(work: Work, draft: CalendarDraft, id_: UUID | None = None) -> Calendar:
    """Makes a calendar, which holds from the beginning of time. Its id is new, unless given."""
    wanted = draft.model_dump()
    public = _public(wanted)
    named = {"id": id_ or new_id(), "name": draft.name}
    made = await collection.insert(work.connection, named | _checked(wanted, public))
    await _keep_version(work, made, EARLIEST, public)
    return made


async def change_calendar(
    work: Work, id_: UUID, change: CalendarChange, expected: frozenset[int] | None
) -> tuple[Calendar, bool]:
    """Changes what the request states; whether other business hours hold from now on.

    Every version keeps the public holidays that were known when it was made. A new one takes those known now, and
    stating the country again makes a new one if they are others.
    """
    stated = change.stated()
    return await _change(work, id_, lambda _: stated, expected, refresh="holiday_country" in stated)


async def import_holidays(
    work: Work, id_: UUID, file: bytes, expected: frozenset[int] | None, *, replace: bool
) -> tuple[Calendar, bool]:
    """Closes a calendar on the days of an iCalendar file, too, or `replace`: instead of on its present explicit ones.

    Raises:
        Invalid: the file is none, or the calendar would have more than 2,000 explicit holidays.
    """
    timezone = (await collection.get(work.connection, id_)).timezone
    try:
        imported = await to_thread(holidays_of, file, timezone, work.now.year)
    except InvalidFile as error:
        raise Invalid(str(error), errors=[FieldError("", str(error))]) from error

    def wanted(present: Calendar) -> dict[str, Any]:
        united = imported if replace else imported.union(present.holidays)
        if len(united) > MOST_HOLIDAYS:
            told = f"would give the calendar {len(united):,} explicit holidays, more than {MOST_HOLIDAYS:,}."
            raise Invalid.field("", told)
        return {"holidays": sorted(united)}

    return await _change(work, id_, wanted, expected)


async def versions(connection: AsyncConnection, id_: UUID, asked: CalendarVersionListing) -> Page[CalendarVersion]:
    """A page of a calendar's versions, the first one first.

    Raises:
        NotFound: there is no such calendar.
    """
    await collection.get(connection, id_)
    number = calendar_versions.c.number
    ordered = paging.order(asked.sort, {"number": number}, "number", calendar_versions.c.calendar_id)
    statement = LISTED_VERSIONS.where(calendar_versions.c.calendar_id == id_)
    rows, cursor = await paging.fetch(connection, statement, asked, ordered)
    names = CalendarVersion.__dataclass_fields__
    return Page([CalendarVersion(**{name: row[name] for name in names}) for row in rows], cursor)


async def holidays_in(connection: AsyncConnection, id_: UUID, year: int, number: int | None) -> list[Holiday]:
    """The days of a year on which a version of a calendar, the present one when None, is closed whatever the weekday.

    Raises:
        NotFound: there is no such calendar, or it has no such version.
    """
    rows = (await connection.execute(CALENDAR_VERSIONS, {"ids": [id_]})).mappings().all()
    if not rows:
        raise NotFound(f"There is no calendar with id {id_}.")
    row = next((row for row in rows if row["number"] == number), rows[-1] if number is None else None)
    if row is None:
        raise NotFound(f"The calendar has no version {number}.")
    explicit, public = set(row["holidays"]), set(_kept(row))
    names: Mapping[date, str] = {}
    if row["holiday_country"] is not None:
        with suppress(InvalidCalendar):
            names = public_holidays(row["holiday_country"], row["holiday_subdivision"])
    days = sorted(day for day in explicit | public if day.year == year)
    return [Holiday(day, names.get(day) if day in public else None, day in public) for day in days]


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
        loaded[id_] = CalendarTimeline(tuple((row["holds_from"], _calendar(row, _kept(row))) for row in own))
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


async def _change(
    work: Work,
    id_: UUID,
    stated: Callable[[Calendar], Mapping[str, Any]],
    expected: frozenset[int] | None,
    *,
    refresh: bool = False,
) -> tuple[Calendar, bool]:
    present = await collection.get(work.connection, id_, lock=True)
    changes = stated(present)
    wanted = {name: changes.get(name, getattr(present, name)) for name in ("name", *_BUSINESS_HOURS)}
    public = _public(wanted)
    changed = await collection.update(work.connection, present, wanted | _checked(wanted, public), expected)
    other_hours = any(getattr(changed, name) != getattr(present, name) for name in _BUSINESS_HOURS)
    if refresh and not other_hours:
        kept = (await work.connection.execute(KEPT_PUBLIC_HOLIDAYS, {"of_calendar": id_})).scalar_one()
        other_hours = sorted(kept or ()) != sorted(public)
        if other_hours and changed is present:
            row = (await work.connection.execute(NEW_CALENDAR_VERSION, {"of_calendar": id_})).mappings().one()
            changed = Calendar(**{name: row[name] for name in Calendar.__dataclass_fields__})
    if other_hours:
        await _keep_version(work, changed, work.now, public)
    return changed, other_hours


async def _keep_version(work: Work, calendar: Calendar, holds_from: datetime, public: Iterable[date]) -> None:
    version = {name: getattr(calendar, name) for name in _BUSINESS_HOURS}
    version |= {"calendar_id": calendar.id, "number": calendar.version}
    version["public_holidays"] = None if calendar.holiday_country is None else sorted(public)
    instants = {"from_instant": holds_from, "of_calendar": calendar.id}
    await work.connection.execute(INSERT_CALENDAR_VERSION, version | instants)


def _public(wanted: Mapping[str, Any]) -> Mapping[date, str]:
    """The public holidays that are known now of the country that is wanted, if one is.

    Raises:
        Invalid: none are known of it, or of that part of it.
    """
    country, subdivision = wanted["holiday_country"], wanted["holiday_subdivision"]
    if country is None:
        if subdivision is not None:
            told = "a subdivision is one of a holiday_country, which is missing."
            raise Invalid.field("/holiday_subdivision", told)
        return {}
    try:
        return public_holidays(country, subdivision)
    except InvalidCalendar as error:
        raise Invalid.field(error.pointer, f"{error.detail}.") from error


def _checked(wanted: Mapping[str, Any], public: Iterable[date]) -> dict[str, Any]:
    """The business hours that are wanted, as they are stored: in order, each interval once.

    Raises:
        Invalid: no calendar can have them.
    """
    try:
        parsed = _calendar(wanted, public)
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


def _kept(version: Mapping[Any, Any]) -> Iterable[date]:
    """The public holidays that a version keeps."""
    kept: Iterable[date] = version["public_holidays"] or ()
    return kept


def _calendar(given: Mapping[Any, Any], public: Iterable[date]) -> business_time.Calendar:
    hours = tuple((day, tuple(tuple(each) for each in intervals)) for day, intervals in given["hours"].items())
    return _parsed(given["timezone"], hours, frozenset(given["holidays"]).union(public))


@lru_cache(maxsize=256)
def _parsed(
    timezone: str, hours: tuple[tuple[str, Intervals], ...], holidays: frozenset[date]
) -> business_time.Calendar:
    return parse_calendar(timezone, dict(hours), holidays)
