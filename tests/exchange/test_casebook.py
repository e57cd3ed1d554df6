"""Grouping rows by case in bounded memory."""

import random

import pytest

from app.exchange.casebook import Casebook
from app.exchange.rows import Mention, Row
from tests.exchange.logs import a_row, a_trace

Rows = list[Row | Mention]


def grouped(rows: Rows, most_rows: int = 1000) -> dict[str, Rows]:
    with Casebook(most_rows) as book:
        for row in rows:
            book.add(row)
        found = list(book.cases())
    assert all(len({row.case for row in case}) == 1 for case in found)
    return {case[0].case: case for case in found}


def scattered(count: int, cases: int) -> Rows:
    chance = random.Random(7)
    return [a_row(place, "start", case=f"C{chance.randrange(cases)}", place=place) for place in range(count)]


@pytest.mark.parametrize("most_rows", [1, 7, 100, 499, 500, 501, 10_000])
def test_every_case_has_its_rows_in_the_files_order_however_little_fits_in_memory(most_rows: int) -> None:
    rows = scattered(500, 40)
    expected: dict[str, Rows] = {}
    for row in rows:
        expected.setdefault(row.case, []).append(row)
    assert grouped(rows, most_rows) == expected


def test_cases_come_in_the_order_of_their_first_rows_while_all_fit() -> None:
    rows: Rows = [a_row(0, "start", case=name) for name in ("B", "A", "B", "C")]
    assert list(grouped(rows)) == ["B", "A", "C"]


def test_cases_come_by_name_once_rows_were_set_aside() -> None:
    rows: Rows = [a_row(place, "start", case=name, place=place) for place, name in enumerate(("B", "A", "B", "C"))]
    assert list(grouped(rows, most_rows=2)) == ["A", "B", "C"]


def test_long_titles_are_set_aside_sooner() -> None:
    with Casebook(1000, most_characters=100) as book:
        for place in range(10):
            book.add(a_row(place, "start", case=f"C{9 - place}", title="x" * 40))
        assert [case[0].case for case in book.cases()] == [f"C{number}" for number in range(10)]


@pytest.mark.parametrize("most_rows", [1, 1000])
def test_a_case_that_is_only_mentioned_comes_without_a_row(most_rows: int) -> None:
    with Casebook(most_rows) as book:
        book.mention("C1", 4)
        book.add(a_row(0, "start", case="C2"))
        assert list(book.cases()) == [[Mention("C1", 4)], [a_row(0, "start", case="C2")]]


def test_what_a_trace_says_survives_being_set_aside() -> None:
    rows: Rows = [a_row(place, "start", place=place, trace=a_trace(None, place=9)) for place in range(3)]
    assert grouped(rows, most_rows=1)["C1"] == rows


def test_no_rows_are_no_cases() -> None:
    assert grouped([]) == {}
