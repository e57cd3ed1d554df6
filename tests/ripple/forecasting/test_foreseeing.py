"""When commitments are looked at again, and what of it is told."""

import pytest

from app.ripple.elapsed import DAY, HOUR, MINUTE
from app.ripple.forecasting.foreseeing import Crossing, crossing, next_look

DUE = 100 * DAY


@pytest.mark.parametrize(
    ("at_risk", "probability", "told"),
    [
        (False, 0.0, None),
        (False, 0.499, None),
        (False, 0.5, Crossing.AT_RISK),
        (False, 1.0, Crossing.AT_RISK),
        (True, 1.0, None),
        (True, 0.499, None),
        (True, 0.3, None),
        (True, 0.299, Crossing.BACK_ON_TRACK),
        (True, 0.0, Crossing.BACK_ON_TRACK),
    ],
)
def test_it_is_told_above_one_half_and_again_below_three_tenths(at_risk, probability, told):
    assert crossing(at_risk, probability) is told


@pytest.mark.parametrize(
    ("left", "after"),
    [
        (60 * DAY, 6 * HOUR),
        (7 * DAY + HOUR, HOUR),
        (7 * DAY, HOUR),
        (DAY, HOUR),
        (12 * HOUR, HOUR // 2),
        (10 * MINUTE, MINUTE),
        (MINUTE // 2, MINUTE // 2 + 1),
        (0, 1),
        (-1, DAY),
        (-30 * DAY, DAY),
    ],
)
def test_it_is_looked_at_more_often_the_nearer_its_due_time(left, after):
    assert next_look(DUE - left, DUE) == DUE - left + after


def test_it_is_looked_at_in_the_second_after_its_due_time():
    looks, at = [], DUE - 9 * DAY
    while at <= DUE:
        at = next_look(at, DUE)
        looks.append(at)
    assert looks[-1] == DUE + 1
    assert len(looks) < 300
