"""The axis of a drawing over time."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ripple.story.axis import Axis

DAY = 86_400


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def ticks(first: str, last: str) -> list[str]:
    return [told for _, told in Axis(at(first), at(last), 0.0, 100.0).ticks()]


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        ("2026-03-02T09:00:00", "2026-03-02T09:00:04", "09:00:00 09:00:01 09:00:02 09:00:03 09:00:04"),
        ("2026-03-02T23:30:00", "2026-03-03T00:30:00", "23:30 23:45 3.Mar 00:15 00:30"),
        ("2026-03-02T09:00:00", "2026-03-04T09:00:00", "12:00 18:00 3.Mar 06:00 12:00 18:00 4.Mar 06:00"),
        ("2026-03-02T09:00:00", "2026-03-06T09:00:00", "12:00 3.Mar 12:00 4.Mar 12:00 5.Mar 12:00 6.Mar"),
        ("2026-03-02T09:00:00", "2026-03-09T09:00:00", "3.Mar 4.Mar 5.Mar 6.Mar 7.Mar 8.Mar 9.Mar"),
        ("2026-03-01T00:00:00", "2026-04-01T00:00:00", "2.Mar 9.Mar 16.Mar 23.Mar 30.Mar"),
        ("2026-01-15T00:00:00", "2026-06-15T00:00:00", "Feb.2026 Mar.2026 Apr.2026 May.2026 Jun.2026"),
        ("2000-06-01T00:00:00", "2300-06-01T00:00:00", "1.Jun"),
    ],
)
def test_round_instants_are_marked(first: str, last: str, told: str) -> None:
    assert ticks(first, last) == [each.replace(".", " ") for each in told.split()]


@given(st.integers(0, 4 * 10**9), st.integers(1, 10**9))
def test_there_are_one_to_nine_marks_in_order_within_the_axis(first: int, span: int) -> None:
    marks = [instant for instant, _ in Axis(first, first + span, 0.0, 100.0).ticks()]
    assert len(marks) <= 9
    assert marks == sorted(set(marks))
    assert all(first <= mark <= first + span for mark in marks)


def test_what_lies_outside_is_placed_at_the_end_it_is_nearest_to() -> None:
    axis = Axis(100, 200, 10.0, 20.0)
    assert [axis.place(each) for each in (0, 100, 150, 200, 999)] == [10.0, 10.0, 15.0, 20.0, 20.0]
