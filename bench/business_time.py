"""Business time against the packages `businesstimedelta` and `business-duration`, on the acceptance cases.

The cases are those of tests/vectors/calendar_vectors.json, whose answers are known and most of whose spans are of
hours or days, and spans of a month, a quarter and a year in office hours, counted here quarter by quarter of an hour.
A package is timed where it gives the right answer, and listed where it does not. Both packages get their rules made
beforehand, as our calendars are, and business-duration, which knows no zones, also its instants in local time.
Processor time, the best of several runs.

`python -m bench` has it among the other benchmarks; `python -m bench.business_time` prints it alone.
"""

import json
import signal
import time
import timeit
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from statistics import median
from types import FrameType
from typing import Any
from zoneinfo import ZoneInfo

import businesstimedelta
import pytz
from business_duration import businessDuration

from app.directory.calendar import WEEKDAYS, Calendar, due, elapsed, parse_calendar

VECTORS = Path(__file__).parent.parent / "tests" / "vectors" / "calendar_vectors.json"
RUNS = 5
SECONDS_A_RUN = 0.01
PATIENCE_SECONDS = 2
DAY_END = clock_time.max
"""What comes nearest to 24:00 for a package whose days end before it; answers are rounded to seconds."""

HOLIDAYS = [f"{year}-{day}" for year in range(2020, 2041) for day in ("01-01", "05-01", "12-25", "12-26")]
OFFICE = {day: [["09:00", "12:00"], ["13:00", "17:00"]] for day in WEEKDAYS[:5]}
START = datetime(2026, 3, 2, 14, tzinfo=UTC)
NINE_TO_FIVE = {day: [["09:00", "17:00"]] for day in WEEKDAYS[:5]}
OFFICES = {
    "New York office": {"timezone": "America/New_York", "hours": NINE_TO_FIVE, "holidays": HOLIDAYS},
    "New York office with lunch": {"timezone": "America/New_York", "hours": OFFICE, "holidays": HOLIDAYS},
}
SPANS = {"a month": timedelta(days=30), "a quarter": timedelta(days=91), "a year": timedelta(days=365)}
QUARTER = timedelta(minutes=15)

Question = Callable[[], Any]


class CannotSay(Exception):
    """The package has no way to put the case."""


class NoAnswer(Exception):
    """The package did not come back."""


@dataclass(frozen=True)
class Case:
    """One acceptance case; `answer` is the right one, as an instant or in seconds."""

    name: str
    given: dict[str, Any]
    calendar: dict[str, Any]
    answer: datetime | int

    @property
    def start(self) -> datetime:
        return datetime.fromisoformat(self.given["start"])

    @property
    def end(self) -> datetime:
        return datetime.fromisoformat(self.given["end"])


def cases() -> list[Case]:
    vectors = json.loads(VECTORS.read_text())
    found = []
    for given in vectors["cases"]:
        span = given["end"] if given["op"] == "elapsed" else f"{given['seconds']} s"
        answer = given["expected"] if given["op"] == "elapsed" else datetime.fromisoformat(given["expected"])
        name = f"{given['calendar']}: {given['start']} to {span}"
        found.append(Case(name, given, vectors["calendars"][given["calendar"]], answer))
    return found + [case for calendar in OFFICES for length in SPANS for case in long_cases(calendar, length)]


def long_cases(calendar: str, length: str) -> tuple[Case, Case]:
    """How much of a long span is open, and when as much is due, which is when it was last open."""
    hours = OFFICES[calendar]
    end, seconds, last = START + SPANS[length], 0, START
    for number in range((end - START) // QUARTER):
        at = START + number * QUARTER
        if is_open(hours, at):
            seconds, last = seconds + QUARTER.seconds, at + QUARTER
    asked = {"start": START.isoformat(), "end": end.isoformat(), "seconds": seconds}
    name = f"{calendar}: {length}"
    return Case(name, asked | {"op": "elapsed"}, hours, seconds), Case(
        f"{name}, due", asked | {"op": "due"}, hours, last
    )


def is_open(calendar: dict[str, Any], at: datetime) -> bool:
    local = at.astimezone(ZoneInfo(calendar["timezone"]))
    intervals = calendar["hours"].get(WEEKDAYS[local.weekday()], ())
    time_of_day = f"{local:%H:%M}"
    holiday = local.date().isoformat() in calendar["holidays"]
    return not holiday and any(opens <= time_of_day < closes for opens, closes in intervals)


def ours(case: Case) -> Question:
    calendar = parse_calendar(**case.calendar)
    start = case.start
    if case.given["op"] == "due":
        seconds = case.given["seconds"]
        return lambda: due(calendar, start, seconds)
    end = case.end
    return lambda: elapsed(calendar, start, end)


def with_businesstimedelta(case: Case) -> Question:
    rules = businesstimedelta_rules(case.calendar)
    start = case.start
    if case.given["op"] == "due":
        allowed = businesstimedelta.BusinessTimeDelta(rules, seconds=case.given["seconds"])
        return lambda: start + allowed
    end = case.end
    return lambda: rules.difference(start, end).timedelta


def businesstimedelta_rules(calendar: dict[str, Any]) -> Any:
    """One rule for each interval with the days that have it, and one for the holidays."""
    zone = pytz.timezone(calendar["timezone"])
    days: dict[tuple[str, str], list[int]] = {}
    for weekday, intervals in calendar["hours"].items():
        for opens, closes in intervals:
            days.setdefault((opens, closes), []).append(WEEKDAYS.index(weekday))
    rules = [
        businesstimedelta.WorkDayRule(time_of(opens), time_of(closes), working_days, tz=zone)
        for (opens, closes), working_days in days.items()
    ]
    holidays = [date.fromisoformat(day) for day in calendar.get("holidays", ())]
    if holidays:
        rules.append(businesstimedelta.HolidayRule(holidays, tz=zone))
    return businesstimedelta.Rules(rules)


def with_business_duration(case: Case) -> Question:
    if case.given["op"] == "due":
        raise CannotSay("it has no due times")
    begins, ends = one_interval(case.calendar)
    zone = ZoneInfo(case.calendar["timezone"])
    start, end = (at.astimezone(zone).replace(tzinfo=None) for at in (case.start, case.end))
    closed = [index for index, day in enumerate(WEEKDAYS) if not case.calendar["hours"].get(day)]
    holidays = [date.fromisoformat(day) for day in case.calendar.get("holidays", ())]
    return lambda: businessDuration(start, end, begins, ends, closed, holidays, "sec")


def one_interval(calendar: dict[str, Any]) -> tuple[clock_time | None, clock_time | None]:
    """The one interval that all working days have, over midnight too; (None, None) is the whole day."""
    kinds = {tuple(map(tuple, intervals)) for intervals in calendar["hours"].values()}
    if len(kinds) != 1:
        raise CannotSay("all working days have the same hours")
    (intervals,) = kinds
    if intervals == (("00:00", "24:00"),):
        return None, None
    if len(intervals) == 2 and intervals[0][0] == "00:00" and intervals[1][1] == "24:00":
        return time_of(intervals[1][0]), time_of(intervals[0][1])
    if len(intervals) != 1:
        raise CannotSay("a day has one interval")
    return time_of(intervals[0][0]), time_of(intervals[0][1])


def time_of(text: str) -> clock_time:
    return DAY_END if text == "24:00" else clock_time.fromisoformat(text)


PACKAGES = {"businesstimedelta": with_businesstimedelta, "business-duration": with_business_duration}


def said(answer: Any) -> datetime | int | None:
    """An answer in UTC, or in seconds, rounded to whole ones; None for none."""
    if isinstance(answer, datetime):
        return (answer + timedelta(milliseconds=500)).astimezone(UTC).replace(microsecond=0)
    seconds = answer.total_seconds() if isinstance(answer, timedelta) else float(answer)
    return None if seconds != seconds else round(seconds)


def asked(question: Question) -> datetime | int | str | None:
    """What it answers, or what went wrong."""
    try:
        with patience():
            return said(question())
    except Exception as error:  # noqa: BLE001  (whatever a package raises is its answer)
        return f"{type(error).__name__}"


@contextmanager
def patience() -> Iterator[None]:
    def give_up(_: int, __: FrameType | None) -> None:
        raise NoAnswer

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def microseconds(question: Question) -> float:
    """What one call costs, in microseconds of processor time."""
    timer = timeit.Timer(question, timer=time.process_time)
    number = 1
    while timer.timeit(number) < SECONDS_A_RUN:
        number *= 4
    return min(timer.repeat(RUNS, number)) / number * 1e6


@dataclass
class Comparison:
    """One package on all the cases of one question: what each of those costs that it answers rightly."""

    package: str
    question: str
    ours: list[float]
    theirs: list[float]
    cannot_say: int = 0
    wrong: int = 0

    def row(self) -> dict[str, Any]:
        times = sorted(theirs / ours for ours, theirs in zip(self.ours, self.theirs, strict=True))
        return {
            "package": self.package,
            "question": self.question,
            "right": len(times),
            "wrong": self.wrong,
            "cannot be put": self.cannot_say,
            "microseconds": sum(self.theirs) / len(times) if times else None,
            "here": sum(self.ours) / len(times) if times else None,
            "times faster": sum(self.theirs) / sum(self.ours) if times else None,
            "median": median(times) if times else None,
            "least": times[0] if times else None,
        }


def compare() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Per package and question how much faster we are, and the cases that the package gets wrong."""
    comparisons, wrong = {}, []
    here: dict[str, float] = {}
    for package, put in PACKAGES.items():
        for case in cases():
            key = (package, case.given["op"])
            comparison = comparisons.setdefault(key, Comparison(*key, [], []))
            try:
                question = put(case)
            except CannotSay:
                comparison.cannot_say += 1
                continue
            answer = asked(question)
            if answer != case.answer:
                comparison.wrong += 1
                wrong.append({"package": package, "case": case.name, "right": case.answer, "its answer": answer})
                continue
            if case.name not in here:
                here[case.name] = microseconds(ours(case))
            comparison.ours.append(here[case.name])
            comparison.theirs.append(microseconds(question))
    rows = [{name: str(value) for name, value in row.items()} for row in wrong]
    return [comparison.row() for comparison in comparisons.values()], rows


def spans() -> list[dict[str, Any]]:
    """What a span of ten years costs against one of a day."""
    rows = []
    for zone in ("UTC", "America/New_York", "Africa/Casablanca"):
        for holidays in ([], HOLIDAYS):
            calendar = parse_calendar(zone, OFFICE, holidays)
            for question in (elapsed, due):
                day, decade = (span(question, calendar, timedelta(days=days)) for days in (1, 3652))
                rows.append(
                    {
                        "calendar": f"{zone}, {len(holidays)} holidays",
                        "question": question.__name__,
                        "a day": day,
                        "ten years": decade,
                        "times": decade / day,
                    }
                )
    return rows


def span(question: Callable[..., Any], calendar: Calendar, length: timedelta) -> float:
    to: Any = START + length
    if question is due:
        to = elapsed(calendar, START, to)
    return microseconds(lambda: question(calendar, START, to))


def main() -> None:
    from bench.showing import show

    compared, wrong = compare()
    show("business time against the packages, microseconds a call", compared)
    show("where the packages are wrong", wrong)
    show("a span of ten years against one of a day, microseconds a call", spans())


if __name__ == "__main__":
    main()
