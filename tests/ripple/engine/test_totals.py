"""Adding up analyses: who delayed whom, and how much of it customers felt."""

import random
from decimal import Decimal
from typing import Any

import pytest

from app.ripple.engine.analysis import Analysis
from app.ripple.engine.totals import Amount, Assessed, Kind, Place, RippleFigures
from tests.ripple.assessing import a_ticket, an_analysis, assessed, named, random_assessed
from tests.ripple.literal_totals import Aggregation


def by_department(_: Assessed, place: Place) -> str | None:
    return place.party


def by_edge(_: Assessed, place: Place) -> tuple[str | None, str | None]:
    return (place.requester, place.provider)


def added(group_of: Any, *commitments: Assessed, counted: Any = None) -> Aggregation[Any]:
    aggregation: Aggregation[Any] = Aggregation(group_of, counted)
    for commitment in commitments:
        aggregation.add(commitment)
    return aggregation


def rows(group_of: Any, *commitments: Assessed) -> dict[Any, RippleFigures]:
    return added(group_of, *commitments).rows()


CHAIN = an_analysis(
    a_ticket("T1", "SALES", "OPS", reactionary=200, last_driver="T2"),
    a_ticket("T2", "OPS", "FIN", primary=200),
    shares={"FIN": 150},
    walked=[("T1", "OPS", "work", 600), ("T2", "FIN", "queue", 400)],
)


def test_a_department_is_charged_what_its_tickets_overran_and_its_share() -> None:
    found = rows(by_department, assessed("one", CHAIN))["FIN"]
    assert found == RippleFigures(
        tickets=1,
        overrun_seconds=200,
        primary_seconds=200,
        reactionary_seconds=0,
        kept_waiting_seconds=0,
        delay_seconds=200,
        passed_on_seconds=200,
        outward_seconds=150,
        transmission=0.75,
        absorbed_seconds=50,
        commitments_delayed=1,
        customers_reached=1,
        value_touched=[],
    )


def test_inherited_overrun_is_no_delay_of_the_department_that_inherited_it() -> None:
    found = rows(by_department, assessed("one", CHAIN))["OPS"]
    assert (found.overrun_seconds, found.reactionary_seconds, found.delay_seconds) == (200, 200, 0)
    assert (found.transmission, found.absorbed_seconds, found.commitments_delayed) == (None, 0, 0)


def test_inherited_overrun_flows_over_the_edge_to_the_provider_of_the_last_blocker() -> None:
    found = rows(by_edge, assessed("one", CHAIN))
    assert {edge: figures.passed_on_seconds for edge, figures in found.items()} == {
        ("SALES", "OPS"): 0,
        ("OPS", "FIN"): 200,
    }


def test_primary_overrun_belongs_to_the_departments_that_held_the_ticket() -> None:
    analysis = an_analysis(a_ticket("T1", "SALES", "OPS", primary={"SUP": 30, "OPS": 70}))
    departments = rows(by_department, assessed("one", analysis))
    assert {name: figures.primary_seconds for name, figures in departments.items()} == {"SUP": 30, "OPS": 70}
    assert {name: figures.overrun_seconds for name, figures in departments.items()} == {"SUP": 0, "OPS": 100}
    edges = rows(by_edge, assessed("one", analysis))
    assert {edge: figures.primary_seconds for edge, figures in edges.items()} == {
        ("SALES", "SUP"): 30,
        ("SALES", "OPS"): 70,
    }


def test_waiting_for_the_requester_is_the_requesters_delay_on_that_edge() -> None:
    analysis = an_analysis(a_ticket("T1", "SALES", "OPS", kept_waiting=40), shares={"SALES": 40})
    departments = rows(by_department, assessed("one", analysis))
    assert (departments["SALES"].delay_seconds, departments["OPS"].delay_seconds) == (40, 0)
    edge = rows(by_edge, assessed("one", analysis))["SALES", "OPS"]
    assert (edge.kept_waiting_seconds, edge.outward_seconds, edge.transmission) == (40, 40, 1.0)


def test_the_commitments_own_overrun_is_its_owners() -> None:
    analysis = an_analysis(owner_primary=60, shares={"SALES": 60})
    found = rows(by_department, assessed("one", analysis))["SALES"]
    assert (found.tickets, found.overrun_seconds, found.primary_seconds, found.outward_seconds) == (0, 0, 60, 60)
    assert list(rows(by_edge, assessed("one", analysis))) == [(None, "SALES")]


def test_what_customers_and_third_parties_did_came_by_no_edge() -> None:
    analysis = an_analysis(a_ticket("T1", "SALES", "OPS"), shares={"customer": 5, "third_party": 7})
    departments = rows(by_department, assessed("one", analysis))
    assert (departments["customer"].outward_seconds, departments["third_party"].outward_seconds) == (5, 7)
    assert rows(by_edge, assessed("one", analysis))[None, None].outward_seconds == 12


def test_a_share_is_spread_over_those_of_the_departments_delays_that_lay_on_the_customers_path() -> None:
    analysis = an_analysis(
        a_ticket("T1", "SALES", "FIN", primary=100),
        a_ticket("T2", "OPS", "FIN", primary=300),
        shares={"FIN": 90},
        walked=[("T1", "FIN", "work", 50)],
    )
    found = rows(by_edge, assessed("one", analysis))
    assert [found["SALES", "FIN"].outward_seconds, found["OPS", "FIN"].outward_seconds] == [90, 0]


def test_a_share_of_which_nothing_lay_on_the_path_is_spread_over_all_of_the_departments_delays() -> None:
    analysis = an_analysis(
        a_ticket("T1", "SALES", "FIN", primary=100), a_ticket("T2", "OPS", "FIN", primary=300), shares={"FIN": 90}
    )
    found = rows(by_edge, assessed("one", analysis))
    # 22.5 and 67.5: the first of equal remainders is rounded up.
    assert [found["SALES", "FIN"].outward_seconds, found["OPS", "FIN"].outward_seconds] == [23, 67]


def test_more_reached_the_customer_than_was_delayed_when_promises_were_tight() -> None:
    analysis = an_analysis(a_ticket("T1", "SALES", "FIN", primary=100), shares={"FIN": 150})
    found = rows(by_department, assessed("one", analysis))["FIN"]
    assert (found.transmission, found.absorbed_seconds) == (1.5, 0)


def late_by(department: str, seconds: int = 10) -> Analysis:
    return an_analysis(a_ticket("T1", "SALES", department, primary=seconds), shares={department: seconds})


def eur(value: str) -> Amount:
    return Amount(Decimal(value), "EUR")


def test_the_value_touched_is_that_of_the_commitments_that_were_delayed() -> None:
    found = rows(
        by_department,
        assessed("one", late_by("FIN"), value=eur("100.50"), annual_value=eur("9000")),
        assessed("two", late_by("FIN"), value=eur("50.25"), annual_value=eur("9000")),
        assessed("three", late_by("OPS"), value=eur("7")),
    )["FIN"]
    assert found.value_touched == [eur("150.75")]
    assert (found.commitments_delayed, found.customers_reached) == (2, 1)


def test_a_customer_whose_commitments_state_no_value_counts_once_with_its_annual_value() -> None:
    found = rows(
        by_department,
        assessed("one", late_by("FIN"), annual_value=eur("9000")),
        assessed("two", late_by("FIN"), annual_value=eur("9000")),
        assessed("three", late_by("FIN"), customer_id=named("OTHER"), annual_value=Amount(Decimal(5), "CHF")),
        assessed("four", late_by("FIN"), customer_id=named("POOR")),
    )["FIN"]
    assert found.value_touched == [Amount(Decimal(5), "CHF"), eur("9000")]
    assert (found.commitments_delayed, found.customers_reached) == (4, 3)


def test_totals_count_each_commitment_and_customer_once_however_many_departments_delayed_it() -> None:
    analysis = an_analysis(
        a_ticket("T1", "SALES", "FIN", primary=10),
        a_ticket("T2", "SALES", "OPS", primary=10),
        shares={"FIN": 5, "OPS": 5},
        plan=7,
        unpromised=3,
    )
    aggregation = added(
        by_department, assessed("one", analysis, value=eur("100")), assessed("two", an_analysis(), delivered=False)
    )
    figures, sums = aggregation.figures(), aggregation.sums()
    assert (figures.commitments_delayed, figures.customers_reached, figures.value_touched) == (1, 1, [eur("100")])
    assert (sums.commitments, sums.delivered, sums.late) == (2, 1, 1)
    assert (sums.lateness_seconds, sums.plan_seconds, sums.unpromised_seconds) == (17, 7, 3)
    assert sums.delay_multiplier == 0.5


def test_without_delay_there_is_no_multiplier() -> None:
    assert added(by_department, assessed("one", an_analysis())).sums().delay_multiplier is None


def test_promises_that_do_not_fit_are_counted_by_their_agreement_and_that_of_the_blocker() -> None:
    analysis = an_analysis(
        a_ticket("T1", "SALES", "OPS", impossible=True, last_driver="T2"),
        a_ticket("T2", "OPS", "FIN"),
        a_ticket("T3", "SALES", "HR", impossible=True),
        impossible=True,
    )
    kinds = {f"T{number}": Kind("p3", sla_id=named(f"SLA {number}")) for number in (1, 2, 3)}
    sums = added(
        by_department,
        assessed("one", analysis, kinds=kinds, last_driver_id="T1"),
        assessed("two", analysis, kinds=kinds, last_driver_id="T1"),
    ).sums()
    assert sums.promises_impossible == 6
    assert {(unfit.sla_id, unfit.blocker_sla_id): unfit.promises for unfit in sums.unfit} == {
        (None, named("SLA 1")): 2,
        (named("SLA 1"), named("SLA 2")): 2,
        (named("SLA 3"), None): 2,
    }


def test_only_what_counts_is_added_and_only_commitments_that_have_some() -> None:
    aggregation = added(
        by_department,
        assessed("one", CHAIN),
        assessed("two", late_by("HR", 30)),
        counted=lambda place: place.party == "FIN",
    )
    assert list(aggregation.rows()) == ["FIN"]
    figures, sums = aggregation.figures(), aggregation.sums()
    assert (figures.tickets, figures.delay_seconds, figures.outward_seconds) == (1, 200, 150)
    assert (sums.commitments, sums.lateness_seconds, sums.delay_multiplier) == (1, 150, 0.75)


GROUPINGS = {
    "department": by_department,
    "edge": by_edge,
    "requester": lambda _, place: place.requester,
    "provider": lambda _, place: place.provider,
    "priority": lambda _, place: place.kind and place.kind.priority,
    "commitment": lambda commitment, _: commitment.commitment_id,
}


@pytest.mark.parametrize("group_of", GROUPINGS.values(), ids=list(GROUPINGS))
@pytest.mark.parametrize("seed", range(3))
def test_plan_and_outward_seconds_are_the_lateness_however_grouped(group_of: Any, seed: int) -> None:
    rng = random.Random(seed)
    commitments = [random_assessed(rng, number) for number in range(100)]
    aggregation = added(group_of, *commitments)
    found, figures, sums = aggregation.rows().values(), aggregation.figures(), aggregation.sums()
    assert sums.lateness_seconds > 0
    assert sums.plan_seconds + figures.outward_seconds == sums.lateness_seconds
    for name in ("tickets", "overrun_seconds", "delay_seconds", "passed_on_seconds", "outward_seconds"):
        assert sum(getattr(each, name) for each in found) == getattr(figures, name)
    assert figures.tickets == sum(len(commitment.analysis.tickets) for commitment in commitments)
