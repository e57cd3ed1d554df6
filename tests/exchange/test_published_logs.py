"""Three published logs come to the figures that are known of them, by reading and interpreting alone."""

import dataclasses
import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.exchange.interpret import Case
from app.exchange.mapping import read_mapping
from app.exchange.promises import Promise
from app.exchange.reading import LogReading
from app.exchange.summary import Summary

DATA = Path(__file__).parents[1] / "data"
NOW = datetime(2026, 6, 1, tzinfo=UTC)

LOGS = pytest.mark.parametrize("name", ["helpdesk", "receipt", "bpic2013_closed_problems"])


@cache
def imported(name: str) -> tuple[list[Case], Summary]:
    mapping = read_mapping((DATA / f"{name}.toml").read_bytes())
    of_file = LogReading(DATA / f"{name}.xes.gz", mapping, now=NOW, max_bytes=10**9)
    return list(of_file.cases()), of_file.summary()


def truth(name: str) -> dict[str, Any]:
    known: dict[str, Any] = json.loads((DATA / f"{name}.truth.json").read_text())
    return known


@LOGS
def test_the_summary_is_what_is_known(name: str) -> None:
    _, summary = imported(name)
    figures = dataclasses.asdict(summary)
    del figures["errors"]
    assert figures == truth(name)["summary"]


@LOGS
def test_legs_and_tickets_that_came_back_are_what_is_known(name: str) -> None:
    cases, _ = imported(name)
    paths = [[leg.department_id for leg in case.life.legs] for case in cases]
    came_back = [path for path in paths if len(set(path)) < len(path)]
    assert {"legs": sum(map(len, paths)), "ping_pong": len(came_back)} == truth(name)["handoffs"]


@LOGS
def test_every_department_is_seen(name: str) -> None:
    cases, _ = imported(name)
    of_events = {step.row.department for case in cases for step in case.steps} - {None}
    assert len(of_events | {case.opening.department_id for case in cases}) == truth(name)["departments_seen"]


def test_the_permits_delivered_before_they_were_promised_are_named_at_their_trace() -> None:
    _, summary = imported("receipt")
    assert [error.line for error in summary.errors] == [10857, 65178]
    assert all("before it was promised" in error.reason for error in summary.errors)


def test_every_other_case_makes_a_commitment() -> None:
    for name, made in (("helpdesk", 4580), ("receipt", 1432), ("bpic2013_closed_problems", 1487)):
        cases, _ = imported(name)
        assert sum(isinstance(case.promise, Promise) for case in cases) == made
