"""Forecasts made in hindsight, judged; what came afterwards changes none of them."""

import random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ripple.forecasting.backtest import back_test
from app.ripple.forecasting.scores import Trial, crps, scores
from tests.ripple.open_commitments import HOUR, random_records, with_another_future

END = 5_000 * HOUR


def trial(probability: float, was_late: bool, *, delivered_at: int = 50, p10: int = 40, p90: int = 60) -> Trial:
    return Trial("C", 0.5, 0, probability, p10, 50, p90, 1.0, delivered_at, was_late)


@pytest.mark.parametrize("seed", range(4))
def test_changing_the_future_changes_no_forecast(seed):
    chance = random.Random(seed)
    records = random_records(chance, 90)
    at = chance.randrange(340, 420) * HOUR
    others = [with_another_future(chance, one, at) for one in records]

    made = back_test(records, END, retrained_seconds=24 * HOUR).trials
    again = back_test(others, END, retrained_seconds=24 * HOUR).trials

    def until_then(trials):
        told = [
            (each.commitment_id, each.share, each.at, each.probability_late, each.p10, each.p50, each.p90)
            for each in trials
        ]
        return sorted(each for each in told if each[2] <= at)

    assert until_then(made) == until_then(again)
    assert until_then(made)
    assert made != again


def test_it_is_the_same_again():
    records = random_records(random.Random(5), 80)

    assert back_test(records, END) == back_test(records, END)


def test_only_commitments_open_at_that_share_of_their_promised_time_are_forecast():
    records = random_records(random.Random(6), 120)
    by_id = {one.id: one.commitment for one in records}

    for each in back_test(records, END).trials:
        commitment = by_id[each.commitment_id]
        assert each.at == commitment.promised_at + int(each.share * (commitment.due_at - commitment.promised_at))
        assert commitment.delivered_at is None or commitment.delivered_at > each.at


def test_no_forecast_is_made_before_thirty_were_delivered():
    found = back_test(random_records(random.Random(7), 31), END)

    assert found.too_early > 0
    assert len(found.trials) < found.too_early


def test_one_that_is_open_still_counts_as_late_once_it_was_due_and_not_before():
    records = random_records(random.Random(8), 150)
    until = 150 * 5 * HOUR
    by_id = {one.id: one.as_of(until) for one in records}

    undelivered = [each for each in back_test(records, until).trials if each.delivered_at is None]
    assert {each.was_late for each in undelivered} == {None, True}
    for each in undelivered:
        assert (each.was_late is True) == (by_id[each.commitment_id].commitment.due_at <= until)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=30), st.integers(0, 1000))
def test_crps_is_the_mean_distance_less_half_the_mean_distance_of_two_draws(draws, outcome):
    draws.sort()
    spread = fmean(abs(one - other) for one in draws for other in draws)

    assert crps(draws, outcome) == pytest.approx(fmean(abs(one - outcome) for one in draws) - spread / 2, abs=1e-6)


def test_a_single_instant_is_scored_by_its_distance():
    assert crps([30], 50) == 20


def test_coverage_is_the_share_delivered_within_the_interval():
    found = scores(0.5, [trial(0.5, False, delivered_at=at) for at in (39, 40, 55, 60, 61)])

    assert (found.coverage, found.below, found.above) == (0.6, 0.2, 0.2)


def test_skill_is_what_is_saved_against_giving_everyone_the_base_rate():
    at_base_rate = scores(0.5, [trial(0.25, late) for late in (True, False, False, False)])
    perfect = scores(0.5, [trial(float(late), late) for late in (True, False, False, False)])

    assert (at_base_rate.brier, at_base_rate.base_brier, at_base_rate.brier_skill) == (0.1875, 0.1875, 0.0)
    assert perfect.brier_skill == 1.0


def test_reliability_sets_what_was_said_beside_what_happened():
    found = scores(0.5, [trial(0.12, False), trial(0.18, True), trial(1.0, True)]).reliability

    assert [(each.above, each.forecasts, each.late_share) for each in found] == [(0.1, 2, 0.5), (0.9, 1, 1.0)]
    assert found[0].mean_probability == pytest.approx(0.15)


def test_nothing_to_judge_by_gives_no_figures():
    found = scores(0.5, [])

    assert (found.coverage, found.brier, found.brier_skill, found.crps_seconds) == (None, None, None, None)
