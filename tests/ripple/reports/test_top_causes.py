"""The causes that cost most: who delayed whom by what, and in which commitments."""

import random
from typing import Any

import pytest

from app.ripple.engine.totals import Assessed, Kind, Place
from app.ripple.reports.adding_up import Addition
from app.ripple.reports.columns import columns_of
from app.ripple.reports.pieces import joined, piece_of
from app.ripple.reports.placing import table_of
from app.ripple.reports.top_causes import EXAMPLES, Causes, Example, Of, axes_of_causes, top_causes
from tests.ripple.assessing import a_ticket, an_analysis, assessed, named, random_assessed

ACCESS = Kind("p2", named("access"))


def causes(*commitments: Assessed, of: Of = "lateness", most: int = 10) -> Causes:
    ids: dict[Place, int] = {}
    columns = columns_of(joined([piece_of(each, 0, ids) for each in commitments]))
    table = table_of(ids)
    return top_causes(Addition(columns, axes_of_causes(table)), table, columns, of, most)


def of_type(name: str, analysis: Any, **fields: Any) -> Assessed:
    return assessed(
        name, analysis, kinds=dict.fromkeys((ticket.ticket_id for ticket in analysis.tickets), ACCESS), **fields
    )


def test_a_cause_is_who_overran_on_what_for_whom() -> None:
    one = an_analysis(a_ticket("T1", "OPS", "FIN", primary=100), shares={"FIN": 60})
    two = an_analysis(a_ticket("T1", "OPS", "FIN", primary=50), shares={"FIN": 20})
    found = causes(of_type("one", one), of_type("two", two))
    (cause,) = found.causes
    assert cause.group == ("FIN", "overran", "OPS", "FIN", named("access"))
    assert (cause.seconds, found.seconds, cause.tickets) == (80, 80, 2)
    assert (cause.figures.delay_seconds, cause.figures.commitments_delayed) == (150, 2)
    assert cause.examples == [Example(named("one"), 60), Example(named("two"), 20)]


def test_kinds_of_delay_are_told_apart() -> None:
    analysis = an_analysis(
        a_ticket("T1", "SALES", "FIN", primary=5, kept_waiting=30),
        owner_primary=10,
        shares={"FIN": 4, "SALES": 40, "customer": 3, "third_party": 2},
    )
    found = {cause.group[:4]: cause.seconds for cause in causes(of_type("one", analysis)).causes}
    assert found == {
        ("SALES", "kept_waiting", "SALES", "FIN"): 30,
        ("SALES", "unticketed", None, "SALES"): 10,
        ("FIN", "overran", "SALES", "FIN"): 4,
        ("customer", "waited_for", None, None): 3,
        ("third_party", "waited_for", None, None): 2,
    }


def test_what_was_absorbed_has_causes_of_its_own() -> None:
    one = an_analysis(a_ticket("T1", "OPS", "FIN", primary=100), shares={"FIN": 90})
    two = an_analysis(a_ticket("T1", "OPS", "FIN", primary=50))
    felt = an_analysis(a_ticket("T1", "OPS", "HR", primary=50), shares={"HR": 50})
    found = causes(of_type("one", one), of_type("two", two), of_type("three", felt), of="absorbed")
    (cause,) = found.causes
    assert (cause.group[0], cause.seconds) == ("FIN", 60)
    assert cause.examples == [Example(named("two"), 50), Example(named("one"), 10)]


@pytest.mark.parametrize("of", ["lateness", "absorbed"])
def test_the_largest_come_first_and_only_so_many(of: Of) -> None:
    rng = random.Random(3)
    commitments = [random_assessed(rng, number) for number in range(100)]
    everything = causes(*commitments, of=of, most=1000)
    some = causes(*commitments, of=of, most=3)
    assert some.causes == everything.causes[:3]
    assert some.seconds == everything.seconds == sum(cause.seconds for cause in everything.causes)
    assert [cause.seconds for cause in everything.causes] == sorted(
        (cause.seconds for cause in everything.causes), reverse=True
    )
    for cause in everything.causes:
        assert 0 < len(cause.examples) <= EXAMPLES
        assert cause.examples[0].seconds <= max(cause.figures.delay_seconds, cause.figures.outward_seconds)
    if of == "lateness":
        lateness = sum(each.analysis.lateness_seconds - each.analysis.plan_seconds for each in commitments)
        assert everything.seconds == lateness
