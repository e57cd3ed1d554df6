"""What holds for every calendar, zone and instant, and agreement with counting second by second."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.directory.calendar import Calendar, CalendarTimeline, TooFar, due, elapsed, parse_calendar

FEWER = settings(max_examples=80, deadline=None)
MORE = settings(max_examples=300, deadline=None)
SECOND = timedelta(seconds=1)

CHANGES = [
    ("America/New_York", "2026-03-08T07:00Z"),
    ("America/New_York", "2026-11-01T06:00Z"),
    ("Europe/Berlin", "2026-03-29T01:00Z"),
    ("Europe/London", "2026-10-25T01:00Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T15:30Z"),
    ("Africa/Casablanca", "2026-02-15T02:00Z"),
    ("Africa/Casablanca", "2026-03-22T02:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00Z"),
    ("Pacific/Kwajalein", "1993-08-21T12:00Z"),
    ("Pacific/Chatham", "2026-09-26T14:00Z"),
    ("America/St_Johns", "2006-10-29T02:31Z"),
    ("Africa/Freetown", "1939-09-03T00:00Z"),
    ("Africa/Monrovia", "1972-01-07T00:44:30Z"),
    ("Europe/Dublin", "1916-10-01T02:25Z"),
    ("Asia/Gaza", "2040-10-23T00:00Z"),
    ("Asia/Tehran", "2022-09-21T19:30Z"),
    ("Antarctica/Troll", "2026-03-29T01:00Z"),
]
OFF_BY_SECONDS = {"Africa/Monrovia", "Europe/Dublin"}
ZONES = sorted(available_timezones() - {"localtime"})


def minute_of_day(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


@st.composite
def hours(draw: st.DrawFn) -> dict[str, list[list[str]]]:
    week = {}
    for day in draw(st.sets(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=2)):
        edges = sorted(draw(st.sets(st.integers(0, 1440), min_size=2, max_size=6)))
        pairs = zip(edges[::2], edges[1::2], strict=False)
        week[day] = [[minute_of_day(begin), minute_of_day(end)] for begin, end in pairs]
    return week


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Calendar, datetime]:
    """A calendar, and an instant within some days of a change of its zone's offset."""
    timezone, change = draw(st.sampled_from(CHANGES))
    around = datetime.fromisoformat(change)
    days = draw(st.sets(st.integers(-5, 9), max_size=4))
    holidays = [(around + timedelta(days=day)).date() for day in days]
    start = around + timedelta(minutes=draw(st.integers(-3000, 600)))
    return parse_calendar(timezone, draw(hours()), holidays), start


def is_open(calendar: Calendar, at: datetime) -> bool:
    local = at.astimezone(ZoneInfo(calendar.timezone))
    second = local.hour * 3600 + local.minute * 60 + local.second
    if local.date() in calendar.holidays:
        return False
    return any(begin <= second < end for begin, end in calendar.hours[local.weekday()])


@FEWER
@given(worlds(), st.integers(0, 3000))
def test_it_agrees_with_counting_minute_by_minute_across_changes_of_offset(
    world: tuple[Calendar, datetime], minutes: int
) -> None:
    calendar, start = world
    assume(calendar.timezone not in OFF_BY_SECONDS)
    slow = sum(60 for minute in range(minutes) if is_open(calendar, start + timedelta(minutes=minute)))
    assert elapsed(calendar, start, start + timedelta(minutes=minutes)) == slow


@FEWER
@given(worlds(), st.integers(-900, 900), st.integers(0, 1500))
def test_it_agrees_with_counting_second_by_second_around_changes_of_offset(
    world: tuple[Calendar, datetime], shift: int, seconds: int
) -> None:
    calendar, _ = world
    change = next(text for timezone, text in CHANGES if timezone == calendar.timezone)
    start = datetime.fromisoformat(change) + timedelta(seconds=shift)
    slow = sum(is_open(calendar, start + second * SECOND) for second in range(seconds))
    assert elapsed(calendar, start, start + seconds * SECOND) == slow


@MORE
@given(
    st.sampled_from(ZONES),
    hours(),
    st.datetimes(datetime(1840, 1, 1), datetime(2150, 1, 1)),  # noqa: DTZ001  (made UTC below)
)
def test_any_second_in_any_zone_is_open_exactly_by_its_local_time(
    timezone: str, week: dict[str, list[list[str]]], moment: datetime
) -> None:
    at = moment.replace(microsecond=0, tzinfo=UTC)
    calendar = parse_calendar(timezone, week, [date(at.year, 1, 1)])
    assert elapsed(calendar, at, at + SECOND) == is_open(calendar, at)


@MORE
@given(worlds(), st.integers(0, 3653 * 86_400))
def test_as_much_has_passed_when_something_is_due_as_it_was_given_and_never_earlier(
    world: tuple[Calendar, datetime], span: int
) -> None:
    calendar, start = world
    seconds = elapsed(calendar, start, start + span * SECOND)
    end = due(calendar, start, seconds)
    assert start <= end <= start + span * SECOND
    assert elapsed(calendar, start, end) == seconds
    assert seconds == 0 or elapsed(calendar, start, end - SECOND) == seconds - 1


@MORE
@given(worlds(), st.lists(st.integers(0, 400_000_000), min_size=2, max_size=2))
def test_elapsed_adds_up_and_never_falls(world: tuple[Calendar, datetime], later: list[int]) -> None:
    calendar, start = world
    middle, end = (start + timedelta(seconds=seconds) for seconds in sorted(later))
    whole = elapsed(calendar, start, end)
    assert whole == elapsed(calendar, start, middle) + elapsed(calendar, middle, end)
    assert 0 <= elapsed(calendar, start, middle) <= whole <= (end - start).total_seconds()


@MORE
@given(worlds(), st.lists(st.integers(0, 50_000), min_size=2, max_size=2), st.integers(0, 90_000))
def test_more_time_is_due_later_and_a_later_start_no_earlier(
    world: tuple[Calendar, datetime], amounts: list[int], later: int
) -> None:
    calendar, start = world
    less, more = sorted(amounts)
    assert due(calendar, start, less) <= due(calendar, start, more)
    assert due(calendar, start, less) <= due(calendar, start + later * SECOND, less)


@MORE
@given(worlds(), hours(), st.integers(-200_000, 2_000_000), st.integers(0, 50_000))
def test_all_of_it_holds_for_a_calendar_that_changed(
    world: tuple[Calendar, datetime], week: dict[str, list[list[str]]], change: int, seconds: int
) -> None:
    calendar, start = world
    changed = parse_calendar(calendar.timezone, week)
    since = start + timedelta(seconds=change)
    timeline = CalendarTimeline(((start - timedelta(days=400), calendar), (since, changed)))
    end = due(timeline, start, seconds)
    assert elapsed(timeline, start, end) == seconds
    assert seconds == 0 or elapsed(timeline, start, end - SECOND) == seconds - 1
    cut = max(start, min(since, end))
    assert elapsed(calendar, start, cut) + elapsed(changed, cut, end) == seconds


@MORE
@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59)),  # noqa: DTZ001  (made UTC below)
    st.integers(0, 40_000_000),
)
def test_no_instant_is_too_early_or_too_late_to_count_from(timezone: str, moment: datetime, seconds: int) -> None:
    start = moment.replace(microsecond=0, tzinfo=UTC)
    calendar = parse_calendar(timezone, {day: [["08:00", "18:30"]] for day in ("mon", "tue", "sat")})
    try:
        end = due(calendar, start, seconds)
    except TooFar:
        with pytest.raises(OverflowError):
            start + timedelta(seconds=seconds * 6)
    else:
        assert elapsed(calendar, start, end) == seconds
