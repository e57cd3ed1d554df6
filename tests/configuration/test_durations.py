"""Business time as people write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.configuration.durations import duration, seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("4h", 14400), ("90m", 5400), ("1h30m", 5400), ("45s", 45), ("1h0m1s", 3601), ("0h", 0), ("36h", 129600)],
)
def test_hours_minutes_and_seconds_are_understood(text: str, seconds: int):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "4", "4 h", "h", "1.5h", "-4h", "30m1h", "4H", "PT4H", "4h 30m"])
def test_anything_else_is_no_duration(text: str):
    with pytest.raises(ValueError, match="such as 4h, 90m or 1h30m"):
        seconds_of(text)


@pytest.mark.parametrize("text", ["2d", "1 week", "3 days", "1d4h"])
def test_days_are_refused_because_their_length_depends_on_the_calendar(text: str):
    with pytest.raises(ValueError, match="depends on the calendar"):
        seconds_of(text)


@pytest.mark.parametrize(("seconds", "text"), [(0, "0s"), (5400, "1h30m"), (60, "1m"), (90061, "25h1m1s")])
def test_seconds_are_written_as_short_as_can_be(seconds: int, text: str):
    assert duration(seconds) == text


@given(st.integers(min_value=0, max_value=3653 * 86400))
def test_what_is_written_is_read_as_the_same(seconds: int):
    assert seconds_of(duration(seconds)) == seconds
