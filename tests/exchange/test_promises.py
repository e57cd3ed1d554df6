"""The commitment that a case makes to its customer."""

from datetime import timedelta

import pytest

from app.exchange.mapping import LogMapping
from app.exchange.promises import LeftOut, Promise
from tests.exchange.logs import a_mapping, a_promise, a_row, a_trace, at, told

AFTER = '[commitment]\nowner = "Business"\ndue_after_seconds = 3600\n'
BY_ATTRIBUTE = '[commitment]\nowner = "Business"\ndue = "d"\npromised = "p"\ndelivered = "x"\n'
DAY = "2026-01-05T"


@pytest.fixture
def after() -> LogMapping:
    return a_mapping(AFTER)


@pytest.fixture
def by_attribute() -> LogMapping:
    return a_mapping(BY_ATTRIBUTE)


def test_a_mapping_without_the_table_makes_no_commitments() -> None:
    assert told("start").promise is None


def test_due_after_seconds_counts_from_the_first_event_and_delivery_is_the_resolution(after: LogMapping) -> None:
    assert told("look", "resolve", mapping=after).promise == Promise(at(0), at(60), at(1))


def test_due_after_seconds_counts_from_the_promise_when_that_is_an_attribute() -> None:
    mapping = a_mapping(AFTER + 'promised = "p"\n')
    case = told(a_row(0, "start", promise=a_promise(promised=f"{DAY}08:00:00Z")), mapping=mapping)
    assert case.promise == Promise(at(-60), at(0), None)


def test_delivery_is_the_last_resolution_when_there_were_several(after: LogMapping) -> None:
    case = told("resolve", "start", "resolve", mapping=after)
    assert case.promise == Promise(at(0), at(60), at(2))


def test_a_ticket_that_was_reopened_and_not_resolved_again_has_delivered_nothing(after: LogMapping) -> None:
    assert told("resolve", "start", mapping=after).promise == Promise(at(0), at(60), None)


def test_a_cancelled_ticket_has_delivered_nothing(after: LogMapping) -> None:
    assert told("cancel", mapping=after).promise == Promise(at(0), at(60), None)


def test_attributes_are_local_times_of_the_default_zone_unless_they_say_otherwise(by_attribute: LogMapping) -> None:
    promise = a_promise(due=f"{DAY}12:00:00", promised=f"{DAY}09:00:00+01:00", delivered=f"{DAY}11:00:00.9Z")
    assert told(a_row(0, "start", promise=promise), mapping=by_attribute).promise == Promise(at(-60), at(120), at(120))


def test_attributes_are_the_traces_else_those_of_the_first_event(by_attribute: LogMapping) -> None:
    trace = a_trace(a_promise(due=f"{DAY}12:00:00Z"))
    first = a_row(0, "look", promise=a_promise(due=f"{DAY}20:00:00Z", promised=f"{DAY}08:00:00Z"), trace=trace)
    later = a_row(1, "look", promise=a_promise(delivered=f"{DAY}13:00:00Z"), trace=trace)
    case = told(later, first, mapping=by_attribute)
    assert case.promise == Promise(at(-60), at(180), None)


def test_without_the_due_attribute_there_is_no_commitment_and_nothing_to_name(by_attribute: LogMapping) -> None:
    case = told(a_row(0, "resolve", promise=a_promise(delivered=f"{DAY}12:00:00Z")), mapping=by_attribute)
    assert case.promise == LeftOut(None, 2)
    assert case.is_resolved


@pytest.mark.parametrize(
    ("promise", "reason"),
    [
        (a_promise(f"{DAY}12:00:00Z", f"{DAY}10:00:00Z", f"{DAY}09:59:59Z"), "before it was promised"),
        (a_promise(f"{DAY}12:00:00Z", f"{DAY}12:30:00Z"), "due (2026-01-05T12:00:00Z) before"),
        (a_promise("2030-01-01T00:00:00Z", "2029-01-01T00:00:00Z"), "promised in the future"),
        (a_promise("2030-01-01T00:00:00Z", None, "2029-01-01T00:00:00Z"), "delivered in the future"),
        (a_promise("soon"), "'d' is unreadable ('soon')"),
    ],
)
def test_what_cannot_have_been_promised_is_left_out_and_named(
    by_attribute: LogMapping, promise: object, reason: str
) -> None:
    case = told(a_row(0, "start", promise=promise), mapping=by_attribute)
    assert isinstance(case.promise, LeftOut)
    assert reason in (case.promise.reason or "")


def test_it_is_named_at_its_trace_else_at_its_first_row_in_the_file(by_attribute: LogMapping) -> None:
    wrong = a_promise(f"{DAY}12:00:00Z", f"{DAY}10:00:00Z", f"{DAY}09:00:00Z")
    in_trace = told(a_row(0, "look", trace=a_trace(wrong, place=7)), mapping=by_attribute)
    in_rows = told(a_row(5, "look", place=4), a_row(0, "look", place=9, promise=wrong), mapping=by_attribute)
    assert [case.promise.place for case in (in_trace, in_rows) if isinstance(case.promise, LeftOut)] == [7, 4]


def test_delivered_in_the_second_of_the_promise_is_possible(by_attribute: LogMapping) -> None:
    promise = a_promise(f"{DAY}12:00:00Z", f"{DAY}09:00:00.9Z", f"{DAY}09:00:00.1Z")
    case = told(a_row(0, "look", promise=promise), mapping=by_attribute)
    assert case.promise == Promise(at(0), at(0) + timedelta(hours=3), at(0))
