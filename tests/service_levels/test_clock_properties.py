"""What holds for the clocks of every possible history."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.directory.calendar import CalendarTimeline, elapsed, parse_calendar
from app.service_levels.clock import Agreement, Clock, Metric, Scope, State, Target, view
from app.service_levels.ticket_clocks import Opening, Step, advance, clocks_at, in_order, opened, replay
from app.tickets.life.lifecycle import Action, Life, Party, Priority, Verb, apply, open_ticket, possible_verbs

SETTINGS = settings(max_examples=150, deadline=None)
START = datetime.fromisoformat("2026-03-26T09:00+00:00")
METRICS = ("acknowledge", "update", "resolve")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
CALENDARS = [
    parse_calendar("Europe/Berlin", {day: [["09:00", "12:00"], ["13:00", "17:00"]] for day in WEEKDAYS}),
    parse_calendar("America/New_York", {day: [["00:00", "24:00"]] for day in (*WEEKDAYS, "sat", "sun")}),
    parse_calendar("Australia/Lord_Howe", {day: [["22:00", "24:00"]] for day in (*WEEKDAYS, "sun")}, ["2026-03-27"]),
]


def later(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


@dataclass(frozen=True)
class History:
    opening: Opening[str]
    steps: list[Step[str]]
    lives: list[Life[str]]
    """The ticket's life after each step."""


@st.composite
def timelines(draw: st.DrawFn) -> CalendarTimeline:
    changes = sorted(draw(st.lists(st.integers(0, 900_000), max_size=2)))
    versions = [(START, draw(st.sampled_from(CALENDARS)))]
    return CalendarTimeline((*versions, *((later(change), draw(st.sampled_from(CALENDARS))) for change in changes)))


@st.composite
def agreements(draw: st.DrawFn, sla_id: str) -> Agreement[str]:
    targets = [
        Target(metric, draw(st.integers(1, 200_000)), (("p1", draw(st.integers(1, 30_000))),))
        for metric in METRICS
        if draw(st.integers(0, 4))
    ]
    pause_on = draw(st.frozensets(st.sampled_from(["requester", "customer", "third_party"])))
    return Agreement(sla_id, draw(st.integers(1, 3)), draw(timelines()), tuple(targets), pause_on)


@st.composite
def histories(draw: st.DrawFn, verbs: tuple[Verb, ...] = tuple(Verb)) -> History:
    offers = {name: [draw(agreements(name)) for _ in range(2)] for name in "ABC"}

    def matched(department: str) -> Agreement[str] | None:
        return draw(st.sampled_from([*offers[department], None])) if draw(st.booleans()) else offers[department][0]

    life = open_ticket("A", START, Priority.P3)
    opening = Opening(START, "A", "p3", offers["A"][0] if draw(st.integers(0, 5)) else None)
    steps, lives, seconds = [], [], 0
    for _ in range(draw(st.integers(0, 12))):
        verb = draw(st.sampled_from([verb for verb in possible_verbs(life) if verb in verbs] or [Verb.COMMENT]))
        seconds += draw(st.one_of(st.integers(0, 30), st.integers(0, 20_000), st.integers(0, 200_000)))
        needs: dict[str, Any] = {}
        if verb is Verb.WAIT:
            needs["on"] = draw(st.sampled_from(Party))
        if verb is Verb.PRIORITISE:
            needs["priority"] = draw(st.sampled_from(Priority))
        if verb is Verb.TRANSFER:
            needs["department_id"] = draw(st.sampled_from(sorted({"A", "B", "C"} - {life.department_id})))
        life = apply(life, Action(verb, later(seconds), **needs))
        needs["department_id"] = life.department_id
        needs |= {"agreement": matched(life.department_id), "ticket_agreement": matched("A")}
        steps.append(Step(verb, later(seconds), by_provider=True, visible_to_requester=True, **needs))
        lives.append(life)
    return History(opening, steps, lives)


@SETTINGS
@given(histories(), st.integers(0, 1_500_000))
def test_the_clocks_at_an_instant_are_those_of_the_history_until_then(history: History, seconds: int) -> None:
    as_of = later(seconds)
    until = [step for step in history.steps if step.at <= as_of]
    assert replay(history.opening, until).view(as_of) == clocks_at(history.opening, history.steps, as_of)


@SETTINGS
@given(histories(), st.integers(0, 500_000))
def test_stored_rows_and_the_calendars_are_enough_to_read_on(history: History, seconds: int) -> None:
    clocks = replay(history.opening, history.steps)
    as_of = (history.steps[-1].at if history.steps else START) + timedelta(seconds=seconds)
    stored = [replace(clock, stretches=()) for clock in clocks.clocks]
    for position, calendar in clocks.live.values():
        stored[position] = view(stored[position], calendar, as_of)
    assert in_order(stored) == tuple(replace(clock, stretches=()) for clock in clocks.view(as_of))


@SETTINGS
@given(histories())
def test_a_step_changes_no_clock_that_is_not_live_and_makes_new_ones_at_its_instant(history: History) -> None:
    clocks = opened(history.opening)
    for step in history.steps:
        after = advance(clocks, step)
        live = {position for position, _ in clocks.live.values()}
        for position, clock in enumerate(clocks.clocks):
            assert position in live or after.clocks[position] == clock
        assert all(clock.started_at == step.at for clock in after.clocks[len(clocks.clocks) :])
        assert [clock.number for clock in after.clocks] == list(range(1, len(after.clocks) + 1))
        clocks = after


@SETTINGS
@given(histories(), st.integers(0, 1_500_000))
def test_the_fields_of_a_clock_agree_with_its_state(history: History, seconds: int) -> None:
    as_of = later(seconds)
    for clock in clocks_at(history.opening, history.steps, as_of):
        assert (clock.breached_at is not None) == (clock.state is State.BREACHED)
        assert (clock.met_at is not None) == (clock.state is State.MET)
        assert clock.state not in {State.PAUSED, State.HANDED_OVER, State.CANCELLED} or clock.due_at is None
        assert clock.state not in {State.MET, State.BREACHED} or clock.due_at is not None
        assert clock.paused_at is None or clock.state in {State.PAUSED, State.BREACHED}
        assert (clock.stopped_at is None) == (clock.counting_since is not None or clock.paused_at is not None)
        assert 0 <= clock.elapsed_seconds <= (as_of - clock.started_at).total_seconds()
        if clock.state is State.BREACHED:
            assert clock.due_at <= clock.breached_at <= as_of  # type: ignore[operator]
        else:
            assert clock.remaining_seconds >= 0
        if clock.state is State.RUNNING:
            assert clock.due_at is None or clock.due_at >= as_of
        if clock.state is State.MET:
            assert clock.started_at <= clock.met_at <= clock.due_at  # type: ignore[operator]


@SETTINGS
@given(histories(), st.integers(0, 1_500_000), st.integers(0, 300_000))
def test_a_breach_is_never_withdrawn_and_elapsed_time_never_falls(history: History, first: int, more: int) -> None:
    before = {clock.number: clock for clock in clocks_at(history.opening, history.steps, later(first))}
    after = {clock.number: clock for clock in clocks_at(history.opening, history.steps, later(first + more))}
    for number, clock in before.items():
        assert after[number].elapsed_seconds >= clock.elapsed_seconds
        if clock.state is State.BREACHED:
            assert after[number].state is State.BREACHED
            assert (after[number].due_at, after[number].breached_at) == (clock.due_at, clock.breached_at)


@SETTINGS
@given(histories(tuple(verb for verb in Verb if verb not in {Verb.PRIORITISE, Verb.REOPEN})), st.integers(0, 900_000))
def test_the_requesters_clock_counts_all_that_is_open_but_its_pauses(history: History, seconds: int) -> None:
    as_of, agreement = later(seconds), history.opening.agreement
    life = ([open_ticket("A", START)] + [life for life in history.lives if life.last_at <= as_of])[-1]
    clocks = clocks_at(history.opening, history.steps, as_of)
    for clock in (clock for clock in clocks if clock.scope is Scope.TICKET):
        assert agreement is not None
        stop = life.resolved_at or life.ended_at or as_of
        open_seconds = elapsed(agreement.calendar, START, stop)
        for wait in life.waits:
            if wait.on in agreement.pause_on:
                open_seconds -= elapsed(agreement.calendar, wait.started_at, min(wait.ended_at or stop, stop))
        assert clock.elapsed_seconds == open_seconds


@SETTINGS
@given(histories())
def test_legs_and_scopes_are_those_of_the_life(history: History) -> None:
    life = history.lives[-1] if history.lives else open_ticket("A", START)
    clocks: tuple[Clock[str], ...] = replay(history.opening, history.steps).clocks
    for clock in clocks:
        assert clock.department_id == life.legs[clock.leg - 1].department_id
        assert (clock.scope is Scope.TICKET) == (clock.metric is Metric.RESOLVE and clock.leg == 1)
    undecided = [clock for clock in clocks if clock.state in {State.RUNNING, State.PAUSED}]
    assert all(clock.leg in {1, life.leg.number} for clock in undecided)
    assert len({(clock.scope, clock.metric) for clock in undecided}) == len(undecided)
    if life.status in {"resolved", "closed", "declined", "cancelled"}:
        assert undecided == []
