"""In which order groups are told, and which of them when there are too many."""

from typing import Any

import pytest

from app.kernel.reports import TIMES
from app.ripple.engine.totals import RippleFigures
from app.ripple.reports.grouping import in_order
from tests.ripple.company import Company

GROUPINGS = [(), ("party",), ("customer",), ("day",), ("requester", "provider"), ("customer", "day", "priority")]


@pytest.fixture(scope="module")
def company() -> Company:
    return Company(7, 120)


def by_weight(figures: RippleFigures) -> tuple[int, int]:
    return -figures.outward_seconds, -figures.delay_seconds


@pytest.mark.parametrize("dimensions", GROUPINGS)
@pytest.mark.parametrize("most", [None, 1, 5, 40, 10_000])
def test_the_heaviest_are_told_by_time_then_weight_then_name(
    company: Company, dimensions: tuple[str, ...], most: int | None
) -> None:
    addition = company.addition(dimensions, None)
    rows: dict[Any, RippleFigures] = dict(zip(addition.groups(), addition.rows(), strict=True))

    def named(group: tuple[Any, ...], *, times: bool) -> list[tuple[bool, str]]:
        told = zip(dimensions, group, strict=True)
        return [(value is None, str(value)) for name, value in told if (name in TIMES) == times]

    def heaviest(group: tuple[Any, ...]) -> tuple[Any, ...]:
        return *by_weight(rows[group]), named(group, times=True), named(group, times=False)

    def told(group: tuple[Any, ...]) -> tuple[Any, ...]:
        return named(group, times=True), *by_weight(rows[group]), named(group, times=False)

    expected = sorted(sorted(rows, key=heaviest)[:most], key=told)
    assert addition.groups(in_order(dimensions, addition, most)) == expected
