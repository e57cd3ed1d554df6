"""How far local time is ahead of UTC, and from when on."""

import itertools
from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given
from hypothesis import strategies as st

from app.directory.calendar import is_zone, offsets

INSTANTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda instant: instant.replace(microsecond=0)
)
ZONES = st.sampled_from(sorted(filter(is_zone, available_timezones())))


def ahead(zone: str, at: datetime) -> timedelta | None:
    return at.astimezone(ZoneInfo(zone)).utcoffset()


@given(ZONES, INSTANTS, st.timedeltas(timedelta(0), timedelta(days=20 * 365)), st.floats(0, 1))
def test_at_every_instant_between_they_are_those_of_the_zone(
    zone: str, start: datetime, length: timedelta, part: float
) -> None:
    length = timedelta(seconds=length // timedelta(seconds=1))
    found = offsets(zone, start, start + length)
    assert found[0][0] == start
    at = start + timedelta(seconds=int(part * length.total_seconds()))
    number = bisect_right([since for since, _ in found], at) - 1
    assert found[number][1] == ahead(zone, at)


@given(ZONES, INSTANTS)
def test_each_is_another_and_begins_at_the_very_second(zone: str, start: datetime) -> None:
    found = offsets(zone, start, start + timedelta(days=3 * 365))
    for (_, before), (since, after) in itertools.pairwise(found):
        assert before != after
        assert ahead(zone, since - timedelta(seconds=1)) == before
        assert ahead(zone, since) == after


def test_a_machines_own_zone_is_none_of_the_iana_data() -> None:
    assert (is_zone("localtime"), is_zone("Mars/Olympus"), is_zone("Europe/Berlin")) == (False, False, True)
