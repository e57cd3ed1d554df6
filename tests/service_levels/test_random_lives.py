"""Random lives of tickets: every clock at every instant is what the definition says, counted minute by minute.

`OUTWARD_LIVES=20000` lives more of them, and others each time; without it the same 2,000 are lived every time.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from app.directory.calendar import CalendarTimeline, parse_calendar
from app.service_levels import matching
from app.service_levels.clock import Agreement, Clock, Target
from app.service_levels.ticket_clocks import REAPPLY, Opening, Step, advance, clocks_at, opened
from app.tickets.lifecycle import Action, Life, Party, Priority, Status, Verb, apply, open_ticket, possible_verbs
from tests.service_levels import literal_clocks as literal

GIVEN = os.environ.get("OUTWARD_LIVES")
LIVES = int(GIVEN or 2000)
STEPS = 20
DEPARTMENTS = ("A", "B", "C")
DAY = 24 * 60

OFFICE_DAYS = ("mon", "tue", "wed", "thu", "fri")
EVERY_DAY = (*OFFICE_DAYS, "sat", "sun")


def hours(zone: str, days: tuple[str, ...], *intervals: str, holidays: tuple[str, ...] = ()) -> literal.Hours:
    pairs = tuple((interval[:5], interval[6:]) for interval in intervals)
    return literal.Hours(zone, dict.fromkeys(days, pairs), holidays)


@dataclass(frozen=True)
class Place:
    """Where and when lives are lived: the hours that calendars there are made of, and the opening of tickets."""

    opened: str
    hours: tuple[literal.Hours, ...]


ROUND_THE_CLOCK = hours("UTC", EVERY_DAY, "00:00-24:00")
PLACES = {
    "Berlin, where an hour is skipped": Place(
        "2026-03-26T16:00Z",
        (
            hours("Europe/Berlin", OFFICE_DAYS, "09:00-12:00", "13:00-17:00", holidays=("2026-04-03", "2026-04-06")),
            hours("Europe/Berlin", EVERY_DAY, "00:00-24:00"),
            hours("Europe/Berlin", ("sat", "sun"), "01:30-03:30", "22:00-24:00"),
        ),
    ),
    "New York, where an hour is repeated": Place(
        "2026-10-29T20:00Z",
        (
            hours("America/New_York", EVERY_DAY, "00:30-02:30", "12:00-12:01"),
            hours("America/New_York", OFFICE_DAYS, "08:00-18:00", holidays=("2026-11-03",)),
            ROUND_THE_CLOCK,
        ),
    ),
    "Lord Howe, where half an hour is repeated": Place(
        "2026-04-03T02:00Z",
        (
            hours("Australia/Lord_Howe", EVERY_DAY, "01:15-02:15", "08:00-16:00"),
            hours("Australia/Lord_Howe", OFFICE_DAYS, "09:00-17:00"),
            hours("Pacific/Chatham", EVERY_DAY, "02:00-04:00", "09:15-11:45"),
        ),
    ),
    "Lord Howe, where half an hour is skipped": Place(
        "2026-10-02T06:00Z",
        (
            hours("Australia/Lord_Howe", EVERY_DAY, "01:45-02:15", "02:15-02:45"),
            hours("Australia/Lord_Howe", ("sat", "sun", "mon"), "00:00-24:00"),
            hours("Asia/Kolkata", (*OFFICE_DAYS, "sat"), "09:30-18:30"),
        ),
    ),
    "Apia, where a Friday is skipped": Place(
        "2011-12-28T18:00Z",
        (
            hours("Pacific/Apia", OFFICE_DAYS, "08:00-12:00", "12:45-16:15"),
            hours("Pacific/Apia", EVERY_DAY, "00:00-24:00", holidays=("2011-12-30", "2012-01-02")),
            hours("Pacific/Pago_Pago", OFFICE_DAYS, "09:00-17:00"),
        ),
    ),
    "Casablanca, in Ramadan": Place(
        "2026-02-12T11:00Z",
        (
            hours("Africa/Casablanca", EVERY_DAY, "01:30-03:30", "09:00-15:00"),
            hours("Africa/Casablanca", OFFICE_DAYS, "08:30-16:30", holidays=("2026-02-16",)),
            ROUND_THE_CLOCK,
        ),
    ),
    "anywhere, at the turn of the year": Place(
        "2026-12-23T12:00Z",
        (
            hours("Asia/Kathmandu", OFFICE_DAYS, "10:00-17:00", holidays=("2026-12-25", "2027-01-01")),
            hours("America/St_Johns", ("tue", "thu"), "09:00-09:20", "13:00-13:20"),
            hours("UTC", EVERY_DAY, "00:00-23:59"),
        ),
    ),
    "anywhere, on ordinary days": Place(
        "2026-06-15T08:00Z",
        (
            hours("Asia/Tokyo", OFFICE_DAYS, "09:00-17:00"),
            hours("Europe/London", ("mon", "wed", "fri"), "00:00-04:00", "20:00-24:00"),
            ROUND_THE_CLOCK,
        ),
    ),
}


def minute(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) // 60


def instant(at: int) -> datetime:
    return datetime.fromtimestamp(at * 60, UTC)


@cache
def engine_hours(zone: str, week: tuple[Any, ...], holidays: tuple[str, ...]) -> Any:
    return parse_calendar(zone, dict(week), holidays)


def timeline(calendar: literal.Calendar) -> CalendarTimeline:
    """The service's calendar of the same versions."""
    return CalendarTimeline(
        tuple(
            (instant(since), engine_hours(each.zone, tuple(each.week.items()), each.holidays))
            for since, each in calendar.versions
        )
    )


def agreement(sla: literal.Sla) -> Agreement[str]:
    """The service's agreement of the same content."""
    targets = []
    for metric, allowed in sla.targets.items():
        by_priority = tuple((priority, minutes * 60) for priority, minutes in allowed.items() if priority)
        targets.append(Target(metric, allowed[""] * 60, by_priority))
    return Agreement(sla.name, sla.version, timeline(sla.calendar), tuple(targets), frozenset(sla.pause_on))


def matched(offered: list[literal.Sla], priority: str) -> Agreement[str] | None:
    """What the service matches among the same SLAs."""
    candidates = [
        matching.Candidate(
            sla.name,
            sla.version,
            sla.rank,
            matching.Conditions(priorities=None if sla.priorities is None else frozenset(sla.priorities)),
        )
        for sla in offered
    ]
    chosen = matching.match(candidates, matching.Request("R", None, priority, None)).chosen
    return None if chosen is None else agreement(next(sla for sla in offered if sla.name == chosen.sla_id))


def shown(clock: Clock[str]) -> dict[str, object]:
    """Every field of a clock of the service, as the literal ones show theirs."""
    same = ("metric", "scope", "leg", "state", "target_seconds", "elapsed_seconds", "remaining_seconds", "started_at")
    instants = ("due_at", "met_at", "breached_at", "paused_at")
    own = {"department": clock.department_id, "sla": (clock.sla_id, clock.sla_version)}
    return {name: getattr(clock, name) for name in (*same, *instants)} | own


priorities = st.sampled_from([priority.value for priority in Priority])
minutes_of_target = st.one_of(st.integers(1, 60), st.integers(1, 600), st.integers(60, 12_000))
TOO_FAR = 4000 * DAY


def calendars(place: Place) -> st.SearchStrategy[literal.Calendar]:
    start = minute(place.opened)
    some = st.sampled_from(place.hours)
    changes = st.lists(st.tuples(st.integers(0, 12 * DAY), some), max_size=2)
    return st.builds(
        lambda first, later: literal.Calendar(
            ((start, first), *((start + after, each) for after, each in sorted(later, key=lambda change: change[0])))
        ),
        some,
        changes,
    )


@st.composite
def slas(draw: st.DrawFn, place: Place, name: str, version: int, rank: int) -> literal.Sla:
    targets: dict[str, Mapping[str, int]] = {}
    for metric in ("acknowledge", "update", "resolve"):
        if draw(st.integers(0, 5)):
            targets[metric] = {"": draw(minutes_of_target)}
            if draw(st.booleans()):
                targets[metric] |= {"p1": draw(minutes_of_target)}
    if not draw(st.integers(0, 30)):
        targets["resolve"] = {"": TOO_FAR}
    return literal.Sla(
        name,
        version,
        draw(calendars(place)),
        targets,
        tuple(draw(st.sets(st.sampled_from(["requester", "customer", "third_party"])))),
        draw(st.sampled_from([None, None, ("p1", "p2"), ("p3",)])),
        rank,
    )


@dataclass(frozen=True)
class Later:
    """When the next thing happens: after so many minutes, or so many after the due time of one of the clocks."""

    minutes: int
    clock: int | None = None


laters = st.one_of(
    st.builds(Later, st.one_of(st.integers(0, 2), st.integers(0, 120), st.integers(0, 2 * DAY))),
    st.builds(Later, st.integers(-1, 1), st.integers(0, 4)),
)


class TicketLife(RuleBasedStateMachine):
    """A ticket lived twice: by the service, and by the definition."""

    place: Place

    @initialize(data=st.data(), priority=priorities)
    def open(self, data: st.DataObject, priority: str) -> None:
        self.offers = {
            department: [
                data.draw(slas(self.place, f"{department}{rank}", 1, rank))
                for rank in range(data.draw(st.sampled_from([1, 1, 1, 2, 2, 0])))
            ]
            for department in DEPARTMENTS
        }
        self.now = minute(self.place.opened)
        self.life: Life[str] = open_ticket("A", instant(self.now), Priority(priority))
        self.opening = Opening(instant(self.now), "A", priority, matched(self.offers["A"], priority))
        self.steps: list[Step[str]] = []
        self.clocks = opened(self.opening)
        first = literal.selected(self.offers["A"], priority)
        self.born: Callable[[], literal.Ticket] = lambda start=self.now: literal.Ticket(start, "A", priority, first)
        self.acts: list[tuple[int, str, dict[str, Any]]] = []
        self.expected = self.born()
        self.compare(self.now)

    def compare(self, at: int) -> None:
        """Both know the same of every clock at an instant from now on."""
        assert [shown(clock) for clock in self.clocks.view(instant(at))] == self.expected.at(at)

    def can(self, verb: Verb) -> bool:
        return verb in possible_verbs(self.life)

    def moment(self, later: Later) -> int:
        if later.clock is None:
            return self.now + later.minutes
        dues = [clock.due(self.now) for clock in self.expected.clocks]
        near = [due for due in dues if due is not None and self.now < due < self.now + 20 * DAY]
        return max(self.now, near[later.clock % len(near)] + later.minutes) if near else self.now

    def do(self, later: Later, verb: Verb, to: str | None = None, **needs: Any) -> None:
        """A verb in the ticket's life and in both sets of clocks, with what is matched then."""
        self.now = self.moment(later)
        self.life = apply(self.life, Action(verb, instant(self.now), department_id=to, **needs))
        self.step(verb, to, on=needs.get("on"), priority=needs.get("priority"))

    def step(self, verb: str, to: str | None = None, seen_from_provider: bool = False, **needs: Any) -> None:
        here, first = self.offers[self.life.department_id], self.offers["A"]
        priority = self.life.priority.value
        step = Step(
            verb,
            instant(self.now),
            department_id=self.life.department_id,
            agreement=matched(here, priority),
            ticket_agreement=matched(first, priority),
            **needs,
        )
        self.steps.append(step)
        self.clocks = advance(self.clocks, step)
        seen = needs.pop("by_provider", False) and needs.pop("visible_to_requester", False)
        act = {
            "on": needs.get("on"),
            "to": to or "",
            "priority": needs.get("priority") or "",
            "sla": literal.selected(here, priority),
            "first_sla": literal.selected(first, priority),
            "seen_from_provider": seen,
        }
        self.acts.append((self.now, verb, act))
        self.expected.act(self.now, verb, **act)
        self.compare(self.now)

    @precondition(lambda self: self.can(Verb.ACKNOWLEDGE))
    @rule(later=laters)
    def acknowledge(self, later: Later) -> None:
        self.do(later, Verb.ACKNOWLEDGE)

    @precondition(lambda self: self.can(Verb.START))
    @rule(later=laters)
    def start(self, later: Later) -> None:
        self.do(later, Verb.START)

    @precondition(lambda self: self.can(Verb.WAIT))
    @rule(later=laters, on=st.sampled_from(Party))
    def wait(self, later: Later, on: Party) -> None:
        self.do(later, Verb.WAIT, on=on)

    @precondition(lambda self: self.can(Verb.RESUME))
    @rule(later=laters)
    def resume(self, later: Later) -> None:
        self.do(later, Verb.RESUME)

    @precondition(lambda self: self.can(Verb.ASK))
    @rule(later=laters)
    def ask(self, later: Later) -> None:
        self.do(later, Verb.ASK)

    @precondition(lambda self: self.can(Verb.RESOLVE))
    @rule(later=laters)
    def resolve(self, later: Later) -> None:
        self.do(later, Verb.RESOLVE)

    @precondition(lambda self: self.can(Verb.REOPEN))
    @rule(later=laters)
    def reopen(self, later: Later) -> None:
        self.do(later, Verb.REOPEN)

    @precondition(lambda self: self.can(Verb.CLOSE))
    @rule(later=laters)
    def close(self, later: Later) -> None:
        self.do(later, Verb.CLOSE)

    @precondition(lambda self: self.can(Verb.DECLINE) and len(self.acts) > 3)
    @rule(later=laters)
    def decline(self, later: Later) -> None:
        self.do(later, Verb.DECLINE)

    @precondition(lambda self: self.can(Verb.CANCEL) and len(self.acts) > 6)
    @rule(later=laters)
    def cancel(self, later: Later) -> None:
        self.do(later, Verb.CANCEL)

    @precondition(lambda self: self.can(Verb.TRANSFER))
    @rule(later=laters, to=st.sampled_from(DEPARTMENTS))
    def transfer(self, later: Later, to: str) -> None:
        others = [department for department in DEPARTMENTS if department != self.life.department_id]
        self.do(later, Verb.TRANSFER, to=to if to in others else others[0])

    @precondition(lambda self: self.can(Verb.ACCEPT))
    @rule(later=laters)
    def accept(self, later: Later) -> None:
        self.do(later, Verb.ACCEPT)

    @precondition(lambda self: self.can(Verb.RETURN))
    @rule(later=laters)
    def send_back(self, later: Later) -> None:
        self.do(later, Verb.RETURN)

    @precondition(lambda self: self.can(Verb.ASSIGN))
    @rule(later=laters)
    def assign(self, later: Later) -> None:
        self.do(later, Verb.ASSIGN, member_id="ana")

    @precondition(lambda self: self.can(Verb.PRIORITISE))
    @rule(later=laters, priority=st.sampled_from(Priority))
    def prioritise(self, later: Later, priority: Priority) -> None:
        self.do(later, Verb.PRIORITISE, priority=priority)

    @rule(later=laters, by_provider=st.booleans(), visible=st.booleans())
    def comment(self, later: Later, by_provider: bool, visible: bool) -> None:
        self.now = self.moment(later)
        said = {"by_provider": by_provider, "visible_to_requester": visible}
        self.life = apply(self.life, Action(Verb.COMMENT, instant(self.now), **said))
        self.step(Verb.COMMENT, **said)

    @precondition(lambda self: self.life.status not in {Status.DECLINED, Status.CANCELLED})
    @rule(later=laters, data=st.data(), department=st.sampled_from(DEPARTMENTS), reapply=st.booleans())
    def save_another_version(self, later: Later, data: st.DataObject, department: str, reapply: bool) -> None:
        """An SLA is changed, or the first one made; tickets stay as they are until it is applied to them."""
        self.now = self.moment(later)
        offered = self.offers[department]
        version = max((sla.version for sla in offered), default=0) + 1
        self.offers[department] = [data.draw(slas(self.place, f"{department}0", version, 0)), *offered[1:]]
        if reapply and self.life.status not in {Status.RESOLVED, Status.CLOSED}:
            self.step(REAPPLY)

    @precondition(lambda self: self.life.status not in {Status.DECLINED, Status.CANCELLED})
    @rule(later=laters, department=st.sampled_from(DEPARTMENTS))
    def withdraw_the_agreements(self, later: Later, department: str) -> None:
        self.now = self.moment(later)
        self.offers[department] = []
        self.compare(self.now)

    @rule(later=laters)
    def look_ahead(self, later: Later) -> None:
        self.compare(self.moment(later))

    @rule(part=st.integers(0, 100))
    def look_back(self, part: int) -> None:
        start = minute(self.place.opened)
        at = start + (self.now - start) * part // 100
        known = clocks_at(self.opening, self.steps, instant(at))
        then = self.born()
        for when, verb, needs in self.acts:
            if when <= at:
                then.act(when, verb, **needs)
        assert [shown(clock) for clock in known] == then.at(at)

    def teardown(self) -> None:
        if hasattr(self, "clocks"):
            self.compare(self.now + 3 * DAY)


@pytest.mark.parametrize("where", PLACES)
def test_every_clock_of_a_random_life_is_what_the_definition_says_at_every_instant(where: str) -> None:
    life = type("TicketLife", (TicketLife,), {"place": PLACES[where]})
    number = list(PLACES).index(where)
    run_state_machine_as_test(
        life if GIVEN else seed(number)(life),
        settings=settings(
            max_examples=-(-LIVES // len(PLACES)),
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=False,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
