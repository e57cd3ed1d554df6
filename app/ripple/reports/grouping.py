"""What the ripple reports group by: axes of columns, and how a group is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import numpy as np

from app.kernel.reports import TIMES
from app.ripple.naming import Named, Names, identity
from app.ripple.reports.adding_up import Axis, Group
from app.ripple.reports.columns import SECONDS_A_DAY, Columns, Ints, numbered, uuids
from app.ripple.reports.placing import PlaceTable

_SIDES: Final = {
    "department": "party",
    "requester": "requester",
    "provider": "provider",
    "request_type": "request_type_id",
    "priority": "priority",
}
"""The side of places that a dimension goes by; the rest go by commitments."""

_EPOCH: Final = date(1970, 1, 1)
# The first day of 1970 was a Thursday.
_DAYS_BEFORE_MONDAY: Final = 3


@dataclass(frozen=True, slots=True)
class Facts:
    """What reports must know besides: names, and of customers what is asked for, by their ids."""

    names: Names
    customers: Mapping[UUID, Named]
    tiers: Mapping[UUID, str | None]


def axes_of(dimensions: Sequence[str], columns: Columns, table: PlaceTable, facts: Facts) -> list[Axis]:
    """One for each dimension; `edge` is two, and must have been taken apart."""
    return [_axis(name, columns, table, facts) for name in dimensions]


def _axis(dimension: str, columns: Columns, table: PlaceTable, facts: Facts) -> Axis:
    if dimension in _SIDES:
        side = table.sides[_SIDES[dimension]]
        return Axis(side.numbers.astype(np.int64), side.values, by_commitment=False)
    if dimension in TIMES:
        days, numbers = np.unique(_first_days(dimension, columns.delivered_at), return_inverse=True)
        return Axis(numbers, [_EPOCH + timedelta(days=day) for day in days.tolist()], by_commitment=True)
    numbers, different = numbered(columns.customer_ids)
    customers = uuids(different)
    if dimension == "customer":
        return Axis(numbers, customers, by_commitment=True)
    told = [facts.tiers.get(customer) for customer in customers]
    values = list(dict.fromkeys(told))
    places = {value: number for number, value in enumerate(values)}
    return Axis(np.array([places[tier] for tier in told], np.int64)[numbers], values, by_commitment=True)


def _first_days(stretch: str, seconds: Ints) -> Ints:
    """The first day of each, in days since 1970."""
    days = seconds // SECONDS_A_DAY
    if stretch == "week":
        return days - (days + _DAYS_BEFORE_MONDAY) % 7
    if stretch == "month":
        return days.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return days


def group_told(dimensions: Sequence[str], group: Group, facts: Facts) -> dict[str, Any]:
    """The fields that tell the group, as `app.kernel.reports.group_fields` names them."""
    named: dict[str, Mapping[Any, Named]] = {
        "request_type": facts.names.request_types,
        "customer": facts.customers,
        **dict.fromkeys(("department", "requester", "provider"), facts.names.departments),
    }
    told: dict[str, Any] = {}
    for name, value in zip(dimensions, group, strict=True):
        told |= identity(name, value, named[name]) if name in named else {name: value}
    return told


def in_order(dimensions: Sequence[str], groups: Sequence[Group], weights: Sequence[tuple[int, ...]]) -> list[int]:
    """By time, then what weighs most, then by name."""

    def key(number: int) -> tuple[Any, ...]:
        named = list(zip(dimensions, groups[number], strict=True))
        times = tuple(value for name, value in named if name in TIMES)
        others = tuple((value is None, str(value)) for name, value in named if name not in TIMES)
        return (times, tuple(-weight for weight in weights[number]), others)

    return sorted(range(len(groups)), key=key)
