"""The figures reports are made of, and graphs of the size a company has."""

import pytest

from app.ripple.engine.analysis import ENGINE_VERSION, Analysis, TicketFigures, analyse
from app.ripple.engine.graph import Commitment, Leg, Ticket, Wait, build_graph

HOUR = 3600


def a_commitment(due: int, delivered: int) -> Commitment:
    return Commitment("Sales", 0, due * HOUR, delivered * HOUR)


def a_ticket(
    name: str,
    opened: int,
    resolved: int,
    due: int | None = None,
    provider: str = "Finance",
    blocks: tuple[str, ...] = (),
    legs: tuple[Leg, ...] = (),
    waits: tuple[Wait, ...] = (),
) -> Ticket:
    due_at = None if due is None else due * HOUR
    return Ticket(name, "Sales", provider, opened * HOUR, resolved * HOUR, blocks, None, due_at, legs, waits)


def figures(analysis: Analysis, name: str) -> TicketFigures:
    return next(ticket for ticket in analysis.tickets if ticket.ticket_id == name)


def test_a_primary_overrun_is_split_by_the_base_time_each_leg_held() -> None:
    legs = (Leg("Support", 0), Leg("Finance", 20 * HOUR))
    waits = (Wait("customer", 0, 10 * HOUR),)
    ticket = a_ticket("T1", 0, 50, due=42, legs=legs, waits=waits)

    analysis = analyse(build_graph(a_commitment(100, 50), [ticket]))

    split = (("Support", 2 * HOUR), ("Finance", 6 * HOUR))
    assert figures(analysis, "T1").primary_by_department == split


def test_whoever_held_a_ticket_that_waited_for_its_blocker_did_not_overrun_it_meanwhile() -> None:
    legs = (Leg("Support", 0), Leg("Finance", 45 * HOUR))
    blocker = a_ticket("T2", 0, 40, provider="IT", blocks=("T1",))
    ticket = a_ticket("T1", 0, 60, due=48, legs=legs)

    analysis = analyse(build_graph(a_commitment(100, 60), [ticket, blocker]))

    assert figures(analysis, "T1").primary_by_department == (("Support", 3 * HOUR), ("Finance", 9 * HOUR))


def test_departments_that_held_a_ticket_twice_are_named_once() -> None:
    legs = (Leg("Support", 0), Leg("Finance", 10 * HOUR), Leg("Support", 20 * HOUR))
    ticket = a_ticket("T1", 0, 40, due=36, legs=legs)

    analysis = analyse(build_graph(a_commitment(100, 40), [ticket]))

    assert figures(analysis, "T1").primary_by_department == (("Support", 3 * HOUR), ("Finance", HOUR))


def test_the_requester_kept_waiting_is_counted_and_no_other_wait() -> None:
    waits = (Wait("requester", 0, 3 * HOUR), Wait("customer", 2 * HOUR, 5 * HOUR), Wait("requester", 9 * HOUR, None))

    analysis = analyse(build_graph(a_commitment(100, 10), [a_ticket("T1", 0, 10, waits=waits)]))

    assert figures(analysis, "T1").kept_waiting_seconds == 3 * HOUR


def test_the_last_driver_is_the_one_that_ended_last_then_opened_first_then_of_the_lowest_id() -> None:
    tickets = [
        a_ticket("T1", 0, 20),
        a_ticket("T5", 2, 18, blocks=("T1",)),
        a_ticket("T4", 1, 18, blocks=("T1",)),
        a_ticket("T3", 1, 18, blocks=("T1",)),
        a_ticket("T2", 0, 17, blocks=("T1",)),
    ]

    analysis = analyse(build_graph(a_commitment(30, 20), tickets))

    assert figures(analysis, "T1").last_driver_id == "T3"
    assert figures(analysis, "T2").last_driver_id is None


def test_a_ticket_without_a_due_time_has_no_overrun() -> None:
    analysis = analyse(build_graph(a_commitment(5, 10), [a_ticket("T1", 0, 10)]))

    assert analysis.overruns == ()
    assert figures(analysis, "T1").overrun is None


def test_the_owners_own_haste_is_the_commitments_primary_overrun() -> None:
    tickets = [a_ticket("T1", 4, 8, due=8)]

    overrun = analyse(build_graph(a_commitment(8, 12), tickets)).commitment_overrun

    assert overrun.ticket_id is None
    assert overrun.overrun_seconds == overrun.primary_seconds == 4 * HOUR
    assert overrun.pace == pytest.approx(0.5)


def test_a_commitment_in_time_is_attributed_to_nobody() -> None:
    analysis = analyse(build_graph(a_commitment(10, 10), [a_ticket("T1", 0, 9, due=3)]))

    assert (analysis.lateness_seconds, analysis.plan_seconds, analysis.attribution) == (0, 0, ())


def test_a_commitment_without_tickets_is_its_owners_alone() -> None:
    analysis = analyse(build_graph(a_commitment(4, 10), []))

    assert [(part.department, part.cause) for part in analysis.decomposition] == [("Sales", "unticketed")]
    assert [(found.party, found.shapley_seconds) for found in analysis.attribution] == [("Sales", 6 * HOUR)]


def test_a_commitment_kept_the_instant_it_was_made_has_no_parts() -> None:
    analysis = analyse(build_graph(a_commitment(0, 0), [a_ticket("T1", 0, 0)]))

    assert (analysis.elapsed_seconds, analysis.segments, analysis.decomposition) == (0, (), ())


def test_an_analysis_says_which_engine_made_it() -> None:
    assert analyse(build_graph(a_commitment(1, 1), [])).engine_version == ENGINE_VERSION


def test_more_than_sixteen_departments_have_standard_errors() -> None:
    tickets = [a_ticket(f"T{n}", 0, 40 + n, due=20, provider=f"D{n:02}") for n in range(20)]

    analysis = analyse(build_graph(a_commitment(20, 60), tickets))

    shared = sum(attribution.shapley_seconds for attribution in analysis.attribution)
    assert analysis.plan_seconds + shared == analysis.lateness_seconds == 40 * HOUR
    assert [attribution.standard_error_seconds is None for attribution in analysis.attribution] == [False] * 21


def test_a_chain_two_thousand_deep_is_analysed() -> None:
    depth = 2000
    tickets = [
        a_ticket(
            f"T{n}",
            n,
            3 * depth - n,
            due=2 * depth,
            provider=f"D{n % 12:02}",
            blocks=(f"T{n - 1}",) if n else (),
        )
        for n in range(depth)
    ]

    analysis = analyse(build_graph(a_commitment(2 * depth, 3 * depth + 1), tickets))

    assert len(analysis.segments) == 2 * depth
    assert sum(part.seconds for part in analysis.decomposition) == analysis.elapsed_seconds
    shared = sum(attribution.shapley_seconds for attribution in analysis.attribution)
    assert analysis.plan_seconds + shared == analysis.lateness_seconds > 0


def test_a_cycle_two_thousand_long_is_named_and_not_followed_for_ever() -> None:
    tickets = [a_ticket(f"T{n}", 0, 1, blocks=(f"T{(n + 1) % 2000}",)) for n in range(2000)]

    with pytest.raises(ValueError, match=r"T0 blocks T1 blocks T2 .* T1999 blocks T0\."):
        build_graph(a_commitment(1, 1), tickets)


def test_five_thousand_tickets_side_by_side_and_in_stages_are_analysed() -> None:
    stages, abreast = 500, 10
    tickets = [
        a_ticket(
            f"T{stage}-{n}",
            stage * 20,
            stage * 20 + 10 + (stage * n) % 10,
            due=stage * 20 + 8,
            provider=f"D{(stage + n) % 12:02}",
        )
        for stage in range(stages)
        for n in range(abreast)
    ]

    analysis = analyse(build_graph(a_commitment(stages * 15, stages * 20), tickets))

    assert len(analysis.overruns) == stages * abreast
    shared = sum(attribution.shapley_seconds for attribution in analysis.attribution)
    assert analysis.plan_seconds + shared == analysis.lateness_seconds == stages * 5 * HOUR
