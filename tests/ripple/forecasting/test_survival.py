"""How long things last, estimated with what has not ended counted for as long as it has lasted."""

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ripple.forecasting.survival import kaplan_meier

# Remission of leukaemia patients in weeks (Freireich et al. 1963), the textbook example; True: ended.
TREATED = [
    *((6, True), (6, True), (6, True), (7, True), (10, True), (13, True), (16, True), (22, True), (23, True)),
    *((6, False), (9, False), (10, False), (11, False), (17, False), (19, False), (20, False), (25, False)),
    *((32, False), (32, False), (34, False), (35, False)),
]
PUBLISHED = {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}

durations = st.lists(st.tuples(st.integers(0, 50), st.booleans()), min_size=1, max_size=40)


def test_the_curve_of_the_textbook_example_is_the_published_one():
    curve = kaplan_meier(TREATED)

    assert curve.ended == tuple(PUBLISHED)
    assert curve.left == pytest.approx(tuple(PUBLISHED.values()), abs=5e-5)


def test_of_what_has_reached_an_age_a_share_goes_on_in_proportion():
    curve = kaplan_meier(TREATED)

    assert curve.lasting_longer(22, age=10) == pytest.approx(0.5378 / 0.7529, abs=1e-4)
    assert curve.lasting_longer(10, age=10) == 1.0


@given(durations)
def test_without_open_ones_it_is_the_plain_share_that_lasts_longer(lasted):
    seconds = [each for each, _ in lasted]
    curve = kaplan_meier((each, True) for each in seconds)

    for at in range(51):
        assert curve.lasting_longer(at) == pytest.approx(sum(each > at for each in seconds) / len(seconds))


@given(durations)
def test_it_is_the_product_of_the_shares_that_go_on_in_exact_fractions(lasted):
    curve = kaplan_meier(lasted)

    share = Fraction(1)
    for ended, left in zip(curve.ended, curve.left, strict=True):
        at_risk = sum(each >= ended for each, _ in lasted)
        share *= Fraction(at_risk - lasted.count((ended, True)), at_risk)
        assert left == pytest.approx(float(share))


@given(durations, st.integers(0, 80))
def test_outcomes_lie_beyond_the_age_ascend_and_weigh_one_in_all(lasted, age):
    outcomes = kaplan_meier(lasted).outcomes(age)

    assert all(seconds > age for seconds in outcomes.seconds)
    assert list(outcomes.seconds) == sorted(outcomes.seconds)
    assert list(outcomes.cumulative) == sorted(outcomes.cumulative)
    assert outcomes.cumulative[-1] == pytest.approx(1)


@given(durations, st.integers(-1, 49))
def test_outcomes_weigh_what_the_curve_says(lasted, age):
    curve = kaplan_meier(lasted)
    outcomes = curve.outcomes(age)

    for seconds, cumulative in zip(outcomes.seconds, outcomes.cumulative, strict=True):
        if seconds in curve.ended:
            assert 1 - cumulative == pytest.approx(curve.lasting_longer(seconds, age))


def test_what_lasts_beyond_all_that_was_seen_may_last_many_times_longer():
    curve = kaplan_meier([(10, True), (20, True), (100, False)])
    outcomes = curve.outcomes()

    assert 0 < curve.lasting_longer(400) < curve.lasting_longer(200) < curve.lasting_longer(100) == pytest.approx(1 / 3)
    assert outcomes.seconds[:2] == (10, 20)
    assert min(outcomes.seconds[2:]) > 100


def test_what_is_older_than_anything_seen_still_ends_some_time():
    outcomes = kaplan_meier([(10, True), (20, True)]).outcomes(age=50)

    assert 50 < outcomes.quantile(0.5) < 150


def test_a_quantile_is_the_shortest_duration_that_the_share_does_not_exceed():
    outcomes = kaplan_meier((seconds, True) for seconds in range(1, 11)).outcomes()

    assert [outcomes.quantile(share) for share in (0, 0.05, 0.45, 0.95, 1)] == [1, 1, 5, 10, 10]


def test_sampling_by_inversion_gives_the_distribution_back():
    outcomes = kaplan_meier(TREATED).outcomes()
    chance = random.Random(1)
    drawn = [outcomes.quantile(chance.random()) for _ in range(20_000)]

    assert sum(seconds > 10 for seconds in drawn) / len(drawn) == pytest.approx(PUBLISHED[10], abs=0.02)


def test_nothing_seen_leaves_only_the_tail():
    assert min(kaplan_meier([]).outcomes(age=100).seconds) > 100
