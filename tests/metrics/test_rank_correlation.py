"""Kendall's tau-b and its interval, against enumeration, a textbook's formula and known values."""

from collections import Counter
from itertools import product
from math import atanh, sqrt, tanh

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.metrics.rank_correlation import FEWEST, FEWEST_THAT_DIFFER, rank_correlation

Pairs = list[tuple[float, float]]

pairs = st.lists(st.tuples(st.integers(0, 7), st.integers(-3, 3)), min_size=FEWEST, max_size=40)


def sign(value: float) -> int:
    return (value > 0) - (value < 0)


def enumerated(given_pairs: Pairs) -> float:
    """Tau-b, pair by pair."""
    both = list(product(given_pairs, repeat=2))
    alike = sum(sign(a - c) * sign(b - d) for (a, b), (c, d) in both)
    return alike / sqrt(sum(a != c for (a, _), (c, _) in both) * sum(b != d for (_, b), (_, d) in both))


def agree(given_pairs: Pairs) -> bool:
    """Whether all that differ in both are ordered alike, or all the other way round."""
    return len({sign(a - c) * sign(b - d) for (a, b), (c, d) in product(given_pairs, repeat=2)} - {0}) < 2


def standard_error(given_pairs: Pairs) -> float:
    """That of tau-b in a contingency table (Brown and Benedetti 1977), cell by cell."""
    n, cells = len(given_pairs), Counter(given_pairs)
    rows, columns = Counter(first for first, _ in given_pairs), Counter(second for _, second in given_pairs)
    w_r, w_c = (n * n - sum(count * count for count in margin.values()) for margin in (rows, columns))
    w = sqrt(w_r * w_c)
    d = {(a, b): sum(count * sign(a - c) * sign(b - e) for (c, e), count in cells.items()) for a, b in cells}
    tau = sum(count * d[cell] for cell, count in cells.items()) / w
    total = sum(
        count * (2 * w * d[a, b] + tau * (rows[a] * w_c + columns[b] * w_r)) ** 2 for (a, b), count in cells.items()
    )
    return sqrt(max(0.0, total - n**3 * tau**2 * (w_r + w_c) ** 2)) / w**2


@given(pairs)
def test_it_is_what_enumeration_finds_or_nothing_is_told(given_pairs: Pairs) -> None:
    found = rank_correlation(given_pairs)
    differing = [len(given_pairs) - max(Counter(pair[side] for pair in given_pairs).values()) for side in (0, 1)]
    assert (found is None) == (min(differing) < FEWEST_THAT_DIFFER)
    if found is not None:
        assert found.tau == pytest.approx(enumerated(given_pairs), abs=1e-12)
        assert -1 <= found.low <= found.tau <= found.high <= 1
        assert found.n == len(given_pairs)


@given(pairs)
def test_the_interval_has_the_standard_error_of_contingency_tables(given_pairs: Pairs) -> None:
    found = rank_correlation(given_pairs)
    if found is not None and not agree(given_pairs):
        n = len(given_pairs)
        reach = 1.959964 * standard_error(given_pairs) * sqrt(n / (n - 1)) / (1 - found.tau**2)
        expected = (tanh(atanh(found.tau) - reach), tanh(atanh(found.tau) + reach))
        assert (found.low, found.high) == pytest.approx(expected, abs=1e-6)


@given(pairs)
def test_it_is_symmetric_and_turns_with_the_direction_of_a_measure(given_pairs: Pairs) -> None:
    found = rank_correlation(given_pairs)
    swapped = rank_correlation([(second, first) for first, second in given_pairs])
    turned = rank_correlation([(first, -second) for first, second in given_pairs])
    if found is None:
        assert swapped is None
        assert turned is None
    else:
        told = (found.tau, found.low, found.high)
        assert swapped is not None
        assert (swapped.tau, swapped.low, swapped.high) == pytest.approx(told)
        assert turned is not None
        assert (-turned.tau, -turned.high, -turned.low) == pytest.approx(told)


@given(pairs)
def test_only_the_order_matters(given_pairs: Pairs) -> None:
    assert rank_correlation([(first**3 + 5, 2.5 * second) for first, second in given_pairs]) == rank_correlation(
        given_pairs
    )


def test_wines_ranked_by_two_judges() -> None:
    one = (1, 2.5, 2.5, 4.5, 4.5, 6.5, 6.5, 8, 9.5, 9.5)
    other = (1, 2, 4.5, 4.5, 4.5, 4.5, 8, 8, 8, 10)
    found = rank_correlation(list(zip(one, other, strict=True)))
    assert found is not None
    assert found.tau == pytest.approx(0.859, abs=5e-4)


def test_where_every_pair_agrees_the_interval_still_has_a_width_that_shrinks_with_more() -> None:
    few, many = (rank_correlation([(value, value) for value in range(n)]) for n in (10, 100))
    assert few is not None
    assert many is not None
    assert (few.tau, few.high, many.high) == pytest.approx((1, 1, 1))
    assert 0.8 < few.low < 0.95 < many.low < 1
    opposed = rank_correlation([(value, -value) for value in range(10)])
    assert opposed is not None
    assert (opposed.tau, opposed.low, opposed.high) == pytest.approx((-1, -1, -few.low))
    tied = rank_correlation([(value, value // 3) for value in range(12)])
    assert tied is not None
    assert 0.5 < tied.low < tied.tau < tied.high < 1


def test_of_few_or_of_nearly_all_alike_nothing_is_told() -> None:
    assert rank_correlation([]) is None
    assert rank_correlation([(value, value) for value in range(FEWEST - 1)]) is None
    assert rank_correlation([(value, value < 4) for value in range(100)]) is None
    assert rank_correlation([(value, value < 5) for value in range(100)]) is not None


def test_its_cost_does_not_grow_with_the_square() -> None:
    found = rank_correlation([(value % 1009, value % 997) for value in range(50_000)])
    assert found is not None
    assert abs(found.tau) < 0.05
