"""On which days a recurrence rule of RFC 5545 falls. Pure.

Rules of days only: yearly, monthly, weekly or daily. The work is bounded by the days between the first one and the last
that is asked for, whatever the rule: one that never falls on any day costs no more than another.
"""

import calendar
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice, takewhile

FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

_DAY = timedelta(days=1)
_NUMBERS = {
    "BYMONTH": (1, 12, False),
    "BYMONTHDAY": (1, 31, True),
    "BYYEARDAY": (1, 366, True),
    "BYWEEKNO": (1, 53, True),
    "BYSETPOS": (1, 366, True),
    "BYDAY": (1, 53, True),
}
_ONLY_YEARLY = ("BYWEEKNO", "BYYEARDAY")


class InvalidRule(ValueError):
    """A rule that cannot be, or is finer than days; it says why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule. Weekdays are 0 (Monday) to 6, each with which of the month or year it is, counted from its end when
    negative, or 0 for every one. `parse_rule` makes one."""

    frequency: str
    interval: int = 1
    count: int | None = None
    until: date | None = None
    months: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    year_days: frozenset[int] = frozenset()
    weeks: frozenset[int] = frozenset()
    weekdays: frozenset[tuple[int, int]] = frozenset()
    positions: tuple[int, ...] = ()
    week_start: int = 0

    def days(self, first: date, last: date) -> Iterator[date]:
        """The days on which it falls, from `first` (on which it falls only if it says so) to `last`, in order."""
        last = last if self.until is None else min(last, self.until)
        fallen = (day for period in self._periods(first, last) for day in self._chosen(period, first) if day >= first)
        return takewhile(lambda day: day <= last, islice(fallen, self.count))

    def looks_at(self, first: date, last: date) -> int:
        """How many days it looks at to find those up to `last`: what that costs."""
        days = max(0, (last - first).days) // self.interval + 31
        return days * len(self._months(first)) // 12 if self.frequency == "YEARLY" else days

    def _periods(self, first: date, last: date) -> Iterator[Sequence[date]]:
        """The days of every period in which it may fall, cut to the months that it names."""
        step = self.interval
        if self.frequency == "YEARLY":
            months = self._months(first)
            for year in range(first.year, last.year + 1, step):
                yield [day for month in months for day in _month(year, month)]
        elif self.frequency == "MONTHLY":
            for index in range(first.year * 12 + first.month - 1, last.year * 12 + last.month, step):
                year, month = divmod(index, 12)
                yield _month(year, month + 1) if not self.months or month + 1 in self.months else ()
        else:
            length = 7 if self.frequency == "WEEKLY" else 1
            back = (first.weekday() - self.week_start) % 7 if length == 7 else 0
            for start in range(first.toordinal() - back, last.toordinal() + 1, step * length):
                days = [date.fromordinal(start + day) for day in range(length)]
                yield [day for day in days if not self.months or day.month in self.months]

    def _months(self, first: date) -> Sequence[int]:
        if self.months:
            return sorted(self.months)
        open_year = self.month_days or self.year_days or self.weeks or self.weekdays
        return range(1, 13) if open_year else (first.month,)

    def _chosen(self, period: Sequence[date], first: date) -> Sequence[date]:
        falls = [day for day in period if self._falls(day, first)]
        if not self.positions:
            return falls
        at = {position - 1 if position > 0 else len(falls) + position for position in self.positions}
        return [day for index, day in enumerate(falls) if index in at]

    def _falls(self, day: date, first: date) -> bool:
        if not (self.month_days or self.year_days or self.weeks or self.weekdays):
            if self.frequency == "WEEKLY":
                return day.weekday() == first.weekday()
            return self.frequency == "DAILY" or day.day == first.day
        return (
            _is_among(day.day, calendar.monthrange(day.year, day.month)[1], self.month_days)
            and self._is_weekday(day, first)
            and _is_among(day.timetuple().tm_yday, 365 + calendar.isleap(day.year), self.year_days)
            and self._is_in_week(day)
        )

    def _is_in_week(self, day: date) -> bool:
        if not self.weeks:
            return True
        # A week belongs to the year in which most of its days lie; only those of the period's own year count.
        begin = day - ((day.weekday() - self.week_start) % 7) * _DAY
        year = (begin + 3 * _DAY).year
        if year != day.year:
            return False
        week = ((begin + 3 * _DAY).timetuple().tm_yday - 1) // 7 + 1
        fourth = date(year, 12, 28) - ((date(year, 12, 28).weekday() - self.week_start) % 7) * _DAY + 3 * _DAY
        weeks = (fourth.timetuple().tm_yday - 1) // 7 + 1
        return _is_among(week, weeks, self.weeks)

    def _is_weekday(self, day: date, first: date) -> bool:
        if not self.weekdays:
            return not self.weeks or bool(self.month_days or self.year_days) or day.weekday() == first.weekday()
        of_month = self.frequency == "MONTHLY" or bool(self.months)
        index = day.day if of_month else day.timetuple().tm_yday
        length = calendar.monthrange(day.year, day.month)[1] if of_month else 365 + calendar.isleap(day.year)
        places = {0, (index - 1) // 7 + 1, -((length - index) // 7 + 1)}
        return any((day.weekday(), place) in self.weekdays for place in places)


def parse_rule(parts: Mapping[str, Sequence[object]], until: date | None) -> Rule:
    """A rule from its parts, such as `{"FREQ": ["YEARLY"], "BYDAY": ["4TH"]}`; `until` is its `UNTIL` as a day.

    Raises:
        InvalidRule: it breaks RFC 5545 or says something about hours, minutes or seconds.
    """
    known = {"FREQ", "UNTIL", "COUNT", "INTERVAL", "WKST", *_NUMBERS}
    if foreign := sorted(parts.keys() - known):
        raise InvalidRule(f"{foreign[0]} is not followed")
    frequency = str(_one(parts, "FREQ"))
    if frequency not in FREQUENCIES:
        raise InvalidRule(f"FREQ must be one of {', '.join(FREQUENCIES)}")
    if "COUNT" in parts and "UNTIL" in parts:
        raise InvalidRule("COUNT and UNTIL exclude each other")
    for name in _ONLY_YEARLY:
        if name in parts and frequency != "YEARLY":
            raise InvalidRule(f"{name} belongs to a yearly rule")
    if "BYMONTHDAY" in parts and frequency == "WEEKLY":
        raise InvalidRule("BYMONTHDAY does not belong to a weekly rule")
    weekdays = frozenset(_weekday(str(text), frequency) for text in parts.get("BYDAY", ()))
    return Rule(
        frequency,
        _positive(parts, "INTERVAL") or 1,
        _positive(parts, "COUNT"),
        until,
        frozenset(_numbers(parts, "BYMONTH")),
        frozenset(_numbers(parts, "BYMONTHDAY")),
        frozenset(_numbers(parts, "BYYEARDAY")),
        frozenset(_numbers(parts, "BYWEEKNO")),
        weekdays,
        tuple(_numbers(parts, "BYSETPOS")),
        _weekday(str(_one(parts, "WKST")), "WEEKLY")[0] if "WKST" in parts else 0,
    )


def _one(parts: Mapping[str, Sequence[object]], name: str) -> object:
    values = parts.get(name, ())
    if len(values) != 1:
        raise InvalidRule(f"it has {len(values) or 'no'} {name}")
    return values[0]


def _positive(parts: Mapping[str, Sequence[object]], name: str) -> int | None:
    if name not in parts:
        return None
    value = _number(_one(parts, name), name)
    if value < 1:
        raise InvalidRule(f"{name} must be at least 1")
    return value


def _numbers(parts: Mapping[str, Sequence[object]], name: str) -> Iterator[int]:
    for value in parts.get(name, ()):
        yield _within(_number(value, name), name)


def _number(value: object, name: str) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise InvalidRule(f"{name} has {str(value)!r}, which is no number") from None


def _within(number: int, name: str) -> int:
    lowest, highest, also_negative = _NUMBERS[name]
    if not lowest <= (abs(number) if also_negative else number) <= highest:
        raise InvalidRule(f"{name} cannot be {number}")
    return number


def _weekday(text: str, frequency: str) -> tuple[int, int]:
    place, name = text[:-2], text[-2:]
    if name not in WEEKDAYS:
        raise InvalidRule(f"{text!r} is no weekday")
    if not place:
        return WEEKDAYS.index(name), 0
    if frequency not in ("YEARLY", "MONTHLY"):
        raise InvalidRule(f"{text!r} belongs to a yearly or monthly rule")
    return WEEKDAYS.index(name), _within(_number(place, "BYDAY"), "BYDAY")


def _month(year: int, month: int) -> list[date]:
    return [date(year, month, day) for day in range(1, calendar.monthrange(year, month)[1] + 1)]


def _is_among(number: int, length: int, wanted: frozenset[int]) -> bool:
    return not wanted or number in wanted or number - length - 1 in wanted
