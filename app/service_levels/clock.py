"""One clock: a target that runs on a ticket or on one of its legs, and what can happen to it. Pure.

A clock counts the open, unpaused seconds from its start to its stop in stretches. What is stored of one is enough to
tell its state at any later instant, if nothing more happens to the ticket: see `view`.
Instants are timezone-aware UTC datetimes of whole seconds, durations whole seconds.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Any, Generic, TypeVar

from app.directory.calendar import CalendarTimeline, TooFar, due, elapsed
from app.frozen import changer
from app.service_levels.escalations import Escalation

Id = TypeVar("Id")

_NOTHING = Fraction(0)


class Metric(StrEnum):
    """What a target measures."""

    ACKNOWLEDGE = "acknowledge"
    UPDATE = "update"
    RESOLVE = "resolve"


class Scope(StrEnum):
    """Whose clock it is: the requester's, through every hand-off, or one leg's."""

    TICKET = "ticket"
    LEG = "leg"


class State(StrEnum):
    """Where a clock is; `running` and `paused` are undecided, `breached` is for good."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    HANDED_OVER = "handed_over"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Target:
    """The business time allowed for a metric, where `by_priority` has no other for the ticket's priority."""

    metric: str
    seconds: int
    by_priority: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Agreement(Generic[Id]):
    """One version of a service level agreement, as far as clocks look at it.

    `pause_on` are the parties to wait for pauses `update` and `resolve`; `warn_at` fractions of a target, 0 to 1, and
    `escalations` what is done by itself.
    """

    sla_id: Id
    version: int
    calendar: CalendarTimeline
    targets: tuple[Target, ...]
    pause_on: frozenset[str] = frozenset()
    warn_at: tuple[float, ...] = ()
    escalations: tuple[Escalation[Id], ...] = ()

    def alarm_fractions(self, metric: str) -> tuple[float, ...]:
        """The fractions of a metric's target at which something is told or done before its breach, in order."""
        return _alarm_fractions(self.warn_at, self.escalations, metric)

    def target_seconds(self, metric: str, priority: str) -> int | None:
        """The business time it allows, None when it has no target of that metric."""
        for target in self.targets:
            if target.metric == metric:
                return next((seconds for named, seconds in target.by_priority if named == priority), target.seconds)
        return None


@lru_cache(maxsize=1024)
def _alarm_fractions(
    warn_at: tuple[float, ...], escalations: tuple[Escalation[Any], ...], metric: str
) -> tuple[float, ...]:
    escalated = {each.at for each in escalations if each.metric == metric and each.at < 1}
    return tuple(sorted(escalated.union(warn_at)))


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of counting that ended: by which calendar, since when, how much before it and how much in it."""

    calendar: CalendarTimeline
    since: datetime
    before_seconds: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Clock(Generic[Id]):
    """A clock as of the last thing that happened to it; `view` gives it as of a later instant.

    `number` tells the clocks of a ticket apart, in the order of their making. `elapsed_seconds` is what had elapsed at
    `counting_since`, or for good when that is None. `stopped_at` is when it ended or, breached, stopped counting.
    `stretches`, and the share it had used of targets that were exchanged, `passed`, are needed to go on with a history,
    not to read a clock, and are not meant to be stored.
    """

    number: int
    metric: Metric
    scope: Scope
    leg: int
    department_id: Id
    sla_id: Id
    sla_version: int
    state: State
    target_seconds: int
    started_at: datetime
    due_at: datetime | None = None
    elapsed_seconds: int = 0
    counting_since: datetime | None = None
    met_at: datetime | None = None
    breached_at: datetime | None = None
    paused_at: datetime | None = None
    stopped_at: datetime | None = None
    stretches: tuple[Stretch, ...] = ()
    passed: Fraction = _NOTHING

    @property
    def remaining_seconds(self) -> int:
        """Target less elapsed, negative when over."""
        return self.target_seconds - self.elapsed_seconds


@dataclass(frozen=True, slots=True)
class Terms(Generic[Id]):
    """What a clock runs by: an agreement, its target for the ticket's priority, and whether it pauses just now."""

    agreement: Agreement[Id]
    target_seconds: int
    pauses: bool


_changed = changer(Clock)


def view(clock: Clock[Id], calendar: CalendarTimeline, as_of: datetime) -> Clock[Id]:
    """The clock at an instant not before the last thing that happened to it, as if nothing more happened.

    `calendar` is the one of its agreement. Versions of it from after `as_of` are not looked at, and a stored `due_at`
    that was made by an older version is made anew.
    """
    if clock.counting_since is None:
        return clock
    known = calendar.known_at(as_of)
    seconds = clock.elapsed_seconds + elapsed(known, clock.counting_since, as_of)
    clock = lapsed(rescheduled(clock, known), as_of)
    return _changed(clock, elapsed_seconds=seconds, counting_since=as_of)


def rescheduled(clock: Clock[Id], calendar: CalendarTimeline) -> Clock[Id]:
    """The clock with its `due_at` by these versions of its calendar; only that of a running one can change."""
    if clock.state is not State.RUNNING or clock.counting_since is None:
        return clock
    due_at = due_unless_too_far(calendar, clock.counting_since, clock.remaining_seconds)
    return clock if due_at == clock.due_at else _changed(clock, due_at=due_at)


def started(
    number: int, metric: Metric, scope: Scope, leg: int, department_id: Id, terms: Terms[Id], at: datetime
) -> Clock[Id]:
    """A new clock, running or paused."""
    agreement, target = terms.agreement, terms.target_seconds
    return Clock(
        number,
        metric,
        scope,
        leg,
        department_id,
        agreement.sla_id,
        agreement.version,
        State.PAUSED if terms.pauses else State.RUNNING,
        target,
        at,
        None if terms.pauses else due_unless_too_far(agreement.calendar, at, target),
        counting_since=None if terms.pauses else at,
        paused_at=at if terms.pauses else None,
    )


def lapsed(clock: Clock[Id], at: datetime) -> Clock[Id]:
    """The clock, breached if its due time lies before `at`."""
    if clock.state is State.RUNNING and clock.due_at is not None and clock.due_at < at:
        return _changed(clock, state=State.BREACHED, breached_at=clock.due_at)
    return clock


def paused(clock: Clock[Id], calendar: CalendarTimeline, at: datetime) -> Clock[Id]:
    """The clock in a pause that begins now; a pause that lasted ends."""
    clock = _halted(clock, calendar, at)
    if clock.state is State.BREACHED:
        return _changed(clock, paused_at=at)
    return _changed(clock, state=State.PAUSED, paused_at=at, due_at=None)


def resumed(clock: Clock[Id], calendar: CalendarTimeline, at: datetime) -> Clock[Id]:
    """The clock counting again, if it was paused; with nothing remaining it is due at once."""
    return clock if clock.paused_at is None else _counting(clock, calendar, at)


def met(clock: Clock[Id], calendar: CalendarTimeline, at: datetime) -> Clock[Id]:
    """The clock met, or no longer counting if it was breached. It keeps the due time that was known then."""
    clock = resumed(clock, calendar, at)
    known = calendar.known_at(at)
    clock = _halted(clock if known is calendar else rescheduled(clock, known), calendar, at)
    if clock.state is State.BREACHED:
        return _changed(clock, stopped_at=at)
    return _changed(clock, state=State.MET, met_at=at, stopped_at=at)


def ended(clock: Clock[Id], calendar: CalendarTimeline, at: datetime, state: State) -> Clock[Id]:
    """The clock handed over or cancelled; a breached one stays so and only stops counting."""
    clock = _halted(clock, calendar, at)
    if clock.state is State.BREACHED:
        return _changed(clock, paused_at=None, stopped_at=at)
    return _changed(clock, state=state, paused_at=None, due_at=None, stopped_at=at)


def reopened(clock: Clock[Id], calendar: CalendarTimeline, at: datetime) -> Clock[Id]:
    """The clock that stopped at a resolution, counting on. One that was met runs again, one breached stays so."""
    if clock.state is State.MET:
        clock = _changed(clock, state=State.RUNNING, met_at=None)
    return _counting(_changed(clock, stopped_at=None), calendar, at)


def differs(clock: Clock[Id], terms: Terms[Id]) -> bool:
    """Whether the clock runs by another agreement, version or target."""
    agreement = terms.agreement
    current = (clock.sla_id, clock.sla_version, clock.target_seconds)
    return current != (agreement.sla_id, agreement.version, terms.target_seconds)


def exchanged(clock: Clock[Id], calendar: CalendarTimeline, at: datetime, terms: Terms[Id]) -> Clock[Id]:
    """The clock that counted by `calendar` going on by other terms: start, elapsed and a breach stand.

    One whose elapsed time had reached the new target is breached by the change.
    """
    clock = _halted(clock, calendar, at)
    agreement = terms.agreement
    clock = _changed(
        clock,
        sla_id=agreement.sla_id,
        sla_version=agreement.version,
        passed=max(clock.passed, Fraction(clock.elapsed_seconds, clock.target_seconds)),
        target_seconds=terms.target_seconds,
    )
    if clock.state is not State.BREACHED and clock.remaining_seconds <= 0:
        clock = _changed(clock, state=State.BREACHED, due_at=_reached(clock), breached_at=at)
    if not terms.pauses:
        return _counting(clock, agreement.calendar, at)
    return clock if clock.paused_at is not None else paused(clock, agreement.calendar, at)


def _counting(clock: Clock[Id], calendar: CalendarTimeline, at: datetime) -> Clock[Id]:
    if clock.state is State.BREACHED:
        return _changed(clock, counting_since=at, paused_at=None)
    due_at = due_unless_too_far(calendar, at, clock.remaining_seconds)
    return _changed(clock, state=State.RUNNING, due_at=due_at, counting_since=at, paused_at=None)


def _halted(clock: Clock[Id], calendar: CalendarTimeline, at: datetime) -> Clock[Id]:
    """The clock at `at`, breached if it was, and no longer counting."""
    since = clock.counting_since
    if since is None:
        return clock
    clock = lapsed(clock, at)
    before = clock.elapsed_seconds
    seconds = elapsed(calendar, since, at)
    stretches = clock.stretches
    if seconds:
        stretches = (*stretches, Stretch(calendar, since, before, seconds))
    return _changed(clock, elapsed_seconds=before + seconds, counting_since=None, stretches=stretches)


def _reached(clock: Clock[Any]) -> datetime:
    """When what had elapsed reached the target, the counting having ended after that."""
    for stretch in clock.stretches:
        missing = clock.target_seconds - stretch.before_seconds
        if missing <= stretch.seconds:
            return due(stretch.calendar, stretch.since, missing)
    raise ValueError("a history can only be gone on with from its beginning: the clock has no stretches")


def due_unless_too_far(calendar: CalendarTimeline, at: datetime, seconds: int) -> datetime | None:
    """When a clock is due; None when that is too far to tell, so that it is not breached before then."""
    try:
        return due(calendar, at, seconds)
    except TooFar:
        return None
