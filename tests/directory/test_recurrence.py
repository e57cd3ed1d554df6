"""Recurrence rules: the examples of RFC 5545, what is refused, and the same days as dateutil finds."""

from datetime import date, datetime, time
from itertools import takewhile

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from app.directory.recurrence import InvalidRule, Rule, parse_rule

LAST = date(2046, 12, 31)


def rule(text: str, until: date | None = None) -> Rule:
    return parse_rule(
        {name: values.split(",") for name, values in (part.split("=") for part in text.split(";"))}, until
    )


def days(text: str, first: date, most: int = 4) -> list[str]:
    found = rule(text).days(first, LAST)
    return [day.isoformat() for _, day in zip(range(most), found, strict=False)]


@pytest.mark.parametrize(
    ("text", "first", "expected"),
    [
        ("FREQ=YEARLY", date(2026, 12, 25), ["2026-12-25", "2027-12-25", "2028-12-25", "2029-12-25"]),
        ("FREQ=YEARLY", date(2024, 2, 29), ["2024-02-29", "2028-02-29", "2032-02-29", "2036-02-29"]),
        ("FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", date(1996, 11, 5),
         ["1996-11-05", "2000-11-07", "2004-11-02", "2008-11-04"]),
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", date(2026, 1, 1), ["2026-11-26", "2027-11-25", "2028-11-23"]),
        ("FREQ=YEARLY;BYDAY=20MO", date(1997, 5, 19), ["1997-05-19", "1998-05-18", "1999-05-17", "2000-05-15"]),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", date(1997, 5, 12), ["1997-05-12", "1998-05-11", "1999-05-17"]),
        ("FREQ=YEARLY;BYYEARDAY=1,100,-1", date(1997, 1, 1), ["1997-01-01", "1997-04-10", "1997-12-31", "1998-01-01"]),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=2", date(2026, 1, 1), ["2026-01-30", "2026-02-27"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-3", date(1997, 9, 28), ["1997-09-28", "1997-10-29", "1997-11-28", "1997-12-29"]),
        ("FREQ=MONTHLY;COUNT=2;BYDAY=TU,WE,TH;BYSETPOS=3", date(1997, 9, 4), ["1997-09-04", "1997-10-07"]),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", date(1997, 8, 5),
         ["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"]),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", date(1997, 8, 5),
         ["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"]),
        ("FREQ=DAILY;INTERVAL=10;COUNT=3", date(2026, 1, 1), ["2026-01-01", "2026-01-11", "2026-01-21"]),
    ],
)  # fmt: skip
def test_a_rule_falls_on_the_days_that_the_standard_says(text: str, first: date, expected: list[str]) -> None:
    assert days(text, first, len(expected)) == expected


@pytest.mark.parametrize("frequency", ["YEARLY", "MONTHLY", "DAILY"])
def test_a_rule_that_never_falls_ends_by_itself(frequency: str) -> None:
    assert days(f"FREQ={frequency};BYMONTH=2;BYMONTHDAY=30", date(1990, 1, 1)) == []


@pytest.mark.parametrize("text", ["FREQ=MONTHLY;BYDAY=-1FR;COUNT=2", "FREQ=DAILY;INTERVAL=10;COUNT=2"])
def test_a_rule_with_a_count_falls_so_often(text: str) -> None:
    assert len(days(text, date(2026, 1, 1), 99)) == 2


def test_a_rule_with_an_end_falls_on_it_and_not_after_it() -> None:
    until = date(2028, 12, 25)
    assert list(rule("FREQ=YEARLY", until).days(date(2026, 12, 25), LAST))[-1] == until


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=HOURLY",
        "FREQ=YEARLY;INTERVAL=0",
        "FREQ=YEARLY;COUNT=0",
        "FREQ=YEARLY;COUNT=2;UNTIL=20300101",
        "FREQ=YEARLY;BYMONTH=13",
        "FREQ=YEARLY;BYMONTHDAY=0",
        "FREQ=YEARLY;BYDAY=54MO",
        "FREQ=YEARLY;BYDAY=XX",
        "FREQ=YEARLY;BYHOUR=9",
        "FREQ=YEARLY;RSCALE=CHINESE",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=WEEKLY;BYMONTHDAY=1",
        "FREQ=MONTHLY;BYWEEKNO=2",
        "FREQ=YEARLY;INTERVAL=two",
        "FREQ=YEARLY,DAILY",
        "BYMONTH=1",
    ],
)
def test_a_rule_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(InvalidRule):
        rule(text)


def some(values: st.SearchStrategy[int]) -> st.SearchStrategy[list[int]]:
    return st.lists(values, max_size=3, unique=True)


SIGNED = {"BYMONTHDAY": 31, "BYSETPOS": 5}


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY"]))
    parts = {
        "BYMONTH": draw(some(st.integers(1, 12))),
        "BYMONTHDAY": draw(some(st.integers(-31, 31).filter(bool))) if frequency != "WEEKLY" else [],
        "BYYEARDAY": draw(some(st.integers(-366, 366).filter(bool))) if frequency == "YEARLY" else [],
    }
    weekdays = draw(some(st.integers(0, 6)))
    # Of weekdays with and without a place dateutil wants both, the standard either.
    placed = frequency in ("YEARLY", "MONTHLY") and draw(st.booleans())
    places = st.integers(-5, 5).filter(bool) if placed else st.just(0)
    by_day = [f"{draw(places) or ''}{('MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU')[day]}" for day in weekdays]
    text = f"FREQ={frequency};INTERVAL={draw(st.integers(1, 5))};WKST={draw(st.sampled_from(['MO', 'SU']))}"
    text += "".join(f";{name}={','.join(map(str, values))}" for name, values in parts.items() if values)
    text += f";BYDAY={','.join(by_day)}" if by_day else ""
    # In the first week dateutil counts positions from the first day, the standard from the beginning of the week.
    if (any(parts.values()) or by_day) and frequency != "WEEKLY":
        positions = draw(some(st.integers(-5, 5).filter(bool)))
        text += f";BYSETPOS={','.join(map(str, positions))}" if positions else ""
    return text


# Near the end of the calendar, at which dateutil stops to look for the next day of a rule that never falls again.
@settings(max_examples=60, deadline=None)
@given(rules(), st.dates(date(9990, 1, 1), date(9994, 12, 31)))
def test_a_rule_falls_on_the_days_that_dateutil_finds(text: str, first: date) -> None:
    last = date(9998, 12, 31)
    found = (each.date() for each in rrulestr(text, dtstart=datetime.combine(first, time())))
    assert list(rule(text).days(first, last)) == list(takewhile(lambda day: day <= last, found))
