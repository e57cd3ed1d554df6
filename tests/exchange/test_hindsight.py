"""A log's commitments as they were known at any instant, and what forecasts of a published log were worth."""

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.exchange.hindsight import back_test_log, logged_commitments
from app.exchange.interpret import interpret
from app.exchange.known_then import logged_commitment
from app.exchange.mapping import read_mapping
from app.exchange.reading import LogReading
from app.ripple.engine.instants import seconds
from tests.exchange.logs import a_mapping, a_row, at

DATA = Path(__file__).parents[1] / "data"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
MOST_BYTES = 10 * 1024**2
DUE_IN_A_WEEK = '[commitment]\ndue_after_seconds = 604800\nowner = "Business"\n'


def second(minutes: float) -> int:
    return seconds(at(minutes))


def a_commitment(*rows):
    mapping = a_mapping(DUE_IN_A_WEEK)
    found = logged_commitment(interpret(rows, mapping, NOW), mapping)
    assert found is not None
    return found


def test_before_it_was_promised_nothing_is_known():
    assert a_commitment(a_row(0, "start")).as_of(second(-1)) is None


def test_a_ticket_that_is_passed_on_is_still_with_the_first_department_until_then():
    found = a_commitment(a_row(0, "start", "IT"), a_row(60, "look", "Finance"))

    assert found.as_of(second(59)).tickets[0].provider == "IT"
    assert found.as_of(second(60)).tickets[0].provider == "Finance"


def test_one_that_is_reopened_later_was_resolved_and_delivered_until_then():
    found = a_commitment(a_row(0, "start"), a_row(10, "resolve"), a_row(30, "start"), a_row(50, "resolve"))

    known = [(minutes, found.as_of(second(minutes))) for minutes in (5, 10, 29, 30, 49, 50)]

    assert [(minutes, each.is_open) for minutes, each in known] == [
        *((5, True), (10, False), (29, False), (30, True), (49, True), (50, False))
    ]
    assert [each.tickets[0].resolved_at for _, each in known] == [
        *(None, second(10), second(10), None, None, second(50))
    ]


@pytest.mark.parametrize("name", ["helpdesk", "receipt", "bpic2013_closed_problems"])
def test_what_was_known_is_what_the_events_until_then_tell(name):
    mapping = read_mapping((DATA / f"{name}.toml").read_bytes())
    chance = random.Random(name)
    cases = list(LogReading(DATA / f"{name}.xes.gz", mapping, now=NOW, max_bytes=10**9).cases())

    for case in chance.sample(cases, 150):
        whole = logged_commitment(case, mapping)
        if whole is None:
            continue
        instant = seconds(chance.choice(case.rows).at.replace(microsecond=0))
        rows = [row for row in case.rows if seconds(row.at.replace(microsecond=0)) <= instant]
        told = logged_commitment(interpret(rows, mapping, NOW), mapping)
        seen = whole.as_of(instant)
        if seen is not None and told is not None:
            assert seen.tickets == told.tickets[-1:]
            assert seen.traits == told.record.traits


def test_a_delivery_of_its_own_is_known_from_then_on():
    mapping = read_mapping((DATA / "receipt.toml").read_bytes())
    commitments, _ = logged_commitments(DATA / "receipt.xes.gz", mapping, now=NOW, max_bytes=10**9)
    one = next(each for each in commitments if not each.delivered_by_resolving)
    delivered_at = one.record.commitment.delivered_at

    assert one.as_of(delivered_at - 1).is_open
    assert not one.as_of(delivered_at).is_open


@pytest.mark.parametrize("name", ["receipt"])
def test_forecasts_of_a_published_log_cover_and_beat_the_base_rate_half_way(name):
    mapping = read_mapping((DATA / f"{name}.toml").read_bytes())

    found = back_test_log(DATA / f"{name}.xes.gz", mapping, now=NOW, max_bytes=10**9)

    assert found.commitments == 1432
    assert all(0.7 <= scores.coverage <= 0.9 for scores in found.by_share)
    assert next(scores for scores in found.by_share if scores.share == 0.5).brier_skill > 0
