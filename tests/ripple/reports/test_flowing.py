"""The flow of delays: from the department that delayed, through the delayed one, to the customer."""

import random
from collections import Counter

import pytest

from app.ripple.engine.totals import Assessed, Place
from app.ripple.reports.columns import columns_of
from app.ripple.reports.flowing import Flow, FlowLink, flow
from app.ripple.reports.pieces import joined, piece_of
from app.ripple.reports.placing import table_of
from tests.ripple.assessing import a_ticket, an_analysis, assessed, named, random_assessed

ACME = f"customer:{named('ACME')}"


def flowing(*commitments: Assessed, most_customers: int = 10) -> Flow:
    ids: dict[Place, int] = {}
    columns = columns_of(joined([piece_of(each, 0, ids) for each in commitments]))
    return flow(columns, table_of(ids), None, most_customers)


def test_a_delay_flows_through_the_department_that_asked() -> None:
    analysis = an_analysis(
        a_ticket("T1", "SALES", "OPS", reactionary=200, last_driver="T2"),
        a_ticket("T2", "OPS", "FIN", primary=200),
        shares={"FIN": 150},
        plan=7,
    )
    found = flowing(assessed("one", analysis))
    assert found.links == [
        FlowLink("delaying:FIN", "delayed:OPS", 150, 200),
        FlowLink("delayed:OPS", ACME, 150),
        FlowLink("plan", ACME, 7),
    ]
    assert [(node.id, node.kind) for node in found.nodes] == [
        ("delaying:FIN", "delaying"),
        ("plan", "plan"),
        ("delayed:OPS", "delayed"),
        (ACME, "customer"),
    ]


def test_a_requester_that_was_waited_for_delayed_whom_it_had_asked() -> None:
    analysis = an_analysis(a_ticket("T1", "SALES", "OPS", kept_waiting=40), shares={"SALES": 40})
    assert flowing(assessed("one", analysis)).links == [
        FlowLink("delayed:OPS", ACME, 40),
        FlowLink("delaying:SALES", "delayed:OPS", 40),
    ]


def test_what_came_by_no_ticket_flows_to_the_customer_at_once() -> None:
    analysis = an_analysis(owner_primary=60, shares={"SALES": 60, "customer": 5})
    assert flowing(assessed("one", analysis)).links == [
        FlowLink("delaying:SALES", ACME, 60),
        FlowLink("delaying:customer", ACME, 5),
    ]


def test_customers_without_a_node_of_their_own_share_one() -> None:
    commitments = [
        assessed(
            str(number), an_analysis(owner_primary=number, shares={"SALES": number}), customer_id=named(str(number))
        )
        for number in (1, 2, 3)
    ]
    found = flowing(*commitments, most_customers=1)
    assert [(link.target, link.seconds) for link in found.links] == [(f"customer:{named('3')}", 3), ("customers", 3)]
    assert [node.kind for node in found.nodes] == ["delaying", "customer", "other_customers"]


@pytest.mark.parametrize("most_customers", [0, 2, 10])
def test_nothing_is_lost_on_the_way(most_customers: int) -> None:
    rng = random.Random(5)
    commitments = [random_assessed(rng, number) for number in range(150)]
    found = flowing(*commitments, most_customers=most_customers)
    into: Counter[str] = Counter()
    out_of: Counter[str] = Counter()
    for link in found.links:
        into[link.target] += link.seconds
        out_of[link.source] += link.seconds
    kinds = {node.id: node.kind for node in found.nodes}
    assert kinds.keys() == {*into, *out_of}
    delayed = [id_ for id_, kind in kinds.items() if kind == "delayed"]
    assert delayed
    assert {id_: into[id_] for id_ in delayed} == {id_: out_of[id_] for id_ in delayed}
    lateness = sum(each.analysis.lateness_seconds for each in commitments)
    plan = sum(each.analysis.plan_seconds for each in commitments)
    assert sum(seconds for id_, seconds in into.items() if kinds[id_] in ("customer", "other_customers")) == lateness
    assert out_of["plan"] == plan
    assert sum(seconds for id_, seconds in out_of.items() if kinds[id_] == "delaying") == lateness - plan
    inherited = sum(
        ticket.overrun.reactionary_seconds
        for each in commitments
        for ticket in each.analysis.tickets
        if ticket.overrun is not None and ticket.last_driver_id is not None
    )
    assert sum(link.passed_on_seconds for link in found.links) == inherited
