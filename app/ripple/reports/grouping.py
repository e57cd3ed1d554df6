"""What the ripple reports group by: axes of columns, and how a group is told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import numpy as np

from app.kernel.reports import TIMES
from app.ripple.naming import Named, Names, identity
from app.ripple.reports.adding_up import Addition
from app.ripple.reports.axes import Axis, Group
from app.ripple.reports.columns import SECONDS_A_DAY, Columns
from app.ripple.reports.ids import Ids, Ints, found_in, halves
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
    """What reports must know besides: names, and of customers what is asked for: by their ids, and the packed ids of
    each tier."""

    names: Names
    customers: Mapping[UUID, Named] = field(default_factory=dict)
    tiers: Mapping[str | None, bytes] = field(default_factory=dict)


def axes_of(dimensions: Sequence[str], columns: Columns, table: PlaceTable, facts: Facts) -> list[Axis]:
    """One for each dimension; `edge` is two, and must have been taken apart."""
    return [_axis(name, columns, table, facts) for name in dimensions]


def axes_of_places(dimensions: Sequence[str], table: PlaceTable) -> list[Axis]:
    """The same, of dimensions that places have."""
    return [_axis_of_places(name, table) for name in dimensions]


def _axis_of_places(dimension: str, table: PlaceTable) -> Axis:
    side = table.sides[_SIDES[dimension]]
    return Axis(side.numbers.astype(np.int64), side.values, by_commitment=False)


def _axis(dimension: str, columns: Columns, table: PlaceTable, facts: Facts) -> Axis:
    if dimension in _SIDES:
        return _axis_of_places(dimension, table)
    if dimension in TIMES:
        days, numbers = np.unique(_first_days(dimension, columns.delivered_at), return_inverse=True)
        return Axis(numbers, [_EPOCH + timedelta(days=day) for day in days.tolist()], by_commitment=True)
    numbers, customers = columns.customers
    if dimension == "customer":
        return Axis(numbers, Ids(customers), by_commitment=True)
    # Whoever is in no tier comes last, where -1 leads.
    tiers = [*(tier for tier in facts.tiers if tier is not None), None]
    found = np.full(len(customers), -1, np.int64)
    for number, tier in enumerate(tiers[:-1]):
        found[found_in(customers, halves(facts.tiers[tier])) >= 0] = number
    return Axis(found[numbers] % len(tiers), tiers, by_commitment=True)


def _first_days(stretch: str, seconds: Ints) -> Ints:
    """The first day of each, in days since 1970."""
    days = seconds // SECONDS_A_DAY
    if stretch == "week":
        return days - (days + _DAYS_BEFORE_MONDAY) % 7
    if stretch == "month":
        return days.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return days


def groups_told(dimensions: Sequence[str], groups: Sequence[Group], facts: Facts) -> list[dict[str, Any]]:
    """The fields that tell each group, as `app.kernel.reports.group_fields` names them."""
    named: dict[str, Mapping[Any, Named]] = {
        "request_type": facts.names.request_types,
        "customer": facts.customers,
        **dict.fromkeys(("department", "requester", "provider"), facts.names.departments),
    }
    told: list[dict[str, Any]] = [{} for _ in groups]
    for name, values in zip(dimensions, zip(*groups, strict=True), strict=False):
        fields = _fields(name, set(values), named.get(name))
        told = [before | fields[value] for before, value in zip(told, values, strict=True)]
    return told


def _fields(dimension: str, values: Iterable[Any], named: Mapping[Any, Named] | None) -> dict[Any, dict[str, Any]]:
    """What tells each value of a dimension."""
    return {value: {dimension: value} if named is None else identity(dimension, value, named) for value in values}


def in_order(dimensions: Sequence[str], addition: Addition, most: int | None = None) -> Ints:
    """The groups, or so many of those that weigh most: by time, then what weighs most, then by name.

    What weighs is the share in commitments' lateness, and then the delay.
    """
    groups = np.arange(len(addition)) if most is None else addition.heaviest(most)
    weights = [-addition.outward(groups), -addition.delay(groups)]
    named = [ranks(axis.values)[number] for axis, number in zip(addition.axes, addition.numbers(groups), strict=True)]
    times = [rank for name, rank in zip(dimensions, named, strict=True) if name in TIMES]
    others = [rank for name, rank in zip(dimensions, named, strict=True) if name not in TIMES]
    told = _sorted(*weights, *times, *others)[:most]
    return groups[told[_sorted(*(key[told] for key in (*times, *weights, *others)))]]


def ranks(values: Sequence[Any]) -> Ints:
    """The place of each value among them by name, nothing last."""
    if isinstance(values, Ids):
        order = values.order.tolist()
    else:
        order = sorted(range(len(values)), key=lambda number: (values[number] is None, str(values[number])))
    ranks = np.empty(len(values), np.int64)
    ranks[order] = np.arange(len(values))
    return ranks


def _sorted(*keys: Ints) -> Ints:
    """The order by these keys, the first one first."""
    return np.lexsort(keys[::-1])
