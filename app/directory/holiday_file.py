"""Holidays from an iCalendar file (RFC 5545): which days its events close a calendar on.

An all-day event closes each of its days. A timed one closes the local dates, in the calendar's zone, that it covers
wholly, and one that covers none is no holiday. Recurring events are followed from 1990 to the end of the twentieth year
after the present one; single ones are taken wherever they lie. Cancelled events, tasks and journals are passed over.
"""

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from icalendar import Calendar

from app.directory.recurrence import InvalidRule, parse_rule
from app.directory.schemas import MOST_HOLIDAYS

Component: TypeAlias = Any
"""A component as `icalendar` reads it: its properties by name, each a value or a list of values."""

FIRST_YEAR: Final = 1990
YEARS_AHEAD: Final = 20
MOST_EVENTS: Final = 5000
_MOST_LOOKED_AT: Final = 500_000
_MOST_DAYS: Final = 366

_DAY = timedelta(days=1)
_LINE = re.compile(r"[\w.-]+[;:]")
_LOOKED_AT = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "STATUS", "UID")
_ONCE = ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "STATUS", "UID")
_YEARS = range(1601, 2200)


class InvalidFile(ValueError):
    """A file whose holidays cannot be told; it says in which line why."""


@dataclass(frozen=True, slots=True)
class _Span:
    """What an occurrence covers, in wall-clock time; `zone` is where that is so, None: in the calendar's zone."""

    start: datetime
    length: timedelta
    all_day: bool
    zone: Any = None

    def days(self, calendar_zone: ZoneInfo) -> Iterator[date]:
        start, end = (self._local(at, calendar_zone) for at in (self.start, self.start + self.length))
        first = start.date() + (_DAY if start.time() > time() else timedelta())
        for ordinal in range(first.toordinal(), end.date().toordinal()):
            yield date.fromordinal(ordinal)

    def _local(self, at: datetime, calendar_zone: ZoneInfo) -> datetime:
        if self.zone is None or str(self.zone) == calendar_zone.key:
            return at
        return at.replace(tzinfo=self.zone).astimezone(calendar_zone).replace(tzinfo=None)


def holidays_of(data: bytes, timezone: str, present_year: int) -> set[date]:
    """The days on which the events of a file close a calendar in this zone of the IANA data.

    Raises:
        InvalidFile: it is no such file, or says something about its holidays that cannot be or is not followed; it has
            no whole day, or more than 2,000.
    """
    text = _text(data)
    lines = _event_lines(text)
    try:
        calendars = Calendar.from_ical(text, multiple=True)
    except ValueError as error:
        raise InvalidFile(f"It is no iCalendar file: {error}.") from error
    events = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    if not events:
        raise InvalidFile("The file has no event.")
    reading = _Reading(ZoneInfo(timezone), date(present_year + YEARS_AHEAD, 12, 31))
    for line, event in zip(lines, events, strict=True):
        reading.note_replaced(line, event)
    for line, event in zip(lines, events, strict=True):
        reading.take(line, event)
    if not reading.days:
        raise InvalidFile("The file has no event that covers a whole day.")
    return reading.days


class _Reading:
    """The days found so far. How many days the rules of one file look at is bounded, however few they fall on."""

    def __init__(self, zone: ZoneInfo, last: date) -> None:
        self.days: set[date] = set()
        self._zone = zone
        self._last = last
        self._looked_at = 0
        self._replaced: dict[str, set[date | datetime]] = {}

    def note_replaced(self, line: int, event: Component) -> None:
        """Notes which occurrence of a recurring event this one takes the place of, if it does."""
        _require_readable(line, event)
        which = event.get("RECURRENCE-ID")
        if which is not None:
            if "RANGE" in which.params:
                raise InvalidFile(f"A change of all later occurrences (RANGE), as of {_event(line)}, is not followed.")
            self._replaced.setdefault(str(event.get("UID")), set()).add(_key(which.dt))

    def take(self, line: int, event: Component) -> None:
        """Takes the days of an event."""
        if str(event.get("STATUS", "")).upper() == "CANCELLED":
            return
        first = _span(line, event)
        left_out = {_key(item.dt) for value in _all(event, "EXDATE") for item in value.dts}
        if "RECURRENCE-ID" not in event:
            left_out |= self._replaced.get(str(event.get("UID")), set())
        if first.all_day:
            left_out = {each.date() if isinstance(each, datetime) else each for each in left_out}
        for span in self._spans(line, event, first):
            if not _is_left_out(span, left_out):
                self._add(line, span)

    def _add(self, line: int, span: _Span) -> None:
        for day in span.days(self._zone):
            if not 1900 <= day.year < 2200:
                raise InvalidFile(f"A day of {_event(line)} lies outside the years 1900 to 2199.")
            self.days.add(day)
            if len(self.days) > MOST_HOLIDAYS:
                raise InvalidFile(f"The file has more than {MOST_HOLIDAYS:,} days: {_event(line)} is too many.")

    def _spans(self, line: int, event: Component, first: _Span) -> Iterator[_Span]:
        rules = list(_all(event, "RRULE"))
        if not rules or first.start.year >= FIRST_YEAR:
            yield first
        for rule in rules:
            for day in self._followed(line, rule, first):
                yield _Span(datetime.combine(day, first.start.time()), first.length, first.all_day, first.zone)
        for value in _all(event, "RDATE"):
            for item in value.dts:
                yield _more(line, item.dt, first)

    def _followed(self, line: int, parts: Any, first: _Span) -> Iterator[date]:
        until = parts.get("UNTIL", [None])[0]
        if until is not None and until.year not in _YEARS:
            until = None
        if isinstance(until, datetime):
            until = until.astimezone(first.zone) if until.tzinfo and first.zone else until
            # An occurrence later on the day of the end than the end is none.
            until = until.date() - (_DAY if until.time() < first.start.time() else timedelta())
        try:
            rule = parse_rule(parts, until)
        except InvalidRule as error:
            raise InvalidFile(f"The rule of {_event(line)} cannot be followed: {error}.") from error
        begin, earliest = first.start.date(), date(FIRST_YEAR, 1, 1)
        self._looked_at += rule.looks_at(begin, self._last)
        if self._looked_at > _MOST_LOOKED_AT:
            raise InvalidFile(f"The rules of the file are too many to follow, from that of {_event(line)} on.")
        return (day for day in rule.days(begin, self._last) if day >= earliest)


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidFile(f"Line {line} is not encoded in UTF-8.") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _event_lines(text: str) -> list[int]:
    """The lines in which events begin. What the parser would pass over in silence is refused."""
    found: list[int] = []
    open_: list[tuple[str, int]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line[0] in " \t":
            continue
        if not _LINE.match(line):
            raise InvalidFile(f"Line {number} is no property: {line[:60]!r}.")
        name, _, value = line.partition(":")
        value = value.strip().upper()
        if name.upper() == "BEGIN":
            if not open_ and value != "VCALENDAR":
                raise InvalidFile(f"Line {number} begins a {value} outside of a VCALENDAR.")
            open_.append((value, number))
            found += [number] if value == "VEVENT" else []
        elif not open_:
            raise InvalidFile(f"Line {number} lies outside of a VCALENDAR.")
        elif name.upper() == "END":
            begun, at = open_.pop()
            if begun != value:
                raise InvalidFile(f"Line {number} ends a {value}, but line {at} began a {begun}.")
    if open_:
        raise InvalidFile(f"The {open_[-1][0]} that begins in line {open_[-1][1]} never ends.")
    if len(found) > MOST_EVENTS:
        raise InvalidFile(f"The file has more than {MOST_EVENTS:,} events.")
    return found


def _event(line: int) -> str:
    return f"the event in line {line}"


def _require_readable(line: int, event: Component) -> None:
    for name, told in event.errors:
        if name is None or name.upper() in _LOOKED_AT:
            raise InvalidFile(f"In {_event(line)}: {name or 'a line'}: {told}.")
    for name in _ONCE:
        if isinstance(event.get(name), list):
            raise InvalidFile(f"In {_event(line)}: {name} is there more than once.")
    if "DTSTART" not in event:
        raise InvalidFile(f"In {_event(line)}: DTSTART is missing.")
    for name, value in _stated(event):
        parts = value if name == "RDATE" and isinstance(value, tuple) else (value,)
        if not isinstance(parts[0], date):
            raise InvalidFile(f"In {_event(line)}: {name} is no date and no date with a time.")
        for at in parts:
            if isinstance(at, date) and at.year not in _YEARS:
                raise InvalidFile(f"In {_event(line)}: {at.isoformat()} lies outside the years that can be.")
    if not all(isinstance(rule, Mapping) for rule in _all(event, "RRULE")):
        raise InvalidFile(f"In {_event(line)}: RRULE is no rule.")
    if "EXRULE" in event:
        raise InvalidFile(f"In {_event(line)}: EXRULE is not followed; state an EXDATE for each day.")


def _stated(event: Component) -> Iterator[tuple[str, Any]]:
    """The values of the properties that name days or instants."""
    for name in ("DTSTART", "DTEND", "RECURRENCE-ID"):
        if name in event:
            yield name, event[name].dt
    for name in ("RDATE", "EXDATE"):
        for value in _all(event, name):
            yield from ((name, item.dt) for item in value.dts)


def _all(event: Component, name: str) -> Sequence[Any]:
    value = event.get(name, [])
    return value if isinstance(value, list) else [value]


def _span(line: int, event: Component) -> _Span:
    """What the event covers by itself."""
    start = event["DTSTART"].dt
    if "DTEND" in event:
        return _between(line, start, event["DTEND"].dt)
    if "DURATION" in event:
        return _lasting(line, start, event["DURATION"].dt)
    return _lasting(line, start, timedelta() if isinstance(start, datetime) else _DAY)


def _between(line: int, start: Any, end: Any) -> _Span:
    if isinstance(start, datetime) != isinstance(end, datetime):
        raise InvalidFile(f"In {_event(line)}: DTSTART and DTEND must both be dates or both be times.")
    if isinstance(start, datetime):
        if (start.tzinfo is None) != (end.tzinfo is None):
            raise InvalidFile(f"In {_event(line)}: only one of DTSTART and DTEND has a zone.")
        # As long as on the clock on the wall: from midnight to midnight is a day, also when it has 23 hours.
        end = end.astimezone(start.tzinfo) if start.tzinfo else end
        return _lasting(line, start, end.replace(tzinfo=None) - start.replace(tzinfo=None))
    # Some programs end a day on itself.
    return _lasting(line, start, end - start if end != start else _DAY)


def _lasting(line: int, start: date | datetime, length: Any) -> _Span:
    if not isinstance(length, timedelta):
        raise InvalidFile(f"In {_event(line)}: DURATION is no duration.")
    if length < timedelta():
        raise InvalidFile(f"In {_event(line)}: it ends before it starts.")
    if length > _MOST_DAYS * _DAY:
        raise InvalidFile(f"In {_event(line)}: it lasts longer than {_MOST_DAYS} days.")
    if isinstance(start, datetime):
        return _Span(start.replace(tzinfo=None), length, all_day=False, zone=start.tzinfo)
    return _Span(datetime.combine(start, time()), timedelta(days=max(1, length.days)), all_day=True)


def _more(line: int, at: Any, first: _Span) -> _Span:
    """What an RDATE adds: an occurrence like the first one, or a period of its own."""
    if isinstance(at, tuple):
        start, end = at
        return _lasting(line, start, end) if isinstance(end, timedelta) else _between(line, start, end)
    if isinstance(at, datetime) and not first.all_day:
        return _Span(at.replace(tzinfo=None), first.length, all_day=False, zone=at.tzinfo)
    day = at.date() if isinstance(at, datetime) else at
    return _Span(datetime.combine(day, first.start.time()), first.length, first.all_day, first.zone)


def _key(at: date | datetime) -> date | datetime:
    """How an occurrence is named: a day, or an instant, or a time on the wall where no zone is stated."""
    return at.astimezone(UTC) if isinstance(at, datetime) and at.tzinfo else at


def _is_left_out(span: _Span, left_out: Set[date | datetime]) -> bool:
    """Whether an occurrence is among those named: by its day, or by its instant or time on the wall."""
    if span.start.date() in left_out:
        return True
    return not span.all_day and (_key(span.start.replace(tzinfo=span.zone)) in left_out or span.start in left_out)
