"""Holidays from iCalendar files: which days an event closes, and what is refused, naming the line."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.directory.holiday_file import InvalidFile, holidays_of


def file(*lines: str, ends: str = "\r\n") -> bytes:
    return ends.join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test", *lines, "END:VCALENDAR", ""]).encode()


def event(*lines: str) -> tuple[str, ...]:
    return ("BEGIN:VEVENT", *lines, "END:VEVENT")


def days(*lines: str, timezone: str = "Europe/Berlin", until: str = "2030") -> list[str]:
    found = holidays_of(file(*event(*lines)), timezone, 2026)
    return sorted(day.isoformat() for day in found if day.isoformat() < until)


CHRISTMAS_EVE = ("DTSTART;VALUE=DATE:20261224",)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (CHRISTMAS_EVE, ["2026-12-24"]),
        ((*CHRISTMAS_EVE, "DTEND;VALUE=DATE:20261225"), ["2026-12-24"]),
        ((*CHRISTMAS_EVE, "DTEND;VALUE=DATE:20261224"), ["2026-12-24"]),
        ((*CHRISTMAS_EVE, "DTEND;VALUE=DATE:20261227"), ["2026-12-24", "2026-12-25", "2026-12-26"]),
        ((*CHRISTMAS_EVE, "DURATION:P2D"), ["2026-12-24", "2026-12-25"]),
        ((*CHRISTMAS_EVE, "RRULE:FREQ=YEARLY"), ["2026-12-24", "2027-12-24", "2028-12-24", "2029-12-24"]),
        ((*CHRISTMAS_EVE, "RRULE:FREQ=YEARLY;UNTIL=20271224"), ["2026-12-24", "2027-12-24"]),
        ((*CHRISTMAS_EVE, "RRULE:FREQ=YEARLY;UNTIL=20271223T225959Z"), ["2026-12-24"]),
        ((*CHRISTMAS_EVE, "RRULE:FREQ=YEARLY;COUNT=3", "EXDATE;VALUE=DATE:20271224"), ["2026-12-24", "2028-12-24"]),
        ((*CHRISTMAS_EVE, "RRULE:FREQ=YEARLY;COUNT=2", "EXDATE:20271224T000000"), ["2026-12-24"]),
        ((*CHRISTMAS_EVE, "RDATE;VALUE=DATE:20270102,20270105"), ["2026-12-24", "2027-01-02", "2027-01-05"]),
        (
            (*CHRISTMAS_EVE, "DTEND;VALUE=DATE:20261226", "RRULE:FREQ=YEARLY;COUNT=2"),
            ["2026-12-24", "2026-12-25", "2027-12-24", "2027-12-25"],
        ),
        (
            ("DTSTART;VALUE=DATE:20261126", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=3"),
            ["2026-11-26", "2027-11-25", "2028-11-23"],
        ),
    ],
)
def test_an_all_day_event_closes_each_of_its_days(lines: tuple[str, ...], expected: list[str]) -> None:
    assert days(*lines) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("20261224T000000", "20261225T000000", ["2026-12-24"]),
        (";TZID=Europe/Berlin:20260329T000000", ";TZID=Europe/Berlin:20260330T000000", ["2026-03-29"]),
        ("20261223T120000", "20261226T120000", ["2026-12-24", "2026-12-25"]),
        ("20261223T230000Z", "20261224T230000Z", ["2026-12-24"]),
        (";TZID=America/New_York:20261223T180000", ";TZID=America/New_York:20261224T180000", ["2026-12-24"]),
    ],
)  # fmt: skip
def test_a_timed_event_closes_the_local_dates_that_it_covers_wholly(start: str, end: str, expected: list[str]) -> None:
    start, end = (at if at.startswith(";") else f":{at}" for at in (start, end))
    assert days(f"DTSTART{start}", f"DTEND{end}") == expected


def test_a_timed_event_recurs_at_its_own_time_on_the_wall() -> None:
    zone = ";TZID=Europe/Berlin:"
    lines = (f"DTSTART{zone}20260327T000000", f"DTEND{zone}20260328T000000", "RRULE:FREQ=WEEKLY;COUNT=3")
    assert days(*lines) == ["2026-03-27", "2026-04-03", "2026-04-10"]
    assert days(*lines, f"EXDATE{zone}20260403T000000") == ["2026-03-27", "2026-04-10"]
    assert days(*lines, "EXDATE:20260402T220000Z") == ["2026-03-27", "2026-04-10"]


def test_one_occurrence_is_moved_or_cancelled_by_an_event_of_its_own() -> None:
    yearly = event("UID:eve", *CHRISTMAS_EVE, "RRULE:FREQ=YEARLY;COUNT=4")
    moved = event("UID:eve", "RECURRENCE-ID;VALUE=DATE:20271224", "DTSTART;VALUE=DATE:20271223")
    cancelled = event("UID:eve", "RECURRENCE-ID;VALUE=DATE:20281224", "DTSTART;VALUE=DATE:20281224", "STATUS:CANCELLED")
    found = holidays_of(file(*moved, *yearly, *cancelled), "UTC", 2026)
    assert sorted(map(str, found)) == ["2026-12-24", "2027-12-23", "2029-12-24"]


def test_cancelled_events_tasks_and_meetings_are_passed_over() -> None:
    lines = (
        *event(*CHRISTMAS_EVE),
        *event("DTSTART;VALUE=DATE:20261230", "STATUS:CANCELLED"),
        *event("DTSTART:20261230T090000Z", "DTEND:20261230T100000Z"),
        *event("DTSTART:20261230T090000Z"),
        *("BEGIN:VTODO", "DTSTART;VALUE=DATE:20261231", "END:VTODO"),
    )
    assert {str(day) for day in holidays_of(file(*lines), "UTC", 2026)} == {"2026-12-24"}


def test_endless_rules_are_followed_from_1990_to_the_twentieth_year_ahead() -> None:
    found = sorted(holidays_of(file(*event("DTSTART;VALUE=DATE:19700501", "RRULE:FREQ=YEARLY")), "UTC", 2026))
    assert (str(found[0]), str(found[-1]), len(found)) == ("1990-05-01", "2046-05-01", 57)


def test_a_single_day_is_taken_wherever_it_lies() -> None:
    assert days("DTSTART;VALUE=DATE:19700501") == ["1970-05-01"]


def test_a_file_may_have_a_byte_order_mark_bare_newlines_and_folded_lines() -> None:
    lines = file(*event("DTSTART;VALUE=DATE", " :20261", " 224", "SUMMARY:Fête"), ends="\n")
    assert {str(day) for day in holidays_of(b"\xef\xbb\xbf" + lines, "UTC", 2026)} == {"2026-12-24"}


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (event("DTSTART;VALUE=DATE:20261324"), "In the event in line 4: DTSTART"),
        (event("SUMMARY:No day"), "In the event in line 4: DTSTART is missing"),
        (event(*CHRISTMAS_EVE, *CHRISTMAS_EVE), "In the event in line 4: DTSTART is there more than once"),
        (event(*CHRISTMAS_EVE, "DTEND;VALUE=DATE:20261223"), "In the event in line 4: it ends before it starts"),
        (event(*CHRISTMAS_EVE, "DTEND:20261225T000000Z"), "DTSTART and DTEND must both be dates"),
        (event("DTSTART:20261224T000000", "DTEND:20261225T000000Z"), "only one of DTSTART and DTEND has a zone"),
        (event(*CHRISTMAS_EVE, "DTEND;VALUE=DATE:20290101"), "lasts longer than 366 days"),
        (event(*CHRISTMAS_EVE, "RRULE:FREQ=NEVER"), "In the event in line 4: RRULE"),
        (event(*CHRISTMAS_EVE, "RRULE:FREQ=HOURLY"), "The rule of the event in line 4 cannot be followed"),
        (event(*CHRISTMAS_EVE, "RRULE:FREQ=YEARLY;INTERVAL=0"), "INTERVAL must be at least 1"),
        (event(*CHRISTMAS_EVE, "EXRULE:FREQ=YEARLY"), "EXRULE is not followed"),
        (event(*CHRISTMAS_EVE, "RECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20271224"), "(RANGE)"),
        (event(*CHRISTMAS_EVE, "RRULE;VALUE=DATE:20261224"), "RRULE is no rule"),
        (event("DTSTART:120000"), "In the event in line 4: DTSTART is no date and no date with a time"),
        (event("DTSTART;VALUE=PERIOD:20260101T000000Z/P1D"), "DTSTART is no date"),
        (event(*CHRISTMAS_EVE, "DTEND:P1D"), "DTEND is no date"),
        (event(*CHRISTMAS_EVE, "RDATE:P1D"), "RDATE is no date"),
        (event(*CHRISTMAS_EVE, "EXDATE;VALUE=PERIOD:20260102T000000Z/P1D"), "EXDATE is no date"),
        (event(*CHRISTMAS_EVE, "DURATION:20260102"), "DURATION is no duration"),
        (event("DTSTART;VALUE=DATE:00010101"), "lies outside the years that can be"),
        (event("DTSTART;VALUE=DATE:18991231"), "lies outside the years 1900 to 2199"),
        (event("nonsense", *CHRISTMAS_EVE), "Line 5 is no property: 'nonsense'"),
        (("BEGIN:VEVENT", *CHRISTMAS_EVE), "Line 6 ends a VCALENDAR, but line 4 began a VEVENT"),
        (("BEGIN:VEVENT", "END:VTODO"), "Line 5 ends a VTODO, but line 4 began a VEVENT"),
        ((), "The file has no event"),
        (event("DTSTART:20261230T090000Z", "DTEND:20261230T100000Z"), "no event that covers a whole day"),
        (event("DTSTART;VALUE=DATE:19900101", "RRULE:FREQ=DAILY"), "more than 2,000 days"),
        (event(*CHRISTMAS_EVE, "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30") * 200, "too many to follow"),
        (event(*CHRISTMAS_EVE) * 5001, "more than 5,000 events"),
    ],
)
def test_what_cannot_be_told_is_refused_naming_the_line(lines: tuple[str, ...], told: str) -> None:
    with pytest.raises(InvalidFile) as refused:
        holidays_of(file(*lines), "UTC", 2026)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "The file has no event"),
        (b"hello", "Line 1 is no property: 'hello'"),
        (b"DTSTART:20261224", "Line 1 lies outside of a VCALENDAR"),
        (b"BEGIN:VEVENT\nEND:VEVENT", "Line 1 begins a VEVENT outside of a VCALENDAR"),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "The VEVENT that begins in line 2 never ends"),
        ("BEGIN:VCALENDAR\nSUMMARY:Fête".encode("latin-1"), "Line 2 is not encoded in UTF-8"),
    ],
)
def test_what_is_no_icalendar_file_is_refused(data: bytes, told: str) -> None:
    with pytest.raises(InvalidFile) as refused:
        holidays_of(data, "UTC", 2026)
    assert told in str(refused.value)


NAMES = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "STATUS", "UID", "SUMMARY")
PARAMETERS = ("", ";VALUE=DATE", ";VALUE=PERIOD", ";VALUE=DURATION", ";TZID=Europe/Berlin", ";TZID=Nowhere", ";X")
VALUES = (
    *("20261224", "20261225T000000", "20261224T230000Z", "20261226,20261227", "P1D", "-P1D", "PT1H", "120000", "", "x"),
    *(
        "20261224T000000Z/P1D",
        "20261224T000000/20261226T000000",
        "00010101",
        "99991231T235959Z",
        "FREQ=YEARLY",
        "FREQ=",
    ),
    *("FREQ=DAILY;COUNT=3", "FREQ=YEARLY;UNTIL=20300101", "FREQ=WEEKLY;BYDAY=MO,2TU", "CANCELLED", "é\x00"),
)
PROPERTIES = st.builds("{}{}:{}".format, st.sampled_from(NAMES), st.sampled_from(PARAMETERS), st.sampled_from(VALUES))


@settings(max_examples=200, deadline=None)
@given(st.lists(PROPERTIES, max_size=6), st.booleans())
def test_whatever_a_file_says_it_is_told_or_refused(lines: list[str], dated: bool) -> None:
    whole = event(*(CHRISTMAS_EVE if dated else ()), *lines)
    with suppress(InvalidFile):
        found = holidays_of(file(*whole, *whole), "America/Sao_Paulo", 2026)
        assert 1 <= len(found) <= 2000
