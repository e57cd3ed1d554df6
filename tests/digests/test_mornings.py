"""On which mornings a digest is told, and of what: pure."""

from datetime import UTC, datetime

from app.digests.mornings import mornings, next_morning
from app.directory.calendar import CalendarTimeline, parse_calendar

WEEKDAYS = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00").astimezone(UTC)


def office(zone: str = "UTC") -> CalendarTimeline:
    return CalendarTimeline(((at("2000-01-01T00:00"), parse_calendar(zone, WEEKDAYS, ["2026-03-18"])),))


def told(after: str, until: str, zone: str = "UTC", timeline: CalendarTimeline | None = None) -> list[tuple[str, str]]:
    found = mornings(at(after), at(until), zone, timeline)
    return [(f"{each.at:%a %H:%M}", f"{each.name} of {each.span.first_day:%a %d}") for each in found]


def test_a_morning_is_at_six_where_the_department_is() -> None:
    assert next_morning(at("2026-03-20T05:59"), "UTC") == at("2026-03-20T06:00")
    assert next_morning(at("2026-03-20T06:00"), "UTC") == at("2026-03-21T06:00")
    assert next_morning(at("2026-03-20T23:00"), "Asia/Tokyo") == at("2026-03-21T21:00")
    # Summer time begins in the night to Sunday.
    assert next_morning(at("2026-03-28T12:00"), "Europe/Berlin") == at("2026-03-29T04:00")


def test_each_morning_tells_of_the_day_before_and_mondays_also_of_the_week() -> None:
    assert told("2026-03-15T06:00", "2026-03-17T06:00") == [
        ("Mon 06:00", "day of Sun 15"),
        ("Mon 06:00", "week of Mon 09"),
        ("Tue 06:00", "day of Mon 16"),
    ]


def test_of_a_day_on_which_the_department_was_closed_nothing_is_told() -> None:
    # On Wednesday it keeps a holiday.
    assert told("2026-03-15T12:00", "2026-03-22T12:00", timeline=office()) == [
        ("Mon 06:00", "week of Mon 09"),
        ("Tue 06:00", "day of Mon 16"),
        ("Wed 06:00", "day of Tue 17"),
        ("Fri 06:00", "day of Thu 19"),
        ("Sat 06:00", "day of Fri 20"),
    ]


def test_each_is_told_in_one_of_two_looks_that_follow_each_other() -> None:
    whole = told("2026-03-10T00:00", "2026-03-20T00:00", "Europe/Berlin", office("Europe/Berlin"))
    parts = [
        each
        for after, until in (("10T00:00", "16T05:00"), ("16T05:00", "16T05:01"), ("16T05:01", "20T00:00"))
        for each in told(f"2026-03-{after}", f"2026-03-{until}", "Europe/Berlin", office("Europe/Berlin"))
    ]
    assert parts == whole
