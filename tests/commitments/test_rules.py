"""What can be done with a promise, told without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from app.commitments.rules import (
    POSSIBLE,
    BadInstant,
    NotPossible,
    Promise,
    Status,
    Verb,
    cancel,
    deliver,
    lateness_seconds,
    promised,
    reschedule,
)

MADE = datetime(2026, 3, 2, 9, tzinfo=UTC)
DUE = datetime(2026, 3, 6, 17, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def a_promise() -> Promise:
    return promised(MADE, DUE, now=MADE)


def test_a_promise_may_have_been_made_long_ago_and_be_due_at_once() -> None:
    assert promised(MADE, MADE, now=DUE + 400 * DAY) == Promise(Status.OPEN, MADE, MADE, MADE)


@pytest.mark.parametrize(
    ("made", "due", "field"),
    [(MADE + timedelta(seconds=1), DUE, "promised_at"), (MADE, MADE - timedelta(seconds=1), "due_at")],
)
def test_a_promise_is_not_made_in_the_future_nor_due_before_it_is_made(
    made: datetime, due: datetime, field: str
) -> None:
    with pytest.raises(BadInstant) as refused:
        promised(made, due, now=MADE)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "settled", [deliver(a_promise(), DUE), cancel(a_promise(), DUE)], ids=["delivered", "cancelled"]
)
def test_a_promise_that_was_kept_or_given_up_takes_no_verb(settled: Promise) -> None:
    attempts = {
        Verb.DELIVER: lambda: deliver(settled, DUE),
        Verb.CANCEL: lambda: cancel(settled, DUE),
        Verb.RESCHEDULE: lambda: reschedule(settled, DUE + DAY, customer_agreed=True),
    }
    for attempt in attempts.values():
        with pytest.raises(NotPossible) as refused:
            attempt()
        assert refused.value.possible == ()
    assert set(attempts) == set(POSSIBLE[Status.OPEN])


@pytest.mark.parametrize("verb", [deliver, cancel])
def test_a_promise_is_neither_kept_nor_given_up_before_it_was_made(verb: object) -> None:
    assert callable(verb)
    with pytest.raises(BadInstant) as refused:
        verb(a_promise(), MADE - timedelta(seconds=1))
    assert refused.value.field == "at"
    assert verb(a_promise(), MADE).status is not Status.OPEN


def test_a_promise_does_not_become_due_before_it_was_made() -> None:
    with pytest.raises(BadInstant) as refused:
        reschedule(a_promise(), MADE - timedelta(seconds=1), customer_agreed=True)
    assert refused.value.field == "due_at"


def test_lateness_is_measured_against_the_first_due_time_when_the_customer_did_not_agree() -> None:
    moved = reschedule(a_promise(), DUE + 5 * DAY, customer_agreed=False)
    assert (moved.due_at, moved.agreed_due_at) == (DUE + 5 * DAY, DUE)
    assert lateness_seconds(deliver(moved, DUE + HOUR), now=DUE + 9 * DAY) == 3600


def test_lateness_is_measured_against_the_last_due_time_that_the_customer_agreed_to() -> None:
    agreed = reschedule(a_promise(), DUE + 2 * DAY, customer_agreed=True)
    moved = reschedule(agreed, DUE + 5 * DAY, customer_agreed=False)
    assert lateness_seconds(deliver(moved, DUE + 2 * DAY), now=DUE + 9 * DAY) == 0
    assert lateness_seconds(deliver(moved, DUE + 3 * DAY), now=DUE + 9 * DAY) == 86_400


def test_a_customer_can_agree_to_an_earlier_due_time() -> None:
    moved = reschedule(a_promise(), DUE - DAY, customer_agreed=True)
    assert lateness_seconds(deliver(moved, DUE), now=DUE) == 86_400


@pytest.mark.parametrize(("now", "late"), [(DUE - DAY, 0), (DUE, 0), (DUE + timedelta(seconds=1), 1)])
def test_an_open_promise_is_as_late_as_if_it_were_kept_now(now: datetime, late: int) -> None:
    assert lateness_seconds(a_promise(), now) == late
    assert lateness_seconds(deliver(a_promise(), now), now + 30 * DAY) == late


def test_a_promise_that_was_given_up_has_no_lateness() -> None:
    assert lateness_seconds(cancel(a_promise(), DUE + DAY), DUE + 9 * DAY) is None
