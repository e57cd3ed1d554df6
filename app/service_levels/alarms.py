"""What passing time alone brings about for a clock: warnings, and the breach. Pure.

An alarm has its true instant, and the one from which it can be told. A warning is told when its fraction of the target
has been used. A clock that is met at its due time is met, so its breach is told the second after.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from math import ceil
from typing import Any

from app.directory.calendar import CalendarTimeline
from app.service_levels.clock import Clock, State, due_unless_too_far

_SECOND = timedelta(seconds=1)


class AlarmKind(StrEnum):
    """What an alarm tells."""

    WARNING = "warning"
    BREACHED = "breached"


@dataclass(frozen=True, slots=True)
class Alarm:
    """An instant at which a clock has used a fraction of its target, or all of it: it is breached right after."""

    kind: AlarmKind
    at: datetime
    fraction: float | None = None

    @property
    def told_from(self) -> datetime:
        """The first instant at which nothing can prevent it any more."""
        return self.at if self.kind is AlarmKind.WARNING else self.at + _SECOND


def alarms(clock: Clock[Any], calendar: CalendarTimeline, fractions: Iterable[float]) -> tuple[Alarm, ...]:
    """The alarms of a running clock in order, from `counting_since` on.

    What had passed by then is not among them, nor what the clock had used of an earlier target.
    """
    return tuple(_to_come(clock, calendar, fractions))


def next_alarm(clock: Clock[Any], calendar: CalendarTimeline, fractions: Iterable[float]) -> Alarm | None:
    """The first of them, the clock's `due_at` being by that calendar; None when there is none, or it is too far."""
    warning = next(_warnings(clock, calendar, fractions), None)
    if warning is not None or clock.state is not State.RUNNING or clock.due_at is None:
        return warning
    return Alarm(AlarmKind.BREACHED, clock.due_at)


def alarms_between(
    clock: Clock[Any], calendar: CalendarTimeline, fractions: Iterable[float], since: datetime, until: datetime
) -> tuple[tuple[Alarm, ...], Alarm | None]:
    """Those that can be told from `since` on and by `until`, both included, and the first one after that."""
    found: list[Alarm] = []
    for alarm in _to_come(clock, calendar, fractions):
        if alarm.told_from > until:
            return tuple(found), alarm
        if alarm.told_from >= since:
            found.append(alarm)
    return tuple(found), None


def moved(
    alarm_at: datetime, clock: Clock[Any], before: CalendarTimeline, after: CalendarTimeline, fractions: Iterable[float]
) -> datetime | None:
    """From when the alarm that could be told from `alarm_at` can be told, the calendar having been changed."""
    for old, new in zip(_to_come(clock, before, fractions), _to_come(clock, after, fractions), strict=False):
        if old.told_from >= alarm_at:
            return new.told_from
    return None


def _to_come(clock: Clock[Any], calendar: CalendarTimeline, fractions: Iterable[float]) -> Iterator[Alarm]:
    yield from _warnings(clock, calendar, fractions)
    if clock.state is State.RUNNING and clock.counting_since is not None:
        due_at = due_unless_too_far(calendar, clock.counting_since, clock.remaining_seconds)
        if due_at is not None:
            yield Alarm(AlarmKind.BREACHED, due_at)


def _warnings(clock: Clock[Any], calendar: CalendarTimeline, fractions: Iterable[float]) -> Iterator[Alarm]:
    if clock.state is not State.RUNNING or clock.counting_since is None:
        return
    for fraction in sorted(set(fractions)):
        seconds = _share(fraction, clock.target_seconds) - clock.elapsed_seconds
        if seconds > 0 and fraction <= 1 and _exactly(fraction) > clock.passed:
            at = due_unless_too_far(calendar, clock.counting_since, seconds)
            if at is not None:
                yield Alarm(AlarmKind.WARNING, at, fraction)


@lru_cache(maxsize=4096)
def _share(fraction: float, target_seconds: int) -> int:
    return ceil(_exactly(fraction) * target_seconds)


@lru_cache(maxsize=1024)
def _exactly(fraction: float) -> Fraction:
    # As a fraction of what is written: 0.1 of 30 seconds are 3, not a whisker more.
    return Fraction(str(fraction))
