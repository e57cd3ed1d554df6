"""Do the service levels fit: known answers, and what holds for every commitment."""

import random
from dataclasses import replace
from datetime import datetime

import pytest

from app.directory.calendar import CalendarTimeline, parse_calendar
from app.ripple.engine.analysis import analyse
from app.ripple.engine.fitting import Fit, Terms, fits
from app.ripple.engine.graph import Commitment, Graph, Leg, Ticket, Wait, build_graph
from tests.ripple.documents import from_document
from tests.ripple.random_graphs import random_document

HOUR = 3600
MONDAY = int(datetime.fromisoformat("2026-03-02T00:00+00:00").timestamp())
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def open_at(days: tuple[str, ...], *intervals: tuple[str, str]) -> CalendarTimeline:
    calendar = parse_calendar("UTC", {day: list(intervals) for day in days})
    return CalendarTimeline(((datetime.fromisoformat("2020-01-01T00:00+00:00"), calendar),))


ALWAYS = open_at(DAYS, ("00:00", "24:00"))
OFFICE = open_at(DAYS[:5], ("09:00", "17:00"))
WITH_BREAKS = open_at(DAYS, ("09:00", "09:04"), ("09:06", "09:11"), ("09:15", "24:00"))


def at(day: int, hour: int = 9) -> int:
    """So many days after Monday, at that hour."""
    return MONDAY + day * 24 * HOUR + hour * HOUR


def a_ticket(
    name: str, provider: str, opened_at: int, resolved_at: int | None, *blocks: str, **given: object
) -> Ticket:
    return Ticket(name, "Sales", provider, opened_at, resolved_at, blocks, **given)  # type: ignore[arg-type]


def a_graph(*tickets: Ticket) -> Graph:
    return build_graph(Commitment("Sales", at(0), at(20), at(20)), tickets)


def within(hours: float, calendar: CalendarTimeline = ALWAYS, *pause_on: str) -> Terms:
    return Terms(calendar, frozenset(pause_on), int(hours * HOUR))


def the_fit(graph: Graph, **terms: Terms) -> Fit:
    (found,) = fits(graph, terms)
    return found


def asked_of_finance(**finance: object) -> Graph:
    """Operations' A, due after 8 hours, waits for B of Finance, which takes 12."""
    a = a_ticket("A", "Operations", at(0), at(0, 23), due_at=at(0, 17))
    return a_graph(a, a_ticket("B", "Finance", at(0), at(0, 21), "A", **finance))


def test_a_promise_shorter_than_what_it_waited_for_is_impossible_and_that_would_have_fitted() -> None:
    assert the_fit(asked_of_finance(), A=within(8)) == Fit(
        ticket_id="A",
        requester="Operations",
        providers=("Finance",),
        last_provider="Finance",
        promise_impossible=True,
        target_seconds=8 * HOUR,
        fitting_seconds=12 * HOUR,
    )


def test_a_blocker_counts_with_what_it_undertook_not_with_its_own_lateness() -> None:
    fit = the_fit(asked_of_finance(due_at=at(0, 15)), A=within(8), B=within(6))
    assert (fit.promise_impossible, fit.fitting_seconds) == (False, 6 * HOUR)


def test_what_the_ticket_itself_took_does_not_count() -> None:
    a = a_ticket("A", "Operations", at(0), at(3), due_at=at(2))
    graph = a_graph(a, a_ticket("B", "Finance", at(1), at(1, 15), "A"))
    assert the_fit(graph, A=within(48)).fitting_seconds == 6 * HOUR


def test_blockers_one_after_the_other_add_up_and_side_by_side_they_do_not() -> None:
    def fitting(second_opened_at: int) -> int | None:
        a = a_ticket("A", "Operations", at(0), at(2), due_at=at(1))
        first = a_ticket("B", "Finance", at(0), at(0, 12), "A")
        second = a_ticket("C", "Legal", second_opened_at, second_opened_at + 5 * HOUR, "A")
        return the_fit(a_graph(a, first, second), A=within(24)).fitting_seconds

    assert fitting(at(0, 12)) == 8 * HOUR
    assert fitting(at(0)) == 5 * HOUR


def test_the_target_is_told_in_the_business_time_of_the_tickets_own_clock() -> None:
    a = a_ticket("A", "Operations", at(0), at(5), due_at=at(1, 17))
    graph = a_graph(a, a_ticket("B", "Finance", at(0), at(2, 17), "A"))
    assert the_fit(graph, A=within(16, OFFICE)).fitting_seconds == 24 * HOUR


def test_what_ends_outside_business_hours_needs_a_target_that_is_due_after_them() -> None:
    a = a_ticket("A", "Operations", at(0), at(5), due_at=at(1, 17))
    graph = a_graph(a, a_ticket("B", "Finance", at(0), at(2, 20), "A"))
    assert the_fit(graph, A=within(16, OFFICE)).fitting_seconds == 24 * HOUR + 1


def test_a_pause_gives_the_promise_more_time() -> None:
    waits = (Wait("customer", at(0, 13), at(1, 13)), Wait("third_party", at(1, 13), at(1, 15)))
    a = a_ticket("A", "Operations", at(0), at(5), due_at=at(2, 17), waits=waits)
    graph = a_graph(a, a_ticket("B", "Finance", at(0), at(2, 17), "A"))
    assert the_fit(graph, A=within(16, OFFICE, "customer")).fitting_seconds == 16 * HOUR
    assert the_fit(graph, A=within(16, OFFICE)).fitting_seconds == 24 * HOUR


def test_a_ticket_that_nothing_blocks_is_not_looked_at_and_neither_is_the_commitment() -> None:
    assert list(fits(a_graph(a_ticket("A", "Operations", at(0), at(1), due_at=at(0, 10))), {"A": within(1)})) == []


def test_a_blocker_that_held_nobody_up_is_a_pair_all_the_same() -> None:
    a = a_ticket("A", "Operations", at(0), at(1), due_at=at(2))
    graph = a_graph(a, a_ticket("B", "Finance", at(0), at(5), "A"))
    fit = the_fit(graph, A=within(48))
    assert (fit.providers, fit.last_provider, fit.fitting_seconds) == (("Finance",), None, 1)


def test_a_ticket_that_was_promised_nothing_says_so() -> None:
    a = a_ticket("A", "Operations", at(0), at(1))
    fit = the_fit(a_graph(a, a_ticket("B", "Finance", at(0), at(0, 12), "A")))
    assert (fit.target_seconds, fit.promise_impossible, fit.fitting_seconds) == (None, False, None)


def test_a_promise_without_a_due_time_just_now_is_left_out() -> None:
    a = a_ticket("A", "Operations", at(0), None, waits=(Wait("customer", at(0, 10)),))
    graph = a_graph(a, a_ticket("B", "Finance", at(0), at(0, 12), "A"))
    assert list(fits(graph, {"A": within(8, ALWAYS, "customer")})) == []


def test_the_requester_is_the_provider_of_the_blocked_ticket_at_the_end() -> None:
    legs = (Leg("Sales", at(0)), Leg("Operations", at(0, 10)))
    a = a_ticket("A", "Operations", at(0), at(1), due_at=at(2), legs=legs)
    blockers = [a_ticket(name, name[0], at(0), at(0, 12), "A") for name in ("F1", "F2", "L1")]
    fit = the_fit(a_graph(a, *blockers), A=within(48))
    assert (fit.requester, fit.providers) == ("Operations", ("F", "L"))


@pytest.mark.parametrize("seed", range(150))
def test_a_promise_is_impossible_exactly_when_the_fitting_target_is_longer(seed: int) -> None:
    graph = from_document(random_document(random.Random(seed)))
    promised = {
        ticket.id: Terms(ALWAYS, frozenset(), ticket.due_at - ticket.opened_at)
        for ticket in graph.tickets
        if ticket.due_at is not None and ticket.due_at > ticket.opened_at
    }
    flagged = {overrun.ticket_id: overrun.promise_impossible for overrun in analyse(graph).overruns}
    for fit in fits(graph, promised):
        if fit.target_seconds is not None and fit.fitting_seconds is not None:
            assert fit.promise_impossible == flagged[fit.ticket_id]
            assert fit.promise_impossible == (fit.fitting_seconds > fit.target_seconds)


@pytest.mark.parametrize("seed", range(150))
def test_with_the_fitting_target_it_fits_and_with_a_second_less_it_does_not(seed: int) -> None:
    graph = from_document(random_document(random.Random(seed)))
    promised = {ticket.id: within(1, WITH_BREAKS, "customer") for ticket in graph.tickets if ticket.due_at is not None}
    for fit in fits(graph, promised):
        if fit.fitting_seconds is None:
            continue
        node = 1 + [ticket.id for ticket in graph.tickets].index(fit.ticket_id)
        for target in {fit.fitting_seconds, max(1, fit.fitting_seconds - 1)}:
            due = due_second_by_second(graph, node, target)
            dues = (*graph.due[:node], due, *graph.due[node + 1 :])
            (again,) = (each for each in fits(replace(graph, due=dues), promised) if each.ticket_id == fit.ticket_id)
            assert again.promise_impossible == (target < fit.fitting_seconds)


def due_second_by_second(graph: Graph, node: int, target: int) -> int:
    """When so many open seconds have passed since the opening, not counting those of waiting for the customer."""
    at_, counted = graph.opened[node], 0
    while counted < target:
        waiting = any(wait.on == "customer" and wait.started_at <= at_ < wait.ended_at for wait in graph.waits[node])
        counted += not waiting and WITH_BREAKS.between(at_, at_ + 1)
        at_ += 1
    return at_
