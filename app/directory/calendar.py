"""Business time: when a calendar is open, how much of it lies between two instants, and when so much has passed. Pure.

An instant is open when its local wall-clock time, in the calendar's zone, lies in an interval of its local weekday and
its local date is no holiday. So the hour that a spring night skips is open for nobody, and the one that an autumn night
repeats counts twice.

How it is counted: between two changes of a zone's offset local time runs as evenly as UTC, and the open seconds before
a local instant follow from whole weeks, one week's pattern and the holidays before. What is left is to add up the
stretches between changes, so a span of ten years costs little more than one of a day.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate, pairwise
from operator import sub
from typing import TypeAlias
from zoneinfo import ZoneInfo, available_timezones

MAXIMUM_DAYS = 3653
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Interval: TypeAlias = tuple[int, int]
"""From (inclusive) and to (exclusive), in seconds of the local day; 86,400 is its end."""
Hours: TypeAlias = tuple[tuple[Interval, ...], ...]
"""The intervals of the seven weekdays, Monday first, each day's in order and apart."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONDAY = date(1969, 12, 29)
_SECOND = timedelta(seconds=1)
_DAY = 86_400
_WEEK = 7 * _DAY
_SINCE_MONDAY = 3 * _DAY
_MAXIMUM = MAXIMUM_DAYS * _DAY
_END_OF_TIME = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _SECOND

# Stretches are found and added up for blocks of 773 days: 189 of them are the 400 years, and whole weeks, after which
# the Gregorian calendar repeats, and with it every rule of daylight saving. The zone data begin in the 1840s; what they
# list change by change ends well before the blocks that stand for all later ones.
_BLOCK = 773 * _DAY
_BLOCKS_OF_CYCLE = 189
_FIRST_BLOCK = ((datetime(1800, 1, 1, tzinfo=UTC) - _EPOCH) // _SECOND) // _BLOCK
_REPEATED_BLOCK = _FIRST_BLOCK + _BLOCKS_OF_CYCLE
_BLOCKS_KEPT = 256

_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class InvalidCalendar(ValueError):
    """A calendar that cannot be: `pointer` is a JSON pointer into what was given, `detail` the rule it breaks."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(f"{pointer}: {detail}")
        self.pointer = pointer
        self.detail = detail


class TooFar(ValueError):
    """So much business time does not pass within 3,653 days of the start, or not before the year 10000."""


@dataclass(frozen=True, slots=True)
class _Block:
    """The stretches of constant offset in one block of time, and the open seconds up to their ends.

    `shifts` turn seconds into local ones, `lifts` a calendar's local count into one from the block's start.
    """

    starts: tuple[int, ...]
    shifts: tuple[int, ...]
    lifts: tuple[int, ...]
    totals: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Business hours in a zone of the IANA data, less holidays. `parse_calendar` makes one from what people write.

    The methods count in seconds since 1970-01-01T00:00Z; `elapsed` and `due` are the same for instants.
    """

    timezone: str
    hours: Hours
    holidays: frozenset[date] = frozenset()
    _opens: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _closes: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _before: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _lifts: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _holidays: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _lost: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _before_holidays: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _blocks: dict[int, _Block] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        # Local time is counted from a Monday. An interval of nothing before all others spares a question at each call.
        week = [(-1, -1), *((day * _DAY + begin, day * _DAY + to) for day in range(7) for begin, to in self.hours[day])]
        before = tuple(accumulate((to - begin for begin, to in week), initial=0))
        object.__setattr__(self, "_opens", tuple(begin for begin, _ in week))
        object.__setattr__(self, "_closes", tuple(to for _, to in week))
        object.__setattr__(self, "_before", before)
        object.__setattr__(
            self, "_lifts", tuple(passed - begin for passed, (begin, _) in zip(before, week, strict=False))
        )
        opening = [sum(to - begin for begin, to in day) for day in self.hours]
        days = sorted(day.toordinal() - _MONDAY.toordinal() for day in self.holidays)
        days = [day for day in days if opening[day % 7]]
        lost = tuple(accumulate((opening[day % 7] for day in days), initial=0))
        passed = [day // 7 * before[-1] + sum(opening[: day % 7]) for day in days]
        object.__setattr__(self, "_holidays", tuple(day * _DAY for day in days))
        object.__setattr__(self, "_lost", lost)
        object.__setattr__(self, "_before_holidays", tuple(map(sub, passed, lost)))

    def between(self, start: int, end: int) -> int:
        """The open seconds in `[start, end)`; 0 when `end <= start`."""
        if end <= start:
            return 0
        index, last = start // _BLOCK, end // _BLOCK
        block = self._blocks.get(index) or self._made_block(index)
        stretch = bisect_right(block.starts, start) - 1
        seconds = -block.lifts[stretch] - self._open_before(start + block.shifts[stretch])
        while index < last:
            seconds += block.totals[-1]
            index += 1
            block = self._blocks.get(index) or self._made_block(index)
        stretch = bisect_right(block.starts, end) - 1
        return seconds + block.lifts[stretch] + self._open_before(end + block.shifts[stretch])

    def after(self, start: int, seconds: int, latest: int) -> int:
        """The earliest instant at or after `start` with so many open seconds before it. `TooFar` beyond `latest`."""
        if seconds == 0:
            return start
        index = start // _BLOCK
        block = self._blocks.get(index) or self._made_block(index)
        stretch = bisect_right(block.starts, start) - 1
        wanted = block.lifts[stretch] + self._open_before(start + block.shifts[stretch]) + seconds
        while wanted > block.totals[-1]:
            wanted -= block.totals[-1]
            index += 1
            if index * _BLOCK > latest:
                raise TooFar(f"{seconds} seconds of business time do not pass within {MAXIMUM_DAYS} days")
            block = self._blocks.get(index) or self._made_block(index)
        stretch = bisect_left(block.totals, wanted)
        at = self._reached(wanted - block.lifts[stretch]) - block.shifts[stretch]
        if at > latest:
            raise TooFar(f"{seconds} seconds of business time do not pass within {MAXIMUM_DAYS} days")
        return at

    def _open_before(self, local: int) -> int:
        """The open seconds before a local instant, counted from a fixed Monday; negative before it."""
        weeks, second = divmod(local, _WEEK)
        interval = bisect_right(self._opens, second) - 1
        close = self._closes[interval]
        seconds = weeks * self._before[-1] + self._lifts[interval] + (second if second < close else close)
        if self._holidays:
            past = bisect_right(self._holidays, local)
            if past and local < self._holidays[past - 1] + _DAY:
                return self._before_holidays[past - 1]
            seconds -= self._lost[past]
        return seconds

    def _reached(self, seconds: int) -> int:
        """The earliest local instant with so many open seconds before it."""
        if self._holidays:
            # A holiday that fewer seconds precede lies before that instant, and takes its own away from the pattern.
            seconds += self._lost[bisect_left(self._before_holidays, seconds)]
        weeks, rest = divmod(seconds - 1, self._before[-1])
        interval = bisect_right(self._before, rest) - 1
        return weeks * _WEEK + rest + 1 - self._lifts[interval]

    def _made_block(self, index: int) -> _Block:
        start = index * _BLOCK
        stretches = _stretches(self.timezone, _representative(index))
        starts = tuple(start + after for after, _ in stretches)
        shifts = tuple(offset + _SINCE_MONDAY for _, offset in stretches)
        total, lifts, totals = 0, [], []
        for shift, (begin, end) in zip(shifts, pairwise((*starts, start + _BLOCK)), strict=True):
            before = self._open_before(begin + shift)
            lifts.append(total - before)
            total += self._open_before(end + shift) - before
            totals.append(total)
        block = _Block(starts, shifts, tuple(lifts), tuple(totals))
        if len(self._blocks) >= _BLOCKS_KEPT:
            self._blocks.clear()
        self._blocks[index] = block
        return block


@dataclass(frozen=True, slots=True)
class CalendarTimeline:
    """The versions of a calendar, each with the instant from which it holds; before the first the first holds.

    `versions` is not empty and in order of time; of two from the same instant the later one holds.
    """

    versions: tuple[tuple[datetime, Calendar], ...]
    _changes: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.versions:
            raise ValueError("a calendar has at least one version")
        changes = tuple(_seconds(since) for since, _ in self.versions[1:])
        if list(changes) != sorted(changes) or (changes and changes[0] < _seconds(self.versions[0][0])):
            raise ValueError("the versions of a calendar come in order of time")
        object.__setattr__(self, "_changes", changes)

    def at(self, instant: datetime) -> Calendar:
        """The version that holds at an instant."""
        return self.versions[bisect_right(self._changes, _seconds(instant))][1]

    def known_at(self, instant: datetime) -> "CalendarTimeline":
        """The timeline as it was known at an instant: without the versions from after it."""
        known = bisect_right(self._changes, _seconds(instant)) + 1
        return self if known == len(self.versions) else CalendarTimeline(self.versions[:known])

    def between(self, start: int, end: int) -> int:
        """The open seconds in `[start, end)`, each counted by the version that holds then."""
        seconds, index = 0, bisect_right(self._changes, start)
        while index < len(self._changes) and self._changes[index] < end:
            seconds += self.versions[index][1].between(start, self._changes[index])
            start = self._changes[index]
            index += 1
        return seconds + self.versions[index][1].between(start, end)

    def after(self, start: int, seconds: int, latest: int) -> int:
        """The earliest instant at or after `start` with so many open seconds before it. `TooFar` beyond `latest`."""
        index = bisect_right(self._changes, start)
        while index < len(self._changes):
            before_change = self.versions[index][1].between(start, self._changes[index])
            if seconds <= before_change:
                break
            seconds -= before_change
            start = self._changes[index]
            index += 1
        return self.versions[index][1].after(start, seconds, latest)


def elapsed(calendar: Calendar | CalendarTimeline, start: datetime, end: datetime) -> int:
    """The open seconds in `[start, end)`; 0 when `end <= start`. Both are cut to whole seconds."""
    before, after = start - _EPOCH, end - _EPOCH
    return calendar.between(before.days * _DAY + before.seconds, after.days * _DAY + after.seconds)


def due(calendar: Calendar | CalendarTimeline, start: datetime, seconds: int) -> datetime:
    """The earliest instant at or after `start` (cut to whole seconds) with `elapsed(start, it) == seconds`, in UTC.

    Raises `TooFar` when that takes more than 3,653 days, `ValueError` when `seconds` is negative.
    """
    if seconds < 0:
        raise ValueError("business time cannot be negative")
    before = start - _EPOCH
    begin = before.days * _DAY + before.seconds
    latest = begin + _MAXIMUM
    at = calendar.after(begin, seconds, latest if latest < _END_OF_TIME else _END_OF_TIME)
    return _EPOCH + timedelta(0, at)


def offsets(timezone: str, start: datetime, end: datetime) -> list[tuple[datetime, timedelta]]:
    """How far a zone's local time is ahead of UTC: at `start`, and from each instant up to `end` at which that changes,
    in order."""
    begin, last = _seconds(start), _seconds(end)
    found: list[tuple[int, int]] = []
    for index in range(begin // _BLOCK, last // _BLOCK + 1):
        for since, offset in _stretches(timezone, _representative(index)):
            at = index * _BLOCK + since
            if at <= begin:
                found = [(begin, offset)]
            elif at <= last and offset != found[-1][1]:
                found.append((at, offset))
    return [(_EPOCH + at * _SECOND, offset * _SECOND) for at, offset in found]


def is_zone(name: str) -> bool:
    """Whether it is a time zone of the IANA data."""
    return name in _timezones()


def _seconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _SECOND


def _representative(index: int) -> int:
    """The block whose offsets those of this one repeat."""
    if index < _FIRST_BLOCK:
        return _FIRST_BLOCK
    if index < _REPEATED_BLOCK:
        return index
    return _REPEATED_BLOCK + (index - _REPEATED_BLOCK) % _BLOCKS_OF_CYCLE


@lru_cache(maxsize=8192)
def _stretches(timezone: str, index: int) -> tuple[tuple[int, int], ...]:
    """Where each stretch of constant offset begins in a block, in seconds from its start, with the offset in seconds.

    Looked up day by day: the nearest changes in the IANA data are four days apart (Freetown, in September 1939).
    """
    zone, start = ZoneInfo(timezone), index * _BLOCK
    offset = _offset(zone, start)
    found = [(0, offset)]
    for day in range(0, _BLOCK, _DAY):
        next_day = min(day + _DAY, _BLOCK - 1)
        after = _offset(zone, start + next_day)
        if after != offset:
            found.append((_change(zone, start + day, start + next_day, after) - start, after))
            offset = after
    return tuple(found)


def _change(zone: ZoneInfo, begin: int, end: int, after: int) -> int:
    """The first second after `begin` that has the offset `after`, which `end` has."""
    return begin + bisect_left(range(begin, end), True, key=lambda at: _offset(zone, at) == after)


def _offset(zone: ZoneInfo, at: int) -> int:
    offset = (_EPOCH + timedelta(seconds=at)).astimezone(zone).utcoffset()
    return 0 if offset is None else offset // _SECOND


def parse_calendar(
    timezone: str, hours: Mapping[str, Sequence[Sequence[str]]], holidays: Iterable[str | date] = ()
) -> Calendar:
    """A calendar from a zone's name, `{"mon": [["09:00", "17:00"], ...], ...}` and dates such as `2026-12-25`.

    A missing day is closed, `24:00` ends a day, touching intervals become one. Raises `InvalidCalendar`.
    """
    if not is_zone(timezone):
        raise InvalidCalendar("/timezone", f"{timezone!r} is no time zone of the IANA data, such as Europe/Paris")
    for day in hours:
        if day not in WEEKDAYS:
            raise InvalidCalendar(f"/hours/{_escaped(day)}", f"a weekday is one of {', '.join(WEEKDAYS)}")
    week = tuple(_joined(day, [_interval(day, *each) for each in enumerate(hours.get(day, ()))]) for day in WEEKDAYS)
    if not any(week):
        raise InvalidCalendar("/hours", "a calendar that is never open is none: give at least one interval")
    return Calendar(timezone, week, frozenset(_holiday(*each) for each in enumerate(holidays)))


def _interval(day: str, index: int, given: Sequence[str]) -> Interval:
    pointer = f"/hours/{day}/{index}"
    if isinstance(given, str) or len(given) != 2:
        raise InvalidCalendar(pointer, 'an interval is a pair, such as ["09:00", "17:00"]')
    begin, end = (_second_of_day(f"{pointer}/{place}", text) for place, text in enumerate(given))
    if begin >= end:
        raise InvalidCalendar(pointer, "an interval begins before it ends; what crosses midnight is two")
    return begin, end


def _second_of_day(pointer: str, text: str) -> int:
    if isinstance(text, str) and _TIME.fullmatch(text):
        return int(text[:2]) * 3600 + int(text[3:]) * 60
    raise InvalidCalendar(pointer, "a time is HH:MM, from 00:00 to 24:00")


def _joined(day: str, intervals: list[Interval]) -> tuple[Interval, ...]:
    joined: list[Interval] = []
    for begin, end in sorted(intervals):
        if joined and begin < joined[-1][1]:
            raise InvalidCalendar(f"/hours/{day}", "the intervals of a day may not overlap")
        if joined and begin == joined[-1][1]:
            begin = joined.pop()[0]
        joined.append((begin, end))
    return tuple(joined)


def _holiday(index: int, given: str | date) -> date:
    if isinstance(given, date):
        return date(given.year, given.month, given.day)
    if isinstance(given, str) and _DATE.fullmatch(given):
        with suppress(ValueError):
            return date.fromisoformat(given)
    raise InvalidCalendar(f"/holidays/{index}", "a holiday is a date, such as 2026-12-25")


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


@lru_cache(maxsize=1)
def _timezones() -> frozenset[str]:
    # What a machine calls its own zone is no zone of the IANA data.
    return frozenset(available_timezones()) - {"localtime"}
