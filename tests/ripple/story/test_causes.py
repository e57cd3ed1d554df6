"""What stands behind an attribution: which tickets, and what was done to them."""

from collections import Counter
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.ripple.engine.analysis import analyse
from app.ripple.engine.graph import Commitment, Graph, Ticket, build_graph
from app.ripple.engine.totals import Assessed, Kind
from app.ripple.engine.walk import own_charges
from app.ripple.story.causes import Cause, Causes, delays_of
from app.ripple.story.explaining import explain
from app.ripple.story.telling import Names, spelled_out
from tests.ripple.documents import from_document
from tests.ripple.literal_totals import Aggregation
from tests.ripple.random_graphs import random_document

HOUR = 3_600
NAMES = Names("Go-live", "Acme")
graphs = st.randoms(use_true_random=False).map(random_document).map(from_document)


def a_ticket(id_: str, opened: int, resolved: int | None, due: int | None, provider: str = "Finance") -> Ticket:
    """Hours after the promise; taken up the instant it was opened."""
    end, allowed = (None if at is None else at * HOUR for at in (resolved, due))
    return Ticket(id_, "Sales", provider, opened * HOUR, end, acknowledged_at=opened * HOUR, due_at=allowed)


def a_commitment(*tickets: Ticket, due: int, delivered: int) -> Graph:
    return build_graph(Commitment("Sales", 0, due * HOUR, delivered * HOUR), tickets)


def causes_of(graph: Graph, party: str, most: int = 2) -> list[Cause]:
    return Causes(graph, analyse(graph)).of(party, most)


def test_a_ticket_that_kept_its_promise_made_nobody_late() -> None:
    graph = a_commitment(a_ticket("kept", 0, 9, due=10), a_ticket("late", 9, 12, due=10), due=10, delivered=12)
    assert causes_of(graph, "Finance") == [Cause(("late",), "Finance", "work", 3 * HOUR, on_path=True)]


def test_the_largest_are_told_as_long_as_they_come_to_half() -> None:
    four = a_commitment(*(a_ticket(f"T{n}", n, n + 1, due=n) for n in range(4)), due=1, delivered=4)
    assert [cause.ticket_ids for cause in causes_of(four, "Finance")] == [("T0",), ("T1",)]
    five = a_commitment(*(a_ticket(f"T{n}", n, n + 1, due=n) for n in range(5)), due=1, delivered=5)
    (cause,) = causes_of(five, "Finance")
    assert (cause.seconds, cause.ticket_ids) == (5 * HOUR, ("T0", "T1", "T2", "T3", "T4"))


def test_what_was_done_beside_the_path_is_told_only_of_those_who_did_nothing_on_it() -> None:
    graph = a_commitment(
        a_ticket("path", 0, 12, due=10),
        a_ticket("beside", 1, 12, due=10, provider="Legal"),
        a_ticket("kept", 0, 9, due=10, provider="Legal"),
        due=10,
        delivered=12,
    )
    assert causes_of(graph, "Finance") == [Cause(("path",), "Finance", "work", 12 * HOUR, on_path=True)]
    assert causes_of(graph, "Legal") == [Cause(("beside",), "Legal", "work", 11 * HOUR, on_path=False)]


@given(graphs)
def test_no_second_is_told_twice(graph: Graph) -> None:
    lived: Counter[tuple[str, str | None, str]] = Counter()
    for node, ticket in enumerate(graph.tickets, start=1):
        for charge in own_charges(graph, node):
            lived[ticket.id, charge.department, charge.cause] += charge.seconds
    for share in analyse(graph).attribution:
        for cause in causes_of(graph, share.party, most=100):
            if cause.ticket_ids:
                assert cause.seconds <= sum(lived[id_, cause.department, cause.cause] for id_ in cause.ticket_ids)


def test_time_in_which_a_ticket_asked_for_more_is_told_once() -> None:
    """Legal asked two others at different times; what it took before the later one holds what it took before both."""
    beneath = [Ticket(f"T{n}", "Legal", "IT", n * HOUR, n * HOUR, ("beside",), due_at=20 * HOUR) for n in (3, 6)]
    late = (a_ticket("path", 0, 12, due=10), a_ticket("beside", 1, 12, due=10, provider="Legal"))
    graph = a_commitment(*late, *beneath, due=10, delivered=12)
    assert causes_of(graph, "Legal") == [Cause(("beside",), "Legal", "work", 11 * HOUR, on_path=False)]


def test_of_the_tickets_without_a_promise_those_the_customer_waited_for_come_first() -> None:
    graph = a_commitment(
        a_ticket("beside", 0, 5, due=None),
        a_ticket("path", 1, 12, due=None),
        a_ticket("promised", 1, 11, due=12),
        due=10,
        delivered=12,
    )
    assert Causes(graph, analyse(graph)).unpromised() == ["path", "beside"]


def test_a_ticket_that_has_just_been_resolved_is_not_waited_for() -> None:
    def waited_for(resolved: int | None) -> list[str]:
        graph = build_graph(Commitment("Sales", 0, 20 * HOUR), [a_ticket("T", 0, resolved, due=20)], 12 * HOUR)
        story = explain(graph, analyse(graph), NAMES, "open")
        return [sentence.text for sentence in story.sentences if sentence.kind == "waiting_now"]

    assert waited_for(None) == ["For the last 12 h it has been waiting for Finance, which works on T."]
    assert waited_for(12) == []
    assert waited_for(10) == ["For the last 2 h nobody has been asked."]


def test_never_is_a_single_one_left_to_be_added_up() -> None:
    assert spelled_out("abcdef", 5) == ("abcdef", "")
    assert spelled_out("abcdefg", 5) == ("abcde", "fg")


@given(graphs)
def test_delays_are_those_that_reports_add_up(graph: Graph) -> None:
    analysis = analyse(graph)
    reported: Aggregation[str] = Aggregation(lambda _, place: place.party)
    reported.add(an_assessment_of(graph))
    delays = delays_of(analysis, graph.commitment.owner)
    assert {each.department: (each.primary_seconds, each.kept_waiting_seconds) for each in delays} == {
        department: (figures.primary_seconds, figures.kept_waiting_seconds)
        for department, figures in reported.rows().items()
        if figures.delay_seconds
    }


def an_assessment_of(graph: Graph) -> Assessed:
    kinds = {ticket.id: Kind("p3") for ticket in graph.tickets}
    return Assessed(UUID(int=1), UUID(int=2), graph.commitment.owner, True, analyse(graph), kinds)
