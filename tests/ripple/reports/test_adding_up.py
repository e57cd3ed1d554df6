"""Adding up in columns is adding up one after the other: the same rows, totals and sums, however grouped and chosen."""

from collections.abc import Callable
from itertools import combinations

import pytest

from app.ripple.engine.totals import Place
from tests.ripple.company import Company

PLACES = ("party", "requester", "provider", "request_type_id", "priority")
DIMENSIONS = (*PLACES, "customer", "customer_tier", "day")
GROUPINGS = [(), *((name,) for name in DIMENSIONS), *combinations(DIMENSIONS, 2), ("customer", "party", "requester")]
FILTERS: dict[str, Callable[[Place], bool] | None] = {
    "everything": None,
    "a department": lambda place: place.party == "Finance",
    "a requester": lambda place: place.requester == "Sales",
    "a provider": lambda place: place.provider == "IT",
    "a pair": lambda place: (place.requester, place.provider) == ("Sales", "IT"),
    "a priority": lambda place: place.kind is not None and place.kind.priority == "p2",
    "a request type": lambda place: place.kind is not None and place.kind.request_type_id is not None,
    "nothing": lambda place: False,
}


@pytest.fixture(scope="module", params=range(3))
def company(request: pytest.FixtureRequest) -> Company:
    return Company(request.param, 150)


@pytest.mark.parametrize("chosen", FILTERS)
def test_columns_add_up_to_what_one_after_the_other_does(company: Company, chosen: str) -> None:
    for dimensions in GROUPINGS:
        literal, addition = company.literal(dimensions, FILTERS[chosen]), company.addition(dimensions, FILTERS[chosen])
        groups = addition.groups()
        assert len(groups) == len(set(groups)) == len(addition)
        assert dict(zip(groups, addition.rows(), strict=True)) == literal.rows()
        if not dimensions:
            assert addition.totals() == literal.figures()
            sums, expected = addition.sums(delivered=True), literal.sums()
            assert {(each.sla_id, each.blocker_sla_id): each.promises for each in sums.unfit} == {
                (each.sla_id, each.blocker_sla_id): each.promises for each in expected.unfit
            }
            assert [each.promises for each in sums.unfit] == [each.promises for each in expected.unfit]
            for name in ("commitments", "delivered", "late", "lateness_seconds", "plan_seconds", "unpromised_seconds"):
                assert getattr(sums, name) == getattr(expected, name)
            assert sums.promises_impossible == expected.promises_impossible
            assert sums.delay_multiplier == expected.delay_multiplier
