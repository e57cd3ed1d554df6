"""Adding up in columns is adding up one after the other: the same rows, totals and sums, however grouped and chosen."""

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from app.ripple.engine.totals import Assessed, Place
from app.ripple.reports.adding_up import Addition, Axis
from app.ripple.reports.columns import annual_values_of, columns_of, joined, piece_of
from tests.ripple.assessing import random_assessed
from tests.ripple.literal_totals import Aggregation

DAY = 86_400
TIERS = ("gold", None, "silver", "gold", "bronze")


class Company:
    """Random commitments, one after the other and in columns, with everything that can be grouped by."""

    def __init__(self, seed: int, count: int) -> None:
        rng = random.Random(seed)
        self.assessed = [random_assessed(rng, number) for number in range(count)]
        self.at = {each.commitment_id: rng.randrange(20) * DAY + rng.randrange(DAY) for each in self.assessed}
        self.ids: dict[Place, int] = {}
        pieces = [piece_of(each, self.at[each.commitment_id], self.ids) for each in self.assessed]
        self.columns = columns_of(joined(pieces))
        self.annual_values = {
            each.customer_id: each.annual_value for each in self.assessed if each.annual_value is not None
        }
        customers = sorted({each.customer_id for each in self.assessed})
        self.tiers = dict(zip(customers, TIERS, strict=False))

    def axis(self, dimension: str) -> Axis:
        of_commitment = {
            "customer": lambda each: each.customer_id,
            "customer_tier": lambda each: self.tiers[each.customer_id],
            "day": lambda each: self.day(each),
        }
        if dimension in of_commitment:
            told = [of_commitment[dimension](each) for each in self.assessed]
            return _axis(told, by_commitment=True)
        told = [None] * (len(self.ids) + 1)
        for place, id_ in self.ids.items():
            told[id_] = value_at(dimension, place)
        return _axis(told, by_commitment=False)

    def day(self, assessed: Assessed) -> date:
        return date(1970, 1, 1) + timedelta(seconds=self.at[assessed.commitment_id] // DAY * DAY)

    def value(self, dimension: str, assessed: Assessed, place: Place) -> Any:
        if dimension == "customer":
            return assessed.customer_id
        if dimension == "customer_tier":
            return self.tiers[assessed.customer_id]
        return self.day(assessed) if dimension == "day" else value_at(dimension, place)

    def literal(self, dimensions: Sequence[str], counted: Callable[[Place], bool] | None) -> Aggregation[Any]:
        def group_of(assessed: Assessed, place: Place) -> Any:
            return tuple(self.value(name, assessed, place) for name in dimensions)

        aggregation: Aggregation[Any] = Aggregation(group_of, counted)
        for each in self.assessed:
            aggregation.add(each)
        return aggregation

    def addition(self, dimensions: Sequence[str], counted: Callable[[Place], bool] | None) -> Addition:
        mask = None
        if counted is not None:
            mask = np.zeros(len(self.ids) + 1, np.bool_)
            for place, id_ in self.ids.items():
                mask[id_] = counted(place)
        annual_values = annual_values_of(self.annual_values)
        return Addition(self.columns, [self.axis(name) for name in dimensions], mask, annual_values)


def value_at(dimension: str, place: Place) -> Any:
    if dimension in ("party", "requester", "provider"):
        return getattr(place, dimension)
    return None if place.kind is None else getattr(place.kind, dimension)


def _axis(told: Sequence[Any], *, by_commitment: bool) -> Axis:
    values = sorted(set(told), key=str)
    return Axis(np.array([values.index(each) for each in told], np.int64), values, by_commitment)


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
