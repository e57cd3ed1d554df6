"""Unquoted words: what each means, and which are refused because readers of YAML differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.configuration.scalars import Ambiguous, meaning, needs_quotes


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("0", 0),
        ("-12", -12),
        ("0.95", 0.95),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("2026-12-25", "2026-12-25"),
        ("Head office", "Head office"),
        ("1h30m", "1h30m"),
        ("FIN", "FIN"),
        ("norway", "norway"),
        (".nan", ".nan"),
        ("9" * 30, "9" * 30),
    ],
)
def test_a_word_means_what_people_expect(word: str, meant: object):
    found = meaning(word)
    assert (found, type(found)) == (meant, type(meant))


@pytest.mark.parametrize("word", ["no", "NO", "yes", "On", "off", "y", "N"])
def test_words_that_can_be_truth_values_are_refused(word: str):
    with pytest.raises(Ambiguous, match="write true or false"):
        meaning(word)


@pytest.mark.parametrize("word", ["12:30", "9:00", "190:20:30", "12:30.5"])
def test_times_that_can_be_numbers_to_the_base_of_sixty_are_refused(word: str):
    with pytest.raises(Ambiguous, match=f'write "{word}" in quotes'):
        meaning(word)


@pytest.mark.parametrize("word", ["010", "0x1F", "0o17", "1_000", "00"])
def test_numbers_that_can_be_other_numbers_are_refused(word: str):
    with pytest.raises(Ambiguous, match="plain digits"):
        meaning(word)


@given(st.text(max_size=8))
def test_text_that_needs_no_quotes_means_itself(text: str):
    if not needs_quotes(text):
        assert meaning(text) == text
