"""When an endpoint that fails is left alone for a while, and when it is given up."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.webhooks.sending.circuit import (
    FAILURES_TO_OPEN,
    GIVEN_UP_AFTER,
    LONGEST_PAUSE,
    SHORTEST_PAUSE,
    Health,
    after_failure,
    after_success,
    is_to_be_given_up,
)
from app.webhooks.sending.retrying import Outcome, verdict

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WELL = Health()

gaps = st.integers(0, 4 * 3600).map(lambda gap: timedelta(seconds=gap))
jitters = st.floats(0, 1, exclude_max=True)


def failing(times: int, at: datetime = NOW, health: Health = WELL) -> Health:
    for _ in range(times):
        health = after_failure(health, at, 0)
    return health


def test_a_few_failures_leave_the_circuit_closed() -> None:
    assert failing(FAILURES_TO_OPEN - 1).opens_at is None


def test_the_fifth_failure_in_a_row_leaves_the_endpoint_alone_for_ten_seconds() -> None:
    assert FAILURES_TO_OPEN == 5
    assert failing(5).opens_at == NOW + timedelta(seconds=10)


def test_many_that_fail_at_once_make_the_pause_no_longer() -> None:
    assert failing(100).opens_at == failing(5).opens_at


def test_the_pauses_of_an_endpoint_that_stays_dead_double_up_to_five_minutes() -> None:
    health, at, pauses = failing(5), NOW, []
    for _ in range(8):
        assert health.opens_at is not None
        pauses.append(int((health.opens_at - at).total_seconds()))
        at = health.opens_at
        health = after_failure(health, at, 0)
    assert pauses == [10, 10, 20, 40, 80, 160, 300, 300]


def test_a_success_in_between_begins_the_count_anew() -> None:
    health = after_success(failing(4), NOW)
    assert failing(4, NOW, health).opens_at is None


def test_the_success_of_what_is_tried_after_the_pause_closes_the_circuit_and_forgets_the_failures() -> None:
    at = NOW + timedelta(seconds=10)
    assert after_success(failing(9), at) == Health(last_success_at=at)


def test_the_success_of_what_was_under_way_already_forgets_the_failures_but_not_the_pause() -> None:
    closed = after_failure(WELL, NOW, 0, closed_until=NOW + timedelta(hours=1))
    after = after_success(closed, NOW + timedelta(seconds=1))
    assert (after.failures_in_a_row, after.failing_since) == (0, None)
    assert after.opens_at == NOW + timedelta(hours=1)


def test_an_endpoint_that_is_overloaded_gets_a_short_pause_at_its_first_failure() -> None:
    assert after_failure(WELL, NOW, 0, overloaded=True).opens_at == NOW + SHORTEST_PAUSE


def test_an_endpoint_that_says_until_when_is_left_alone_until_then() -> None:
    until = NOW + timedelta(seconds=3)
    assert after_failure(WELL, NOW, 0, closed_until=until, overloaded=True).opens_at == until


def test_a_pause_never_ends_earlier_for_a_later_failure() -> None:
    closed = after_failure(WELL, NOW, 0, closed_until=NOW + timedelta(hours=1))
    assert failing(3, NOW + timedelta(seconds=1), closed).opens_at == NOW + timedelta(hours=1)


@given(st.lists(st.tuples(gaps, jitters), min_size=1, max_size=40))
def test_a_pause_lies_between_ten_seconds_and_five_minutes_and_a_tenth(steps: list[tuple[timedelta, float]]) -> None:
    health, at = WELL, NOW
    for gap, jitter in steps:
        before, at = health, at + gap
        health = after_failure(health, at, jitter)
        if health.opens_at is not None and health.opens_at != before.opens_at:
            assert SHORTEST_PAUSE <= health.opens_at - at <= LONGEST_PAUSE * 1.1 + timedelta(seconds=1)
            assert health.opens_at.microsecond == 0


@given(st.lists(st.tuples(gaps, st.booleans()), min_size=1, max_size=40))
def test_failing_since_is_the_first_failure_since_the_last_success(steps: list[tuple[timedelta, bool]]) -> None:
    health, at, expected = WELL, NOW, None
    for gap, succeeds in steps:
        at += gap
        health = after_success(health, at) if succeeds else after_failure(health, at, 0)
        expected = None if succeeds else expected or at
        assert health.failing_since == expected


@given(st.lists(gaps, min_size=1, max_size=20))
def test_an_endpoint_that_fails_now_and_then_is_never_left_alone(waits: list[timedelta]) -> None:
    health, at = WELL, NOW
    for wait in waits:
        at += wait
        failed = after_failure(health, at, 0)
        health = after_success(failed, at)
        assert failed.opens_at is health.opens_at is None


@given(st.lists(st.tuples(st.sampled_from([500, 503, 429, 404, None]), jitters, jitters), min_size=10, max_size=10))
def test_one_delivery_alone_comes_at_most_a_pause_later_than_its_own_schedule(
    answered: list[tuple[int | None, float, float]],
) -> None:
    health, at = WELL, NOW
    for tries, (status, late, longer) in enumerate(answered):
        came = verdict(status, None, tries, at, late)
        health = after_failure(health, at, longer, closed_until=came.closed_until, overloaded=came.overloaded)
        if came.again_at is not None:
            at = max(came.again_at, health.opens_at or came.again_at)
            assert at - came.again_at <= LONGEST_PAUSE * 1.1
    assert came.outcome is Outcome.DEAD


@pytest.mark.parametrize(("later", "given_up"), [(timedelta(), True), (timedelta(seconds=-1), False)])
def test_an_endpoint_is_given_up_by_the_failure_five_days_after_the_first(later: timedelta, given_up: bool) -> None:
    at = NOW + timedelta(days=5) + later
    assert timedelta(days=5) == GIVEN_UP_AFTER
    assert is_to_be_given_up(after_failure(failing(20), at, 0), at) is given_up


def test_an_endpoint_that_had_a_success_is_given_five_more_days() -> None:
    health = after_success(failing(20), NOW + timedelta(days=4))
    at = NOW + timedelta(days=6)
    assert not is_to_be_given_up(after_failure(health, at, 0), at)
