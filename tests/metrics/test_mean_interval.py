"""How sure a mean can be."""

from statistics import fmean, stdev

import pytest

from app.metrics.mean_interval import mean_interval, quantile


@pytest.mark.parametrize(
    ("degrees", "tabulated"),
    [(1, 12.7062), (2, 4.3027), (3, 3.1824), (4, 2.7764), (5, 2.5706), (10, 2.2281), (30, 2.0423), (120, 1.9799)],
)
def test_the_quantiles_are_those_of_the_tables(degrees: int, tabulated: float) -> None:
    assert quantile(0.975, degrees) == pytest.approx(tabulated, rel=0.0013)


def test_it_is_students_interval() -> None:
    scores = [3, 4, 4, 5, 2, 4]
    low, high = mean_interval(6, fmean(scores), stdev(scores), (1, 5)) or (0, 0)
    assert (low, high) == pytest.approx((2.5836, 4.7497), abs=0.002)


def test_it_keeps_within_what_can_be_measured() -> None:
    assert mean_interval(2, 4.5, 0.7071, (1, 5)) == (1, 5)


@pytest.mark.parametrize(("n", "mean", "spread"), [(0, None, None), (1, 4, None), (3, 5, 0)])
def test_of_one_or_of_all_alike_nothing_is_told(n: int, mean: float, spread: float) -> None:
    assert mean_interval(n, mean, spread, (1, 5)) is None
