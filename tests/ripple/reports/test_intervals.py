"""How sure a report is: intervals of the percentile bootstrap, commitments drawn with repetition."""

import random

import numpy as np
import pytest

from app.ripple.reports.adding_up import Delays
from app.ripple.reports.ids import Ints
from app.ripple.reports.intervals import Interval, intervals


def delays(rows: list[tuple[int, int, int, int]], of: int) -> tuple[Delays, Ints]:
    """Each row: a group, a commitment, its delay and outward seconds; and the places of so many commitments."""
    columns = np.array(rows, np.int64).reshape(-1, 4).T
    group, commitment, delay, outward = columns
    return Delays(group, commitment, delay, outward), np.arange(of)


def groups(count: int) -> Ints:
    return np.arange(count)


def test_commitments_that_are_all_alike_leave_no_doubt() -> None:
    same = delays([(0, number, 100, 40) for number in range(20)], 20)
    assert intervals(*same, groups(1)) == [Interval(800, 800, 0.4, 0.4)] * 2


def test_the_interval_of_a_sum_is_what_the_binomial_distribution_says() -> None:
    # A hundred commitments of which thirty were late by a second: the sum of a draw is binomial (100, 0.3).
    some = delays([(0, number, 1, 1) for number in range(30)], 100)
    (interval, over_all) = intervals(*some, groups(1), draws=20_000)
    assert interval == over_all
    assert (interval.outward_seconds_low, interval.outward_seconds_high) == (21, 39)


def test_entries_of_a_commitment_are_drawn_together() -> None:
    # In each commitment one group's loss is the other's gain: over both nothing varies.
    rows = [(group, number, 10, 10 * (group == number % 2)) for number in range(40) for group in (0, 1)]
    first, second, over_all = intervals(*delays(rows, 40), groups(2))
    assert over_all == Interval(400, 400, 0.5, 0.5)
    assert first.transmission_low is not None
    assert second.transmission_high is not None
    assert first.transmission_low < 0.5 < second.transmission_high


def test_of_many_commitments_random_groups_are_drawn_and_say_the_same() -> None:
    # Ten thousand of which three thousand were late by a second: 1.96 standard deviations are 90 seconds.
    late = np.random.default_rng(7).permutation(10_000)[:3_000].tolist()
    (interval, _) = intervals(*delays([(0, number, 1, 1) for number in late], 10_000), groups(1))
    assert interval.outward_seconds_low == pytest.approx(2_910, abs=15)
    assert interval.outward_seconds_high == pytest.approx(3_090, abs=15)


def test_a_group_has_the_same_interval_whichever_are_asked_for() -> None:
    rng = random.Random(2)
    rows = [(rng.randrange(4), rng.randrange(90), rng.randrange(100), rng.randrange(100)) for _ in range(300)]
    everything = intervals(*delays(rows, 90), groups(4))
    assert intervals(*delays(rows, 90), np.array([3, 1])) == [everything[3], everything[1], everything[4]]


def test_the_same_is_drawn_every_time() -> None:
    rng = random.Random(1)
    rows = [(rng.randrange(3), rng.randrange(50), rng.randrange(100), rng.randrange(100)) for _ in range(200)]
    assert intervals(*delays(rows, 50), groups(3)) == intervals(*delays(rows, 50), groups(3))
    assert intervals(*delays(rows, 50), groups(3)) != intervals(*delays(rows, 50), groups(3), seed=2)


@pytest.mark.parametrize("rows", [[], [(0, 0, 0, 5)]])
def test_without_delay_there_is_no_transmission(rows: list[tuple[int, int, int, int]]) -> None:
    for interval in intervals(*delays(rows, 3), groups(1)):
        assert (interval.transmission_low, interval.transmission_high) == (None, None)
        assert interval.outward_seconds_low == 0
