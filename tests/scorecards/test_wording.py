"""How the figures of a scorecard read."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from app.ripple.engine.totals import Amount
from app.scorecards.measures import Better, MeasureName, Unit
from app.scorecards.scorecard_schemas import Measure, MeasureGroup
from app.scorecards.wording import amounts, change, figure, how_sure, span, trend


def measure(
    name: MeasureName = "attainment",
    unit: Unit = "share",
    better: Better | None = "higher",
    value: float | None = 0.864,
    *,
    moved: float | None = None,
    of: int | None = None,
    count: int | None = None,
    low: float | None = None,
    high: float | None = None,
) -> Measure:
    return Measure(MeasureGroup(name), unit, better, value, low, high, count, of, None, moved, None, 0)


@pytest.mark.parametrize(
    ("unit", "value", "said"),
    [
        ("share", 0.864, "86\u00a0%"),
        ("score", 4.14, "4.1"),
        ("per_ticket", 0.026, "0.03"),
        ("seconds", 5400, "1.5 h"),
        ("count", 1234, "1,234"),
        ("count", None, "–"),
    ],
)
def test_a_figure_is_said_in_its_unit(unit: Unit, value: float | None, said: str) -> None:
    assert figure(measure(unit=unit, value=value)) == said


def test_how_sure_it_is_says_out_of_how_many_and_between_what() -> None:
    assert how_sure(measure(count=324, of=375, low=0.826, high=0.895)) == "324 of 375; 83 to 90\u00a0%"
    assert how_sure(measure("feedback", "score", value=4.1, of=1)) == "of 1 answer"
    assert how_sure(measure("feedback", "score", value=4.1, of=9, low=3.6, high=4.6)) == "of 9 answers; 3.6 to 4.6"
    assert how_sure(measure("time_to_accept", "seconds", value=9, of=5)) == "over 5 hand-offs"
    assert how_sure(measure(value=None, of=0)) == ""


@pytest.mark.parametrize(
    ("moved", "better", "said", "shown"),
    [
        (0.06, "higher", "+6 pts", "good"),
        (-0.06, "higher", "−6 pts", "poor"),
        (0.06, "lower", "+6 pts", "poor"),
        (0.06, None, "+6 pts", "none"),
        (0.001, "higher", "same", "none"),
        (0.0, "higher", "same", "none"),
        (None, "higher", "–", "none"),
    ],
)
def test_a_change_is_good_or_poor_as_far_as_it_is_said(
    moved: float | None, better: Better | None, said: str, shown: str
) -> None:
    moving = measure(better=better, moved=moved)
    assert (change(moving), trend(moving)) == (said, shown)


def test_the_days_of_a_period_are_named_with_the_last() -> None:
    assert span(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)) == "1 Mar – 31 Mar 2026"
    assert span(datetime(2025, 12, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)) == "1 Dec 2025 – 1 Jan 2026"


def test_currencies_are_never_added_up() -> None:
    assert amounts([Amount(Decimal("1234.50"), "EUR"), Amount(Decimal(7), "USD")]) == "EUR\u00a01,234 and USD\u00a07"
