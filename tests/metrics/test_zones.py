"""The local time that reports are told: that of every zone, to the second at which it changes."""

from datetime import UTC, datetime, timedelta

from app.metrics.zones import shifts

START, END = datetime(2025, 12, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


def stretches(*names: str, start: datetime = START, end: datetime = END) -> list[tuple[str, str, str, float]]:
    """Zone, since, until, and hours ahead of UTC, of each stretch."""
    columns = shifts(names, start, end)
    return [
        (name, since.isoformat()[:16], until.isoformat()[:16], shift / timedelta(hours=1))
        for name, since, until, shift in zip(*columns.values(), strict=True)
    ]


def test_a_zone_without_changes_has_one_stretch_for_always() -> None:
    assert stretches("Asia/Kolkata") == [("Asia/Kolkata", "0001-01-01T00:00", "9999-01-01T00:00", 5.5)]


def test_each_change_ends_a_stretch_and_begins_the_next() -> None:
    assert stretches("Europe/Berlin", "UTC") == [
        ("Europe/Berlin", "0001-01-01T00:00", "2026-03-29T01:00", 1),
        ("Europe/Berlin", "2026-03-29T01:00", "2026-10-25T01:00", 2),
        ("Europe/Berlin", "2026-10-25T01:00", "9999-01-01T00:00", 1),
        ("UTC", "0001-01-01T00:00", "9999-01-01T00:00", 0),
    ]


def test_half_hours_and_skipped_days_are_changes_as_others() -> None:
    assert [row[2:] for row in stretches("Australia/Lord_Howe")] == [
        ("2026-04-04T15:00", 11),
        ("2026-10-03T15:30", 10.5),
        ("9999-01-01T00:00", 11),
    ]
    apia = stretches("Pacific/Apia", start=datetime(2011, 12, 1, tzinfo=UTC), end=datetime(2012, 1, 15, tzinfo=UTC))
    assert [row[2:] for row in apia] == [("2011-12-30T10:00", -10), ("9999-01-01T00:00", 14)]


def test_a_change_at_the_very_end_is_known_and_one_before_the_start_is_past() -> None:
    change = datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert len(stretches("Europe/Berlin", end=change)) == 2
    assert len(stretches("Europe/Berlin", end=change - timedelta(seconds=1))) == 1
    assert [row[3] for row in stretches("Europe/Berlin", start=change, end=change)] == [2]


def test_a_start_after_the_end_is_told_as_of_the_start() -> None:
    assert [row[3] for row in stretches("Europe/Berlin", start=datetime(2026, 7, 1, tzinfo=UTC), end=START)] == [2]
