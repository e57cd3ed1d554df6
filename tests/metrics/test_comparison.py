"""Which group of the period before a group is compared with."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.kernel.problems import Invalid
from app.kernel.reports import Period
from app.metrics.comparison import step_back


def period(start: str, end: str) -> Period:
    now = datetime(2026, 12, 1, tzinfo=UTC)
    return Period(datetime.fromisoformat(start), datetime.fromisoformat(end), now)


def test_the_period_before_is_of_equal_length_and_ends_where_this_one_starts() -> None:
    march = period("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")
    assert march.previous == Period(march.start - timedelta(days=31), march.start, march.now)


def test_what_is_no_time_is_compared_with_itself() -> None:
    back = step_back(period("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"), ["department", "priority"])
    told = {"department": "FIN", "department_id": None, "department_name": "Finance", "priority": None}
    assert back.group(told) == ("FIN", None, "Finance", None)


def test_a_day_is_compared_with_the_one_as_many_days_earlier_as_the_period_has() -> None:
    back = step_back(period("2026-03-02T00:00:00Z", "2026-03-09T00:00:00Z"), ["day", "priority"])
    assert back.group({"day": date(2026, 3, 4), "priority": "p1"}) == (date(2026, 2, 25), "p1")


def test_a_change_of_summer_time_within_the_period_shifts_no_day() -> None:
    back = step_back(period("2026-03-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00"), ["day"])
    assert back.group({"day": date(2026, 3, 31)}) == (date(2026, 2, 28),)


def test_within_a_day_hours_are_compared_with_those_before_on_the_same_day() -> None:
    back = step_back(period("2026-03-02T06:00:00Z", "2026-03-02T12:00:00Z"), ["day"])
    assert back.group({"day": date(2026, 3, 2)}) == (date(2026, 3, 2),)


def test_weeks_are_compared_where_the_period_is_of_whole_weeks() -> None:
    back = step_back(period("2026-03-02T00:00:00Z", "2026-03-30T00:00:00Z"), ["week"])
    assert back.group({"week": date(2026, 3, 9)}) == (date(2026, 2, 9),)


@pytest.mark.parametrize(("start", "end"), [("2025", "2026"), ("2024", "2025"), ("2023", "2024")])
def test_months_are_compared_where_the_period_is_of_whole_years(start: str, end: str) -> None:
    back = step_back(period(f"{start}-01-01T00:00:00Z", f"{end}-01-01T00:00:00Z"), ["month"])
    assert back.group({"month": date(int(start), 1, 1)}) == (date(int(start) - 1, 1, 1),)


def test_months_of_several_years_go_back_as_many() -> None:
    back = step_back(period("2022-07-01T00:00:00Z", "2026-07-01T00:00:00Z"), ["month"])
    assert back.group({"month": date(2024, 2, 1)}) == (date(2020, 2, 1),)


@pytest.mark.parametrize(
    ("stretch", "end"),
    [("week", "03-01T06"), ("week", "03-07T00"), ("week", "03-31T00"), ("month", "04-01T00"), ("month", "12-31T00")],
)
def test_stretches_that_would_not_lie_upon_each_other_are_refused(stretch: str, end: str) -> None:
    with pytest.raises(Invalid):
        step_back(period("2026-03-01T00:00:00Z", f"2026-{end}:00:00Z"), [stretch, "priority"])
