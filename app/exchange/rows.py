"""One event of a log as it was read: checked, compact, and in whatever format it came. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from app.exchange.mapping import LogMapping

EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
LONGEST_CASE: Final = 500
_RFC_3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)
_REMEMBERED: Final = 50_000


class PromiseTexts(NamedTuple):
    """The `[commitment]` attributes as they stand in the log, None where missing."""

    due: str | None
    promised: str | None
    delivered: str | None


class Trace(NamedTuple):
    """What a XES trace says of its case: where it stands and its `[commitment]` attributes."""

    place: int
    promise: PromiseTexts | None


class Row(NamedTuple):
    """A good event. A tuple, since millions of them are made, sorted (case, then place) and set aside.

    `place` is where it stands in the file (see `reading.Log.lines`), `at` is in UTC with the log's own precision; what
    the event lacks and its trace has is filled in, what both lack is None.
    """

    case: str
    place: int
    at: datetime
    activity: str
    department: str | None
    member: str | None
    customer: str | None
    priority: str | None
    title: str | None
    promise: PromiseTexts | None = None
    trace: Trace | None = None


class BadRow(NamedTuple):
    """An event that is left out: its case if it names one, where it stands, and why."""

    case: str | None
    place: int
    reason: str


class Mention(NamedTuple):
    """A case that the file names there without a good event."""

    case: str
    place: int


class Unusable(Exception):
    """Why a row cannot be used."""


class Described(NamedTuple):
    """What an event, or its trace, says of the ticket."""

    department: str | None
    member: str | None
    customer: str | None
    priority: str | None
    title: str | None


class Event(NamedTuple):
    """What an event says by itself, before its trace fills in what it lacks."""

    at: datetime
    activity: str
    described: Described
    promise: PromiseTexts | None


class RowReader:
    """Makes rows of attributes, as the mapping names them; `now` is the instant after which a time is the future."""

    def __init__(self, mapping: LogMapping, now: datetime) -> None:
        log, rule = mapping.log, mapping.commitment
        of_promise = (rule.due, rule.promised, rule.delivered) if rule else ()
        self._promise = of_promise if any(of_promise) else None
        self.case_column = log.case
        self._time, self._zone, self._now = log.time, mapping.defaults.timezone, now
        self._activity = log.activity
        self._columns = (log.department, log.member, log.customer, log.priority, log.title)
        self.columns = frozenset(filter(None, (log.case, log.time, *log.activity, *self._columns, *of_promise)))
        self._remembered: dict[str, str] = {}

    def case(self, values: Mapping[str, Any]) -> str:
        """The case's name.

        Raises:
            Unusable: it has none.
        """
        case = text_of(values, self.case_column)
        if case is None:
            raise Unusable(f"no case: there is no {self.case_column!r}")
        if len(case) > LONGEST_CASE:
            raise Unusable(f"the case's name has more than {LONGEST_CASE} characters")
        return case

    def event(self, values: Mapping[str, Any]) -> Event:
        """What the event's own attributes say.

        Raises:
            Unusable: its time is missing, unreadable or in the future.
        """
        written = text_of(values, self._time)
        if written is None:
            raise Unusable(f"no time: there is no {self._time!r}")
        try:
            at = parse_time(written, self._zone)
        except ValueError as error:
            raise Unusable(f"unreadable time {written[:60]!r}: {error}") from error
        if at > self._now:
            raise Unusable(f"the time {written!r} lies in the future")
        activity = "/".join([text_of(values, column) or "" for column in self._activity])
        return Event(at, self._same(activity) or "", self.described(values), self.promise(values))

    def described(self, values: Mapping[str, Any]) -> Described:
        """Department, member, customer, priority and title.

        Raises:
            Unusable: one of them contains a NUL character.
        """
        remembered = self._remembered
        found: list[str | None] = []
        for column in self._columns:
            value = values.get(column) if column is not None else None
            known = remembered.get(value) if type(value) is str else None
            found.append(known if known is not None else self._same(text_of(values, column)))
        return Described(*found)

    def promise(self, values: Mapping[str, Any]) -> PromiseTexts | None:
        """The `[commitment]` attributes, None when there is none of them."""
        if self._promise is None:
            return None
        found = PromiseTexts(*(text_of(values, column) for column in self._promise))
        return None if found == (None, None, None) else found

    def _same(self, text: str | None) -> str | None:
        # The same few names stand in every row: one string each keeps rows small.
        if text is None:
            return None
        remembered = self._remembered
        if len(remembered) > _REMEMBERED:
            remembered.clear()
        return remembered.setdefault(text, text)


def text_of(values: Mapping[str, Any], column: str | None) -> str | None:
    """The value as a text; None when it is missing, blank or no single value.

    Raises:
        Unusable: it contains a NUL character, which no text in the database can hold.
    """
    value = values.get(column) if column is not None else None
    if isinstance(value, str):
        if "\x00" in value:
            raise Unusable(f"{column!r} contains a NUL character")
        return value if value and not value.isspace() else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def parse_time(text: str, zone: ZoneInfo) -> datetime:
    """The instant, in UTC and with its fraction of a second; a time without an offset is a local time in the zone.

    Raises:
        ValueError: it is no RFC 3339 time, does not exist, or lies outside 1900–2200.
    """
    if not _RFC_3339.fullmatch(text):
        raise ValueError("it is not of the form 2026-03-02T09:00:00Z")
    try:
        instant = datetime.fromisoformat(text.upper())
        if instant.tzinfo is not UTC:
            instant = (instant if instant.tzinfo else instant.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("there is no such time") from error
    if not EARLIEST <= instant < LATEST:
        raise ValueError("it lies outside the years 1900 to 2200")
    return instant
