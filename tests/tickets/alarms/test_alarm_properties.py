"""What holds for the alarms of every possible history, whenever somebody looks."""

from collections import Counter
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from app.service_levels.alarms import Alarm, alarms_between
from app.service_levels.clock import Clock, State
from app.service_levels.ticket_clocks import Clocks, advance, clocks_at, opened
from app.tickets.doing.deciding import decided_by
from tests.service_levels.test_clock_properties import START, History, histories, later

FRACTIONS = (0.25, 0.5, 0.9)
SECOND = timedelta(seconds=1)
Told = tuple[int, State | float, datetime]
"""A clock's number, the fraction of a warning or what was decided, and when."""


def told_between(clocks: Clocks[str], since: datetime, until: datetime) -> list[Told]:
    """What whoever looks tells of the instants after `since` and up to `until`, nothing being done meanwhile."""
    found: list[tuple[Clock[str], Alarm]] = []
    for position, calendar in clocks.live.values():
        clock = clocks.clocks[position]
        passed, _ = alarms_between(clock, calendar.known_at(until), FRACTIONS, since + SECOND, until)
        found += [(clock, alarm) for alarm in passed]
    found.sort(key=lambda each: (each[1].told_from, each[0].number))
    return [
        (clock.number, State.BREACHED if alarm.fraction is None else alarm.fraction, alarm.at) for clock, alarm in found
    ]


def feed(history: History, until: datetime) -> list[Told]:
    """What is told of a history by an instant: alarms, and what each step decides."""
    clocks, since, told = opened(history.opening), START, list[Told]()
    for step in history.steps:
        if step.at > until:
            break
        told += told_between(clocks, since, step.at)
        after = advance(clocks, step)
        told += [(each.clock.number, each.clock.state, each.at) for each in decided_by(clocks, after, step.at)]
        clocks, since = after, step.at
    return told + told_between(clocks, since, until)


@settings(max_examples=200, deadline=None)
@given(histories(), st.integers(0, 1_500_000))
def test_what_was_told_last_of_each_clock_is_how_it_was_decided(history: History, seconds: int) -> None:
    as_of = later(seconds)
    decided: dict[int, tuple[State, datetime]] = {}
    for number, what, at in feed(history, as_of):
        if isinstance(what, State):
            decided[number] = (what, at)
    for clock in clocks_at(history.opening, history.steps, as_of):
        if clock.state is State.MET:
            assert decided[clock.number] == (State.MET, clock.met_at)
        elif clock.state is State.BREACHED:
            assert decided[clock.number] == (State.BREACHED, clock.breached_at)
        else:
            assert decided.get(clock.number, (State.MET, as_of))[0] is State.MET


@settings(max_examples=200, deadline=None)
@given(histories(), st.integers(0, 1_500_000))
def test_a_share_is_warned_of_once_and_a_breach_is_told_once_and_for_good(history: History, seconds: int) -> None:
    told = feed(history, later(seconds))
    assert max(Counter((number, what) for number, what, _ in told if what is not State.MET).values(), default=1) == 1
    breached: set[int] = set()
    for number, what, _ in told:
        assert number not in breached
        if what is State.BREACHED:
            breached.add(number)


@settings(max_examples=200, deadline=None)
@given(histories(), st.integers(0, 1_500_000))
def test_a_warning_comes_when_its_share_of_the_target_is_used_and_no_earlier(history: History, seconds: int) -> None:
    for number, what, at in feed(history, later(seconds)):
        if not isinstance(what, State):
            until = [step for step in history.steps if step.at < at]
            (clock,) = (each for each in clocks_at(history.opening, until, at) if each.number == number)
            (before,) = (each for each in clocks_at(history.opening, until, at - SECOND) if each.number == number)
            assert clock.elapsed_seconds >= what * clock.target_seconds - 1e-6
            assert before.elapsed_seconds < what * clock.target_seconds
