"""When a delivery is tried again, and when it is dead."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.webhooks.sending.retrying import LONGEST_RETRY_AFTER, SCHEDULE, Outcome, Verdict, asked_to_wait_until, verdict

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

instants = st.integers(0, 10**9).map(lambda seconds: NOW + timedelta(seconds=seconds))
jitters = st.floats(0, 1, exclude_max=True)
tries = st.integers(0, len(SCHEDULE) - 1)
failures = st.none() | st.integers(100, 599).filter(lambda status: not 200 <= status < 300)
headers = st.none() | st.text(max_size=40) | st.integers(-5, 10**9).map(str)


def seconds(after: timedelta) -> int:
    return int(after.total_seconds())


def test_the_schedule_is_at_once_then_5_s_5_min_30_min_2_5_10_14_20_and_24_h_after_the_attempt_before() -> None:
    waits = []
    for used in range(1, 10):
        came = verdict(500, None, used - 1, NOW, 0)
        assert came.again_at is not None
        waits.append(seconds(came.again_at - NOW))
    assert SCHEDULE[0] == 0
    assert waits == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]


def test_after_the_tenth_failure_it_is_dead() -> None:
    assert verdict(500, None, 9, NOW, 0) == Verdict(Outcome.DEAD)


@given(st.integers(200, 299), headers, tries, instants, jitters)
def test_every_2xx_is_a_success(status: int, retry_after: str | None, used: int, now: datetime, jitter: float) -> None:
    assert verdict(status, retry_after, used, now, jitter) == Verdict(Outcome.SUCCEEDED)


@given(failures, headers, st.integers(0, 30), instants, jitters)
def test_whatever_else_is_answered_or_not_it_is_tried_again_while_the_schedule_lasts(
    status: int | None, retry_after: str | None, used: int, now: datetime, jitter: float
) -> None:
    came = verdict(status, retry_after, used, now, jitter)
    lasts = used + 1 < len(SCHEDULE)
    assert came.outcome is (Outcome.AGAIN if lasts else Outcome.DEAD)
    assert (came.again_at is not None) is lasts


@given(failures, tries.filter(lambda used: used < 9), instants, jitters)
def test_jitter_makes_the_next_try_later_by_at_most_a_tenth_and_two_seconds(
    status: int | None, used: int, now: datetime, jitter: float
) -> None:
    again_at = verdict(status, None, used, now, jitter).again_at
    assert again_at is not None
    wait = SCHEDULE[used + 1]
    assert 0 <= seconds(again_at - now) - wait <= wait / 10 + 2
    assert again_at.microsecond == 0


def test_what_failed_together_is_not_all_tried_together() -> None:
    together = {verdict(500, None, 1, NOW, jitter / 10).again_at for jitter in range(10)}
    assert len(together) > 5


@pytest.mark.parametrize("status", [301, 302, 307, 308, 304, 100])
def test_a_redirect_is_a_failure(status: int) -> None:
    assert verdict(status, None, 0, NOW, 0).outcome is Outcome.AGAIN


@given(headers, st.integers(0, 12), instants, jitters)
def test_410_says_that_the_endpoint_is_gone_and_nothing_else_does(
    retry_after: str | None, used: int, now: datetime, jitter: float
) -> None:
    assert verdict(410, retry_after, used, now, jitter).gone
    assert not any(verdict(status, retry_after, used, now, jitter).gone for status in (200, 404, 500, None))


@pytest.mark.parametrize(
    ("status", "overloaded"), [(429, True), (502, True), (503, True), (504, True), (500, False), (404, False)]
)
def test_429_502_503_and_504_say_that_the_endpoint_is_overloaded(status: int, overloaded: bool) -> None:
    assert verdict(status, None, 0, NOW, 0).overloaded is overloaded


@pytest.mark.parametrize("status", [429, 503, 500, 301, 404])
def test_no_failed_delivery_is_tried_again_before_the_retry_after(status: int) -> None:
    came = verdict(status, "7200", 0, NOW, 0)
    assert came.again_at == came.closed_until == NOW + timedelta(hours=2)


def test_a_retry_after_that_is_sooner_than_the_schedule_changes_nothing_for_the_delivery() -> None:
    came = verdict(503, "60", 1, NOW, 0)
    assert came.again_at == NOW + timedelta(minutes=5)
    assert came.closed_until == NOW + timedelta(minutes=1)


def test_a_retry_after_may_be_an_http_date() -> None:
    at = NOW + timedelta(minutes=90)
    assert asked_to_wait_until(format_datetime(at, usegmt=True), NOW) == at


def test_the_obsolete_forms_of_an_http_date_are_understood_too() -> None:
    assert asked_to_wait_until("Monday, 02-Mar-26 10:30:00 GMT", NOW) == NOW + timedelta(minutes=90)
    assert asked_to_wait_until("Mon Mar  2 10:30:00 2026", NOW) == NOW + timedelta(minutes=90)


@pytest.mark.parametrize("asked", ["0", "Mon, 02 Mar 2026 08:00:00 GMT", "-5", "", "soon", "1.5", "٣", "Mon, 99 Foo"])
def test_a_retry_after_that_names_no_instant_ahead_is_none(asked: str) -> None:
    assert asked_to_wait_until(asked, NOW) is None


@pytest.mark.parametrize("asked", ["86401", "9" * 5000, "Tue, 02 Mar 2100 09:00:00 GMT"])
def test_a_retry_after_is_heeded_for_at_most_24_hours(asked: str) -> None:
    assert asked_to_wait_until(asked, NOW) == NOW + LONGEST_RETRY_AFTER


def test_leading_zeros_make_a_retry_after_no_longer() -> None:
    assert asked_to_wait_until("000000000060", NOW) == NOW + timedelta(minutes=1)


@given(headers, instants)
def test_whatever_a_retry_after_says_it_names_an_instant_of_the_next_24_hours_or_none(
    asked: str | None, now: datetime
) -> None:
    until = asked_to_wait_until(asked, now)
    assert until is None or now < until <= now + LONGEST_RETRY_AFTER
