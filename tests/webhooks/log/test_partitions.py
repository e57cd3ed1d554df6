"""Which weeks' partitions are made and dropped, and when."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.kernel.ids import new_id
from app.webhooks.log.partitions import (
    AHEAD,
    WEEK,
    beginning,
    bounds,
    lowest_id,
    missing,
    name_of,
    next_change,
    outlived,
    week_named,
    week_of,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
instants = st.integers(0, 14 * 365 * 86400).map(lambda seconds: START + timedelta(seconds=seconds))
kept_days = st.integers(7, 400)
FIRST = date(2025, 12, 29)
weeks = st.sets(st.integers(0, 60).map(lambda number: FIRST + WEEK * number))


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_week_begins_on_its_monday_at_midnight_utc() -> None:
    assert week_of(instant("2026-11-29T23:59:59+00:00")) == date(2026, 11, 23)
    assert week_of(instant("2026-11-30T00:00:00+00:00")) == date(2026, 11, 30)
    assert week_of(instant("2026-11-30T01:00:00+02:00")) == date(2026, 11, 23)


def test_an_id_that_is_made_now_lies_in_the_present_week() -> None:
    before = datetime.now(UTC)
    made = new_id()
    lowest, beyond = bounds(week_of(before))
    assert lowest <= made < beyond or week_of(before) != week_of(datetime.now(UTC))
    assert lowest_id(before) <= made


@given(instants)
def test_weeks_leave_no_id_between_them(now: datetime) -> None:
    assert bounds(week_of(now))[1] == bounds(week_of(now + WEEK))[0]
    assert bounds(week_of(now))[0] <= lowest_id(now) < bounds(week_of(now))[1]


@given(st.dates(date(1970, 1, 1), date(9990, 1, 1)))
def test_a_partition_is_known_by_its_name(week: date) -> None:
    assert week_named("webhook_deliveries", name_of("webhook_deliveries", week)) == week


def test_what_is_no_weeks_partition_has_no_week() -> None:
    for name in ("webhook_deliveries_default", "webhook_deliveries_20261399", "webhook_deliveries", "others_20261123"):
        assert week_named("webhook_deliveries", name) is None


@given(instants)
def test_the_present_week_and_those_ahead_are_made_once(now: datetime) -> None:
    made = missing([], now)
    assert made[0] == week_of(now)
    assert len(made) == 1 + AHEAD
    assert missing(made, now) == []
    assert missing(made, now + WEEK) == [made[-1] + WEEK]


@given(instants, st.integers(0, 30))
def test_after_however_long_a_pause_the_present_week_has_its_partition(now: datetime, pause: int) -> None:
    later = now + WEEK * pause
    there = {*missing([], now)}
    assert {week_of(later), week_of(later) + WEEK * AHEAD} <= there | {*missing(there, later)}


@given(weeks, instants)
def test_no_week_is_left_out_between_the_oldest_and_those_ahead(there: set[date], now: datetime) -> None:
    made = {*there, *missing(there, now)}
    week = min(made)
    while week <= week_of(now) + WEEK * AHEAD:
        assert week in made
        week += WEEK


@given(weeks, instants, kept_days)
def test_a_week_goes_as_a_whole_when_its_last_moment_is_old_enough(there: set[date], now: datetime, days: int) -> None:
    gone = set(outlived(there, now, days))
    for week in there:
        last_moment = beginning(week + WEEK) - timedelta(microseconds=1)
        assert (week in gone) == (now - last_moment > timedelta(days=days))


@given(weeks, instants, kept_days)
def test_the_next_change_is_due_exactly_while_something_is_missing_or_outlived(
    there: set[date], now: datetime, days: int
) -> None:
    due = bool(missing(there, now)) or bool(outlived(there, now, days))
    assert (next_change(there, days) <= now) == due
