"""What was learned, kept so that forecasts are quick, is what looking at all of it anew would give."""

import random
from threading import Thread

import pytest

from app.ripple.forecasting.alike import Stretch, Stretches
from app.ripple.forecasting.experience import Experience, learn
from app.ripple.forecasting.forecast import forecast
from app.ripple.forecasting.kept_curves import KeptCurves
from app.ripple.forecasting.survival import kaplan_meier
from tests.ripple.literal_experience import LiteralExperience
from tests.ripple.open_commitments import HOUR, random_records


def known_at(seed: int) -> tuple[list, int, Experience]:
    chance = random.Random(seed)
    at = chance.randrange(20, 900) * HOUR
    records = random_records(chance, chance.choice((5, 30, 90, 200)))
    known = [seen for each in records if (seen := each.as_of(at))]
    return known, at, learn(known, at)


@pytest.mark.parametrize("seed", range(24))
def test_forecasts_are_those_of_curves_estimated_anew(seed):
    known, at, experience = known_at(seed)
    literally = LiteralExperience(experience)

    for one in known:
        if one.is_open:
            assert forecast(one, at, experience, draws=60) == forecast(one, at, literally, draws=60)


@pytest.mark.parametrize("seed", range(12))
def test_those_alike_are_counted_as_they_are_listed(seed):
    chance = random.Random(seed)
    stretches = Stretches()
    for _ in range(chance.randrange(60)):
        start, free_for, rest = chance.randrange(40), chance.randrange(30), chance.randrange(20)
        stretches.add(Stretch(start, start + free_for + rest, chance.random() < 0.7, start + free_for))

    for point in range(-1, 90):
        for alike in (
            stretches.free_for_longer(point),
            stretches.free_at(point),
            stretches.outliving(point),
            stretches.starting_within(point, point + 9),
            stretches.every(),
        ):
            lasted = alike.lasted()
            assert (alike.size, alike.ended) == (len(lasted), sum(has_ended for _, has_ended in lasted))
            assert lasted == sorted(lasted)


def test_of_one_rank_there_are_the_same_ones():
    _, _, experience = known_at(3)
    stretches = experience._stretches["opened", "ticket"]
    by_rank: dict = {}

    for age in range(0, 70 * HOUR, HOUR // 2):
        alike = stretches.free_for_longer(age)
        assert by_rank.setdefault(alike.rank, alike.lasted()) == alike.lasted()
    assert len(by_rank) > 5


def test_of_the_curves_that_are_kept_the_oldest_give_way():
    stretches = Stretches()
    for seconds in range(10):
        stretches.add(Stretch(0, seconds + 1, True, seconds + 1))
    curves = KeptCurves(most_points=25)

    for age in (0, 1, 2, 0, 5):
        found = stretches.free_for_longer(age)
        assert curves.outcomes(found) == kaplan_meier(found.lasted()).outcomes()
        assert curves._points == sum(len(outcomes.seconds) for outcomes in curves._kept.values()) <= 25


def test_threads_that_ask_at_once_are_answered_alike():
    known, at, experience = known_at(9)
    experience._curves = KeptCurves(most_points=200)
    still_open = [one for one in known if one.is_open]
    expected = [forecast(one, at, experience, draws=20) for one in still_open]
    found: list = []

    threads = [
        Thread(target=lambda: found.append([forecast(one, at, experience, draws=20) for one in still_open]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [expected] * 4
