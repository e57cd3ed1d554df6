"""A commitment and its tickets as lines over time."""

import json
import random
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from app.ripple.engine.analysis import analyse
from app.ripple.engine.graph import ROOT, Commitment, Graph, Leg, Ticket, Wait, build_graph
from app.ripple.story.lifelines import Lifeline, Lifelines, LineLeg, draw_lifelines
from tests.ripple.documents import from_document
from tests.ripple.random_graphs import random_document

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "ripple_vectors.json").read_text())
HOUR = 3_600

graphs = st.randoms(use_true_random=False).map(random_document).map(from_document)


def lines_of(graph: Graph) -> Lifelines:
    return draw_lifelines(graph, analyse(graph))


def by_id(lines: Lifelines) -> dict[str, Lifeline]:
    return {line.ticket_id: line for line in lines.tickets}


def a_ticket(id_: str, opened: int, resolved: int | None, blocks: str | None = None, **fields: object) -> Ticket:
    """Hours after the promise."""
    end = None if resolved is None else resolved * HOUR
    return Ticket(id_, "Sales", "Finance", opened * HOUR, end, (blocks,) if blocks else (), **fields)  # type: ignore[arg-type]


def a_commitment(*tickets: Ticket, due: int = 10, delivered: int | None = 12, now: int = 12) -> Graph:
    end = None if delivered is None else delivered * HOUR
    return build_graph(Commitment("Sales", 0, due * HOUR, end), tickets, now * HOUR)


def test_each_ticket_comes_under_what_it_was_asked_for_and_the_first_asked_first() -> None:
    graph = a_commitment(
        a_ticket("last", 5, 9),
        a_ticket("beneath", 2, 4, blocks="first"),
        a_ticket("first", 1, 8),
        a_ticket("deepest", 3, 4, blocks="beneath"),
    )
    assert [(line.ticket_id, line.depth, line.raised_by) for line in lines_of(graph).tickets] == [
        ("first", 1, None),
        ("beneath", 2, "first"),
        ("deepest", 3, "beneath"),
        ("last", 1, None),
    ]


def test_what_drove_the_commitment_is_told_from_what_held_nobody_up() -> None:
    lines = by_id(lines_of(from_document(scenario("resolved without its blocker"))))
    assert (lines["T1"].driving, lines["T1"].on_path_seconds > 0) == (True, True)
    assert (lines["T2"].driving, lines["T2"].on_path_seconds) == (False, 0)


def scenario(name: str) -> dict[str, object]:
    given: dict[str, object] = next(vector["input"] for vector in VECTORS if vector["name"] == name)
    return given


def test_legs_are_cut_to_the_life_of_the_ticket() -> None:
    legs = (Leg("Support", 0, HOUR), Leg("Finance", 4 * HOUR, None), Leg("IT", 20 * HOUR, 21 * HOUR))
    (line,) = lines_of(a_commitment(a_ticket("T", 1, 9, legs=legs))).tickets
    assert line.legs == (
        LineLeg("Support", HOUR, 4 * HOUR, HOUR),
        LineLeg("Finance", 4 * HOUR, 9 * HOUR, None),
    )


def test_a_ticket_that_took_no_time_has_a_leg_still() -> None:
    (line,) = lines_of(a_commitment(a_ticket("T", 3, 3))).tickets
    assert line.legs == (LineLeg("Finance", 3 * HOUR, 3 * HOUR, None),)
    assert line.charges == ()


def test_what_is_open_lasts_up_to_now() -> None:
    lines = lines_of(a_commitment(a_ticket("T", 1, None, due_at=9 * HOUR), delivered=None, now=12))
    assert (lines.delivered, lines.ended_at) == (False, 12 * HOUR)
    (line,) = lines.tickets
    assert (line.resolved, line.ended_at, line.overrun_seconds) == (False, 12 * HOUR, 3 * HOUR)


def test_the_bounds_hold_the_due_time_and_tickets_that_outlast_the_commitment() -> None:
    graph = a_commitment(a_ticket("early", -3, 2), a_ticket("late", 1, 30), due=10, delivered=12)
    assert (lines_of(graph).first_at, lines_of(graph).last_at) == (-3 * HOUR, 30 * HOUR)
    assert lines_of(a_commitment(due=40)).last_at == 40 * HOUR


def test_waits_are_those_that_count() -> None:
    waits = (Wait("customer", 0, 3 * HOUR), Wait("third_party", 2 * HOUR, None))
    (line,) = lines_of(a_commitment(a_ticket("T", 1, 5, waits=waits))).tickets
    assert [(wait.on, wait.started_at, wait.ended_at) for wait in line.waits] == [
        ("customer", HOUR, 2 * HOUR),
        ("third_party", 2 * HOUR, 5 * HOUR),
    ]


def test_a_chain_of_thousands_is_no_deeper_than_it_can_be_read() -> None:
    tickets = [a_ticket("T0", 0, 9), *(a_ticket(f"T{n}", 0, 9, blocks=f"T{n - 1}") for n in range(1, 3_000))]
    assert [line.depth for line in lines_of(a_commitment(*tickets)).tickets] == list(range(1, 3_001))


@given(graphs)
def test_every_ticket_has_one_line_and_its_seconds_on_the_path(graph: Graph) -> None:
    lines = lines_of(graph)
    assert sorted(line.ticket_id for line in lines.tickets) == sorted(ticket.id for ticket in graph.tickets)
    unticketed = sum(segment.seconds for segment in lines.path if segment.ticket_id is None)
    assert sum(line.on_path_seconds for line in lines.tickets) + unticketed == graph.ended[ROOT] - graph.opened[ROOT]


@given(graphs)
def test_legs_and_charges_cover_the_life_of_a_ticket(graph: Graph) -> None:
    for line in lines_of(graph).tickets:
        for pieces in (line.legs, line.charges):
            bounds = [line.opened_at, *(piece.ended_at for piece in pieces)]
            assert [piece.started_at for piece in pieces] == bounds[:-1]
            assert bounds[-1] == line.ended_at
        for leg in line.legs:
            assert leg.acknowledged_at is None or leg.started_at <= leg.acknowledged_at <= leg.ended_at


@given(graphs, st.integers(0, 1_000))
def test_the_order_of_the_tickets_changes_nothing(graph: Graph, seed: int) -> None:
    tickets = list(graph.tickets)
    random.Random(seed).shuffle(tickets)
    assert lines_of(build_graph(graph.commitment, tickets, graph.ended[ROOT])) == lines_of(graph)
