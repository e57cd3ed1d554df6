"""The day or week of a digest: pure."""

from datetime import UTC, date, datetime

import pytest

from app.digests.spans import Span, SpanName, last_span, span_of


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("name", "instant", "zone", "first", "start", "end"),
    [
        ("day", "2026-03-20T12:00", "UTC", date(2026, 3, 20), "2026-03-20T00:00", "2026-03-21T00:00"),
        ("day", "2026-03-20T23:30", "Europe/Berlin", date(2026, 3, 21), "2026-03-20T23:00", "2026-03-21T23:00"),
        ("week", "2026-03-22T12:00", "UTC", date(2026, 3, 16), "2026-03-16T00:00", "2026-03-23T00:00"),
        # Summer time begins on Sunday, 29 March: that week has an hour less.
        ("week", "2026-03-25T12:00", "Europe/Berlin", date(2026, 3, 23), "2026-03-22T23:00", "2026-03-29T22:00"),
        ("day", "2026-03-29T12:00", "Europe/Berlin", date(2026, 3, 29), "2026-03-28T23:00", "2026-03-29T22:00"),
    ],
)
def test_it_lies_between_local_midnights(
    name: SpanName, instant: str, zone: str, first: date, start: str, end: str
) -> None:
    assert span_of(name, at(instant), zone) == Span(first, at(start), at(end))


def test_the_last_one_is_the_last_that_is_over() -> None:
    assert last_span("day", at("2026-03-20T00:00"), "UTC").first_day == date(2026, 3, 19)
    assert last_span("day", at("2026-03-20T23:30"), "Europe/Berlin").first_day == date(2026, 3, 20)
    assert last_span("week", at("2026-03-22T23:59"), "UTC").first_day == date(2026, 3, 9)
    assert last_span("week", at("2026-03-23T00:00"), "UTC").first_day == date(2026, 3, 16)
