"""What may be said of a metric before and since."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.suggestions.effects import FEWEST, KINDS, Side, told, verdict

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAYS = timedelta(days=30)


def before(value: float | None, n: int = 100, low: float | None = None, high: float | None = None) -> Side:
    return Side(AT - DAYS, AT, value, n, low, high)


def since(value: float | None, n: int = 100, low: float | None = None, high: float | None = None) -> Side:
    return Side(AT, AT + DAYS, value, n, low, high)


def test_intervals_that_do_not_touch_are_a_change() -> None:
    sides = before(0.7, 100, 0.6, 0.78), since(0.9, 100, 0.82, 0.94)
    assert verdict("attainment", *sides) == "better"
    assert told("attainment", *sides) == (
        "Attainment: 70.0 % (of 100 decided clocks) before, 90.0 % (of 100 decided clocks) since. "
        "That is better, and more than chance explains."
    )


@pytest.mark.parametrize(
    ("metric", "is_better"),
    [("attainment", True), ("csat", True), ("mean_score", True), ("outward_seconds", False)],
)
def test_which_way_is_better_depends_on_the_metric(metric: str, is_better: bool) -> None:
    more, less = (
        (before(2, 100, 1.5, 2.5), since(4, 100, 3.5, 4.5)),
        (before(4, 100, 3.5, 4.5), since(2, 100, 1.5, 2.5)),
    )
    assert verdict(metric, *more) == ("better" if is_better else "worse")  # type: ignore[arg-type]
    assert verdict(metric, *less) == ("worse" if is_better else "better")  # type: ignore[arg-type]


def test_intervals_that_touch_may_be_chance() -> None:
    sides = before(0.7, 100, 0.6, 0.78), since(0.8, 100, 0.78, 0.87)
    assert verdict("attainment", *sides) == "unclear"
    assert told("attainment", *sides).endswith("That may be chance: the intervals touch.")


def test_of_fewer_than_twenty_on_either_side_nothing_is_concluded() -> None:
    sides = before(0.2, 100, 0.1, 0.3), since(1.0, 100, 0.9, 1.0)
    assert verdict("attainment", *sides) == "better"
    for place in (0, 1):
        few = [replace(side, n=FEWEST - 1) if place == number else side for number, side in enumerate(sides)]
        assert verdict("attainment", *few) == "too_few"
    assert told("attainment", sides[0], since(None, 0)).endswith(
        "20.0 % (of 100 decided clocks) before, nothing (of 0 decided clocks) since. That is too few to tell."
    )


def test_how_far_a_count_moves_by_chance_is_not_known() -> None:
    sides = before(12, 140), since(3, 155)
    assert verdict("returns", *sides) == "unclear"
    assert told("returns", *sides) == (
        "Hand-offs returned: 12 (of 140 tickets) before, 3 (of 155 tickets) since. "
        "How much of that is chance is not known."
    )


def test_every_metric_has_its_words() -> None:
    for metric, kind in KINDS.items():
        assert told(metric, before(1), since(2)).startswith(kind.name)


def test_seconds_are_said_as_people_say_them() -> None:
    assert "2 d (of 100 approvals) before, 6 h (of 100 approvals) since" in told(
        "approval_p50_seconds", before(172_800), since(21_600)
    )
