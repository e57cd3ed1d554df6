"""What is made of a history before anything is computed, and what is refused."""

from typing import Any

import pytest

from app.ripple.engine.graph import (
    NOBODY,
    ROOT,
    Commitment,
    Graph,
    InvalidGraph,
    Leg,
    Ticket,
    Wait,
    Waited,
    build_graph,
)


def a_commitment(**given: Any) -> Commitment:
    return Commitment(**({"owner": "Sales", "promised_at": 0, "due_at": 80, "delivered_at": 100} | given))


def a_ticket(name: str = "T1", opened_at: int = 0, resolved_at: int | None = 100, **given: Any) -> Ticket:
    return Ticket(name, "Sales", given.pop("provider", "Finance"), opened_at, resolved_at, **given)


def a_graph(*tickets: Ticket, now: int | None = None, **commitment: Any) -> Graph:
    return build_graph(a_commitment(**commitment), tickets, now)


def test_a_ticket_that_blocks_nothing_known_is_raised_by_and_drives_the_commitment() -> None:
    graph = a_graph(a_ticket(blocks=("of another commitment",)))

    assert graph.raiser[1] == ROOT
    assert graph.drivers[ROOT] == (1,)


def test_blocking_a_ticket_twice_drives_it_once() -> None:
    graph = a_graph(a_ticket("T1"), a_ticket("T2", 10, 50, blocks=("T1", "T1")))

    assert graph.drivers == ((1,), (2,), ())


def test_the_raiser_is_the_first_known_ticket_in_blocks() -> None:
    graph = a_graph(a_ticket("T1"), a_ticket("T2"), a_ticket("T3", 10, 50, blocks=("unknown", "T2", "T1")))

    assert graph.raiser[3] == 2
    assert graph.drives[3] == (1, 2)


@pytest.mark.parametrize(("opened_at", "raised"), [(9, False), (10, True), (49, True), (50, False)])
def test_a_raiser_was_open_when_it_asked(opened_at: int, raised: bool) -> None:
    graph = a_graph(a_ticket("T1", 10, 50), a_ticket("T2", opened_at, 90, blocks=("T1",)))

    assert graph.raiser[2] == (1 if raised else NOBODY)


@pytest.mark.parametrize(("resolved_at", "drives"), [(10, False), (11, True), (50, True), (51, False)])
def test_a_driver_ended_within_the_life_of_what_it_blocked(resolved_at: int, drives: bool) -> None:
    graph = a_graph(a_ticket("T1", 10, 50), a_ticket("T2", 5, resolved_at, blocks=("T1",)))

    assert graph.drivers[1] == ((2,) if drives else ())


def test_what_was_answered_the_instant_it_was_asked_drives_nobody() -> None:
    graph = a_graph(a_ticket("T1", 20, 20))

    assert graph.drivers[ROOT] == ()


def test_of_drivers_that_ended_together_the_one_to_blame_is_last() -> None:
    graph = a_graph(a_ticket("T3", 5, 50), a_ticket("T2", 5, 50), a_ticket("T1", 9, 50), a_ticket("T0", 0, 40))

    assert [graph.tickets[driver - 1].id for driver in graph.drivers[ROOT]] == ["T0", "T1", "T3", "T2"]


def test_open_tickets_end_now_and_hold_up_only_what_is_open() -> None:
    tickets = (
        a_ticket("T1", 0, None),
        a_ticket("T2", 10, None, blocks=("T1",)),
        a_ticket("T3", 10, 60),
        a_ticket("T4", 20, None, blocks=("T3",)),
    )
    graph = a_graph(*tickets, delivered_at=None, now=60)

    assert graph.ended == (60, 60, 60, 60, 60)
    assert graph.drivers == ((3, 1), (2,), (), (), ())


def test_a_ticket_opened_after_now_ends_as_it_opens() -> None:
    assert a_graph(a_ticket(opened_at=70, resolved_at=None), delivered_at=None, now=60).ended == (60, 70)


def test_for_a_delivered_commitment_now_is_its_delivery() -> None:
    assert a_graph(a_ticket(resolved_at=None), now=500).ended == (100, 100)


def test_without_legs_a_ticket_is_its_providers() -> None:
    graph = a_graph(a_ticket(acknowledged_at=7))

    assert graph.legs[1] == (Leg("Finance", 0, 7),)


def test_a_wait_is_cut_to_the_life_of_its_ticket_and_ends_when_the_next_begins() -> None:
    waits = (Wait("third_party", 30, 60), Wait("customer", -5, 40), Wait("requester", 50, None))
    graph = a_graph(a_ticket(resolved_at=80, waits=waits))

    expected = (Waited("customer", 0, 30), Waited("third_party", 30, 50), Waited("requester", 50, 80))
    assert graph.waits[1] == expected


def test_a_wait_of_no_length_ends_the_one_before() -> None:
    graph = a_graph(a_ticket(waits=(Wait("customer", 10, 60), Wait("requester", 20, 20), Wait("customer", 200, 300))))

    assert graph.waits[1] == (Waited("customer", 10, 20),)


def test_tickets_come_before_what_they_block() -> None:
    graph = a_graph(a_ticket("T1"), a_ticket("T2", blocks=("T1",)), a_ticket("T3", blocks=("T2", "T1")))

    assert graph.children_first == (3, 2, 1, ROOT)


REFUSED = {
    "/commitment/owner": lambda: a_graph(owner="customer"),
    "/commitment/delivered_at": lambda: a_graph(delivered_at=-1),
    "/now": lambda: a_graph(delivered_at=None),
    "/tickets/0/provider": lambda: a_graph(a_ticket(provider="third_party")),
    "/tickets/0/requester": lambda: a_graph(Ticket("T1", "customer", "Finance", 0, 1)),
    "/tickets/0/resolved_at": lambda: a_graph(a_ticket(opened_at=10, resolved_at=9)),
    "/tickets/1/id": lambda: a_graph(a_ticket(), a_ticket()),
    "/tickets/0/legs/1/department": lambda: a_graph(a_ticket(legs=(Leg("IT", 0), Leg("customer", 9)))),
    "/tickets/0/waits/0/to": lambda: a_graph(a_ticket(waits=(Wait("customer", 9, 8),))),
    "/tickets/0/waits/0/on": lambda: a_graph(a_ticket(waits=(Wait("dependency", 8, 9),))),
}


@pytest.mark.parametrize("pointer", REFUSED)
def test_what_cannot_have_happened_is_refused_where_it_stands(pointer: str) -> None:
    with pytest.raises(InvalidGraph) as refusal:
        REFUSED[pointer]()

    assert refusal.value.pointer == pointer


def test_a_commitment_is_not_looked_at_before_it_was_promised() -> None:
    with pytest.raises(InvalidGraph) as refusal:
        a_graph(delivered_at=None, now=-1)

    assert refusal.value.pointer == "/now"


def test_a_cycle_is_named() -> None:
    blocks = {"T1": ("T2",), "T2": ("T4",), "T3": ("T2",), "T4": ("T3", "T0")}
    with pytest.raises(InvalidGraph) as refusal:
        a_graph(a_ticket("T0"), *(a_ticket(name, blocks=blocked) for name, blocked in blocks.items()))

    assert refusal.value.pointer == "/tickets/2/blocks"
    assert "T2 blocks T4 blocks T3 blocks T2." in refusal.value.detail


def test_a_ticket_that_blocks_itself_is_a_cycle() -> None:
    with pytest.raises(InvalidGraph) as refusal:
        a_graph(a_ticket("T1", blocks=("T1",)))

    assert "T1 blocks T1." in refusal.value.detail
