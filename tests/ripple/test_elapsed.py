"""Elapsed time as people say it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ripple.elapsed import in_words

SECONDS_IN = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (89, "1 min"),
        (90, "2 min"),
        (2_400, "40 min"),
        (3_569, "59 min"),
        (3_570, "1 h"),
        (5_400, "1.5 h"),
        (21_600, "6 h"),
        (86_219, "23.9 h"),
        (86_220, "1 d"),
        (129_600, "1.5 d"),
        (8_635_679, "99.9 d"),
        (8_635_680, "100 d"),
        (8_683_200, "101 d"),
    ],
)
def test_time_is_told_in_the_unit_that_fits(seconds: int, words: str) -> None:
    assert in_words(seconds) == words


@given(st.integers(0, 4_000_000_000))
def test_words_are_within_half_of_their_last_digit(seconds: int) -> None:
    number, unit = in_words(seconds).split()
    last_digit = SECONDS_IN[unit] * (0.1 if unit in "hd" and float(number) < 100 else 1)
    assert abs(float(number) * SECONDS_IN[unit] - seconds) <= last_digit / 2 + 1e-6


@given(st.integers(0, 4_000_000_000), st.integers(0, 100_000))
def test_more_time_is_never_told_as_less(seconds: int, more: int) -> None:
    def told(words: str) -> float:
        number, unit = words.split()
        return float(number) * SECONDS_IN[unit]

    assert told(in_words(seconds)) <= told(in_words(seconds + more))
