"""Random lives of tickets: every clock at every instant is what the definition says, counted minute by minute.

`OUTWARD_LIVES=20000` lives more of them, and others each time; without it the same 2,000 are lived every time.
"""

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.directory.calendar import CalendarTimeline, parse_calendar
from app.service_levels import matching
from app.service_levels.clock import Agreement, Clock, Target
from app.service_levels.ticket_clocks import REAPPLY, Opening, Step, advance, clocks_at, opened
from app.tickets.life.lifecycle import Action, Life, Party, Priority, Status, Verb, apply, open_ticket, possible_verbs
from tests.service_levels import literal_clocks as literal
from tests.service_levels.places import PLACES

GIVEN = os.environ.get("OUTWARD_LIVES")
LIVES = int(GIVEN or 2000)
DEPARTMENTS = ("A", "B", "C")
DAY = 24 * 60


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


TOO_FAR = 4000 * DAY
SOME_MINUTES = st.one_of(*(st.integers(low, high) for low, high in ((1, 60), (60, 960), (240, 2400), (960, 12_000))))
PAUSING_PARTIES = st.sampled_from(
    [("requester", "customer", "third_party"), ("requester", "third_party"), ("customer",), ()]
)


@dataclass(frozen=True)
class Later:
    """When the next thing happens: after so many minutes, or so many after one of the clocks is due."""

    minutes: int
    due: int | None = None


@dataclass(frozen=True)
class Draft:
    """What a saved version of an SLA says. `far` makes its resolve target one that never passes in ten years."""

    calendar: literal.Calendar
    acknowledge: tuple[int, int] | None
    update: tuple[int, int] | None
    resolve: tuple[int, int] | None
    far: bool
    pause_on: tuple[str, ...]
    priorities: tuple[str, ...] | None

    def version(self, name: str, version: int, rank: int) -> literal.Sla:
        pairs = {"acknowledge": self.acknowledge, "update": self.update, "resolve": self.resolve}
        targets = {metric: {"": pair[0], "p1": pair[1]} for metric, pair in pairs.items() if pair is not None}
        if self.far:
            targets["resolve"] = {"": TOO_FAR}
        return literal.Sla(name, version, self.calendar, targets, self.pause_on, self.priorities, rank)


LATERS = st.one_of(
    *(st.builds(Later, st.integers(0, most)) for most in (2, 60, 240, 480, DAY, 4 * DAY)),
    st.builds(Later, st.integers(-1, 1), st.integers(0, 4)),
    st.builds(Later, st.integers(-1, 1), st.integers(0, 4)),
)


@cache
def drafts(where: str) -> st.SearchStrategy[Draft]:
    start = minute(PLACES[where].opened)
    some_hours = st.sampled_from(PLACES[where].hours)
    first = st.tuples(st.just(start), some_hours)
    changes = st.lists(st.tuples(st.integers(start, start + 12 * DAY), some_hours), max_size=2)
    ordered = changes.map(lambda versions: sorted(versions, key=lambda version: version[0]))
    calendars = st.builds(lambda first, changes: literal.Calendar((first, *changes)), first, ordered)
    target = st.one_of(*(st.tuples(SOME_MINUTES, SOME_MINUTES) for _ in range(7)), st.none())
    far = st.sampled_from([False] * 30 + [True])
    priorities = st.sampled_from([None, None, None, None, ("p1", "p2"), ("p3",)])
    return st.builds(Draft, calendars, target, target, target, far, PAUSING_PARTIES, priorities)


@dataclass(frozen=True)
class Happening:
    """What happens next, as far as it is possible then: a verb, or to the agreements of a department, or a look.

    `which` chooses among what is possible. Only what that needs is looked at of the rest.
    """

    later: Later
    which: int
    on: Party
    priority: Priority
    department: str
    from_provider: bool
    visible: bool
    draft: Draft
    part: int


OFTEN = {
    Verb.ASSIGN: 1,
    Verb.ACKNOWLEDGE: 3,
    Verb.START: 3,
    Verb.WAIT: 7,
    Verb.RESUME: 5,
    Verb.ASK: 1,
    Verb.RESOLVE: 3,
    Verb.REOPEN: 9,
    Verb.CLOSE: 2,
    Verb.DECLINE: 1,
    Verb.CANCEL: 1,
    Verb.TRANSFER: 3,
    Verb.ACCEPT: 1,
    Verb.RETURN: 4,
    Verb.PRIORITISE: 6,
    Verb.COMMENT: 3,
}
"""How often each verb is tried where it is possible."""

SAVE, REAPPLY_SAVED, WITHDRAW, LOOK_AHEAD, LOOK_BACK = "save", "reapply saved", "withdraw", "look ahead", "look back"
ALWAYS_POSSIBLE = (LOOK_AHEAD, LOOK_BACK, SAVE, REAPPLY_SAVED, REAPPLY_SAVED, REAPPLY_SAVED, WITHDRAW)


@cache
def what_may_happen(possible: tuple[Verb, ...]) -> tuple[str, ...]:
    return (*(verb for verb in OFTEN if verb in possible for _ in range(OFTEN[verb])), *ALWAYS_POSSIBLE)


@cache
def offers(where: str) -> st.SearchStrategy[tuple[Draft, ...]]:
    """What a department offers at first."""
    draft = drafts(where)
    return st.one_of(*(st.tuples(*[draft] * number) for number in (1, 1, 1, 1, 2, 2, 2, 0)))


@cache
def happenings(where: str) -> st.SearchStrategy[list[Happening]]:
    happening = st.builds(
        Happening,
        LATERS,
        st.integers(0, 10_000),
        st.sampled_from(Party),
        st.sampled_from(Priority),
        st.sampled_from(DEPARTMENTS),
        st.sampled_from([True, True, False]),
        st.sampled_from([True, True, False]),
        drafts(where),
        st.integers(0, 100),
    )
    parts = st.tuples(st.lists(happening, min_size=3, max_size=14), *[st.lists(happening, max_size=14)] * 2)
    return parts.map(lambda parts: [each for part in parts for each in part])


class TwoLives:
    """A ticket lived twice: by the service, and by the definition."""

    def __init__(self, where: str, priority: Priority, drafts: dict[str, tuple[Draft, ...]]) -> None:
        self.offers = {
            department: [draft.version(f"{department}{rank}", 1, rank) for rank, draft in enumerate(offered)]
            for department, offered in drafts.items()
        }
        self.opened_at = self.now = minute(PLACES[where].opened)
        self.life: Life[str] = open_ticket("A", instant(self.now), priority)
        self.opening = Opening(instant(self.now), "A", priority.value, matched(self.offers["A"], priority))
        self.first = literal.selected(self.offers["A"], priority)
        self.steps: list[Step[str]] = []
        self.acts: list[tuple[int, str, dict[str, Any]]] = []
        self.versions = 1
        self.clocks = opened(self.opening)
        self.expected = literal.Ticket(self.now, "A", priority.value, self.first)
        self.compare(self.now)

    def go_on(self, happening: Happening) -> None:
        possible = what_may_happen(possible_verbs(self.life))
        what = possible[happening.which % len(possible)]
        if what == LOOK_BACK:
            self.look_back(self.opened_at + (self.now - self.opened_at) * happening.part // 100)
        elif what == LOOK_AHEAD:
            self.compare(self.moment(happening.later))
        elif what == WITHDRAW:
            self.offers[happening.department] = self.offers[happening.department][1:]
        elif what in (SAVE, REAPPLY_SAVED):
            self.now = self.moment(happening.later)
            here = self.life.department_id
            self.save(here if what == REAPPLY_SAVED else happening.department, happening.draft, happening.part % 4 - 1)
            if what == REAPPLY_SAVED and self.life.status not in {Status.DECLINED, Status.CANCELLED}:
                self.step(REAPPLY)
        else:
            self.now = self.moment(happening.later)
            self.act(Verb(what), happening)

    def moment(self, later: Later) -> int:
        """An instant from now on."""
        if later.due is None:
            return self.now + later.minutes
        dues = {clock.due(self.now) for clock in self.expected.clocks}
        near = sorted(due for due in dues if due is not None and self.now <= due < self.now + 10 * DAY)
        return max(self.now, near[later.due % len(near)] + later.minutes) if near else self.now

    def save(self, department: str, draft: Draft, beyond: int) -> None:
        """The department's first SLA gets another version, or is made; the ticket stays as it is.

        Often the targets are what has elapsed by now, or a minute beyond or short of it.
        """
        self.versions += 1
        sla = draft.version(f"{department}0", self.versions, 0)
        if beyond <= 1:
            self.expected.pass_time(self.now)
            counting = [clock for clock in self.expected.clocks if not clock.stopped]
            near = {clock.metric: {"": max(1, clock.elapsed + beyond)} for clock in counting}
            sla = replace(sla, targets={**sla.targets, **near}, priorities=None)
        self.offers[department] = [sla, *self.offers[department][1:]]

    def act(self, verb: Verb, happening: Happening) -> None:
        needs: dict[str, Any] = {}
        if verb is Verb.WAIT:
            needs["on"] = happening.on
        if verb is Verb.PRIORITISE:
            needs["priority"] = happening.priority
        if verb is Verb.COMMENT:
            needs |= {"by_provider": happening.from_provider, "visible_to_requester": happening.visible}
        if verb is Verb.TRANSFER:
            others = [department for department in DEPARTMENTS if department != self.life.department_id]
            needs["department_id"] = happening.department if happening.department in others else others[0]
        self.life = apply(self.life, Action(verb, instant(self.now), **needs))
        self.step(verb, **needs)

    def step(self, verb: str, **needs: Any) -> None:
        """Both go through what happened, each with what it matches itself."""
        here, first = self.offers[self.life.department_id], self.offers["A"]
        priority = self.life.priority
        step: Step[str] = Step(
            verb,
            instant(self.now),
            agreement=matched(here, priority),
            ticket_agreement=matched(first, priority),
            **needs | {"department_id": self.life.department_id},
        )
        self.steps.append(step)
        self.clocks = advance(self.clocks, step)
        act = {
            "on": needs.get("on"),
            "to": needs.get("department_id", ""),
            "priority": needs.get("priority", ""),
            "sla": literal.selected(here, priority),
            "first_sla": literal.selected(first, priority),
            "seen_from_provider": step.by_provider and step.visible_to_requester,
        }
        self.acts.append((self.now, verb, act))
        self.expected.act(self.now, verb, **act)
        self.compare(self.now)

    def compare(self, at: int) -> None:
        """Both know the same of every clock at an instant from now on."""
        assert [shown(clock) for clock in self.clocks.view(instant(at))] == self.expected.at(at)

    def look_back(self, at: int) -> None:
        """Both know the same of every clock at an instant that has passed."""
        known = clocks_at(self.opening, self.steps, instant(at))
        then = literal.Ticket(self.opened_at, "A", self.opening.priority, self.first)
        for when, verb, needs in self.acts:
            if when <= at:
                then.act(when, verb, **needs)
        assert [shown(clock) for clock in known] == then.at(at)


@pytest.mark.parametrize("where", PLACES)
def test_every_clock_of_a_random_life_is_what_the_definition_says_at_every_instant(where: str) -> None:
    @given(
        st.sampled_from(Priority),
        st.fixed_dictionaries({department: offers(where) for department in DEPARTMENTS}),
        happenings(where),
    )
    def live(priority: Priority, drafts: dict[str, tuple[Draft, ...]], happenings: list[Happening]) -> None:
        both = TwoLives(where, priority, drafts)
        for happening in happenings:
            both.go_on(happening)
        both.compare(both.now + 3 * DAY)

    lives = settings(
        max_examples=-(-LIVES // len(PLACES)),
        deadline=None,
        derandomize=GIVEN is None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )
    lives(live)()
