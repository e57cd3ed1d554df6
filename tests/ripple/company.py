"""A company of random commitments, with everything that ripple reports group by."""

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from app.ripple.engine.totals import Assessed, Place
from app.ripple.reports.adding_up import Addition
from app.ripple.reports.axes import Axis
from app.ripple.reports.columns import columns_of
from app.ripple.reports.money import annual_values_of
from app.ripple.reports.pieces import joined, piece_of
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
        addition = Addition(self.columns, [self.axis(name) for name in dimensions], mask)
        return addition.with_annual_values(annual_values_of(self.annual_values))


def value_at(dimension: str, place: Place) -> Any:
    if dimension in ("party", "requester", "provider"):
        return getattr(place, dimension)
    return None if place.kind is None else getattr(place.kind, dimension)


def _axis(told: Sequence[Any], *, by_commitment: bool) -> Axis:
    values = sorted(set(told), key=str)
    return Axis(np.array([values.index(each) for each in told], np.int64), values, by_commitment)
