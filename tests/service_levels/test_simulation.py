"""Lives gone through again with a proposed version of an SLA: what it changes, and what it leaves as it was."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from app.directory.calendar import CalendarTimeline, parse_calendar
from app.service_levels.clock import Agreement, Clock, State, Target
from app.service_levels.simulation import Both, Life, Tallies, Tally, Window, differences, simulated
from app.service_levels.ticket_clocks import REAPPLY, Opening, Step
from tests.service_levels.test_clock_vectors import VECTORS, agreements, history, instant, told

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALWAYS = CalendarTimeline(((NINE, parse_calendar("UTC", {day: [["00:00", "24:00"]] for day in DAYS})),))
HOUR = 3600
EVER = Window(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))

Chooser = Callable[[str, str, datetime], Agreement[str] | None]


def agreement(sla_id: str, hours: float, version: int = 1) -> Agreement[str]:
    return Agreement(sla_id, version, ALWAYS, (Target("resolve", int(hours * HOUR)),))


def at(hour: float) -> datetime:
    return NINE + timedelta(hours=hour)


def always(found: Agreement[str] | None) -> Chooser:
    return lambda _department, _priority, _at: found


def clocks(both: Both[str], hour: float) -> tuple[list[Any], list[Any]]:
    settled = both.settled(at(hour))
    return shown(settled.then.clocks), shown(settled.proposed.clocks)


def shown(found: tuple[Clock[str], ...]) -> list[Any]:
    return [(clock.sla_id, clock.sla_version, clock.state) for clock in found]


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["name"])
def test_a_version_that_says_the_same_changes_no_life(case: dict[str, Any]) -> None:
    opening, steps = history(case)
    offered = agreements(case)
    first = offered.get(opening.department_id)
    if first is None:
        first = agreement("nobody's", 1)
    proposed = replace(first, version=2)
    anew = {**offered, first.sla_id: proposed}
    both = simulated(Life(opening, tuple(steps)), proposed, lambda department, _priority, _at: anew.get(department))
    as_of = max([instant(case["as_of"]), opening.at, *(step.at for step in steps)])
    settled = both.settled(as_of)
    assert [told(clock) for clock in settled.proposed.clocks] == [told(clock) for clock in settled.then.clocks]
    assert list(differences(settled, first.sla_id, EVER)) == []


def test_a_leg_that_has_the_sla_gets_the_proposed_version() -> None:
    proposed = agreement("A", 2, version=2)
    life = Life(Opening(at(0), "FIN", "p3", agreement("A", 8)), (Step("resolve", at(3)),))
    then, anew = clocks(simulated(life, proposed, always(proposed)), 4)
    assert (then, anew) == ([("A", 1, State.MET)], [("A", 2, State.BREACHED)])


def test_a_leg_that_never_had_the_sla_keeps_what_it_had_though_others_would_be_matched_by_now() -> None:
    recorded = agreement("B", 8)
    life = Life(Opening(at(0), "FIN", "p3", recorded), (Step("prioritise", at(1), priority="p1", agreement=recorded),))
    both = simulated(life, agreement("A", 2), always(agreement("C", 1)))
    assert both.proposed.agreement is recorded


def test_without_the_proposed_version_the_ticket_has_no_clock_where_nothing_else_is_offered() -> None:
    life = Life(Opening(at(0), "FIN", "p3", agreement("A", 8)), (Step("resolve", at(3)),))
    both = simulated(life, agreement("A", 2), always(None))
    assert clocks(both, 4)[1] == []
    (difference,) = differences(both.settled(at(4)), "A", EVER)
    assert (difference.then and difference.then.state, difference.proposed) == (State.MET, None)


def test_a_move_to_a_newer_version_leaves_a_side_that_went_another_way_where_it_went() -> None:
    old, new, proposed = agreement("A", 8), agreement("A", 6, version=2), agreement("A", 2, version=3)
    move = Step(REAPPLY, at(1), agreement=new, ticket_agreement=new)
    life = Life(Opening(at(0), "FIN", "p3", old), (move, Step("resolve", at(3))))
    assert clocks(simulated(life, proposed, always(proposed)), 4)[1] == [("A", 3, State.BREACHED)]
    other = agreement("B", 4)
    assert clocks(simulated(life, proposed, always(other)), 4)[1] == [("B", 1, State.MET)]
    untouched = Life(replace(life.opening, agreement=other), (replace(move, agreement=other), life.steps[1]))
    assert clocks(simulated(untouched, proposed, always(other)), 4)[1] == [("B", 1, State.MET)]


def test_a_ticket_that_had_no_agreement_gets_its_clock_and_keeps_it_through_hand_off_and_priority() -> None:
    proposed = agreement("A", 2)
    steps = (
        Step("transfer", at(1), department_id="LEGAL"),
        Step("prioritise", at(2), priority="p1"),
        Step("resolve", at(3)),
    )
    both = simulated(
        Life(Opening(at(0), "FIN", "p3", None), steps),
        proposed,
        lambda department, _priority, _at: proposed if department == "FIN" else None,
    )
    assert clocks(both, 4) == ([], [("A", 1, State.BREACHED)])


def test_decisions_outside_the_window_or_excluded_do_not_count() -> None:
    life = Life(Opening(at(0), "FIN", "p3", agreement("A", 2)), (Step("resolve", at(1)),))
    settled = simulated(life, agreement("A", 2), always(None)).settled(at(4)).then.clocks

    def counted(window: Window) -> tuple[int, int]:
        tallies = Tallies()
        tallies.count(settled, "A", window)
        return tallies.total.decided, tallies.total.excluded

    assert counted(Window(at(1), at(2))) == (1, 0)
    assert counted(Window(at(0), at(1))) == (0, 0)
    assert counted(Window(at(1.5), at(2))) == (0, 0)
    assert counted(Window(at(0), at(2), lambda _clock, when: when == at(1))) == (0, 1)


def test_percentiles_are_interpolated_and_rounded_half_up() -> None:
    tally = Tally(_elapsed=[1, 2, 4])
    shares = (Fraction(0), Fraction(1, 4), Fraction(1, 2), Fraction(9, 10), Fraction(1))
    assert [tally.percentile(share) for share in shares] == [1, 2, 2, 4, 4]
    assert Tally().percentile(Fraction(1, 2)) is None
