"""What a file adds to a case that is known."""

from datetime import timedelta

from app.exchange.merging import events_of, merge, promise_of, rows_of
from app.exchange.rows import Row
from tests.exchange.logs import a_promise, a_row, a_trace, at

LOOK, START, CLOSE = a_row(0, "look"), a_row(1, "start"), a_row(2, "close")


def activities(rows: list[Row] | None) -> list[str] | None:
    return rows and [row.activity for row in rows]


def test_the_same_events_are_nothing_new() -> None:
    assert merge([LOOK, START], [START, LOOK]) is None
    assert merge([LOOK, START], [START]) is None


def test_what_is_new_is_added() -> None:
    assert activities(merge([LOOK, CLOSE], [START])) == ["look", "close", "start"]


def test_a_file_that_has_everything_gives_the_order() -> None:
    first, second, third = (a_row(0, name) for name in ("look", "start", "close"))
    assert activities(merge([first, third], [first, second, third])) == ["look", "start", "close"]


def test_what_was_stored_of_an_event_stands() -> None:
    again = a_row(0, "look", "Other", member="Ada")
    merged = merge([LOOK], [again, START])
    assert merged == [LOOK, START]


def test_an_event_is_the_same_to_the_second() -> None:
    assert merge([LOOK], [LOOK._replace(at=at(0) + timedelta(milliseconds=300))]) is None


def test_one_more_of_equal_events_is_new() -> None:
    assert activities(merge([START, START], [START, START, START])) == ["start", "start", "start"]
    assert merge([START, START], [START]) is None


def test_what_a_trace_says_anew_of_the_promise_is_news_and_what_it_leaves_out_is_none() -> None:
    before, after = (
        a_trace(a_promise(due="2026-01-06T00:00:00Z")),
        a_trace(a_promise("2026-01-06T00:00:00Z", None, "x")),
    )
    merged = merge([LOOK._replace(trace=before)], [LOOK._replace(trace=after)])
    assert merged is not None
    assert merged[0].trace == after
    assert merge([LOOK._replace(trace=before)], [LOOK._replace(trace=a_trace(None))]) is None


def test_rows_are_kept_with_all_they_say_but_their_place() -> None:
    trace = a_trace(a_promise(due="d"), place=0)
    full = a_row(1.001, "start", "Desk", member="Ada", customer="Acme", priority="p", title="t", place=0, trace=trace)
    rows = [full._replace(promise=a_promise(delivered="x")), a_row(2, "look", place=0, trace=trace)]
    assert rows_of("C1", events_of(rows), promise_of(rows)) == rows
