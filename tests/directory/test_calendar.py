"""Business time: what is open, what passes, when so much has passed, and which calendars are refused."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.directory.calendar import Calendar, CalendarTimeline, InvalidCalendar, TooFar, due, elapsed, parse_calendar

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "calendar_vectors.json").read_text())
HOUR = 3600
OFFICE = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
ALWAYS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def office(timezone: str = "UTC", *holidays: str) -> Calendar:
    return parse_calendar(timezone, OFFICE, holidays)


def always(timezone: str) -> Calendar:
    return parse_calendar(timezone, ALWAYS)


@pytest.mark.parametrize("case", VECTORS["cases"], ids=str)
def test_the_acceptance_vectors_hold(case: dict[str, Any]) -> None:
    given = VECTORS["calendars"][case["calendar"]]
    calendar = parse_calendar(given["timezone"], given["hours"], given.get("holidays", ()))
    if case["op"] == "due":
        assert due(calendar, instant(case["start"]), case["seconds"]) == instant(case["expected"])
    else:
        assert elapsed(calendar, instant(case["start"]), instant(case["end"])) == case["expected"]


def test_eight_hours_from_nine_on_a_nine_to_five_day_end_at_five_that_day() -> None:
    assert due(office(), instant("2026-03-02T09:00Z"), 8 * HOUR) == instant("2026-03-02T17:00Z")
    assert due(office(), instant("2026-03-02T09:00Z"), 8 * HOUR + 1) == instant("2026-03-03T09:00:01Z")


def test_nothing_is_due_at_once_even_when_closed() -> None:
    sunday = instant("2026-03-01T03:00Z")
    assert due(office(), sunday, 0) == sunday


def test_no_time_passes_backwards_or_in_no_time() -> None:
    assert elapsed(office(), instant("2026-03-02T12:00Z"), instant("2026-03-02T12:00Z")) == 0
    assert elapsed(office(), instant("2026-03-02T12:00Z"), instant("2026-03-02T10:00Z")) == 0


def test_the_first_second_of_an_interval_is_open_and_its_end_is_not() -> None:
    assert elapsed(office(), instant("2026-03-02T08:59:59Z"), instant("2026-03-02T09:00:01Z")) == 1
    assert elapsed(office(), instant("2026-03-02T16:59:59Z"), instant("2026-03-02T17:00:01Z")) == 1


def test_instants_are_cut_to_whole_seconds() -> None:
    assert elapsed(office(), instant("2026-03-02T09:00:00.9Z"), instant("2026-03-02T09:00:02.9Z")) == 2
    assert due(office(), instant("2026-03-02T09:00:00.9Z"), 60) == instant("2026-03-02T09:01Z")


def test_instants_of_any_offset_are_understood() -> None:
    assert elapsed(office(), instant("2026-03-02T10:00+01:00"), instant("2026-03-02T12:00+02:00")) == HOUR
    assert due(office(), instant("2026-03-02T10:00+01:00"), HOUR).utcoffset() == timedelta(0)


def test_a_holiday_is_closed_on_its_local_date() -> None:
    toronto = office("America/Toronto", "2026-12-25")
    assert elapsed(toronto, instant("2026-12-24T21:00Z"), instant("2026-12-28T15:00Z")) == 2 * HOUR
    assert due(toronto, instant("2026-12-24T21:00Z"), 2 * HOUR) == instant("2026-12-28T15:00Z")


def test_a_holiday_on_a_closed_day_takes_nothing_away() -> None:
    week = instant("2026-03-02T00:00Z"), instant("2026-03-09T00:00Z")
    assert elapsed(office("UTC", "2026-03-07"), *week) == elapsed(office(), *week) == 40 * HOUR


def test_holidays_in_a_row_are_all_skipped() -> None:
    closed = office("UTC", *(f"2026-03-{day:02}" for day in range(2, 7)))
    assert due(closed, instant("2026-02-27T16:00Z"), 2 * HOUR) == instant("2026-03-09T10:00Z")
    assert due(closed, instant("2026-02-27T16:00Z"), HOUR) == instant("2026-02-27T17:00Z")


@pytest.mark.parametrize(
    ("timezone", "day", "hours"),
    [
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Africa/Casablanca", "2026-02-15", 25),
        ("Africa/Casablanca", "2026-03-22", 23),
        ("Pacific/Apia", "2011-12-30", 0),
        ("Pacific/Apia", "2011-12-29", 24),
        ("Asia/Kathmandu", "1986-01-01", 23.75),
    ],
)
def test_a_day_round_the_clock_has_the_hours_that_its_zone_gives_it(timezone: str, day: str, hours: float) -> None:
    weekday = date.fromisoformat(day).strftime("%a").lower()
    only = parse_calendar(timezone, {weekday: [["00:00", "24:00"]]})
    middle = instant(f"{day}T12:00Z")
    assert elapsed(only, middle - timedelta(days=3), middle + timedelta(days=3)) == hours * HOUR


def test_a_repeated_hour_counts_twice_and_a_skipped_one_for_nobody() -> None:
    small_hours = parse_calendar("America/New_York", {"sun": [["01:30", "02:30"]]})
    assert elapsed(small_hours, instant("2026-11-01T00:00Z"), instant("2026-11-02T00:00Z")) == 1.5 * HOUR
    assert elapsed(small_hours, instant("2026-03-08T00:00Z"), instant("2026-03-09T00:00Z")) == 0.5 * HOUR
    assert due(small_hours, instant("2026-11-01T00:00Z"), 1800) == instant("2026-11-01T06:00Z")
    assert due(small_hours, instant("2026-11-01T00:00Z"), 1801) == instant("2026-11-01T06:30:01Z")


def test_an_interval_inside_the_skipped_hour_is_never_open_that_night() -> None:
    gap = parse_calendar("Europe/Berlin", {"sun": [["02:00", "03:00"]]})
    assert elapsed(gap, instant("2026-03-29T00:00Z"), instant("2026-03-30T00:00Z")) == 0
    assert due(gap, instant("2026-03-29T00:00Z"), 1) == instant("2026-04-05T00:00:01Z")


def test_a_zone_whose_offset_had_seconds_is_counted_to_the_second() -> None:
    monrovia = parse_calendar("Africa/Monrovia", {"fri": [["12:00", "24:00"]]})
    friday = instant("1971-12-31T00:00Z")
    assert elapsed(monrovia, friday, friday + timedelta(hours=12, minutes=44, seconds=30)) == 0
    assert elapsed(monrovia, friday, friday + timedelta(hours=12, minutes=44, seconds=31)) == 1
    assert elapsed(always("Africa/Monrovia"), friday, friday + timedelta(days=30)) == 30 * 24 * HOUR


def test_it_counts_from_the_first_year_to_the_last() -> None:
    first, last = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert elapsed(always("Pacific/Kiritimati"), first, last) == (last - first).total_seconds()
    assert due(always("America/Adak"), first, 10) == first + timedelta(seconds=10)


def test_daylight_saving_goes_on_for_ever_by_its_last_rule() -> None:
    new_york = office("America/New_York")
    assert due(new_york, instant("9998-03-01T05:00Z"), HOUR).hour == 15
    assert due(new_york, instant("9998-07-01T05:00Z"), HOUR).hour == 14


@pytest.mark.parametrize("blocks", [-60, 0, 26, 40])
def test_where_its_sums_begin_anew_it_counts_as_anywhere_else(blocks: int) -> None:
    new_york = always("America/New_York")
    seam = instant("1970-01-01T00:00Z") + blocks * timedelta(days=773)
    hour = timedelta(hours=1)
    assert elapsed(new_york, seam - hour, seam + hour) == 2 * HOUR
    assert elapsed(new_york, seam - hour, seam) == elapsed(new_york, seam, seam + hour) == HOUR
    assert due(new_york, seam - hour, HOUR) == seam
    assert due(new_york, seam, HOUR) == seam + hour
    assert due(new_york, seam - hour, HOUR + 1) == seam + timedelta(seconds=1)


def test_more_than_ten_years_of_waiting_is_refused_and_ten_years_are_not() -> None:
    monday = instant("2026-03-02T00:00Z")
    assert due(always("UTC"), monday, 3653 * 24 * HOUR) == monday + timedelta(days=3653)
    with pytest.raises(TooFar, match="3653 days"):
        due(always("UTC"), monday, 3653 * 24 * HOUR + 1)
    with pytest.raises(TooFar):
        due(office(), monday, 10**30)


def test_what_would_be_due_after_the_last_year_is_refused() -> None:
    with pytest.raises(TooFar):
        due(office(), datetime(9999, 12, 31, tzinfo=UTC), 80 * HOUR)


def test_negative_business_time_is_an_error() -> None:
    with pytest.raises(ValueError, match="negative"):
        due(office(), instant("2026-03-02T09:00Z"), -1)


class TestVersions:
    longer = parse_calendar("UTC", {"mon": [["09:00", "12:00"]], "tue": [["06:00", "22:00"]]})
    timeline = CalendarTimeline(((instant("2026-01-01T00:00Z"), office()), (instant("2026-03-02T11:00Z"), longer)))

    def test_each_stretch_is_counted_by_the_version_that_holds_then(self) -> None:
        monday, tuesday = instant("2026-03-02T09:00Z"), instant("2026-03-03T07:00Z")
        assert elapsed(self.timeline, monday, tuesday) == (2 + 1 + 1) * HOUR

    def test_what_is_due_runs_through_the_change(self) -> None:
        monday = instant("2026-03-02T09:00Z")
        assert due(self.timeline, monday, 2 * HOUR) == instant("2026-03-02T11:00Z")
        assert due(self.timeline, monday, 4 * HOUR) == instant("2026-03-03T07:00Z")

    def test_before_its_first_version_a_calendar_was_as_in_its_first(self) -> None:
        assert elapsed(self.timeline, instant("2025-03-03T00:00Z"), instant("2025-03-04T00:00Z")) == 8 * HOUR

    def test_a_version_holds_from_its_very_instant(self) -> None:
        assert self.timeline.at(instant("2026-03-02T10:59:59Z")) == office()
        assert self.timeline.at(instant("2026-03-02T11:00Z")) is self.longer

    def test_what_was_known_at_an_instant_are_the_versions_until_then(self) -> None:
        assert self.timeline.known_at(instant("2026-03-02T11:00Z")) is self.timeline
        earlier = self.timeline.known_at(instant("2026-03-02T10:59:59Z"))
        assert earlier.versions == self.timeline.versions[:1]
        assert self.timeline.known_at(instant("2020-01-01T00:00Z")) == earlier

    def test_ten_years_are_counted_over_all_versions_together(self) -> None:
        start, change = instant("2016-03-05T00:00Z"), instant("2026-03-02T11:00Z")
        seconds = elapsed(office(), start, change) + 17 * HOUR
        assert due(self.timeline, start, seconds) == instant("2026-03-03T22:00Z")
        with pytest.raises(TooFar):
            due(self.timeline, start, seconds + 1)

    def test_a_calendar_without_versions_or_with_versions_out_of_order_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="at least one version"):
            CalendarTimeline(())
        with pytest.raises(ValueError, match="in order of time"):
            CalendarTimeline(tuple(reversed(self.timeline.versions)))


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("hours", "pointer", "rule"),
        [
            ({}, "/hours", "never open"),
            ({"mon": []}, "/hours", "never open"),
            ({"monday": [["09:00", "17:00"]]}, "/hours/monday", "a weekday is one of"),
            ({"a/b~": [["09:00", "17:00"]]}, "/hours/a~1b~0", "a weekday is one of"),
            ({"mon": [["17:00", "09:00"]]}, "/hours/mon/0", "begins before it ends"),
            ({"mon": [["09:00", "09:00"]]}, "/hours/mon/0", "begins before it ends"),
            ({"tue": [["09:00", "12:00"], ["11:59", "17:00"]]}, "/hours/tue", "may not overlap"),
            ({"tue": [["09:00", "12:00"], ["09:00", "12:00"]]}, "/hours/tue", "may not overlap"),
            ({"mon": [["09:00", "17:00"], ["9:00", "17:00"]]}, "/hours/mon/1/0", "HH:MM"),
            ({"mon": [["09:00", "24:01"]]}, "/hours/mon/0/1", "HH:MM"),
            ({"mon": [["09:00", "17:60"]]}, "/hours/mon/0/1", "HH:MM"),
            ({"mon": [["09:00", "١٧:٠٠"]]}, "/hours/mon/0/1", "HH:MM"),
            ({"mon": [["24:00", "24:00"]]}, "/hours/mon/0", "begins before it ends"),
            ({"mon": [["09:00"]]}, "/hours/mon/0", "a pair"),
            ({"mon": ["09"]}, "/hours/mon/0", "a pair"),
        ],
    )
    def test_hours_that_cannot_be(self, hours: dict[str, Any], pointer: str, rule: str) -> None:
        with pytest.raises(InvalidCalendar, match=rule) as invalid:
            parse_calendar("UTC", hours)
        assert invalid.value.pointer == pointer
        assert rule in invalid.value.detail

    @pytest.mark.parametrize("timezone", ["", "Europe", "Europe/Atlantis", "../etc/passwd", "localtime", "posixrules"])
    def test_zones_that_are_none(self, timezone: str) -> None:
        with pytest.raises(InvalidCalendar) as invalid:
            parse_calendar(timezone, OFFICE)
        assert invalid.value.pointer == "/timezone"

    @pytest.mark.parametrize("holiday", ["2026-02-30", "20261225", "2026-W52-5", "25.12.2026", ""])
    def test_holidays_that_are_no_dates(self, holiday: str) -> None:
        with pytest.raises(InvalidCalendar) as invalid:
            parse_calendar("UTC", OFFICE, ["2026-12-25", holiday])
        assert invalid.value.pointer == "/holidays/1"


def test_touching_intervals_are_one_and_their_order_does_not_matter() -> None:
    split = parse_calendar("UTC", {"mon": [["12:00", "17:00"], ["09:00", "12:00"]]})
    assert split == parse_calendar("UTC", {"mon": [["09:00", "17:00"]]})


def test_holidays_may_be_given_as_dates_or_text_and_more_than_once() -> None:
    assert office("UTC", "2026-12-25") == parse_calendar("UTC", OFFICE, [date(2026, 12, 25), "2026-12-25"])
