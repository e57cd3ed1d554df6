"""Business time and the clocks of a ticket, read off the definition sentence by sentence and counted minute by minute.

It shares nothing with the service, is slow, and serves to find out whether the service is right. An instant is a
minute, a whole number since 1970-01-01T00:00Z, and whatever happens happens on one; a duration is a number of minutes.
"""

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from itertools import chain, pairwise
from zoneinfo import ZoneInfo

MINUTES_OF_DAY = 24 * 60
TEN_YEARS = 3653 * MINUTES_OF_DAY
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ACKNOWLEDGING = ("acknowledge", "start", "wait", "ask", "resolve", "decline")
UNDECIDED = ("running", "paused")


@dataclass(frozen=True, repr=False)
class Hours:
    """When a department is open: by weekday pairs such as ("09:00", "17:00") of local time, less holidays."""

    zone: str
    week: Mapping[str, tuple[tuple[str, str], ...]]
    holidays: tuple[str, ...] = ()
    days: dict[int, bytes] = field(default_factory=dict, compare=False)
    """What was found before: of each day in UTC its minutes, 1 if open, else 0."""

    def __repr__(self) -> str:
        return f"Hours({self.zone}, {', '.join(self.week)}, {next(iter(self.week.values()))}, {self.holidays})"

    @cached_property
    def local(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def is_open(self, minute: int) -> bool:
        """Whether its local time is in `[from, to)` of an interval of its local weekday and its date no holiday."""
        moment = datetime.fromtimestamp(minute * 60, self.local)
        text = moment.isoformat()
        day, time = text[:10], text[11:16]
        intervals = self.week.get(WEEKDAYS[moment.weekday()], ())
        return day not in self.holidays and any(opens <= time < closes for opens, closes in intervals)

    def days_between(self, start: int, end: int) -> Iterator[bytes]:
        """For each minute from start to end 1 if it is open, else 0, in pieces of at most a day."""
        while start < end:
            day, first = divmod(start, MINUTES_OF_DAY)
            if day not in self.days:
                midnight = day * MINUTES_OF_DAY
                self.days[day] = bytes(map(self.is_open, range(midnight, midnight + MINUTES_OF_DAY)))
            piece = self.days[day][first : first + end - start]
            yield piece
            start += len(piece)


@dataclass(frozen=True)
class Calendar:
    """The versions of a calendar, each with the instant from which it holds; the first holds before it, too."""

    versions: tuple[tuple[int, Hours], ...]

    def days_between(self, start: int, end: int, known_at: int) -> Iterator[bytes]:
        """For each minute from start to end 1 if it is open, else 0, by the versions known at an instant."""
        changes = [since for since, _ in self.versions[1:] if since <= known_at]
        edges = [start, *(since for since in changes if start < since < end), end]
        for begin, stop in pairwise(edges):
            yield from self.versions[sum(since <= begin for since in changes)][1].days_between(begin, stop)

    def due(self, start: int, minutes: int) -> int | None:
        """The earliest instant with so many open minutes since the start, as known at the start; None: never."""
        if minutes > TEN_YEARS:
            return None
        at = start
        for day in self.days_between(start, start + TEN_YEARS, known_at=start):
            if day.count(1) < minutes:
                minutes -= day.count(1)
                at += len(day)
                continue
            for is_open in day:
                if minutes == 0:
                    return at
                minutes -= is_open
                at += 1
        return None


@dataclass(frozen=True)
class Sla:
    """A version of a service level agreement. `targets` are in minutes, by metric and priority, "" for any other."""

    name: str
    version: int
    calendar: Calendar
    targets: Mapping[str, Mapping[str, int]]
    pause_on: tuple[str, ...] = ()
    priorities: tuple[str, ...] | None = None
    rank: int = 0

    def target(self, metric: str, priority: str) -> int | None:
        allowed = self.targets.get(metric, {})
        return allowed.get(priority, allowed.get(""))


def selected(offered: Iterable[Sla], priority: str) -> Sla | None:
    """The one of lowest rank among those whose conditions hold."""
    candidates = [sla for sla in offered if sla.priorities is None or priority in sla.priorities]
    return min(candidates, key=lambda sla: sla.rank, default=None)


@dataclass
class Clock:
    """One clock as of the minute until which time has passed. `counted` are the minutes that it counted so far."""

    metric: str
    scope: str
    leg: int
    department: str
    sla: Sla
    target: int
    started_at: int
    state: str = "running"
    counted: list[int] = field(default_factory=list)
    stopped: bool = False
    paused_at: int | None = None
    met_at: int | None = None
    breached_at: int | None = None
    due_at: int | None = None
    """Only of a clock that was met or breached; see `due`."""

    @property
    def elapsed(self) -> int:
        return len(self.counted)

    @property
    def counts(self) -> bool:
        return not self.stopped and self.paused_at is None

    def pass_time(self, start: int, end: int) -> None:
        """Lets each minute from start to end pass."""
        if not self.counts:
            return
        days = self.sla.calendar.days_between(start, end, known_at=end)
        for minute, is_open in enumerate(chain.from_iterable(days), start):
            if self.state == "running" and self.elapsed == self.target:
                self.state, self.due_at, self.breached_at = "breached", minute, minute
            if is_open:
                self.counted.append(minute)

    def due(self, now: int) -> int | None:
        """A running clock is due when what remains has passed; a met or breached one keeps it; any other has none."""
        return self.sla.calendar.due(now, self.target - self.elapsed) if self.state == "running" else self.due_at

    def reached(self, minutes: int) -> int:
        """The instant at which so many minutes had elapsed."""
        return self.counted[minutes - 1] + 1 if minutes else self.started_at

    def pause(self, now: int) -> None:
        self.paused_at = now
        if self.state == "running":
            self.state = "paused"

    def go_on(self) -> None:
        self.paused_at = None
        if self.state == "paused":
            self.state = "running"

    def meet(self, now: int) -> None:
        """Its *met by* happens: a pause ends at that instant, and if it is not too late the clock is met."""
        self.go_on()
        if self.state == "running":
            self.due_at, self.met_at = self.due(now), now
            self.state = "met"
        self.stopped = True

    def end(self, state: str) -> None:
        """It ends undecided; a breached one stays breached and stops counting."""
        if self.state in UNDECIDED:
            self.state = state
        self.paused_at, self.stopped = None, True

    def reopen(self) -> None:
        self.stopped = False
        if self.state == "met":
            self.state, self.met_at, self.due_at = "running", None, None

    def exchange(self, sla: Sla, target: int, now: int) -> None:
        """Start and elapsed stay. One whose elapsed time has reached the new target is breached by the change."""
        self.sla, self.target = sla, target
        if self.state in UNDECIDED and self.elapsed >= target:
            self.state, self.due_at, self.breached_at = "breached", self.reached(target), now

    def shown(self, now: int) -> dict[str, object]:
        """Every field, instants in UTC and durations in seconds."""
        instants = {
            "started_at": self.started_at,
            "due_at": self.due(now),
            "met_at": self.met_at,
            "breached_at": self.breached_at,
            "paused_at": self.paused_at,
        }
        return {
            "metric": self.metric,
            "scope": self.scope,
            "leg": self.leg,
            "department": self.department,
            "sla": (self.sla.name, self.sla.version),
            "state": self.state,
            "target_seconds": self.target * 60,
            "elapsed_seconds": self.elapsed * 60,
            "remaining_seconds": (self.target - self.elapsed) * 60,
            **{name: None if at is None else datetime.fromtimestamp(at * 60, UTC) for name, at in instants.items()},
        }


class Ticket:
    """A ticket and its clocks as of `now`. What is matched is given to the verbs at which it is: see `act`."""

    def __init__(self, now: int, department: str, priority: str, sla: Sla | None) -> None:
        self.now = now
        self.leg, self.department, self.first_department = 1, department, department
        self.priority, self.sla, self.first_sla = priority, sla, sla
        self.first_leg_had_an_sla = sla is not None
        self.acknowledged = self.resolved = self.ended = False
        self.waiting_on: str | None = None
        self.sender = ""
        self.clocks: list[Clock] = []
        self.stopped_by_resolving: list[Clock] = []
        self.start("acknowledge")
        self.start("resolve", "ticket")

    def act(
        self,
        now: int,
        verb: str,
        *,
        on: str | None = None,
        to: str = "",
        priority: str = "",
        sla: Sla | None = None,
        first_sla: Sla | None = None,
        seen_from_provider: bool = False,
    ) -> None:
        """Does something possible. `sla` and `first_sla` are what is matched then for the leg and the first department.

        Only `transfer`, `return`, `prioritise` and `reapply` (of newer versions) match anything.
        """
        self.pass_time(now)
        if verb in ACKNOWLEDGING and not self.acknowledged:
            self.acknowledge(starts_update=verb not in ("resolve", "decline"))
        if verb == "wait":
            self.wait(on)
        if verb == "resume":
            self.wait(None)
        if verb == "comment" and seen_from_provider and self.acknowledged and not self.resolved and not self.ended:
            self.meet(self.running("update"))
            self.start("update")
        if verb == "resolve":
            self.stopped_by_resolving = self.running("resolve")
            self.meet([*self.running("update"), *self.stopped_by_resolving])
            self.resolved, self.waiting_on = True, None
        if verb == "reopen":
            self.reopen()
        if verb in ("decline", "cancel"):
            for clock in self.clocks:
                clock.end("cancelled")
            self.ended, self.waiting_on = True, None
        if verb in ("transfer", "return"):
            self.hand_over(to if verb == "transfer" else self.sender, sla)
        if verb in ("prioritise", "reapply"):
            self.priority = priority or self.priority
            self.sla, self.first_sla = sla, (sla if self.leg == 1 else first_sla)
            if not self.resolved and not self.ended:
                self.select()

    def pass_time(self, now: int) -> None:
        for clock in self.clocks:
            clock.pass_time(self.now, now)
        self.now = now

    def running(self, metric: str, scope: str | None = None) -> list[Clock]:
        """The clocks of a metric that did not stop."""
        of_metric = [clock for clock in self.clocks if clock.metric == metric and not clock.stopped]
        return [clock for clock in of_metric if scope in (None, clock.scope)]

    def agreed(self, metric: str, scope: str) -> tuple[Sla, int] | None:
        """The SLA and target by which such a clock runs now; None when there is to be none."""
        if metric == "resolve" and scope == "leg" and self.leg == 1:
            return None
        if scope == "ticket" and not self.first_leg_had_an_sla:
            return None
        sla = self.first_sla if scope == "ticket" else self.sla
        target = sla.target(metric, self.priority) if sla else None
        return None if sla is None or target is None else (sla, target)

    def pauses(self, clock: Clock) -> bool:
        if clock.metric == "acknowledge" or self.waiting_on == "dependency":
            return False
        return self.waiting_on in clock.sla.pause_on

    def start(self, metric: str, scope: str = "leg") -> None:
        agreed = self.agreed(metric, scope)
        if agreed is not None:
            whose = (1, self.first_department) if scope == "ticket" else (self.leg, self.department)
            clock = Clock(metric, scope, *whose, *agreed, self.now)
            self.clocks.append(clock)
            if self.pauses(clock):
                clock.pause(self.now)

    def meet(self, clocks: Iterable[Clock]) -> None:
        for clock in clocks:
            clock.meet(self.now)

    def acknowledge(self, starts_update: bool) -> None:
        self.meet(self.running("acknowledge"))
        self.acknowledged = True
        if starts_update:
            self.start("update")

    def wait(self, on: str | None) -> None:
        """Ends the wait there may be, and begins one if it is on someone."""
        self.waiting_on = on
        for clock in [*self.running("update"), *self.running("resolve")]:
            clock.go_on()
            if self.pauses(clock):
                clock.pause(self.now)

    def reopen(self) -> None:
        """The clocks of the ticket and of the current leg run on; what is agreed by now applies as a change."""
        self.resolved = False
        for clock in self.stopped_by_resolving:
            clock.reopen()
        self.select()

    def hand_over(self, to: str, sla: Sla | None) -> None:
        self.wait(None)
        for clock in self.clocks:
            if clock.scope == "leg" and not clock.stopped:
                clock.end("handed_over")
        self.sender, self.department = self.department, to
        self.leg, self.sla, self.acknowledged = self.leg + 1, sla, False
        self.start("acknowledge")
        self.start("resolve")

    def select(self) -> None:
        """Brings every clock to what is agreed now: the target is exchanged, metrics appear and disappear."""
        could_run = {"acknowledge": not self.acknowledged, "update": self.acknowledged, "resolve": True}
        for metric, scope in (("acknowledge", "leg"), ("resolve", "ticket"), ("resolve", "leg"), ("update", "leg")):
            agreed = self.agreed(metric, scope)
            running = self.running(metric, scope)
            for clock in running:
                if agreed is None:
                    clock.end("cancelled")
                elif agreed != (clock.sla, clock.target):
                    self.exchange(clock, *agreed)
            if not running and could_run[metric]:
                self.start(metric, scope)

    def exchange(self, clock: Clock, sla: Sla, target: int) -> None:
        clock.exchange(sla, target, self.now)
        if not self.pauses(clock):
            clock.go_on()
        elif clock.paused_at is None:
            clock.pause(self.now)

    def at(self, now: int) -> list[dict[str, object]]:
        """The clocks at an instant from now on, as if nothing more happened: by leg, then metric, then start."""
        clocks = [copy(clock) for clock in self.clocks]
        for clock in clocks:
            clock.counted = [*clock.counted]
            clock.pass_time(self.now, now)
        clocks.sort(key=lambda clock: (clock.leg, clock.metric, clock.started_at))
        return [clock.shown(now) for clock in clocks]
