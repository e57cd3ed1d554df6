"""How sure a share can be: the interval of Wilson, against values known from elsewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.service_levels.intervals import wilson


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # Newcombe 1998, table I: method 3 (score, without continuity correction).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
        # R: prop.test(x, n, correct = FALSE)
        (5, 10, 0.2366, 0.7634),
        (95, 100, 0.8882, 0.9785),
        (1, 1, 0.2065, 1.0),
    ],
)
def test_it_gives_the_published_values(successes: int, trials: int, low: float, high: float) -> None:
    assert wilson(successes, trials) == pytest.approx((low, high), abs=0.00005)


def test_without_trials_there_is_none() -> None:
    assert wilson(0, 0) is None


def test_a_higher_confidence_needs_a_wider_interval() -> None:
    assert wilson(5, 10, 0.99) == pytest.approx((0.1842, 0.8158), abs=0.00005)


@given(st.integers(1, 10**7).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_it_holds_the_share_and_stays_within_nothing_and_all(sample: tuple[int, int]) -> None:
    successes, trials = sample
    interval = wilson(successes, trials)
    assert interval is not None
    low, high = interval
    assert 0 <= low <= successes / trials <= high <= 1
    assert low < high


@given(st.integers(1, 1000).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_of_failures_it_is_the_mirror_image(sample: tuple[int, int]) -> None:
    successes, trials = sample
    low, high = wilson(successes, trials) or (None, None)
    assert wilson(trials - successes, trials) == pytest.approx((1 - (high or 0), 1 - (low or 0)))
