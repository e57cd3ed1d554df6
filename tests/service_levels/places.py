"""Places and times in which lives of tickets are hard to get right: hours, and what the zones do with them."""

from dataclasses import dataclass

from tests.service_levels import literal_clocks as literal

OFFICE_DAYS = ("mon", "tue", "wed", "thu", "fri")
EVERY_DAY = (*OFFICE_DAYS, "sat", "sun")


def hours(zone: str, days: tuple[str, ...], *intervals: str, holidays: tuple[str, ...] = ()) -> literal.Hours:
    pairs = tuple((interval[:5], interval[6:]) for interval in intervals)
    return literal.Hours(zone, dict.fromkeys(days, pairs), holidays)


@dataclass(frozen=True)
class Place:
    """Where and when lives are lived: the hours that calendars there are made of, and the opening of tickets."""

    opened: str
    hours: tuple[literal.Hours, ...]


ROUND_THE_CLOCK = hours("UTC", EVERY_DAY, "00:00-24:00")
PLACES = {
    "Berlin, where an hour is skipped": Place(
        "2026-03-26T16:00Z",
        (
            hours("Europe/Berlin", OFFICE_DAYS, "09:00-12:00", "13:00-17:00", holidays=("2026-04-03", "2026-04-06")),
            hours("Europe/Berlin", EVERY_DAY, "00:00-24:00"),
            hours("Europe/Berlin", ("sat", "sun"), "01:30-03:30", "22:00-24:00"),
        ),
    ),
    "New York, where an hour is repeated": Place(
        "2026-10-29T20:00Z",
        (
            hours("America/New_York", EVERY_DAY, "00:30-02:30", "12:00-12:01"),
            hours("America/New_York", OFFICE_DAYS, "08:00-18:00", holidays=("2026-11-03",)),
            ROUND_THE_CLOCK,
        ),
    ),
    "Lord Howe, where half an hour is repeated": Place(
        "2026-04-03T02:00Z",
        (
            hours("Australia/Lord_Howe", EVERY_DAY, "01:15-02:15", "08:00-16:00"),
            hours("Australia/Lord_Howe", OFFICE_DAYS, "09:00-17:00"),
            hours("Pacific/Chatham", EVERY_DAY, "02:00-04:00", "09:15-11:45"),
        ),
    ),
    "Lord Howe, where half an hour is skipped": Place(
        "2026-10-02T06:00Z",
        (
            hours("Australia/Lord_Howe", EVERY_DAY, "01:45-02:15", "02:15-02:45"),
            hours("Australia/Lord_Howe", ("sat", "sun", "mon"), "00:00-24:00"),
            hours("Asia/Kolkata", (*OFFICE_DAYS, "sat"), "09:30-18:30"),
        ),
    ),
    "Apia, where a Friday is skipped": Place(
        "2011-12-28T18:00Z",
        (
            hours("Pacific/Apia", OFFICE_DAYS, "08:00-12:00", "12:45-16:15"),
            hours("Pacific/Apia", EVERY_DAY, "00:00-24:00", holidays=("2011-12-30", "2012-01-02")),
            hours("Pacific/Pago_Pago", OFFICE_DAYS, "09:00-17:00"),
        ),
    ),
    "Casablanca, in Ramadan": Place(
        "2026-02-12T11:00Z",
        (
            hours("Africa/Casablanca", EVERY_DAY, "01:30-03:30", "09:00-15:00"),
            hours("Africa/Casablanca", OFFICE_DAYS, "08:30-16:30", holidays=("2026-02-16",)),
            ROUND_THE_CLOCK,
        ),
    ),
    "anywhere, at the turn of the year": Place(
        "2026-12-23T12:00Z",
        (
            hours("Asia/Kathmandu", OFFICE_DAYS, "10:00-17:00", holidays=("2026-12-25", "2027-01-01")),
            hours("America/St_Johns", ("tue", "thu"), "09:00-09:20", "13:00-13:20"),
            hours("UTC", EVERY_DAY, "00:00-23:59"),
        ),
    ),
    "anywhere, on ordinary days": Place(
        "2026-06-15T08:00Z",
        (
            hours("Asia/Tokyo", OFFICE_DAYS, "09:00-17:00"),
            hours("Europe/London", ("mon", "wed", "fri"), "00:00-04:00", "20:00-24:00"),
            ROUND_THE_CLOCK,
        ),
    ),
}
